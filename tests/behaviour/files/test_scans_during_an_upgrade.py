"""A peer upgrades a film: nobody's media server is asked to scan while neither file can be seen."""

from pathlib import Path

import httpx
import pytest

from tests.support.crashing import Mortal, Uploading
from tests.support.household import Clock, make_drive, settle

FILM = "Film 7 (2007)"
OLD, NEW = f"{FILM}/{FILM} Bluray-1080p.mkv", f"{FILM}/{FILM} Remux-1080p.mkv"


class Watched(Mortal):
    """A household that notes what its mount shows of the film whenever its Plex is asked to scan."""

    shown: list[set[str]]

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        if url == "http://plex" and request.url.path.endswith("/refresh"):
            places = {name: self.drive / "movies" / name for name in (OLD, NEW)}
            seen = {name for name, at in places.items() if at.is_file() and self.mount.shows(str(at))}
            self.shown.append(seen)
        return super().answer(url, request)


@pytest.mark.parametrize("late", [0, 600], ids=["the mount shows it at once", "the mount is late"])
@pytest.mark.parametrize("name", [NEW, OLD], ids=["another name", "the same name"])
def test_no_scan_runs_between_the_old_file_and_the_visible_new_one(
    tmp_path: Path, clock: Clock, name: str, late: int
) -> None:
    make_drive(tmp_path / "drive")
    Watched.shown = []
    alice, bob = Uploading("alice", tmp_path, clock, late=0), Watched("bob", tmp_path, clock, late=late)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=120, steps=12)
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=1800, steps=40)
    assert bob.shows(7) == (False, True)
    assert bob.shown == [{OLD}]
    bob.shown.clear()
    (alice.drive / "movies" / OLD).unlink()  # through the union, which the simulated app does not see
    bob.mount.seen.clear()
    alice.radarr.download(7, name=Path(name).name, quality="Remux-1080p", size=9000)
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert bob.shown
    assert set(map(frozenset, bob.shown)) == {frozenset({name})}
