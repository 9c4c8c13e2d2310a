"""Run a node's stages, for the daemon, `sync` and the simulation."""

import logging

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.node.passes.order import stages_of_loop, stages_of_pass
from mesharr.node.passes.stages import Stages

log = logging.getLogger(__name__)


class Engine(Stages):
    """The stages of one node, run in their order."""

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
