"""Folders to scan: one queue for each scanner, in which a folder is once."""

from mesharr.state.queues.scans import Scans
from tests.unit.state.samples import MOVIES, NOW, opened

FOLDER = "Dune (2021)"


def waiting(scans: Scans, scanner: str = "plex", now: int = NOW) -> list[str]:
    return [scan.folder for scan in scans.due(scanner, now)]


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


def test_a_folder_put_again_during_its_request_is_requested_again() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    (scan,) = scans.due("plex", NOW)
    scans.put(["plex"], MOVIES, FOLDER, NOW + 3)
    scans.done(scan)
    assert waiting(scans, now=NOW + 3) == [FOLDER]


def test_a_server_on_another_mount_is_asked_twice() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.done(scans.due("plex", NOW)[0], again=NOW + 360)
    assert waiting(scans, now=NOW + 359) == []
    (second,) = scans.due("plex", NOW + 360)
    scans.done(second, again=NOW + 720)
    assert scans.all() == []


def test_a_change_before_the_second_request_is_requested_at_once_and_twice_too() -> None:
    scans = opened().scans
    scans.put(["plex"], MOVIES, FOLDER, NOW)
    scans.done(scans.due("plex", NOW)[0], again=NOW + 360)
    scans.put(["plex"], MOVIES, FOLDER, NOW + 10)
    scans.done(scans.due("plex", NOW + 10)[0], again=NOW + 370)
    assert waiting(scans, now=NOW + 369) == []
    assert waiting(scans, now=NOW + 370) == [FOLDER]


def test_a_scan_that_failed_waits_and_keeps_why() -> None:
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
