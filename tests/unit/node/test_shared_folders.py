"""Two items in one folder of an app: who remembers whom, and which files go to the other one."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import ANY, MagicMock, patch

import msgspec
import pytest

from mesharr.core.errors import Refused
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.node.inward.shared_folders import await_free_folder, files_of_another
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.state import State
from tests.unit.core.planning.test_plan import BOB, PATH, copy_at, wants

OWN = "Dune (2021)/own.mkv"
ANOTHER = wants(folder="Another")


def given(shares_folder_with: str) -> tuple[str, ...]:
    """Return the paths that are said to be the other item's, which has one of the two files as well."""
    item: Any = SimpleNamespace(
        library=SimpleNamespace(name="movies"),
        id="tmdb:1",
        memory=ItemMemory(shares_folder_with=shares_folder_with),
        registry=wants(copy_at(), copy_at(OWN)),
    )
    state: Any = SimpleNamespace(items=SimpleNamespace(state=lambda *_: wants(copy_at())))
    body = files_of_another(cast("State", state), cast("VisitedItem", item))
    return body.paths if body else ()


def test_those_that_the_other_one_has_as_well() -> None:
    assert given("tmdb:2") == (PATH,)


def test_none_where_there_is_no_other() -> None:
    assert given("") == ()


def waits(folder: str, *outbox: str, another: ItemState = ANOTHER) -> Any:
    """Return the state of a node in whose app another item is where one is added; `outbox` waits of it."""
    state: Any = MagicMock()
    state.items.in_folder.return_value = ["tmdb:2"]
    state.items.state.return_value = another
    state.items.memory.return_value = ItemMemory()
    state.outbox.of.return_value = [MagicMock(needs=each) for each in outbox]
    item: Any = MagicMock(id="tmdb:1", registry=wants(copy_at(), folder="Dune (2021)"))
    listed = MagicMock(mirrored=False, **{"item.folder": folder})
    with patch("mesharr.node.inward.shared_folders.snapshot_of", return_value=listed), suppress(Refused):
        await_free_folder(state, item, folder, MagicMock(), "alice-00000001", 0)
    return state


@pytest.mark.parametrize("folder", ["Dune (2021)", "Elsewhere"])
def test_only_an_item_that_the_mesh_has_in_a_folder_wakes_the_other_one_there(folder: str) -> None:
    """The other one forgets any item that only has files there, and wakes it: the two would never rest."""
    assert waits(folder).dirty.mark.called == (folder == "Dune (2021)")


@pytest.mark.parametrize(("needs", "meet"), [("gone", True), ("drive", False), ("", False)])
def test_what_waits_for_the_proof_that_files_are_gone_keeps_no_items_apart(needs: str, meet: bool) -> None:
    """They may never be gone: they are those of the item that is to be added there."""
    assert waits("Dune (2021)", needs).items.note_shared_folder.called == meet


def test_an_item_that_waits_for_a_removed_one_to_leave_is_visited_once_that_has_left_and_wakes_it_not() -> (
    None
):
    removed = msgspec.structs.replace(ANOTHER, adders=(), copies={}, removed_by=BOB)
    state = waits("Dune (2021)", another=removed)
    state.items.note_shared_folder.assert_called_once_with(ANY, "tmdb:1", "tmdb:2")
    assert not state.dirty.mark.called
