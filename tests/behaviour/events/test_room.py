"""What one peer may fill of the database: streams without end, and events that nobody understands."""

from pathlib import Path

import pytest

from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from mesharr.node.inward.streams import room
from mesharr.node.inward.streams.refold import refold
from mesharr.state.events.streams import StreamRow, Streams
from tests.behaviour.events.test_forks import NOW, STREAM, Reader
from tests.unit.log.samples import ALICE_NODE, MESH, chain_of


@pytest.fixture
def bob(tmp_path: Path) -> Reader:
    """A reader of a new store."""
    reader = Reader(tmp_path / ".mesharr")
    reader.store.create(mesh.encode(Mesh(name="home", id=MESH, made="")))
    return reader


def told(reader: Reader) -> list[str]:
    """Return what the user is told of peers."""
    return [what for subject, what, *_ in reader.state.refusals.all() if subject.startswith(room.SUBJECT)]


def streams(reader: Reader) -> set[str]:
    return {row.stream for row in reader.state.streams.all() if row.seq}


def test_a_peer_that_begins_streams_without_end_fills_a_few_and_its_known_ones_are_read_on(
    bob: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_STREAMS", 3)
    first = chain_of(4)
    bob.put(first[:2])
    bob.poll()
    assert told(bob) == []
    for n in range(20):
        bob.put(chain_of(1, inc=f"{n:08x}"))
    bob.poll(5)
    assert len(streams(bob)) == 3
    assert told(bob) == [f"{ALICE_NODE} has more than 3 streams: no further one is read"]
    bob.put(first)
    bob.poll(2)
    assert bob.state.streams.cursor(STREAM)[0] == 4


def test_the_table_of_streams_is_read_once_a_poll_however_many_streams_have_news(
    bob: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def counted(self: Streams) -> list[StreamRow]:
        reads.append(1)
        return read(self)

    read = Streams.all
    monkeypatch.setattr(Streams, "all", counted)
    counts = set()
    for many in (1, 12):
        for n in range(many):
            bob.put(chain_of(1, inc=f"{many:04x}{n:04x}"))
        reads.clear()
        bob.poll()
        counts.add(len(reads))
    assert len(streams(bob)) == 13
    assert len(counts) == 1


def test_a_peer_whose_events_nobody_understands_fills_no_more_than_its_room(
    bob: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_UNKNOWN", 2_000)
    known = chain_of(20)
    strange = [*known, *chain_of(200, after=known, type="item.other")]
    bob.put(known)
    bob.poll()
    assert bob.state.streams.not_understood() == {}
    for end in range(25, 201, 5):
        bob.put(strange[:end])
        bob.poll()
    reached, _ = bob.state.streams.cursor(STREAM)
    assert 20 < reached < 60
    assert bob.state.streams.not_understood()[ALICE_NODE] >= 2_000
    assert len(told(bob)) == 1
    assert "this version does not know: no more is read" in told(bob)[0]
    kept = bob.state.streams.not_understood()
    bob.state.index.note_made("an older version")
    refold(bob.state, NOW)  # by a version that does not know them either
    assert bob.state.streams.not_understood() == kept
    monkeypatch.setattr(room, "MAX_UNKNOWN", 2_000_000)
    bob.poll()
    assert bob.state.streams.cursor(STREAM)[0] > reached
    assert told(bob) == []
