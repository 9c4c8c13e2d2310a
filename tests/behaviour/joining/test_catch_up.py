"""Catching up with a long history: eight files are read at a time, and it is as if it were one."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.core.errors import Unavailable
from mesharr.disk.child import LocalDisk
from mesharr.log import layout, mesh
from mesharr.log.codec import Event
from mesharr.log.keys import verifier
from mesharr.log.store.folder import DirectoryStore
from mesharr.log.store.prefetch import IN_FLIGHT, PrefetchLimits
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State
from tests.unit.log.samples import ALICE, ALICE_NODE, MESH, chain_of, content_of, name_of

NOW = 1_790_000_000_000
PART = 20
PARTS = 3 * IN_FLIGHT
PATIENCE = 20.0
EVENTS = chain_of(PART * PARTS)
PLACES = [layout.segment_path(name_of(EVENTS[start : start + PART])) for start in range(0, len(EVENTS), PART)]


class Watched(DirectoryStore):
    """A directory store; `before` is called with each segment's place before it is read."""

    def __init__(self, root: str, before: Callable[[str], None]) -> None:
        super().__init__(root, LocalDisk())
        self._before = before
        self._count = threading.Lock()
        self.flying = self.most = 0
        self.asked: list[str] = []

    def read(self, where: str) -> bytes:
        if not where.startswith(layout.ARCHIVE):
            return super().read(where)
        with self._count:
            self.asked.append(where)
            self.flying += 1
            self.most = max(self.most, self.flying)
        try:
            self._before(where)
            return super().read(where)
        finally:
            with self._count:
                self.flying -= 1


def at_once(where: str) -> None:
    """Read without delay."""
    del where


def opened(root: Path, before: Callable[[str], None] = at_once) -> Watched:
    """Return a store with the whole history, segments and a tail that repeats the last one."""
    root.mkdir(exist_ok=True)
    store = Watched(str(root / ".mesharr"), before)
    store.create(mesh.encode(mesh.Mesh(name="test", id=MESH, made="2026-11-22T18:00:00Z")))
    for start in range(0, len(EVENTS), PART):
        put(store, EVENTS[start : start + PART])
    store.write(layout.tail_path(name_of(EVENTS[-PART:])), content_of(EVENTS[-PART:]))
    return store


def put(store: Watched, part: list[Event], k: int = 0) -> str:
    """Put a segment there; return its place."""
    place = layout.segment_path(name_of(part, k))
    store.write(place, content_of(part))
    return place


AT_ONCE = PrefetchLimits(slow_s=0)
"""Every read counts as slow: from the second one on, several are on their way."""


def follower_of(store: Watched, state: State, pace: PrefetchLimits = AT_ONCE) -> Follower:
    """Return bob's follower, who trusts alice."""
    alice = Trusted(ALICE_NODE, "alice", ALICE.public, verifier(ALICE.public))
    bob = Trusted("bob-00000000", "bob", b"", verifier(ALICE.public))
    me = Me(bob.node, "bob", MESH)
    return Follower(
        me,
        bob,
        store,
        lambda: {alice.node: alice},
        state,
        lambda: "bob-00000000.00000001",
        limits=pace,
    )


def kept(state: State) -> list[StoredEvent]:
    """Return what was applied, in the order it was applied."""
    return [stored for _, stored in state.streams.newest(len(EVENTS) + 1)]


@pytest.fixture
def state() -> State:
    return State(Database(":memory:"))


def test_eight_segments_are_on_their_way_at_a_time_and_never_more(tmp_path: Path, state: State) -> None:
    # Each read returns only when eight are on their way: with seven, the first one would wait in vain.
    # The tail holds the last part; what is left over after rows of eight does not wait.
    together = threading.Barrier(IN_FLIGHT, timeout=PATIENCE)
    # The first is read alone, to see how long a read takes.
    in_rows = PLACES[1 : (PARTS - 2) // IN_FLIGHT * IN_FLIGHT + 1]

    def wait_for_all(where: str) -> None:
        if where in in_rows:
            together.wait()

    store = opened(tmp_path, wait_for_all)
    assert follower_of(store, state).step(NOW) == len(EVENTS)
    assert store.most == IN_FLIGHT
    assert sorted(store.asked) == PLACES[:-1]


def test_segments_that_arrive_without_delay_are_read_one_by_one(tmp_path: Path, state: State) -> None:
    store = opened(tmp_path)
    assert follower_of(store, state, PrefetchLimits(slow_s=PATIENCE)).step(NOW) == len(EVENTS)
    assert store.asked == PLACES[:-1]
    assert store.most == 1


def test_segments_that_arrive_in_another_order_are_applied_in_their_own(tmp_path: Path, state: State) -> None:
    arrived = {place: threading.Event() for place in PLACES}

    def after_the_next(where: str) -> None:
        """Of each pair of files, the second arrives first."""
        number = PLACES.index(where)
        if number % 2 == 1 and number + 1 < PARTS - 1:
            assert arrived[PLACES[number + 1]].wait(PATIENCE)
        arrived[where].set()

    store = opened(tmp_path, after_the_next)
    assert follower_of(store, state).step(NOW) == len(EVENTS)
    assert [stored.seq for stored in kept(state)] == list(range(1, len(EVENTS) + 1))
    assert [stored.line for stored in kept(state)] == [event.line for event in EVENTS]


@pytest.mark.parametrize("torn", [0, 1, IN_FLIGHT, PARTS - 2])
def test_a_torn_segment_ends_in_the_same_state_as_when_one_is_read_at_a_time(
    tmp_path: Path, torn: int
) -> None:
    states: list[list[StoredEvent]] = []
    for in_flight in (1, IN_FLIGHT):
        state = State(Database(":memory:"))
        store = opened(tmp_path / str(in_flight))
        (tmp_path / str(in_flight) / ".mesharr" / PLACES[torn]).write_bytes(b"torn")
        follower = follower_of(store, state, PrefetchLimits(in_flight, slow_s=0))
        follower.step(NOW)
        assert len(kept(state)) == torn * PART
        assert [place for place, _, _ in state.quarantine.all()] == [PLACES[torn]]
        put(store, EVENTS[torn * PART : (torn + 1) * PART], k=1)
        follower.step(NOW)
        states.append(kept(state))
    assert states[0] == states[1]
    assert len(states[0]) == len(EVENTS)


def test_what_came_before_the_store_failed_is_kept_and_not_read_again(tmp_path: Path, state: State) -> None:
    failing = [True]

    def fail_once(where: str) -> None:
        if where == PLACES[5] and failing:
            failing.clear()
            raise Unavailable("the mount hangs")

    store = opened(tmp_path, fail_once)
    follower = follower_of(store, state)
    with pytest.raises(Unavailable, match="the mount hangs"):
        follower.step(NOW)
    assert len(kept(state)) == 5 * PART
    store.asked.clear()
    assert follower.step(NOW) == len(EVENTS) - 5 * PART
    assert not set(store.asked) & set(PLACES[:5])
    assert len(kept(state)) == len(EVENTS)


def test_a_step_that_ends_sooner_than_the_next_one_starts_puts_nothing_aside(
    tmp_path: Path, state: State
) -> None:
    store = opened(tmp_path)
    (tmp_path / ".mesharr" / PLACES[1]).write_bytes(b"torn")
    put(store, EVENTS[PART : PART + 5])
    follower = follower_of(store, state)
    assert follower.step(NOW) == PART + 5
    assert [place for place, _, _ in state.quarantine.all()] == [PLACES[1]]
    put(store, EVENTS[PART + 5 : 2 * PART])
    assert follower.step(NOW) == len(EVENTS) - PART - 5
