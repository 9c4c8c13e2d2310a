"""A new spelling of whatever part of a path is followed: of the item's folder by a move, else of the file."""

import msgspec
import pytest

from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ImportFiles, Move
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.detect.test_spellings import BOB, SPELLINGS, holds, lists, moved
from tests.unit.core.planning.test_plan import planned


def respelled(path: str, *former: str) -> ItemState:
    """Return a registry in which a peer gave its file this spelling, after these."""
    return msgspec.structs.replace(
        holds(path, by=BOB), version=len(former), origin=BOB, former_spellings={same_key(path): former}
    )


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", ["once", "twice", "and back"])
def test_a_new_spelling_is_followed_whatever_it_was_in_between(paths: tuple[str, str, str], how: str) -> None:
    old, new, newer = paths
    desired, listed = {
        "once": (respelled(new, old), old),
        "twice": (respelled(newer, old, new), old),
        "and back": (respelled(old, new), new),
    }[how]
    last = next(iter(desired.copies.values())).copy
    shown = msgspec.structs.replace(
        lists(listed), imports_files=True, tags=("mesharr-bob",), monitored={"movie": False}
    )
    (action,) = planned(desired, shown).actions
    if folders := moved(listed, last.path):
        assert isinstance(action, Move)
        assert [action.folder] == folders
    else:
        assert isinstance(action, ImportFiles)
        assert (action.copies, action.gone) == ((last,), (listed,))
