"""Receive the webhooks of the apps over HTTP, and answer `/ping`.

An app sends while it imports, waits up to 100 s for the answer and never sends again. So a request is only
checked and stored, and then answered with 200 at once. An app takes a redirect for a success without
following it, so there are none.
"""

import asyncio
import errno
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Literal

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.core.errors import Damaged, MesharrError, Refused, Unavailable
from mesharr.core.text import size_text
from mesharr.inbound.api_key import ApiKey
from mesharr.inbound.connection_limits import (
    ACCEPTED_AT_ONCE,
    QUEUED_BY_SYSTEM,
    ConnectionLimits,
    fitting,
    limited_protocol,
)
from mesharr.inbound.inbox import MAX_BODY, Inbox

log = logging.getLogger(__name__)

Outcome = Literal["queued", "test", "unknown", "garbage", "unavailable"]
LIMITS = ConnectionLimits()
Count = Callable[[str, Outcome], None]
"""Counts (app, outcome) of each webhook that came with the key; called from several threads at once."""


class _Envelope(msgspec.Struct, frozen=True):
    event: str = msgspec.field(name="eventType")


def make_app(
    inbox: Inbox,
    kinds: Mapping[str, ArrKind],
    api_key: str,
    url_base: str,
    healthy: Callable[[], bool],
    counts: Count,
    limits: ConnectionLimits = LIMITS,
) -> Starlette:
    """Return the application: `POST` and `PUT` of `/hook/<app>`, `GET` and `HEAD` of `/ping`.

    `kinds` has the kind of each app by its name. A webhook is answered 200 after `inbox.put` returned, or
    when nothing of it is stored (a test, an unknown type); 400 for bytes that are no webhook, 401 without
    the key, 404 for another app, 408 when the body does not come in time, 413 over `MAX_BODY`, 503 when it
    cannot be stored. Without the key no body is read, and an empty `api_key` accepts no key. Errors are
    `{"message": …}`. `/ping` is served under `url_base` and without it, since a health check does not know
    the base.
    """
    base = normalised(url_base)
    endpoints = _Endpoints(inbox, kinds, api_key, counts, limits.body_s)
    health = _Health(healthy)

    async def ping(_request: Request) -> Response:
        if await health.check():
            return JSONResponse({"status": "OK"})
        return JSONResponse({"status": "Error"}, status_code=500)

    routes = [
        Route(path, endpoints.hook, methods=["POST", "PUT"]) for path in _with_slash(f"{base}/hook/{{app}}")
    ]
    pings = dict.fromkeys((*_with_slash(f"{base}/ping"), "/ping"))
    routes.extend(Route(path, ping, methods=["GET"]) for path in pings)
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error, Exception: _broken})
    app.router.redirect_slashes = False
    return app


def normalised(url_base: str) -> str:
    """Return a base path with a leading slash and none at the end; "" for none."""
    inner = url_base.strip().strip("/")
    return f"/{inner}" if inner else ""


ENDING_S = 0.1
"""How long connections that have just been answered are given to close before the server ends."""


class _QuietServer(uvicorn.Server):
    """Sleeps until a request comes or it is to end; uvicorn's own loop wakes ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Return once the server is to end."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            await self._ending.wait()
        await asyncio.sleep(ENDING_S)

    def end(self) -> None:
        """Have the server end; any thread may call this."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._ending.set)


class HttpServer:
    """Serves an application from a thread of its own; may be started and stopped once."""

    def __init__(self, app: ASGIApp, host: str, port: int, limits: ConnectionLimits = LIMITS) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        # no access log: its lines contain the query, and the query may contain the key
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                http=limited_protocol(fitting(limits)),
                backlog=ACCEPTED_AT_ONCE,
                loop="asyncio",
                ws="none",
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    def start(self) -> int:
        """Listen and serve; return the port, for port 0 the one that the system chose.

        Requests are answered once this returns.

        Raises:
            Refused: the address is in use or cannot be listened on.
            Unavailable: the server did not start within ten seconds.

        """
        self._socket = _bound(*self._address)
        port: int = self._socket.getsockname()[1]
        self._thread.start()
        end = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > end or not self._thread.is_alive():
                raise Unavailable("the HTTP server did not start")
            time.sleep(0.005)
        self._socket.listen(QUEUED_BY_SYSTEM)  # the server has set it to what it accepts at once
        return port

    def stop(self) -> None:
        """Stop serving within two seconds, also while a client is sending."""
        if not self._thread.is_alive():
            return
        self._server.end()
        self._thread.join(timeout=1.6)
        self._server.force_exit = True
        self._thread.join(timeout=0.3)

    def _serve(self) -> None:
        if self._socket is not None:
            self._server.run(sockets=[self._socket])


class _Endpoints:
    def __init__(
        self, inbox: Inbox, kinds: Mapping[str, ArrKind], api_key: str, counts: Count, body_s: float
    ) -> None:
        self._body_s = body_s
        self._inbox = inbox
        self._kinds = kinds
        self._key = ApiKey(api_key)
        self._counts = counts

    async def hook(self, request: Request) -> Response:
        if not self._key.is_sent_with(request):
            log.warning("a webhook without the right API key was rejected")
            answer = _message(401, "wrong or missing API key")
            answer.headers["WWW-Authenticate"] = 'Basic realm="mesharr"'
            return answer
        app: str = request.path_params["app"]
        kind = self._kinds.get(app)
        if kind is None:
            log.warning("a webhook came for %r, but no app has that name", app[:40])
            return _message(404, f"no app {app[:40]!r} here; known: {', '.join(sorted(self._kinds))}")
        try:
            async with asyncio.timeout(self._body_s):
                body = await _body_of(request)
        except ClientDisconnect:
            log.warning("%s: a webhook ended early", app)
            return _message(400, "the body ended early")
        except TimeoutError:
            log.warning("%s: the body of a webhook did not come within %g s", app, self._body_s)
            return _message(408, f"the body did not come within {self._body_s:g} s")
        if body is None:
            log.warning("%s: a webhook over %s was rejected", app, size_text(MAX_BODY))
            return _message(413, f"a body may have {size_text(MAX_BODY)}")
        return await asyncio.to_thread(self._receive, app, kind, body)

    def _receive(self, app: str, kind: ArrKind, body: bytes) -> Response:
        try:
            event = event_type(body)
            if event == "Test":
                self._count(app, "test")
                return _message(200, "mesharr received the test")
            if event not in kind.event_types:
                self._count(app, "unknown")
                return _message(200, "nothing to do for this event")
            # RecursionError: JSON nested deeper than the parser goes
            kind.parse_webhook(body)
        except (UnreadableSignal, RecursionError) as error:
            self._count(app, "garbage")
            log.warning("%s: not a webhook of %s: %s", app, kind.title, error)
            return _message(400, str(error))
        return self._keep(app, event, body)

    def _count(self, app: str, outcome: Outcome) -> None:
        """Count an outcome; when that fails, the answer to the app is still right."""
        with suppress(MesharrError, Damaged):
            self._counts(app, outcome)

    def _keep(self, app: str, event: str, body: bytes) -> Response:
        try:
            self._inbox.put(app, "webhook", body)
        except (MesharrError, Damaged) as error:
            self._count(app, "unavailable")
            log.error("%s: %s was not stored: %s", app, event, error)
            return _message(503, str(error))
        self._count(app, "queued")
        log.debug("%s: webhook %s received", app, event)
        return _message(200, "queued")


def event_type(body: bytes) -> str:
    """Return the `eventType` of a webhook's body; raise `UnreadableSignal` without one."""
    try:
        body.decode()  # the parser below does not check what it skips
        event = msgspec.json.decode(body, type=_Envelope).event
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableSignal("not a webhook: no JSON object with an eventType") from error
    if not event:
        raise UnreadableSignal("not a webhook: its eventType is empty")
    return event


async def _body_of(request: Request) -> bytes | None:
    """Return the body, None as soon as it is known to be longer than `MAX_BODY`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _bound(host: str, port: int) -> socket.socket:
    fix = "change server.listen, or stop the other program"
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(f"port {port} is in use by another program", fix) from error
        raise Refused(f"cannot listen on {host}:{port} ({error.strerror or error})", fix) from error
    return listening


class _Health:
    """Answers any number of `/ping` at once with one check: each check needs a thread."""

    def __init__(self, healthy: Callable[[], bool]) -> None:
        self._healthy = healthy
        self._running: asyncio.Task[bool] | None = None

    async def check(self) -> bool:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(asyncio.to_thread(self._is_healthy))
        return await asyncio.shield(self._running)

    def _is_healthy(self) -> bool:
        try:
            return self._healthy()
        except MesharrError:
            return False


def _with_slash(path: str) -> tuple[str, str]:
    return path, f"{path}/"


def _message(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status_code=status)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _message(500, "an error in mesharr, see its log")
    texts = {404: "nothing here", 405: "another method is needed here; webhooks are sent as POST or PUT"}
    text = texts.get(error.status_code, error.detail)
    if request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(f"mesharr: {text}\n", error.status_code, error.headers)  # a person reads it
    answer = _message(error.status_code, text)
    answer.headers.update(error.headers or {})
    return answer


async def _broken(_request: Request, _error: Exception) -> Response:
    return _message(500, "an error in mesharr, see its log")
