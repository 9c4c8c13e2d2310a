"""An arr of a few rows, made by hand: it answers from them and remembers every request."""

import json
from copy import deepcopy
from typing import Any, Final

import httpx

from mesharr.arr.base import Arr, ArrKind
from tests.contract.arr.contract import connected
from tests.contract.arr.stock import STOCK

Json = Any
Answer = tuple[int, Json]
FILTERS: Final = {
    "tmdbId": "tmdbId",
    "tvdbId": "tvdbId",
    "mbId": "foreignArtistId",
    "seriesId": "seriesId",
    "artistId": "artistId",
    "authorId": "authorId",
    "foreignAlbumId": "foreignAlbumId",
    "albumReleaseId": "albumReleaseId",
    "bookId": "bookId",
}
"""The queries that choose among rows, and the member each compares."""


TESTS_OF_CLIENTS = "POST downloadclient/testall"
"""Answered by every app with one result for each download client; here there is none."""


class HandMade:
    """Answers of GETs by path, and of everything else by method and path; `requests` is what came in.

    A list is chosen from by the queries in FILTERS; one of its rows is found by its id, as `movie/12`.
    """

    def __init__(self, kind: ArrKind) -> None:
        stock = deepcopy(STOCK[kind.name])
        self.kind = kind
        self.lists: dict[str, Json] = stock.lists
        self.answers: dict[str, Answer] = {
            TESTS_OF_CLIENTS: (200, []),
            "GET filesystem/type": (200, {"type": "file"}),
            **stock.answers,
        }
        self.requests: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        path = request.url.path.rpartition(f"{self.kind.api_root}/")[2]
        found = (
            self._tagged(request, path)
            or self.answers.get(f"{request.method} {path}")
            or self._got(request, path)
        )
        return httpx.Response(found[0], json=found[1]) if found[1] is not None else httpx.Response(found[0])

    def _tagged(self, request: httpx.Request, path: str) -> Answer | None:
        """Answer the creation of a tag whose label is there with that tag, as every app does."""
        if (request.method, path) != ("POST", "tag"):
            return None
        label = json.loads(request.content)["label"]
        return next(((201, row) for row in self.lists["tag"] if row["label"] == label), None)

    def _got(self, request: httpx.Request, path: str) -> Answer:
        if request.method != "GET":
            return 405, None
        if path in self.lists:
            return 200, self._chosen(self.lists[path], request.url.params)
        place, _, number = path.rpartition("/")
        rows = [row for row in self.lists.get(place, ()) if str(row["id"]) == number]
        return (200, rows[0]) if rows else (404, {"message": "NotFound"})

    @staticmethod
    def _chosen(rows: Json, query: httpx.QueryParams) -> Json:
        wanted = {FILTERS[name]: value for name, value in query.items() if name in FILTERS}
        if not wanted or not isinstance(rows, list):
            return rows
        return [row for row in rows if all(str(row.get(name)) == value for name, value in wanted.items())]

    def arr(self) -> Arr:
        """The adapter, talking to this."""
        return connected(self.kind, self.handle)

    def lines(self) -> list[str]:
        """What came in: method, path and query, one line each."""
        return [f"{request.method} {self.tail(request)}" for request in self.requests]

    def changes(self) -> list[str]:
        """What came in and was no GET."""
        return [line for line in self.lines() if not line.startswith("GET ")]

    def body(self, line: str) -> Json:
        """The body of the one request that came in as this line."""
        [body] = self.bodies(line)
        return body

    def bodies(self, line: str) -> list[Json]:
        """The bodies of all requests that came in as this line, in order."""
        return [
            json.loads(request.content)
            for request in self.requests
            if f"{request.method} {self.tail(request)}".startswith(line)
        ]

    def tail(self, request: httpx.Request) -> str:
        """A request's path below the root of the API, with its query."""
        return str(request.url).split(f"{self.kind.api_root}/")[1]
