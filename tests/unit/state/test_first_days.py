"""First days: what a step changed is kept, and nothing is lost that another writer changed meanwhile."""

import msgspec
import pytest

from mesharr.core.events.schema import Found
from mesharr.state.first_days import FirstDays, FirstDayState, Restarted
from tests.unit.state.samples import MOVIES, NOW, film, opened


def moved(days: FirstDays, day: FirstDayState, **changes: object) -> FirstDayState:
    after = msgspec.structs.replace(day, **changes)
    days.put(day, after)
    return after


def test_a_first_day_begins_once() -> None:
    days = opened().first_days
    assert days.get(MOVIES) is None
    day = days.begin(MOVIES, NOW)
    assert (day.step, day.since, day.counts) == ("available", NOW, {})
    assert days.begin(MOVIES, NOW + 5) == day == days.get(MOVIES)


def test_what_a_step_did_not_change_stays_as_another_writer_left_it() -> None:
    days = opened().first_days
    day = moved(days, days.begin(MOVIES, NOW), step="compare", total=3, counts={"local": 3})
    days.update(MOVIES, lambda now: msgspec.structs.replace(now, counts={"local": 0}))
    moved(days, day, step="publish", done=3)
    kept = days.get(MOVIES)
    assert kept is not None
    assert (kept.step, kept.done, kept.total, kept.counts) == ("publish", 3, 3, {"local": 0})


def test_a_step_of_a_former_first_day_changes_nothing() -> None:
    state = opened()
    days = state.first_days
    former = moved(days, days.begin(MOVIES, NOW), step="act")
    days.put_inventory(MOVIES, [Found(item=film())])
    days.restart()
    with pytest.raises(Restarted):
        moved(days, former, step="done")
    assert (days.all(), days.inventory(MOVIES)) == ([], [])
    present = days.begin(MOVIES, NOW)

    def commit_a_step() -> None:
        with state.transaction():
            days.put_inventory(MOVIES, [Found(item=film())])
            moved(days, former, step="done")

    with pytest.raises(Restarted):
        commit_a_step()
    assert (days.get(MOVIES), days.inventory(MOVIES)) == (present, [])


def test_a_library_is_open_once_everything_is_planned() -> None:
    days = opened().first_days
    day = moved(days, days.begin(MOVIES, NOW), step="plan", met={"bob-00000002": "1 film is added here"})
    days.begin("tv", NOW)
    assert days.open([MOVIES, "tv"]) == []
    moved(days, day, step="act")
    assert days.open(["tv", MOVIES]) == [MOVIES]
    days.update("music", lambda day: day)
    assert [day.library for day in days.all()] == [MOVIES, "tv"]
