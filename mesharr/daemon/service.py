"""Run one node: what receives events first, then the mesh and the stages.

Events are stored in the database from the first second on; processing them can wait for a store that is not
mounted yet. A node that was in its mesh before does not wait: its stages run, and what needs the store is
tried until the store is available.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import msgspec

from mesharr.bootstrap.backup import make_scheduled
from mesharr.bootstrap.engine import Runtime, build_engine
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state
from mesharr.bootstrap.store import check_store, read_mesh
from mesharr.core.errors import Damaged, MesharrError
from mesharr.daemon.clock import Clock
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.daemon.introductions import accept_introduced
from mesharr.daemon.page import RequestCounts, open_source
from mesharr.daemon.receiving import Receiver
from mesharr.doctor.check_result import CheckResult
from mesharr.inbound import spool
from mesharr.inbound.spool import Watch
from mesharr.log import layout
from mesharr.log.keys import NodeKey
from mesharr.log.layout import EVENTS
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.startup_retry import retry_refused
from mesharr.settings.models import Config
from mesharr.state.state import State
from mesharr.uploads.base import Uploader
from mesharr.web.app import WebApp

log = logging.getLogger(__name__)

_LOOKS = 2
"""Threads in which what was uploaded is looked for on the drive while other files are sent for hours."""
BACKUP_S = 600.0
"""How often the daemon checks whether the backup of the day has been made."""


class Service:
    """A node's daemon; `start` returns when webhooks are received, `stop` within five seconds.

    The caller holds the lock of the config dir, or is the only user of that directory.
    """

    def __init__(
        self,
        config: Config,
        config_dir: str,
        key: NodeKey,
        doctor: Callable[[], Sequence[CheckResult]] | None = None,
        connection_problem: Callable[[str], str] | None = None,
    ) -> None:
        """Open the state; nothing is started yet.

        `doctor` checks the setup for the page, `connection_problem` mesharr's connection in an app.
        """
        self._key = key
        self._requests = RequestCounts()
        self._runtime = Runtime(
            config_dir=config_dir,
            config=config,
            state=open_state(config_dir, locked=True),
            disk=open_disk(),
            store_disk=open_disk(),
            run=self._in_pool,
            count_request=self._requests.add,
            connection_problem=connection_problem,
        )
        threads = config.uploads.transfers + _LOOKS
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="upload")
        self._clock = Clock(os.environ.get("TZ", "").lstrip(":") or "")
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        """Held while the stages are started, so that `stop` finds them running or never to run."""
        self._joiner = threading.Thread(target=self._join, name="join", daemon=True)
        self._daemon: Daemon | None = None
        self._store_watch: Watch | None = None
        self._receiver = Receiver(self._runtime, self._page(doctor), self._stored, self._looked)
        self.engine: Engine | None = None

    @property
    def state(self) -> State:
        """What this node keeps."""
        return self._runtime.state

    @property
    def port(self) -> int:
        """The port of webhooks and page, 0 before the start."""
        return self._receiver.port

    @property
    def _node(self) -> str:
        """The label of this node."""
        return layout.node_id(self._runtime.config.node, self._key.public)

    def start(self) -> None:
        """Receive events and start to join the mesh; raise `Refused` when the config cannot work."""
        config = self._runtime.config
        check_store(config, self.state)
        retry_refused(self.state, self._runtime.clock())
        self._receiver.start()
        self._joiner.start()
        log.info("%s listens on port %d", config.node, self.port)

    def note_life(self) -> None:
        """Wake every stage, and have peers' events polled often for a while: something goes on here."""
        if self._daemon:
            self._daemon.note_life()

    def stop(self) -> None:
        """Stop the node; what was not committed is done again after the next start."""
        self._stopping.set()
        self._receiver.stop()
        with self._starting:
            daemon = self._daemon
        if self._store_watch:
            self._store_watch.stop()
        if daemon:
            daemon.stop()
        self.close()

    def close(self) -> None:
        """Close what a service has open that was not started, or whose threads were stopped."""
        self._runtime.close()

    def _stored(self) -> None:
        if self._daemon:
            self._daemon.stored()

    def _looked(self) -> None:
        if self._daemon:
            self._daemon.look()

    def _page(self, doctor: Callable[[], Sequence[CheckResult]] | None) -> WebApp:
        """Return the page, which reads the database over a connection of its own."""
        config, config_dir = self._runtime.config, self._runtime.config_dir
        source = open_source(config, config_dir, self._node, open_state(config_dir, locked=True))
        source = msgspec.structs.replace(
            source, wake=self.note_life, doctor=doctor, requests=self._requests.all
        )
        return WebApp(source, config.server.key)

    # -- joining

    def _join(self) -> None:
        """Start the stages: at once in a known mesh, else when the store is available."""
        logged = ""
        while not self._stopping.is_set():
            try:
                self._run(self.state.node.get().mesh or self._mesh_id())
            except MesharrError as error:
                if str(error) != logged:
                    logged = str(error)
                    self.state.store.note_failure(logged)
                    log.error("the mesh is not available yet: %s", logged)
                self._stopping.wait(min(self._runtime.config.store.poll, 30.0))
            except Damaged as error:
                self.state.db.note_damage(error)
                log.error("%s. Webhooks and peers wait until then", error)
                return
            except Exception:
                if self._stopping.is_set():
                    return  # the database was closed while the stages were being built
                log.exception("the stages could not be started")
                self._stopping.wait(30.0)
            else:
                return

    def _mesh_id(self) -> str:
        """Return the id of the store's mesh; raise when the store is not available."""
        store = self._runtime.open_store()
        store.check_available()
        return read_mesh(store).id

    def _run(self, mesh_id: str) -> None:
        self.engine, uploader = build_engine(self._runtime, mesh_id, self._key)
        daemon = self._make_daemon(self.engine, uploader)
        if self._runtime.config.schedule.backup_days:
            self._clock.every(BACKUP_S, self._back_up, "backup", jitter=BACKUP_S / 5)
        with self._starting:
            if self._stopping.is_set():
                return
            self._daemon = daemon
            daemon.start()
        log.info("in the mesh %s", self.state.node.get().mesh_name or mesh_id)
        self._watch_events(daemon)

    def _make_daemon(self, engine: Engine, uploader: Uploader | None) -> Daemon:
        config = self._runtime.config
        poll = [self._receiver.drain]
        if config.trust.introductions == "accept":
            poll.append(self._accept_introduced)
        return Daemon(
            engine,
            Schedule(config.store.poll, config.schedule.audit, config.schedule.reconcile),
            self._clock,
            on_stop=[
                *([uploader.stop] if uploader else []),
                partial(self._pool.shutdown, wait=False, cancel_futures=True),
            ],
            poll=poll,
            exchanged=self._exchanged,
        )

    def _watch_events(self, daemon: Daemon) -> None:
        """Have peers' events polled when they write to the store, if the store is a local directory."""
        store = self._runtime.open_store()
        with suppress(MesharrError):
            store.check_available()
        if store.kind != "directory":
            return
        events = os.path.join(self._runtime.config.store.path, EVENTS)
        mine = f"{self._node}."
        try:
            self._store_watch = spool.watch_directory(
                events, daemon.peers_wrote, lambda name: not name.startswith((".", mine))
            )
        except MesharrError as error:
            log.warning("peers' events are only polled: %s", error)

    # -- what the stages and the clock call

    def _in_pool(self, work: Callable[[], bool]) -> None:
        """Run a transfer in the pool; wake the stages when it made progress, else the next one."""

        def done(future: Future[bool]) -> None:
            if future.cancelled() or self._stopping.is_set():
                return
            if error := future.exception():  # not even its failure could be noted: the next step tries again
                log.warning("a transfer failed: %s", error)
            elif future.result():
                self.note_life()
            elif self._daemon:
                self._daemon.wake_transfer()

        self._pool.submit(work).add_done_callback(done)

    def _exchanged(self, listed: bool, new: int) -> None:
        if listed:
            self._requests.add("store", "poll")
        if new:
            self._receiver.web.note_events()

    def _accept_introduced(self) -> None:
        try:
            accept_introduced(self._runtime.config_dir, self.state, self._node, self._runtime.clock())
        except (MesharrError, Damaged) as error:
            log.warning("nobody was accepted: %s", error)

    def _back_up(self) -> None:
        days = self._runtime.config.schedule.backup_days
        try:
            made = make_scheduled(self._runtime.config_dir, self._runtime.clock(), days)
        except Damaged as error:
            log.error("no backup was made: %s", error)
        else:
            if made:
                log.info("backed up to %s", made.path)
