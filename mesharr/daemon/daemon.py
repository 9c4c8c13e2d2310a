"""Run the stages of a node in threads, woken by events, the clock, and each other.

An event is in the database before its sender gets an answer, so the daemon may stop at any time: running
steps get a moment to end, and what they had not committed is done again.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from mesharr.core import polling
from mesharr.core.errors import Damaged, MesharrError
from mesharr.core.events.schema import NodeHello
from mesharr.daemon.clock import Clock
from mesharr.daemon.loops import Loop
from mesharr.inbound.inbox import Source
from mesharr.node.inward.scan import ScanStage
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.order import Request, stages_of_loop
from mesharr.state.state import State

log = logging.getLogger(__name__)

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


class DurableInbox:
    """Stores events in the database, and wakes the daemon."""

    def __init__(self, state: State, clock: Callable[[], int], stored: Callable[[], None]) -> None:
        """`stored` is called after each event."""
        self._state = state
        self._clock = clock
        self._stored = stored

    def put(self, app: str, source: Source, body: bytes) -> None:
        """Store an event of an app; it is on disk when this returns."""
        self._state.inbox.put(app, source, body, self._clock())
        self._stored()


class Daemon:
    """Runs the stages of an engine; `start` returns at once, `stop` within five seconds."""

    def __init__(
        self,
        engine: Engine,
        schedule: Schedule,
        clock: Clock,
        pool: ThreadPoolExecutor,
        on_stop: Sequence[Callable[[], None]] = (),
        poll: Sequence[Callable[[], None]] = (),
        exchanged: Callable[[bool, int], None] = lambda _listed, _new: None,
    ) -> None:
        """Take the stages, and what is called with them.

        `on_stop` is called first when the daemon stops, to end what would keep a step from ending; `poll`
        is called every `poll_s`, before the stages are woken; `exchanged` after each exchange with the store,
        with whether it was listed, and how many events were applied.
        """
        self._poll = tuple(poll)
        self._exchanged = exchanged
        self._engine = engine
        self._schedule = schedule
        self._clock = clock
        self._pool = pool
        self._on_stop = tuple(on_stop)
        self._halting = threading.Lock()
        self._halted = False
        self._pace = polling.first_pace(round(schedule.poll_s * 1000))
        self._life = threading.Event()
        self._polls_now = threading.Event()
        self._audit = threading.Event()
        self._audit.set()
        self._requests: dict[Request, threading.Event] = defaultdict(threading.Event)
        self._loops = self._make_loops()

    def start(self) -> None:
        """Start the clock and a thread for each stage; every stage does once what is due."""
        self._clock.every(self._schedule.poll_s, self._polled, "poll", jitter=self._schedule.poll_s / 5)
        self._clock.every(self._schedule.audit_s, self._request_audit, "audit")
        self._clock.every(3600, lambda: self._request("hourly"), "hourly comparison")
        self._clock.cron(self._schedule.reconcile, lambda: self._request("compare"), "comparison")
        self._clock.start()
        for loop in self._loops:
            loop.start()

    def wake(self) -> None:
        """Wake every stage to do what is due."""
        for loop in self._loops:
            loop.wake()

    def stored(self) -> None:
        """Process what an app has just told, and poll the peers' events often for a while."""
        self._life.set()
        self._intake.wake()

    def note_life(self) -> None:
        """Poll the peers' events often for a while: something goes on. Wake every stage."""
        self._life.set()
        self.wake()

    def look(self) -> None:
        """Do what a command of the user asks for."""
        self._take_sync_request()
        self.note_life()

    def peers_wrote(self) -> None:
        """Poll the peers' events now: the store told of a new file."""
        self._polls_now.set()
        self._mesh.wake()

    def wake_transfer(self) -> None:
        """Wake the stage of the uploads: one of them ended."""
        self._transfer.wake()

    def stop(self) -> None:
        """Start no further step, and give running ones up to `STOP_S` seconds to end."""
        end = time.monotonic() + STOP_S
        for loop in self._loops:
            loop.stop()
        for callback in self._on_stop:
            callback()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._clock.stop(0.0)
        slow = [loop.name for loop in self._loops if not loop.join(end - time.monotonic())]
        if slow:
            log.warning("stopped while busy: %s; what was not committed is done again", ", ".join(slow))

    def _polled(self) -> None:
        for callback in self._poll:
            callback()
        self._take_sync_request()
        self.wake()

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
        with self._halting:
            if self._halted:
                return
            self._halted = True
        log.error("%s. Webhooks and peers wait until then", error)
        for loop in self._loops:
            loop.stop()
        self._clock.stop(wait_s=0)

    def _request(self, request: Request) -> None:
        self._requests[request].set()
        self._intake.wake()

    def _take(self, request: Request) -> bool:
        """Return whether a request is open, and close it."""
        event = self._requests[request]
        is_open = event.is_set()
        event.clear()
        return is_open

    def _request_audit(self) -> None:
        self._audit.set()
        self._mesh.wake()

    def _make_loops(self) -> tuple[Loop, ...]:
        engine = self._engine
        loop = partial(Loop, halt=self._halt)
        self._intake = loop("intake", self._step_intake)
        self._mesh = loop("mesh", self._step_mesh)
        self._transfer = loop("transfer", self._step_transfer)
        self._reconcile = loop("reconcile", self._step_reconcile)
        scans = tuple(loop(f"scan {each.name}", partial(self._step_scan, each)) for each in engine.scanners)
        self._first_day = loop("first day", self._step_first_day)
        watch = loop("watch", self._step_watch)
        notices = [loop("notices", self._step_notices)] if engine.notices.places else []
        stages = (self._intake, self._mesh, self._transfer, self._reconcile, self._first_day)
        return (*stages, *scans, watch, *notices)

    def _step_intake(self) -> float | None:
        engine = self._engine
        for row in stages_of_loop("intake"):
            if row.on is None or self._take(row.on):
                row.run(engine)
        self._wake_others(self._intake)
        dues = (engine.state.inbox.next_due(), engine.grabs.next_due(), engine.history.next_due())
        return self._until(min((due for due in dues if due is not None), default=None))

    def _step_first_day(self) -> float | None:
        engine = self._engine
        if engine.first_day.step(engine.clock()):
            self._polls_now.set()
            self._wake_others(self._first_day)
        return self._until(engine.first_day.next_due())

    def _step_transfer(self) -> float | None:
        engine = self._engine
        before = engine.state.outbox.count(), engine.state.scans.count()
        for row in stages_of_loop("transfer"):
            row.run(engine)
        if (engine.state.outbox.count(), engine.state.scans.count()) != before:
            self.wake()
        dues = (engine.transfer.next_due(), engine.own_files.next_due())
        return self._until(min((due for due in dues if due is not None), default=None), at_least=1.0)

    def _step_mesh(self) -> float | None:
        engine, now = self._engine, self._engine.clock()
        if self._life.is_set():
            self._life.clear()
            self._pace = polling.after_life(self._pace, now)
        polls = self._audit.is_set() or self._polls_now.is_set() or polling.is_due(self._pace, now)
        self._polls_now.clear()
        before = engine.state.streams.count()
        try:
            again = engine.exchange(audit=self._audit.is_set(), poll=polls)
            self._audit.clear()
        except MesharrError:
            # the engine has logged it; the next wake publishes again, and lists when that is due
            if polls:
                self._pace = polling.after_listing(self._pace, now)
            due = self._until(polling.next_listing(self._pace)) or 0.0
            return min(self._schedule.poll_s * 2, 300.0, due)
        new = engine.state.streams.count() - before
        self._exchanged(polls, new)
        if polls:
            self._pace = polling.after_listing(self._pace, now)
            if engine.first_day.next_due() is not None:  # it waits for a listing made after its begin
                self._pace = polling.after_life(self._pace, now)
                self._first_day.wake()
        if new:
            self._after_events(new, now)
        return self._until(min(again, polling.next_listing(self._pace)))

    def _after_events(self, new: int, now: int) -> None:
        """Wake the others for new events; a hello, which follows from others, is no sign of life."""
        newest = self._engine.state.streams.newest(min(new, LOOKED_AT))
        if any(event.type != NodeHello.type_name for _, event in newest):
            self._pace = polling.after_life(self._pace, now)
        if new >= MANY_EVENTS:
            self._pace = polling.at_once(self._pace)
        self._wake_others(self._mesh)

    def _step_reconcile(self) -> float | None:
        engine = self._engine
        if engine.reconciler.step(engine.clock()):
            self._wake_others(self._reconcile)
        return self._until(engine.reconciler.next_due())

    def _step_scan(self, stage: ScanStage) -> float | None:
        stage.step(self._engine.clock())
        return self._until(stage.next_due())

    def _step_watch(self) -> float | None:
        engine = self._engine
        engine.watch.step(engine.clock())
        return self._until(engine.watch.next_due(), at_least=1.0)

    def _step_notices(self) -> float | None:
        engine = self._engine
        engine.notices.step(engine.clock())
        return self._until(engine.notices.next_due(), at_least=1.0)

    def _wake_others(self, me: Loop) -> None:
        for loop in self._loops:
            if loop is not me:
                loop.wake()

    def _until(self, due: int | None, at_least: float = 0.05) -> float | None:
        if due is None:
            return None
        return max(at_least, (due - self._engine.clock()) / 1000)
