"""Check every member of an event body against the rule of its name, else of its type.

A name has one rule wherever it occurs: `path` is a library path in a copy and in a rename, `units` are units.
The rules of a type of body are collected once.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, get_args, get_origin

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.paths import library_path, same_key

MAX_TERM: Final = 2**31
MAX_SIZE: Final = 2**53 - 1
_SOURCE: Final = r"[a-z][a-z0-9]{0,15}"
_NUMBER: Final = r"[1-9][0-9]{0,14}(?![A-Za-z0-9._-])"
ID_VALUE: Final = rf"(?:{_NUMBER}|(?![0-9]+(?![A-Za-z0-9._-]))[A-Za-z0-9][A-Za-z0-9._-]{{0,63}})"
"""An id at its source. Of digits alone it is a number: it has one spelling, and 0 is no id."""
SOURCE = re.compile(_SOURCE)
ID = re.compile(f"{_SOURCE}:{ID_VALUE}")
WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
STREAM = re.compile(r"[a-z0-9-]{1,24}-[0-9a-f]{8}[.][0-9a-f]{8}")
EVENT_ID = re.compile(r"[0-9a-f]{64}")
NODE = re.compile(r"[a-z0-9-]{1,24}-[0-9a-f]{8}")
NAME = re.compile(r"[a-z0-9-]{1,24}")
INCARNATION = re.compile(r"[0-9a-f]{8}")
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_SEQ: Final = 9_999_999_999
MAX_SEEN: Final = 32
"""How many streams a vector names at most: with their ids they take 4 KiB of a line."""
MAX_HEADS: Final = 64
"""How many streams a hello acknowledges at most: with their ids they take half a line."""
MAX_TRUSTED: Final = 128
"""How many nodes a hello names as trusted at most."""
MAX_CONFLICTS: Final = 4
"""How many files that wait a hello names at most: a reader folds the item of each to show it."""
_BEYOND = "\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""The controls of C1, and those of the direction of writing: a text with them is shown as another one."""
_CONTROL = re.compile(rf"[\x00-\x1f\x7f\ud800-\udfff{_BEYOND}]")
_CONTROL_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""The same beyond ASCII, in UTF-8."""

Rule = Callable[[Any], None]
"""Returns when a member is valid, raises `Rejected` with the reason when not."""

COMPARED: Final = frozenset({"files"})
"""The members whose rule compares parts of the member with each other."""


def check(value: msgspec.Struct) -> None:
    """Raise `Rejected` unless every member of a body is valid, at any depth."""
    for name, rule in _rules_of(type(value), False):
        rule(getattr(value, name))


def check_unescaped(value: msgspec.Struct) -> None:
    """Raise `Rejected` as `check` does, for a body whose JSON `is_unescaped`.

    Only the rules that are left for such a body are applied.
    """
    for name, rule in _rules_of(type(value), True):
        rule(getattr(value, name))


def is_unescaped(raw: bytes) -> bool:
    """Return whether no text in this JSON can contain a control character.

    JSON contains none below U+0020, and no half of a surrogate pair, except by an escape. So a search of the
    whole body replaces one search of each of its texts.
    """
    return b"\\" not in raw and b"\x7f" not in raw and not has_controls(raw)


def has_controls(raw: bytes) -> bool:
    """Return whether UTF-8 contains a control character beyond ASCII that no text may have."""
    return not raw.isascii() and _CONTROL_BYTES.search(raw) is not None


@cache
def _rules_of(body_type: type[msgspec.Struct], unescaped: bool) -> tuple[tuple[str, Rule], ...]:
    """Return the rule of each member: of its name, else of its type.

    With `unescaped`, members are left out whose only rule is to contain no control character.
    """
    text = _nothing if unescaped else _text
    rules = (
        (field.name, RULES.get(rule_of(field)) or _rule_by_type(field.name, field.type, text))
        for field in msgspec.structs.fields(body_type)
    )
    return tuple((name, rule) for name, rule in rules if rule is not _nothing)


def rule_of(field: msgspec.structs.FieldInfo) -> str:
    """Return the name of a member's rule, with `?` when optional members have another one."""
    return optional if not field.required and (optional := f"{field.name}?") in RULES else field.name


def _nothing(value: Any) -> None:
    """Accept every value."""


def _rule_by_type(name: str, of: Any, text: Rule) -> Rule:
    inner = get_args(of)
    if of is str:
        return text
    if of is int:
        return _in_range(name)
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return check_unescaped if text is _nothing else check
    if get_origin(of) is tuple:
        rules = tuple(_rule_by_type(name, one, text) for one in inner if one is not Ellipsis)
        return _each(rules[0]) if inner[-1] is Ellipsis else _every(rules)
    if get_origin(of) is dict:
        return _mapping(text, _rule_by_type(name, inner[1], text))
    return _by_value(_in_range(name), text)  # a union of text and numbers


def _by_value(in_range: Rule, text: Rule) -> Rule:
    def rule(value: Any) -> None:
        (text if isinstance(value, str) else in_range)(value)

    return rule


def _in_range(name: str) -> Rule:
    def rule(number: int) -> None:
        if not 0 <= number <= MAX_SIZE:
            raise Rejected(f"{name} out of range: {number}")

    return rule


def _mapping(key: Rule, member: Rule) -> Rule:
    def rule(mapping: Mapping[str, Any]) -> None:
        for name, value in mapping.items():
            key(name)
            member(value)

    return rule


def _every(rules: tuple[Rule, ...]) -> Rule:
    def rule(members: tuple[Any, ...]) -> None:
        for one, member in zip(rules, members, strict=True):
            one(member)

    return rule


def _text(text: str) -> None:
    if _CONTROL.search(text):
        raise Rejected(f"control character in {text[:80]!r}")


def _matching(pattern: re.Pattern[str], what: str) -> Rule:
    matches = pattern.fullmatch

    def rule(text: str) -> None:
        if matches(text) is None:
            raise Rejected(f"not {what}: {text[:80]!r}")

    return rule


def _repeated(rule: Rule) -> Rule:
    """Return a rule that remembers the texts that passed.

    Members with such a rule are the same in most events.
    """
    return lru_cache(256)(rule)


def _folder(text: str) -> None:
    if not text.replace("/", " ").strip():
        raise Rejected(f"a folder without a name: {text[:80]!r}")
    library_path(text)


def _optional_folder(text: str) -> None:
    if text:
        _folder(text)


def is_id(source: str, value: int | str) -> bool:
    """Return whether a source and an id at it are together the id of an item."""
    return ID.fullmatch(f"{source}:{value}") is not None


def _ids(ids: Mapping[str, int | str]) -> None:
    for source, value in ids.items():
        if not is_id(source, value):
            raise Rejected(f"not an item id: {source[:80]!r}: {value!r:.80}")


def _optional_part(text: str) -> None:
    if text:
        _part(text)


def _each(rule: Rule) -> Rule:
    if rule is _nothing:
        return _nothing

    def each(members: tuple[Any, ...]) -> None:
        for member in members:
            rule(member)

    return each


def _path(text: str) -> None:
    library_path(text)


def _term(term: int) -> None:
    if not 1 <= term <= MAX_TERM:
        raise Rejected(f"term out of range: {term}")


def _named_event(stream: str, event: tuple[int, str]) -> None:
    """Check what names an event: its stream, and its seq and id."""
    seq, id_ = event
    _stream(stream)
    if not 1 <= seq <= MAX_SEQ:
        raise Rejected(f"seq out of range: {seq}")
    _event_id(id_)


def _vector(most: int) -> Rule:
    def rule(vector: Mapping[str, tuple[int, str]]) -> None:
        if len(vector) > most:
            raise Rejected(f"{len(vector)} streams in one vector, more than {most}")
        for stream, event in vector.items():
            _named_event(stream, event)

    return rule


def _trusts(nodes: tuple[str, ...]) -> None:
    if len(nodes) > MAX_TRUSTED:
        raise Rejected(f"{len(nodes)} trusted nodes, more than {MAX_TRUSTED}")
    for node in nodes:
        _node(node)


def _conflicts(waiting: tuple[Any, ...]) -> None:
    if len(waiting) > MAX_CONFLICTS:
        raise Rejected(f"{len(waiting)} conflicts, more than {MAX_CONFLICTS}")
    for each in waiting:
        check(each)


def _files(renamed: tuple[Any, ...]) -> None:
    """Check the files of a rename: in the mapping each old and each new name occurs once."""
    for each in renamed:
        check(each)
    if len({same_key(each.old) for each in renamed}) < len(renamed):
        raise Rejected("one file is renamed to two names")
    if len({same_key(each.new.path) for each in renamed}) < len(renamed):
        raise Rejected("two files are renamed to one name")


_word: Final = _repeated(_matching(WORD, "a library name"))
_stream: Final = _repeated(_matching(STREAM, "a stream"))
_node: Final = _repeated(_matching(NODE, "a node"))
_event_id: Final = _matching(EVENT_ID, "the id of an event")
_part: Final = _matching(PART, "the id of a part or a release")
RULES: Final[Mapping[str, Rule]] = {
    "id": _matching(ID, "an item id"),
    "alias": _matching(ID, "an item id"),
    "library": _word,
    "to": _word,
    "kind": _repeated(_matching(WORD, "a kind of item")),
    "path": _path,
    "old": _path,
    "ids": _ids,
    "folder": _folder,
    "folder?": _optional_folder,
    "files": _files,
    "paths": _each(_path),
    "replaced": _each(_path),
    "units": _each(_repeated(_matching(UNIT, "a unit"))),
    "parts": _each(_part),
    "release": _optional_part,
    "seen": _vector(MAX_SEEN),
    "heads": _vector(MAX_HEADS),
    "trusts": _trusts,
    "conflicts": _conflicts,
    "libraries": _mapping(_word, check),
    "joined": _each(_word),
    "closes": _mapping(_matching(INCARNATION, "an incarnation"), _in_range("closes")),
    "key": _matching(KEY, "a public key"),
    "name": _matching(NAME, "the name of a node"),
    "term": _term,
    "version": lambda version: _text(version) if isinstance(version, str) else _term(version),
}
