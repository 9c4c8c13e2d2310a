"""Have an app import files of one or many items by ids, and find the file that it fails on.

After an error the files are sent in halves, so that one bad file keeps no other from being imported. Whether
the app was down, or only failed to answer this, another request tells.
"""

from collections.abc import Sequence
from typing import Final

from mesharr.arr.base import Arr
from mesharr.core.arr.model import FileToImport
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import AppRefused, MesharrError, Refused, Unavailable
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.outcome import Failed, Outcome, Stuck
from mesharr.state.queues.dirty import Dirty

MOST_ALONE: Final = 3
"""After so many files in a row that it failed on one by one an app is asked no more: it may fail on all."""
BY_HAND: Final = "see its log, or import the file with its Manual Import"
"""What the user can do about a file that the app fails on."""


class ImportCommand:
    """Asks an app to import files, in few commands; keeps what came of it by `ref`."""

    def __init__(self, arr: Arr) -> None:
        self._arr = arr
        self._alone = 0
        self.begun: dict[int, int] = {}
        """The last command that imports files of an item, 0 when the app did not tell its id."""
        self.refused: dict[int, Refused] = {}
        """Why the app imports a file of an item not."""
        self.failed: dict[int, Unavailable] = {}
        """How the app failed to answer when it was asked for a single file of an item."""
        self.stopped: MesharrError | None = None
        """What keeps the app from being asked for the other items, None when nothing does."""

    def send(self, files: Sequence[FileToImport]) -> None:
        """Ask for files; after an error for those in halves that are not being imported."""
        if self.stopped:
            return
        try:
            command = self._arr.import_files(files)
        except AppRefused as error:
            self.stopped = error
        except Refused as error:
            self._halve(files, error)
        except Unavailable as error:
            self._halve(self._not_begun(files), error)
        else:
            self._alone = 0
            self.begun |= dict.fromkeys((file.ref for file in files), command)

    def error_of(self, ref: int) -> MesharrError | None:
        """Return why not all files of an item are being imported, None when they are: see `begun`."""
        alone = self.failed.get(ref) or self.refused.get(ref)
        return alone or (None if ref in self.begun else self.stopped)

    def _not_begun(self, files: Sequence[FileToImport]) -> Sequence[FileToImport]:
        """Return the files that the app does not import all the same; () while it is down."""
        try:
            scans = self._arr.scans()
        except MesharrError as error:
            self.stopped = error
            return ()
        refs = {file.ref for file in files if scans.of(file.ref).running} - self.begun.keys()
        self.begun |= dict.fromkeys(refs, 0)
        return [file for file in files if file.ref not in refs]

    def _halve(self, files: Sequence[FileToImport], error: Refused | Unavailable) -> None:
        if len(files) > 1:
            half = len(files) // 2
            self.send(files[:half])
            self.send(files[half:])
        elif files:
            [file] = files
            self._alone += 1
            if isinstance(error, Refused):
                self.refused[file.ref] = error
            else:  # the app answered another request: it is not down
                error = Unavailable(f"{file.path} is not imported: {error.what}", BY_HAND)
                self.failed[file.ref] = error
            if self._alone == MOST_ALONE:
                self.stopped = error


def failed_alone(dirty: Dirty, error: Unavailable, now: int) -> Outcome:
    """Return what it comes to that the app fails on a file of an item.

    It is tried again ever more rarely, up to once a day, and soon the user is to see it.
    """
    wait = wait_ms(dirty.tries, DAY_MS)
    return Stuck(now + wait, str(error)) if wait > ARR_MS else Failed(error)
