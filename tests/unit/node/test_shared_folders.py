"""Which files a household gives to the item that shares a folder with one that it leaves."""

from types import SimpleNamespace
from typing import Any, cast

from mesharr.core.planning.memory import ItemMemory
from mesharr.node.inward.shared_folders import files_of_another
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.state.state import State
from tests.unit.core.planning.test_plan import PATH, copy_at, wants

OWN = "Dune (2021)/own.mkv"


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
