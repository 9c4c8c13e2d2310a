"""Which files have to be gone before a removal is published, and what follows when they stay."""

from types import SimpleNamespace
from typing import Any

import pytest

from mesharr.core.events.schema import FileRemoved
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import day_of
from mesharr.core.planning.memory import after_own_files_check
from mesharr.node.backoff import DAY_MS
from mesharr.node.limits import Guard
from mesharr.node.outward.removal_proofs import RemovalProofs
from tests.unit.state.samples import DUNE, MOVIES, NOW, imported, opened, stored

OLD, OTHER = "Dune (2021)/dune.mkv", "Dune (2021)/extended.mkv"
KEY = same_key(OLD)


@pytest.mark.parametrize(
    ("respelled", "asked"), [((OLD,), (OTHER,)), ((OLD, OTHER), None), ((), (OLD, OTHER))]
)
def test_a_file_in_another_spelling_since_is_there_and_the_others_have_to_be_gone(
    respelled: tuple[str, ...], asked: tuple[str, ...] | None
) -> None:
    state = opened()
    paths = [path.upper() if path in respelled else path for path in (OLD, OTHER)]
    state.streams.apply([stored(1, imported(*paths))], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=(OLD, OTHER), reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", "deleted in the app", NOW)
    proofs = RemovalProofs({}, state, Guard("alice", state, {}, ask_first=False))
    [entry] = state.outbox.of(MOVIES, DUNE)
    assert proofs.paths_to_be_gone(entry) == asked


def test_what_was_never_proven_gone_is_looked_for_on_the_same_day() -> None:
    """Another file lies in its place: whether it is that of the mesh, the next visit finds out."""
    state = opened()
    state.streams.apply([stored(1, imported(OLD))], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=(OLD,), reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", "deleted in the app", NOW)
    later = NOW + DAY_MS + 1
    state.items.update_memory(
        MOVIES, DUNE, lambda memory: after_own_files_check(memory, [KEY], day_of(later), [KEY])
    )
    library: Any = SimpleNamespace(storage=SimpleNamespace(all_absent=lambda _paths: False))
    RemovalProofs({MOVIES: library}, state, Guard("alice", state, {}, ask_first=False)).step(later)
    assert state.outbox.of(MOVIES, DUNE) == []
    assert state.items.memory(MOVIES, DUNE).own_files_checked == {}
    assert [each.item for each in state.dirty.all()] == [DUNE]
