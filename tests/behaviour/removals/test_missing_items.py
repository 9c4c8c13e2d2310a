"""What an arr no longer lists though nobody said so: shown, never told, never added again unasked."""

from pathlib import Path

import httpx
import pytest

from mesharr.core.errors import Refused
from mesharr.node.missing_items import all_missing, leave, missing_questions, restore
from mesharr.node.model import Me
from mesharr.node.passes.startup_retry import retry_refused
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from tests.support.household import Clock, Household, pair, settle

Pair = tuple[Household, Household]
FILMS = range(1, 31)


def _report(house: Household) -> Report:
    return report(
        house.state, Me(house.node, house.name, "m"), [], MountCheck(Availability(available=True)), 20
    )


def _forget(house: Household, *films: int) -> None:
    """The arr no longer has these films, and nobody heard of it."""
    house.deaf = True
    for film in films:
        house.radarr.delete(film)
    house.deaf = False
    house.forget_requests()


def _night(clock: Clock, *houses: Household) -> None:
    for house in houses:
        house.engine.nightly.step(clock())
    settle(clock, *houses)


def test_a_mirrored_film_deleted_without_a_webhook_is_reported_and_not_added_again(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    _forget(bob, 7)
    _night(clock, alice, bob)
    assert bob.movie(7) is None
    assert bob.writes() == []
    assert bob.events() == []
    assert [(each.library, each.item) for each in all_missing(bob.state)] == [("movies", "tmdb:7")]
    (ask,) = _report(bob).asks
    assert "mesharr restore movies tmdb:7" in ask
    assert "mesharr leave-item movies tmdb:7" in ask


def test_a_peers_next_change_of_a_lost_film_does_not_add_it_either(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _forget(bob, 7)
    alice.radarr.download(7, name="Better.mkv", quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    assert bob.movie(7) is None
    assert len(all_missing(bob.state)) == 1


def test_a_lost_film_that_is_wanted_back_comes_back_as_a_peer_brought_it(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _forget(bob, 7)
    _night(clock, alice, bob)
    restore(bob.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    assert bob.tags(7) == ["mesharr-alice"]
    assert all_missing(bob.state) == ()
    assert bob.waits() == {}


def test_a_lost_film_of_ones_own_comes_back_monitored_and_without_a_tag(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _forget(alice, 7)
    _night(clock, alice, bob)
    assert (alice.events(), alice.writes()) == (["item.added", "file.imported"], [])
    restore(alice.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob)
    assert alice.shows(7) == (True, True)
    assert alice.tags(7) == []
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.shows(7) == (False, True)


def test_a_lost_film_that_was_deleted_on_purpose_is_left(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    _forget(alice, 7)
    _night(clock, alice, bob)
    leave(alice.state, "movies", ["tmdb:7"], clock())
    settle(clock, alice, bob)
    assert alice.events()[-1] == "item.left"
    assert alice.movie(7) is None
    assert bob.shows(7) == (False, True)
    _night(clock, alice, bob)
    assert alice.movie(7) is None
    assert all_missing(alice.state) == ()
    assert alice.waits() == {}


@pytest.fixture
def many(tmp_path: Path, clock: Clock) -> Pair:
    """Thirty films of alice's, all at bob's too."""
    alice, bob = pair(tmp_path, clock)
    for film in FILMS:
        alice.radarr.add(film)
    settle(clock, alice, bob)
    assert all(bob.movie(film) for film in FILMS)
    return alice, bob


def test_an_arr_that_lists_nothing_at_all_publishes_nothing_and_is_one_line(many: Pair, clock: Clock) -> None:
    alice, bob = many
    told = alice.events(), bob.events()
    for house in many:
        _forget(house, *FILMS)
    _night(clock, alice, bob)
    assert (alice.events(), bob.events()) == told
    for house in many:
        assert house.writes() == []
        assert len(all_missing(house.state)) == len(FILMS)
        (ask,) = _report(house).asks
        assert "no longer lists 30 items" in ask
        assert "mesharr restore movies --all" in ask


def test_few_lost_films_are_a_line_each(many: Pair, clock: Clock) -> None:
    bob = many[1]
    _forget(bob, 1, 2)
    _night(clock, bob)
    assert len(missing_questions(all_missing(bob.state), 20)) == 2


def test_an_old_backup_that_is_put_right_again_leaves_nothing_behind(many: Pair, clock: Clock) -> None:
    alice, bob = many
    today = bob.radarr.snapshot()
    for film in FILMS:
        del bob.radarr.library.tables.movies[bob.radarr.movie(film).id]
    _night(clock, alice, bob)
    assert len(all_missing(bob.state)) == len(FILMS)
    bob.radarr.restore(today)
    _night(clock, alice, bob)
    assert all_missing(bob.state) == ()
    assert bob.waits() == {}


@pytest.mark.parametrize("answer", ["500", "timeout", "cut"])
def test_a_list_that_breaks_off_is_no_comparison(many: Pair, clock: Clock, answer: str) -> None:
    alice, bob = many
    before = bob.state.libraries.compared("movies")

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/api/v3/movie" or "tmdbId" in request.url.params:
            return None
        if answer == "timeout":
            raise httpx.ReadTimeout("too slow")
        return httpx.Response(500) if answer == "500" else httpx.Response(200, content=b'[{"id":1,"tmdb')

    clock.forward(60)
    bob.radarr.fail = fault
    bob.engine.nightly.step(clock())
    bob.radarr.fail = None
    assert bob.state.libraries.compared("movies") == before
    assert all_missing(bob.state) == ()
    settle(clock, alice, bob, seconds=60, steps=3)
    assert bob.events() == []


def test_a_film_in_a_folder_of_no_library_is_not_said_to_be_missing_in_the_arr(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    bob.radarr.edit(7, path="/somewhere/Film 7 (2007)")
    _night(clock, alice, bob)
    (ask,) = _report(bob).asks
    assert "the app keeps it outside of the library, in /somewhere/Film 7 (2007): correct `root`" in ask
    assert "mesharr leave-item movies tmdb:7" in ask
    assert "restore" not in ask
    assert bob.events() == []


def test_a_start_checks_again_what_a_corrected_config_may_have_fixed(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    bob.radarr.edit(7, path="/somewhere/Film 7 (2007)")
    _night(clock, alice, bob)
    bob.state.refusals.note("item:movies:tmdb:8", Refused("Radarr refuses the API key"), clock())
    retry_refused(bob.state, clock())
    assert bob.state.refusals.all() == []
    assert bob.state.node.get().sync_requested


def test_a_start_of_a_node_in_order_asks_for_no_comparison(shared: Pair, clock: Clock) -> None:
    bob = shared[1]
    retry_refused(bob.state, clock())
    assert not bob.state.node.get().sync_requested
