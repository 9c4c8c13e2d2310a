"""An arr's own record brings what no webhook did: after downtime, after a failure, and regularly."""

import logging
from itertools import pairwise

import httpx
import pytest

from mesharr.core.errors import Unavailable
from mesharr.core.hlc import time_text
from mesharr.node.arr_health import note_failure
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from tests.support.household import MESH, Clock, Household, import_on, settle

Pair = tuple[Household, Household]
MINUTE = 60.0


@pytest.fixture
def shared(alice_and_bob: Pair, clock: Clock) -> Pair:
    """Film 7, imported by alice, followed by bob; what history told of that is dealt with."""
    import_on(clock, *alice_and_bob)
    for house in alice_and_bob:
        house.engine.history.step(clock())
    settle(clock, *alice_and_bob)
    for house in alice_and_bob:
        house.forget_requests()
    return alice_and_bob


def _asked(house: Household) -> int:
    return sum("/history/since?" in path for _, path in house.requests())


def _look(clock: Clock, house: Household, *others: Household) -> None:
    house.engine.history.step(clock())
    settle(clock, house, *others)


def test_a_check_that_finds_nothing_is_one_request(shared: Pair, clock: Clock) -> None:
    alice, _ = shared
    clock.forward(15 * MINUTE)
    alice.engine.history.step(clock())
    assert (_asked(alice), len(alice.requests())) == (1, 1)
    assert alice.state.inbox.count() == 0


def test_it_is_checked_every_fifteen_minutes_and_at_each_start(shared: Pair, clock: Clock) -> None:
    alice, _ = shared
    clock.forward(60 * MINUTE)
    for _ in range(40):
        alice.engine.history.step(clock())
        clock.forward(MINUTE)
    assert _asked(alice) == 3
    alice.restart()
    alice.engine.history.step(clock())
    assert _asked(alice) == 4


def test_an_import_and_an_upgrade_without_a_webhook_are_published(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.down = True  # a paused connection drops its events
    alice.radarr.add(8)
    alice.radarr.download(8)
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    alice.down = False
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported"]
    clock.forward(15 * MINUTE)
    _look(clock, alice, bob)
    assert sorted(alice.events()[2:]) == ["file.imported", "file.imported", "item.added"]
    assert bob.shows(8) == (False, True)
    file = bob.radarr.file(7)
    assert file is not None
    assert (file.relative_path, file.size) == ("Better.mkv", 9000)


def test_a_file_that_was_deleted_while_mesharr_was_off_is_proven_gone_and_published(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.down = True
    alice.radarr.delete_file(7)
    alice.down = False
    alice.restart()
    _look(clock, alice, bob)
    assert alice.events()[-1] == "file.removed"
    assert bob.shows(7) == (False, False)


def test_an_arr_that_was_away_is_asked_as_soon_as_it_answers_again(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    clock.forward(20 * MINUTE)
    alice.radarr.fail = lambda _request: httpx.Response(503)
    for _ in range(30):
        alice.engine.history.step(clock())
        clock.forward(20)
    failed = _asked(alice)
    assert failed < 15  # it is not hammered
    alice.radarr.fail = None
    alice.down = True
    alice.radarr.delete_file(7)
    alice.down = False
    clock.forward(5 * MINUTE)
    _look(clock, alice, bob)
    assert _asked(alice) == failed + 1
    assert alice.events()[-1] == "file.removed"


def test_what_was_seen_is_not_checked_again(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    told = alice.events()
    for _ in range(3):
        clock.forward(15 * MINUTE)
        _look(clock, alice, bob)
    alice.forget_requests()
    clock.forward(15 * MINUTE)
    _look(clock, alice, bob)
    assert len(alice.requests()) == 1
    assert alice.events() == told


def test_a_check_that_was_cut_short_is_made_again(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.down = True
    alice.radarr.delete_file(7)
    alice.down = False
    clock.forward(15 * MINUTE)
    alice.engine.history.step(clock())
    assert alice.state.inbox.count() == 1
    alice.restart()  # killed before the hint was dealt with
    alice.engine.history.step(clock())
    assert alice.state.inbox.count() == 1
    settle(clock, alice, bob)
    assert alice.events()[-1] == "file.removed"


def _failing(house: Household) -> list[tuple[str, str]]:
    me = Me(house.node, house.name, MESH)
    found = report(house.state, me, (), MountCheck(Availability(available=True))).failing
    return [(each.app, each.since) for each in found]


def test_an_arr_that_is_down_is_reported_though_nothing_waits_for_it_until_it_answers(
    shared: Pair, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, _ = shared
    caplog.set_level(logging.INFO)
    clock.forward(15 * MINUTE)
    began = time_text(clock())
    alice.radarr.fail = lambda _request: httpx.Response(503)
    for _ in range(90):
        alice.engine.history.step(clock())
        clock.forward(MINUTE)
    assert _failing(alice) == [("radarr", began)]
    assert alice.waits() == {}
    assert alice.state.refusals.all() == []
    alice.radarr.fail = None
    clock.forward(5 * MINUTE)
    alice.engine.history.step(clock())
    assert _failing(alice) == []
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("radarr")]
    assert [line.partition(" ")[2].partition(" ")[0] for line in said] == ["Radarr", "answers"]


def test_an_arr_that_refuses_the_key_is_reported_while_nothing_waits_for_it(
    shared: Pair, clock: Clock
) -> None:
    alice, _ = shared
    clock.forward(15 * MINUTE)
    alice.radarr.fail = lambda _request: httpx.Response(401)
    alice.engine.history.step(clock())
    ((subject, what, _, _),) = alice.state.refusals.all()
    assert (subject, what) == ("app:radarr", "Radarr refuses the API key (401)")
    alice.radarr.fail = None
    clock.forward(5 * MINUTE)
    alice.engine.history.step(clock())
    assert (_failing(alice), alice.state.refusals.all()) == ([], [])


def test_the_time_of_the_next_check_is_known_so_that_an_arr_without_webhooks_is_not_forgotten(
    shared: Pair, clock: Clock
) -> None:
    alice, _ = shared
    alice.engine.history.step(clock())
    alice.forget_requests()
    looks = []
    for _ in range(4):
        due = alice.engine.history.next_due()
        assert due is not None
        clock.ms = due
        looks.append(due)
        alice.engine.history.step(clock())
    assert [later - earlier for earlier, later in pairwise(looks)] == [15 * MINUTE * 1000] * 3
    assert len(alice.requests()) == 4


def test_an_arr_that_the_config_names_no_more_is_not_missed(shared: Pair, clock: Clock) -> None:
    alice, _ = shared
    note_failure(alice.state, "sonarr", Unavailable("Sonarr cannot be reached"), clock())
    alice.restart()
    alice.engine.history.step(clock())
    assert _failing(alice) == []
