"""A node's stages together, as the daemon, `sync` and the simulation drive them."""

import logging
from collections.abc import Callable

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.node.inward.follow import Follower
from mesharr.node.inward.reconcile import Reconciler
from mesharr.node.inward.scan import ScanStage
from mesharr.node.joining.first_day import FirstDay
from mesharr.node.outward.arr_history import ArrHistory
from mesharr.node.outward.full_compare import FullComparison
from mesharr.node.outward.grabs import Grabs
from mesharr.node.outward.intake import Intake
from mesharr.node.outward.publish import Publisher
from mesharr.node.outward.store_audit import Auditor
from mesharr.node.outward.transfer import Transfer
from mesharr.node.status.notices import Notices
from mesharr.state.state import State

log = logging.getLogger(__name__)

RUNNING_NOTE_MS = 60_000
LONGEST_STEP_MS = 5 * 60_000


class Stages(msgspec.Struct, frozen=True, kw_only=True):
    """The stages of one node. No two threads may drive the same stage at once."""

    first_day: FirstDay
    intake: Intake
    grabs: Grabs
    history: ArrHistory
    transfer: Transfer
    publisher: Publisher
    follower: Follower
    auditor: Auditor
    reconciler: Reconciler
    nightly: FullComparison
    notices: Notices
    scanners: tuple[ScanStage, ...]


class Engine:
    """The stages of one node over one state, and the running time they share."""

    def __init__(self, state: State, clock: Callable[[], int], stages: Stages) -> None:
        self.state = state
        self.clock = clock
        self.first_day = stages.first_day
        self.intake = stages.intake
        self.grabs = stages.grabs
        self.history = stages.history
        self.transfer = stages.transfer
        self.publisher = stages.publisher
        self.follower = stages.follower
        self.auditor = stages.auditor
        self.reconciler = stages.reconciler
        self.nightly = stages.nightly
        self.notices = stages.notices
        self.scanners = stages.scanners
        self._seen = clock()
        self._ran_ms = state.node.get().running_s * 1000.0
        self._noted_ms = self._ran_ms

    def tick(self) -> float:
        """Add the time since the last call to the node's running time; return that, in seconds.

        It counts over all processes, and is kept once a minute. It never goes back, and a clock that was set
        ahead adds five minutes at most.
        """
        now = self.clock()
        self._ran_ms += min(max(0, now - self._seen), LONGEST_STEP_MS)
        self._seen = now
        if self._ran_ms - self._noted_ms >= RUNNING_NOTE_MS:
            self._noted_ms = self._ran_ms
            self.state.node.note_running(round(self._ran_ms / 1000))
        return self._ran_ms / 1000

    def exchange(self, *, audit: bool = False) -> int:
        """Read what peers wrote and write what is to be told; return when to publish next (ms).

        With `audit`, the own files on the store are looked at first.

        Raises what the store raises; the reason is in `status` until it works again.
        """
        now = self.clock()
        try:
            if audit:
                self.publisher.recheck()
                self.auditor.step()
            self.follower.step(now)
            again = self.publisher.step(now, self.tick())
            self.auditor.watch_uploads(self.tick())
        except MesharrError as error:
            self._store_is(str(error))
            if isinstance(error, Refused):
                self.state.refusals.note("store", error, now)
            raise
        self.store_answered()
        return again

    def store_answered(self) -> None:
        """What was said of a store that did not answer is over."""
        self._store_is("")
        self.state.refusals.clear("store")

    def _store_is(self, why: str) -> None:
        before = self.state.store.note_failure(why)
        if why == before:
            return
        if why:
            log.error("%s", why)
        elif before:
            log.info("the store answers again")

    def once(self, *, compare: bool) -> None:
        """One pass over everything that is due, in the order in which things follow from each other.

        With `compare`, the whole library is compared. What cannot be done now stays for the next pass.
        """
        self._try(lambda: self.follower.step(self.clock()))
        self._try(lambda: self.first_day.run(self.clock()))
        self._try(lambda: self.intake.step(self.clock()))
        if compare:
            self._try(lambda: self.nightly.step(self.clock()))
            self.grabs.recheck()
        self._try(lambda: self.grabs.step(self.clock()))
        self._try(lambda: self.transfer.step(self.clock()))
        self._try(lambda: self.publisher.step(self.clock(), self.tick()))
        self._try(lambda: self.reconciler.step(self.clock()))
        for scanner in self.scanners:
            self._try(lambda scanner=scanner: scanner.step(self.clock()))  # type: ignore[misc]  # mypy cannot type a lambda with a default
        self.notices.step(self.clock())

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (Unavailable, Refused) as error:
            log.warning("%s", error)

    def next_due(self) -> int | None:
        """Return when the next thing is due by itself (ms), None when nothing is."""
        state = self.state
        dues = [state.inbox.next_due(), self.transfer.next_due(), self.reconciler.next_due()]
        dues.append(self.first_day.next_due())
        dues += [state.scans.next_due(scanner.name) for scanner in self.scanners]
        return min((due for due in dues if due is not None), default=None)
