"""A file is overwritten on the drive before it was published, e.g. by a program that converts it."""

from pathlib import Path

from tests.properties.mesh.checks import misplaced
from tests.properties.mesh.deeds import AT_ONCE_S, LATER_S, Deed
from tests.properties.mesh.world import World
from tests.support.household import MOVIES

HALF_AN_HOUR_S = 1800.0


def test_its_app_reads_it_anew_and_it_is_published_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, count=2, setups=(MOVIES,))
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(0, "movies", "import", number=42271, then=AT_ONCE_S),
            Deed(0, "movies", "overwrite", number=7002),
        )
    )
    world.pass_time(HALF_AN_HOUR_S)
    alice, bob = world.homes
    [living] = bob.house.state.items.state("movies", "tmdb:1").copies.values()
    assert (living.copy.size, living.brought_by) == (7002, alice.house.node)
    assert list(misplaced(world)) == []
    scans = sum(times for what, times in alice.house.commands.items() if "Rescan" in what)
    assert scans == 1


def test_a_published_film_that_is_overwritten_and_renamed_is_followed_before_the_night(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, count=2, setups=(MOVIES,))
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(0, "movies", "import", number=42271, then=LATER_S),
            Deed(0, "movies", "overwrite", number=7002, then=LATER_S),
            Deed(0, "movies", "rename", number=2001),
        )
    )
    world.pass_time(HALF_AN_HOUR_S)
    alice, bob = world.homes
    [living] = bob.house.state.items.state("movies", "tmdb:1").copies.values()
    assert (living.copy.size, living.brought_by) == (7002, alice.house.node)
    assert [*bob.shown("movies")["tmdb:1"].files.values()] == [living.copy]
    assert list(misplaced(world)) == []
