"""What `python -m tests.mesh` once found, and what it relies on; `.ci/run` plays some of its seeds."""

from pathlib import Path

import pytest

from tests.properties.mesh.checks import complaints
from tests.properties.mesh.deeds import Act, Deed
from tests.properties.mesh.drawing import shrunk
from tests.properties.mesh.found import FOUND
from tests.properties.mesh.points import POINTS, Point
from tests.properties.mesh.world import World, outcome, setups_of

QUICK = ("1029",)
"""What was once found that is played by default: with the beginning of its name."""
QUICK_POINTS = (
    "movies: odd name",
    "two tracks exchange their names",
)
"""The close sequences that are played by default."""


@pytest.mark.parametrize(
    "name",
    [name if name.startswith(QUICK) else pytest.param(name, marks=pytest.mark.campaign) for name in FOUND],
)
def test_what_once_was_found_stays_fixed(name: str, tmp_path: Path) -> None:
    found, trace = outcome(World(tmp_path), FOUND[name])
    assert not found, f"{found}\n{trace}"


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(
            point,
            id=point.name,
            marks=() if point.name in QUICK_POINTS else pytest.mark.campaign,
        )
        for point in POINTS
    ],
)
def test_close_sequences_end_as_the_apps_show_them(point: Point, tmp_path: Path) -> None:
    world = World(tmp_path, setups=setups_of(point.acts), uploading=point.uploading)
    found, trace = outcome(world, point.acts, promptly=point.promptly)
    assert not found, f"{found}\n{trace}"


def test_the_acts_of_a_seed_come_out_the_same_when_they_are_played_again(tmp_path: Path) -> None:
    drawn, again = World(tmp_path / "drawn"), World(tmp_path / "again")
    drawn.play(drawn.drawn(3, 20, trouble=0.3))
    again.play(list(drawn.done))
    assert again.trace == drawn.trace
    assert [home.house.events() for home in again.homes] == [home.house.events() for home in drawn.homes]


def test_what_does_not_hold_is_found(tmp_path: Path) -> None:
    world = World(tmp_path)
    _, bob, _ = world.homes
    world.play([Deed(0, "movies", "add")])
    world.settle()
    assert list(complaints(world)) == []
    bob.house.deaf = True
    bob.house.radarr.delete(1)
    bob.house.radarr.searches.append(1)
    found = "\n".join(complaints(world))
    assert "the mesh has it, the arr does not" in found
    assert "was made to search" in found


def test_a_refresh_that_stops_in_the_middle_lets_the_next_deeds_happen_meanwhile(tmp_path: Path) -> None:
    world = World(tmp_path)
    add = Deed(0, "music", "add", then=300.0)
    off = Deed(0, "music", "monitor", flag=False)
    world.play([add, Deed(0, "music", "refresh", stage="works", during=1), off])
    said = [line.partition("alice: ")[2] for line in world.trace]
    assert said[2:] == [
        "the refresh of music has read works of 1",
        f"{off}",
        "the refresh of music writes them",
    ]
    arr = world.homes[0].house.arrs["lidarr"]
    assert [work.monitored for work in arr.library.works()] == [True, True]  # type: ignore[attr-defined]  # any arr's


def test_what_a_finding_does_not_need_is_left_out() -> None:
    acts: list[Act] = [Deed(0, "movies", "add", item) for item in range(1, 10)]
    assert shrunk(acts, lambda some: {acts[2], acts[7]} <= set(some)) == [acts[2], acts[7]]
