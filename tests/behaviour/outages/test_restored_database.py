"""A database restored from an old copy takes nothing back: what was told before is not told as new."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from mesharr.node.ownership import claimable, queue_claims
from tests.support.household import Clock, Household, settle

Pair = tuple[Household, Household]
HOUR = 60 * 60


def copied(house: Household) -> Path:
    """Return a copy of a household's database as it is now."""
    copy = house.dir / "copy.db"
    kept = sqlite3.connect(copy)
    house.state.db._connection.backup(kept)
    kept.close()
    return copy


def restored(house: Household, copy: Path) -> None:
    """Start a household anew over a copy of its database."""
    house.state.db.close()
    for beside in house.dir.glob("mesharr.db*"):
        beside.unlink()
    shutil.copy(copy, house.dir / "mesharr.db")
    house.started = False
    house.restart()


def about_to_tell(bob: Household, *others: Household, clock: Clock) -> Path:
    """Return a copy of Bob's database from when the import of film 7 waited for nothing but its turn."""
    bob.radarr.add(7)
    settle(clock, bob, *others)
    bob.radarr.download(7, size=4096)
    bob.engine.intake.step(clock())
    bob.engine.transfer.step(clock())
    assert [unsaid.needs for unsaid in bob.state.outbox.all()] == [""]
    return copied(bob)


def test_an_import_published_before_the_restore_takes_nothing_back_from_who_claimed_it_since(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    copy = about_to_tell(bob, alice, clock=clock)
    settle(clock, alice, bob)
    assert bob.events() == ["item.added", "file.imported"]
    queue_claims(alice.state, [claimable(alice.state, "movies", "tmdb:7", alice.node, ())], "", clock())
    settle(clock, alice, bob)
    assert alice.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node
    restored(bob, copy)
    settle(clock, alice, bob, seconds=HOUR)
    assert "file.imported" not in bob.events()
    for house in (alice, bob):
        assert house.state.items.state("movies", "tmdb:7").owner_of("movie") == alice.node
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))


def test_an_import_that_was_never_published_is_published_once_its_file_is_seen(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    copy = about_to_tell(bob, alice, clock=clock)
    bob.engine.publisher.step(clock() + 1, 0.0)
    bob.radarr.add(8)  # what the old database lacks, so that the stream is ahead of it
    bob.engine.intake.step(clock())
    bob.state.outbox.drop(bob.state.outbox.of("movies", "tmdb:7")[0].n)
    bob.engine.publisher.flush(clock(), 0.0)
    restored(bob, copy)
    settle(clock, alice, bob, seconds=HOUR)
    assert bob.events().count("file.imported") == 1
    for house in (alice, bob):
        state = house.state.items.state("movies", "tmdb:7")
        assert (state.owner_of("movie"), len(state.copies)) == (bob.node, 1)


def test_an_import_of_a_file_that_is_gone_since_is_not_published_and_the_log_says_so(
    alice_and_bob: Pair, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    copy = about_to_tell(bob, alice, clock=clock)
    settle(clock, alice, bob)
    bob.radarr.delete_file(7)
    settle(clock, alice, bob, seconds=HOUR)
    assert bob.events() == ["item.added", "file.imported", "file.removed"]
    caplog.set_level("INFO")
    restored(bob, copy)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert "file.imported" not in bob.events()
    assert "what was to be published of tmdb:7 is withdrawn: Radarr no longer lists the file" in caplog.text
    for house in (alice, bob):
        assert house.state.items.state("movies", "tmdb:7").copies == {}
    assert bob.waits() == {}


def test_an_import_of_a_file_that_another_replaced_under_its_name_since_is_not_published(
    alice_and_bob: Pair, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    copy = about_to_tell(bob, alice, clock=clock)
    settle(clock, alice, bob)
    bob.radarr.download(7, size=9000)
    settle(clock, alice, bob, seconds=HOUR)
    told = bob.events()
    assert told == ["item.added", "file.imported", "file.imported"]
    caplog.set_level("INFO")
    restored(bob, copy)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=120)
    assert "file.imported" not in bob.events()
    for house in (alice, bob):
        copies = house.state.items.state("movies", "tmdb:7").copies
        assert [living.copy.size for living in copies.values()] == [9000]
    assert bob.waits() == {}
