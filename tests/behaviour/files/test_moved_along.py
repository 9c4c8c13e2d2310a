"""A household's app moves a folder with what another household has just imported there."""

from pathlib import Path

import pytest

from tests.properties.mesh.checks import complaints, misplaced
from tests.properties.mesh.deeds import HOUR_S, LATER_S, SECOND_S, Deed, Unpublished
from tests.properties.mesh.world import World
from tests.support.library_setups import SETUPS

IMPORTED_MEANWHILE = (
    Deed(0, "", "add", then=LATER_S),
    Deed(0, "", "import", number=5000, then=LATER_S),
    Deed(1, "", "import", unit=1, number=7002, then=SECOND_S),
    Deed(0, "", "move files", number=2004, then=LATER_S),
)
"""The app of the first household does not know the second's file yet, and moves all that is in the folder."""
HALF_AN_HOUR_S = 1800.0


OVERWRITTEN_MEANWHILE = (
    *IMPORTED_MEANWHILE[:2],
    Deed(1, "", "import same name", number=7002, then=SECOND_S),
    Deed(0, "", "recase folder", then=LATER_S),
)
"""It knows a file of that name, and the folder gets other capitals only."""


@pytest.mark.parametrize(
    ("library", "deeds"),
    [
        ("movies", IMPORTED_MEANWHILE),
        ("music", IMPORTED_MEANWHILE),
        ("movies", OVERWRITTEN_MEANWHILE),
    ],
    ids=["film", "track", "spelling"],
)
def test_a_file_that_went_along_with_a_folder_is_found_there_by_whose_it_is(
    tmp_path: Path, library: str, deeds: tuple[Deed, ...]
) -> None:
    [setup] = (setup for setup in SETUPS if setup.library == library)
    world = World(tmp_path, count=2, setups=(setup,))
    world.play(Deed(**{**vars(deed), "library": library}) for deed in deeds)
    world.step(compare=True)  # no app tells that a folder was moved
    world.pass_time(HALF_AN_HOUR_S)
    assert list(misplaced(world)) == []
    assert [each.house.state.dirty.all() for each in world.homes] == [[], []]
    state = world.homes[0].house.state
    [(_, item)] = [(library, each) for each in state.items.all(library)]
    bob = world.homes[1].house.node
    brought = {living.brought_by for living in state.items.state(library, item).copies.values()}
    assert bob in brought
    assert list(complaints(world)) == []


TOLD_LATE = (
    *IMPORTED_MEANWHILE[:2],
    Deed(1, "", "import", unit=1, number=7002, then=SECOND_S),
    Unpublished(0, HOUR_S),
    Deed(0, "", "move files", number=2004, then=LATER_S),
    Unpublished(1, 2 * HOUR_S, then=3 * HOUR_S),
)
"""The folder is published after the second household proved that its file is gone, and before it said so."""


@pytest.mark.parametrize("library", ["movies", pytest.param("music", marks=pytest.mark.campaign)])
def test_a_file_that_went_along_is_not_published_as_gone(tmp_path: Path, library: str) -> None:
    [setup] = (setup for setup in SETUPS if setup.library == library)
    world = World(tmp_path, count=2, setups=(setup,))
    world.play(
        Deed(**{**vars(act), "library": library}) if isinstance(act, Deed) else act for act in TOLD_LATE
    )
    world.settle()
    assert "file.removed" not in world.homes[1].house.events()
    assert list(complaints(world)) == []


@pytest.mark.parametrize("how", ["recase folder", pytest.param("move files", marks=pytest.mark.campaign)])
def test_a_file_that_went_along_is_published_where_it_is_though_its_app_lists_another(
    tmp_path: Path, how: str
) -> None:
    """Of two files of one film the second household's app takes the first one's, in the new folder."""
    [setup] = (setup for setup in SETUPS if setup.library == "movies")
    world = World(tmp_path, count=2, setups=(setup,))
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(1, "movies", "add", then=LATER_S),
            Unpublished(0, 20.0),
            Deed(0, "movies", "import", number=1001, then=SECOND_S),
            Deed(1, "movies", "import", number=9000, then=LATER_S),
            Deed(0, "movies", how, number=3, then=HOUR_S),
        )
    )
    world.settle()
    assert world.homes[1].house.events().count("file.renamed") == 1
    assert list(complaints(world)) == []


@pytest.mark.parametrize("what", ["move files", "respell folder"])
@pytest.mark.parametrize("library", ["tv", "movies"])
def test_an_app_whose_refresh_wrote_the_former_folder_back_takes_the_one_with_the_files(
    tmp_path: Path, library: str, what: str
) -> None:
    """The refresh began before the app moved the files: nothing is in the folder that the app has then."""
    [setup] = (setup for setup in SETUPS if setup.library == library)
    world = World(tmp_path, count=2, setups=(setup,))
    world.play(
        (
            Deed(0, library, "add", then=LATER_S),
            Deed(0, library, "import", number=5000, then=LATER_S),
            Deed(0, library, "refresh", stage="metadata", during=1),
            Deed(0, library, what, number=2003, then=2 * HOUR_S),
        )
    )
    world.settle(1)
    assert list(complaints(world)) == []
    [folders] = {tuple(each.item.folder for each in home.shown(library).values()) for home in world.homes}
    [file] = (world.homes[0].house.drive / library / folders[0]).rglob("*.mkv")
    assert file.stat().st_size == 5000
