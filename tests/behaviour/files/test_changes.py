"""Upgrades, renames and removals on one household are followed by the other, and never too far."""

import os
from pathlib import Path

import pytest

from tests.support.household import Clock, Household, import_on, pair, settle

MINUTE = 60.0
FOLDER = "Film 7 (2007)"
FILE = f"{FOLDER}/{FOLDER} Bluray-1080p.mkv"
REMUX = f"{FOLDER} Remux-1080p.mkv"

Pair = tuple[Household, Household]


def _file(house: Household, tmdb: int = 7) -> tuple[str, int] | None:
    file = house.radarr.file(tmdb)
    return (file.relative_path, file.size) if file else None


def _at_rest(*houses: Household) -> bool:
    return all(house.waits() == {} for house in houses)


# -- files


def test_an_upgrade_under_another_name_replaces_the_file_at_the_peer(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.radarr.download(7, name=REMUX, quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    assert _file(bob) == _file(alice) == (REMUX, 9000)
    assert bob.shows(7) == (False, True)
    assert bob.writes() == ["POST /api/v3/command"]
    assert set(bob.plex.scans) == {str(bob.library / FOLDER)}
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert bob.events() == []
    assert _at_rest(alice, bob)


def test_a_worse_replacement_is_one_import_by_ids(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    worse = f"{FOLDER} SDTV.mkv"
    alice.radarr.download(7, name=worse, quality="SDTV", size=500)
    settle(clock, alice, bob)
    assert _file(bob) == (worse, 500)
    assert bob.writes() == ["POST /api/v3/command"]
    assert bob.events() == []
    assert _at_rest(alice, bob)


@pytest.mark.parametrize("lost", [False, True])
def test_an_upgrade_replaces_the_old_file_also_when_its_two_hooks_are_dealt_with_hours_apart(
    shared: Pair, clock: Clock, lost: bool
) -> None:
    alice, bob = shared
    alice.deaf = True
    alice.radarr.download(7, name=REMUX, quality="Remux-1080p", size=9000)
    alice.deaf = False
    dropped, imported = alice.hooks[-2:]
    alice.state.inbox.put("radarr", "webhook", dropped, clock())
    settle(clock, alice, bob, seconds=50 * MINUTE)
    assert alice.events() == ["item.added", "file.imported"]
    if lost:
        alice.engine.nightly.step(clock())  # finds the import in the arr's history
    else:
        alice.state.inbox.put("radarr", "webhook", imported, clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert list(bob.state.items.state("movies", "tmdb:7").copies) == [f"{FOLDER}/{REMUX}".casefold()]
    assert _file(bob) == (REMUX, 9000)
    assert _at_rest(alice, bob)


def test_a_file_overwritten_under_its_name_is_scanned_again_and_published_once(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.radarr.download(7, size=7777)
    settle(clock, alice, bob)
    for house in shared:
        house.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert _file(bob) == _file(alice) == (f"{FOLDER} Bluray-1080p.mkv", 7777)
    assert set(bob.plex.scans) == {str(bob.library / FOLDER)}
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert bob.events() == []
    assert _at_rest(alice, bob)


def test_a_rename_is_followed(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.radarr.rename(7, f"{FOLDER} better name.mkv")
    settle(clock, alice, bob)
    assert _file(bob) == (f"{FOLDER} better name.mkv", 4096)
    assert bob.shows(7) == (False, True)
    assert alice.events() == ["item.added", "file.imported", "file.renamed"]
    assert bob.events() == []
    assert set(bob.plex.scans) == {str(bob.library / FOLDER)}
    assert _at_rest(alice, bob)


def test_a_rename_by_the_peer_is_followed_by_the_owner_who_stays_owner(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    bob.radarr.rename(7, f"{FOLDER} bobs name.mkv")
    settle(clock, alice, bob)
    assert _file(alice) == (f"{FOLDER} bobs name.mkv", 4096)
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert bob.events() == ["file.renamed"]
    assert _at_rest(alice, bob)


def test_a_deleted_file_is_published_after_it_was_seen_gone_twice_ten_minutes_apart(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=9 * MINUTE, steps=9)
    assert "file.removed" not in alice.events()
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=20)
    assert alice.events() == ["item.added", "file.imported", "file.removed"]
    assert bob.shows(7) == (False, False)
    assert alice.shows(7) == (True, False)
    assert bob.events() == []
    assert set(bob.plex.scans) == {str(bob.library / FOLDER)}
    assert _at_rest(alice, bob)


def test_a_file_that_comes_back_between_the_two_checks_is_never_published_as_removed(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    content = (alice.library / FILE).read_bytes()
    alice.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=5)
    (alice.library / FILE).write_bytes(content)
    alice.radarr.daily_refresh()
    settle(clock, alice, bob, seconds=26 * 60 * MINUTE, steps=60)
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.shows(7) == (False, True)
    assert _at_rest(alice, bob)


# -- items


def test_a_film_nobody_has_a_file_of_is_removed_with_its_only_adder(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, False)
    alice.radarr.delete(7)
    settle(clock, alice, bob, seconds=30 * MINUTE)
    assert alice.events() == ["item.added", "item.left", "item.removed"]
    assert (alice.movie(7), bob.movie(7)) == (None, None)
    assert bob.events() == []
    assert _at_rest(alice, bob)


def test_a_film_deleted_with_its_files_and_added_again_at_once_only_loses_its_file(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=MINUTE, steps=6)
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=40 * MINUTE)
    told = ["item.added", "file.imported", "item.left", "item.added", "file.removed"]
    assert alice.events() == told
    assert (alice.shows(7), bob.shows(7)) == ((True, False), (False, False))
    assert _at_rest(alice, bob)
    alice.radarr.download(7, name=REMUX, quality="Remux-1080p", size=9000)
    settle(clock, alice, bob)
    assert alice.events() == [*told, "file.imported"]
    assert bob.shows(7) == (False, True)
    assert _at_rest(alice, bob)


def test_a_film_deleted_and_added_again_before_that_could_be_published_never_left(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.radarr.add(8)
    alice.engine.once(compare=False)
    alice.radarr.delete(7)
    alice.engine.once(compare=False)  # right after another event, it waits for more of this second
    alice.radarr.add(7)
    settle(clock, alice, bob, seconds=26 * 60 * MINUTE)
    assert alice.events() == ["item.added", "file.imported", "item.added"]
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert alice.state.items.state("movies", "tmdb:7").left_by == frozenset()


def test_a_film_deleted_with_its_files_leaves_at_once_and_is_removed_after_the_proof(
    shared: Pair, clock: Clock
) -> None:
    alice, bob = shared
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=10)
    assert alice.events() == ["item.added", "file.imported", "item.left"]
    assert bob.movie(7) is not None
    settle(clock, alice, bob, seconds=20 * MINUTE, steps=20)
    assert alice.events() == ["item.added", "file.imported", "item.left", "item.removed"]
    assert bob.movie(7) is None
    assert bob.radarr.deleted_media == []
    query = "deleteFiles=false&addImportExclusion=false"
    assert bob.writes() == [f"DELETE /api/v3/movie/1?{query}"]
    assert bob.events() == []
    assert _at_rest(alice, bob)
    for house in shared:
        house.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert (alice.movie(7), bob.movie(7)) == (None, None)
    assert bob.events() == []


def test_the_film_bob_had_himself_is_kept_when_alice_removes_hers(tmp_path: Path, clock: Clock) -> None:
    alice, bob = pair(tmp_path, clock)
    bob.radarr.add(7)
    settle(clock, alice, bob, seconds=2 * MINUTE)
    import_on(clock, alice, bob)
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert bob.movie(7) is not None
    assert "item.removed" in alice.events()
    assert not [call for call in bob.writes() if call.startswith("DELETE")]
    assert alice.movie(7) is None


def test_a_film_deleted_without_its_files_only_leaves(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    alice.radarr.delete(7)
    settle(clock, alice, bob, seconds=30 * 60 * MINUTE, steps=90)
    for house in shared:
        house.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert alice.events() == ["item.added", "file.imported", "item.left"]
    assert alice.movie(7) is None
    assert bob.shows(7) == (False, True)
    assert bob.writes() == []
    assert _at_rest(alice, bob)


def test_a_mirrored_film_that_bob_deletes_stays_away(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    bob.radarr.delete(7)
    for _ in range(3):
        settle(clock, alice, bob, seconds=12 * 60 * MINUTE, steps=40)
        for house in shared:
            house.engine.nightly.step(clock())
    assert bob.movie(7) is None
    assert bob.events() == ["item.left"]
    assert alice.shows(7) == (True, True)
    assert alice.writes() == []
    assert (alice.library / FILE).exists()
    assert _at_rest(alice, bob)


def test_a_film_that_bob_deleted_comes_back_when_he_adds_it(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    bob.radarr.delete(7)
    settle(clock, alice, bob)
    bob.radarr.add(7, monitored=False)
    settle(clock, alice, bob)
    assert bob.events() == ["item.left", "item.added"]
    assert bob.shows(7) == (False, True)


@pytest.mark.parametrize(
    ("policy", "stays", "monitored"),
    [("remove", False, None), ("unmonitor", True, False), ("keep", True, True)],
)
def test_what_happens_to_a_mirrored_film_that_is_removed_is_the_households_policy(
    tmp_path: Path, clock: Clock, policy: str, stays: bool, monitored: bool | None
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"on_remove": policy})
    import_on(clock, alice, bob)
    alice.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=30 * MINUTE)
    bob.radarr.set_monitored(7, True)  # nobody has a file of it: a person may want it
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=40 * MINUTE)
    movie = bob.movie(7)
    assert (movie is not None) is stays
    assert (movie["monitored"] if movie else None) == monitored
    assert bob.events() == []
    assert _at_rest(alice, bob)


@pytest.mark.campaign
def test_twenty_one_removals_by_one_peer_wait_as_one_hold_until_they_are_approved(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock, policy={"holds": {"first_adds": 1000, "removals": 20}})
    films = range(1, 24)
    for tmdb in films:
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb, size=64)
    settle(clock, alice, bob)
    settle(clock, alice, bob, seconds=2 * 60 * MINUTE)
    assert all(bob.movie(tmdb) for tmdb in films)
    for tmdb in films[:21]:
        alice.radarr.delete(tmdb, delete_files=True)
    settle(clock, alice, bob, seconds=40 * MINUTE)
    for hold in alice.state.holds.all():
        alice.state.holds.approve(hold.n)
    alice.state.outbox.retry(clock())
    settle(clock, alice, bob, seconds=40 * MINUTE)
    assert alice.events().count("item.removed") == 21
    held = [hold for hold in bob.state.holds.all() if hold.kind == "removals"]
    assert [hold.peer for hold in held] == [alice.node]
    assert "deletions" in held[0].why
    left = [tmdb for tmdb in films if bob.movie(tmdb)]
    assert len(left) == 2 + len(held[0].items)
    import_on(clock, alice, bob, tmdb=50)  # held work blocks nothing else
    assert bob.shows(50) == (False, True)
    assert len(bob.state.holds.all()) == 1
    bob.state.holds.approve(held[0].n)
    bob.state.dirty.retry(clock())
    settle(clock, alice, bob)
    assert [tmdb for tmdb in films if bob.movie(tmdb)] == [22, 23]
    assert bob.state.holds.all() == []
    assert bob.events() == []
    assert _at_rest(bob)


def test_another_folder_in_the_arr_is_followed_once_the_files_are_there(shared: Pair, clock: Clock) -> None:
    alice, bob = shared
    new = alice.library / "Elsewhere (2007)"
    os.rename(alice.library / FOLDER, new)
    alice.radarr.edit(7, path=str(new))
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=90 * MINUTE)
    movie = bob.movie(7)
    assert movie is not None
    assert (movie["path"], movie["hasFile"], movie["monitored"]) == (str(new), True, False)
    assert bob.events() == []


def test_an_item_added_and_deleted_before_anything_was_published_publishes_nothing(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.engine.intake.step(clock())
    alice.radarr.delete(7)
    settle(clock, alice, bob)
    assert alice.events() == []
    assert bob.movie(7) is None
    assert (alice.waits(), bob.waits()) == ({}, {})
