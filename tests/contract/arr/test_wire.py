"""Every request of every adapter, item against the arr's own OpenAPI document."""

import json
from functools import cache

import httpx
import pytest

from mesharr.arr.base import ArrKind
from tests.contract.arr.contract import METHODS, calls, known_kinds
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import STOCK, book
from tests.support.openapi import VARIABLE, OpenApi, document

CALLS = [(kind, name) for kind in known_kinds() for name in METHODS]
UNKNOWN = "999"
"""A unit that no item has."""


@cache
def _document(name: str) -> OpenApi | None:
    found = document(name)
    if found is not None:
        api = next(kind.api_root for kind in known_kinds() if kind.name == name)
        found.beyond = {f"{api}/command": STOCK[name].parameters}
    return found


def _of(name: str) -> OpenApi:
    found = _document(name)
    if found is None:
        pytest.skip(
            f"no {name}.json: put the arrs' OpenAPI documents into a directory and name it in {VARIABLE}"
        )
    return found


@pytest.mark.parametrize(("kind", "call"), CALLS, ids=[f"{kind.name}.{name}" for kind, name in CALLS])
def test_what_goes_over_the_wire_is_in_the_document(kind: ArrKind, call: str) -> None:
    openapi, arr = _of(kind.name), HandMade(kind)
    calls(kind)[call](arr.arr())
    assert arr.requests
    assert [complaint for request in arr.requests for complaint in openapi.complaints(request)] == []


@pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)
def test_what_goes_over_the_wire_for_an_unmonitored_item_and_an_unknown_unit_is_in_it(kind: ArrKind) -> None:
    openapi, arr = _of(kind.name), HandMade(kind)
    arr.lists["book/lookup"] = [book(0, 0, UNKNOWN, monitored=False)]
    arr.arr().rescan(12, (), (UNKNOWN,))
    arr.arr().set_monitored(13, _units_of(arr, 13), monitored=True)
    assert any("monitor" in line or "editor" in line for line in arr.changes())
    assert [complaint for request in arr.requests for complaint in openapi.complaints(request)] == []


def _units_of(arr: HandMade, ref: int) -> tuple[str, ...]:
    return next(tuple(item.monitored) for item in arr.arr().read_all() if item.ref == ref)


def _request(method: str, path: str, body: object = None) -> httpx.Request:
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Request(method, f"http://arr.test/api/v3/{path}", content=content)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (_request("POST", "movie", {"tmdb": 1}), "body.tmdb is unknown"),
        (_request("POST", "movie", {"tmdbId": "1"}), "not of type integer"),
        (_request("POST", "movie", {"monitored": 0}), "not of type boolean"),
        (_request("POST", "movie", {"minimumAvailability": "soon"}), "not one of"),
        (_request("POST", "movie", {"addOptions": {"search": False}}), "body.addOptions.search is unknown"),
        (_request("POST", "movie", {"tags": ["x"]}), "body.tags[0] is 'x'"),
        (_request("POST", "movie"), "body is missing"),
        (_request("PUT", "movie/editor", {"movieId": 1}), "body.movieId is unknown"),
        (_request("POST", "command", {"movieIds": [1]}), "body.movieIds is unknown"),
        (_request("GET", "movie?tmdb=1"), "query tmdb is unknown"),
        (_request("GET", "history/since?eventType=imported"), "not one of"),
        (_request("GET", "films"), "there is no GET"),
    ],
)
def test_the_comparison_finds_what_is_wrong(request_: httpx.Request, complaint: str) -> None:
    [found] = _of("radarr").complaints(request_)
    assert complaint in found
