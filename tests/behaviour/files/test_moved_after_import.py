"""A folder that is moved with its files a moment after an import: the app says so to nobody."""

from pathlib import Path

import httpx
import pytest

from tests.support.household import MOVIES, Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import TV


def _move(house: Household, row: str, folder: str) -> None:
    """Move an item and its files in the app's page."""
    [app] = house.arrs
    found = house.ask(row, app)
    body = {**found, "path": f"{house.library}/{folder}"}
    request = httpx.Request(
        "PUT", f"http://{app}/api/v3/{row}?moveFiles=true", json=body, headers={"X-Api-Key": "key"}
    )
    with house.unseen():
        assert house.arrs[app].handle(request).is_success


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("setup", [MOVIES, TV], ids=["radarr", "sonarr"])
def test_the_peer_lists_the_file_in_its_new_folder(
    tmp_path: Path, clock: Clock, setup: LibrarySetup, published: bool
) -> None:
    make_drive(tmp_path / "drive", (setup.library,))
    houses = [Household(name, tmp_path, tmp_path / "drive", clock, (setup,)) for name in ("alice", "bob")]
    alice, bob = houses
    alice.trust(bob)
    bob.trust(alice)
    arr: object = alice.arrs[setup.app]
    arr.add(7)  # type: ignore[attr-defined]  # any arr's
    settle(clock, alice, bob)
    if setup is TV:
        arr.download(7, 1, 1)  # type: ignore[attr-defined]  # Sonarr's
    else:
        arr.download(7)  # type: ignore[attr-defined]  # Radarr's
    if published:
        settle(clock, alice, bob, seconds=10, steps=5)
    kind = {"radarr": "movie", "sonarr": "series"}[setup.app]
    row = alice.ask(kind, setup.app)[0]["id"]
    _move(alice, f"{kind}/{row}", "Elsewhere (2001)")
    settle(clock, alice, bob, seconds=60, steps=20)
    if published:
        alice.once(compare=True)  # nothing tells of the move: it is found by the next comparison
    settle(clock, alice, bob, seconds=3 * 3600, steps=360)
    item = {"radarr": "tmdb:7", "sonarr": "tvdb:7"}[setup.app]
    shown: list[list[str]] = []
    for house in houses:
        with house.unseen():
            listed = house.links[setup.app].arr.read(item)
        assert listed is not None
        shown.append([file.path for file in listed.files])
    assert [Path(path).exists() for path in shown[0]] == [True]
    assert "/Elsewhere (2001)/" in shown[0][0]
    assert shown[1] == shown[0]
    assert bob.waits() == {}
