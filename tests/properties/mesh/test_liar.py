"""A malicious peer appends lies while households live: their apps show the files they show without it."""

from pathlib import Path

import pytest

from tests.properties.mesh.liar import Liar, files_by_unit, open_choices, plain
from tests.properties.mesh.world import World
from tests.support.library_setups import SETUPS

FILMS_AND_SERIES = tuple(setup for setup in SETUPS if setup.library in {"movies", "tv"})


@pytest.mark.campaign
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_households_show_the_same_files_beside_a_peer_that_lies(seed: int, tmp_path: Path) -> None:
    honest, lied_to = (
        World(tmp_path / name, count=2, setups=FILMS_AND_SERIES) for name in ("honest", "lied to")
    )
    honest.play(plain(honest.drawn(seed, 16)))
    liar = Liar(lied_to, seed)
    lied_to.play(liar.among(honest.done))
    for world in (honest, lied_to):
        world.heal()
        world.settle(2)
    assert len(set(liar.told)) > 5
    choices = open_choices(honest)
    shown = files_by_unit(honest, choices)
    assert shown
    assert files_by_unit(lied_to, choices) == shown, "\n".join(lied_to.trace)
