"""Thousands of files that nobody can verify, under trusted labels, starve no honest stream.

Everything is counted in polls and requests; a request on a cloud drive may take a second.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.disk.child import LocalDisk
from mesharr.log import layout, writer
from mesharr.log.keys import verifier
from mesharr.log.layout import FileName
from mesharr.log.store.folder import DirectoryStore, Store
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.events.quarantine import MAX_FILES
from mesharr.state.state import State
from tests.behaviour.events.test_dangers_of_the_log import _added, _signed
from tests.support.household import Clock, Household, settle
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    INC,
    MESH,
    chain_of,
    content_of,
    name_of,
)

JUNK = 4_000
FEWER = 400
MOST_REQUESTS = 50
MOST_POLLS = 3
Pair = tuple[Household, Household]


class _Counted:
    """A store that counts its requests, and which places were read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.requests = 0
        self.reads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def tails(self) -> list[str]:
        self.requests += 1
        return self._store.tails()

    def segments(self, stream: str) -> list[str]:
        self.requests += 1
        return self._store.segments(stream)

    def read(self, where: str) -> bytes:
        self.requests += 1
        self.reads.append(where)
        return self._store.read(where)


def _counted(house: Household) -> _Counted:
    store = _Counted(house.engine.follower._store)
    house.engine.follower._store = store
    return store


def _poll(house: Household, store: _Counted, clock: Clock) -> int:
    """Let a household look at the store once; return how many events it applied."""
    clock.forward(30)
    store.requests, store.reads = 0, []
    applied = house.engine.follower.step(clock())
    assert store.requests - 1 <= MOST_REQUESTS
    assert len(store.reads) == len(set(store.reads))  # none is read twice in a poll
    return applied


def _flood(house: Household, name: Callable[[int, FileName], FileName], *, count: int = JUNK) -> None:
    """Put junk on the store under names made of the household's newest tail."""
    store = house.drive / ".mesharr"
    stream = house.engine.publisher.stream
    seq, id_ = house.state.streams.cursor(stream)
    node, _, inc = stream.rpartition(".")
    newest = FileName(node, inc, 1, seq, id_[:8], 0)
    for number in range(count):
        (store / layout.tail_path(name(number, newest))).write_bytes(b"{}\n")


def _h8(number: int) -> str:
    return f"{number * 2_654_435_761 % 2**32:08x}"


def _further(number: int, newest: FileName) -> FileName:
    """A tail of the true stream that goes on far beyond it."""
    return msgspec.structs.replace(newest, last=newest.last + 5 + number, h8=_h8(number))


def _nearer(number: int, newest: FileName) -> FileName:
    """A tail of the true stream that ends where the next true one will."""
    return msgspec.structs.replace(newest, last=newest.last + 1, h8=_h8(number))


def _beyond(number: int, newest: FileName) -> FileName:
    """A tail that begins beyond a gap."""
    first = newest.last + 1000 + number
    return msgspec.structs.replace(newest, first=first, last=first + 3, h8=_h8(number))


def _behind(number: int, newest: FileName) -> FileName:
    """A tail that ends behind the cursor, in another event than this node has."""
    return msgspec.structs.replace(newest, last=max(1, newest.last - number % 2), h8=_h8(number))


def _another_stream(number: int, newest: FileName) -> FileName:
    """A tail of an incarnation that there never was."""
    return msgspec.structs.replace(newest, inc=_h8(number), first=1 + number % 3, last=5)


NAMES = [_further, _nearer, _beyond, _behind, _another_stream]


def _tell(house: Household, film: int, clock: Clock) -> None:
    house.radarr.add(film)
    settle(clock, house, seconds=4, steps=4)
    assert "item.added" in house.events()


@pytest.mark.parametrize("name", NAMES)
def test_junk_that_lay_there_before_keeps_no_honest_event_waiting(
    alice_and_bob: Pair, clock: Clock, name: Callable[[int, FileName], FileName]
) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    _flood(alice, name)
    for _ in range(3):
        _poll(bob, store, clock)
    _tell(alice, 7, clock)
    assert any(_poll(bob, store, clock) for _ in range(MOST_POLLS))
    assert bob.read_of(alice) == ["item.added"]


@pytest.mark.parametrize("name", [_further, _beyond, _behind, _another_stream])
def test_junk_that_comes_with_an_honest_event_does_not_hide_it(
    alice_and_bob: Pair, clock: Clock, name: Callable[[int, FileName], FileName]
) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    _flood(alice, name)
    _tell(alice, 7, clock)
    assert any(_poll(bob, store, clock) for _ in range(MOST_POLLS))


def test_sparse_files_of_four_megabytes_cost_a_peer_its_share_and_no_other_stream_anything(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    _flood(alice, _further, count=FEWER)
    for path in (alice.drive / ".mesharr" / "events").iterdir():
        if path.stat().st_size == len(b"{}\n"):
            with path.open("wb") as file:
                file.truncate(4 * 1024 * 1024)
    _tell(alice, 7, clock)
    assert any(_poll(bob, store, clock) for _ in range(MOST_POLLS))


def test_one_flooded_stream_does_not_spend_what_its_peers_other_streams_need(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    old = alice.engine.publisher.stream
    _flood(alice, _further, count=FEWER)
    seq, prev = alice.state.streams.cursor(old)
    alice.state.own_streams.note_fork(old, seq)  # goes on in another stream
    alice.radarr.add(7)
    settle(clock, alice, seconds=120, steps=30)
    stream = alice.engine.publisher.stream
    assert stream != old
    for _ in range(MOST_POLLS):
        _poll(bob, store, clock)
    assert bob.state.streams.cursor(stream)[0] > 0
    assert prev


def test_junk_under_my_own_name_costs_a_poll_no_more(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    _flood(bob, _further, count=FEWER)
    _flood(bob, _another_stream, count=FEWER)
    _tell(alice, 7, clock)
    assert any(_poll(bob, store, clock) for _ in range(MOST_POLLS))


@pytest.mark.parametrize("junk", [1, FEWER])
@pytest.mark.parametrize("begins_beyond", [False, True])
def test_names_that_promise_everything_hide_no_segments_from_a_new_reader(
    tmp_path: Path, junk: int, begins_beyond: bool
) -> None:
    events = chain_of(8)
    files = {layout.segment_path(name_of(events[:5])): content_of(events[:5])}
    files[layout.tail_path(name_of(events[5:]))] = content_of(events[5:])
    for number in range(junk):
        first = 3 if begins_beyond and number % 2 else 1
        false = FileName(ALICE_NODE, INC, first, 100 + number, _h8(number), 0)
        files[layout.tail_path(false)] = b"{}\n"
    for where, content in files.items():
        (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / where).write_bytes(content)
    store, state = _Counted(DirectoryStore(str(tmp_path), LocalDisk())), State(Database(":memory:"))
    alice = Trusted(ALICE_NODE, "alice", ALICE.public, verifier(ALICE.public))
    own = Trusted(BOB_NODE, "bob", BOB.public, verifier(BOB.public))
    me = Me(BOB_NODE, "bob", MESH)
    follower = Follower(me, own, store, lambda: {ALICE_NODE: alice}, state, lambda: f"{BOB_NODE}.00000001")
    for poll in range(MOST_POLLS):
        store.requests = 0
        follower.step(1_790_000_000_000 + poll * 30_000)
        assert store.requests - 1 <= MOST_REQUESTS
    assert state.streams.cursor(f"{ALICE_NODE}.{INC}")[0] == 8


def test_a_full_quarantine_is_no_loop_of_reads(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    store = _counted(bob)
    _flood(alice, _further, count=FEWER)
    later = clock() + 90 * 86_400_000
    bob.state.db.write_many(
        "INSERT INTO quarantine VALUES(?,?,?,?,1)",
        [(f"archive/full-00000000.00000000/{number}", "junk", clock(), later) for number in range(MAX_FILES)],
    )
    read: set[str] = set()
    for _ in range(FEWER):
        _poll(bob, store, clock)
        read.update(store.reads)
        if len(read) == FEWER:
            break
    assert len(read) == FEWER
    _poll(bob, store, clock)
    assert len(store.reads) <= 4
    _tell(alice, 7, clock)
    assert any(_poll(bob, store, clock) for _ in range(MOST_POLLS))


def test_a_thousand_junk_segments_do_not_hide_the_true_ones(alice_and_bob: Pair, clock: Clock) -> None:
    """The archive's names are as cheap to forge; each one that was tried is not tried again soon."""
    alice, bob = alice_and_bob
    store = _counted(bob)
    stream = alice.engine.publisher.stream
    seq, prev = alice.state.streams.cursor(stream)
    events = []
    for number in range(1, 41):
        events.append(_signed(alice, seq + number, prev, _added(20 + number)))
        prev = events[-1].id
    folder = alice.drive / ".mesharr" / layout.segment_folder(stream)
    folder.mkdir(parents=True, exist_ok=True)
    node, _, inc = stream.rpartition(".")
    sealed, tail = events[:30], events[30:]

    def name_of(part: list[Any], k: int = 0) -> FileName:
        return FileName(node, inc, part[0].seq, part[-1].seq, part[-1].id[:8], k)

    (folder / layout.segment_name(name_of(sealed))).write_bytes(b"".join(e.line + b"\n" for e in sealed))
    (alice.drive / ".mesharr" / layout.tail_path(name_of(tail))).write_bytes(
        b"".join(e.line + b"\n" for e in tail)
    )
    draw = random.Random(1)
    for number in range(1000):
        first = seq + 1 - draw.randint(0, seq)
        junk = FileName(node, inc, first, seq + draw.randint(100, 10_000), _h8(number), 0)
        (folder / layout.segment_name(junk)).write_bytes(b"{}\n")
    for _ in range(MOST_POLLS):
        _poll(bob, store, clock)
    assert bob.state.streams.cursor(stream)[0] == tail[-1].seq
    assert len(sealed) < writer.SEAL_EVENTS
