"""Serve the pages: login and logout, what each shows, and their forms."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mesharr.core.errors import Damaged, MesharrError
from mesharr.inbound.api_key import ApiKey
from mesharr.node.conflict_notes import ANSWERS
from mesharr.web.common.access import SESSION_S, Session, Sessions, Throttle
from mesharr.web.common.readers import Readers
from mesharr.web.common.requests import accept_node, answer_approval, answer_conflict
from mesharr.web.common.source import Latest, Source
from mesharr.web.pages.doctor_runs import DoctorRuns
from mesharr.web.pages.html import FOLDER, HEADERS, Templates
from mesharr.web.pages.live import Live
from mesharr.web.pages.views import Values, Views

log = logging.getLogger(__name__)

MAX_FORM = 16 * 1024
FORMS = 16
"""Forms that are read at once: each holds a connection, and anybody can begin to send one."""
FORM_S = 10.0
STATIC = ("page.css", "page.js", "icon.svg")
View = Callable[[Request], Values]
Handler = Callable[[Session, Request], Awaitable[Response]]


class Pages:
    """The routes of the pages; each but the login wants a session."""

    def __init__(
        self,
        source: Source,
        latest: Latest,
        readers: Readers,
        doctor: DoctorRuns,
        key: ApiKey,
        sessions: Sessions,
        throttle: Throttle,
    ) -> None:  # fmt: skip
        self._source = source
        self._readers = readers
        self._key = key
        self._sessions = sessions
        self._throttle = throttle
        self._doctor = doctor
        self._forms = Forms()
        self._views = Views(source, latest, doctor)
        self._templates = Templates(source.url_base, source.clock)
        self.live = Live(source.state.db.mark, readers)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        base, views = self._source.url_base, self._views
        shown: dict[str, tuple[str, View]] = {
            "/": ("overview", views.overview),
            "/activity": ("activity", views.activity),
            "/library": ("library", views.library),
            "/library/{library}/{item:path}": ("item", views.item),
            "/approvals": ("approvals", views.approvals),
            "/peers": ("peers", views.peers),
            "/doctor": ("doctor", views.doctor),
            "/logs": ("logs", views.logs),
        }
        routes: list[BaseRoute] = [
            Route(f"{base}{path}", self._with_session(partial(self._show, name, view)), methods=["GET"])
            for path, (name, view) in shown.items()
        ]
        forms: dict[str, Handler] = {
            "/approvals/{n:int}/approve": partial(self._answer, "approve"),
            "/approvals/{n:int}/reject": partial(self._answer, "reject"),
            **{
                f"/conflicts/{{library}}/{{item:path}}/{answer}": partial(self._resolve, answer)
                for answer in ANSWERS
            },
            "/peers/{node}/accept": self._accept,
            "/doctor": self._check,
            "/logout": self._logout,
        }
        for path, handler in forms.items():
            guarded = self._with_session(partial(self._with_token, handler))
            routes.append(Route(f"{base}{path}", guarded, methods=["POST"]))
        routes += [
            Route(f"{base}/events", self._with_session(self._events), methods=["GET"]),
            Route(f"{base}/login", self._login_page, methods=["GET"]),
            Route(f"{base}/login", self._login, methods=["POST"]),
            Route(f"{base}/static/{{name}}", _static, methods=["GET"]),
        ]
        if base:
            routes.append(Route(base, _to(f"{base}/"), methods=["GET"]))
            routes.append(Route("/", _to(f"{base}/"), methods=["GET"]))
        return routes

    # -- sessions

    def _with_session(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that sends whoever has no session to the login."""

        async def handle(request: Request) -> Response:
            session = self._sessions.of(request.cookies.get(self._sessions.cookie, ""))
            if session is not None:
                return await handler(session, request)
            if request.method != "GET" or request.url.path.endswith("/events"):
                return JSONResponse({"message": "log in first"}, status_code=401, headers=HEADERS)
            query = f"?{request.url.query}" if request.url.query else ""
            path = request.url.path.removeprefix(self._source.url_base)
            return RedirectResponse(
                self._templates.url("login", next=f"{path}{query}" if path != "/" or query else ""),
                303,
                HEADERS,
            )

        return handle

    async def _with_token(self, handler: Handler, session: Session, request: Request) -> Response:
        """Handle a form that a page of this session sent; refuse one of another site."""
        form = await self._forms.read(request)
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"} or (
            not self._sessions.has_token(session, form.get("token", ""))
        ):
            why = "This form is not of your session: load the page again."
            return await self._readers.run(partial(self._page, "error", session, 403, why))
        return await handler(session, request)

    async def _login_page(self, request: Request) -> Response:
        if self._sessions.of(request.cookies.get(self._sessions.cookie, "")):
            return RedirectResponse(self._templates.url(), 303, HEADERS)
        return self._login_form("", _inner(request.query_params.get("next", "")))

    def _login_form(self, why: str, then: str, status: int = 200) -> Response:
        why = why or (
            "" if self._key.is_set else "Set server.api_key in mesharr.yml: it counts within half a minute."
        )
        name = self._source.name
        return self._templates.render("login.html", status, why=why, next=then, node=name, page="login")

    async def _login(self, request: Request) -> Response:
        form = await self._forms.read(request)
        then = _inner(form.get("next", ""))
        address = request.client.host if request.client else ""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return self._login_form("Log in on this page.", then, 403)
        if not self._throttle.is_open(address):
            log.warning("a login was refused: too many wrong API keys came from %s", address)
            return self._login_form("Too many wrong keys: wait a minute.", then, 429)
        key = form.get("key", "")
        if not self._key.fits(key):
            self._throttle.note_wrong(address, key)
            return self._login_form("This is not the API key.", then, 401)
        answer = RedirectResponse(f"{self._source.url_base}{then or '/'}", 303, HEADERS)
        answer.set_cookie(
            self._sessions.cookie,
            self._sessions.begin(),
            max_age=SESSION_S,
            path=f"{self._source.url_base}/",
            httponly=True,
            samesite="strict",
            secure="https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")},
        )
        return answer

    async def _logout(self, session: Session, _request: Request) -> Response:
        self._sessions.end(session)
        answer = RedirectResponse(self._templates.url("login"), 303, HEADERS)
        answer.delete_cookie(
            self._sessions.cookie, path=f"{self._source.url_base}/", httponly=True, samesite="strict"
        )
        return answer

    # -- pages

    async def _show(self, name: str, view: View, session: Session, request: Request) -> Response:
        def show() -> Response:
            mark = self.live.mark()  # before the page is read: what comes meanwhile is told of
            try:
                return self._page(name, session, **view(request), mark=mark)
            except HTTPException as error:
                return self._page("error", session, error.status_code, error.detail)
            except (MesharrError, Damaged) as error:
                return self._page("error", session, 503, str(error))

        return await self._readers.run(show)

    def _page(
        self, page: str, session: Session, status: int = 200, why: str = "", **values: object
    ) -> Response:
        return self._templates.render(
            f"{page}.html",
            status,
            **{
                "page": page,
                "node": self._source.name,
                "version": self._source.version,
                "mark": "",
                "token": self._sessions.form_token(session),
                "held": self._source.state.holds.count_waiting(),
                "why": why,
                **values,
            },
        )

    async def _events(self, _session: Session, request: Request) -> Response:
        return self.live.stream(request.query_params.get("since", ""))

    # -- forms

    async def _answer(self, verb: str, session: Session, request: Request) -> Response:
        work = partial(answer_approval, self._source, request.path_params["n"], verb)
        return await self._done(work, session, "approvals")

    async def _resolve(self, answer: str, session: Session, request: Request) -> Response:
        return await self._done(partial(answer_conflict, self._source, request, answer), session, "approvals")

    async def _accept(self, session: Session, request: Request) -> Response:
        return await self._done(partial(accept_node, self._source, request), session, "peers")

    async def _done(self, work: Callable[[], object], session: Session, page: str) -> Response:
        """Do what a form asks for; return a redirect to a page, or why it cannot be done."""

        def answer() -> Response:
            try:
                work()
            except (MesharrError, Damaged) as error:
                return self._page("error", session, 409, str(error))
            return RedirectResponse(self._templates.url(page), 303, HEADERS)

        return await self._readers.run(answer)

    async def _check(self, _session: Session, _request: Request) -> Response:
        self._doctor.start()
        return RedirectResponse(self._templates.url("doctor"), 303, HEADERS)


class Forms:
    """Reads forms, which anybody can begin to send: few at a time, each within some seconds."""

    def __init__(self, at_once: int = FORMS, within_s: float = FORM_S) -> None:
        self._at_once = at_once
        self._within_s = within_s
        self._open = 0

    async def read(self, request: Request) -> dict[str, str]:
        """Return the fields of a form.

        Raises:
            HTTPException: it is too long (413) or too slow (408), or too many are read already (503).

        """
        if self._open >= self._at_once:
            raise HTTPException(503, "too many forms at once: try again", {"Retry-After": "2"})
        self._open += 1
        try:
            async with asyncio.timeout(self._within_s):
                body = await _body(request)
        except TimeoutError:
            raise HTTPException(408, f"the form did not come within {self._within_s:g} s") from None
        except ClientDisconnect:
            raise HTTPException(400, "the form ended early") from None
        finally:
            self._open -= 1
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
        except ValueError:
            raise HTTPException(400, "the form has too many fields") from None
        return {name: values[-1] for name, values in fields.items()}


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM:
            raise HTTPException(413, "the form is too long")
    return body


def _inner(path: str) -> str:
    """Return a path to go to after the login, "" for one that may lead elsewhere."""
    parts = urlsplit(path)
    is_inner = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    )
    return path if is_inner and path.isprintable() and "\\" not in path else ""


def _to(target: str) -> Callable[[Request], Awaitable[Response]]:
    async def go(_request: Request) -> Response:
        return RedirectResponse(target, 303)

    return go


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        return JSONResponse({"message": "nothing here"}, status_code=404)
    headers = {**HEADERS, "Cache-Control": "max-age=300"}
    return FileResponse(os.path.join(FOLDER, "static", name), headers=headers)
