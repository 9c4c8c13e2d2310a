"""Keys, events and files for the tests of the log; and the worked example of docs/log-format.md."""

import base64
import json
import os
from collections.abc import Sequence
from typing import Any

import msgspec

from mesharr.core import hlc
from mesharr.disk.child import LocalDisk
from mesharr.log import codec, layout
from mesharr.log.chain import Head
from mesharr.log.codec import ZEROS, Event, UnsignedEvent
from mesharr.log.keys import NodeKey, key_text
from mesharr.log.layout import FileName

MESH = "7f3a9c21d0e4b655"
OTHER_MESH = "0000000000000001"
INC = "5e2f91aa"
ALICE = NodeKey(bytes(range(32)))
BOB = NodeKey(bytes(range(32, 64)))
ALICE_NODE = layout.node_id("alice", ALICE.public)
BOB_NODE = layout.node_id("bob", BOB.public)
VECTORS = os.path.join(os.path.dirname(__file__), "vectors.json")
_T0 = hlc.parts_of("2026-11-22T18:19:24.123Z-0000")[0]


def draft(seq: int, prev: str = ZEROS, **changes: Any) -> UnsignedEvent:
    """Return an event of alice's, not yet signed."""
    body = {"library": "movies", "id": f"tmdb:{seq}"}
    base = UnsignedEvent(
        mesh=MESH,
        node=ALICE_NODE,
        inc=INC,
        seq=seq,
        prev=prev,
        hlc=hlc.text_of(_T0 + seq),
        type="item.left",
        body=msgspec.json.encode(body),
    )
    return msgspec.structs.replace(base, **changes)


def chain_of(count: int, *, key: NodeKey = ALICE, after: Sequence[Event] = (), **changes: Any) -> list[Event]:
    """Return `count` events that follow `after` (or begin a stream), signed, each with `changes`."""
    events = list(after)
    for _ in range(count):
        prev = events[-1].id if events else ZEROS
        events.append(codec.encode(draft(len(events) + 1, prev, **changes), key.sign))
    return events[len(after) :]


def content_of(events: Sequence[Event]) -> bytes:
    """Return the content of the file that holds these events."""
    return b"".join(event.line + b"\n" for event in events)


def name_of(events: Sequence[Event], k: int = 0) -> FileName:
    """Return the honest name of that file."""
    first, last = events[0], events[-1]
    return FileName(last.node, last.inc, first.seq, last.seq, last.id[:8], k)


def head_of(events: Sequence[Event]) -> Head:
    """Return the cursor of a reader that has applied all of these."""
    return Head(events[-1].seq, events[-1].id)


def signed_line(head_and_body: bytes, key: NodeKey = ALICE) -> bytes:
    """Return any bytes ending in `}` with a true signature over them: hostile, but signed."""
    signature = key.sign(codec.pae(head_and_body))
    return b'%s,"sig":"%s"}' % (head_and_body[:-1], base64.urlsafe_b64encode(signature)[:86])


class CountingDisk(LocalDisk):
    """The local disk, which also keeps what it was asked, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def _call(self, operation: str, *arguments: Any) -> Any:
        self.calls.append(operation)
        return super()._call(operation, *arguments)


def worked_example() -> list[Event]:
    """Return the three events of the worked example: a greeting, a new film, its file."""
    film = {
        "id": "tmdb:438631",
        "kind": "movie",
        "ids": {"tmdb": 438631, "imdb": "tt1160419"},
        "title": "Dune",
        "year": 2021,
        "folder": "Dune (2021)",
        "profile": "HD-1080p",
    }
    copy = {"path": "Dune (2021)/Dune.2021.mkv", "size": 9_876_543_210, "units": ["movie"]}
    bodies: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("node.hello", "2026-11-22T18:19:24.123Z-0000", {"name": "alice", "key": key_text(ALICE.public)}),
        ("item.added", "2026-11-22T18:19:24.123Z-0001", {"library": "movies", "item": film}),
        (
            "file.imported",
            "2026-11-22T19:02:11.007Z-0000",
            {"library": "movies", "item": film, "copies": [copy], "term": 1},
        ),
    )
    events: list[Event] = []
    for seq, (kind, moment, body) in enumerate(bodies, 1):
        if kind == "file.imported":
            body["seen"] = {f"{ALICE_NODE}.{INC}": (events[-1].seq, events[-1].id)}
        made = draft(
            seq,
            events[-1].id if events else ZEROS,
            type=kind,
            hlc=moment,
            body=msgspec.json.encode(body),
        )
        events.append(codec.encode(made, ALICE.sign))
    return events


def vectors() -> dict[str, Any]:
    """Return the worked example as the test vector that is published."""
    events = worked_example()
    splits = [codec.split(event.line) for event in events]
    return {
        "seed_hex": bytes(range(32)).hex(),
        "public_key": key_text(ALICE.public),
        "public_key_hex": ALICE.public.hex(),
        "mesh": MESH,
        "node": ALICE_NODE,
        "stream": f"{ALICE_NODE}.{INC}",
        "tail_path": layout.tail_path(name_of(events)),
        "segment_path": layout.segment_path(name_of(events)),
        "events": [
            {
                "line": event.line.decode(),
                "id": event.id,
                "signed_bytes": len(signed),
                "signature_hex": signature.hex(),
            }
            for event, (signed, signature) in zip(events, splits, strict=True)
        ],
        "pae_of_first_begins": codec.pae(splits[0][0])[:70].decode(),
    }


if __name__ == "__main__":
    # prints the vector, to be pasted into vectors.json and docs/log-format.md when the format changes
    print(json.dumps(vectors(), indent=2))
