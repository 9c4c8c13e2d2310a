"""A node that dies at any point while it grabs, pauses or lets go loses no lock, and leaves none for ever."""

from functools import partial
from pathlib import Path

import pytest

from tests.support.crashing import PATIENCE_S, Mortal, crash_points, faults_of_crashes
from tests.support.household import Clock, make_drive

pytestmark = pytest.mark.timeout(PATIENCE_S)
STEPS = (1, 1, 5, 10, 10)
LOOKS = (130, 130, 130, 130, 601, 5, 5, 700, 5, 5)
"""Long enough for two looks ten minutes apart, and for what follows from them."""


def _grab_and_give_up(root: Path, die_at: int, *, who: str) -> tuple[list[str], list[str]]:
    """Live through a grab by alice that is given up; return the points `who` passed and what went wrong."""
    clock = Clock()
    make_drive(root / "drive")
    houses = {name: Mortal(name, root, clock, late=0) for name in ("alice", "bob")}
    alice, bob = houses["alice"], houses["bob"]
    for house in (alice, bob):
        house.deaf = True
        house.radarr.add(9)
        house.radarr.run_commands()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)

    def pass_time(*steps: float) -> None:
        for seconds in steps:
            clock.forward(seconds)
            alice.once()
            bob.once()

    pass_time(*STEPS, 2, 2)
    victim = houses[who]
    victim.points.die_at = die_at
    victim.points.armed = True
    wrong: list[str] = []

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            wrong.append(f"{what}: {actual} instead of {wanted}")

    alice.radarr.grab(9)
    pass_time(*STEPS, *STEPS)
    expect("bob's film while alice downloads it", bob.shows(9)[0], False)
    alice.radarr.library.queue.clear()
    pass_time(*LOOKS, *LOOKS)
    victim.points.armed = False
    expect("alice told", alice.events(), ["item.added", "unit.grabbed", "unit.released"])
    expect("bob told", bob.events(), [])
    expect("monitored", (alice.shows(9)[0], bob.shows(9)[0]), (True, True))
    expect("alice's grabs", alice.state.grabs.all(), [])
    expect("bob's memory", bob.state.items.memory("movies", "tmdb:9").paused, {})
    expect("what waits", (alice.waits(), bob.waits()), ({}, {}))
    expect("enough points", len(victim.points.names) >= 10 or bool(die_at), True)
    for house in (alice, bob):
        house.state.db.close()
    return victim.points.names, wrong


@crash_points(each=42, campaign=3)
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_node_may_die_at_every_change_it_makes_and_the_film_is_paused_and_given_back(
    who: str, each: int, tmp_path: Path
) -> None:
    assert faults_of_crashes(partial(_grab_and_give_up, who=who), tmp_path, who, each) == []
