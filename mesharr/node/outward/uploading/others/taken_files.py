"""Look at the drive as soon as another program has taken a file from the local branch."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from mesharr.core.errors import Unavailable
from mesharr.node.model import Library
from mesharr.state.state import State

LOOK_MS: Final = 5_000
"""How often the local branch is looked at while files on it wait for another program."""


class TakenFiles:
    """Notices that the program that uploads is done with a file: then its local copy goes.

    A look at the local disk costs nothing, while each look at the drive may be a request.
    """

    def __init__(self, libraries: Mapping[str, Library], state: State, clock: Callable[[], int]) -> None:
        self._libraries = libraries
        self._state = state
        self._clock = clock
        self._looked = 0

    def next_due(self) -> int | None:
        """Return when the next look is due (ms), None when no file waits on a local branch."""
        return max(self._clock(), self._looked + LOOK_MS) if self._state.uploads.seen_here(limit=1) else None

    def step(self, now: int) -> None:
        """Have the drive looked at for each file that was on the local branch and is not any more."""
        if 0 <= now - self._looked < LOOK_MS:
            return
        self._looked = now
        waiting = defaultdict(list)
        for upload in self._state.uploads.seen_here():
            waiting[upload.library].append(upload)
        for name, uploads in waiting.items():
            if library := self._libraries.get(name):
                try:
                    missing = frozenset(library.storage.local.missing([each.path for each in uploads]))
                except Unavailable:
                    continue
                self._state.uploads.taken_away((each for each in uploads if each.path in missing), now)
