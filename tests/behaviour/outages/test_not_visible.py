"""A peer's file that the own mount does not show: its user is notified once, and it is tried once a day."""

from pathlib import Path

from mesharr.core.durations import DAY_MS
from mesharr.node.status.conditions import lasting_conditions
from tests.support.crashing import Mortal, Uploading
from tests.support.household import Clock, make_drive, settle

KEY = "not_visible:movies:tmdb:7"


def conditions(house: Mortal) -> list[str]:
    return [key for key in lasting_conditions(house.state, (), "", house.clock()) if "visible" in key]


def test_it_is_one_condition_after_a_day_and_a_retry_looks_at_once(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    alice, bob = Uploading("alice", tmp_path, clock, late=0), Mortal("bob", tmp_path, clock, late=10**7)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=120, steps=12)
    alice.radarr.add(7)
    alice.radarr.download(7, size=4096)
    settle(clock, alice, bob, seconds=6 * 3600, steps=30)
    assert conditions(bob) == []
    settle(clock, alice, bob, seconds=30 * 3600, steps=30)
    assert conditions(bob) == [KEY]
    (waiting,) = bob.state.dirty.all()
    assert DAY_MS / 2 < waiting.next - clock() <= DAY_MS
    assert bob.plex.scans == []
    bob.mount.seen.clear()  # the mount shows it now
    bob.state.dirty.retry(clock())
    settle(clock, alice, bob, seconds=300)
    assert bob.shows(7) == (False, True)
    assert conditions(bob) == []
    assert len(bob.plex.scans) == 1
