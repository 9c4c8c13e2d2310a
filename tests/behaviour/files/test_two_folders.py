"""One household moves an artist's folder while another imports into the old one: it is said what to do."""

from pathlib import Path

import pytest

from tests.properties.mesh.deeds import Deed
from tests.properties.mesh.world import World

MOVED_MEANWHILE = (
    Deed(0, "music", "add", then=300.0),
    Deed(0, "music", "import", then=300.0),
    Deed(2, "music", "move files", number=2003, then=1.0),
    Deed(1, "music", "import", unit=1, number=5000, then=300.0),
)


@pytest.mark.parametrize("library", ["music", "books"])
def test_files_in_two_folders_are_named_and_no_scan_is_wasted_on_them(tmp_path: Path, library: str) -> None:
    world = World(tmp_path)
    world.play(Deed(**{**vars(deed), "library": library}) for deed in MOVED_MEANWHILE)
    world.pass_time(3600.0)
    for home in world.homes:
        (waits,) = home.house.state.dirty.all()
        assert (waits.state, waits.why.partition(",")[0]) == ("stuck", "its files are in two folders")
    _, bob, _ = world.homes
    before = sum(bob.house.commands.values())
    world.settle(days=1)
    assert sum(bob.house.commands.values()) == before
