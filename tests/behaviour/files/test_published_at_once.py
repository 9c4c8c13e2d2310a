"""Two households import one film under one name, and both publish at the same moment."""

from pathlib import Path

import pytest

from tests.properties.mesh.checks import complaints, misplaced
from tests.properties.mesh.deeds import LATER_S, SECOND_S, Deed, Unpublished
from tests.properties.mesh.home import Home
from tests.properties.mesh.world import World
from tests.support.household import MOVIES

ALICES, BOBS = 7002, 8003


def flush(home: Home) -> None:
    """Have a node sign and write what is ready."""
    engine = home.house.engine
    engine.publisher.flush(engine.clock(), engine.tick())


@pytest.mark.parametrize("knew", [False, True], ids=["neither knew of the other", "the second one knew"])
def test_everybody_lists_what_the_drive_has_and_its_household_owns_it(tmp_path: Path, knew: bool) -> None:
    world = World(tmp_path, count=3, setups=(MOVIES,))
    alice, bob, carol = world.homes
    world.play(
        (
            Deed(0, "movies", "add", then=LATER_S),
            Deed(0, "movies", "import", number=5000, then=LATER_S),
            Unpublished(0, 40.0),
            Deed(0, "movies", "import same name", number=ALICES, then=6.0),
            Unpublished(1, 20.0),
            Deed(1, "movies", "import same name", number=BOBS, then=10.0),
        )
    )
    if not knew:
        flush(bob)
        world.clock.ms += int(SECOND_S * 1000)
        flush(alice)
    world.pass_time(LATER_S)
    assert list(misplaced(world)) == []
    [living] = carol.house.state.items.state("movies", "tmdb:1").copies.values()
    assert living.copy.size == BOBS
    assert carol.house.state.items.state("movies", "tmdb:1").owner_of("movie") == bob.house.node
    world.settle(1)
    assert list(complaints(world)) == []
