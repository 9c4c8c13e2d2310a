"""How the owner cut its files decides how fast they are read, and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.core.events.schema import ItemAliased, NodeHello, NodeLeft, body_of
from mesharr.disk.child import LocalDisk
from mesharr.log import codec, layout, mesh
from mesharr.log.codec import ZEROS, Event
from mesharr.log.keys import verifier
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.unit.core.events.test_fast_path import RICH, written
from tests.unit.log.samples import ALICE, ALICE_NODE, MESH, content_of, draft, name_of

NOW = 1_790_000_000_000
NUMBER = 260


def _bodies(number: int) -> tuple[str, bytes]:
    """Return the type and body of an event: mostly imports, and now and then whatever else may be said."""
    imported = written("file.imported").replace(b"tmdb:438631", b"tmdb:%d" % (number % 90 + 1))
    match number % 20:
        case 3:
            return "node.hello", msgspec.json.encode(NodeHello(name=f"alice-{number}", key="A" * 43))
        case 5:
            alias = ItemAliased(library="movies", id=f"tmdb:{number % 90 + 1}", alias=f"tmdb:{1000 + number}")
            return "item.aliased", msgspec.json.encode(alias)
        case 7:
            return "file.imported", imported.replace(b"Die S", b'Die \\"S')
        case 9:
            return "file.imported", imported.replace(b'"path":"', b'"path":"../', 1)
        case 11:
            return "unit.rated", b'{"stars":5}'
        case 13:
            others = [name for name in RICH if body_of(name, written(name)) != NodeLeft()]
            name = others[number // 20 % len(others)]
            return name, written(name)
        case _:
            return "file.imported", imported


def _history() -> list[Event]:
    events: list[Event] = []
    for number in range(NUMBER):
        type_name, body = _bodies(number)
        prev = events[-1].id if events else ZEROS
        events.append(codec.encode(draft(number + 1, prev, type=type_name, body=body), ALICE.sign))
    return events


HISTORY = _history()


def _caught_up(root: Path, ends: Sequence[int]) -> State:
    """Return the state of a node that has read the history from segments which end there, and one tail."""
    root.mkdir()
    store = DirectoryStore(str(root / ".mesharr"), LocalDisk())
    store.create(mesh.encode(mesh.Mesh(name="test", id=MESH, made="2026-11-22T18:00:00Z")))
    starts = [0, *ends]
    for start, end in zip(starts, ends, strict=False):
        part = HISTORY[start:end]
        store.write(layout.segment_path(name_of(part)), content_of(part))
    tail = HISTORY[starts[-1] :]
    store.write(layout.tail_path(name_of(tail)), content_of(tail))
    state = State(Database(":memory:"))
    alice = Trusted(ALICE_NODE, "alice", ALICE.public, verifier(ALICE.public))
    bob = Trusted("bob-00000000", "bob", b"", verifier(ALICE.public))
    follower = Follower(
        Me(bob.node, "bob", MESH),
        bob,
        store,
        lambda: {alice.node: alice},
        state,
        lambda: "bob-00000000.00000001",
    )
    assert follower.step(NOW) == NUMBER
    return state


def _all_of(state: State) -> dict[str, Any]:
    """Return what a state says of a history, however it came by it."""
    items = {library: sorted(state.items.all(library)) for library in state.items.libraries()}
    dirty = {(row.library, row.item): row.next for row in state.dirty.all()}
    return {
        "events": state.streams.newest(1000),
        "cursors": [(row.stream, row.seq, row.id, row.hlc) for row in state.streams.all()],
        "items": items,
        "dirty": dirty,
        "states": [
            state.items.state(library, item).encoded() for library, ids in items.items() for item in ids
        ],
        "aliases": sorted(state.db.rows("SELECT library, id, alias FROM aliases")),
        "cuts": state.streams.cuts(),
        "hello": state.streams.latest(f"{ALICE_NODE}.5e2f91aa", "node.hello"),
        "counters": state.counters.all(),
    }


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a node has that read a few events at a time."""
    ends = range(20, NUMBER, 20)
    found = _all_of(_caught_up(tmp_path_factory.mktemp("few") / "store", ends))
    assert found["counters"]["events_rejected"] == NUMBER // 20
    return found


@pytest.mark.parametrize("ends", [(), (NUMBER // 2,), (33, 150, 170, 259), (1, 34, 258)])
def test_the_same_history_in_other_files_is_the_same(
    tmp_path: Path, one_by_one: dict[str, Any], ends: tuple[int, ...]
) -> None:
    found = _all_of(_caught_up(tmp_path / "store", ends))
    for what, expected in one_by_one.items():
        assert found[what] == expected, what


def test_a_segment_read_in_bulk_is_kept_in_few_rows(tmp_path: Path) -> None:
    state = _caught_up(tmp_path / "store", (NUMBER - 1,))
    (rows,) = state.db.row("SELECT count(*) FROM runs") or (0,)
    assert rows < NUMBER / 10
