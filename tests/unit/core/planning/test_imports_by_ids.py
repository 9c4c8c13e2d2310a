"""Which files an app is asked to register by ids, in what order with scans and moves, and how often."""

from typing import Any

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import ImportFiles, Move, Rescan
from mesharr.core.planning.files import MOST_SETTLED, NOT_DECIDED
from mesharr.core.planning.memory import MOST_SCANS, ItemMemory, after_scan_request, before_import
from tests.unit.core.planning.test_plan import (
    BOB,
    ME,
    NOW,
    PATH,
    as_it_should_be,
    copy_at,
    kinds,
    planned,
    shows,
    wants,
)

HOUR_MS = 3_600_000
OLD = "Dune (2021)/old.mkv"


def by_ids(*copies: Any, **members: Any) -> Snapshot:
    """What an app lists that registers files by ids."""
    return msgspec.structs.replace(shows(*copies, **members), imports_files=True)


def test_a_file_is_imported_by_ids_before_it_is_scanned() -> None:
    made = planned(wants(copy_at()), by_ids())
    [action] = made.actions
    assert isinstance(action, ImportFiles)
    assert (action.ref, action.copies, action.gone) == (7, (copy_at(),), ())
    memory = before_import(made.memory, action.goal, NOW)
    assert kinds(planned(wants(copy_at()), by_ids(), memory)) == [Rescan]


def test_an_import_counts_as_one_of_the_two_scans() -> None:
    made = planned(wants(copy_at()), by_ids())
    memory = before_import(made.memory, made.memory.scan_goal, NOW)
    memory = msgspec.structs.replace(after_scan_request(memory, 0, NOW), scan_ended_at=NOW)
    made = planned(wants(copy_at()), by_ids(), memory)
    assert made.stuck
    assert "Manual Import" in made.why


def test_a_file_outside_the_items_folder_as_the_app_spells_it_is_never_imported_by_ids() -> None:
    for path in ("Other (2021)/a.mkv", "dune (2021)/a.mkv", "Dune (2021) b/a.mkv"):
        made = planned(wants(copy_at(path)), by_ids(copy_at(OLD, "S01E01")))
        assert ImportFiles not in kinds(made), path


def test_a_file_read_as_another_episode_is_corrected_unless_another_for_its_episode_is_listed() -> None:
    """It would take the place of that one, which the next scan of the app takes again."""
    one, other = copy_at("Dune (2021)/1.mkv", "S02E01"), copy_at("Dune (2021)/2.mkv", "S02E01")
    read = copy_at(one.path, "S01E01")
    flags = {"S01E01": False, "S02E01": False}
    [action] = planned(wants(one), by_ids(read, monitored=flags)).actions
    assert isinstance(action, ImportFiles)
    assert action.copies == (one,)
    assert as_it_should_be(planned(wants(one, other), by_ids(read, other, monitored=flags)))
    # of two episodes one is not listed right
    both, half = copy_at(one.path, "S01E01", "S02E01"), copy_at(one.path, "S01E01")
    [action] = planned(wants(both, other), by_ids(half, monitored=flags)).actions
    assert isinstance(action, ImportFiles)


def test_of_two_files_for_one_unit_the_owners_is_imported() -> None:
    mine, theirs = copy_at("Dune (2021)/mine.mkv"), copy_at("Dune (2021)/theirs.mkv")
    wanted = wants(mine, theirs)
    key = same_key(mine.path)
    ours = msgspec.structs.replace(wanted.copies[key], node=ME)
    wanted = msgspec.structs.replace(wanted, copies={**wanted.copies, key: ours})
    [action] = planned(wanted, by_ids(monitored=False)).actions
    assert isinstance(action, ImportFiles)
    assert action.copies == (theirs,)
    assert wanted.owner_of("movie") == BOB


def test_a_peers_file_that_is_listed_as_another_unit_is_corrected_once_and_then_reported() -> None:
    wrong = msgspec.structs.replace(copy_at(), units=("extra",))
    made = planned(wants(copy_at()), by_ids(wrong))
    [action] = made.actions
    assert isinstance(action, ImportFiles)
    made = planned(wants(copy_at()), by_ids(wrong), before_import(made.memory, action.goal, NOW))
    assert not made.actions
    assert made.stuck
    assert PATH in made.why


def test_a_file_read_as_another_episode_is_corrected_though_another_file_does_not_come() -> None:
    """That one may be gone from the drive, and its household not here to say so."""
    misread, awaited = copy_at("Dune (2021)/1.mkv", "S02E01"), copy_at("Dune (2021)/2.mkv", "S02E02")
    wanted = wants(misread, awaited)
    listed = by_ids(
        copy_at(misread.path, "S01E01"), monitored=dict.fromkeys(("S01E01", "S02E01", "S02E02"), False)
    )
    made = planned(wanted, listed)
    [action] = made.actions
    assert isinstance(action, ImportFiles)
    assert action.copies == (misread, awaited)
    # what the app keeps nevertheless is not asked for again, and the other file is scanned for
    [action] = planned(wanted, listed, before_import(made.memory, action.goal, NOW)).actions
    assert isinstance(action, Rescan)
    assert action.needs == (awaited,)


def test_a_file_read_as_another_episode_is_corrected_beside_one_that_keeps_its_size_in_the_app() -> None:
    misread, resized = copy_at("Dune (2021)/1.mkv", "S02E01"), copy_at("Dune (2021)/2.mkv", "S02E02")
    wanted = wants(misread, resized)
    read = copy_at(misread.path, "S01E01"), copy_at(resized.path, "S02E02", size=resized.size + 1)
    listed = by_ids(*read, monitored=dict.fromkeys(("S01E01", "S02E01", "S02E02"), False))
    made = planned(wanted, listed)
    assert kinds(made) == [Rescan]
    memory = msgspec.structs.replace(after_scan_request(made.memory, 0, NOW), scan_ended_at=NOW)
    made = planned(wanted, listed, memory)
    [action] = made.actions
    assert isinstance(action, ImportFiles)
    assert action.copies == (misread,)
    # neither is asked for again
    assert kinds(planned(wanted, listed, before_import(made.memory, action.goal, NOW))) == []


def test_a_peers_file_that_this_household_renamed_is_corrected_too() -> None:
    wanted = wants(copy_at())
    [(key, living)] = wanted.copies.items()
    renamed = msgspec.structs.replace(living, node=ME, origin=BOB)
    wanted = msgspec.structs.replace(wanted, copies={key: renamed})
    wrong = by_ids(copy_at(PATH, "extra"))
    assert kinds(planned(wanted, wrong)) == [ImportFiles]
    own = msgspec.structs.replace(wanted, copies={key: msgspec.structs.replace(living, node=ME)})
    assert kinds(planned(own, wrong)) == []


def test_an_app_that_takes_other_files_at_each_scan_is_asked_a_few_times_only() -> None:
    one, two = copy_at("Dune (2021)/1.mkv"), copy_at("Dune (2021)/2.mkv")
    ended = {same_key(OLD): OLD}
    asked, memory, now = 0, ItemMemory(), NOW
    for turn in range(200):
        shown = (by_ids(copy_at(OLD, "x")), by_ids(copy_at(OLD, "x", size=2)), by_ids())[turn % 3]
        missing = (one, two)[turn % 2]
        wanted = wants(one, two, ended=ended)
        listed = msgspec.structs.replace(shown, files={same_key(missing.path): missing, **shown.files})
        listed = msgspec.structs.replace(listed, multi_file_units=True)
        made = planned(wanted, listed, memory, now=now)
        memory = made.memory
        for action in made.actions:
            if isinstance(action, ImportFiles):
                memory, asked = before_import(memory, action.goal, now), asked + 1
            elif isinstance(action, Rescan):
                memory, asked = after_scan_request(memory, 0, now), asked + 1
        now += 60_000
    assert 0 < asked <= MOST_SCANS


def test_an_app_that_takes_an_unknown_set_again_and_again_is_left_with_it_and_the_user_is_told() -> None:
    known, unknown = copy_at("Dune (2021)/known.flac"), copy_at("Dune (2021)/unknown.flac")
    wanted, asked, memory, now = wants(known), 0, ItemMemory(), NOW
    for _night in range(30):
        for listed in (unknown, known):  # by its nightly scan, and after what mesharr asks for
            shown = msgspec.structs.replace(by_ids(listed), multi_file_units=True)
            made = planned(wanted, shown, memory, now=now)
            memory = made.memory
            for action in made.actions:
                if isinstance(action, ImportFiles):
                    memory, asked = before_import(memory, action.goal, now), asked + 1
        now += 24 * HOUR_MS
    assert asked == MOST_SETTLED
    shown = msgspec.structs.replace(by_ids(unknown), multi_file_units=True)
    made = planned(wanted, shown, memory, now=now)
    assert (made.actions, made.stuck, made.why) == ((), True, NOT_DECIDED)
    better = wants(copy_at("Dune (2021)/better.flac"))
    assert ImportFiles in kinds(planned(better, shown, made.memory, now=now))  # the mesh's files are others


def test_of_two_sets_that_live_in_turn_neither_is_brought_back_more_than_twice() -> None:
    """What the app is left with is published, here or by a peer, and then it takes the first set again."""
    first, second = copy_at("Dune (2021)/first.flac"), copy_at("Dune (2021)/second.flac")
    asked: dict[str, int] = {}
    memory, now = ItemMemory(), NOW
    for turn in range(12):
        living, other = (first, second) if turn % 2 == 0 else (second, first)
        wanted = wants(living, ended={same_key(other.path): other.path})
        for listed in (other, living) * MOST_SETTLED:
            shown = msgspec.structs.replace(by_ids(listed), multi_file_units=True)
            made = planned(wanted, shown, memory, now=now)
            memory = made.memory
            for action in made.actions:
                if isinstance(action, ImportFiles):
                    memory = before_import(memory, action.goal, now)
                    asked[living.path] = asked.get(living.path, 0) + 1
            now += 12 * HOUR_MS
    assert asked == {first.path: MOST_SETTLED, second.path: MOST_SETTLED}


def test_files_that_peers_exchange_again_and_again_are_followed_each_time() -> None:
    first, second = copy_at("Dune (2021)/first.flac"), copy_at("Dune (2021)/second.flac")
    memory, now = ItemMemory(), NOW
    for turn in range(12):
        living, other = (first, second) if turn % 2 == 0 else (second, first)
        wanted = wants(living, ended={same_key(other.path): other.path})
        made = planned(wanted, by_ids(other), memory, now=now)
        [action] = made.actions
        assert isinstance(action, ImportFiles)
        memory = planned(wanted, by_ids(living), before_import(made.memory, action.goal, now), now=now).memory
        now += 24 * HOUR_MS


def test_an_item_whose_listed_files_are_all_gone_gets_its_new_folder_before_anything_else() -> None:
    new = copy_at("Dune Part One (2021)/Dune.mkv")
    wanted = wants(new, ended={same_key(OLD): OLD}, folder="Dune Part One (2021)")
    for snapshot in (by_ids(copy_at(OLD)), shows(copy_at(OLD))):
        [action] = planned(wanted, snapshot).actions
        assert isinstance(action, Move)
        assert action.folder == "Dune Part One (2021)"


def test_a_living_file_in_the_old_folder_keeps_the_item_there() -> None:
    new = copy_at("Dune Part One (2021)/Dune.mkv", "other")
    wanted = wants(copy_at(), new, folder="Dune Part One (2021)")
    assert Move not in kinds(planned(wanted, by_ids(copy_at())))


def test_what_is_as_it_should_be_is_imported_again_when_it_is_lost_later() -> None:
    made = planned(wants(copy_at()), by_ids())
    settled = planned(wants(copy_at()), by_ids(copy_at()), before_import(made.memory, "x", NOW))
    assert as_it_should_be(settled)
    assert kinds(planned(wants(copy_at()), by_ids(), settled.memory)) == [ImportFiles]


def test_an_item_that_was_moved_in_the_mesh_waits_an_hour_for_its_files() -> None:
    wanted = wants(copy_at(), folder="Dune Part One (2021)", version=1)
    first = planned(wanted, by_ids(copy_at()))
    assert first.why == "moved to Dune Part One (2021): its files are to follow"
    later = planned(wanted, by_ids(copy_at()), first.memory, now=NOW + 59 * 60_000)
    assert later.why == first.why
    last = planned(wanted, by_ids(copy_at()), later.memory, now=NOW + 61 * 60_000)
    assert as_it_should_be(last)
