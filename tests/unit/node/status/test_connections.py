"""A connection that an app lost is told under what needs action, for one request a day."""

from collections.abc import Iterator

import pytest

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Unavailable
from mesharr.node.model import Me
from mesharr.node.status.connections import FIRST_MS, LOST_MS, ConnectionWatch
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from mesharr.node.status.watch import Watch
from mesharr.state.db import Database
from mesharr.state.state import State

NOW = 1_764_000_000_000
LOST = "Radarr has no connection to mesharr"


class Apps:
    """Apps by what is wrong with their connections, and which were asked."""

    def __init__(self) -> None:
        self.problems = {"radarr": "", "sonarr": ""}
        self.asked: list[str] = []
        self.down = False

    def problem_of(self, app: str) -> str:
        self.asked.append(app)
        if self.down:
            raise Unavailable("it does not answer")
        return self.problems[app]


@pytest.fixture
def state() -> Iterator[State]:
    found = State(Database(":memory:"))
    yield found
    found.db.close()


def asks(state: State) -> tuple[str, ...]:
    mounts = MountCheck(store=Availability(available=True), libraries={})
    return report(state, Me("bob-00000002", "bob", ""), (), mounts).asks


def watch(state: State, apps: Apps, *names: str) -> Watch:
    connections = ConnectionWatch(names or tuple(apps.problems), apps.problem_of, state)
    return Watch({}, {}, state, connections)


def test_a_lost_connection_needs_action_until_the_app_has_it_again(state: State) -> None:
    apps = Apps()
    stage = watch(state, apps)
    stage.step(NOW)
    assert apps.asked == [], "who sets it up has not run mesharr connect yet"
    assert stage.next_due() == NOW + FIRST_MS
    stage.step(NOW + FIRST_MS)
    assert (apps.asked, asks(state)) == (["radarr", "sonarr"], ())
    apps.problems["radarr"] = LOST
    stage.step(NOW + FIRST_MS + DAY_MS - 1)
    assert len(apps.asked) == 2, "one request a day"
    now = NOW + FIRST_MS + DAY_MS
    stage.step(now)
    assert asks(state) == (f"radarr: {LOST}: mesharr connect radarr",)
    assert stage.next_due() == now + LOST_MS
    apps.problems["radarr"] = ""
    stage.step(now + LOST_MS)
    assert asks(state) == ()


def test_an_app_that_does_not_answer_changes_nothing_of_what_is_known(state: State) -> None:
    apps = Apps()
    apps.problems["radarr"] = LOST
    watch(state, apps).step(NOW)
    again = watch(state, apps)
    again.step(NOW)
    again.step(NOW + FIRST_MS)
    apps.down = True
    restarted = watch(state, apps)
    restarted.step(NOW + FIRST_MS)
    assert apps.asked[2:] == ["radarr"], "a lost one is asked at once after a start"
    assert len(asks(state)) == 1


def test_an_app_that_the_config_names_no_more_is_forgotten(state: State) -> None:
    apps = Apps()
    apps.problems["radarr"] = LOST
    stage = watch(state, apps)
    stage.step(NOW)
    stage.step(NOW + FIRST_MS)
    assert len(asks(state)) == 1
    watch(state, apps, "sonarr")
    assert asks(state) == ()
