"""What an app's history states of a deletion again is no second deletion."""

import shutil
from pathlib import Path

from tests.support.household import Clock, Household, import_on, make_drive, settle

FOLDER = "Film 7 (2007)"


class StaleMount(Household):
    """A household whose mount shows what the drive had when it was refreshed."""

    def make_library(self, library: str) -> Path:
        """Return the folder of a library on the mount."""
        folder = self.dir / "mount" / library
        shutil.copytree(self.drive / library, folder)
        return folder

    def refresh(self) -> None:
        """Have the mount show what the drive has now."""
        shutil.rmtree(self.library)
        shutil.copytree(self.drive / "movies", self.library)


def test_a_file_that_a_peer_imported_after_the_deletion_is_not_published_as_gone(
    tmp_path: Path, clock: Clock
) -> None:
    make_drive(tmp_path / "drive")
    alice = StaleMount("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, bob)
    alice.refresh()
    settle(clock, alice, bob, seconds=3600)
    alice.radarr.delete_file(7)
    shutil.rmtree(bob.library / FOLDER)
    settle(clock, alice, bob, seconds=3600)
    assert alice.events() == ["file.removed"]
    bob.radarr.download(7)
    for _ in range(2):
        settle(clock, alice, bob, seconds=20 * 3600)
        alice.engine.nightly.step(clock())
        assert alice.state.outbox.all() == []
    settle(clock, alice, bob, seconds=3600)
    assert alice.events() == ["file.removed"]
    assert bob.state.items.state("movies", "tmdb:7").owner_of("movie") == bob.node
