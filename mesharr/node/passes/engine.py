"""Run a node's stages over one state, for the daemon, `sync` and the simulation."""

import logging
from collections.abc import Callable

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.text import span
from mesharr.node.inward.reconcile import Reconciler
from mesharr.node.inward.scan import ScanStage
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.joining.first_day import FirstDay
from mesharr.node.outward.arr_history import ArrHistory
from mesharr.node.outward.downloads.grabs import Grabs
from mesharr.node.outward.full_compare import FullComparison
from mesharr.node.outward.intake import Intake
from mesharr.node.outward.last_look import LastLook
from mesharr.node.outward.own_files import OwnFileWatch
from mesharr.node.outward.stream.publish import Publisher
from mesharr.node.outward.stream.store_audit import Auditor
from mesharr.node.outward.transfer import Transfer
from mesharr.node.passes.order import stages_of_loop, stages_of_pass
from mesharr.node.status.notices import Notices
from mesharr.node.status.watch import Watch
from mesharr.state.queues.due_table import bring_forward
from mesharr.state.state import State

log = logging.getLogger(__name__)

RUNNING_NOTE_MS = 60_000
LONGEST_STEP_MS = 5 * 60_000
SET_BACK_MS = 60_000
"""By how much a clock goes back that is set, and not only corrected."""


class Stages(msgspec.Struct, frozen=True, kw_only=True):
    """The stages of one node. No two threads may drive the same stage at once."""

    first_day: FirstDay
    intake: Intake
    grabs: Grabs
    history: ArrHistory
    transfer: Transfer
    own_files: OwnFileWatch
    last_look: LastLook
    publisher: Publisher
    follower: Follower
    auditor: Auditor
    reconciler: Reconciler
    nightly: FullComparison
    watch: Watch
    notices: Notices
    scanners: tuple[ScanStage, ...]


class Engine:
    """The stages of one node over one state, and the running time they share."""

    def __init__(self, state: State, clock: Callable[[], int], stages: Stages) -> None:
        self.state = state
        self.clock: Callable[[], int] = clock
        self.first_day: FirstDay = stages.first_day
        self.intake: Intake = stages.intake
        self.grabs: Grabs = stages.grabs
        self.history: ArrHistory = stages.history
        self.transfer: Transfer = stages.transfer
        self.own_files: OwnFileWatch = stages.own_files
        self.last_look: LastLook = stages.last_look
        self.publisher: Publisher = stages.publisher
        self.follower: Follower = stages.follower
        self.auditor: Auditor = stages.auditor
        self.reconciler: Reconciler = stages.reconciler
        self.nightly: FullComparison = stages.nightly
        self.watch: Watch = stages.watch
        self.notices: Notices = stages.notices
        self.scanners: tuple[ScanStage, ...] = stages.scanners
        self._seen = clock()
        self._ran_ms = state.node.get().running_s * 1000.0
        self._noted_ms = self._ran_ms

    def tick(self) -> float:
        """Add the time since the last call to the node's running time; return that, in seconds.

        It counts over all processes, and is kept once a minute. It never goes back, and a clock that was set
        ahead adds five minutes at most. When the clock was set back, all that waits is made due.
        """
        now = self.clock()
        if now < self._seen - SET_BACK_MS:
            log.warning(
                "the clock was set back by %s: what waits is tried now", span((self._seen - now) / 1000)
            )
            bring_forward(self.state.db, now)
        self._ran_ms += min(max(0, now - self._seen), LONGEST_STEP_MS)
        self._seen = now
        if self._ran_ms - self._noted_ms >= RUNNING_NOTE_MS:
            self._noted_ms = self._ran_ms
            self.state.node.note_running(round(self._ran_ms / 1000))
        return self._ran_ms / 1000

    def exchange(self, *, audit: bool = False, poll: bool = True) -> int:
        """Read what peers published, and publish; return when to come again (ms).

        With `audit`, the own files on the store are checked first. Without `poll`, nothing of the peers is
        read, so that the store is asked for nothing while nothing is to be published.

        Raises what the store raises; the reason is in `status` until it works again.
        """
        requests = {name for name, is_on in (("audit", audit), ("poll", poll)) if is_on}
        again: object = 0
        try:
            for row in stages_of_loop("mesh"):
                if row.is_due(requests):
                    again = row.run(self)
            self.auditor.watch_uploads(self.tick())
        except MesharrError as error:
            self._store_is(str(error))
            if isinstance(error, Refused):
                self.state.refusals.note("store", error, self.clock())
            else:
                self.state.outages.note("store", str(error), self.clock())
            raise
        if poll:
            self.store_answered()
        assert isinstance(again, int)  # the last one of the loop publishes
        return again

    def store_answered(self) -> None:
        """Forget the failure of a store that answers again."""
        self._store_is("")
        self.state.outages.end("store")
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
        """Run one pass over everything that is due.

        With `compare`, the whole library is compared. What cannot be done now stays for the next pass.
        """
        for row in stages_of_pass(compare=compare):
            try:
                row.run(self)
            except (Unavailable, Refused) as error:
                log.warning("%s", error)

    def next_due(self) -> int | None:
        """Return when the next thing is due by itself (ms), None when nothing is."""
        state = self.state
        dues = [state.inbox.next_due(), self.transfer.next_due(), self.reconciler.next_due()]
        dues += [self.first_day.next_due(), self.own_files.next_due()]
        dues += [scanner.next_due() for scanner in self.scanners]
        return min((due for due in dues if due is not None), default=None)
