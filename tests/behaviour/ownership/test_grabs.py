"""While one household downloads a film, the others wait for it; and wait no more when it is over."""

from pathlib import Path

import httpx
import pytest

from mesharr.core.events.schema import NodeLeft, UnitReleased, body_of
from mesharr.core.registry.ownership import LOCK_MS
from mesharr.log import codec
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck
from mesharr.node.status.report import report
from tests.support.household import Clock, Household, make_drive, settle

MINUTE = 60.0
HOUR = 3600.0
QUEUE = "GET /api/v3/queue/details"
HISTORY = "GET /api/v3/history/since"
FLAG = "PUT /api/v3/movie/editor"


@pytest.fixture
def both(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    """Two households that both want film 7, and have no file of it."""
    make_drive(tmp_path / "drive")
    houses = tuple(Household(name, tmp_path, tmp_path / "drive", clock) for name in ("alice", "bob"))
    alice, bob = houses
    for house in houses:
        house.deaf = True
        house.radarr.add(7)
        house.radarr.run_commands()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    for house in houses:
        house.radarr.forget_requests()
    return alice, bob


def told(house: Household) -> list[str]:
    """Return the types of a household's events, what it said on its first day left out."""
    return [each for each in house.events() if each != "item.added"]


def published(house: Household) -> list[tuple[str, str]]:
    """Return (type, item id) of a household's events about one item."""
    rows = house.state.streams.since(house.engine.publisher.stream, 1)
    bodies = (body_of(row.type, codec.parse(row.line).body) for row in rows)
    return [(body.type_name, item) for body in bodies if body for _, item in body.touched_items()]


def reasons(house: Household) -> list[str]:
    """Return why a household released units, as its events state."""
    rows = house.state.streams.since(house.engine.publisher.stream, 1)
    bodies = (body_of(row.type, codec.parse(row.line).body) for row in rows if row.type == "unit.released")
    return [body.reason for body in bodies if isinstance(body, UnitReleased)]


def monitored(*houses: Household) -> tuple[bool, ...]:
    return tuple(house.shows(7)[0] for house in houses)


def cancel(house: Household) -> None:
    """The download is given up: its client forgets it, and nobody says so."""
    house.radarr.library.queue.clear()


def asked(house: Household) -> list[str]:
    return [f"{method} {path.partition('?')[0]}" for method, path in house.radarr.requests]


def asks(house: Household) -> tuple[str, ...]:
    me = Me(house.node, house.name, "7f3a9c21d0e4b655")
    return report(house.state, me, (), MountCheck(Availability(available=True), "test", {})).asks


# -- it is told, and the others wait


def test_a_grab_is_published_at_once_and_pauses_the_film_of_the_other(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=30, steps=6)
    assert told(alice) == ["unit.grabbed"]
    assert monitored(alice, bob) == (True, False)
    assert (alice.writes(), bob.writes()) == ([], [FLAG])
    assert told(bob) == []
    (waiting,) = bob.state.dirty.all()
    assert waiting.why == "paused: alice downloads it"


def test_the_file_that_comes_leaves_it_unmonitored_for_it_is_the_importers(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert told(alice) == ["unit.grabbed", "file.imported"]
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert bob.writes().count(FLAG) == 1
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert alice.state.grabs.all() == []


def test_a_download_that_is_given_up_is_released_and_the_other_goes_on(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    cancel(alice)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert told(alice) == ["unit.grabbed", "unit.released"]
    assert monitored(alice, bob) == (True, True)
    assert bob.writes() == [FLAG, FLAG]
    assert told(bob) == []
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_outage_of_the_download_client_ends_no_lock_however_long_the_queue_is_empty(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.radarr.library.facts.client_away = True
    settle(clock, alice, bob, seconds=5 * HOUR, steps=60)
    assert told(alice) == ["unit.grabbed"]
    assert monitored(alice, bob) == (True, False)
    (line,) = asks(alice)
    assert line.startswith("radarr: Radarr: Unable to connect to SABnzbd")
    assert alice.state.refusals.all()
    alice.radarr.library.facts.client_away = False
    settle(clock, alice, bob, seconds=HOUR, steps=30)
    assert asks(alice) == ()
    assert told(alice) == ["unit.grabbed"]
    cancel(alice)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert told(alice) == ["unit.grabbed", "unit.released"]


def test_the_lock_ends_after_a_day_while_the_download_client_stays_away(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.radarr.library.facts.client_away = True
    settle(clock, alice, bob, seconds=25 * HOUR, steps=200)
    assert told(alice) == ["unit.grabbed", "unit.released"]
    assert reasons(alice) == ["expired"]
    assert monitored(alice, bob) == (True, True)
    assert asks(alice) == ()


def test_a_download_that_failed_is_released_at_the_next_poll(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    release = alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=3 * MINUTE, steps=6)
    alice.radarr.fail_download(release)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=8)
    assert told(alice) == ["unit.grabbed", "unit.released"]
    assert reasons(alice) == ["failed"]
    assert monitored(alice, bob) == (True, True)


@pytest.mark.campaign
def test_a_new_grab_puts_off_no_poll(both: tuple[Household, Household], clock: Clock) -> None:
    alice, bob = both
    for number in range(100, 160):
        alice.radarr.add(number)
    settle(clock, alice, bob, seconds=2 * MINUTE, steps=4)
    release = alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=4)
    alice.radarr.remove_download(release)
    for number in range(100, 130):
        alice.radarr.grab(number)
        settle(clock, alice, bob, seconds=MINUTE, steps=2)
    assert reasons(alice) == ["removed"]
    assert monitored(alice, bob) == (True, True)


@pytest.mark.campaign
def test_locks_are_renewed_while_other_films_are_grabbed_all_the_time(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    for number in (100, 101):
        alice.radarr.add(number)
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=11 * HOUR, steps=60)
    for count in range(70):
        alice.radarr.download(100 + count % 2)
        alice.radarr.grab(100 + count % 2)
        settle(clock, alice, bob, seconds=MINUTE, steps=1)
    assert sum(each == ("unit.grabbed", "tmdb:7") for each in published(alice)) == 2


def test_a_download_that_was_taken_over_by_another_import_says_so(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    alice.once()
    clock.forward(0.5)
    bob.radarr.grab(7)
    bob.once()
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=20)
    cancel(bob)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert reasons(bob) == ["taken over"]


def test_a_download_client_that_is_away_for_a_moment_releases_nothing(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=3 * MINUTE, steps=6)
    queue = dict(alice.radarr.library.queue)
    cancel(alice)
    settle(clock, alice, bob, seconds=6 * MINUTE, steps=12)
    alice.radarr.library.queue.update(queue)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert told(alice) == ["unit.grabbed"]
    assert monitored(alice, bob) == (True, False)


def test_a_node_that_is_gone_keeps_nobody_waiting_for_longer_than_a_day(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=30, steps=6)
    settle(clock, bob, seconds=23 * HOUR, steps=30)
    assert monitored(bob) == (False,)
    settle(clock, bob, seconds=2 * HOUR, steps=10)
    assert monitored(bob) == (True,)
    assert bob.waits() == {}


def test_a_node_that_leaves_keeps_nobody_waiting_for_what_it_downloads(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert monitored(alice, bob) == (True, False)
    bob.forget_requests()
    alice.state.outbox.put("", NodeLeft(), "", "left by the user", clock())
    settle(clock, alice, bob, seconds=60, steps=6)
    assert told(alice)[-1] == "node.left"
    assert monitored(alice, bob) == (True, True)
    assert bob.writes() == [FLAG]
    assert bob.waits() == {}


def test_what_was_not_monitored_is_not_monitored_when_the_grab_is_over(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    bob.radarr.set_monitored(7, False)
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    cancel(alice)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert monitored(alice, bob) == (True, False)
    assert bob.writes() == []


def test_a_person_who_monitors_a_paused_film_twice_has_their_way(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=30, steps=6)
    for expected in (False, True, True):
        bob.radarr.set_monitored(7, True)
        bob.engine.nightly.hourly(clock())
        settle(clock, alice, bob, seconds=MINUTE, steps=6)
        assert monitored(bob) == (expected,)
    assert told(bob) == []  # a wish is no claim
    (waiting,) = bob.state.dirty.all()
    assert waiting.why == "monitored by the user although alice downloads it"


# -- it lasts


def test_a_lock_is_renewed_twice_a_day_while_the_download_lasts(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=50 * HOUR, steps=200)
    assert told(alice) == ["unit.grabbed"] * 5
    assert monitored(alice, bob) == (True, False)


def test_the_queue_is_asked_once_a_check_and_less_often_the_longer_it_lasts(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert asked(alice) == []  # nothing is downloaded: nothing is asked
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=16 * MINUTE, steps=64)
    first = asked(alice).count(QUEUE)
    assert first <= 8
    alice.radarr.forget_requests()
    settle(clock, alice, bob, seconds=10 * HOUR, steps=300)
    assert asked(alice) == [QUEUE] * len(asked(alice))
    assert 40 <= len(asked(alice)) <= 50


def test_the_first_polls_come_1_2_4_8_and_15_minutes_after_the_grab(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, _ = both
    alice.radarr.grab(7)
    alice.once()
    times: list[int] = []
    for second in range(10, 50 * 60 + 10, 10):
        clock.forward(10)
        before = asked(alice).count(QUEUE)
        alice.once()
        times += [second // 60] * (asked(alice).count(QUEUE) - before)
    assert times == [1, 2, 4, 8, 15, 30, 45]


def test_an_import_that_waits_for_its_upload_keeps_the_lock(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    anchor = alice.drive / "movies" / ".mesharr-anchor"
    held = anchor.read_bytes()
    anchor.unlink()  # nothing reaches the drive, as far as alice can tell
    alice.radarr.download(7)
    settle(clock, alice, seconds=26 * HOUR, steps=120)
    anchor.write_bytes(held)
    assert told(alice) == ["unit.grabbed"] * 3
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert told(alice) == [*["unit.grabbed"] * 3, "file.imported"]


# -- nothing is lost


def test_a_grab_without_a_webhook_is_found_at_the_next_start(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.deaf = True
    alice.radarr.grab(7)
    alice.deaf = False
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    assert told(alice) == []
    alice.restart()
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    assert told(alice) == ["unit.grabbed"]
    assert monitored(alice, bob) == (True, False)


def test_a_grab_without_a_webhook_is_found_by_the_nightly_comparison(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.deaf = True
    alice.radarr.grab(7)
    alice.deaf = False
    alice.once(compare=True)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    assert told(alice) == ["unit.grabbed"]


def test_an_import_without_a_webhook_ends_the_lock_as_one(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.deaf = True
    alice.radarr.download(7)
    alice.deaf = False
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=60)
    assert told(alice) == ["unit.grabbed", "file.imported"]
    assert asked(alice).count(HISTORY) == 1
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))


def test_a_webhook_that_comes_twice_and_a_restart_publish_one_grab(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    alice.state.inbox.put("radarr", "webhook", alice.hooks[-1], clock())
    settle(clock, alice, bob, seconds=30, steps=6)
    alice.restart()
    alice.state.inbox.put("radarr", "webhook", alice.hooks[-1], clock())
    settle(clock, alice, bob, seconds=30, steps=6)
    assert told(alice) == ["unit.grabbed"]


def test_a_paused_film_is_given_back_by_a_node_that_was_off_meanwhile(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    cancel(alice)
    settle(clock, alice, seconds=3 * 24 * HOUR, steps=200)
    bob.restart()
    settle(clock, alice, bob, seconds=10 * MINUTE, steps=10)
    assert monitored(alice, bob) == (True, True)


def test_an_arr_that_does_not_answer_keeps_the_lock_and_is_asked_again(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.fail = lambda _: httpx.Response(503)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    assert len(asked(alice)) < 40
    alice.radarr.fail = None
    cancel(alice)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert told(alice) == ["unit.grabbed", "unit.released"]


def test_what_lies_outside_every_library_is_nobodys_business(
    both: tuple[Household, Household], clock: Clock, tmp_path: Path
) -> None:
    alice, bob = both
    private = tmp_path / "private"
    private.mkdir()
    alice.radarr.add(9, path=str(private / "Film 9"))
    alice.radarr.grab(9)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    alice.restart()
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    assert told(alice) == []


# -- two at once


def test_of_two_that_grab_at_once_the_first_goes_on_and_the_others_user_is_notified(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.grab(7)
    alice.once()
    clock.forward(0.5)
    bob.radarr.grab(7)
    bob.once()
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    assert (told(alice), told(bob)) == (["unit.grabbed"], ["unit.grabbed"])
    assert monitored(alice, bob) == (True, False)
    assert asks(alice) == ()
    (line,) = asks(bob)
    assert line.startswith("movies: Film 7 (movie): alice downloads it too, and began before")

    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=20)
    assert monitored(alice, bob) == (True, False)
    cancel(bob)
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert (told(alice), told(bob)) == (
        ["unit.grabbed", "file.imported"],
        ["unit.grabbed", "unit.released"],
    )
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert (asks(alice), asks(bob)) == ((), ())


def test_the_owner_waits_while_another_downloads_a_better_file(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    bob.radarr.grab(7, quality="Remux-1080p")
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    assert monitored(alice, bob) == (False, False)
    bob.radarr.download(7, name="Film 7 (2007) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
    settle(clock, bob, alice, seconds=30 * MINUTE, steps=30)
    assert monitored(alice, bob) == (False, True)
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_the_owner_goes_on_when_the_other_gives_its_better_file_up(
    both: tuple[Household, Household], clock: Clock
) -> None:
    alice, bob = both
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    bob.radarr.grab(7, quality="Remux-1080p")
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    cancel(bob)
    settle(clock, bob, alice, seconds=40 * MINUTE, steps=40)
    assert monitored(alice, bob) == (True, False)
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_lock_outlives_half_a_day_without_its_node() -> None:
    """A renewal comes at half of a lock's life: a node that was off for some hours loses none."""
    from mesharr.node.outward.downloads.locks import RENEW_MS

    assert LOCK_MS - RENEW_MS >= 12 * 3_600_000
