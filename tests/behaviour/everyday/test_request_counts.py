"""What mesharr costs a drive and an arr, counted."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.core.events.schema import Body, Copy, FileImported, Item, UnitReleased
from mesharr.core.hlc import text_of
from mesharr.disk.child import Disk, LocalDisk
from mesharr.log import codec, keys, layout, writer
from mesharr.state.events.streams import StoredEvent
from mesharr.state.peers import Peer, write_peers
from tests.support.household import MESH, Clock, Household, import_on, make_drive, settle

STORE = "/.mesharr"


class CountingDisk(LocalDisk):
    """Notes every operation below the store, as `operation place`."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def _call(self, operation: str, *arguments: Any) -> Any:
        where = str(arguments[-1] if operation.startswith("sizes") else arguments[0])
        if f"{STORE}" in where:
            self.calls.append(f"{operation} {where.partition(STORE)[2].strip('/').partition('/')[0]}")
        return super()._call(operation, *arguments)


class Counting(Household):
    """A household whose store is counted."""

    def make_disk(self) -> Disk:
        self.disk = CountingDisk()
        return self.disk


def _imported(seq: int) -> Body:
    """An import in a library that is unknown here."""
    film = f"Film {seq} (2001)"
    copy = Copy(path=f"{film}/{film}.mkv", size=seq, units=("movie",))
    item = Item(id=f"tmdb:{seq}", kind="movie", folder=film)
    return FileImported(library="elsewhere", item=item, copies=(copy,), term=1)


def _released(seq: int) -> Body:
    """An event whose line is so short that 256 of them make a segment."""
    return UnitReleased(library="elsewhere", id=f"tmdb:{seq}", units=("movie",))


def _history(
    store: Path, number: int, count: int, clock: Clock, said: Callable[[int], Body] = _imported
) -> tuple[Peer, list[codec.Event]]:
    """Write the stream of a peer with so many events; return who it is."""
    path = store.parent / f"key{number}"
    key = keys.generate(str(path))
    name = f"peer{number}"
    node, inc = layout.node_id(name, key.public), f"{number:08x}"
    prev, events = codec.ZEROS, []
    for seq in range(1, count + 1):
        body = said(seq)
        event = codec.encode(
            codec.UnsignedEvent(
                mesh=MESH,
                node=node,
                inc=inc,
                seq=seq,
                prev=prev,
                hlc=text_of(clock.ms - 86_400_000 + seq),
                type=body.type_name,
                body=msgspec.json.encode(body),
            ),
            key.sign,
        )
        prev = event.id
        events.append(event)
    lines = [writer.Line(event.seq, event.id, event.line) for event in events]
    segments = [each for each in writer.to_write(f"{node}.{inc}", lines, []) if "archive" in each.where]
    sealed = [writer.OwnFile(each.where, each.first, each.last, 0, True, 0.0) for each in segments]
    for planned in (*segments, *writer.to_write(f"{node}.{inc}", lines, sealed)):
        place = store / planned.where
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(planned.content)
    return Peer(node=node, name=name, key=keys.key_text(key.public), since="2026-11-22"), events


def _caught_up(root: Path, clock: Clock, peers: int, history: int) -> Counting:
    """A household that has followed so many peers with so many events in all."""
    make_drive(root / "drive")
    known: list[Peer] = []
    alice = Counting("alice", root, root / "drive", clock)
    for number in range(peers):
        peer, events = _history(root / "drive" / ".mesharr", number, history // peers, clock)
        known.append(peer)
        rows = [
            StoredEvent(
                stream=each.stream,
                seq=each.seq,
                id=each.id,
                hlc=each.hlc,
                type=each.type,
                line=each.line,
                items=(("elsewhere", f"tmdb:{each.seq}"),),
            )
            for each in events[: len(events) - 300]
        ]
        alice.state.streams.apply(rows, clock())  # the older part was read before; the rest is read now
    write_peers(str(alice.dir), tuple(known))
    settle(clock, alice, seconds=60 * 70, steps=20)
    settle(clock, alice, seconds=20, steps=10)
    assert alice.state.streams.count() >= history
    return alice


@pytest.mark.parametrize(
    ("peers", "history"),
    [(1, 10_000), (5, 10_000), (20, 10_000), pytest.param(2, 100_000, marks=pytest.mark.campaign)],
)
def test_an_idle_poll_is_one_directory_listing_however_many_peers_and_events_there_are(
    tmp_path: Path, clock: Clock, peers: int, history: int
) -> None:
    alice = _caught_up(tmp_path, clock, peers, history)
    alice.disk.calls.clear()
    for _ in range(3):
        clock.forward(30)
        alice.engine.exchange()
    print(f"\n{peers} peers, {alice.state.streams.count()} events: 3 idle polls are {alice.disk.calls}")
    assert alice.disk.calls == ["listdir events"] * 3


@pytest.mark.campaign
@pytest.mark.parametrize("peers", [1, 4])
def test_catching_up_reads_a_file_for_256_events(tmp_path: Path, clock: Clock, peers: int) -> None:
    make_drive(tmp_path / "drive")
    alice, count = Counting("alice", tmp_path, tmp_path / "drive", clock), 20_480 // peers
    store = tmp_path / "drive" / ".mesharr"
    known = [_history(store, number, count, clock, _released)[0] for number in range(peers)]
    write_peers(str(alice.dir), tuple(known))
    alice.disk.calls.clear()
    alice.engine.follower.step(clock())
    reads = [call for call in alice.disk.calls if call.startswith("read ")]
    print(f"\n{peers} peers, {count * peers} events: {len(reads)} reads of {len(alice.disk.calls)} requests")
    assert alice.state.streams.count() == count * peers
    assert len(reads) <= 2 + 2 * peers + count * peers / 256


def test_one_event_is_published_with_one_write(tmp_path: Path, clock: Clock) -> None:
    alice = _caught_up(tmp_path, clock, 5, 10_000)
    alice.radarr.add(7)
    alice.disk.calls.clear()
    settle(clock, alice, seconds=4, steps=4)
    assert alice.events() == ["item.added"]
    writes = [call for call in alice.disk.calls if call.split()[0] not in {"listdir", "realpath"}]
    print(f"\none event: {writes}, in 5 polls {alice.disk.calls.count('listdir events')} listings")
    assert writes == ["create_atomic events"]
    assert set(alice.disk.calls) == {"create_atomic events", "listdir events"}


def test_a_reader_that_is_a_little_behind_reads_one_file(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Counting("bob", tmp_path, tmp_path / "drive", clock)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=10, steps=5)
    for tmdb in range(1, 6):
        alice.radarr.add(tmdb)
        settle(clock, alice, seconds=4, steps=4)
    bob.disk.calls.clear()
    bob.engine.follower.step(clock())
    assert bob.disk.calls == ["listdir events", "read events"]
    assert len(bob.read_of(alice)) == 5


def test_an_import_costs_the_peers_arr_at_most_ten_requests(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob, tmdb=6)  # what is asked once a day is known now
    alice.radarr.add(7)
    alice.radarr.download(7)
    bob.radarr.forget_requests()
    settle(clock, alice, bob)
    asked = [f"{method} {path.partition('?')[0]}" for method, path in bob.radarr.requests]
    counted = "\n".join(f"{len(list(group))} x {call}" for call, group in itertools.groupby(asked))
    print(f"\nrequests to bob's arr for one import: {len(asked)}\n{counted}")
    assert bob.shows(7) == (False, True)
    assert bob.waits() == {}
    assert len(asked) <= 10, counted


def test_a_nightly_comparison_without_differences_writes_nothing(
    alice_and_bob: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = alice_and_bob
    for tmdb in range(1, 11):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb)
    settle(clock, alice, bob)
    for house in (alice, bob):
        house.radarr.forget_requests()
        house.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=60, steps=6)
        print(f"\na nightly comparison of 10 films: {len(house.radarr.requests)} requests")
        assert house.writes() == []
        assert house.waits() == {}
        assert len(house.radarr.requests) <= 10, house.radarr.requests
