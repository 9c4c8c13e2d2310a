r"""The plain form of a body: JSON whose bytes prove that it keeps every rule, without being decoded.

Most bodies are written by this program, about ordinary files. One pattern for each type, worked out from
the members of the type as `mesharr.core.events.validation` is, tells them in one look: every member in its
place and once, every text and number within its limits. What a pattern does not match may be as good: a
title with an escape, a folder that begins with a dot. It says nothing against a body; ask
`mesharr.core.events.schema`.

A pattern speaks of bytes. Of text beyond ASCII it proves nothing: see `is_plain_text`.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, get_args, get_origin

import msgspec

from mesharr.core.events.schema import TYPES, Body, ItemBody
from mesharr.core.events.validation import ID, RULES, UNIT, WORD

MAX_PLAIN: Final = 4 * 1024
"""Bytes of a body: no text in it is longer."""
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")
# Possessive: a pattern looks at a byte once, however hostile the line.
_TEXT = rb'"[^"\\\x00-\x1f\x7f]*+"'
_KEY = rb'[^"{}\\\x00-\x1f\x7f]*+'
_PART = rb'[^"/.\\\x00-\x1f\x7f][^"/\\\x00-\x1f\x7f]{0,254}+'
_PATH = rb'"%b(?:/%b){0,3}+"' % (_PART, _PART)  # four parts of 255 bytes are within the 1 024 of a path
_NUMBER = rb"(?:0|[1-9][0-9]{0,14}+)"
_TERM = rb"[1-9][0-9]{0,8}+"


def _text(pattern: re.Pattern[str]) -> bytes:
    return b'"%b"' % pattern.pattern.encode()


def _each(form: bytes) -> bytes:
    return rb"\[(?:%b(?:,(?!\])|(?=\])))*+\]" % form


_FORMS: Final[Mapping[str, bytes]] = {
    "id": b'"(%b)"' % ID.pattern.encode(),
    "library": b'"(%b)"' % WORD.pattern.encode(),
    "kind": _text(WORD),
    "path": _PATH,
    "old": _PATH,
    "folder": rb'(?:""|%b)' % _PATH,
    "paths": _each(_PATH),
    "replaced": _each(_PATH),
    "units": _each(_text(UNIT)),
    "term": _TERM,
    "version": _TERM,
    "over": rb"\{\}",  # who names something is looked at in full
}


class _Forms:
    """The forms of one type; each mapping in it has a name of its own for the key just read."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def struct(self, of: type[msgspec.Struct]) -> bytes:
        first, *others = msgspec.structs.fields(of)
        assert first.required, "the first member tells where the commas stand"
        form = b'"%b":%b' % (first.name.encode(), self._member(first.name, first.type))
        for field in others:
            member = b',"%b":%b' % (field.name.encode(), self._member(field.name, field.type))
            form += member if field.required else b"(?:%b)?+" % member
        return rb"\{%b\}" % form

    def _member(self, name: str, of: Any) -> bytes:
        assert name in _FORMS or name not in RULES, f"no form for what is promised of {name}"
        return _FORMS.get(name) or self._by_type(of)

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

    def _mapping(self, value: bytes) -> bytes:
        """Return the form of a mapping. No key comes again before the brace that ends it."""
        key = b"k%d" % next(self._numbers)
        return rb'\{(?:"(?P<%b>%b)":(?![^}]*"(?P=%b)":)%b(?:,(?!\})|(?=\})))*+\}' % (key, _KEY, key, value)


def _is_plain(body: type[Body]) -> bool:
    """Whether bodies of a type touch one item only, which a match shows, and are found by that alone."""
    one_item = issubclass(body, ItemBody) and body.touched_items is ItemBody.touched_items
    return one_item and not body.found_by_type


PLAIN: Final[Mapping[str, bytes]] = {
    name: _Forms().struct(body) for name, body in TYPES.items() if _is_plain(body)
}
"""The pattern of a body of each type that has one. Its first two groups are the library and the item's id."""


def is_plain_text(content: bytes) -> bool:
    """Return whether what no pattern sees is in order: UTF-8, no control character beyond ASCII."""
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return _C1.search(content) is None
