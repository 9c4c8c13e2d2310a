"""A copy of this node that its app does not list may be gone: it is looked for once a day."""

import msgspec

from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Policy, Rescan, VerifyOwnFiles, day_of
from mesharr.core.planning.context import Situation
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.plan import plan
from mesharr.core.registry.facts import Stamp
from tests.unit.core.planning.test_plan import (
    BOB,
    CAROL,
    ME,
    NOW,
    PATH,
    copy_at,
    kinds,
    planned,
    shows,
    wants,
)

OTHER = "Dune (2021)/Dune 4K.mkv"
DAY_MS = 86_400_000
LOOKED = ItemMemory(own_files_checked={same_key(PATH): day_of(NOW)})


def test_a_copy_of_mine_whose_unit_is_satisfied_by_another_is_checked_once_a_day() -> None:
    desired = wants(copy_at(), copy_at(OTHER), owner=ME)
    shown = shows(copy_at(OTHER), mirrored=False)
    [action] = planned(desired, shown).actions
    assert isinstance(action, VerifyOwnFiles)
    assert action.paths == (PATH,)
    assert kinds(planned(desired, shown, LOOKED)) == []
    assert kinds(planned(desired, shown, LOOKED, now=NOW + DAY_MS)) == [VerifyOwnFiles]


def test_a_copy_of_mine_that_the_arr_lacks_is_checked_by_who_would_scan_for_it() -> None:
    [action] = planned(wants(copy_at(), owner=ME), shows(mirrored=False)).actions
    assert isinstance(action, Rescan)
    assert action.own_paths == (PATH,)


def test_a_copy_of_mine_that_no_scan_looks_for_is_checked() -> None:
    """Its files are in two folders: the app is not asked for those in the other one."""
    elsewhere = copy_at("Dune 2/Dune.mkv", "other")
    desired = wants(copy_at(), elsewhere, owner=ME)
    [action] = planned(desired, shows(copy_at(), mirrored=False)).actions
    assert isinstance(action, VerifyOwnFiles)
    assert action.paths == (elsewhere.path,)


def test_a_copy_of_a_peer_is_its_to_speak_of() -> None:
    desired = wants(copy_at(), copy_at(OTHER), owner=BOB)
    assert VerifyOwnFiles not in kinds(planned(desired, shows(copy_at(OTHER))))
    scans = [each for each in planned(desired, shows()).actions if isinstance(each, Rescan)]
    assert [each.own_paths for each in scans] == [()]


def test_a_copy_of_who_left_the_item_is_checked_by_who_has_it_still() -> None:
    desired = msgspec.structs.replace(wants(copy_at(), copy_at(OTHER), owner=BOB), left_by=frozenset({BOB}))
    [action] = planned(desired, shows(copy_at(OTHER))).actions
    assert isinstance(action, VerifyOwnFiles)
    assert action.paths == (PATH,)


def test_the_copies_of_an_item_that_nobody_may_have_are_checked_by_who_left_it() -> None:
    left = msgspec.structs.replace(wants(copy_at(), owner=BOB), left_by=frozenset({BOB, ME}), adders=())
    [action] = planned(left, None).actions
    assert isinstance(action, VerifyOwnFiles)
    assert action.paths == (PATH,)
    assert kinds(planned(left, None, LOOKED)) == []
    assert kinds(planned(msgspec.structs.replace(left, adders=(CAROL,)), None)) == []


def test_a_copy_of_who_left_the_mesh_since_is_checked_once_a_day_by_who_has_the_item() -> None:
    wanted = wants(copy_at(), copy_at(OTHER), owner=BOB)
    stamps = [living.stamp for living in wanted.copies.values()]
    before, later = ("", BOB, "inc", 0), ("9", BOB, "inc", 9)
    assert before < min(stamps) <= max(stamps) < later

    def made(left: Stamp, memory: ItemMemory) -> list[type]:
        known = Situation(wanted, shows(copy_at(OTHER)), memory, ME, Policy(), NOW, departures={BOB: left})
        return kinds(plan(known))

    assert made(later, ItemMemory()) == [VerifyOwnFiles]
    assert VerifyOwnFiles not in made(later, LOOKED)
    assert VerifyOwnFiles not in made(before, ItemMemory())


def test_nothing_is_checked_of_an_item_that_the_arr_does_not_list() -> None:
    assert VerifyOwnFiles not in kinds(planned(wants(copy_at(), owner=ME), None))
