"""Run the stages of a node in threads, woken by events, the clock, and each other.

An event is in the database before its sender gets an answer, so the daemon may stop at any time: running
steps get a moment to end, and what they had not committed is done again.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

import msgspec

from mesharr.core.errors import Damaged, MesharrError
from mesharr.core.events.schema import NodeHello
from mesharr.daemon.clock import Clock
from mesharr.daemon.loops import Loop
from mesharr.daemon.peer_polls import PeerPolls
from mesharr.node.inward.scan import ScanStage
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.order import LoopName, Request, stages_of_loop

log = logging.getLogger(__name__)

Due = Callable[[], int | None]
"""Returns when a stage is due by itself (ms), None when it is not."""
STOP_S = 4.0
LOOKED_AT = 50
"""How many of the newest events are looked at for a sign of life."""
MANY_EVENTS = 1_000
"""After so many events in one poll there may be more: the store is listed again at once."""


class Schedule(msgspec.Struct, frozen=True):
    """When the daemon does what nothing wakes it for."""

    poll_s: float
    """Seconds between polls of the peers' events while nothing goes on."""
    audit_s: float
    """Seconds between checks of this node's own files in the store."""
    reconcile: str
    """The cron line of the full comparison."""


class Daemon:
    """Runs the stages of an engine; `start` returns at once, `stop` within five seconds."""

    def __init__(
        self,
        engine: Engine,
        schedule: Schedule,
        clock: Clock,
        on_stop: Sequence[Callable[[], None]] = (),
        poll: Sequence[Callable[[], None]] = (),
        exchanged: Callable[[bool, int], None] = lambda _listed, _new: None,
    ) -> None:
        """Take the stages, and what is called with them.

        `on_stop` is called first when the daemon stops, to end what would keep a step from ending; `poll`
        is called every `poll_s`, before the stages that are due are woken; `exchanged` after each exchange
        with the store, with whether it was listed, and how many events were applied.
        """
        self._poll = tuple(poll)
        self._exchanged = exchanged
        self._engine = engine
        self._schedule = schedule
        self._clock = clock
        self._on_stop = tuple(on_stop)
        self._halted = threading.Lock()
        """Held from the moment on at which the database was found damaged."""
        self._polls = PeerPolls(schedule.poll_s)
        self._requests: Mapping[Request, threading.Event] = {
            request: threading.Event() for request in get_args(Request)
        }
        self._requests["audit"].set()
        self._loops = self._make_loops()
        self._dues = self._make_dues()
        self._last_poll = (engine.clock(), engine.state.db.mark_of_others())
        """When the last poll was (ms), and the mark of what others had written to the database by then."""

    def start(self) -> None:
        """Start the clock and a thread for each stage; every stage does once what is due."""
        self._clock.every(self._schedule.poll_s, self._polled, "poll", jitter=self._schedule.poll_s / 5)
        self._clock.every(self._schedule.audit_s, lambda: self._request("audit", "mesh"), "audit")
        self._clock.every(3600, lambda: self._request("hourly"), "hourly comparison")
        self._clock.cron(self._schedule.reconcile, lambda: self._request("compare"), "comparison")
        self._clock.start()
        for loop in self._loops.values():
            loop.start()

    def wake(self) -> None:
        """Wake every stage to do what is due."""
        for loop in self._loops.values():
            loop.wake()

    def stored(self) -> None:
        """Process what an app has just told, and poll the peers' events often for a while."""
        self._polls.note_life()
        self._loops["intake"].wake()

    def note_life(self) -> None:
        """Poll the peers' events often for a while: something goes on. Wake every stage."""
        self._polls.note_life()
        self.wake()

    def look(self) -> None:
        """Do what a command of the user asks for."""
        self._take_sync_request()
        self.note_life()

    def peers_wrote(self) -> None:
        """Poll the peers' events now: the store told of a new file."""
        self._request("poll", "mesh")

    def wake_transfer(self) -> None:
        """Wake the stage of the uploads: one of them ended."""
        self._loops["transfer"].wake()

    def stop(self) -> None:
        """Start no further step, and give running ones up to `STOP_S` seconds to end."""
        end = time.monotonic() + STOP_S
        for loop in self._loops.values():
            loop.stop()
        for callback in self._on_stop:
            callback()
        self._clock.stop(0.0)
        slow = [loop.name for loop in self._loops.values() if not loop.join(end - time.monotonic())]
        if slow:
            log.warning("stopped while busy: %s; what was not committed is done again", ", ".join(slow))

    def _polled(self) -> None:
        for callback in self._poll:
            callback()
        self._take_sync_request()
        try:
            due = self._due_loops()
        except Damaged as error:
            self._halt(error)
        except MesharrError:  # the database cannot be read: each stage says so
            self.wake()
        else:
            for name in due:
                self._loops[name].wake()

    def _due_loops(self) -> Sequence[str]:
        """Return the stages that a poll has to wake: those that would do something.

        A stage sleeps until its own time, and is woken by what this process changes for it. What neither
        tells it of: that another process changed the database and could not say so, that the clock was set,
        that something is due earlier than it was when the stage fell asleep.
        """
        (before, known), now = self._last_poll, self._engine.clock()
        written = self._engine.state.db.mark_of_others()
        self._last_poll = now, written
        if now < before or written != known:
            return tuple(self._loops)
        due = {name for name, next_due in self._dues.items() if (at := next_due()) is not None and at <= now}
        return [name for name, loop in self._loops.items() if loop.is_failing or name in due]

    def _take_sync_request(self) -> None:
        try:
            requested = self._engine.state.node.take_sync_request()
        except Damaged as error:
            self._halt(error)
            return
        except MesharrError as error:  # it stays: the next poll takes it
            log.warning("what a command asked for cannot be read now: %s", error)
            return
        if requested:
            self._request("compare")

    def _halt(self, error: Damaged) -> None:
        """Start no further step: the database is damaged, and the user is told once."""
        self._engine.state.db.note_damage(error)
        if not self._halted.acquire(blocking=False):
            return  # several threads may find it
        log.error("%s. Webhooks and peers wait until then", error)
        for loop in self._loops.values():
            loop.stop()
        self._clock.stop(wait_s=0)

    def _request(self, request: Request, loop: LoopName = "intake") -> None:
        self._requests[request].set()
        self._loops[loop].wake()

    def _take(self, request: Request) -> bool:
        """Return whether a request is open, and close it."""
        event = self._requests[request]
        is_open = event.is_set()
        event.clear()
        return is_open

    def _make_loops(self) -> Mapping[str, Loop]:
        engine = self._engine
        steps: dict[str, Callable[[], float | None]] = {
            "intake": self._step_intake,
            "mesh": self._step_mesh,
            "transfer": self._step_transfer,
            "reconcile": self._step_reconcile,
            "first day": self._step_first_day,
            **{f"scan {each.name}": partial(self._step_scan, each) for each in engine.scanners},
            "watch": self._step_watch,
        }
        if engine.notices.targets:
            steps["notices"] = self._step_notices
        return {name: Loop(name, step, self._halt) for name, step in steps.items()}

    def _make_dues(self) -> Mapping[str, Due]:
        engine = self._engine
        return {
            "intake": lambda: _first(
                engine.state.inbox.next_due(), engine.grabs.next_due(), engine.history.next_due()
            ),
            "mesh": self._polls.next_due,
            "transfer": lambda: _first(engine.transfer.next_due(), engine.own_files.next_due()),
            "reconcile": engine.reconciler.next_due,
            "first day": engine.first_day.next_due,
            **{f"scan {each.name}": each.next_due for each in engine.scanners},
            "watch": engine.watch.next_due,
            "notices": engine.notices.next_due,
        }

    def _step_intake(self) -> float | None:
        engine = self._engine
        for row in stages_of_loop("intake"):
            if row.on is None or self._take(row.on):
                row.run(engine)
        self._wake_others("intake")
        return self._until(self._dues["intake"]())

    def _step_first_day(self) -> float | None:
        engine = self._engine
        if engine.first_day.step(engine.clock()):
            self._requests["poll"].set()
            self._wake_others("first day")
        return self._until(self._dues["first day"]())

    def _step_transfer(self) -> float | None:
        engine = self._engine
        before = engine.state.outbox.count(), engine.state.scans.count()
        for row in stages_of_loop("transfer"):
            row.run(engine)
        if (engine.state.outbox.count(), engine.state.scans.count()) != before:
            self.wake()
        return self._until(self._dues["transfer"](), at_least=1.0)

    def _step_mesh(self) -> float | None:
        engine, now = self._engine, self._engine.clock()
        audits, is_asked = self._requests["audit"].is_set(), self._take("poll")
        polls = self._polls.is_due(now) or is_asked or audits
        before = engine.state.streams.count()
        try:
            again = engine.exchange(audit=audits, poll=polls)
        except MesharrError:
            # the engine has logged it; the next wake publishes again, and lists when that is due
            if polls:
                self._polls.polled(now)
            return min(self._schedule.poll_s * 2, 300.0, self._until(self._polls.next_due()) or 0.0)
        if audits:
            self._requests["audit"].clear()
        new = engine.state.streams.count() - before
        self._exchanged(polls, new)
        if polls:
            self._polls.polled(now)
            if engine.first_day.next_due() is not None:  # it waits for a listing made after its begin
                self._polls.found_life(now)
                self._loops["first day"].wake()
        if new:
            self._after_events(new, now)
        return self._until(min(again, self._polls.next_due()))

    def _after_events(self, new: int, now: int) -> None:
        """Wake the others for new events; a hello, which follows from others, is no sign of life."""
        newest = self._engine.state.streams.newest(min(new, LOOKED_AT))
        if any(event.type != NodeHello.type_name for _, event in newest):
            self._polls.found_life(now)
        if new >= MANY_EVENTS:
            self._polls.found_more()
        self._wake_others("mesh")

    def _step_reconcile(self) -> float | None:
        engine = self._engine
        if engine.reconciler.step(engine.clock()):
            self._wake_others("reconcile")
        return self._until(self._dues["reconcile"]())

    def _step_scan(self, stage: ScanStage) -> float | None:
        stage.step(self._engine.clock())
        return self._until(stage.next_due())

    def _step_watch(self) -> float | None:
        engine = self._engine
        engine.watch.step(engine.clock())
        return self._until(self._dues["watch"](), at_least=1.0)

    def _step_notices(self) -> float | None:
        engine = self._engine
        engine.notices.step(engine.clock())
        return self._until(self._dues["notices"](), at_least=1.0)

    def _wake_others(self, me: LoopName) -> None:
        for name, loop in self._loops.items():
            if name != me:
                loop.wake()

    def _until(self, due: int | None, at_least: float = 0.05) -> float | None:
        if due is None:
            return None
        return max(at_least, (due - self._engine.clock()) / 1000)


def _first(*dues: int | None) -> int | None:
    """Return the first of some times, None without any."""
    return min((due for due in dues if due is not None), default=None)
