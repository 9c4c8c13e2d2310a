"""What the user monitors becomes theirs; not back and forth, and not where apps number differently."""

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.events.schema import Copy
from mesharr.core.hlc import text_of
from mesharr.core.planning.actions import Claim, Rescan, SetMonitored
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from tests.unit.core.planning.test_plan import ME, NOW, QUIET, TEN, copy_at, kinds, planned, shows, wants

DAY = 86_400_000
ASKED = msgspec.structs.replace(QUIET, user_flag_suspects={"movie": NOW - TEN}, scans_checked_at=NOW)
"""A film that is confirmed unmonitored and was monitored again ten minutes ago, with no scan since."""


def fought(*days_ago: float, **members: object) -> ItemState:
    """Return a registry in which claims took the film from one to the other so long ago."""
    changes = tuple(text_of(NOW - int(days * DAY)) for days in days_ago)
    return msgspec.structs.replace(wants(copy_at()), owner_changes={"movie": changes}, **members)


MONITORED = shows(copy_at(), monitored=True)


# -- back and forth


def test_one_change_of_hands_is_no_quarrel() -> None:
    assert kinds(planned(fought(1), MONITORED, ASKED)) == [Claim]
    assert kinds(planned(fought(8, 1), MONITORED, ASKED)) == [Claim]
    assert kinds(planned(fought(1, -365), MONITORED, ASKED)) == [
        Claim
    ]  # one of a clock that was a year ahead


def test_a_film_that_claims_took_back_and_forth_within_a_week_is_unmonitored_and_the_user_is_notified() -> (
    None
):
    made = planned(fought(6, 1), MONITORED, ASKED)
    assert kinds(made) == [SetMonitored]
    assert made.memory.user_conflicts == {"movie": NOW}
    assert made.stuck
    assert made.why == (
        "claims took it back and forth within a week; to take it: mesharr claim movies tmdb:1 movie"
    )
    assert made.recheck_at == NOW + DAY


def test_it_is_reported_for_a_day() -> None:
    memory = msgspec.structs.replace(QUIET, user_conflicts={"movie": NOW})
    off = shows(copy_at(), monitored=False)
    assert planned(fought(6, 1), off, memory, now=NOW + DAY - 1).stuck
    made = planned(fought(6, 1), off, memory, now=NOW + DAY)
    assert (made.why, made.memory.user_conflicts) == ("", {})


def test_who_has_claimed_it_by_command_is_reported_no_more() -> None:
    memory = msgspec.structs.replace(QUIET, user_conflicts={"movie": NOW})
    mine = msgspec.structs.replace(wants(copy_at(), owner=ME), owner_changes=fought(6, 1).owner_changes)
    made = planned(mine, MONITORED, memory)
    assert (made.actions, made.why, made.memory.user_conflicts) == ((), "", {})


def test_only_the_episodes_that_were_fought_over_are_kept_from_a_claim() -> None:
    units = ("1:1", "1:2", "1:3")
    copies = tuple(copy_at(f"S/{unit[-1]}.mkv", unit) for unit in units)
    state = msgspec.structs.replace(
        wants(*copies), owner_changes={"1:2": (text_of(NOW - DAY), text_of(NOW - 1))}
    )
    memory = ItemMemory(
        set_unmonitored_at=dict.fromkeys(units, NOW - 9 * TEN),
        confirmed_unmonitored=units,
        user_flag_suspects=dict.fromkeys(units, NOW - TEN),
        scans_checked_at=NOW,
    )
    made = planned(state, shows(*copies, monitored=dict.fromkeys(units, True)), memory)
    assert made.actions == (
        Claim(("1:1", "1:3"), "monitored here by the user"),
        SetMonitored(7, ("1:2",), monitored=False, why="claimed back and forth"),
    )


def test_a_whole_series_that_is_monitored_again_is_one_claim() -> None:
    units = tuple(f"{season}:{number}" for season in range(1, 11) for number in range(1, 25))
    copies = tuple(copy_at(f"S/{unit.replace(':', '-')}.mkv", unit) for unit in units)
    memory = ItemMemory(
        set_unmonitored_at=dict.fromkeys(units, NOW - 9 * TEN),
        confirmed_unmonitored=units,
        user_flag_suspects=dict.fromkeys(units, NOW - TEN),
        scans_checked_at=NOW,
    )
    (action,) = planned(wants(*copies), shows(*copies, monitored=dict.fromkeys(units, True)), memory).actions
    assert isinstance(action, Claim)
    assert action.units == units


# -- two arrs that count otherwise


def counted(path: str, unit: str, number: int) -> Copy:
    return msgspec.structs.replace(copy_at(path, unit), checks={unit: number})


def showing(*copies: Copy, monitored: dict[str, bool], checks: dict[str, int]) -> Snapshot:
    return msgspec.structs.replace(shows(*copies, monitored=monitored), checks=checks)


BOTH = wants(counted("S/1.mkv", "1:1", 101), counted("S/2.mkv", "1:2", 102))
FLAGS = {"1:1": True, "1:2": True}


def test_an_episode_that_is_another_one_here_is_not_unmonitored_and_that_is_reported_once() -> None:
    other = showing(
        copy_at("S/1.mkv", "1:1"),
        copy_at("S/2.mkv", "1:2"),
        monitored=FLAGS,
        checks={"1:1": 101, "1:2": 999},
    )
    made = planned(BOTH, other)
    assert [action.units for action in made.actions if isinstance(action, SetMonitored)] == [("1:1",)]
    assert made.why == "1 episode is numbered differently here than at the peers: 1:2"
    assert made.recheck_at == NOW + DAY


def test_an_episode_that_is_another_one_here_is_never_claimed() -> None:
    memory = ItemMemory(
        set_unmonitored_at=dict.fromkeys(FLAGS, NOW - 9 * TEN),
        confirmed_unmonitored=tuple(FLAGS),
        user_flag_suspects=dict.fromkeys(FLAGS, NOW - TEN),
        scans_checked_at=NOW,
    )
    files = copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2")
    made = planned(BOTH, showing(*files, monitored=FLAGS, checks={"1:1": 101, "1:2": 999}), memory)
    assert [action.units for action in made.actions if isinstance(action, Claim)] == [("1:1",)]


def test_a_file_under_the_number_of_another_episode_does_not_count_as_its_copy() -> None:
    more = msgspec.structs.replace(counted("S/2 again.mkv", "1:2", 102), size=7)
    state = wants(counted("S/1.mkv", "1:1", 101), counted("S/2.mkv", "1:2", 102), more)
    here = copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2")
    unmonitored = dict.fromkeys(FLAGS, False)
    alike = planned(state, showing(*here, monitored=unmonitored, checks={"1:2": 102}))
    assert Rescan not in kinds(alike)
    other = planned(state, showing(*here, monitored=unmonitored, checks={"1:2": 999}))
    (scan,) = other.actions
    assert isinstance(scan, Rescan)
    assert scan.needs == (more,)


def test_what_only_one_side_has_counted_is_the_same_episode() -> None:
    files = copy_at("S/1.mkv", "1:1"), copy_at("S/2.mkv", "1:2")
    unknown = showing(*files, monitored=FLAGS, checks={"1:2": 0})
    assert [
        action.units for action in planned(BOTH, unknown).actions if isinstance(action, SetMonitored)
    ] == [("1:1", "1:2")]
