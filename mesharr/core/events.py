"""What a node can say, as values: the bodies of events and their checks.

A body is decoded once, by `body_of`, which believes nothing: ids, paths, lengths and ranges are
checked there, so that code behind it needs no suspicion. Paths and folders are library paths
(`mesharr.core.paths`); sizes are bytes; `seen` maps a stream to the seq up to which its author had
applied it when deciding.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, get_args, get_origin

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.paths import library_path

MAX_TERM: Final = 2**31
MAX_SIZE: Final = 2**53 - 1
_ID = re.compile(r"[a-z][a-z0-9]{0,15}:[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

Vector = dict[str, int]


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every event body. Members a newer program adds are kept in the line and ignored here."""


class Item(Body, frozen=True, kw_only=True):
    """A library entry. `id` is the id that names it in its library, e.g. `tmdb:438631`.

    `ids` repeats it with all others known; `folder` is where its files lie; `profile` is the
    author's quality profile name; `kind` is movie, series, artist or author.
    """

    id: str
    kind: str
    ids: dict[str, int | str] = {}
    title: str = ""
    year: int = 0
    folder: str
    profile: str = ""
    series_type: str = ""


class Copy(Body, frozen=True, kw_only=True):
    """A media file on the drive: its path, its size as verified there, and the units it satisfies."""

    path: str
    size: int
    units: tuple[str, ...]
    quality: str = ""
    group: str = ""
    languages: tuple[str, ...] = ()


class ItemBody(Body, frozen=True, kw_only=True):
    """Base of the bodies that speak of one item of one library."""

    library: str

    @property
    def item_id(self) -> str:
        """The id of the item this body speaks of."""
        raise AttributeError


class _ById(ItemBody, frozen=True, kw_only=True):
    id: str

    @property
    def item_id(self) -> str:
        return self.id


class _ByItem(ItemBody, frozen=True, kw_only=True):
    item: Item

    @property
    def item_id(self) -> str:
        return self.item.id


class ItemAdded(_ByItem, frozen=True, kw_only=True):
    """My arr has a new item."""


class FileImported(_ByItem, frozen=True, kw_only=True):
    """My arr imported these copies and they are on the drive; `replaced` paths ended with it."""

    copies: tuple[Copy, ...]
    replaced: tuple[str, ...] = ()
    term: int
    seen: Vector = {}


class ItemChanged(_ById, frozen=True, kw_only=True):
    """Folder or series type of the item changed; `version` is 1 + the version its author saw."""

    folder: str = ""
    series_type: str = ""
    version: int = 1


class ItemMoved(_ById, frozen=True, kw_only=True):
    """The item went to another library, named by `to`."""

    to: str


class ItemAliased(_ById, frozen=True, kw_only=True):
    """The item's foreign id was replaced: `alias` names the same item as `id`."""

    alias: str


class ItemLeft(_ById, frozen=True, kw_only=True):
    """My arr no longer lists the item; its files are untouched."""


class ItemRemoved(_ById, frozen=True, kw_only=True):
    """The item left my arr and its files are proven gone from the drive."""

    seen: Vector


class Renamed(Body, frozen=True, kw_only=True):
    """One file's rename: the path it had, and the copy as it is now."""

    old: str
    new: Copy


class FileRenamed(_ById, frozen=True, kw_only=True):
    """Files of the item have other names on the drive now."""

    files: tuple[Renamed, ...]
    seen: Vector


class FileRemoved(_ById, frozen=True, kw_only=True):
    """Files of the item are proven gone from the drive."""

    paths: tuple[str, ...]
    reason: str = ""
    seen: Vector


class UnitGrabbed(_ById, frozen=True, kw_only=True):
    """I am downloading these units; others wait. Repeated daily while it lasts."""

    units: tuple[str, ...]


class UnitReleased(_ById, frozen=True, kw_only=True):
    """My grab of these units ended."""

    units: tuple[str, ...]


class UnitClaimed(_ById, frozen=True, kw_only=True):
    """I take these units over: they are monitored here from now on."""

    units: tuple[str, ...]
    term: int


class Found(Body, frozen=True, kw_only=True):
    """One entry of an inventory."""

    item: Item
    copies: tuple[Copy, ...] = ()


class LibraryFound(Body, frozen=True, kw_only=True):
    """What my arr already held when I joined. It makes no owner."""

    library: str
    items: tuple[Found, ...]


class LibraryInfo(Body, frozen=True, kw_only=True):
    """How a node keeps one library, so that peers can warn of differences."""

    app: str = ""
    version: str = ""
    naming: str = ""
    profiles: tuple[str, ...] = ()


class NodeHello(Body, frozen=True, kw_only=True):
    """Who I am, whom I trust, and what I have applied: `heads` maps a stream to [seq, id]."""

    name: str
    version: str = ""
    key: str
    trusts: tuple[str, ...] = ()
    heads: dict[str, tuple[int, str]] = {}
    libraries: dict[str, LibraryInfo] = {}


class StreamOpened(Body, frozen=True, kw_only=True):
    """This incarnation begins and closes the earlier ones named, each at the head its owner knew."""

    closes: dict[str, int] = {}


class NodeLeft(Body, frozen=True, kw_only=True):
    """I leave the mesh: what I own has no owner any more."""


TYPES: Final[Mapping[str, type[Body]]] = {
    "library.found": LibraryFound,
    "item.added": ItemAdded,
    "item.changed": ItemChanged,
    "item.moved": ItemMoved,
    "item.aliased": ItemAliased,
    "item.left": ItemLeft,
    "item.removed": ItemRemoved,
    "file.imported": FileImported,
    "file.renamed": FileRenamed,
    "file.removed": FileRemoved,
    "unit.grabbed": UnitGrabbed,
    "unit.released": UnitReleased,
    "unit.claimed": UnitClaimed,
    "node.hello": NodeHello,
    "stream.opened": StreamOpened,
    "node.left": NodeLeft,
}
NAMES: Final[Mapping[type[Body], str]] = {body: name for name, body in TYPES.items()}


def type_of(body: Body) -> str:
    """Return the event type a body is published under."""
    return NAMES[type(body)]


def body_of(type_name: str, raw: bytes | msgspec.Raw) -> Body | None:
    """Return the checked body of an event, or None when this program does not know the type.

    Raises `Rejected` when the body lacks something, or says something no honest node would say.
    """
    body_type = TYPES.get(type_name)
    if body_type is None:
        return None
    try:
        body = msgspec.json.decode(raw, type=body_type)
        check(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError) as error:
        raise Rejected(f"body of {type_name}: {error}") from error
    except Rejected as error:
        raise Rejected(f"body of {type_name}: {error.what}") from error
    return body


def items_of(body: Body) -> tuple[tuple[str, str], ...]:
    """Return the (library, item id) pairs whose state depends on this body."""
    match body:
        case ItemAliased():
            return ((body.library, body.id), (body.library, body.alias))
        case ItemMoved():
            return ((body.library, body.id), (body.to, body.id))
        case ItemBody():
            return ((body.library, body.item_id),)
        case LibraryFound():
            return tuple((body.library, found.item.id) for found in body.items)
        case _:
            return ()


def check(body: Body) -> None:
    """Raise `Rejected` unless every member of a body, at any depth, is what its name promises."""
    for name, rule in _rules_of(type(body)):
        rule(getattr(body, name))


@cache
def _rules_of(body_type: type[Body]) -> tuple[tuple[str, Callable[[Any], None]], ...]:
    """Return the rule of each member: by its name, else by its type. Worked out once per type of body."""
    return tuple(
        (field.name, _RULES.get(field.name) or _rule_by_type(field.name, field.type))
        for field in msgspec.structs.fields(body_type)
    )


def _rule_by_type(name: str, of: Any) -> Callable[[Any], None]:
    inner = get_args(of)
    if of is str:
        return _text
    if of is int:
        return _in_range(name)
    if isinstance(of, type) and issubclass(of, Body):
        return check
    if get_origin(of) is tuple:
        return _each(_rule_by_type(name, inner[0])) if inner[-1] is Ellipsis else _every(name, inner)
    if get_origin(of) is dict:
        return _mapping(name, inner[1])
    return _by_value(name)  # a union of text and numbers


def _by_value(name: str) -> Callable[[Any], None]:
    in_range = _in_range(name)

    def rule(value: Any) -> None:
        if isinstance(value, str):
            _text(value)
        else:
            in_range(value)

    return rule


def _in_range(name: str) -> Callable[[int], None]:
    def rule(number: int) -> None:
        if not 0 <= number <= MAX_SIZE:
            raise Rejected(f"{name} out of range: {number}")

    return rule


def _mapping(name: str, of: Any) -> Callable[[Mapping[str, Any]], None]:
    member = _rule_by_type(name, of)

    def rule(mapping: Mapping[str, Any]) -> None:
        for key, value in mapping.items():
            _text(key)
            member(value)

    return rule


def _every(name: str, types: tuple[Any, ...]) -> Callable[[tuple[Any, ...]], None]:
    rules = tuple(_rule_by_type(name, of) for of in types)

    def rule(members: tuple[Any, ...]) -> None:
        for one, member in zip(rules, members, strict=True):
            one(member)

    return rule


def _text(text: str) -> None:
    if _CONTROL.search(text):
        raise Rejected(f"control character in {text[:80]!r}")


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], None]:
    def rule(text: str) -> None:
        if not pattern.fullmatch(text):
            raise Rejected(f"not {what}: {text[:80]!r}")

    return rule


def _optional_path(text: str) -> None:
    if text:
        library_path(text)


def _each(rule: Callable[[Any], None]) -> Callable[[tuple[Any, ...]], None]:
    def each(members: tuple[Any, ...]) -> None:
        for member in members:
            rule(member)

    return each


def _path(text: str) -> None:
    library_path(text)


def _term(term: int) -> None:
    if not 1 <= term <= MAX_TERM:
        raise Rejected(f"term out of range: {term}")


_RULES: Final[Mapping[str, Callable[[Any], None]]] = {
    "id": _matching(_ID, "an item id"),
    "alias": _matching(_ID, "an item id"),
    "library": _matching(_WORD, "a library name"),
    "to": _matching(_WORD, "a library name"),
    "kind": _matching(_WORD, "a kind of item"),
    "path": _path,
    "old": _path,
    "folder": _optional_path,
    "paths": _each(_path),
    "replaced": _each(_path),
    "units": _each(_matching(_UNIT, "a unit")),
    "term": _term,
    "version": lambda version: _text(version) if isinstance(version, str) else _term(version),
}
