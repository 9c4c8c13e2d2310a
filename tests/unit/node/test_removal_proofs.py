"""Which files have to be gone before a removal is published."""

import pytest

from mesharr.core.events.schema import FileRemoved
from mesharr.node.limits import Guard
from mesharr.node.outward.removal_proofs import RemovalProofs
from tests.unit.state.samples import DUNE, MOVIES, NOW, imported, opened, stored

OLD, OTHER = "Dune (2021)/dune.mkv", "Dune (2021)/extended.mkv"


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
