"""Put the page together: its routes, `/health`, `/metrics`, and the keeper of the catalogue."""

import logging
import threading
import time
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mesharr.core.errors import Damaged, MesharrError
from mesharr.inbound.api_key import ApiKey
from mesharr.node.reports.catalogue import refresh
from mesharr.web.api.routes import Api
from mesharr.web.common.access import Sessions, Throttle, load_secret
from mesharr.web.common.readers import Readers
from mesharr.web.common.source import Latest, Source
from mesharr.web.pages.doctor_runs import DoctorRuns
from mesharr.web.pages.routes import Pages

log = logging.getLogger(__name__)

CATALOGUE_S = 60.0
"""How long the catalogue waits at most, once it has all: what nobody tells it is seen then."""
FAILED_S = 60.0
"""How long it waits after a failure."""


class WebApp:
    """The page, the API and the metrics of one node."""

    def __init__(self, source: Source, api_key: str) -> None:
        self._source = source
        self._key = ApiKey(api_key)
        self._readers = Readers()
        self._latest = Latest(source)
        throttle = Throttle(time.monotonic)
        sessions = Sessions(load_secret(source.config_dir), api_key, lambda: source.clock() / 1000)
        doctor = DoctorRuns(source.doctor, source.clock)
        self._api = Api(source, self._latest, self._readers, self._key, throttle)
        self._pages = Pages(source, self._latest, self._readers, doctor, self._key, sessions, throttle)
        self._stopping = threading.Event()
        self._applied = threading.Event()
        self._keeper = threading.Thread(target=self._keep_catalogue, name="catalogue", daemon=True)

    def routes(self) -> list[BaseRoute]:
        """Return every route, below the URL base."""
        base = self._source.url_base
        return [
            *self._api.routes(),
            *self._pages.routes(),
            Route(f"{base}/health", self._health, methods=["GET"]),
            Route(f"{base}/metrics", self._metrics, methods=["GET"]),
        ]

    def start(self) -> None:
        """Begin to keep the catalogue."""
        self._keeper.start()

    def note_events(self) -> None:
        """Bring the catalogue up to date: events were applied."""
        self._applied.set()

    def end_streams(self) -> None:
        """End what would keep the server from stopping, and begin nothing more."""
        self._stopping.set()
        self._applied.set()
        self._pages.live.close()

    def stop(self) -> None:
        """End the threads, and close the database connection of the page."""
        self._readers.close()
        if self._keeper.is_alive():
            self._keeper.join(timeout=1.0)
        self._source.state.db.close()

    def _keep_catalogue(self) -> None:
        while True:
            self._applied.clear()
            if self._stopping.is_set():  # looked at after that is cleared, which `end_streams` may have set
                return
            try:
                while not self._stopping.is_set() and refresh(self._source.state):
                    self._stopping.wait(0.005)  # other threads go first
            except (MesharrError, Damaged) as error:
                log.debug("the catalogue is behind: %s", error)
                self._stopping.wait(FAILED_S)
            except Exception:
                if self._stopping.is_set():
                    return
                log.exception("the catalogue is behind")
                self._stopping.wait(FAILED_S)
            else:
                self._applied.wait(CATALOGUE_S)

    async def _health(self, request: Request) -> Response:
        """Answer whether the node works; what is down and behind only with the key."""
        if self._api.refused(request) is not None:
            healthy = await self._readers.run(self._source.state.db.healthy)
            return JSONResponse({"status": "OK" if healthy else "Error"}, status_code=200 if healthy else 503)
        return await self._api.guarded(lambda _request: self._detail(), request)

    def _detail(self) -> "Health":
        found = self._latest.get()
        return Health(
            status="down" if found.down else "needs action" if found.asks else "OK",
            node=found.node,
            version=self._source.version,
            needs_action=len(found.asks),
            down={each.subject: each.since for each in found.down},
            behind={peer.node: peer.lag for peer in found.peers if not peer.frozen},
            queue=found.queue,
        )

    async def _metrics(self, request: Request) -> Response:
        refused = self._api.refused(request)
        if refused is not None:
            refused.headers["WWW-Authenticate"] = 'Basic realm="mesharr"'
            return refused
        return await self._readers.run(partial(_metrics_answer, self._source, self._latest))


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How this node is, in short."""

    status: str
    """OK, needs action, or down."""
    node: str
    version: str
    needs_action: int
    """How many things need the user's action."""
    down: dict[str, str]
    """What does not answer, and since when."""
    behind: dict[str, int]
    """How many events of each peer are not applied here."""
    queue: dict[str, int]


def _metrics_answer(source: Source, latest: Latest) -> Response:
    from mesharr.web.api.metrics import CONTENT_TYPE, metrics_text  # noqa: PLC0415 - few have Prometheus

    try:
        return Response(metrics_text(source, latest.get()), headers={"Content-Type": CONTENT_TYPE})
    except (MesharrError, Damaged) as error:
        return JSONResponse({"message": str(error)}, status_code=503)
