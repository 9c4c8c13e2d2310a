"""What an app's history states of an import again is no second import."""

from pathlib import Path

from tests.properties.mesh.checks import complaints
from tests.properties.mesh.deeds import LATER_S, Deed
from tests.properties.mesh.world import World
from tests.support.household import MOVIES


def test_a_release_that_both_import_stays_the_last_ones(tmp_path: Path) -> None:
    world = World(tmp_path, count=2, setups=(MOVIES,))
    alice, bob = world.homes
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(0, "movies", "import", number=5000, then=LATER_S),
            Deed(0, "movies", "import same name", number=7002, then=LATER_S),
            Deed(1, "movies", "import same name", number=7002, then=LATER_S),
        )
    )
    published = [len(home.house.events()) for home in world.homes]
    world.settle(2)
    assert alice.house.state.items.state("movies", "tmdb:1").owner_of("movie") == bob.house.node
    assert [len(home.house.events()) for home in world.homes] == published
    assert list(complaints(world)) == []
