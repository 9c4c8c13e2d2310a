"""A database restored from an old copy takes nothing back: what was told before is not told as new."""

import shutil
import sqlite3

from mesharr.node.takeover import claimable, take
from tests.node.household import Clock, Household, settle

Pair = tuple[Household, Household]


def test_an_import_told_before_the_restore_takes_nothing_back_from_who_claimed_it_since(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    bob.radarr.add(7)
    settle(clock, alice, bob)
    bob.radarr.download(7)
    bob.engine.intake.step(clock())
    copy = bob.dir / "copy.db"
    kept = sqlite3.connect(copy)
    bob.state.db._connection.backup(kept)
    kept.close()
    settle(clock, alice, bob)
    assert bob.events() == ["item.added", "file.imported"]
    take(alice.state, [claimable(alice.state, "movies", "tmdb:7", alice.node, ())], "", clock())
    settle(clock, alice, bob)
    assert alice.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node

    bob.state.db.close()
    for beside in bob.dir.glob("mesharr.db*"):
        beside.unlink()
    shutil.copy(copy, bob.dir / "mesharr.db")
    bob.started = False
    bob.restart()
    settle(clock, alice, bob, seconds=60 * 60)
    assert "file.imported" not in bob.events()
    for house in (alice, bob):
        assert house.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
