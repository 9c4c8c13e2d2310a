"""Receive what apps, scripts and commands tell a node, and serve its page."""

import logging
import os
from collections.abc import Callable
from functools import partial

from mesharr.arr import kind
from mesharr.bootstrap.database import SPOOL, WAKE
from mesharr.bootstrap.engine import Runtime, app_of
from mesharr.core.errors import Damaged, MesharrError
from mesharr.daemon.durable_inbox import DurableInbox
from mesharr.inbound import spool
from mesharr.inbound.http import HttpServer, make_app
from mesharr.inbound.spool import Watch
from mesharr.web.app import WebApp

log = logging.getLogger(__name__)


class Receiver:
    """Receives events over HTTP and through the spool; may be started and stopped once."""

    def __init__(
        self, runtime: Runtime, web: WebApp, stored: Callable[[], None], looked: Callable[[], None]
    ) -> None:
        """`stored` is called after each event, `looked` after a script or a command left something."""
        config, state = runtime.config, runtime.state
        self._spool = os.path.join(runtime.config_dir, SPOOL)
        self._app_of = partial(app_of, config)
        self._inbox = DurableInbox(state, runtime.clock, stored)
        self._looked = looked
        self.web = web
        self.port = 0
        app = make_app(
            self._inbox,
            {name: kind(app.kind) for name, app in config.apps.items()},
            config.server.key,
            config.server.url_base,
            state.db.healthy,
            lambda name, outcome: state.counters.add(f"hook:{name}:{outcome}"),
        )
        app.router.routes.extend(web.routes())
        self._server = HttpServer(app, *config.server.listen)
        self._watch: Watch | None = None

    def start(self) -> None:
        """Receive events: requests are answered once this returns.

        Raises:
            Refused: the address cannot be listened on.
            Unavailable: the spool cannot be watched.

        """
        self.port = self._server.start()
        self.web.start()
        self._watch = spool.watch(self._spool, self._spooled, also=WAKE)
        self.drain()

    def stop(self) -> None:
        """Receive nothing more."""
        if self._watch:
            self._watch.stop()
        self.web.end_streams()
        self._server.stop()
        self.web.stop()

    def drain(self) -> None:
        """Store what scripts left in the spool."""
        try:
            spool.drain(self._spool, self._inbox, self._app_of)
        except (MesharrError, Damaged) as error:
            log.warning("spool: %s", error)

    def _spooled(self) -> None:
        """Take what a script left, and look at what a command changed."""
        self.drain()
        self._looked()
