"""What this node knows of the store: its mount, its last failure, and what it lacks."""

import msgspec

from mesharr.state.db import Database
from mesharr.state.records.one_row import OneRow


class StoreFacts(msgspec.Struct, frozen=True):
    """The state of the store when it was used last."""

    why: str
    """What it failed with, "" when it answered."""
    storage: str
    """The mount and device that it was seen on, "" before the first time."""
    lacks: str
    """What its mount or remote control lacks to show the files of peers in time, "" for nothing."""
    uploading: str
    """How many of this node's files wait in the mount's own upload queue, in words, "" for none."""
    ignored_names: int
    """How many names the last listing had that no version of mesharr writes."""


class StoreRecord:
    """The table `store`: written by who uses the store, read by `status`."""

    def __init__(self, db: Database) -> None:
        self._row = OneRow(db, "store", StoreFacts)

    def get(self) -> StoreFacts:
        """Return the state of the store when it was used last."""
        return self._row.get()

    def note_failure(self, why: str) -> str:
        """Keep what the store fails with, "" when it answers; return what it failed with before."""
        before = self.get().why
        if why != before:
            self._row.set(why=why)
        return before

    def note_storage(self, storage: str) -> None:
        """Keep the mount and device that the store was seen on."""
        self._row.set(storage=storage)

    def note_lack(self, why: str) -> str:
        """Keep what the store's mount lacks, "" for nothing; return what it lacked before."""
        before = self.get().lacks
        if why != before:
            self._row.set(lacks=why)
        return before

    def note_uploading(self, words: str) -> str:
        """Keep how many files wait in the mount's upload queue; return what was kept before."""
        before = self.get().uploading
        if words != before:
            self._row.set(uploading=words)
        return before

    def note_ignored(self, count: int) -> None:
        """Keep how many names of the last listing no version of mesharr writes."""
        if count != self.get().ignored_names:
            self._row.set(ignored_names=count)
