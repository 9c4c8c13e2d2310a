"""What a malicious peer, or whoever reaches the drive or the port, can make a node do.

Folds of one item that fills a tail of 4 MiB, in every way that is known to be slow; polls of a store with
thousands of junk files under a trusted node's name; thousands of connections that send nothing; and more
webhooks than anybody can process, at a daemon that is killed meanwhile.
"""

import argparse
import resource
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from mesharr.core.events.schema import ItemAdded
from mesharr.inbound.connection_limits import ConnectionLimits
from mesharr.log import codec, layout
from mesharr.log.keys import NodeKey
from mesharr.state.db import Database
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State
from tests.behaviour.events.test_hostile_peers import _import_of, _tail_of
from tests.behaviour.everyday.test_request_counts import Counting
from tests.bench.flood import flood
from tests.support.hostile_items import ID, KINDS, LIBRARY, MAX_TAIL, STREAM, hostile_facts
from tests.support.household import MESH, Clock, make_drive, settle
from tests.unit.inbound.test_http import Running, body_of

FOLD_S = 1.0
"""Processor time that the worst fold may take."""
REQUESTS = 50
"""Requests beyond the listing that a poll may make."""
POLLS = 3
"""Polls until an honest event is read."""
ANSWER_S = 1.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--junk", type=int, default=4_000)
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--rate", type=int, default=2_000, help="webhooks a second")
    parser.add_argument("--seconds", type=int, default=10, help="how long they are offered, 0: not at all")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the four."""
    folds = {kind: _fold(kind) for kind in KINDS}
    worst = max(each["cpu_s"] for each in folds.values())
    junk = _junk(options.junk)
    idle = _connections(options.connections)
    hooks = flood(options.rate, options.seconds) if options.seconds else {}
    ok = {
        "folds": worst <= FOLD_S,
        "polls": junk["most_requests"] <= REQUESTS and 0 < junk["polls_to_the_event"] <= POLLS,
        "connections": idle["answered"] and idle["open_at_the_end"] <= idle["limit"],
        "webhooks": hooks.get("ok", True),
    }
    return {
        "bench": "hostile",
        "folds": folds,
        "worst_fold_cpu_s": worst,
        "junk": junk,
        "connections": idle,
        "webhooks": hooks,
        "holds": ok,
        "ok": all(ok.values()),
    }


# -- folds


def _fold(kind: str) -> dict[str, Any]:
    """Fold an item from a database that holds a whole tail about it; return what that took."""
    events = _events(kind)
    with tempfile.TemporaryDirectory() as folder:
        state = State(Database(str(Path(folder) / "mesharr.db")))
        for start in range(0, len(events), 1024):
            state.streams.apply(events[start : start + 1024], 1)
        begun = time.process_time()
        item = state.items.state(LIBRARY, ID)
        taken = time.process_time() - begun
        state.db.close()
    left_out = item.left_out.get(STREAM, 0)
    return {"cpu_s": round(taken, 2), "events": len(events), "left_out": left_out, "copies": len(item.copies)}


def _events(kind: str) -> Sequence[StoredEvent]:
    """Return the signed events of a kind that fit into a tail."""
    key = NodeKey(b"m" * 32)
    node, _, inc = STREAM.rpartition(".")
    found: list[StoredEvent] = []
    size, prev = 0, "0" * 64
    for fact in hostile_facts(kind, 20_000, max_bytes=MAX_TAIL):
        seen = {stream: (seq, found[seq - 1].id) for stream, (seq, _) in fact.body.seen.items()}
        body = msgspec.structs.replace(fact.body, seen=seen) if seen else fact.body
        draft = codec.UnsignedEvent(
            mesh="0" * 16, node=node, inc=inc, seq=fact.seq, prev=prev, hlc=fact.hlc,
            type=body.type_name, body=msgspec.json.encode(body),
        )  # fmt: skip
        event = codec.encode(draft, key.sign)
        size += len(event.line) + 1
        if size > MAX_TAIL:
            break
        prev = event.id
        about = body.touched_items()
        found.append(StoredEvent(STREAM, event.seq, event.id, event.hlc, event.type, event.line, about))
    return found


# -- junk


def _junk(number: int) -> dict[str, Any]:
    """Poll a store with junk under a peer's name; return what the polls took until an event was read."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_drive(place / "drive")
        alice = Counting("alice", place, place / "drive", clock)
        bob = Counting("bob", place, place / "drive", clock)
        alice.trust(bob)
        bob.trust(alice)
        settle(clock, alice, bob, seconds=60, steps=6)
        events = place / "drive" / ".mesharr" / "events"
        for n in range(number):
            name = layout.FileName(alice.node, f"{n:08x}", 1, 9_999, f"{n:08x}", 0)
            (events / layout.tail_name(name)).write_bytes(b"junk\n")
        _tail_of(alice, MESH, ItemAdded(library="movies", item=_import_of("Film 9 (2009)/film.mkv").item))
        requests: list[int] = []
        read = 0
        for poll in range(1, 2 * POLLS + 1):
            bob.disk.calls.clear()
            read = poll if bob.engine.follower.step(clock()) and not read else read
            requests.append(sum(not call.startswith("names") for call in bob.disk.calls))
            clock.forward(60)
    return {"files": number, "requests": requests, "most_requests": max(requests), "polls_to_the_event": read}


# -- connections


def _connections(number: int) -> dict[str, Any]:
    """Open connections that send nothing, and ask the listener beside them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 3 * number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(3 * number, hard), hard))
    limits = ConnectionLimits(head_s=600, body_s=600)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        running = Running(Path(folder) / "inbox", limits=limits)
        stack.callback(running.close)
        wires = [
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=20))
            for _ in range(number)
        ]
        begun = time.monotonic()
        ping = running.client.get("/ping").status_code
        ping_s = time.monotonic() - begun
        begun = time.monotonic()
        hook = running.post(body_of()).status_code
        hook_s = time.monotonic() - begun
        still_open = sum(not _is_closed(wire) for wire in wires)
        kept = len(running.inbox.kept())
    answered = (ping, hook, kept) == (200, 200, 1) and max(ping_s, hook_s) <= ANSWER_S
    return {
        "connections": number,
        "ping": ping,
        "ping_s": round(ping_s, 3),
        "webhook": hook,
        "webhook_s": round(hook_s, 3),
        "open_at_the_end": still_open,
        "limit": limits.waiting,
        "answered": answered,
    }


def _is_closed(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return wire.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
