"""Settle visits: an item is clean afterwards, or dirty for a reason until a time."""

import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec

from mesharr.core.arr.model import ArrScans
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import AppRefused, Collision, MesharrError, Refused
from mesharr.core.planning.actions import ImportFiles, Rescan
from mesharr.core.planning.limits import OWN
from mesharr.node.arr_health import note_answer, note_outage
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.model import Library
from mesharr.node.outcome import (
    DELETION_REJECTED,
    NOT_VISIBLE,
    Done,
    Excluded,
    Failed,
    NeedsApproval,
    Outcome,
    RecheckAt,
    Stuck,
    UserRejected,
    Waits,
)
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

SCAN_MS = 170
"""How long an app takes to scan an item, where there are many."""
SCANNING_MS = 60_000
"""The longest time until it is asked again whether the app still scans an item by itself."""
COLLISION_MS = 60_000
"""The longest wait after somebody else did the same at this moment, such as an add."""

log = logging.getLogger(__name__)


class Settler:
    """Keeps outcomes in the database, and reports failures once."""

    def __init__(self, libraries: Mapping[str, Library], state: State, clock: Callable[[], int]) -> None:
        self._libraries = libraries
        self._state = state
        self._clock = clock
        self._scanned: dict[tuple[str, str], tuple[int, int]] = {}
        """By (library, item) what the app scanned by itself at the last visit: its id there, the marks."""

    def settle(self, dirty: Dirty, title: str, outcome: Outcome) -> None:
        """Make an item clean, or keep it dirty for a reason, due when that may have changed.

        After a power cut it may be visited once more: the disk is not waited for.
        """
        with self._state.lazily():
            self._settle(dirty, title, outcome)

    def _settle(self, dirty: Dirty, title: str, outcome: Outcome) -> None:
        now = self._clock()
        self._scanned.pop((dirty.library, dirty.item), None)
        if isinstance(outcome, RecheckAt) and outcome.scanned_ref:
            self._scanned[dirty.library, dirty.item] = (outcome.scanned_ref, dirty.marks)
        match outcome:
            case Done():
                self._clean(dirty)
            case RecheckAt(until=until, why=why):
                self._later(dirty, title, "", why, until)
            case Waits(why=why):
                self._later(dirty, title, "", self._with_cause(dirty, why), self._growing(dirty))
            case Stuck(until=until, why=why):
                self._later(dirty, title, "stuck", why, until)
            case NeedsApproval(recheck_at=recheck_at) | UserRejected(recheck_at=recheck_at):
                until = min(now + DAY_MS, recheck_at) if recheck_at > now else now + DAY_MS
                state = "held" if isinstance(outcome, NeedsApproval) else "rejected"
                self._later(dirty, title, state, outcome.why, until)
            case Excluded(why=why):
                self._later(dirty, title, "excluded", why, now + DAY_MS)
            case Failed(error=error):
                self._failed(dirty, title, error)

    def scanned_ref(self, dirty: Dirty) -> int:
        """Return the app's id of an item that waits for nothing but the app's own scan, else 0.

        What changed since its last visit may need more than its files.
        """
        ref, marks = self._scanned.get((dirty.library, dirty.item), (0, 0))
        return ref if marks == dirty.marks else 0

    def put_off(self, due: Iterable[Dirty], error: MesharrError, about: str = "") -> None:
        """Keep many items of an app dirty because of one failure, which is reported once.

        `about` is the subject of a refusal, "" for the app itself.
        """
        now, many = self._clock(), tuple(due)
        if not many:
            return
        app, refused = self._libraries[many[0].library].app, isinstance(error, Refused)
        if isinstance(error, Refused):
            if self._state.refusals.note(about or f"app:{app}", error, now):
                log.error("%s: %s", app, error)
        elif not note_outage(self._state, app, error, now) and any(dirty.tries == 0 for dirty in many):
            log.warning("%s: %s; %d items are tried again later", app, error, len(many))
        with self._state.transaction():
            for dirty in many:
                until = now + wait_ms(dirty.tries, ARR_MS)
                self._later(dirty, dirty.title, "refused" if refused else "failed", str(error), until)

    def _clean(self, dirty: Dirty) -> None:
        self._state.dirty.done(dirty)
        self._state.holds.take_out_everywhere(dirty.library, dirty.item)
        self._state.refusals.clear(_subject(dirty))
        if app := self._libraries[dirty.library].app:
            note_answer(self._state, app, self._clock())

    def _failed(self, dirty: Dirty, title: str, error: MesharrError) -> None:
        now = self._clock()
        if isinstance(error, AppRefused):
            self.put_off([msgspec.structs.replace(dirty, title=title)], error)
            return
        if isinstance(error, Refused):
            library = self._libraries[dirty.library]
            error = Refused(library.naming_app(error.what), library.naming_app(error.fix))
            if self._state.refusals.note(_subject(dirty), error, now):
                log.error("%s: %s: %s", dirty.library, title, error)
            self._later(dirty, title, "refused", str(error), now + DAY_MS)
            return
        app = self._libraries[dirty.library].app
        if not note_outage(self._state, app, error, now) and dirty.tries == 0:
            log.warning("%s: %s: %s; tried again later", dirty.library, title, error)
        longest = COLLISION_MS if isinstance(error, Collision) else ARR_MS
        self._later(dirty, title, "failed", str(error), now + wait_ms(dirty.tries, longest))

    def _with_cause(self, dirty: Dirty, why: str) -> str:
        """Return why an item waits, with what to do where its files are gone by a rejected deletion."""
        library, item = dirty.library, dirty.item
        if not (why.endswith(NOT_VISIBLE) and self._state.holds.rejected(library, item, "own_removals", OWN)):
            return why
        listed = self._state.items.is_listed(library, item)
        delete = "delete it in the app" if listed else "add it in the app and delete it there"
        return (
            f"{DELETION_REJECTED}put its files back on the drive, or, if they shall be gone, {delete}: {why}"
        )

    def _growing(self, dirty: Dirty) -> int:
        """Return when to try again: waits double up to minutes, and after a day they last a day."""
        now = self._clock()
        return now + (DAY_MS if now - dirty.since > DAY_MS else wait_ms(dirty.tries, ARR_MS))

    def _later(self, dirty: Dirty, title: str, state: str, why: str, until: int) -> None:
        if library := self._libraries.get(dirty.library):
            why = library.naming_app(why)
        log.debug("%s: %s: %s; again in %.1f s", dirty.library, title, why, (until - self._clock()) / 1000)
        after = msgspec.structs.replace(dirty, tries=dirty.tries + 1, state=state, why=why, title=title)
        self._state.dirty.later(after, until)


def scanned_by_app(dirty: Dirty, ref: int, now: int, scanning: int = 1) -> RecheckAt:
    """Return the outcome of a visit to an item that the app scans by itself, to be asked later.

    `scanning` is how many items are known to be scanned: it is not asked again before it may be done.
    """
    until = now + max(wait_ms(dirty.tries, SCANNING_MS), min(SCANNING_MS, SCAN_MS * scanning))
    return RecheckAt(until, "the app scans it by itself", scanned_ref=ref)


def wait_for_scan(
    dirty: Dirty, action: Rescan | ImportFiles, scans: ArrScans, read_at: int, now: int
) -> RecheckAt | None:
    """Return when to read an item again that the app scans, None for no wait.

    An item that the app has scanned since the item was read is read again, too. Two scans of an item at one
    time may each attach its file, and an app that was given thousands of items scans them for hours. What an
    app with another clock says of the future is ignored.
    """
    scan = scans.of(action.ref)
    if scan.running:
        return scanned_by_app(dirty, action.ref, now)
    if read_at < scan.ended <= now:
        return RecheckAt(now, "the app has just scanned it")
    return None


def _subject(dirty: Dirty) -> str:
    return f"item:{dirty.library}:{dirty.item}"
