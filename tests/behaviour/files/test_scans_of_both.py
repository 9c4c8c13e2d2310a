"""A file of a peer that is not visible yet is scanned when it is, whatever this household publishes."""

from pathlib import Path

from tests.support.household import Clock, settle
from tests.support.keepers import HOUR, SHOWS, share, two


def test_an_own_import_takes_no_scan_from_a_peers_file_that_is_not_visible_yet(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, SHOWS)
    share(SHOWS, clock, alice, bob, numbers=(1,))
    season = next(alice.folders["tv"].rglob("Season 01"))
    before = set(season.iterdir())
    SHOWS.arr(bob).download(1, 1, 2)
    settle(clock, bob, seconds=300, steps=30)
    [file] = set(season.iterdir()) - before
    hidden = file.rename(tmp_path / file.name)  # alice's mount does not list it yet
    settle(clock, alice, seconds=300, steps=30)
    SHOWS.arr(alice).download(1, 1, 3)
    settle(clock, alice, seconds=300, steps=30)
    assert alice.events()[-1] == "file.imported"
    alice.plex.scans.clear()
    hidden.rename(file)
    settle(clock, alice, bob, seconds=HOUR, steps=60)
    assert alice.plex.scans == [str(season)]
