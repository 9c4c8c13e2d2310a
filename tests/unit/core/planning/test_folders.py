"""An item whose folder was moved by one household while another imported into the old one."""

import msgspec
import pytest

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy, Renamed
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import FolderTaken, Move, Plan, Policy, Remove, Rescan
from mesharr.core.planning.context import SeenFiles, Situation
from mesharr.core.planning.files import NOT_DROPPED, SCANS
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.placement import (
    FIX_MS,
    FOLLOW_MS,
    MOVE_SPELLED,
    MOVE_THEM,
    OTHERS_MOVE_SPELLED,
    OTHERS_MOVE_THEM,
    OUTSIDE,
    folder_change,
    has_names_to_publish,
    moved_along,
    places_after_a_move,
    spelled_paths,
)
from mesharr.core.planning.plan import plan
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.planning.test_plan import (
    BOB,
    FILM,
    ME,
    NOW,
    PATH,
    copy_at,
    kinds,
    planned,
    shows,
    wants,
)

NEW = "Dune - archive"
HERE, THERE = copy_at(), copy_at(f"{NEW}/Dune.mkv")
OTHER = copy_at(f"{NEW}/another.mkv", "other")
FLAGS = {"movie": True, "other": False}


def test_who_lists_files_in_another_folder_than_the_meshs_is_told_to_move_them() -> None:
    desired = wants(HERE, OTHER, folder=NEW, version=1)
    told = planned(desired, shows(HERE, monitored=FLAGS))
    assert (told.stuck, told.why, told.into) == (True, MOVE_THEM.format(FILM.folder, NEW), NEW)
    assert told.recheck_at > NOW
    there = planned(desired, shows(OTHER, monitored=FLAGS, folder=NEW))
    assert (there.stuck, there.why, there.into) == (True, OTHERS_MOVE_THEM.format(NEW, FILM.folder), "")


def test_only_own_files_outside_of_a_moved_folder_may_have_gone_along() -> None:
    moved = wants(HERE, owner=ME, folder=NEW, version=1)
    went = (Renamed(old=HERE.path, new=THERE),)
    assert places_after_a_move(moved, [HERE.path, "Dune (2021)/unknown.mkv"], ME) == went
    assert places_after_a_move(moved, [HERE.path], BOB) == ()
    assert places_after_a_move(wants(THERE, owner=ME, folder=NEW, version=1), [THERE.path], ME) == ()
    assert places_after_a_move(wants(HERE, owner=ME, folder=NEW), [HERE.path], ME) == ()
    left = msgspec.structs.replace(moved, left_by=frozenset({ME}))
    assert places_after_a_move(left, [HERE.path], ME) == ()


def test_files_of_who_left_the_item_are_told_of_by_who_has_it() -> None:
    """Their household moved the folder, deleted the item without its files, and looks for them no more."""
    left = wants(HERE, owner=BOB, folder=NEW, version=1, left_by=frozenset({BOB}))
    assert places_after_a_move(left, [HERE.path], ME) == (Renamed(old=HERE.path, new=THERE),)
    assert moved_along(left, shows(HERE), ME) == {HERE.path: THERE}
    assert has_names_to_publish(left, shows(THERE, folder=NEW), (), ME)


def test_own_files_may_have_gone_along_with_another_spelling_of_the_folder() -> None:
    respelled = wants(HERE, owner=ME, folder=FILM.folder.upper(), version=1)
    place = copy_at(f"{FILM.folder.upper()}/{HERE.path.rpartition('/')[2]}")
    assert places_after_a_move(respelled, [HERE.path], ME) == (Renamed(old=HERE.path, new=place),)


def test_a_file_of_another_household_in_the_moved_folder_is_none_that_went_along() -> None:
    theirs = wants(THERE, owner=BOB).copies
    both = wants(HERE, owner=ME, folder=NEW, version=1)
    both = msgspec.structs.replace(both, copies={**both.copies, **theirs})
    assert places_after_a_move(both, [HERE.path], ME) == ()


def test_who_lacks_no_file_is_told_as_well_when_others_are_in_the_meshs_folder() -> None:
    desired = wants(HERE, THERE, owner=ME, folder=NEW, version=1)
    told = planned(desired, shows(HERE, monitored=True))
    assert (told.stuck, told.why) == (True, MOVE_THEM.format(FILM.folder, NEW))
    assert MOVE_THEM.format(FILM.folder, NEW) not in planned(desired, shows(THERE, folder=NEW)).why


def test_who_lists_a_replaced_file_that_no_scan_drops_is_told_as_well() -> None:
    """It is on the drive still, and what replaced it is in the other folder."""
    replaced = copy_at("Dune (2021)/replaced.mkv", "other")
    desired = wants(HERE, OTHER, folder=NEW, version=1, ended={same_key(replaced.path): OTHER.path})
    listed = shows(HERE, replaced, monitored=FLAGS)
    first = planned(desired, listed)
    assert Rescan in kinds(first)
    scanned = msgspec.structs.replace(first.memory, scans_requested=SCANS, scan_ended_at=NOW)
    told = planned(desired, listed, scanned)
    assert (Rescan in kinds(told), told.stuck, told.why) == (False, True, MOVE_THEM.format(FILM.folder, NEW))
    assert told.recheck_at == NOW + FIX_MS


def test_who_lists_an_ended_file_beside_living_ones_is_told_of_no_other_folder() -> None:
    ended = copy_at("Dune (2021)/ended.mkv", "other")
    desired = wants(HERE, ended={same_key(ended.path): ""})
    listed = shows(HERE, ended, monitored=FLAGS)
    scanned = msgspec.structs.replace(
        planned(desired, listed).memory, scans_requested=SCANS, scan_ended_at=NOW
    )
    assert planned(desired, listed, scanned).why == NOT_DROPPED.format(ended.path)


def test_files_that_stay_outside_of_their_moved_folder_are_to_be_renamed_after_an_hour() -> None:
    """Readarr and Lidarr list them; a refresh wrote the former folder back while they were moved."""
    desired, listed = wants(HERE, owner=ME, folder=NEW, version=1), shows(HERE, folder=NEW, monitored=True)
    first = planned(desired, listed)
    assert (first.stuck, first.recheck_at) == (False, NOW + FOLLOW_MS)
    later = planned(desired, listed, first.memory, now=NOW + FOLLOW_MS)
    assert (later.stuck, later.why) == (True, OUTSIDE.format(HERE.path, NEW))
    followed = wants(THERE, owner=ME, folder=NEW, version=1)
    done = planned(followed, shows(THERE, folder=NEW, monitored=True), later.memory, now=NOW + FOLLOW_MS)
    assert (done.stuck, done.why, done.memory.moved_seen_at) == (False, "", 0)


@pytest.mark.parametrize(
    ("listed", "owner"), [((HERE,), ME), ((copy_at("Dune (2021)/unpublished.mkv"),), BOB)]
)
def test_files_of_this_household_are_looked_for_in_the_folder_that_a_peer_gave_the_item(
    listed: tuple[Copy, ...], owner: str
) -> None:
    desired, actual = wants(HERE, owner=owner, folder=NEW, version=1), shows(*listed)
    went = moved_along(desired, actual, ME)
    [(old, new)] = went.items()
    assert (old, new.path) == (listed[0].path, listed[0].path.replace(FILM.folder, NEW))
    made = plan(Situation(desired, actual, ItemMemory(), ME, Policy(), NOW, seen=SeenFiles(went_along=went)))
    why = "its files were moved with the folder"
    assert [each for each in made.actions if isinstance(each, Move | Rescan)] == [
        Move(7, NEW, (new,), why),
        Rescan(7, (new,), (old,), why),
    ]


def test_of_the_files_elsewhere_an_item_waits_for_none_before_it_follows_its_folder() -> None:
    """A file that a peer states in a third folder may never come."""
    desired = wants(OTHER, copy_at("Another (1999)/Dune.mkv"), folder=NEW, version=1)
    [moved] = [each for each in planned(desired, shows(monitored=FLAGS)).actions if isinstance(each, Move)]
    assert (moved.folder, moved.needs) == (NEW, (OTHER,))


def test_files_of_peers_and_of_an_item_that_nobody_moved_are_not_looked_for() -> None:
    assert moved_along(wants(HERE, folder=NEW, version=1), shows(HERE), ME) == {}
    assert moved_along(wants(HERE, owner=ME, folder=NEW), shows(HERE), ME) == {}
    assert moved_along(wants(HERE, owner=ME, version=1), shows(HERE), ME) == {}
    ended = wants(owner=ME, folder=NEW, version=1, ended={HERE.path.casefold(): PATH})
    assert moved_along(ended, shows(HERE), ME) == {}


def test_what_went_along_is_compared_until_it_is_published() -> None:
    desired, actual = wants(HERE, owner=ME, folder=NEW, version=1), shows(THERE, folder=NEW)
    assert has_names_to_publish(desired, actual, (), ME)
    assert not has_names_to_publish(wants(HERE, folder=NEW, version=1), actual, (), ME)
    assert has_names_to_publish(wants(THERE, folder=NEW, version=1), actual, (PATH.casefold(),), ME)
    assert not has_names_to_publish(wants(THERE, owner=ME, folder=NEW, version=1), actual, (), ME)


RECASED = "DUNE (2021)"
THERE_RECASED = copy_at(f"{RECASED}/Dune.mkv")


@pytest.mark.parametrize("size", [THERE_RECASED.size, 1])
def test_a_file_is_looked_for_in_another_spelling_of_its_folder_as_well(size: int) -> None:
    """A folder was renamed with what this household imported over a peer's file of that name."""
    mine = msgspec.structs.replace(HERE, size=size)
    desired = wants(mine, owner=ME, folder=RECASED, version=1)
    [(old, new)] = moved_along(desired, shows(mine), ME).items()
    assert (old, new.path, new.size) == (HERE.path, THERE_RECASED.path, size)
    assert moved_along(wants(THERE_RECASED, owner=ME, folder=RECASED, version=1), shows(HERE), ME) == {}
    assert moved_along(wants(mine, folder=RECASED, version=1), shows(mine), ME) == {}


@pytest.mark.parametrize(("folder", "there"), [(NEW, THERE), (RECASED, THERE_RECASED)])
def test_a_file_that_the_app_dropped_where_it_was_is_looked_for_as_well(folder: str, there: Copy) -> None:
    """A nightly scan of this household's app came before the change of the folder was published."""
    desired = wants(HERE, owner=ME, folder=folder, version=1)
    assert moved_along(desired, shows(), ME) == {HERE.path: there}
    assert moved_along(wants(HERE, folder=folder, version=1), shows(), ME) == {}
    assert moved_along(desired, shows(folder=folder), ME) == {}


def test_a_file_in_the_meshs_spelling_of_its_folder_is_compared_until_it_is_published_so() -> None:
    actual = shows(THERE_RECASED, folder=RECASED)
    assert has_names_to_publish(wants(HERE, owner=ME, folder=RECASED, version=1), actual, (), ME)
    assert has_names_to_publish(wants(HERE, folder=RECASED, version=1), actual, (), ME)
    assert not has_names_to_publish(wants(HERE, folder=RECASED), actual, (), ME)
    assert not has_names_to_publish(wants(THERE_RECASED, owner=ME, folder=RECASED, version=1), actual, (), ME)
    own_spelling = wants(HERE, owner=ME, version=1)
    assert not has_names_to_publish(own_spelling, actual, (), ME)


# -- a folder that is two on the drive, whose names differ in spelling only

QUIET = dict.fromkeys(FLAGS, False)
OTHERS = copy_at(f"{RECASED}/other.mkv", "other")
DIVIDED = wants(HERE, OTHERS, folder=RECASED, version=1)
BOTH = SeenFiles(
    spellings={
        FILM.folder: frozenset({same_key(HERE.path)}),
        RECASED: frozenset({same_key(OTHERS.path)}),
    }
)


def _seeing(desired: ItemState, actual: Snapshot, seen: SeenFiles, memory: ItemMemory | None = None) -> Plan:
    return plan(Situation(desired, actual, memory or ItemMemory(), ME, Policy(), NOW, seen=seen))


def test_who_has_a_divided_folder_is_told_to_move_the_files_into_the_meshs_spelling() -> None:
    told = _seeing(DIVIDED, shows(HERE, monitored=QUIET), BOTH)
    assert (told.stuck, told.actions, told.into) == (True, (), RECASED)
    assert told.why == MOVE_SPELLED.format("capitals", FILM.folder, RECASED)
    assert told.recheck_at > NOW
    there = _seeing(DIVIDED, shows(OTHERS, monitored=QUIET, folder=RECASED), BOTH)
    assert (there.stuck, there.actions, there.into) == (True, (), "")
    assert there.why == OTHERS_MOVE_SPELLED.format("capitals", RECASED, FILM.folder)


def test_that_a_divided_folder_differs_in_its_unicode_form_is_said() -> None:
    """On a screen both names look the same."""
    composed, decomposed = "Am\u00e9lie", "Ame\u0301lie"
    one, other = copy_at(f"{composed}/a.mkv"), copy_at(f"{decomposed}/b.mkv", "other")
    seen = SeenFiles(
        spellings={each.path.split("/")[0]: frozenset({same_key(each.path)}) for each in (one, other)}
    )
    desired = wants(one, other, folder=decomposed, version=1)
    told = _seeing(desired, shows(one, monitored=QUIET, folder=composed), seen)
    assert told.why == MOVE_SPELLED.format("the Unicode form of letters", composed, decomposed)


def test_what_comes_into_the_apps_part_of_a_divided_folder_is_found_by_a_scan_of_it() -> None:
    new = copy_at(f"{RECASED}/third.mkv", "third")
    desired = wants(HERE, OTHERS, new, folder=RECASED, version=1)
    seen = SeenFiles(
        spellings={
            FILM.folder: frozenset({same_key(HERE.path)}),
            RECASED: frozenset({same_key(OTHERS.path), same_key(new.path)}),
        }
    )
    made = _seeing(desired, shows(OTHERS, monitored=QUIET | {"third": False}, folder=RECASED), seen)
    assert [each.needs for each in made.actions if isinstance(each, Rescan)] == [(new,)]


def test_an_app_with_neither_spelling_of_a_divided_folder_takes_the_meshs_once() -> None:
    actual = shows(monitored=QUIET, folder=FILM.folder.lower())
    made = _seeing(DIVIDED, actual, BOTH)
    [move] = [each for each in made.actions if isinstance(each, Move)]
    assert (move.folder, move.needs) == (RECASED, ())
    kept = _seeing(DIVIDED, actual, BOTH, ItemMemory(folder_change=folder_change(DIVIDED, RECASED)))
    assert [each for each in kept.actions if isinstance(each, Move)] == []


@pytest.mark.parametrize("listed", [(), (copy_at(f"{RECASED}/Dune.mkv", size=7),)], ids=["absent", "former"])
def test_an_app_takes_the_one_spelling_in_which_all_living_files_are(listed: tuple[Copy, ...]) -> None:
    """A peer imported into the former spelling what replaces the file in the new one."""
    desired, actual = wants(HERE, folder=RECASED, version=1), shows(*listed, folder=RECASED)
    only = SeenFiles(spellings={FILM.folder: frozenset({same_key(HERE.path)})})
    [move] = [each for each in _seeing(desired, actual, only).actions if isinstance(each, Move)]
    assert (move.folder, move.needs) == (FILM.folder, (HERE,))
    memory = ItemMemory(folder_change=folder_change(desired, FILM.folder))
    kept = _seeing(desired, actual, only, memory)
    assert [type(each) for each in kept.actions] == [Rescan]


def test_a_drive_that_does_not_tell_spellings_apart_has_the_app_scan_the_folder_it_has() -> None:
    desired = wants(HERE, folder=RECASED, version=1)
    made = planned(desired, shows(folder=RECASED))
    assert [type(each) for each in made.actions] == [Rescan]


def test_living_copies_are_looked_for_in_every_spelling_of_the_folder() -> None:
    key = same_key(HERE.path)
    assert spelled_paths(DIVIDED, FILM.folder) == {
        FILM.folder: {key: HERE.path, same_key(OTHERS.path): f"{FILM.folder}/other.mkv"},
        RECASED: {key: THERE_RECASED.path, same_key(OTHERS.path): OTHERS.path},
    }
    assert spelled_paths(wants(HERE), FILM.folder) == {}
    assert spelled_paths(wants(HERE, OTHER, folder=NEW, version=1), FILM.folder) == {}


def test_a_row_goes_to_its_own_folder_from_one_that_is_another_items() -> None:
    """What it lists there was never a file of it in the mesh: the other item has it."""
    desired = wants(copy_at(f"{NEW}/Dune.mkv"), owner=ME, folder=NEW, version=1)
    shown = shows(copy_at("Dune (2021)/theirs.mkv"), mirrored=False)
    assert Move not in kinds(planned(desired, shown))
    made = plan(
        Situation(desired, shown, ItemMemory(), ME, Policy(), NOW, folder_taken=FolderTaken("Dune 2", BOB))
    )
    assert Move in kinds(made)
    assert made.asks == ""


def test_a_row_of_a_peer_with_a_file_that_is_not_published_yet_stays_in_another_items_folder() -> None:
    taken = FolderTaken("Dune 2", BOB)
    new = shows(copy_at("Dune (2021)/new.mkv"))
    made = plan(Situation(wants(), new, ItemMemory(), ME, Policy(), NOW, folder_taken=taken))
    assert made.actions == ()
    assert "to be published first" in made.why
    assert made.recheck_at > NOW
    theirs = msgspec.structs.replace(taken, files=frozenset(new.files))
    assert kinds(plan(Situation(wants(), new, ItemMemory(), ME, Policy(), NOW, folder_taken=theirs))) == [
        Remove
    ]
