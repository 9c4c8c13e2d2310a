"""The table of limits: settings and guard follow from its rows."""

from mesharr.core.planning.actions import Add, Claim, Move, Pause, Remove, SetMonitored
from mesharr.core.planning.limits import (
    BY_KIND,
    LIMITS,
    OWN,
    ActionCause,
    Amounts,
    Counted,
    limit_of,
)
from mesharr.core.planning.memory import ItemMemory, PauseRecord
from mesharr.settings.models import PolicySettings
from tests.unit.core.planning.test_plan import BOB, FILM, ME, copy_at, wants

ADDED = ItemMemory(added_at=1)


def test_each_kind_and_each_type_of_action_has_one_row() -> None:
    kinds = [row.kind for row in LIMITS]
    actions = [row.action for row in LIMITS if row.action]
    assert len(set(kinds)) == len(kinds)
    assert len(set(actions)) == len(actions)


def test_each_row_is_a_setting_with_its_default() -> None:
    settings = vars(PolicySettings().holds)
    assert settings == {name: default for row in LIMITS for name, default in row.settings.items()}


def test_an_action_counts_for_the_peer_that_causes_it() -> None:
    bobs = wants(copy_at())

    def limit(action: object, memory: ItemMemory = ADDED) -> object:
        return limit_of(ActionCause(action, bobs, memory, ME))  # type: ignore[arg-type]  # any of them

    assert limit(Add(FILM, BOB, (), "")) == ("first_adds", BOB)
    assert limit(Add(FILM, BOB, (), "", requested=True)) is None
    assert limit(Move(7, "F", (), "")) == ("moves", BOB)
    assert limit(Remove(7, "F", "")) == ("removals", "")
    assert limit(Claim(("movie",), "")) == ("claims", OWN)


def test_an_unmonitor_counts_only_for_an_item_of_this_household() -> None:
    action = SetMonitored(7, ("movie",), False, "")
    assert limit_of(ActionCause(action, wants(copy_at()), ADDED, ME)) is None
    assert limit_of(ActionCause(action, wants(copy_at()), ItemMemory(), ME)) == ("unmonitors", BOB)


def test_a_further_pause_of_an_item_does_not_count() -> None:
    action, paused = Pause(7, ("movie",), BOB, ""), {"1": PauseRecord(set_at=1, counts_for=BOB)}
    assert limit_of(ActionCause(action, wants(), ItemMemory(), ME)) == ("pauses", BOB)
    assert limit_of(ActionCause(action, wants(), ItemMemory(paused=paused), ME)) is None


def test_too_much_at_once_is_too_much_in_a_day_and_of_a_small_library_too() -> None:
    row, most = BY_KIND["removals"], Amounts(20, 40, 20)

    def why(in_hour: int, in_day: int, of: int) -> str:
        return row.exceeded("bob", Counted(in_hour, in_day, of), most)

    assert why(20, 40, 400) == why(10, 10, 10) == why(0, 0, 0) == ""
    assert why(21, 21, 400) == "bob caused more than 20 deletions within an hour"
    assert why(19, 41, 400) == "bob caused more than 40 deletions within a day"
    assert why(11, 11, 30) == "bob caused more than 10 deletions within a day (20 % of 30 items)"
    assert why(5, 21, 100) == "bob caused more than 20 deletions within a day (20 % of 100 items)"


def test_a_limit_that_was_raised_for_an_hour_is_raised_for_the_day() -> None:
    row = BY_KIND["removals"]
    settings = {"removals": 500, "removals_per_day": 40, "removals_percent": 100}
    assert row.amounts(settings.__getitem__) == Amounts(500, 500, 100)
    assert row.exceeded("bob", Counted(400, 400, 400), row.amounts(settings.__getitem__)) == ""
