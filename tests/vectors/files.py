"""Files, as readers at several cursors meet them, and small stores, each with the verdict."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mesharr.core import hlc
from mesharr.log import codec, layout, mesh
from mesharr.log.codec import Event
from mesharr.log.keys import key_text
from mesharr.log.layout import FileName
from mesharr.log.mesh import Mesh
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    INC,
    MESH,
    OTHER_MESH,
    chain_of,
    content_of,
    name_of,
    signed_line,
)

Case = dict[str, Any]
EVENTS = chain_of(8)
OTHER = [*EVENTS[:3], *chain_of(4, after=EVENTS[:3], type="item.other")]
"""The other branch of a fork: from seq 4 on."""
MANY = chain_of(36)
_STREAM = f"{ALICE_NODE}.{INC}"


def _at(events: Sequence[Event], seq: int) -> Case:
    if not seq:
        return {"seq": 0, "id": codec.ZEROS, "hlc": ""}
    return {"seq": seq, "id": events[seq - 1].id, "hlc": events[seq - 1].hlc}


def _case(
    name: str,
    content: bytes,
    file: FileName,
    why: str = "",
    *,
    cursor: int = 0,
    taken: int = 0,
    fork: int = 0,
) -> Case:
    """Return one file for a reader that has applied `EVENTS` up to a seq."""
    verdict = "fork" if fork else "refused" if why else "taken"
    case: Case = {
        "name": name,
        "path": layout.tail_path(file),
        "content": content.decode(),
        "cursor": _at(EVENTS, cursor),
        "has": [event.line.decode() for event in EVENTS[:cursor]],
        "verdict": verdict,
    }
    return {
        **case,
        **({"taken": taken} if verdict == "taken" else {}),
        **({"fork_at": fork} if fork else {}),
        **({"reason": why} if why else {}),
    }


def _spoiled(events: Sequence[Event], at: int) -> bytes:
    """Return the content of a file of which one line has the signature of another."""
    line, other = events[at].line, events[at - 1].line
    return content_of(events).replace(line, line[:-96] + other[-96:])


def _with_no_day(events: Sequence[Event]) -> list[Event]:
    """Return events that are signed anew from the middle on, where one has a day that there is not."""
    made = list(events[:18])
    for event in events[18:]:
        head = event.line[:-96].replace(event.prev.encode(), made[-1].id.encode())
        day = b'"2026-11-31' if event is events[18] else b'"2026-12-01'
        line = signed_line(head.replace(b'"2026-11-22', day) + b"}")
        made.append(msgspec.structs.replace(event, line=line, id=codec.event_id(line[:-96] + b"}")))
    return made


def _that_does_not_count() -> list[Event]:
    """Return events of which one has a body that is not applied: it spoils nothing else."""
    events = chain_of(17)
    events += chain_of(1, after=events, body=b'{"library":"Movies","id":"tmdb:18"}')
    return [*events, *chain_of(18, after=events)]


def _broken_line() -> tuple[bytes, FileName]:
    """Return a file of one event whose body has a newline as white space."""
    line = signed_line(EVENTS[0].line[:-96].replace(b'"id":', b'\n"id":') + b"}")
    return line + b"\n", FileName(ALICE_NODE, INC, 1, 1, codec.event_id(line[:-96] + b"}")[:8], 0)


def files() -> list[Case]:
    """Return files of alice's stream."""
    whole, name = content_of(EVENTS), name_of(EVENTS)
    stuck = chain_of(1, after=EVENTS[:5], hlc=EVENTS[4].hlc)
    return [
        _case("a whole file, from the beginning", whole, name, taken=8),
        _case("a whole file, for who has three of it", whole, name, cursor=3, taken=5),
        _case("a file that ends at the cursor", whole, name, cursor=8, taken=0),
        _case(
            "a file that begins behind the cursor",
            content_of(EVENTS[3:]),
            name_of(EVENTS[3:]),
            cursor=3,
            taken=5,
        ),
        _case("a file that leaves a gap", content_of(EVENTS[3:]), name_of(EVENTS[3:]), "a gap", cursor=2),
        *(
            _case(
                f"a bad signature in line {at + 1}, for who has {seq} events",
                _spoiled(EVENTS, at),
                name,
                "a bad signature",
                cursor=seq,
            )
            for at in (1, 4, 7)
            for seq in (0, 3, 6)
        ),
        _case("36 events", *_of(MANY), taken=36),
        _case(
            "36 events, of which one has a day that there is not",
            *_of(_with_no_day(MANY)),
            "hlc names no day",
        ),
        _case(
            "36 events, of which one has a body that does not count", *_of(_that_does_not_count()), taken=36
        ),
        _case("a newline in a body", *_broken_line(), "not the lines of its name"),
        _case(
            "a file that ends before the cursor, with a bad signature",
            _spoiled(EVENTS[:3], 1),
            name_of(EVENTS[:3]),
            "a bad signature",
            cursor=8,
        ),
        _case("a file that ends before the cursor", *_of(EVENTS[:3]), cursor=8, taken=0),
        _case(
            "another branch that ends before the cursor",
            *_of(OTHER[:5]),
            "two events at seq 4",
            cursor=8,
            fork=4,
        ),
        _case("no newline at the end", whole[:-1], name, "cut"),
        _case("cut in a line", whole[:-50], name, "cut"),
        _case("a line less than its name says", content_of(EVENTS[:-1]), name, "not the lines of its name"),
        _case("an empty line at the end", whole + b"\n", name, "not the lines of its name"),
        _case("a return before each newline", whole.replace(b"\n", b"\r\n"), name, "no event line"),
        _case("empty", b"", name, "cut"),
        _case(
            "another last id than its name says",
            whole,
            _named(EVENTS, h8="00000000"),
            "not the id of its name",
        ),
        _case(
            "under another node's name",
            whole,
            _named(EVENTS, node="bob-00000000"),
            "not the node of its name",
        ),
        _case(
            "under another incarnation's name", whole, _named(EVENTS, inc="00000000"), "not the incarnation"
        ),
        _case("of another mesh", *_of(chain_of(2, mesh=OTHER_MESH)), "another mesh"),
        _case("signed by another key", *_of(chain_of(2, key=BOB)), "a bad signature"),
        _case("a line twice", *_lines(EVENTS[0], EVENTS[0]), "seq is not one more"),
        _case("a line left out", *_lines(EVENTS[0], EVENTS[2]), "seq is not one more"),
        _case("lines exchanged", *_lines(EVENTS[1], EVENTS[0]), "seq is not one more"),
        _case("prev is not the id before it", *_lines(EVENTS[2], OTHER[4], EVENTS[4]), "prev", cursor=2),
        _case("hlc does not increase in it", *_of([*EVENTS[:5], *stuck]), "hlc does not increase"),
        _case("hlc does not increase from the file before", *_of(stuck), "hlc does not increase", cursor=5),
        _case("another branch from below the cursor", *_of(OTHER), "two events at seq 4", cursor=8, fork=4),
        _case("another branch above the fork", *_of(OTHER[5:]), "two events at seq 6", cursor=8, fork=6),
        _case("another branch behind the cursor", *_of(OTHER[5:]), "prev is not the cursor's id", cursor=5),
    ]


def _of(events: Sequence[Event]) -> tuple[bytes, FileName]:
    return content_of(events), name_of(events)


def _named(events: Sequence[Event], **changes: str) -> FileName:
    name = name_of(events)
    return FileName(
        changes.get("node", name.node),
        changes.get("inc", name.inc),
        name.first,
        name.last,
        changes.get("h8", name.h8),
        name.k,
    )


def _lines(*events: Event) -> tuple[bytes, FileName]:
    first = events[0].seq
    return content_of(events), FileName(ALICE_NODE, INC, first, first + len(events) - 1, events[-1].id[:8], 0)


def names() -> list[Case]:
    """Return paths in a store, and whether they are of a tail or a segment."""
    tail, segment = layout.tail_path(name_of(EVENTS)), layout.segment_path(name_of(EVENTS))
    good = (
        tail,
        segment,
        tail.replace(".0.jsonl", ".999999.jsonl"),
        tail.replace("alice", "-" * 24),
    )
    bad = (
        f"{tail}.partial",
        tail.replace(".jsonl", " (conflicted copy).jsonl"),
        tail.replace(".0.jsonl", ".01.jsonl"),
        tail.replace(".0.jsonl", ".1000000.jsonl"),
        tail.replace("0000000001-", "0000000009-"),
        tail.replace("0000000001-", "0000000000-"),
        tail.replace("0000000001-", "1-"),
        tail.replace("alice", "Alice"),
        tail.replace("alice", "a" * 25),
        tail.replace("0000000001-", "\u0660000000001-"),
        f"{tail}\n",
        f"/{tail}",
        tail.replace(".jsonl", ".JSONL"),
        tail.replace("events/", "archive/"),
        segment.replace("archive/", "events/"),
        f"events/{segment.rpartition('/')[2]}",
        f"events/x/{tail.rpartition('/')[2]}",
        "events/desktop.ini",
        "events/.tmp",
        "mesh.json",
    )
    return [{"path": path, "valid": True} for path in good] + [{"path": path, "valid": False} for path in bad]


def _store(
    name: str, found: dict[str, bytes], damaged: int, *, reads: int | None, cut: int = 0, why: str = ""
) -> Case:
    """Return a store, the damage of it, and what a new reader that trusts alice has of it."""
    made = mesh.encode(Mesh(name="home", id=MESH, made="2026-11-22T18:00:00Z"))
    content = {"mesh.json": made, **found}
    reader = {"stream": _STREAM, "seq": reads, "cut": cut or None}
    return {
        "name": name,
        "files": {path: text.decode() for path, text in content.items()},
        "whole": damaged == 0,
        "reader": reader,
        **({"reason": why} if why else {}),
    }


def _tail(events: Sequence[Event]) -> dict[str, bytes]:
    return {layout.tail_path(name_of(events)): content_of(events)}


def _segment(events: Sequence[Event]) -> dict[str, bytes]:
    return {layout.segment_path(name_of(events)): content_of(events)}


def _junk() -> dict[str, bytes]:
    return {layout.tail_path(FileName(ALICE_NODE, INC, 1, layout.MAX_SEQ, "0badf00d", 0)): b"{}\n"}


def _of_bob() -> list[Event]:
    body = b'{"name":"bob","key":"%s"}' % key_text(BOB.public).encode()
    return chain_of(2, key=BOB, node=BOB_NODE, type="node.hello", body=body)


def stores() -> list[Case]:
    """Return small stores."""
    base = hlc.parts_of(EVENTS[-1].hlc)[0]
    early = chain_of(1, after=EVENTS[:5], hlc=hlc.text_of(base - 100_000))
    torn = {path: text[:-40] for path, text in _tail(EVENTS).items()}
    again = {path.replace(".0.jsonl", ".1.jsonl"): text for path, text in _tail(EVENTS).items()}
    spoiled = {layout.segment_path(name_of(EVENTS[:5])): _spoiled(EVENTS[:5], 2)}
    return [
        _store("a tail", _tail(EVENTS), 0, reads=8),
        _store(
            "a segment, and a tail that repeats it", {**_segment(EVENTS[:5]), **_tail(EVENTS)}, 0, reads=8
        ),
        _store("segments that lead to the tail", {**_segment(EVENTS[:5]), **_tail(EVENTS[4:])}, 0, reads=8),
        _store("a gap", _tail(EVENTS[4:]), 1, reads=0, why="seq 1 to 4 are in no file"),
        _store("segments that no tail leads to", _segment(EVENTS), 0, reads=0),
        _store("a torn tail under which the next k is whole", {**torn, **again}, 1, reads=8, why="cut"),
        _store(
            "a torn tail that begins at the cursor, and segments that lead to another one",
            {**torn, **_segment(EVENTS[:5]), **_tail(EVENTS[5:7])},
            1,
            reads=7,
            why="cut; a name alone hides nothing",
        ),
        _store(
            "a name that promises everything, beside segments and a tail",
            {**_junk(), **_segment(EVENTS[:5]), **_tail(EVENTS[5:])},
            1,
            reads=8,
            why="no event line",
        ),
        _store(
            "segments that lead a part of the way",
            {**_segment(EVENTS[:3]), **_tail(EVENTS[5:])},
            1,
            reads=3,
            why="seq 4 and 5 are in no file",
        ),
        _store("a stream of a node without a given key", {**_tail(EVENTS), **_tail(_of_bob())}, 0, reads=8),
        _store(
            "such a stream in a torn file",
            {**_tail(EVENTS), **{path: text[:-1] for path, text in _tail(_of_bob()).items()}},
            1,
            reads=8,
            why="cut",
        ),
        _store(
            "such a stream without a hello that has its key: it cannot be checked",
            {**_tail(EVENTS), **_tail(chain_of(2, key=BOB, node="bob-00000000"))},
            0,
            reads=8,
        ),
        _store(
            "a segment with a bad signature in the middle",
            {**spoiled, **_tail(EVENTS[4:])},
            1,
            reads=0,
            why="a file with a bad signature is refused whole",
        ),
        _store(
            "hlc does not increase across two files",
            {**_segment(EVENTS[:5]), **_tail(early)},
            1,
            reads=5,
            why="the second file is refused",
        ),
        _store(
            "a fork that a tail shows",
            {**_segment(EVENTS[:5]), **_tail(EVENTS[4:]), **_tail(OTHER[:6])},
            1,
            reads=None,
            cut=4,
            why="two events at seq 4",
        ),
        _store(
            "a fork that only segments show",
            {**_segment(EVENTS[:5]), **_segment(OTHER[1:5]), **_tail(EVENTS[4:])},
            1,
            reads=None,
            cut=4,
            why="two events at seq 4",
        ),
    ]


def setting() -> Case:
    """Return what all vectors share."""
    return {"mesh": MESH, "node": ALICE_NODE, "stream": _STREAM, "public_key": key_text(ALICE.public)}
