"""A series of a thousand episodes costs what its episodes cost, each once: counted in lines that run."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Body, Copy, FileImported, FileRenamed, Item, Renamed
from mesharr.core.hlc import text_of
from mesharr.core.planning.actions import Policy
from mesharr.core.planning.context import Situation
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.plan import plan
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.strategies import event_id

LIBRARY, ID = "tv", "tvdb:1"
ALICE, BOB = "alice-00000001", "bob-00000002"
STREAM = f"{ALICE}.00000001"
NOW = 1_700_000_000_000
MOST = 2.6
"""How many times as much an item of twice the size may cost: a quadratic walk takes four times as much."""


def lines_of(work: Callable[[], object]) -> int:
    """Return how many lines of Python run."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def copy(number: int, name: str) -> Copy:
    return Copy(path=f"A/{name} {number}.mkv", size=1000 + number, units=(f"s01e{number:04d}",))


def series(kind: str = "series") -> Item:
    return Item(id=ID, kind=kind, title="A", folder="A")


def facts(episodes: int) -> list[Fact]:
    """Each episode imported, upgraded and renamed."""
    bodies: list[Body] = []
    for number in range(episodes):
        first, better, last = (copy(number, name) for name in ("first", "better", "last"))
        bodies.append(FileImported(library=LIBRARY, item=series(), copies=(first,), term=1))
        seen = {STREAM: (len(bodies), event_id(STREAM, len(bodies)))}
        bodies.append(
            FileImported(
                library=LIBRARY, item=series(), copies=(better,), replaced=(first.path,), term=2, seen=seen
            )
        )
        seen = {STREAM: (len(bodies), event_id(STREAM, len(bodies)))}
        files = (Renamed(old=better.path, new=last),)
        bodies.append(FileRenamed(library=LIBRARY, id=ID, files=files, seen=seen))
    return [
        Fact(STREAM, seq, text_of(NOW + seq), body, event_id(STREAM, seq))
        for seq, body in enumerate(bodies, start=1)
    ]


def shown(state: ItemState, *, parts: bool = False) -> Snapshot:
    units = [unit for living in state.copies.values() for unit in living.copy.units]
    return Snapshot(
        ref=1,
        item=series(),
        monitored=dict.fromkeys(units, False),
        files={key: living.copy for key, living in state.copies.items()},
        multi_file_units=parts,
    )


def test_twice_the_episodes_take_twice_the_work_to_fold() -> None:
    small, large = facts(100), facts(200)
    assert len(fold(LIBRARY, ID, large).copies) == 200
    assert lines_of(lambda: fold(LIBRARY, ID, large)) < MOST * lines_of(lambda: fold(LIBRARY, ID, small))


def planned(state: ItemState, *, parts: bool) -> int:
    actual = shown(state, parts=parts)
    return lines_of(lambda: plan(Situation(state, actual, ItemMemory(), BOB, Policy(), NOW)))


def test_twice_the_episodes_take_twice_the_work_to_plan() -> None:
    small, large = fold(LIBRARY, ID, facts(100)), fold(LIBRARY, ID, facts(200))
    assert planned(large, parts=False) < MOST * planned(small, parts=False)


def test_twice_the_albums_take_twice_the_work_to_plan() -> None:
    small, large = fold(LIBRARY, ID, facts(100)), fold(LIBRARY, ID, facts(200))
    assert planned(large, parts=True) < MOST * planned(small, parts=True)
