"""Another spelling of a file or folder is followed whichever app keeps it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.core.arr.model import ArrItem
from mesharr.demo.arr.app import SimulatedApp
from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.support.library_setups import ARTISTS, AUTHORS, BOOKS, MUSIC, SHOWS, TV


class Kept(msgspec.Struct, frozen=True):
    """What one kind of app keeps, and what a user does in it."""

    setup: LibrarySetup
    item: str
    add: Callable[[Any], object]
    download: Callable[[Any], object]
    rename: Callable[[Any], object]
    """Writes the name of the file, or of its folder, in capitals."""
    move: Callable[[Any, str], object]
    """Gives the item's folder another name in the web page, and has the app move the files."""


def _move(arr: Any, route: str, name: str) -> None:
    shown = arr.click("GET", f"/{route}", {})
    path = f"{os.path.dirname(shown['path'])}/{name}"
    arr.click("PUT", f"/{route}?moveFiles=true", {**shown, "path": path})
    arr.run_commands()


def _works(setup: LibrarySetup, prefix: str, catalogue: Any) -> Kept:
    creator = catalogue[min(catalogue)]
    work = creator.works[0].id

    def rename(arr: Any) -> None:
        above = {
            file.id: os.path.relpath(file.path, arr.library.creator_by(creator.id).path)
            for file in arr.files(work)
        }
        arr.rename_files(work, {id_: name.upper() for id_, name in above.items()})

    return Kept(
        setup,
        f"{prefix}:{creator.id}",
        lambda arr: arr.add(creator.id),
        lambda arr: arr.download(work),
        rename,
        lambda arr, name: _move(
            arr, f"{arr.library.traits.creator}/{arr.library.creator_by(creator.id).id}", name
        ),
    )


SHOW = SHOWS[1]
EVERY = [
    Kept(
        TV,
        f"tvdb:{SHOW.tvdb_id}",
        lambda arr: arr.add(SHOW.tvdb_id),
        lambda arr: arr.download(SHOW.tvdb_id, 1, 1),
        lambda arr: arr.rename(SHOW.tvdb_id, 1, 1, "SEASON 01/PART 1.mkv"),
        lambda arr, name: _move(arr, f"series/{arr.series(SHOW.tvdb_id).id}", name),
    ),
    _works(MUSIC, "mbid", ARTISTS),
    _works(BOOKS, "goodreads", AUTHORS),
]
for_each_app = pytest.mark.parametrize("kept", EVERY, ids=lambda kept: kept.setup.app)


class Pair:
    """Alice, whose app imported one unit, and Bob, who follows."""

    def __init__(self, kept: Kept, root: Path, clock: Clock) -> None:
        self.kept = kept
        self.clock = clock
        make_drive(root / "drive", (kept.setup.library,))
        self.alice, self.bob = (
            Household(name, root, root / "drive", clock, setups=[kept.setup]) for name in ("alice", "bob")
        )
        self.alice.trust(self.bob)
        self.bob.trust(self.alice)
        self.settle(60)
        kept.add(self.arr)
        self.settle(60)
        kept.download(self.arr)
        self.settle()
        assert self.listed(self.bob).files

    @property
    def arr(self) -> SimulatedApp:
        """Alice's app."""
        return self.alice.arrs[self.kept.setup.app]

    def settle(self, seconds: float = 1200) -> None:
        """Let both go on."""
        settle(self.clock, self.alice, self.bob, seconds=seconds, steps=40)

    def listed(self, house: Household) -> ArrItem:
        """The item as a household's app lists it."""
        with house.unseen():
            found = house.links[self.kept.setup.app].arr.read(self.kept.item)
        assert found is not None
        return found

    def check(self) -> None:
        """Check that both apps list the same, on the drive, and that nothing more is published or waits."""
        of_alice, of_bob = self.listed(self.alice), self.listed(self.bob)
        assert of_bob.folder == of_alice.folder
        assert {file.path for file in of_bob.files} == {file.path for file in of_alice.files}
        assert all(Path(file.path).is_file() for file in of_bob.files)
        published = self.alice.events()
        for house in (self.alice, self.bob):
            house.engine.nightly.step(self.clock())
        self.settle(26 * 3600)
        assert (self.alice.events(), self.bob.events()) == (published, [])
        assert self.alice.waits() == self.bob.waits() == {}


@for_each_app
def test_a_file_in_another_spelling_is_followed(kept: Kept, tmp_path: Path, clock: Clock) -> None:
    pair = Pair(kept, tmp_path, clock)
    before = {file.path for file in pair.listed(pair.bob).files}
    kept.rename(pair.arr)
    pair.settle()
    assert before.isdisjoint(file.path for file in pair.listed(pair.bob).files)
    pair.check()


@for_each_app
def test_a_folder_in_another_spelling_is_followed_and_gets_what_comes_later(
    kept: Kept, tmp_path: Path, clock: Clock
) -> None:
    pair = Pair(kept, tmp_path, clock)
    old = Path(pair.listed(pair.alice).folder)
    new = old.with_name(old.name.upper())
    kept.move(pair.arr, new.name)
    pair.alice.engine.nightly.step(clock())
    pair.settle(7200)
    assert pair.listed(pair.bob).folder == str(new)
    pair.check()
