"""A first day while something else writes: another incarnation begins, or a command changes its counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesharr.node.joining import first_steps
from mesharr.node.joining.existing_files import queue_existing
from mesharr.node.joining.inventory import compare_items
from tests.support.household import Clock, Household, make_drive, settle


def household(root: Path, clock: Clock, films: int) -> Household:
    """Return a household that had films on the drive before mesharr."""
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock)
    alice.deaf = True
    for tmdb in range(1, films + 1):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb, size=64)
    alice.run_commands()
    alice.deaf = False
    return alice


def during_next_list(alice: Household, monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Have `work` done once, while the app is asked for all of its items."""
    arr = alice.engine.first_day._steps._apps["radarr"].arr
    read_all, todo = arr.read_all, [work]

    def read_and_work() -> object:
        found = list(read_all())
        while todo:
            todo.pop()()
        return iter(found)

    monkeypatch.setattr(arr, "read_all", read_and_work)


def test_a_first_day_begins_again_when_a_new_incarnation_begins_during_one_of_its_steps(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = household(tmp_path, clock, films=3)
    incarnations = alice.engine.publisher._own
    first = incarnations.stream
    compare, todo = compare_items, [incarnations._reincarnate]

    def compare_and_reincarnate(*args: Any) -> Any:
        while todo:
            todo.pop()(clock())
        return compare(*args)

    monkeypatch.setattr(first_steps, "compare_items", compare_and_reincarnate)
    settle(clock, alice, seconds=600, steps=60)
    (day,) = alice.state.first_days.all()
    assert day.step == "done"
    assert alice.state.libraries.baselined("movies")
    assert sorted(item for item, _ in alice.state.items.baselines("movies")) == ["tmdb:1", "tmdb:2", "tmdb:3"]
    assert incarnations.stream != first
    assert alice.events().count("library.found") == 1


def test_files_queued_by_a_command_do_not_set_a_first_day_back(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = household(tmp_path, clock, films=3)
    alice.engine.follower.step(clock())
    while not any(day.has_compared for day in alice.state.first_days.all()):
        alice.engine.first_day.step(clock())
    library, arr = (
        alice.engine.first_day._libraries["movies"],
        alice.engine.first_day._steps._apps["radarr"].arr,
    )
    during_next_list(alice, monkeypatch, lambda: settle(clock, alice, seconds=600, steps=60))
    queue_existing(library, arr, alice.state, clock())
    (day,) = alice.state.first_days.all()
    assert (day.step, day.counts["local"]) == ("done", 0)
