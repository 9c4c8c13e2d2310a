"""A folder that is moved with its files a moment after an import: the app says so to nobody."""

from pathlib import Path

import httpx
import pytest

from tests.behaviour.everyday.test_every_arr import STORIES, Story
from tests.support.household import MOVIES, Clock, Household, make_drive, settle


def _move(house: Household, row: str, folder: str) -> None:
    """Move an item and its files in the app's page."""
    [app] = house.arrs
    found = house.ask(row, app)
    version = "v1" if app in {"lidarr", "readarr"} else "v3"
    body = {**found, "path": f"{house.library}/{folder}"}
    request = httpx.Request(
        "PUT", f"http://{app}/api/{version}/{row}?moveFiles=true", json=body, headers={"X-Api-Key": "key"}
    )
    with house.unseen():
        assert house.arrs[app].handle(request).is_success


FILM = Story(MOVIES, "tmdb:7", "movie", lambda arr: arr.add(7), lambda arr: arr.download(7), lambda _: None)
ROWS = {"radarr": "movie", "sonarr": "series", "lidarr": "artist", "readarr": "author"}


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("story", [FILM, *STORIES], ids=lambda story: story.setup.app)
def test_the_peer_lists_the_file_in_its_new_folder(
    tmp_path: Path, clock: Clock, story: Story, published: bool
) -> None:
    setup = story.setup
    make_drive(tmp_path / "drive", (setup.library,))
    houses = [Household(name, tmp_path, tmp_path / "drive", clock, (setup,)) for name in ("alice", "bob")]
    alice, bob = houses
    alice.trust(bob)
    bob.trust(alice)
    arr = alice.arrs[setup.app]
    story.add(arr)
    settle(clock, alice, bob)
    story.download(arr)
    if published:
        settle(clock, alice, bob, seconds=10, steps=5)
        assert alice.events()[-1] == "file.imported"
    row = ROWS[setup.app]
    _move(alice, f"{row}/{alice.ask(row, setup.app)[0]['id']}", "Elsewhere (2001)")
    settle(clock, alice, bob, seconds=40 * 60, steps=400)
    shown = [sorted(file.path for file in story.held(house).files) for house in houses]
    assert {Path(path).exists() for path in shown[0]} == {True}
    assert all("/Elsewhere (2001)/" in path for path in shown[0])
    assert [Path(path).relative_to(bob.library) for path in shown[1]] == [
        Path(path).relative_to(alice.library) for path in shown[0]
    ]
    assert (alice.waits(), bob.waits()) == ({}, {})
