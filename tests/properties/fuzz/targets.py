"""What each parser must hold for any bytes whatever: only its own errors, and nothing taken on trust.

A target takes bytes and returns whether the parser took them; it fails by an `AssertionError` or by
whatever else comes out of the parser. Where the parser needs a word beside the bytes (the name of a
file, the type of an event), that word is the first line of the input.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.core.events.schema import Body, body_of
from mesharr.core.events.validation import check
from mesharr.log import chain, codec, keys, layout, mesh
from mesharr.log.chain import START, Fork, Head
from mesharr.log.codec import Event, UnsignedEvent
from mesharr.log.keys import verifier
from tests.unit.log.samples import ALICE, MESH, chain_of, draft, worked_example

Target = Callable[[bytes], bool]

EXAMPLE: Final = worked_example()
LONG: Final = chain_of(40)
"""Long enough to be believed in bulk, by its last signature."""
BRANCH: Final = chain_of(2, after=LONG[:2], type="item.added")
"""Goes on after the second event of `LONG` with another third one: a fork, truly signed."""
SIGNED: Final = frozenset(event.id for event in (*EXAMPLE, *LONG, *BRANCH))
"""All that the key ever signed. What is taken must be of these."""
_VERIFY: Final = verifier(ALICE.public)


def line(data: bytes) -> bool:
    """A line as it comes from the store: parsed, and its signature checked."""
    try:
        signed, signature = codec.split(data)
        event = codec.parse(data)
    except Rejected:
        return False
    _same_line(event, data, signature)
    trusted = _VERIFY(signature, codec.pae(signed))
    assert trusted == (event.id in SIGNED and _verbatim(event.line)), "the key did not sign this"
    return True


def _verbatim(given: bytes) -> bool:
    # one key, one message: Ed25519 as done here has one signature for it
    return any(given == event.line for event in (*EXAMPLE, *LONG, *BRANCH))


def _same_line(event: Event, data: bytes, signature: bytes) -> None:
    assert event.line == data
    fields = {name: getattr(event, name) for name in UnsignedEvent.__struct_fields__}
    again = codec.encode(UnsignedEvent(**fields), lambda _message: signature)
    assert again == event, "what was taken does not read again to the same bytes"
    json.loads(data)


def signed(data: bytes) -> bool:
    """A body that the owner of a trusted key signed, whatever it holds: the worst a peer can say."""
    try:
        event = codec.encode(draft(1, body=data), ALICE.sign)
    except Rejected:
        return False
    _same_line(event, event.line, codec.split(event.line)[1])
    assert event.body == data
    assert len(data) < codec.MAX_LINE
    codec.check_body(data)
    body(b"item.left\n" + data)
    return True


def name(data: bytes) -> bool:
    """The path of a file in the store."""
    text = data.decode("utf-8", "surrogateescape")
    tail, path = layout.parse_tail(text), layout.parse_path(text)
    layout.parse_stream(text)
    folder, _, last = text.rpartition("/")
    layout.parse_segment(folder, last)
    assert tail is None or layout.tail_name(tail) == text, "a tail has two names"
    if path is None:
        return tail is not None
    assert text in {layout.tail_path(path), layout.segment_path(path)}, "a file has two paths"
    assert text.isascii()
    assert ".." not in text
    assert 1 <= path.first <= path.last <= layout.MAX_SEQ
    assert len(last) <= 120
    return True


def file(data: bytes) -> bool:
    """The path of a file, a newline, and its content; read at every cursor of its stream."""
    first, _, content = data.partition(b"\n")
    path = layout.parse_path(first.decode("utf-8", "surrogateescape"))
    if path is None:
        return False
    taken = False
    for cursor, known in _cursors():
        try:
            events = chain.read_file(content, path, MESH, _VERIFY, cursor, known)
        except Fork as fork:
            _proof(fork)
            continue
        except Rejected:
            continue
        taken = True
        _taken(events, content, cursor)
    try:
        _taken(chain.verify_file(content, path, MESH, _VERIFY), content, None)
    except Rejected:
        return taken
    return True


def _proof(fork: Fork) -> None:
    assert codec.parse(fork.line).id in SIGNED, "a fork nobody signed"
    assert _verbatim(fork.line), "the proof of a fork must stand alone"


def _held(first: int, last: int) -> dict[int, bytes]:
    return {event.seq: event.line for event in LONG if first <= event.seq <= last}


def _cursors() -> Iterator[tuple[Head, chain.LinesBetween]]:
    held = {event.seq: event for event in LONG}
    for seq in (0, 1, 2, 3, 20, 40):
        yield (Head(seq, held[seq].id, held[seq].hlc) if seq else START), _held


def _taken(events: tuple[Event, ...], content: bytes, cursor: Head | None) -> None:
    assert {event.id for event in events} <= SIGNED, "an event nobody signed"
    assert content.endswith(b"".join(event.line + b"\n" for event in events))
    if cursor is not None and events:
        assert (events[0].seq, events[0].prev) == (cursor.seq + 1, cursor.id)
    for before, after in pairwise(events):
        assert (after.seq, after.prev) == (before.seq + 1, before.id)
        assert after.hlc > before.hlc


def body(data: bytes) -> bool:
    """The type of an event, a newline, and its body."""
    kind, _, raw = data.partition(b"\n")
    type_name = kind.decode("utf-8", "replace")
    try:
        said = body_of(type_name, raw)
    except Rejected:
        said = None
    _same_in_a_line(type_name, raw, said)
    if said is None:
        return False
    again = msgspec.json.encode(said)
    assert said.type_name == type_name
    assert body_of(type_name, again) == said, "what was taken is not taken again"
    assert msgspec.json.encode(body_of(type_name, again)) == again
    said.touched_items()
    for text in _texts(msgspec.to_builtins(said)):
        assert not any(character < " " or "\ud800" <= character <= "\udfff" for character in text)
    for path in _paths(msgspec.to_builtins(said)):
        assert not path.startswith("/")
        assert ".." not in path.split("/")
    return True


def _same_in_a_line(type_name: str, raw: bytes, said: Body | None) -> None:
    """What reading a signed line brings along is what the slower ways through the same bytes say."""
    try:
        event = codec.encode(draft(1, type=type_name, body=raw), ALICE.sign)
    except Rejected:
        return
    codec.check_body(raw)
    if said is not None:
        check(said)
    assert event.checked_body is None or event.checked_body == said


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _texts(key)
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member)


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key in {"path", "old", "folder", "paths", "replaced"}:
                yield from _texts(member)
            else:
                yield from _paths(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _paths(member)


def mesh_json(data: bytes) -> bool:
    """The content of `mesh.json`."""
    try:
        found = mesh.decode(data)
    except Rejected:
        return False
    again = mesh.encode(found)
    assert mesh.decode(again) == found
    assert mesh.encode(mesh.decode(again)) == again
    return True


def anchor(data: bytes) -> bool:
    """The content of an anchor; it is taken only when it says this mesh and this library."""
    try:
        mesh.check_anchor(data, MESH, "movies")
    except (Refused, Unavailable):
        return False
    said = msgspec.json.decode(data)
    assert (said["mesh"], said["library"]) == (MESH, "movies")
    return True


def token(data: bytes) -> bool:
    """A token as a person pastes it, which may be no UTF-8 at all."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = keys.parse_token(text, mesh=MESH, own=None)
    except Refused:
        return False
    assert keys.token_text(found) == "".join(text.split())
    assert keys.parse_token(keys.token_text(found), mesh=MESH, own=None) == found
    assert layout.parse_stream(f"{found.node}.00000000") is not None
    assert found.name[0] != "-", "no command could name that peer"
    keys.verifier(found.key)(bytes(64), b"")
    return True


TARGETS: Final[Mapping[str, Target]] = {
    "line": line,
    "signed": signed,
    "name": name,
    "file": file,
    "body": body,
    "mesh": mesh_json,
    "anchor": anchor,
    "token": token,
}
