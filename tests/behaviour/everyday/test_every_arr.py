"""The main job with each kind of arr: what one household imports the others have, unmonitored."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.arr.model import ArrItem
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from tests.arrs.lidarr.app import SimulatedLidarr
from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.arrs.works.app import SimulatedWorksApp
from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.unit.arrs.lidarr.household import ARTISTS, BOC, GEOGADDI, TWOISM
from tests.unit.arrs.readarr.household import AUTHORS, EARTHSEA, LE_GUIN
from tests.unit.arrs.sonarr.household import OFFICE

Happen = Callable[[Any], object]


def _made(arr: type[Any], catalogue: dict[Any, Any]) -> Callable[[str, str, Clock, Post], SimulatedApp]:
    def make(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
        made: SimulatedApp = arr(
            name=name, roots=[root], api_key="key", catalogue=catalogue, now=clock.seconds, post=post
        )
        if isinstance(made, SimulatedWorksApp):
            roots = made.library.tables.roots
            for number, defaults in roots.items():
                roots[number] = replace(defaults, monitor="none", new_items="none")
        return made

    return make


SONARR = LibrarySetup("tv", "sonarr", _made(SimulatedSonarr, {OFFICE.tvdb_id: OFFICE}))
LIDARR = LibrarySetup("music", "lidarr", _made(SimulatedLidarr, {artist.id: artist for artist in ARTISTS}))
READARR = LibrarySetup("books", "readarr", _made(SimulatedReadarr, {author.id: author for author in AUTHORS}))


class Story:
    """What happens in one household, and the unit it is about."""

    def __init__(
        self, setup: LibrarySetup, item: str, unit: str, add: Happen, download: Happen, upgrade: Happen
    ) -> None:
        self.setup = setup
        self.item = item
        self.unit = unit
        self.add = add
        self.download = download
        self.upgrade = upgrade

    def held(self, house: Household) -> ArrItem:
        """The item as the household's arr has it."""
        with house.unseen():
            held = house.links[self.setup.app].arr.read(self.item)
        assert held is not None, f"{house.name} does not have it"
        return held


STORIES = [
    Story(
        SONARR,
        f"tvdb:{OFFICE.tvdb_id}",
        "S02E01",
        lambda arr: arr.add(OFFICE.tvdb_id),
        lambda arr: arr.download(OFFICE.tvdb_id, 2, 1, size=4_000),
        lambda arr: arr.download(OFFICE.tvdb_id, 2, 1, size=9_000, quality="Bluray-1080p"),
    ),
    Story(
        LIDARR,
        f"mbid:{BOC}",
        GEOGADDI,
        lambda arr: arr.add(BOC),
        lambda arr: arr.download(GEOGADDI, suffix=".mp3", size=4_000),
        lambda arr: arr.download(GEOGADDI, size=9_000),
    ),
    Story(
        READARR,
        f"goodreads:{LE_GUIN}",
        EARTHSEA,
        lambda arr: arr.add(LE_GUIN),
        lambda arr: arr.download(EARTHSEA, suffix=".mobi", size=4_000),
        lambda arr: arr.download(EARTHSEA, size=9_000),
    ),
]
for_each_arr = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.setup.app)


def _pair(story: Story, root: Path, clock: Clock) -> tuple[Household, Household]:
    make_drive(root / "drive", (story.setup.library,))
    alice, bob = (
        Household(name, root, root / "drive", clock, setups=[story.setup]) for name in ("alice", "bob")
    )
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


@for_each_arr
def test_what_one_imports_the_other_has_unmonitored_and_upgrades_follow(
    story: Story, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(story, tmp_path, clock)
    story.add(alice.arrs[story.setup.app])
    settle(clock, alice, bob, seconds=60, steps=6)
    story.download(alice.arrs[story.setup.app])
    settle(clock, alice, bob)
    held = story.held(bob)
    assert held.tags == ("mesharr-alice",)
    assert not any(held.monitored.values())
    assert {file.size for file in held.files if story.unit in file.units} == {4_000}
    assert story.held(alice).monitored[story.unit] is True
    story.upgrade(alice.arrs[story.setup.app])
    settle(clock, alice, bob)
    assert {file.size for file in story.held(bob).files if story.unit in file.units} == {9_000}
    assert bob.events() == []
    assert alice.waits() == bob.waits() == {}


@for_each_arr
def test_what_was_added_here_and_imports_here_is_monitored_alone(
    story: Story, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(story, tmp_path, clock)
    story.add(alice.arrs[story.setup.app])
    settle(clock, alice, bob)
    before = story.held(alice).monitored
    story.download(bob.arrs[story.setup.app])
    settle(clock, alice, bob)
    assert [unit for unit, flag in story.held(bob).monitored.items() if flag] == [story.unit]
    assert story.held(alice).monitored == {**before, story.unit: False}


def test_an_album_that_the_others_profile_leaves_out_arrives(tmp_path: Path, clock: Clock) -> None:
    story = STORIES[1]
    alice, bob = _pair(story, tmp_path, clock)
    lidarr: Any = alice.arrs["lidarr"]
    lidarr.add(BOC)
    settle(clock, alice, bob, seconds=60, steps=6)
    lidarr.edit(BOC, metadata_profile_id=3)
    lidarr.daily_refresh()
    settle(clock, alice, bob, seconds=60, steps=6)
    lidarr.download(TWOISM)
    settle(clock, alice, bob)
    held = story.held(bob)
    assert [file.units for file in held.files] == [(TWOISM,)]
    assert held.monitored[TWOISM] is False
    assert bob.events() == []


@pytest.mark.parametrize("heard", ["from the webhook", "from the history"])
@pytest.mark.parametrize("story", STORIES[1:], ids=lambda story: story.setup.app)
def test_tags_that_a_peer_writes_into_a_file_change_its_size_and_not_its_owner(
    story: Story, heard: str, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(story, tmp_path, clock)
    story.add(alice.arrs[story.setup.app])
    settle(clock, alice, bob, seconds=60, steps=6)
    story.download(alice.arrs[story.setup.app])
    settle(clock, alice, bob)
    told, flags = alice.events(), story.held(alice).monitored
    retagging: Any = bob.arrs[story.setup.app]
    bob.deaf = heard == "from the history"
    retagging.retag(story.unit)
    bob.deaf = False
    bob.engine.history.step(clock())
    settle(clock, alice, bob, seconds=3600, steps=60)
    assert set(bob.events()) == {"file.renamed"}
    assert alice.events() == told
    for house in (alice, bob):
        state = house.state.items.state(story.setup.library, story.item)
        assert {living.copy.size for living in state.copies.values()} == {4_003}
        assert state.owner_of(story.unit) == alice.node
        assert {file.size for file in story.held(house).files} == {4_003}
        assert house.waits() == {}
    assert story.held(alice).monitored == flags
    assert not any(story.held(bob).monitored.values())
