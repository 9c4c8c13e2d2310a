"""What stops a household from doing too much at once, and from doing what it was told not to."""

from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from tests.support.household import Clock, Household, import_on, pair, settle

Pair = tuple[Household, Household]
LIMIT = 3
FILMS = range(1, 8)


def _report(house: Household) -> Report:
    return report(house.state, Me(house.node, house.name, "m"), [], MountCheck(Availability(available=True)))


# -- the sender's own removals


@pytest.fixture
def many(tmp_path: Path, clock: Clock) -> Pair:
    """Seven films of alice's; more than three removals within an hour are too many for either."""
    alice, bob = pair(tmp_path, clock, policy={"holds": {"removals": LIMIT}})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    assert all(bob.shows(film) == (False, True) for film in FILMS)
    return alice, bob


def _delete_all(clock: Clock, alice: Household, bob: Household) -> None:
    for film in FILMS:
        alice.radarr.delete(film, delete_files=True)
    settle(clock, alice, bob, seconds=40 * 60)


def test_more_removals_than_a_user_makes_in_an_hour_are_not_published_before_they_are_approved(
    many: Pair, clock: Clock
) -> None:
    alice, bob = many
    _delete_all(clock, alice, bob)
    assert alice.events().count("item.removed") == 0
    assert alice.events().count("item.left") == len(FILMS)
    (hold,) = alice.state.holds.all()
    assert (hold.kind, len(hold.items)) == ("own_removals", len(FILMS))
    assert any(f"mesharr approve {hold.n}" in ask for ask in _report(alice).asks)
    assert sum(bob.movie(film) is not None for film in FILMS) == len(FILMS)


def test_what_is_approved_is_published_if_its_files_still_are_gone(many: Pair, clock: Clock) -> None:
    alice, bob = many
    _delete_all(clock, alice, bob)
    (hold,) = alice.state.holds.all()
    (back, _), *rest = hold.items
    number = int(back.partition(":")[2])
    folder = alice.library / f"Film {number} ({2000 + number % 20})"
    folder.mkdir(exist_ok=True)
    (folder / f"{folder.name} Bluray-1080p.mkv").write_bytes(bytes(4096))  # somebody brought it back
    alice.state.holds.approve(hold.n)
    for item, _ in hold.items:
        alice.state.outbox.hurry("movies", item, clock())
    settle(clock, alice, bob, seconds=40 * 60)
    assert alice.events().count("item.removed") == len(rest)
    clock.forward(25 * 3600)
    settle(clock, alice, bob, seconds=60, steps=4)
    assert alice.events().count("item.removed") == len(rest)
    assert alice.state.holds.all() == []


def test_a_hold_of_removals_stops_nothing_else(many: Pair, clock: Clock) -> None:
    alice, bob = many
    _delete_all(clock, alice, bob)
    import_on(clock, alice, bob, tmdb=50)
    assert bob.shows(50) == (False, True)


def test_what_was_approved_counts_for_no_limit_and_a_held_item_names_its_hold(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"first_adds": LIMIT}})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    (hold,) = bob.state.holds.all()
    whys = {each.why for each in _report(bob).waiting if each.state == "held"}
    assert whys == {f"needs approval: mesharr approve {hold.n}"}
    clock.forward(3600)  # what came before the hold counts no more
    bob.state.holds.approve(hold.n)
    bob.state.dirty.mark([("movies", item) for item, _ in hold.items], clock())
    settle(clock, alice, bob)
    assert all(bob.shows(film) == (False, True) for film in FILMS)
    import_on(clock, alice, bob, tmdb=50)  # in the same hour
    assert bob.shows(50) == (False, True)
    assert bob.state.holds.all() == []


def _folders(house: Household, films: Iterable[int]) -> set[str]:
    return {str(house.library / f"Film {film} ({2000 + film % 20})") for film in films}


def test_the_media_servers_hear_of_a_held_add_when_it_is_approved_and_not_before(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"first_adds": LIMIT}})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    (hold,) = bob.state.holds.all()
    waiting = {int(item.partition(":")[2]) for item, _ in hold.items}
    let_in = set(FILMS) - waiting
    assert set(bob.plex.scans) == _folders(bob, let_in)
    alice.radarr.delete(max(waiting), delete_files=True)  # it came and went before it was let in
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert alice.events()[-1] == "item.removed"
    waiting.remove(max(waiting))
    alice.radarr.download(min(waiting), name="Better.mkv", quality="Remux-1080p", size=9000)
    bob.radarr.fail = lambda _request: httpx.Response(503)  # so that nobody can say what is held
    settle(clock, alice, bob, seconds=6 * 3600, steps=60)
    assert set(bob.plex.scans) == _folders(bob, let_in)
    bob.radarr.fail = None
    bob.state.holds.approve(hold.n)
    bob.state.dirty.mark([("movies", item) for item, _ in hold.items], clock())
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert set(bob.plex.scans) == _folders(bob, let_in | waiting)
    assert sum(scan in _folders(bob, waiting) for scan in bob.plex.scans) == len(waiting)
    assert bob.waits() == {}


def test_the_media_servers_hear_of_nothing_that_may_be_held_once_the_arr_answers(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"first_adds": LIMIT}})
    bob.radarr.fail = lambda _request: httpx.Response(503)
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    assert bob.plex.scans == []
    bob.radarr.fail = None
    settle(clock, alice, bob, seconds=3600, steps=60)
    (hold,) = bob.state.holds.all()
    assert len(bob.plex.scans) == len(FILMS) - len(hold.items)


def test_a_dry_run_shows_no_scan_of_what_would_need_approval(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"first_adds": LIMIT}})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice)
    rows = bob.dry_run().do
    held = {each.item for each in rows if each.held}
    assert len(held) == len(FILMS) - LIMIT
    assert {each.item for each in rows if each.action.startswith("scan")}.isdisjoint(held)


# -- exclusions


def _exclude(house: Household, *films: int) -> None:
    for film in films:
        body = {"tmdbId": film, "movieTitle": f"Film {film}", "movieYear": 2000}
        request = httpx.Request(
            "POST", "http://radarr/api/v3/exclusions", headers={"X-Api-Key": "key"}, json=body
        )
        assert house.radarr.handle(request).status_code < 300
    house.forget_requests()


def test_what_the_arr_excludes_is_not_added_and_reported_as_excluded(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    _exclude(bob, 7)
    import_on(clock, alice, bob)
    assert bob.movie(7) is None
    assert not [write for write in bob.writes() if write.startswith("POST /api/v3/movie")]
    assert bob.plex.scans == []
    (waits,) = _report(bob).waiting
    assert (waits.state, waits.why) == ("excluded", "excluded here: on the exclusion list of Radarr")
    assert _report(bob).asks == ()


def test_an_exclusion_that_was_lifted_is_seen_at_night(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    _exclude(bob, 7)
    import_on(clock, alice, bob)
    (row,) = bob.ask("exclusions")
    request = httpx.Request(
        "DELETE", f"http://radarr/api/v3/exclusions/{row['id']}", headers={"X-Api-Key": "key"}
    )
    assert bob.radarr.handle(request).status_code < 300
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    assert bob.plex.scans == [str(bob.library / "Film 7 (2007)")]


def test_a_pass_of_adds_asks_for_exclusions_once(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    for film in range(1, 41):
        alice.radarr.add(film)
    bob.forget_requests()
    settle(clock, alice, bob, seconds=30, steps=10)
    assert all(bob.movie(film) for film in range(1, 41))
    assert sum("/exclusions" in path for _, path in bob.requests()) == 1


# -- conflicts


def test_a_film_imported_by_both_before_they_read_of_each_other_is_reported_at_both(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    for house, name in ((alice, "A.mkv"), (bob, "B.mkv")):
        house.radarr.add(7)
        house.radarr.download(7, name=name)
    settle(clock, alice, bob)
    for house in (alice, bob):
        (found,) = _report(house).conflicts
        assert {found.kept, found.other} == {"Film 7 (2007)/A.mkv", "Film 7 (2007)/B.mkv"}
        assert found.owner in {alice.node, bob.node}
        assert found.node != found.owner
        assert "mesharr claim" in found.fix
    loser = alice if _report(alice).conflicts[0].node == alice.node else bob
    loser.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=60 * 60)
    assert _report(alice).conflicts == _report(bob).conflicts == ()
