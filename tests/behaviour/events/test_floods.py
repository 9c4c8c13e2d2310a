"""Thousands of files that nobody can verify, under trusted labels, starve no honest stream.

Everything is counted in polls and requests; a request on a cloud drive may take a second.
"""

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mesharr.log import layout, writer
from mesharr.log.layout import FileName
from mesharr.log.store.folder import Store
from mesharr.state.events.quarantine import MAX_FILES
from tests.behaviour.events.test_dangers_of_the_log import _added, _signed
from tests.support.household import Clock, Household, settle

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
