"""Scans that coalesce, holds that wait for a person, and what is told once."""

import pytest

from mesharr.core.errors import Refused
from mesharr.state.jobs import Holds, Scans
from tests.unit.state.samples import BOB, DUNE, MOVIES, NOW, opened

FOLDER = "Dune (2021)"


def waiting(scans: Scans, scanner: str = "plex", now: int = NOW) -> list[str]:
    return [scan.folder for scan in scans.due(scanner, now)]


# -- scans


def test_a_folder_that_waits_already_is_scanned_once() -> None:
    scans = opened().scans
    for now in (NOW, NOW, NOW + 5):
        scans.put(["plex"], MOVIES, FOLDER, now)
    assert waiting(scans, now=NOW + 5) == [FOLDER]
    assert waiting(scans, now=NOW + 4) == []


def test_each_scanner_has_its_own_queue() -> None:
    scans = opened().scans
    scans.put(["plex", "jellyfin"], MOVIES, FOLDER, NOW)
    scans.done(scans.due("plex", NOW)[0])
    assert waiting(scans) == []
    assert waiting(scans, "jellyfin") == [FOLDER]
    assert (scans.next_due("plex"), scans.next_due("jellyfin")) == (None, NOW)


def test_a_folder_put_again_while_it_is_told_is_told_again() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    (scan,) = scans.due("plex", NOW)
    scans.put(["plex"], MOVIES, FOLDER, NOW + 3)
    scans.done(scan)
    assert waiting(scans, now=NOW + 3) == [FOLDER]


def test_a_server_on_another_mount_is_told_twice() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.done(scans.due("plex", NOW)[0], again=NOW + 360)
    assert waiting(scans, now=NOW + 359) == []
    (second,) = scans.due("plex", NOW + 360)
    scans.done(second, again=NOW + 720)
    assert scans.all() == []


def test_a_change_during_the_wait_for_the_second_time_is_told_at_once_and_twice_too() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.done(scans.due("plex", NOW)[0], again=NOW + 360)
    scans.put(["plex"], MOVIES, FOLDER, NOW + 10)
    scans.done(scans.due("plex", NOW + 10)[0], again=NOW + 370)
    assert waiting(scans, now=NOW + 369) == []
    assert waiting(scans, now=NOW + 370) == [FOLDER]


def test_a_scan_that_failed_waits_and_says_why() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.later(scans.due("plex", NOW)[0], NOW + 90, "no answer")
    assert waiting(scans, now=NOW + 89) == []
    (scan,) = scans.due("plex", NOW + 90)
    assert (scan.why, scan.tries, scan.refused) == ("no answer", 1, False)


def test_a_refused_scan_is_refused_until_it_is_put_again() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.later(scans.due("plex", NOW)[0], NOW + 90, "401", refused=True)
    assert scans.all()[0].refused
    scans.put(["plex"], MOVIES, FOLDER, NOW + 1)
    assert not scans.all()[0].refused


def test_a_retry_makes_every_scan_due() -> None:
    scans = opened().scans
    scans.put(["plex", "emby"], MOVIES, FOLDER, NOW + 10**9)
    assert scans.retry(NOW) == 2
    assert waiting(scans) == waiting(scans, "emby") == [FOLDER]


# -- holds


def held(holds: Holds, *items: str, kind: str = "removals", now: int = NOW) -> None:
    holds.hold(BOB, MOVIES, kind, [(item, f"Title of {item}") for item in items], "more than 20", now)


def test_a_group_waits_as_one_with_what_it_holds() -> None:
    holds = opened().holds
    held(holds, "tmdb:1", "tmdb:2")
    held(holds, "tmdb:2", "tmdb:3", now=NOW + 5)
    (hold,) = holds.all()
    assert [item for item, _ in hold.items] == ["tmdb:1", "tmdb:2", "tmdb:3"]
    assert (hold.since, hold.approved) == (NOW, False)


def test_kinds_are_held_apart() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    held(holds, "tmdb:1", kind="moves")
    assert [hold.kind for hold in holds.all()] == ["removals", "moves"]


def test_approval_releases_what_is_listed() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    assert not holds.approved(MOVIES, "tmdb:1", "removals")
    holds.approve(holds.all()[0].n)
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert not holds.approved(MOVIES, "tmdb:1", "moves")


def test_approval_releases_nothing_that_comes_later() -> None:
    holds = opened().holds
    held(holds, "tmdb:1")
    holds.approve(holds.all()[0].n)
    held(holds, "tmdb:2")
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert not holds.approved(MOVIES, "tmdb:2", "removals")
    later = next(hold for hold in holds.all() if not hold.approved)
    assert [item for item, _ in later.items] == ["tmdb:2"]
    holds.approve(later.n)
    assert holds.approved(MOVIES, "tmdb:1", "removals")
    assert holds.approved(MOVIES, "tmdb:2", "removals")


def test_a_hold_that_does_not_exist_cannot_be_approved() -> None:
    with pytest.raises(Refused, match="no hold 7"):
        opened().holds.approve(7)


def test_a_hold_is_gone_when_all_it_held_was_done() -> None:
    holds = opened().holds
    held(holds, "tmdb:1", "tmdb:2")
    holds.approve(holds.all()[0].n)
    holds.release(MOVIES, "tmdb:1", "removals")
    assert [item for item, _ in holds.all()[0].items] == ["tmdb:2"]
    holds.release(MOVIES, "tmdb:2", "removals")
    assert holds.all() == []
    assert not holds.approved(MOVIES, "tmdb:1", "removals")


def test_what_a_peer_caused_lately_is_counted_by_kind_and_library() -> None:
    holds = opened().holds
    for now in (NOW, NOW + 10, NOW + 20):
        holds.acted(BOB, MOVIES, "removals", now)
    holds.acted(BOB, "tv", "removals", NOW)
    assert holds.lately(BOB, MOVIES, "removals", NOW + 10) == 2
    assert holds.lately(BOB, MOVIES, "moves", NOW) == 0
    holds.acted(BOB, MOVIES, "removals", NOW + 2 * 86_400_000)
    assert holds.lately(BOB, MOVIES, "removals", 0) == 1


# -- refusals and counters


def test_a_refusal_is_news_once() -> None:
    refusals = opened().refusals
    wrong_key = Refused("Radarr refuses the API key (401)", "set api_key")
    assert refusals.note("app:radarr", wrong_key, NOW)
    assert not refusals.note("app:radarr", wrong_key, NOW + 1)
    assert refusals.note("app:radarr", Refused("Radarr redirects /api"), NOW + 2)
    assert refusals.all() == [("app:radarr", "Radarr redirects /api", "", NOW)]
    refusals.clear("app:radarr")
    assert refusals.all() == []
    assert refusals.note("app:radarr", wrong_key, NOW + 3)


def test_counters_add_up() -> None:
    counters = opened().counters
    counters.add("files_rejected")
    counters.add("files_rejected", 4)
    assert counters.all() == {"files_rejected": 5}
    assert DUNE not in counters.all()
