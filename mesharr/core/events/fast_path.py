r"""Prove by one regular expression that the body of an event is valid, without decoding it.

Most bodies are written by this program, about ordinary files. For each type there is one pattern, built from
the members of the type by the rules of `mesharr.core.events.validation`: it matches when every member is in
its place and occurs once, and every text and number is within its limits. What a pattern does not match may
be valid too (a title with an escape, a folder that begins with a dot): `body_of` decides about that.

A pattern reads bytes. Of text beyond ASCII it proves nothing: see `is_text`.

`mesharr.log.batch` is the only importer, and a test compares both ways of reading.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, get_args, get_origin

import msgspec

from mesharr.core.events.schema import TYPES, Body, ItemBody
from mesharr.core.events.validation import (
    COMPARED,
    EVENT_ID,
    ID,
    ID_VALUE,
    MAX_SEEN,
    PART,
    RULES,
    SOURCE,
    STREAM,
    UNIT,
    WORD,
    has_controls,
    rule_of,
)

MAX_BYTES: Final = 4 * 1024
"""The longest body that the patterns may be asked about: so no text in it is longer than the rules allow."""
# Possessive: a pattern reads each byte once, however hostile the line is.
_TEXT = rb'"[^"\\\x00-\x1f\x7f]*+"'
_KEY = rb'[^"{}\\\x00-\x1f\x7f]*+'
_PART = rb'[^"/.\\\x00-\x1f\x7f][^"/\\\x00-\x1f\x7f]{0,1023}+'
_PATH = rb'"%b(?:/%b)*+"' % (_PART, _PART)  # a body of 4 KiB has no path of 4 095 bytes
_FOLDER = rb'(?="[^"]*[!#-.0-~])%b' % _PATH
"""A folder with a character that is surely no white space."""
_ID_VALUE = rb'(?:[1-9][0-9]{0,14}+|"%b")' % ID_VALUE.encode()
_NUMBER = rb"(?:0|[1-9][0-9]{0,14}+)"
_TERM = rb"[1-9][0-9]{0,8}+"
_SEQ = rb"[1-9][0-9]{0,9}+"


def _text(pattern: re.Pattern[str]) -> bytes:
    return b'"%b"' % pattern.pattern.encode()


def _each(pattern: bytes) -> bytes:
    return rb"\[(?:%b(?:,(?!\])|(?=\])))*+\]" % pattern


_BY_NAME: Final[Mapping[str, bytes]] = {
    "id": b'"(%b)"' % ID.pattern.encode(),
    "library": b'"(%b)"' % WORD.pattern.encode(),
    "kind": _text(WORD),
    "path": _PATH,
    "old": _PATH,
    "folder": _FOLDER,
    "folder?": rb'(?:""|%b)' % _FOLDER,
    "paths": _each(_PATH),
    "replaced": _each(_PATH),
    "units": _each(_text(UNIT)),
    "parts": _each(_text(PART)),
    "release": rb'(?:""|%b)' % _text(PART),
    "term": _TERM,
    "version": _TERM,
    "over": rb"\{\}",  # a body that supersedes events is decoded
}


class _PatternBuilder:
    """Builder of the pattern of one event type.

    Each mapping gets a group name of its own for the key just read.
    """

    def __init__(self) -> None:
        self._numbers = count(1)

    def struct(self, of: type[msgspec.Struct]) -> bytes:
        first, *others = msgspec.structs.fields(of)
        assert first.required, "the commas of the others depend on a first member that is always there"
        form = b'"%b":%b' % (first.name.encode(), self._member(rule_of(first), first.type))
        for field in others:
            member = b',"%b":%b' % (field.name.encode(), self._member(rule_of(field), field.type))
            form += member if field.required else b"(?:%b)?+" % member
        return rb"\{%b\}" % form

    def _member(self, name: str, of: Any) -> bytes:
        if name == "seen":
            return self._vector()
        if name == "ids":
            return self._mapping(_ID_VALUE, SOURCE.pattern.encode())
        assert name in _BY_NAME or name not in RULES, f"no pattern for the rule of {name}"
        return _BY_NAME.get(name) or self._by_type(of)

    def _by_type(self, of: Any) -> bytes:
        inner = get_args(of)
        if of is str:
            return _TEXT
        if of is int:
            return _NUMBER
        if isinstance(of, type) and issubclass(of, msgspec.Struct):
            return self.struct(of)
        if get_origin(of) is tuple:
            return _each(self._by_type(inner[0]))
        number_or_text = inner[1] is not int
        return self._mapping(rb'(?:%b|"%b")' % (_NUMBER, _KEY) if number_or_text else _NUMBER)

    def _vector(self) -> bytes:
        """Return the pattern of a vector: no stream occurs twice, and there are not too many."""
        event = rb'\[%b,"%b"\]' % (_SEQ, EVENT_ID.pattern.encode())
        return self._mapping(event, STREAM.pattern.encode(), MAX_SEEN)

    def _mapping(self, value: bytes, key: bytes = _KEY, most: int | None = None) -> bytes:
        """Return the pattern of a mapping in which no key occurs twice."""
        name = b"k%d" % next(self._numbers)
        times = b"*" if most is None else b"{0,%d}" % most
        return rb'\{(?:"(?P<%b>%b)":(?![^}]*"(?P=%b)":)%b(?:,(?!\})|(?=\})))%b+\}' % (
            name,
            key,
            name,
            value,
            times,
        )


_TOUCH_ONE_ITEM: Final = tuple(base.touched_items for base in get_args(ItemBody))


def _has_pattern(body: type[Body]) -> bool:
    """Whether events of a type touch one item only, are found by it alone, and compare no parts."""
    compares = not COMPARED.isdisjoint(field.name for field in msgspec.structs.fields(body))
    one_item = body.touched_items in _TOUCH_ONE_ITEM
    return one_item and not body.found_by_type and not compares


PATTERNS: Final[Mapping[str, bytes]] = {
    name: _PatternBuilder().struct(body) for name, body in TYPES.items() if _has_pattern(body)
}
"""The pattern of each type that has one. Its first two groups are the library and the id of the item."""


def is_text(content: bytes) -> bool:
    """Return whether bytes are UTF-8 without control characters beyond ASCII.

    They are those of `has_controls`; no pattern checks them.
    """
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return not has_controls(content)
