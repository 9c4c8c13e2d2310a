"""A few seeds of `python -m tests.mesh`; each that once found something stays."""

from pathlib import Path

import pytest

from tests.mesh.world import World, dump

FOUND = (23, 106, 107)
"""Seeds that once found something."""


@pytest.mark.parametrize("seed", [1, 2, *FOUND])
def test_households_agree_when_nothing_is_left_to_do(seed: int, tmp_path: Path) -> None:
    world = World(seed, tmp_path)
    world.play(deeds=25, trouble=True)
    world.heal()
    world.settle()
    found = list(world.complaints())
    assert not found, f"{found}\n{dump(world)}"


def test_what_does_not_hold_is_found(tmp_path: Path) -> None:
    world = World(1, tmp_path)
    alice, bob, _ = world.homes
    alice.do("movies", next(iter(alice.people["movies"].deeds(world.rng))))
    world.settle()
    assert list(world.complaints()) == []
    [item] = alice.shown("movies")
    bob.house.deaf = True
    bob.house.radarr.delete(int(item.removeprefix("tmdb:")))
    bob.house.radarr.searches.append(1)
    found = "\n".join(world.complaints())
    assert "the mesh has it, the arr does not" in found
    assert "was made to search" in found
