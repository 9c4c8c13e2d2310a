"""One household moves an item's folder while another imports into the old one: it is said what to do."""

from pathlib import Path

import pytest

from tests.properties.mesh.checks import complaints, misplaced
from tests.properties.mesh.deeds import LATER_S, SECOND_S, Deed, Unpublished
from tests.properties.mesh.world import World
from tests.support.library_setups import SETUPS

HOUR_S = 3600.0
MOVED_MEANWHILE = (
    Deed(0, "", "add", then=LATER_S),
    Deed(0, "", "import", then=LATER_S),
    Deed(2, "", "move files", number=2003, then=SECOND_S),
    Deed(1, "", "import", unit=1, number=5000, then=LATER_S),
)


@pytest.mark.parametrize("library", ["music", "books"])
def test_files_in_two_folders_are_named_and_are_in_one_once_that_was_done_what_is_said(
    tmp_path: Path, library: str
) -> None:
    [setup] = (setup for setup in SETUPS if setup.library == library)
    world = World(tmp_path, setups=(setup,))
    world.play(Deed(**{**vars(deed), "library": library}) for deed in MOVED_MEANWHILE)
    world.pass_time(HOUR_S)
    _, bob, carol = world.homes
    before = sum(bob.house.commands.values())
    for home in world.homes:
        [waits] = home.house.state.dirty.all()
        assert (waits.state, waits.why.partition(",")[0]) == ("stuck", "its files are in two folders")
        told = "that has it in the second" if home is carol else "set its path in"
        assert told in waits.why
    world.pass_time(HOUR_S)
    assert sum(bob.house.commands.values()) == before
    assert world.follow_advice()
    world.pass_time(HOUR_S)
    assert list(misplaced(world)) == []
    assert [home.house.state.dirty.all() for home in world.homes] == [[], [], []]


@pytest.mark.parametrize("what", ["move files", "recase folder"])
@pytest.mark.parametrize("library", ["tv", "books"])
def test_files_whose_household_left_the_item_are_moved_by_who_has_it_in_the_other_folder(
    tmp_path: Path, library: str, what: str
) -> None:
    world = _world(tmp_path, library, count=2)
    world.play(
        (
            Deed(0, library, "add", then=LATER_S),
            Deed(0, library, "import", number=7000, then=LATER_S),
            Deed(0, library, what, number=2003, then=SECOND_S),
            Deed(1, library, "import", unit=1, number=5000, then=LATER_S),
            Deed(1, library, "delete", flag=False, then=LATER_S),
        )
    )
    world.pass_time(HOUR_S)
    alice, bob = world.homes
    [waits] = alice.house.state.dirty.all()
    assert (waits.state, bob.shown(library)) == ("stuck", {})
    assert "if none has, move them into the first" in waits.why
    assert world.follow_advice()
    world.settle(1)
    [shown] = alice.shown(library).values()
    assert {copy.path.partition("/")[0] for copy in shown.files.values()} == {shown.item.folder}
    assert {copy.size for copy in shown.files.values()} == {5000, 7000}
    assert list(complaints(world)) == []


TWO_SETS = (
    Deed(0, "music", "add", then=LATER_S),
    Deed(0, "music", "import", number=7000, then=LATER_S),
    Unpublished(2, LATER_S),
    Deed(2, "music", "move files", number=2003, then=SECOND_S),
    Deed(2, "music", "rename", number=1, then=SECOND_S),
    Deed(0, "music", "import", number=5000, then=2 * LATER_S),
    Deed(0, "music", "move files", number=2004, then=LATER_S),
)
"""An album that two households have in two folders: each has its own set of tracks."""


def test_the_names_of_a_set_that_its_person_moves_beside_the_owners_are_published(tmp_path: Path) -> None:
    world = _world(tmp_path, "music")
    world.play(TWO_SETS)
    world.pass_time(HOUR_S)
    assert world.follow_advice()
    world.pass_time(HOUR_S)
    _, _, carol = world.homes
    [item] = carol.shown("music")
    registry = carol.house.state.items.state("music", item)
    on_drive = world.homes[0].house.drive / "music" / registry.folder
    assert {living.copy.size for living in registry.copies.values()} == {5000, 7000}
    assert len(registry.copies) == len([path for path in on_drive.rglob("*") if path.is_file()]) == 6
    assert list(misplaced(world)) == []


def _imported_meanwhile(library: str, unit: int) -> list[Deed]:
    """Return deeds of which the last imports into the former spelling of a folder."""
    return [
        Deed(0, library, "add", then=LATER_S),
        Deed(1, library, "import", number=7000, then=LATER_S),
        Deed(1, library, "recase folder", then=SECOND_S),
        Deed(2, library, "import", unit=unit, number=5000, then=LATER_S),
    ]


def _world(root: Path, library: str, count: int = 3) -> World:
    [setup] = (setup for setup in SETUPS if setup.library == library)
    return World(root, setups=(setup,), count=count)


def test_two_folders_that_differ_in_spelling_only_are_named_and_become_one(tmp_path: Path) -> None:
    world = _world(tmp_path, "tv")
    world.play(_imported_meanwhile("tv", unit=1))
    world.pass_time(HOUR_S)
    _, bob, _ = world.homes
    for home in world.homes:
        [waits] = home.house.state.dirty.all()
        names = ("SHOW 1", "Show 1") if home is bob else ("Show 1", "SHOW 1")
        said = "its files are in two folders whose names differ in capitals only, {} and {}: "
        assert waits.state == "stuck"
        assert waits.why.startswith(said.format(*names))
        assert ("that has it in the second" if home is bob else "set its path in") in waits.why
    before = sum(home.house.commands.total() for home in world.homes)
    world.pass_time(HOUR_S)
    assert sum(home.house.commands.total() for home in world.homes) == before
    assert world.follow_advice()
    world.pass_time(HOUR_S)
    assert list(misplaced(world)) == []
    assert [home.shown("tv")["tvdb:1"].item.folder for home in world.homes] == ["SHOW 1"] * 3
    assert [home.house.state.dirty.all() for home in world.homes] == [[], [], []]


@pytest.mark.parametrize(
    "library", ["movies", pytest.param("music", marks=pytest.mark.campaign)], ids=["film", "same name"]
)
def test_what_replaces_all_files_in_the_former_spelling_of_a_folder_is_shown_there_by_everybody(
    tmp_path: Path, library: str
) -> None:
    world = _world(tmp_path, library)
    world.play(_imported_meanwhile(library, unit=0))
    world.pass_time(HOUR_S)
    assert list(misplaced(world)) == []
    assert [home.house.state.dirty.all() for home in world.homes] == [[], [], []]
    [folder] = {shown.item.folder for home in world.homes for shown in home.shown(library).values()}
    assert folder != folder.upper()
    assert list(complaints(world)) == []


def test_two_files_whose_names_differ_in_capitals_only_are_named_until_one_is_deleted(tmp_path: Path) -> None:
    world = _world(tmp_path, "books")
    world.play(
        (
            Deed(0, "books", "add", then=LATER_S),
            Deed(0, "books", "import", number=7000, then=LATER_S),
        )
    )
    alice, bob, _ = world.homes
    published = bob.house.drive / "books" / "Author 1" / "Book 11" / "Author 1 - Book 11.epub"
    other = published.parent.parent / "BOOK 11" / published.name
    other.parent.mkdir()
    other.write_bytes(bytes(5000))
    bob.house.arrs["readarr"].daily_rescan()  # type: ignore[attr-defined]  # it is one with works
    world.step(compare=True)
    world.pass_time(HOUR_S)
    [waits] = bob.house.state.dirty.all()
    said = "two of its files have names that differ in capitals only, {1} and {0}: the mesh has the second"
    paths = [str(path.relative_to(bob.house.drive / "books")) for path in (published, other)]
    assert (waits.state, waits.why.partition(",")[0]) == ("stuck", said.partition(",")[0])
    assert waits.why.startswith(said.format(*paths))
    before = bob.house.commands.total()
    world.pass_time(2 * HOUR_S)
    assert bob.house.commands.total() == before
    [living] = alice.house.state.items.state("books", "goodreads:1").copies.values()
    assert (living.copy.path, living.copy.size) == (paths[0], 7000)
    assert world.follow_advice()
    world.pass_time(HOUR_S)
    assert list(misplaced(world)) == []
    assert [home.house.state.dirty.all() for home in world.homes] == [[], [], []]


def test_a_file_of_the_same_size_beside_the_meshs_is_named_on_each_day_on_which_a_scan_takes_it(
    tmp_path: Path,
) -> None:
    world = _world(tmp_path, "movies")
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(0, "movies", "import", number=7000, then=LATER_S),
        )
    )
    _, bob, _ = world.homes
    [living] = bob.house.state.items.state("movies", "tmdb:1").copies.values()
    published = bob.house.drive / "movies" / living.copy.path
    published.with_name(published.name.replace("Film", "FILM")).write_bytes(bytes(7000))
    listed = []
    for _ in range(5):
        bob.house.arrs["radarr"].housekeeping()
        bob.house.arrs["radarr"].daily_refresh()
        world.step(compare=True)
        world.pass_time(HOUR_S)
        [shown] = bob.shown("movies").values()
        listed += [Path(copy.path).name for copy in shown.files.values()]
        said = [waits.why.partition(",")[0] for waits in bob.house.state.dirty.all()]
        other = ["two of its files have names that differ in capitals only"]
        assert said == ([] if listed[-1] == published.name else other), listed
        world.pass_time(11 * HOUR_S)
    assert len(set(listed)) == 2
