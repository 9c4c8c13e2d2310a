"""What is done to an arr: each row of the table of what the registry wants and what the arr shows."""

from typing import Any

import msgspec
import pytest

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import NOT_LISTED
from mesharr.core.events.schema import Copy, Item
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import (
    Add,
    CheckScans,
    Claim,
    ImportFiles,
    Move,
    Plan,
    Policy,
    Remove,
    Rescan,
    SetMonitored,
)
from mesharr.core.planning.context import Situation
from mesharr.core.planning.files import ADD_SCAN_MS
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.placement import folder_change
from mesharr.core.planning.plan import plan
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.ownership import Owner

ME = "alice-00000001"
BOB = "bob-00000002"
CAROL = "carol-00000003"
NOW = 1_764_000_000_000
TEN = 600_000
FILM = Item(id="tmdb:1", kind="movie", title="Dune", year=2021, folder="Dune (2021)")
PATH = "Dune (2021)/Dune.mkv"


def copy_at(path: str = PATH, *units: str, size: int = 100) -> Copy:
    return Copy(path=path, size=size, units=units or ("movie",))


def wants(*copies: Copy, owner: str = BOB, **members: Any) -> ItemState:
    """Return a registry that holds these copies, all of them brought and owned by one node ("": nobody)."""
    stamp = ("2026-11-22T12:00:00.000Z-0000", owner or BOB, "00000001", 1)
    units = {unit for copy in copies for unit in copy.units}
    state = ItemState(
        library="movies",
        id="tmdb:1",
        item=FILM,
        folder=FILM.folder,
        copies={same_key(copy.path): LivingCopy(copy, owner or BOB, stamp) for copy in copies},
        owners={unit: Owner(owner, 1, False, stamp) for unit in units} if owner else {},
        adders=(BOB,),
        contributors=frozenset({owner} - {""}),
        origin=owner or BOB,
    )
    return msgspec.structs.replace(state, **members)


def shows(
    *copies: Copy, monitored: bool | dict[str, bool] = False, folder: str = FILM.folder, mirrored: bool = True
) -> Snapshot:
    """Return what an arr shows."""
    flags = monitored if isinstance(monitored, dict) else {"movie": monitored}
    return Snapshot(
        ref=7,
        item=msgspec.structs.replace(FILM, folder=folder),
        tags=("mesharr-bob",) if mirrored else (),
        monitored=flags,
        files={same_key(copy.path): copy for copy in copies},
    )


def planned(
    desired: ItemState,
    actual: Snapshot | None,
    memory: ItemMemory | None = None,
    now: int = NOW,
    **policy: Any,
) -> Plan:
    return plan(Situation(desired, actual, memory or ItemMemory(), ME, Policy(**policy), now))


def kinds(made: Plan) -> list[type]:
    return [type(action) for action in made.actions]


def as_it_should_be(made: Plan) -> bool:
    return not made.actions and not made.why and not made.recheck_at


def gone(by: str = BOB, **members: Any) -> ItemState:
    return wants(
        adders=(), removed_by=by, contributors=members.pop("contributors", frozenset({BOB})), **members
    )


QUIET = ItemMemory(
    added_at=NOW - 9 * TEN,
    scan_ended_at=NOW - 8 * TEN,
    set_unmonitored_at={"movie": NOW - 9 * TEN},
    confirmed_unmonitored=("movie",),
)
"""What is remembered of a mirrored film that was verified to stay unmonitored."""


# -- an item that is absent


def test_an_item_a_peer_has_is_added_with_its_copies_and_its_origin() -> None:
    made = planned(wants(copy_at()), None)
    assert made.actions == (Add(FILM, BOB, (copy_at(),), "bob has it"),)


def test_a_reason_names_a_node_as_people_read_it_where_two_have_its_name() -> None:
    names = {BOB: BOB, "bob-00000003": "bob-00000003"}
    added = Situation(wants(copy_at()), None, ItemMemory(), ME, Policy(), NOW, names=names)
    removed = Situation(gone(), shows(), QUIET, ME, Policy(), NOW, names=names)
    whys = {action.why for situation in (added, removed) for action in plan(situation).actions}
    assert whys == {f"{BOB} has it", f"removed by {BOB}"}


def test_a_desired_item_without_a_copy_is_added_too() -> None:
    made = planned(wants(), None)
    assert made.actions == (Add(FILM, BOB, (), "bob has it"),)


def test_an_item_is_added_at_the_folder_the_registry_holds() -> None:
    (action,) = planned(wants(folder="Elsewhere"), None).actions
    assert isinstance(action, Add)
    assert action.item.folder == "Elsewhere"


def test_an_add_forgets_what_was_done_to_an_earlier_self_of_the_item() -> None:
    memory = msgspec.structs.replace(QUIET, scans_requested=2, scan_command=5, must_monitor=("movie",))
    assert planned(wants(copy_at()), None, memory).memory == ItemMemory(must_monitor=("movie",))


def test_an_add_remembers_the_other_item_of_its_folder() -> None:
    """Once it is listed its files may be those of the other one, which only then end there."""
    met = ItemMemory(shares_folder_with="tmdb:2")
    assert planned(wants(copy_at()), None, met).memory == met


def test_an_item_left_by_me_is_not_added_again() -> None:
    assert as_it_should_be(planned(wants(copy_at(), left_by=frozenset({ME})), None))
    assert kinds(planned(wants(copy_at(), left_by=frozenset({CAROL})), None)) == [Add]


def test_following_only_mine_adds_nothing() -> None:
    assert as_it_should_be(planned(wants(copy_at()), None, follow="mine"))


def test_following_only_mine_keeps_what_is_here_in_step() -> None:
    made = planned(wants(copy_at()), shows(monitored=True), follow="mine")
    assert kinds(made) == [SetMonitored, Rescan]


@pytest.mark.parametrize("members", [{"contributors": frozenset({ME})}, {"adders": (ME, BOB)}])
def test_an_item_of_mine_that_was_missing_waits_for_the_user(members: dict[str, Any]) -> None:
    made = planned(wants(copy_at(), **members), None)
    assert (made.actions, made.why, made.stuck) == ((), NOT_LISTED, True)


def test_a_mirrored_item_that_was_missing_waits_for_the_user_too() -> None:
    made = plan(Situation(wants(copy_at()), None, QUIET, ME, Policy(), NOW, was_listed=True))
    assert (made.actions, made.why, made.stuck) == ((), NOT_LISTED, True)


def test_what_the_user_wants_back_is_added_as_what_it_was() -> None:
    asked = ItemMemory(restore_requested=True)
    made = plan(Situation(wants(copy_at()), None, asked, ME, Policy(follow="mine"), NOW, was_listed=True))
    assert made.actions == (Add(FILM, BOB, (copy_at(),), "the user wants it back", requested=True),)
    made = plan(Situation(wants(copy_at(), owner=ME), None, asked, ME, Policy(), NOW, was_listed=True))
    assert made.actions == (Add(FILM, "", (copy_at(),), "the user wants it back", requested=True),)
    assert made.memory == ItemMemory(must_monitor=("movie",), restore_requested=True)
    there = plan(
        Situation(
            wants(copy_at(), owner=ME), shows(copy_at()), made.memory, ME, Policy(), NOW, was_listed=True
        )
    )
    assert there.actions == (SetMonitored(7, ("movie",), True, "imported here"),)
    assert not there.memory.restore_requested


def test_an_item_mesharr_added_and_somebody_removed_is_added_again() -> None:
    assert kinds(planned(wants(copy_at()), None, ItemMemory(added_at=NOW - TEN))) == [Add]


def test_an_item_nobody_described_is_not_added() -> None:
    assert as_it_should_be(planned(wants(copy_at(), item=None), None))


def test_an_item_nobody_ever_spoke_of_is_left_as_it_is() -> None:
    nothing = ItemState(library="movies", id="tmdb:1")
    assert as_it_should_be(planned(nothing, None))
    assert as_it_should_be(planned(nothing, shows(copy_at(), monitored=True)))


# -- an item that is gone


@pytest.mark.parametrize(
    ("policy", "actions"), [("remove", [Remove]), ("unmonitor", [SetMonitored]), ("keep", [])]
)
def test_a_mirrored_item_that_was_removed_follows_the_policy(policy: str, actions: list[type]) -> None:
    made = planned(gone(), shows(monitored=True), on_remove=policy)
    assert kinds(made) == actions
    assert all(action.why == "removed by bob" for action in made.actions)


def test_a_removed_item_that_is_unmonitored_already_is_as_it_should_be() -> None:
    assert as_it_should_be(planned(gone(), shows(monitored=False), on_remove="unmonitor"))


def test_a_removed_item_that_is_absent_is_as_it_should_be() -> None:
    assert as_it_should_be(planned(gone(), None))


OWN = (
    (gone(), shows(monitored=True, mirrored=False)),
    (gone(contributors=frozenset({BOB, ME})), shows(monitored=True)),
)
"""What a peer removed and this household has too: without a tag, or with a file of its own before."""


@pytest.mark.parametrize(("desired", "actual"), OWN)
@pytest.mark.parametrize(
    ("policy", "flags", "asks"),
    [("remove", [False], True), ("unmonitor", [False], False), ("keep", [], False)],
)
def test_a_removed_item_that_is_this_households_too_is_kept_and_unmonitored(
    desired: ItemState, actual: Snapshot, policy: str, flags: list[bool], asks: bool
) -> None:
    made = planned(desired, actual, on_remove=policy)
    assert [action.monitored for action in made.actions if isinstance(action, SetMonitored)] == flags
    assert len(made.actions) == len(flags)
    assert bool(made.asks) is asks


def test_what_the_user_monitors_again_after_a_removal_is_left_as_it_is() -> None:
    memory = ItemMemory(removal_unmonitored=("movie",), removal_followed=True)
    made = planned(gone(), shows(monitored=True, mirrored=False), memory)
    assert as_it_should_be(made)
    assert made.asks == ""


def test_what_a_peer_moved_to_another_library_is_no_removal_to_follow() -> None:
    moved = planned(gone(moved_to="films-4k"), shows(monitored=True, mirrored=False))
    assert as_it_should_be(moved)


def test_an_item_that_all_have_left_without_a_removal_is_kept() -> None:
    assert as_it_should_be(planned(gone(by=""), shows(monitored=True)))


def test_an_item_that_lives_is_never_removed_whatever_was_said_before() -> None:
    made = planned(wants(copy_at(), adders=(), removed_by=BOB), shows(copy_at()))
    assert Remove not in kinds(made)


# -- monitoring


def test_a_unit_a_peer_owns_is_unmonitored() -> None:
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True))
    assert made.actions == (SetMonitored(7, ("movie",), False, "bob has the file"),)


@pytest.mark.parametrize("owner", [ME, ""])
def test_a_unit_of_mine_or_of_nobody_is_the_users_business(owner: str) -> None:
    for flag in (True, False):
        assert as_it_should_be(planned(wants(copy_at(), owner=owner), shows(copy_at(), monitored=flag)))


def test_a_unit_whose_copy_is_gone_is_nobodys_and_stays_as_it_is() -> None:
    state = wants(copy_at())
    made = planned(msgspec.structs.replace(state, copies={}), shows(monitored=True))
    assert as_it_should_be(made)


def test_only_the_units_of_peers_are_unmonitored_in_a_series() -> None:
    one, two = copy_at("Dune (2021)/1.mkv", "1:1"), copy_at("Dune (2021)/2.mkv", "1:2")
    state = wants(one, two)
    state = msgspec.structs.replace(state, owners={"1:1": state.owners["1:1"]})
    flags = {"1:1": True, "1:2": True, "1:3": True}
    assert planned(state, shows(one, two, monitored=flags)).actions == (
        SetMonitored(7, ("1:1",), False, "bob has the file"),
    )


def test_flags_are_set_before_a_scan_is_asked_for() -> None:
    assert kinds(planned(wants(copy_at()), shows(monitored=True))) == [SetMonitored, Rescan]


def unmonitored(at: int, **members: Any) -> ItemMemory:
    return ItemMemory(set_unmonitored_at={"movie": at}, **members)


def test_an_unmonitored_unit_is_verified_ten_minutes_later() -> None:
    made = planned(wants(copy_at()), shows(copy_at()), unmonitored(NOW))
    assert not made.actions
    assert made.recheck_at == NOW + TEN
    assert "stays unmonitored" in made.why


def test_the_ten_minutes_begin_when_the_last_scan_ended() -> None:
    made = planned(wants(copy_at()), shows(copy_at()), unmonitored(NOW - TEN, scan_ended_at=NOW - 1000))
    assert made.recheck_at == NOW - 1000 + TEN


def test_a_unit_is_confirmed_only_after_the_arr_was_asked_for_its_scans() -> None:
    memory = unmonitored(NOW - TEN)
    made = planned(wants(copy_at()), shows(copy_at()), memory)
    assert kinds(made) == [CheckScans]
    assert made.memory.confirmed_unmonitored == ()
    asked = msgspec.structs.replace(memory, scans_checked_at=NOW)
    made = planned(wants(copy_at()), shows(copy_at()), asked)
    assert as_it_should_be(made)
    assert made.memory.confirmed_unmonitored == ("movie",)


def test_an_answer_from_before_the_ten_minutes_were_over_does_not_count() -> None:
    memory = unmonitored(NOW - TEN, scans_checked_at=NOW - 1)
    assert kinds(planned(wants(copy_at()), shows(copy_at()), memory)) == [CheckScans]


def test_a_stale_row_written_back_before_it_was_confirmed_is_unmonitored_again_and_never_claimed() -> None:
    for late in (0, TEN, 100 * TEN):
        memory = unmonitored(NOW - late, scans_checked_at=NOW, scan_ended_at=NOW - late)
        made = planned(wants(copy_at()), shows(copy_at(), monitored=True), memory)
        assert kinds(made) == [SetMonitored]
        assert made.memory.user_flag_suspects == {}


def test_a_confirmed_unit_that_is_monitored_again_is_checked_twice() -> None:
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True), QUIET)
    assert not made.actions
    assert made.recheck_at == NOW + TEN
    assert made.memory.user_flag_suspects == {"movie": NOW}


def suspect(**members: Any) -> ItemMemory:
    memory = msgspec.structs.replace(QUIET, user_flag_suspects={"movie": NOW - TEN})
    return msgspec.structs.replace(memory, **members)


def test_the_second_look_asks_for_scans_first() -> None:
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True), suspect())
    assert kinds(made) == [CheckScans]


def test_monitored_in_two_checks_with_no_scan_between_is_claimed() -> None:
    memory = suspect(scans_checked_at=NOW)
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True), memory)
    assert made.actions == (Claim(("movie",), "monitored here by the user"),)


@pytest.mark.parametrize("ended", [NOW - TEN, NOW - 1000, NOW])
def test_a_scan_between_the_two_checks_starts_them_again(ended: int) -> None:
    memory = suspect(scans_checked_at=NOW, scan_ended_at=ended)
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True), memory)
    assert not made.actions
    assert made.memory.user_flag_suspects == {"movie": NOW}
    assert made.recheck_at == NOW + TEN


def test_a_unit_that_is_unmonitored_again_is_suspect_no_more() -> None:
    made = planned(wants(copy_at()), shows(copy_at()), suspect(scans_checked_at=NOW))
    assert as_it_should_be(made)
    assert made.memory.user_flag_suspects == {}


def test_the_policy_revert_unmonitors_instead_of_claiming() -> None:
    memory = suspect(scans_checked_at=NOW)
    made = planned(wants(copy_at()), shows(copy_at(), monitored=True), memory, on_remonitor="revert")
    assert kinds(made) == [SetMonitored]
    assert not made.actions[0].monitored  # type: ignore[union-attr]


def test_the_times_of_the_policy_are_what_counts() -> None:
    made = planned(wants(copy_at()), shows(copy_at()), unmonitored(NOW), quiet_after=5_000)
    assert made.recheck_at == NOW + 5_000


def test_what_was_done_to_a_unit_is_forgotten_when_its_peer_owns_it_no_more() -> None:
    made = planned(wants(copy_at(), owner=ME), shows(copy_at(), monitored=True), suspect())
    assert as_it_should_be(made)
    assert (
        made.memory.set_unmonitored_at,
        made.memory.confirmed_unmonitored,
        made.memory.user_flag_suspects,
    ) == ({}, (), {})


def test_a_unit_somebody_else_claims_from_its_owner_stays_unmonitored() -> None:
    made = planned(wants(copy_at(), owner=CAROL), shows(copy_at()), QUIET)
    assert as_it_should_be(made)
    assert made.memory.confirmed_unmonitored == ("movie",)


# -- what was imported here


def test_a_unit_just_imported_here_is_monitored() -> None:
    made = planned(wants(copy_at(), owner=ME), shows(copy_at()), ItemMemory(must_monitor=("movie",)))
    assert made.actions == (SetMonitored(7, ("movie",), True, "imported here"),)


def test_once_it_is_monitored_the_user_may_change_it() -> None:
    made = planned(
        wants(copy_at(), owner=ME), shows(copy_at(), monitored=True), ItemMemory(must_monitor=("movie",))
    )
    assert as_it_should_be(made)
    assert made.memory.must_monitor == ()


def test_the_policy_leave_leaves_what_was_imported() -> None:
    memory = ItemMemory(must_monitor=("movie",))
    made = planned(wants(copy_at(), owner=ME), shows(copy_at()), memory, on_import="leave")
    assert as_it_should_be(made)
    assert made.memory.must_monitor == ()


def test_an_import_that_lost_its_unit_to_a_peer_is_not_monitored() -> None:
    made = planned(wants(copy_at()), shows(copy_at()), ItemMemory(must_monitor=("movie",)))
    assert SetMonitored not in kinds(made)
    assert made.memory.must_monitor == ()


def test_what_was_set_monitored_is_checked_for_scans_that_read_its_old_flag() -> None:
    mine, on = wants(copy_at(), owner=ME), shows(copy_at(), monitored=True)
    memory = ItemMemory(set_monitored_at={"movie": NOW}, scans_checked_at=NOW - 1)
    assert kinds(planned(mine, on, memory)) == [CheckScans]
    checked = msgspec.structs.replace(memory, scans_checked_at=NOW, scan_ended_at=NOW - 1)
    made = planned(mine, on, checked)
    assert as_it_should_be(made)
    assert made.memory.set_monitored_at == {}, "nothing scanned it, so nothing can write the old flag back"


def test_an_old_flag_that_a_scan_wrote_back_over_what_was_set_monitored_is_set_again() -> None:
    memory = ItemMemory(
        set_monitored_at={"movie": NOW - TEN}, scans_checked_at=NOW - 1, scan_ended_at=NOW - 2
    )
    made = planned(wants(copy_at(), owner=ME), shows(copy_at()), memory)
    assert made.actions == (SetMonitored(7, ("movie",), True, "a scan wrote its old flag back"),)


def test_what_stayed_monitored_long_enough_after_a_scan_is_the_users_business() -> None:
    mine, on = wants(copy_at(), owner=ME), shows(copy_at(), monitored=True)
    ended = NOW - TEN
    fresh = ItemMemory(set_monitored_at={"movie": ended}, scans_checked_at=ended, scan_ended_at=ended + 1)
    made = planned(mine, on, fresh)
    assert (made.actions, made.recheck_at, made.memory.set_monitored_at) == ((), NOW + 1, {"movie": ended})
    over = ItemMemory(set_monitored_at={"movie": ended}, scans_checked_at=ended, scan_ended_at=ended)
    assert kinds(planned(mine, on, over)) == [CheckScans]
    made = planned(mine, shows(copy_at()), msgspec.structs.replace(made.memory, set_monitored_at={}))
    assert as_it_should_be(made), "unmonitored now, it stays so"
    made = planned(mine, on, msgspec.structs.replace(over, scans_checked_at=NOW))
    assert as_it_should_be(made)
    assert made.memory.set_monitored_at == {}


def test_what_was_set_monitored_and_is_a_peers_since_is_not_kept_up() -> None:
    memory = ItemMemory(set_monitored_at={"movie": NOW - TEN}, scans_checked_at=NOW, scan_ended_at=NOW)
    assert planned(wants(copy_at()), shows(copy_at()), memory).memory.set_monitored_at == {}


# -- files


def test_a_copy_the_arr_does_not_show_is_scanned_for_once_it_is_visible() -> None:
    made = planned(wants(copy_at()), shows())
    assert made.actions == (Rescan(7, (copy_at(),), (), "its file is on the drive"),)


def test_showing_any_living_copy_is_enough() -> None:
    other = copy_at("Dune (2021)/Dune 4K.mkv")
    assert as_it_should_be(planned(wants(copy_at(), other), shows(other)))


def test_a_copy_listed_in_another_spelling_is_listed() -> None:
    assert as_it_should_be(planned(wants(copy_at()), shows(copy_at("dune (2021)/DUNE.MKV"))))


def test_a_copy_that_satisfies_nothing_is_nothing_to_wait_for() -> None:
    extra = Copy(path="Dune (2021)/extra.mkv", size=1, units=())
    assert as_it_should_be(planned(wants(copy_at(), extra), shows(copy_at())))


def test_each_episode_needs_its_own_copy() -> None:
    one, two = copy_at("Dune (2021)/1.mkv", "1:1"), copy_at("Dune (2021)/2.mkv", "1:2")
    (action,) = planned(wants(one, two), shows(one, monitored={"1:1": False, "1:2": False})).actions
    assert isinstance(action, Rescan)
    assert action.needs == (two,)


def test_a_replaced_copy_the_arr_still_shows_is_scanned_away_with_the_new_one() -> None:
    old = "Dune (2021)/old.mkv"
    made = planned(wants(copy_at(), ended={same_key(old): old}), shows(copy_at(old)))
    assert made.actions == (Rescan(7, (copy_at(),), (old,), "its file is on the drive"),)


def test_a_removed_copy_the_arr_still_shows_is_scanned_away() -> None:
    made = planned(wants(ended={same_key(PATH): PATH}), shows(copy_at()))
    assert made.actions == (Rescan(7, (), (PATH,), "its file left the drive"),)


def test_an_ended_copy_beside_a_living_one_is_not_worth_a_scan() -> None:
    old = "Dune (2021)/old.mkv"
    assert as_it_should_be(
        planned(wants(copy_at(), ended={same_key(old): old}), shows(copy_at(), copy_at(old)))
    )


def test_a_file_here_that_the_mesh_does_not_have_is_left_alone() -> None:
    assert as_it_should_be(planned(wants(), shows(copy_at("Dune (2021)/private.mkv"))))


def test_a_file_of_mine_that_a_peer_renamed_is_followed_like_any() -> None:
    old = "Dune (2021)/old.mkv"
    made = planned(
        wants(copy_at(), owner=ME, ended={same_key(old): old}), shows(copy_at(old), monitored=True)
    )
    assert kinds(made) == [Rescan]


def test_while_the_arr_scans_it_is_not_asked_again() -> None:
    goal = planned(wants(copy_at()), shows()).memory.scan_goal
    made = planned(wants(copy_at()), shows(), ItemMemory(scan_goal=goal, scans_requested=1, scan_command=5))
    assert not made.actions
    assert made.why == "the app is scanning"
    assert made.recheck_at > NOW


def test_a_scan_that_did_not_find_it_is_repeated_once_and_then_the_user_is_notified() -> None:
    memory = ItemMemory()
    for scans in (0, 1):
        made = planned(wants(copy_at()), shows(), memory)
        assert kinds(made) == [Rescan]
        memory = msgspec.structs.replace(made.memory, scans_requested=scans + 1, scan_ended_at=NOW)
    made = planned(wants(copy_at()), shows(), memory)
    assert not made.actions
    assert made.stuck
    assert "Manual Import" in made.why


def test_a_day_later_it_is_scanned_once_more_because_arrs_put_their_tables_in_order_at_night() -> None:
    goal = planned(wants(copy_at()), shows()).memory.scan_goal
    yesterday = ItemMemory(scans_requested=2, scan_goal=goal, scan_ended_at=NOW - 24 * 3_600_000)
    assert kinds(planned(wants(copy_at()), shows(), yesterday)) == [Rescan]


def test_another_copy_to_find_is_another_two_scans() -> None:
    stuck = msgspec.structs.replace(planned(wants(copy_at()), shows()).memory, scans_requested=2)
    for copy in (copy_at("Dune (2021)/new.mkv"), copy_at(size=101)):
        made = planned(wants(copy), shows(), stuck)
        assert kinds(made) == [Rescan]
        assert made.memory.scans_requested == 0


def test_a_file_that_was_found_settles_the_scans() -> None:
    memory = ItemMemory(scans_requested=2, scan_goal="x", scan_command=5, visible_since=NOW - 1)
    made = planned(wants(copy_at()), shows(copy_at()), memory)
    assert as_it_should_be(made)
    assert (made.memory.scans_requested, made.memory.scan_command, made.memory.visible_since) == (0, 0, 0)
    assert made.memory.scan_ended_at == NOW


def test_an_arr_gets_a_minute_for_the_scan_it_makes_after_an_add() -> None:
    made = planned(wants(copy_at()), shows(), ItemMemory(added_at=NOW - 1000))
    assert not made.actions
    assert "just added" in made.why
    assert NOW < made.recheck_at < NOW + ADD_SCAN_MS
    assert kinds(planned(wants(copy_at()), shows(), ItemMemory(added_at=NOW - ADD_SCAN_MS))) == [Rescan]


def test_after_a_scan_of_its_own_the_minute_is_over() -> None:
    memory = ItemMemory(added_at=NOW - 1000, scan_ended_at=NOW - 500)
    assert kinds(planned(wants(copy_at()), shows(), memory)) == [Rescan]


def test_the_end_of_the_scan_after_an_add_counts_for_the_confirmation() -> None:
    memory = unmonitored(NOW - 5_000, added_at=NOW - 5_000)
    made = planned(wants(copy_at()), shows(copy_at()), memory)
    assert made.memory.scan_ended_at == NOW
    assert made.recheck_at == NOW + TEN


def test_an_arr_that_has_to_be_asked_for_scans_is_not_asked_to_scan_meanwhile() -> None:
    one, two = copy_at("Dune (2021)/1.mkv", "1:1"), copy_at("Dune (2021)/2.mkv", "1:2")
    memory = ItemMemory(set_unmonitored_at={"1:1": NOW - TEN})
    made = planned(wants(one, two), shows(one, monitored={"1:1": False, "1:2": False}), memory)
    assert kinds(made) == [CheckScans]


# -- folders


def test_an_item_without_files_moves_to_the_folder_of_the_copies() -> None:
    made = planned(wants(copy_at()), shows(folder="Dune"))
    assert made.actions == (Move(7, FILM.folder, (copy_at(),), f"its files are in {FILM.folder}"),)


def test_an_item_with_a_file_is_not_moved() -> None:
    mine = copy_at("Dune/mine.mkv")
    made = planned(wants(copy_at()), shows(mine, folder="Dune"))
    assert kinds(made) == [Rescan]


def test_an_item_without_copies_is_not_moved() -> None:
    assert as_it_should_be(planned(wants(), shows(folder="Dune")))


@pytest.mark.parametrize(
    ("folder", "listed"),
    [(FILM.folder, "DUNE (2021)"), (FILM.folder, "dune (2021)"), ("Ame\u0301lie", "Am\u00e9lie")],
)
def test_a_folder_in_another_spelling_is_taken_once_as_the_copies_have_it(folder: str, listed: str) -> None:
    state = wants(copy_at(f"{folder}/a.mkv"), folder=folder)
    (move,) = planned(state, shows(folder=listed)).actions
    assert isinstance(move, Move)
    assert move.folder == folder
    kept = ItemMemory(folder_requested=folder, folder_change=folder_change(state, folder))
    assert kinds(planned(state, shows(folder=listed), kept)) == [Rescan]


def test_a_folder_in_another_spelling_is_taken_again_when_the_mesh_has_it_again() -> None:
    """The user gave it the app's former spelling meanwhile."""
    state = wants(copy_at(), folder=FILM.folder, version=2)
    asked = ItemMemory(folder_requested=FILM.folder, folder_change=folder_change(state, FILM.folder))
    again = msgspec.structs.replace(state, version=4)
    assert kinds(planned(again, shows(folder="DUNE (2021)"), asked)) == [Move]


def test_a_folder_that_a_refresh_writes_back_in_its_former_spelling_is_taken_again() -> None:
    state = wants(copy_at(), folder=FILM.folder, version=2)
    asked = ItemMemory(folder_requested=FILM.folder, folder_change=folder_change(state, FILM.folder))
    seen = planned(state, shows(copy_at()), asked).memory
    assert kinds(planned(state, shows(folder="DUNE (2021)"), seen)) == [Move]


def test_a_copy_that_the_app_lists_in_a_former_spelling_is_imported_then_scanned_then_left() -> None:
    former = {same_key(PATH): (PATH.upper(),)}
    state, listed = wants(copy_at(), former_spellings=former), shows(copy_at(PATH.upper()))
    first = planned(state, msgspec.structs.replace(listed, imports_files=True))
    (action,) = first.actions
    assert isinstance(action, ImportFiles)
    assert (action.copies, action.gone) == ((copy_at(),), (PATH.upper(),))
    (scan,) = planned(state, listed).actions
    assert isinstance(scan, Rescan)
    asked = msgspec.structs.replace(planned(state, listed).memory, scans_requested=2, scan_ended_at=NOW)
    assert as_it_should_be(planned(state, listed, asked))


def test_a_spelling_that_the_mesh_never_had_is_the_apps_own() -> None:
    assert as_it_should_be(planned(wants(copy_at()), shows(copy_at(PATH.upper()))))


def test_an_item_goes_where_its_copies_are_even_if_its_folder_was_changed_meanwhile() -> None:
    state = wants(copy_at(), folder="Elsewhere")
    (action,) = planned(state, shows(folder="Elsewhere")).actions
    assert isinstance(action, Move)
    assert action.folder == FILM.folder


def test_an_item_goes_where_all_its_copies_are_even_if_nobody_states_that_folder() -> None:
    state = wants(copy_at("Moved/a.mkv"), copy_at("Moved/b.mkv", "other"))
    (action,) = planned(state, shows(monitored={"movie": False, "other": False})).actions
    assert isinstance(action, Move)
    assert action.folder == "Moved"


def test_an_item_whose_copies_lie_in_several_unknown_folders_is_scanned_and_not_moved_for_ever() -> None:
    state = wants(copy_at("Nowhere/a.mkv"), copy_at("Elsewhere/b.mkv", "other"))
    assert kinds(planned(state, shows(monitored={"movie": False, "other": False}))) == [Rescan]


def test_a_households_own_item_whose_file_is_another_items_is_asked_about_and_not_scanned() -> None:
    lost = gone(contributors=frozenset({ME, BOB}), ended={same_key(PATH): PATH})
    shown = shows(copy_at(), mirrored=False)
    assert kinds(planned(lost, shown)) == [Rescan]
    handed_over = msgspec.structs.replace(lost, handed_over={same_key(PATH): ("", BOB, "", 1)})
    made = planned(handed_over, shown)
    assert (made.actions, made.why, made.recheck_at) == ((), "", 0)
    assert made.asks == f"another item is in its folder {FILM.folder} at the peers"
