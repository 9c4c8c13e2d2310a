"""A removal that waits for its proof delays no removal of another file."""

from typing import cast

import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.detect.model import Comparison, PublishFact
from mesharr.core.events.schema import FileRemoved, ItemRemoved
from mesharr.core.planning.actions import Policy
from mesharr.node.model import Library, LibraryStorage, LocalNode, Me
from mesharr.node.outward.compare.item_compare import ItemComparer
from mesharr.state.db import Database
from mesharr.state.state import State

ME = Me("alice-00000001", "alice", "7f3a9c21d0e4b655")
SHOW = "tvdb:1"
NOW = 1_764_000_000_000
TV = Library(name="tv", storage=cast(LibraryStorage, None), policy=Policy())  # nothing here looks at a disk


def told(*groups: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the paths of each removal that waits, after the arr told of these groups one by one."""
    state = State(Database(":memory:"))
    comparer = ItemComparer(LocalNode(ME, {}, {}, state))
    for paths in groups:
        body = FileRemoved(library="tv", id=SHOW, paths=paths, reason="deleted", seen={})
        compared = Comparison((PublishFact(body, "gone", "file deleted in the app"),), Baseline())
        comparer.commit(TV, SHOW, None, compared, NOW)
    return [getattr(unsaid.body, "paths", ()) for unsaid in state.outbox.all()]


@pytest.mark.parametrize(
    ("groups", "waiting"),
    [
        ([("S/1.mkv",), ("S/1.mkv",)], [("S/1.mkv",)]),
        ([("S/1.mkv", "S/2.mkv"), ("S/2.mkv",)], [("S/1.mkv", "S/2.mkv")]),
        ([("S/1.mkv",), ("S/2.mkv",)], [("S/1.mkv",), ("S/2.mkv",)]),
        ([("S/1.mkv",), ("S/1.mkv", "S/2.mkv")], [("S/1.mkv",), ("S/1.mkv", "S/2.mkv")]),
    ],
)
def test_each_deleted_file_of_a_show_waits_for_its_own_proof_once(
    groups: list[tuple[str, ...]], waiting: list[tuple[str, ...]]
) -> None:
    assert told(*groups) == waiting


def test_the_removal_of_an_item_waits_once() -> None:
    state = State(Database(":memory:"))
    comparer = ItemComparer(LocalNode(ME, {}, {}, state))
    for seen in ({}, {"bob-00000002.00000001": (3, "b" * 64)}):
        say = PublishFact(ItemRemoved(library="tv", id=SHOW, seen=seen), "gone", "deleted in the app")
        comparer.commit(TV, SHOW, None, Comparison((say,), Baseline(present=False)), NOW)
    assert len(state.outbox.all()) == 1
