"""A copy that does not come holds back nothing else of its item; what belongs together comes together."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import ARTISTS, MUSIC, TV

AN_HOUR_S = 3600.0


def _pair(root: Path, clock: Clock, setup: LibrarySetup) -> tuple[Household, Household, Any]:
    """Alice, Bob, and the app of Alice."""
    make_drive(root / "drive", (setup.library,))
    alice, bob = (Household(name, root, root / "drive", clock, (setup,)) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob, alice.arrs[setup.app]


def _files(house: Household, item: str) -> set[str]:
    """The files that the app lists of an item, none where it lists no such item."""
    [app] = house.arrs
    with house.unseen():
        listed = house.links[app].arr.read(item)
    return {file.path for file in listed.files} if listed else set()


@pytest.mark.parametrize("is_known", [True, False], ids=["series known", "series new"])
def test_an_episode_that_does_not_come_holds_back_no_other(
    tmp_path: Path, clock: Clock, *, is_known: bool
) -> None:
    alice, bob, sonarr = _pair(tmp_path, clock, TV)
    sonarr.add(1)
    sonarr.run_commands()
    settle(clock, alice, *([bob] if is_known else []), seconds=120, steps=10)
    files = sonarr.download_season(1, 1)
    settle(clock, alice, seconds=60, steps=6)
    paths = [Path(file.path_in(sonarr.series(1).path)) for file in files]
    late, *others = sorted(paths)
    away = late.rename(tmp_path / "late")
    settle(clock, bob, seconds=AN_HOUR_S)
    assert _files(bob, "tvdb:1") == {str(path) for path in others}
    away.rename(late)
    settle(clock, alice, bob, seconds=AN_HOUR_S)
    assert _files(bob, "tvdb:1") == {str(path) for path in paths}
    assert (bob.waits(), bob.events()) == ({}, [])


def test_an_album_waits_for_its_last_track_and_holds_back_no_other_album(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob, lidarr = _pair(tmp_path, clock, MUSIC)
    artist = next(iter(ARTISTS.values()))
    lidarr.add(artist.id)
    lidarr.run_commands()
    settle(clock, alice, bob, seconds=120, steps=10)
    whole, broken = (lidarr.download(work.id) for work in artist.works[:2])
    settle(clock, alice, seconds=60, steps=6)
    late = Path(broken[0].path)
    away = late.rename(tmp_path / "late")
    settle(clock, bob, seconds=AN_HOUR_S)
    assert _files(bob, f"mbid:{artist.id}") == {file.path for file in whole}
    away.rename(late)
    settle(clock, alice, bob, seconds=AN_HOUR_S)
    assert _files(bob, f"mbid:{artist.id}") == {file.path for file in (*whole, *broken)}
    assert (bob.waits(), bob.events()) == ({}, [])
