"""Start the program that uploads whole folders, when files wait for it."""

import logging
from collections.abc import Callable, Collection
from typing import Final, Literal

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.text import quantity
from mesharr.node.backoff import wait_ms
from mesharr.node.outward.uploading.allowance import Allowance
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import FolderUploader

log = logging.getLogger(__name__)

When = Literal["always", "replacements", "never"]
"""For which files it is started; for the others its own schedule is waited for."""

RUNNING_MS: Final = 5_000
"""How often a run is looked at."""
AGAIN_MS: Final = 60_000
"""How long after a run the next one is started first; each doubles it, up to an hour."""
CLOUDPLOW: Final = "cloudplow:"
"""The subject of a refusal: of a start, or with the name of a library after it, of that library."""


class FolderUploads:
    """Starts the program, and has the drive looked at when it ended."""

    def __init__(
        self,
        program: FolderUploader,
        when: When,
        libraries: Collection[str],
        state: State,
        allowance: Allowance,
        clock: Callable[[], int],
    ) -> None:
        self._program = program
        self._when = when
        self._libraries = libraries
        self._state = state
        self._allowance = allowance
        self._clock = clock
        self._is_running = False
        self._due = 0
        self._runs = 0
        self._newest = 0

    def next_due(self) -> int | None:
        """Return when the program is to be looked at or started (ms), None for neither."""
        now = self._clock()
        if self._is_running:
            return now + RUNNING_MS
        wanted = self._wanted(self._state.uploads.seen_here())
        if not wanted:
            return None
        opens = now if any(each.replaces for each in wanted) else self._allowance.opens_at(now)
        return max(opens, self._due if not self._is_new(wanted) else now)

    def step(self, now: int) -> None:
        """Start the program if files wait for it, or see whether a run is over."""
        try:
            if self._program.is_running():
                return
            if self._is_running:
                self._ended(now)
            waiting = self._state.uploads.seen_here()
            self._check({each.library for each in waiting}, now)
            due = self.next_due()
            if due is not None and due <= now:
                self._start(self._wanted(waiting))
        except (Unavailable, Refused) as error:
            self._later(now)
            if isinstance(error, Refused) and self._state.refusals.note(CLOUDPLOW, error, now):
                log.error("%s", error)

    def _wanted(self, waiting: Collection[Upload]) -> list[Upload]:
        """Return the files for which the program is to be started."""
        if self._state.node.get().uploads_paused:
            return []
        if self._when == "always":
            return list(waiting)
        return [each for each in waiting if each.replaces and self._when != "never"]

    def _is_new(self, wanted: Collection[Upload]) -> bool:
        """Return whether no run was started for a file yet, or the user asked for another try."""
        return any(each.n > self._newest or each.tries == 0 for each in wanted)

    def _check(self, libraries: Collection[str], now: int) -> None:
        """Report the libraries whose waiting files the program does not upload to their remote."""
        for library in self._libraries:
            subject = f"{CLOUDPLOW}{library}"
            try:
                if library in libraries and self._when != "never":
                    self._program.check(library)
            except Refused as error:
                if self._state.refusals.note(subject, error, now):
                    log.error("%s: %s", library, error)
            else:
                self._state.refusals.clear(subject)

    def _start(self, wanted: Collection[Upload]) -> None:
        if self._is_new(wanted):
            self._runs = 0
        self._newest = max((self._newest, *(each.n for each in wanted)))
        self._program.start()
        self._is_running = True
        self._state.refusals.clear(CLOUDPLOW)
        log.info("cloudplow was started: %s to upload", quantity(len(wanted), "file"))

    def _ended(self, now: int) -> None:
        """Have the drive looked at: whether anything was uploaded shows there alone."""
        self._is_running = False
        self._state.uploads.hurry(now)
        self._later(now)

    def _later(self, now: int) -> None:
        self._due = now + wait_ms(self._runs, HOUR_MS, AGAIN_MS)
        self._runs += 1
