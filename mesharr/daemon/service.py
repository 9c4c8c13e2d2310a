"""Run one node: its webhook endpoint and spool first, then the mesh and the stages.

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

from mesharr.arr import kinds
from mesharr.bootstrap.backup import make_scheduled
from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.database import SPOOL, WAKE
from mesharr.bootstrap.engine import Runtime, app_of, build_engine
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.identity import open_state
from mesharr.bootstrap.store import check_store, open_store, read_mesh
from mesharr.config import Config
from mesharr.core.errors import Damaged, MesharrError
from mesharr.daemon.clock import Clock
from mesharr.daemon.daemon import Daemon, DurableInbox, Schedule
from mesharr.daemon.introductions import accept_introduced
from mesharr.daemon.page import RequestCounts, open_source
from mesharr.doctor.check_result import CheckResult
from mesharr.inbound import spool
from mesharr.inbound.http import HttpServer, make_app
from mesharr.inbound.spool import Watch
from mesharr.log import layout
from mesharr.log.keys import NodeKey
from mesharr.log.layout import EVENTS
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.startup_retry import retry_refused
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
        self._connection_problem = connection_problem
        self._config = config
        self._config_dir = config_dir
        self._key = key
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        """Held while the stages are started, so that `stop` finds them running or never to run."""
        self._disk = open_disk()
        self._store_disk = open_disk()
        threads = config.uploads.transfers + _LOOKS
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="upload")
        self._clock = Clock(os.environ.get("TZ", "").lstrip(":") or "")
        self._watches: list[Watch] = []
        self._joiner = threading.Thread(target=self._join, name="join", daemon=True)
        self._daemon: Daemon | None = None
        self.state: State = open_state(config_dir, locked=True)
        self.engine: Engine | None = None
        self.port = 0
        self._inbox = DurableInbox(self.state, wall_ms, self._stored)
        self._requests = RequestCounts()
        self._web = self._page(doctor)
        self._server = self._http()

    def start(self) -> None:
        """Receive events and start to join the mesh; raise `Refused` when the config cannot work."""
        check_store(self._config, self.state)
        retry_refused(self.state, wall_ms())
        self.port = self._server.start()
        self._web.start()
        place = os.path.join(self._config_dir, SPOOL)
        os.makedirs(place, exist_ok=True)
        self._watches.append(spool.watch(place, self._spooled, also=WAKE))
        self._drain()
        self._joiner.start()
        log.info("%s listens on port %d", self._config.node, self.port)

    def _stored(self) -> None:
        if self._daemon:
            self._daemon.stored()

    def note_life(self) -> None:
        """Wake every stage, and have peers' events polled often for a while: something goes on here."""
        if self._daemon:
            self._daemon.note_life()

    def stop(self) -> None:
        """Stop the node; what was not committed is done again after the next start."""
        self._stopping.set()
        for watch in self._watches:
            watch.stop()
        self._web.end_streams()
        self._server.stop()
        self._web.stop()
        with self._starting:
            daemon = self._daemon
        if daemon:
            daemon.stop()
        self._disk.close()
        self._store_disk.close()
        self.state.db.close()

    # -- receiving events

    def _http(self) -> HttpServer:
        config, found = self._config, kinds()
        app = make_app(
            self._inbox,
            {name: found[app.kind] for name, app in config.apps.items()},
            _api_key(config),
            config.server.url_base,
            self.state.db.healthy,
            lambda name, outcome: self.state.counters.add(f"hook:{name}:{outcome}"),
        )
        app.router.routes.extend(self._web.routes())
        return HttpServer(app, *config.server.listen)

    def _page(self, doctor: Callable[[], Sequence[CheckResult]] | None) -> WebApp:
        """Return the page, which reads the database over a connection of its own."""
        source = open_source(
            self._config,
            self._config_dir,
            layout.node_id(self._config.node, self._key.public),
            open_state(self._config_dir, locked=True),
        )
        source = msgspec.structs.replace(
            source, wake=self.note_life, doctor=doctor, requests=self._requests.all
        )
        return WebApp(source, _api_key(self._config))

    def _spooled(self) -> None:
        """Take what a script left, and look at what a command changed."""
        self._drain()
        if self._daemon:
            self._daemon.look()

    def _drain(self) -> None:
        try:
            spool.drain(os.path.join(self._config_dir, SPOOL), self._inbox, partial(app_of, self._config))
        except (MesharrError, Damaged) as error:
            log.warning("spool: %s", error)

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
                self._stopping.wait(min(self._config.store.poll, 30.0))
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
        store = open_store(self._config, self._store_disk, self.state)
        store.check_available()
        return read_mesh(store).id

    def _run(self, mesh_id: str) -> None:
        runtime = Runtime(
            config_dir=self._config_dir,
            config=self._config,
            state=self.state,
            disk=self._disk,
            store_disk=self._store_disk,
            run=self._in_pool,
            count_request=self._requests.add,
            connection_problem=self._connection_problem,
        )
        self.engine, uploader = build_engine(runtime, mesh_id, self._key)
        daemon = self._make_daemon(self.engine, uploader)
        if self._config.schedule.backup_days:
            self._clock.every(BACKUP_S, self._back_up, "backup", jitter=BACKUP_S / 5)
        with self._starting:
            if self._stopping.is_set():
                return
            self._daemon = daemon
            daemon.start()
        log.info("in the mesh %s", self.state.node.get().mesh_name or mesh_id)
        self._watch_events()

    def _back_up(self) -> None:
        try:
            made = make_scheduled(self._config_dir, wall_ms(), self._config.schedule.backup_days)
        except Damaged as error:
            log.error("no backup was made: %s", error)
        else:
            if made:
                log.info("backed up to %s", made.path)

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
            self._web.note_events()

    def _watch_events(self) -> None:
        """Have peers' events polled when they write to the store, if the store is a local directory."""
        assert self._daemon
        store = open_store(self._config, self._store_disk, self.state)
        with suppress(MesharrError):
            store.check_available()
        if store.kind == "directory":
            events = os.path.join(self._config.store.path, EVENTS)
            mine = f"{layout.node_id(self._config.node, self._key.public)}."
            try:
                watch = spool.watch_directory(
                    events, self._daemon.peers_wrote, lambda name: not name.startswith((".", mine))
                )
            except MesharrError as error:
                log.warning("peers' events are only polled: %s", error)
            else:
                self._watches.append(watch)

    def _make_daemon(self, engine: Engine, uploader: Uploader | None) -> Daemon:
        schedule = Schedule(
            poll_s=self._config.store.poll,
            audit_s=self._config.schedule.audit,
            reconcile=self._config.schedule.reconcile,
        )
        on_stop = [uploader.stop] if uploader else []
        poll = [self._drain]
        if self._config.trust.introductions == "accept":
            poll.append(self._accept_introduced)
        return Daemon(
            engine, schedule, self._clock, self._pool, [*on_stop], poll=poll, exchanged=self._exchanged
        )

    def _accept_introduced(self) -> None:
        node = layout.node_id(self._config.node, self._key.public)
        try:
            accept_introduced(self._config_dir, self.state, node, wall_ms())
        except (MesharrError, Damaged) as error:
            log.warning("nobody was accepted: %s", error)


def _api_key(config: Config) -> str:
    """Return the key that webhooks and the page want, "" for none."""
    return config.server.api_key.get_secret_value() if config.server.api_key else ""
