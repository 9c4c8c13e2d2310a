"""What is asked once an item costs the same whether a hundred rows wait or thousands, in steps of SQLite."""

from collections.abc import Callable
from functools import cache, partial

import msgspec
import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.planning.memory import ItemMemory, PauseRecord
from mesharr.core.registry.conflicts import Conflict
from mesharr.state.items import LocalItem
from mesharr.state.state import State
from tests.unit.state.samples import DUNE, MOVIES, NOW, aliased, imported, opened, stored

FEW, MANY = 100, 1_600
BOB = "bob-00000002"
MOST = 1.5
"""How many times as much it may cost when sixteen times as much waits: a tree is a little deeper."""


def steps_of(state: State, work: Callable[[], object]) -> int:
    """Return how many steps SQLite takes."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    state.db._connection.set_progress_handler(step, 1)
    work()
    state.db._connection.set_progress_handler(None, 1)
    return count


def paused_for(peer: str, local: LocalItem) -> LocalItem:
    """Return an item of which a unit is paused for a peer, in a folder of its own."""
    paused = {"movie": PauseRecord(set_at=NOW, counts_for=peer)}
    baseline = Baseline(folder=f"Film {int(peer[5:], 16)}")
    return msgspec.structs.replace(local, memory=ItemMemory(paused=paused), baseline=baseline)


@cache
def waiting(rows: int) -> State:
    """Return a state in which so many adds are held, were done, are to be uploaded, and have two names."""
    state = opened()
    with state.transaction():
        state.holds.add(BOB, MOVIES, "first_adds", [(f"tmdb:{n}", "A") for n in range(rows)], "many", NOW)
        state.holds.approve(state.holds.all()[0].n)
        for n in range(rows):
            state.items.update(MOVIES, f"tmdb:{n}", partial(paused_for, f"peer-{n:08x}"))
            state.conflicts.put(MOVIES, f"tmdb:{n}", (Conflict(("movie",), "", "a.mkv", "b.mkv", BOB),))
            state.missing.note(MOVIES, f"tmdb:{n}", "the app does not list it")
            state.holds.note_action(f"peer-{n:08x}", MOVIES, "first_adds", NOW)
            state.scans.put(["plex"], MOVIES, f"Film {n}", NOW)
            state.outbox.put(f"tmdb:{n}", imported(f"{n}.mkv"), "drive", "", NOW)
            state.streams.apply([stored(n + 1, aliased(f"tmdb:{n}", f"tmdb:9{n}"))], NOW)
    return state


ASKED: dict[str, Callable[[State], object]] = {
    "what was approved": lambda state: state.holds.approved(MOVIES, "tmdb:7", "first_adds"),
    "the recent actions of a peer": lambda state: state.holds.count_actions(
        "peer-00000007", MOVIES, "first_adds", NOW
    ),
    "counting an action": lambda state: state.holds.note_action(BOB, MOVIES, "first_adds", NOW),
    "taking an item out of its group": lambda state: state.holds.take_out(MOVIES, "tmdb:7", "first_adds"),
    "the events about an item that wait": lambda state: state.outbox.of(MOVIES, "tmdb:7"),
    "the uploads of an event": lambda state: state.uploads.of(7),
    "which files are being swapped in": lambda state: state.uploads.swapping(MOVIES),
    "dropping an event": lambda state: state.outbox.drop(7),
    "how many items the user may have monitored": lambda state: state.items.suspected(MOVIES),
    "how many items a peer has paused": lambda state: state.items.paused_by(MOVIES, "peer-00000007"),
    "keeping the conflicts of an item": lambda state: state.conflicts.put(MOVIES, "tmdb:7", ()),
    "why an item is missing": lambda state: state.missing.why(MOVIES, "tmdb:7"),
    "the next folders to scan": lambda state: state.scans.due("plex", NOW),
    "when the next folder is to be scanned": lambda state: state.scans.next_due("plex"),
    "the items in a folder": lambda state: state.items.in_folder(MOVIES, "Film 7"),
    "the ids of an item": lambda state: state.items.ids(MOVIES, DUNE),
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_question_about_one_item_reads_no_whole_table(asked: str) -> None:
    few, many = waiting(FEW), waiting(MANY)
    work = ASKED[asked]
    assert steps_of(many, lambda: work(many)) < MOST * steps_of(few, lambda: work(few)) + 20
