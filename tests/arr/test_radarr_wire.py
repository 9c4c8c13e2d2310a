"""Every request of the Radarr adapter, held against Radarr's OpenAPI document."""

import json

import httpx
import pytest

from mesharr.arr.radarr import KIND
from tests.arr.contract import METHODS, calls
from tests.arr.handmade import HandMade
from tests.arr.openapi import VARIABLE, OpenApi, document

COMMAND = "/api/v3/command"


@pytest.fixture(scope="module")
def openapi() -> OpenApi:
    found = document(KIND.name)
    if found is None:
        pytest.skip(
            f"no radarr.json: put Radarr's OpenAPI document into a directory and name it in {VARIABLE}"
        )
    # RescanMovie's own parameter: the document shows no command's parameters
    found.beyond = {COMMAND: frozenset({"movieId"})}
    return found


def _request(method: str, path: str, body: object = None) -> httpx.Request:
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Request(method, f"http://arr.test/api/v3/{path}", content=content)


@pytest.mark.parametrize("call", METHODS)
def test_what_goes_over_the_wire_is_in_the_document(openapi: OpenApi, call: str) -> None:
    radarr = HandMade()
    calls(KIND)[call](radarr.arr())
    assert radarr.asked
    assert [complaint for request in radarr.asked for complaint in openapi.complaints(request)] == []


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
def test_the_comparison_finds_what_is_wrong(
    openapi: OpenApi, request_: httpx.Request, complaint: str
) -> None:
    [found] = openapi.complaints(request_)
    assert complaint in found
