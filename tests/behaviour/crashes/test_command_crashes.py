"""A command may be killed, and the node that does what it asked: given again, it is done, and done once."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from mesharr.node import missing_items
from mesharr.node.ownership import adoptable, claimable, leave_mesh, queue_claims
from tests.support.crashing import PATIENCE_S, Crash, Mortal, crash_points, faults_of_crashes
from tests.support.household import Clock, import_on, make_drive, settle

STEPS = (0, 1, 2, 10, 60, 60, 120, 301, 301, 600, 700, 1800, 2)
pytestmark = pytest.mark.timeout(PATIENCE_S)


def _claim(bob: Mortal) -> None:
    taking = claimable(bob.state, "movies", "tmdb:7", bob.node, ())
    if taking.units:
        queue_claims(bob.state, [taking], "claimed by its person", bob.clock())


def _adopt(bob: Mortal) -> None:
    found = adoptable(bob.state, ["movies"], bob.node, (), ownerless=True)
    queue_claims(bob.state, found.takeovers, "adopted: it had no owner", bob.clock())


def _leave(bob: Mortal) -> None:
    leave_mesh(bob.state, bob.node, bob.clock())


def _restore(bob: Mortal) -> None:
    missing_items.restore(
        bob.state, "movies", [each.item for each in missing_items.all_missing(bob.state)], bob.clock()
    )


def _leave_item(bob: Mortal) -> None:
    missing_items.leave(
        bob.state, "movies", [each.item for each in missing_items.all_missing(bob.state)], bob.clock()
    )


Films = dict[int, bool]


class Command(msgspec.Struct, frozen=True):
    """A command of bob's user, with what is before it and how it ends."""

    run: Callable[[Mortal], None]
    before: Callable[[Mortal, Mortal, Clock], None]
    published: tuple[str, ...]
    """The events of bob."""
    bobs: Films
    """Bob's films that have a file, by whether they are monitored."""
    alices: Films
    owner: str
    """Who owns film 7 at the end."""


def _nothing(_alice: Mortal, _bob: Mortal, _clock: Clock) -> None:
    """He has film 7 from alice, and she has film 8 from him."""


def _alice_left(alice: Mortal, bob: Mortal, clock: Clock) -> None:
    leave_mesh(alice.state, alice.node, clock())
    settle(clock, alice, bob)


def _arr_lost_it(_alice: Mortal, bob: Mortal, clock: Clock) -> None:
    bob.deaf = True
    bob.radarr.delete(7)
    bob.deaf = False
    for _ in range(2):
        bob.engine.nightly.step(clock())
        settle(clock, bob)


COMMANDS = {
    "claim": Command(_claim, _nothing, ("unit.claimed",), {7: True, 8: True}, {7: False, 8: False}, "bob"),
    "adopt": Command(_adopt, _alice_left, ("unit.claimed",), {7: True, 8: True}, {7: False, 8: False}, "bob"),
    "leave": Command(_leave, _nothing, ("node.left",), {7: False, 8: True}, {7: True, 8: False}, "alice"),
    "restore": Command(_restore, _arr_lost_it, (), {7: False, 8: True}, {7: True, 8: False}, "alice"),
    "leave-item": Command(_leave_item, _arr_lost_it, ("item.left",), {8: True}, {7: True, 8: False}, "alice"),
}


def _given(root: Path, die_at: int, *, command: Command) -> tuple[list[str], list[str]]:
    """Have bob's person give a command, and let it or his node die once; return points, and what is wrong."""
    clock = Clock()
    make_drive(root / "drive")
    alice, bob = (Mortal(name, root, clock, late=0) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=10, steps=5)
    import_on(clock, alice, bob, tmdb=7)
    import_on(clock, bob, alice, tmdb=8)
    command.before(alice, bob, clock)
    told = bob.events()
    bob.points.die_at = die_at
    bob.points.armed = True
    _say(command, bob)
    for seconds in STEPS:
        clock.forward(seconds)
        armed = bob.points.armed
        bob.once()
        alice.once()
        if armed and not bob.points.armed:  # the command died, or the node did: who gave it cannot know which
            _say(command, bob)
    bob.points.armed = False
    _say(command, bob)
    settle(clock, alice, bob, seconds=3600, steps=12)
    wrong: list[str] = []

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            wrong.append(f"{what}: {actual} instead of {wanted}")

    expect("bob told", bob.events()[len(told) :], list(command.published))
    expect("alice read", alice.read_of(bob), bob.events())
    for house, films in ((alice, command.alices), (bob, command.bobs)):
        rows = house.radarr.library.movies()
        expect(f"films of {house.name}", {r.tmdb_id: r.monitored for r in rows if r.file_id}, films)
        expect(f"films of {house.name} without a file", [row.tmdb_id for row in rows if not row.file_id], [])
        state = house.state.items.state("movies", "tmdb:7")
        expect(f"owner of film 7 at {house.name}", state.owner_of("movie").partition("-")[0], command.owner)
        expect(f"what waits at {house.name}", house.waits(), {})
        expect(f"lost at {house.name}", missing_items.all_missing(house.state), ())
        expect(f"searches of {house.name}", house.radarr.searches, [])
        expect(f"media deleted by {house.name}", house.radarr.deleted_media, [])
        house.state.db.close()
    return bob.points.names, wrong


def _say(command: Command, bob: Mortal) -> None:
    with contextlib.suppress(Crash):
        command.run(bob)


@crash_points(each=48, campaign=3)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_and_given_again_is_done_once(name: str, each: int, tmp_path: Path) -> None:
    live = partial(_given, command=COMMANDS[name])
    assert faults_of_crashes(live, tmp_path, name, each) == []
