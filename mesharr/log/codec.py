"""Encode, split and parse event lines; nothing in a line is trusted.

A line is one JSON object whose nine members stand in a fixed order without white space between them,
then its signature:

    {"v":1,"mesh":…,"node":…,"inc":…,"seq":…,"prev":…,"hlc":…,"type":…,"body":{…},"sig":"<86 base64url>"}

The *signed bytes* are the line without `,"sig":"…"`. They are cut out by position; nothing is ever
encoded again to be verified. The id of an event is the sha256 of its signed bytes, so a second
signature over the same bytes makes no second event.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, NoReturn

import msgspec

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import Body, body_as_written

MAX_LINE: Final = 16 * 1024
MAX_DEPTH: Final = 8
MAX_STRING: Final = 4 * 1024
MAX_INT: Final = 2**53 - 1
PAYLOAD_TYPE: Final = b"application/vnd.mesharr.event.v1+json"
ZEROS: Final = "0" * 64

_BEGINNING: Final = b'{"v":1,'
_VERSION = re.compile(rb'\{"v":(-?[0-9]{1,9})[,}]')
TRAILER: Final = rb',"sig":"[A-Za-z0-9_-]{85}[AQgw]"\}'
TRAILER_BYTES: Final = 96
HLC: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z-[0-9]{4}"
_TRAILER = re.compile(TRAILER)
_MEMBERS: Final = (
    ("v", rb"1"),
    ("mesh", rb'"([0-9a-f]{16})"'),
    ("node", rb'"([a-z0-9-]{1,24}-[0-9a-f]{8})"'),
    ("inc", rb'"([0-9a-f]{8})"'),
    ("seq", rb"([1-9][0-9]{0,9})"),
    ("prev", rb'"([0-9a-f]{64})"'),
    ("hlc", rb'"(' + HLC + rb')"'),
    ("type", rb'"([a-z][a-z0-9_.-]{0,63})"'),
)
_HEAD = re.compile(
    rb"\{" + rb",".join(b'"%s":%s' % (name.encode(), form) for name, form in _MEMBERS) + rb',"body":'
)


class SignedMembers(msgspec.Struct, frozen=True, kw_only=True):
    """The members of an event that its signature is over."""

    mesh: str
    """The id of the mesh, 16 hex digits."""
    node: str
    """The label of the author (`alice-4b1e0f77`)."""
    inc: str
    """The author's incarnation, 8 hex digits."""
    seq: int
    """The position in the stream, from 1."""
    prev: str
    """The id of the event before it in the stream, `ZEROS` at seq 1."""
    hlc: str
    """The hybrid logical clock value, as text that sorts by time."""
    type: str
    body: bytes
    """A JSON object."""


class UnsignedEvent(SignedMembers, frozen=True, kw_only=True):
    """An event before it is signed."""


class Event(SignedMembers, frozen=True, kw_only=True, gc=False):
    """One event as read from a line."""

    id: str
    """The sha256 of the signed bytes, in hex."""
    line: bytes
    """The exact bytes without the newline."""
    checked_body: Body | None = None
    """The decoded body where parsing has decoded it; None says nothing: use `body_of`."""

    @property
    def stream(self) -> str:
        """The stream of the event, `<node>.<inc>`."""
        return f"{self.node}.{self.inc}"


def pae(content: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding of signed bytes: the message that is signed."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE, len(content), content)


def event_id(signed: bytes) -> str:
    """Return the id of an event, in hex, from its signed bytes."""
    return hashlib.sha256(signed).hexdigest()


def encode(event: UnsignedEvent, sign: Callable[[bytes], bytes]) -> Event:
    """Sign an event and return it with its line.

    `sign` maps a message to its 64-byte Ed25519 signature.

    The result is what `parse` returns for the line, so no peer will reject its form. Raises `Rejected` when
    the event breaks a limit.
    """
    head = (
        f'{{"v":1,"mesh":"{event.mesh}","node":"{event.node}","inc":"{event.inc}","seq":{event.seq},'
        f'"prev":"{event.prev}","hlc":"{event.hlc}","type":"{event.type}","body":'
    )
    signed = head.encode() + event.body + b"}"
    signature = base64.urlsafe_b64encode(sign(pae(signed)))[:86]
    return parse(b'%s,"sig":"%s"}' % (signed[:-1], signature))


def cut(line: bytes) -> bytes:
    """Return the signed bytes of a line; raise `Rejected` for another outer form."""
    if len(line) > MAX_LINE:
        raise Rejected(f"line of {len(line)} bytes is longer than {MAX_LINE}")
    if not line.startswith(_BEGINNING):
        _name_wrong_version(line)
    if not _TRAILER.fullmatch(line, max(len(line) - TRAILER_BYTES, 0)):
        raise Rejected("the line does not end in a signature")
    return line[:-TRAILER_BYTES] + b"}"


def _name_wrong_version(line: bytes) -> NoReturn:
    version = _VERSION.match(line)
    if version is None or version[1] == b"1":
        raise Rejected("not an event line")
    raise Rejected(f"unknown version v={int(version[1])} of the line")


def split(line: bytes) -> tuple[bytes, bytes]:
    """Return (signed bytes, 64-byte signature) of a line, by position, without parsing it.

    Raises `Rejected` when the line is too long, of an unknown version, or does not end in a signature
    in its one canonical spelling.
    """
    signed = cut(line)
    return signed, base64.urlsafe_b64decode(line[-88:-2] + b"==")


def parse(line: bytes) -> Event:
    """Return the event of a line without its newline; raise `Rejected` with the cause.

    The signature is *not* verified: `split` returns it for that.
    """
    return parse_cut(line, event_id(cut(line)))


def parse_cut(line: bytes, id_: str) -> Event:
    """Return what `parse` does, for a caller that has the id of the line already."""
    head = _HEAD.match(line)
    if head is None:
        _name_wrong_member(line)
    mesh, node, inc, seq, prev, hlc, event_type = head.groups()
    body = line[head.end() : -TRAILER_BYTES]
    type_text = event_type.decode()
    # One decoding serves the limits and the fold, for nearly every line: what this program would write
    # the same way is within the limits, except perhaps for the length of its strings.
    checked_body = body_as_written(type_text, body)
    if checked_body is None or len(body) > MAX_STRING:
        check_body(body)
    event = Event(
        mesh=mesh.decode(),
        node=node.decode(),
        inc=inc.decode(),
        seq=int(seq),
        prev=prev.decode(),
        hlc=hlc.decode(),
        type=type_text,
        body=body,
        id=id_,
        line=line,
        checked_body=checked_body,
    )
    check_day(event.hlc)
    if (event.seq == 1) != (event.prev == ZEROS):
        raise Rejected(f"prev does not fit seq {event.seq}: it is zeros at seq 1 and nowhere else")
    return event


def check_day(hlc: str) -> None:
    """Raise `Rejected` unless the day of a clock value is one of the calendar."""
    try:
        date.fromisoformat(hlc[:10])
    except ValueError as error:
        raise Rejected(f"hlc names no day: {hlc}") from error


def _name_wrong_member(line: bytes) -> NoReturn:
    position = 1
    seen: set[bytes] = set()
    for name, form in (*((name, form + b",") for name, form in _MEMBERS), ("body", rb"\{")):
        found = re.compile(rb'"([^"]{0,20})":').match(line, position)
        if found and found[1] in seen:
            raise Rejected(f"duplicate member {found[1].decode(errors='replace')!r}")
        match = re.compile(b'"%s":%s' % (name.encode(), form)).match(line, position)
        if match is None:
            raise Rejected(f"member {name!r} is missing, malformed or not in its place")
        seen.add(name.encode())
        position = match.end()
    raise Rejected("the members are not joined as in version 1")


def check_body(body: bytes) -> None:
    """Raise `Rejected` unless `body` is one JSON object within the limits.

    Valid UTF-8 JSON; no member twice in one object, at any depth; no number with fraction or
    exponent; integers below 2^53 in size; strings of at most 4 KiB; depth 8, the line itself being 1.
    """
    if body[:1] != b"{":
        raise Rejected("body is not an object")
    if body[-1:] != b"}":
        raise Rejected("white space between the body and the signature")
    try:
        value = msgspec.json.decode(body)
        # Bytes that come back unchanged from a decoder which keeps one of two equal members had none.
        if msgspec.json.encode(value) != body:
            json.loads(body, object_pairs_hook=_once)
    except RecursionError as error:
        raise Rejected(f"body is deeper than {MAX_DEPTH}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise Rejected(f"body is not JSON: {error}") from error
    _check_members(value.values(), 2)
    if len(body) > MAX_STRING:
        _check_strings(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Rejected(f"duplicate member {twice[:40]!r} in body")
    return members


def _check_members(members: Iterable[Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Rejected(f"body is deeper than {MAX_DEPTH}")
    for member in members:
        kind = type(member)
        if kind is int:
            if not -MAX_INT <= member <= MAX_INT:
                raise Rejected(f"integer out of range in body: {str(member)[:40]}")
        elif kind is dict:
            _check_members(member.values(), depth + 1)
        elif kind is list:
            _check_members(member, depth + 1)
        elif kind is float:
            raise Rejected(f"number with fraction or exponent in body: {member}")


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        if len(value.encode()) > MAX_STRING:
            raise Rejected(f"string longer than {MAX_STRING} bytes in body: {value[:40]!r}…")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_strings(name)
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)
