"""Answer the JSON API: what commands print with `--json`, and approve and reject."""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mesharr.core.errors import Damaged, MesharrError, Misconfigured, Refused
from mesharr.inbound.api_key import ApiKey
from mesharr.node.conflict_notes import ANSWERS
from mesharr.node.reports.activity import PAGE, activity_document
from mesharr.node.reports.catalogue import library_document
from mesharr.node.reports.conflicts import conflicts_document
from mesharr.node.reports.documents import peers_document
from mesharr.node.reports.item_document import ItemDocument, item_document
from mesharr.node.reports.lists import UploadsDocument, approvals_document, uploads_document
from mesharr.web.api.openapi import document
from mesharr.web.common.access import Throttle
from mesharr.web.common.readers import Readers
from mesharr.web.common.requests import (
    accept_node,
    activity_filter,
    answer_approval,
    answer_conflict,
    catalogue_search,
    number,
)
from mesharr.web.common.source import Latest, Source

MOST = 200
"""Entries of activity that one request gets."""
Answer = Callable[[Request], msgspec.Struct]


class Api:
    """The routes of `/api/v1`; each wants the API key."""

    def __init__(
        self, source: Source, latest: Latest, readers: Readers, key: ApiKey, throttle: Throttle
    ) -> None:
        self._source = source
        self._latest = latest
        self._readers = readers
        self._key = key
        self._throttle = throttle

    def _uploads(self, request: Request) -> UploadsDocument:
        del request
        state = self._source.state
        return uploads_document(state.uploads, state.node, self._source.clock())

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the API and its description."""
        base = f"{self._source.url_base}/api/v1"
        answers: dict[str, Answer] = {
            "/status": lambda _request: self._latest.get(),
            "/activity": self._activity,
            "/approvals": lambda _request: approvals_document(
                self._source.state.holds, self._source.state.names
            ),
            "/conflicts": lambda _request: conflicts_document(self._source.state, self._source.clock()),
            "/peers": lambda _request: peers_document(
                self._source.state, self._source.node, self._source.peers()
            ),
            "/uploads": self._uploads,
            "/library": self._library,
            "/library/{library}/{item:path}": self._item,
        }
        routes: list[BaseRoute] = [
            Route(f"{base}{path}", partial(self.guarded, answer), methods=["GET"])
            for path, answer in answers.items()
        ]
        for verb in ("approve", "reject"):
            answer = partial(self._answered, verb)
            routes.append(
                Route(f"{base}/approvals/{{n:int}}/{verb}", partial(self.guarded, answer), methods=["POST"])
            )
        for answer_of_two in ANSWERS:
            resolved = partial(self.guarded, partial(self._resolved, answer_of_two))
            path = f"{base}/conflicts/{{library}}/{{item:path}}/{answer_of_two}"
            routes.append(Route(path, resolved, methods=["POST"]))
        accept = partial(self.guarded, self._accepted)
        routes.append(Route(f"{base}/peers/{{node}}/accept", accept, methods=["POST"]))
        routes.append(Route(f"{base}/openapi.json", self._document, methods=["GET"]))
        return routes

    def refused(self, request: Request) -> Response | None:
        """Return why a request without the right key is refused, None for one that has it."""
        address = request.client.host if request.client else ""
        if not self._throttle.is_open(address):
            return _message(429, "too many wrong API keys: wait a minute", {"Retry-After": "60"})
        if self._key.is_sent_with(request):
            return None
        if offered := self._key.offered_with(request):
            self._throttle.note_wrong(address, offered)
        if not self._key.is_set:
            return _message(401, "server.api_key is not set in mesharr.yml")
        return _message(401, "wrong or missing API key: send it as X-Api-Key")

    async def guarded(self, answer: Answer, request: Request) -> Response:
        """Answer a request that has the key, in a thread of the readers."""
        refused = self.refused(request)
        if refused is not None:
            return refused
        return await self._readers.run(partial(_answer, answer, request))

    def _activity(self, request: Request) -> msgspec.Struct:
        limit = min(number(request, "limit", PAGE), MOST)
        before = number(request, "before", 0)
        source = self._source
        return activity_document(
            source.state, source.node, source.peers(), activity_filter(request), before, max(1, limit)
        )

    def _library(self, request: Request) -> msgspec.Struct:
        return library_document(
            self._source.state, self._source.node, catalogue_search(request), number(request, "page", 1)
        )

    def _item(self, request: Request) -> ItemDocument:
        library, item = request.path_params["library"], request.path_params["item"]
        found = item_document(self._source.state, self._source.node, self._source.peers(), library, item)
        if found is None:
            raise HTTPException(404, f"no item {item[:80]} in {library[:40]}")
        return found

    def _answered(self, verb: str, request: Request) -> msgspec.Struct:
        return answer_approval(self._source, request.path_params["n"], verb)

    def _resolved(self, answer: str, request: Request) -> msgspec.Struct:
        return answer_conflict(self._source, request, answer)

    def _accepted(self, request: Request) -> msgspec.Struct:
        try:
            return accept_node(self._source, request)
        except Refused as error:
            raise HTTPException(404, str(error)) from error

    async def _document(self, _request: Request) -> Response:
        return JSONResponse(document(self._source.version, self._source.url_base))


def _answer(answer: Answer, request: Request) -> Response:
    try:
        return Response(msgspec.json.encode(answer(request)), media_type="application/json")
    except HTTPException as error:
        return _message(error.status_code, error.detail)
    except Misconfigured as error:
        return _message(404, str(error))
    except (MesharrError, Damaged) as error:
        return _message(503, str(error))


def _message(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": message}, status_code=status, headers=headers)
