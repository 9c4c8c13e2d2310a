"""One node, running: its doors open first, then the mesh joined, then the stages in their threads.

The doors (HTTP and spool) keep events in the database from the first second on; what is done with them
can wait for a store that is not mounted yet.
"""

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from mesharr import bootstrap
from mesharr.arr import kinds
from mesharr.config import Config
from mesharr.core.errors import MesharrError, Refused
from mesharr.inbound import spool
from mesharr.inbound.clock import Clock
from mesharr.inbound.daemon import Daemon, DurableInbox, Schedule
from mesharr.inbound.http import HttpServer, make_app
from mesharr.inbound.spool import Watch
from mesharr.log.keys import NodeKey
from mesharr.log.layout import EVENTS
from mesharr.log.store import DirectoryStore
from mesharr.node.engine import Engine
from mesharr.state.state import State
from mesharr.uploads.base import Uploader

log = logging.getLogger(__name__)

SPOOL = "spool"


class Service:
    """A node's daemon. `start` returns when its doors are open; `stop` takes less than five seconds."""

    def __init__(self, config: Config, config_dir: str, key: NodeKey) -> None:
        self._config = config
        self._config_dir = config_dir
        self._key = key
        self._stopping = threading.Event()
        self._disk = bootstrap.open_disk()
        self._pool = ThreadPoolExecutor(max_workers=config.uploads.transfers, thread_name_prefix="upload")
        self._clock = Clock(os.environ.get("TZ", "").lstrip(":") or "")
        self._watches: list[Watch] = []
        self._joiner = threading.Thread(target=self._join, name="join", daemon=True)
        self._daemon: Daemon | None = None
        self.state: State = bootstrap.open_state(config_dir)
        self.engine: Engine | None = None
        self.port = 0
        self._inbox = DurableInbox(self.state, bootstrap.wall_ms, self.wake)
        self._server = self._http()

    def start(self) -> None:
        """Open the doors and begin to join; raise `Refused` for what the config got wrong."""
        bootstrap.open_store(self._config, self._disk)
        self.port = self._server.start()
        place = os.path.join(self._config_dir, SPOOL)
        os.makedirs(place, exist_ok=True)
        self._watches.append(spool.watch(place, self._drain))
        self._drain()
        self._joiner.start()
        log.info("%s listens on port %d", self._config.node, self.port)

    def wake(self) -> None:
        """Have every stage look at what is due."""
        if self._daemon:
            self._daemon.wake()

    def stop(self) -> None:
        """End; what was not committed is done again after the next start."""
        self._stopping.set()
        for watch in self._watches:
            watch.stop()
        self._server.stop()
        if self._daemon:
            self._daemon.stop()
        self._disk.close()
        self.state.db.close()

    # -- doors

    def _http(self) -> HttpServer:
        config, found = self._config, kinds()
        host, port = config.server.listen
        app = make_app(
            self._inbox,
            {name: found[app.kind] for name, app in config.apps.items()},
            config.server.api_key.get_secret_value() if config.server.api_key else "",
            config.server.url_base,
            self.state.db.healthy,
            lambda name, outcome: self.state.counters.add(f"hook:{name}:{outcome}"),
        )
        return HttpServer(app, host, port)

    def _drain(self) -> None:
        try:
            spool.drain(os.path.join(self._config_dir, SPOOL), self._inbox, self._app_of)
        except MesharrError as error:
            log.warning("spool: %s", error)

    def _app_of(self, prefix: str) -> str | None:
        """Return the one app whose script variables begin so."""
        found = kinds()
        apps = [
            name for name, app in self._config.apps.items() if found[app.kind].prefix.rstrip("_") == prefix
        ]
        return apps[0] if len(apps) == 1 else None

    # -- joining

    def _join(self) -> None:
        """Wait until the mesh can be seen, then run the stages. Nothing is published before that."""
        said = ""
        while not self._stopping.is_set():
            try:
                mesh_id = self._mesh_id()
                self._run(mesh_id)
            except MesharrError as error:
                if str(error) != said:
                    said = str(error)
                    self.state.notes.set("store:why", said)
                    log.error("the mesh is not visible yet: %s", said)
                self._stopping.wait(min(self._config.store.poll, 30.0))
            except Exception:
                log.exception("the stages could not be started")
                self._stopping.wait(30.0)
            else:
                return

    def _mesh_id(self) -> str:
        store = bootstrap.open_store(self._config, self._disk)
        store.alive()
        found = bootstrap.read_mesh(store).id
        known = self.state.notes.get("mesh")
        if known and known != found:
            raise Refused(
                f"the store belongs to the mesh {found}, this node to {known}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        return found

    def _run(self, mesh_id: str) -> None:
        runtime = bootstrap.Runtime(
            config_dir=self._config_dir,
            config=self._config,
            state=self.state,
            disk=self._disk,
            run=lambda work: self._pool.submit(work).add_done_callback(lambda _done: self.wake()),
        )
        self.engine, uploader = bootstrap.build_engine(runtime, mesh_id, self._key)
        self._daemon = self._make_daemon(self.engine, uploader)
        self._daemon.start()
        if isinstance(bootstrap.open_store(self._config, self._disk), DirectoryStore):
            events = os.path.join(self._config.store.path, EVENTS)
            self._watches.append(spool.watch_directory(events, self.wake))
        log.info("joined the mesh %s", mesh_id)

    def _make_daemon(self, engine: Engine, uploader: Uploader | None) -> Daemon:
        schedule = Schedule(
            poll_s=self._config.store.poll,
            audit_s=self._config.schedule.audit,
            reconcile=self._config.schedule.reconcile,
        )
        on_stop = [uploader.stop] if uploader else []
        return Daemon(engine, schedule, self._clock, self._pool, [*on_stop], poll=[self._drain])
