"""One household moves an artist's folder while another imports into the old one: it is said what to do."""

from pathlib import Path

import pytest

from tests.properties.mesh.checks import misplaced
from tests.properties.mesh.deeds import LATER_S, SECOND_S, Deed
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
