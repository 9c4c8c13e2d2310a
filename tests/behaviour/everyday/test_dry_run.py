"""A dry run is the run itself over a copy: it says what the run does, and changes nothing anywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mesharr.node.passes.sync import sync
from tests.support.household import Clock, Household, import_on, pair, settle

Pair = tuple[Household, Household]


def _new_at_the_peer(alice: Household, bob: Household, clock: Clock) -> None:
    """A film that bob lacks."""
    alice.radarr.add(8)
    alice.radarr.download(8)
    settle(clock, alice)


def _left_here(alice: Household, bob: Household, clock: Clock) -> None:
    """A film of alice's that bob has just deleted from his app: the webhook waits in the inbox."""
    bob.radarr.delete(7, delete_files=False)


def _missing_here(alice: Household, bob: Household, clock: Clock) -> None:
    """A film that went from bob's app while nobody listened."""
    bob.deaf = True
    bob.radarr.delete(7, delete_files=False)


def _removed_by_the_peer(alice: Household, bob: Household, clock: Clock) -> None:
    """A film that alice removed with its files."""
    alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, seconds=60 * 60)


def _new_here(alice: Household, bob: Household, clock: Clock) -> None:
    """A film that bob imported while nobody listened."""
    bob.deaf = True
    bob.radarr.add(9)
    bob.radarr.download(9)


CASES: list[Callable[[Household, Household, Clock], None]] = [
    _new_at_the_peer,
    _left_here,
    _missing_here,
    _removed_by_the_peer,
    _new_here,
]


@pytest.fixture
def houses(tmp_path: Path, clock: Clock) -> Pair:
    """Alice has a film, which bob was given."""
    alice, bob = pair(tmp_path, clock)
    import_on(clock, alice, bob)
    return alice, bob


def _sync(house: Household, clock: Clock) -> None:
    """Run what `mesharr sync` runs."""

    def sleep(seconds: float) -> None:
        house.run_commands()
        clock.forward(seconds)

    sync(house.engine, ["movies"], sleep)


@pytest.mark.parametrize("happens", CASES, ids=lambda case: case.__name__.strip("_"))
def test_a_dry_run_publishes_and_changes_what_the_run_does(
    houses: Pair, clock: Clock, happens: Callable[[Household, Household, Clock], None]
) -> None:
    alice, bob = houses
    happens(alice, bob, clock)
    bob.forget_requests()
    before = sorted(path.name for path in bob.drive.rglob("*"))
    published = len(bob.events())
    found = bob.dry_run()
    assert bob.writes() == []
    assert sorted(path.name for path in bob.drive.rglob("*")) == before
    assert len(bob.events()) == published
    _sync(bob, clock)
    ready = sorted(each.type for each in found.publish if not each.after)
    assert sorted(bob.events()[published:]) == ready
    changes = [each for each in found.do if not each.action.startswith(("scan", "see whether"))]
    assert bool(bob.writes()) == bool(changes)


def test_what_the_run_publishes_as_left_a_dry_run_does_not_add(houses: Pair, clock: Clock) -> None:
    alice, bob = houses
    _left_here(alice, bob, clock)
    found = bob.dry_run()
    ready = [(each.item, each.type) for each in found.publish if not each.after]
    assert ready == [("tmdb:7", "item.left")]
    assert [each.action for each in found.do if each.action.startswith("add")] == []
