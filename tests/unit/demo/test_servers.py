"""The scanners' fakes, and serving anything over loopback."""

import httpx
import pytest

from mesharr.demo.http import serve
from mesharr.demo.plex import PlexSection, SimulatedPlex
from tests.support.loopback import ask
from tests.support.receiver import KEY
from tests.support.scan_servers import SimulatedAutoscan
from tests.unit.demo.household import DUNE, Household


def client(server: SimulatedAutoscan | SimulatedPlex, **headers: str) -> httpx.Client:
    transport = httpx.MockTransport(server.handle)
    return httpx.Client(transport=transport, base_url="http://server", headers=headers)


def test_autoscan_queues_folders_of_a_post_and_nothing_of_a_get() -> None:
    autoscan = SimulatedAutoscan()
    web = client(autoscan)
    assert web.get("/triggers/manual", params={"dir": "/a"}).status_code == 200
    assert autoscan.scans == []
    both = web.post("/triggers/manual", params={"dir": ["/m/Dune (2021)/", "/b"]})
    assert (both.status_code, both.content) == (200, b"")
    assert autoscan.scans == ["/m/Dune (2021)", "/b"]
    assert web.post("/triggers/manual").status_code == 400


def test_autoscan_asks_for_its_login_except_for_health() -> None:
    autoscan = SimulatedAutoscan(username="u", password="p")
    web = client(autoscan)
    assert web.get("/health").status_code == 200
    assert web.post("/triggers/manual?dir=/a").status_code == 401
    assert web.post("/triggers/manual?dir=/a", auth=("u", "p")).status_code == 200
    autoscan.fail_with(503)
    assert web.get("/health").status_code == 503
    autoscan.fail_with(None)
    assert web.get("/health").status_code == 200


@pytest.fixture
def plex() -> SimulatedPlex:
    return SimulatedPlex(token="t", sections=[PlexSection("1", "Films", ("/data/Movies",))])


def test_plex_takes_its_token_from_header_or_query(plex: SimulatedPlex) -> None:
    web = client(plex, Accept="application/json")
    assert web.get("/identity").json()["MediaContainer"]["version"]
    assert web.get("/library/sections").status_code == 401
    assert web.get("/library/sections?X-Plex-Token=t").status_code == 200
    found = web.get("/library/sections", headers={"X-Plex-Token": "t"}).json()
    [section] = found["MediaContainer"]["Directory"]
    assert (section["key"], section["Location"][0]["path"]) == ("1", "/data/Movies")


def test_plex_accepts_a_folder_it_does_not_know_and_ignores_it(plex: SimulatedPlex) -> None:
    web = client(plex, **{"X-Plex-Token": "t"})
    for folder in ("/data/Movies/Dune (2021)", "/elsewhere"):
        answer = web.get("/library/sections/1/refresh", params={"path": folder})
        assert (answer.status_code, answer.content) == (200, b"")
    assert (plex.scans, plex.ignored) == (["/data/Movies/Dune (2021)"], ["/elsewhere"])
    assert web.get("/library/sections/9/refresh?path=/x").status_code == 404


def test_plex_speaks_xml_to_who_does_not_ask_for_json(plex: SimulatedPlex) -> None:
    assert client(plex, Accept="*/*").get("/identity").text.startswith("<")


def test_an_arr_answers_over_loopback_until_it_is_stopped(house: Household) -> None:
    with serve(house.radarr.handle) as server:
        headers = {"X-Api-Key": KEY}
        body = {"tmdbId": DUNE.tmdb_id, "qualityProfileId": 1, "path": f"{house.root}/Dune (2021)"}
        added = ask("POST", f"{server.url}/api/v3/movie", json=body, headers=headers)
        assert added.status_code == 201
        [movie] = ask("GET", f"{server.url}/api/v3/movie?tmdbId={DUNE.tmdb_id}", headers=headers).json()
        assert movie["title"] == "Dune"
        assert ask("GET", f"{server.url}/api/v3/movie").status_code == 401
    with pytest.raises(httpx.ConnectError):
        ask("GET", f"{server.url}/ping")


def test_a_webhook_crosses_loopback_to_a_real_receiver(house: Household) -> None:
    from mesharr.demo.arr.app import post_over_http

    seen: list[str] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Content-Type"])
        return httpx.Response(204)

    with serve(receive) as server:
        headers = {"Content-Type": "application/json"}
        assert post_over_http(f"{server.url}/hook", b"{}", headers) == 204
    assert seen == ["application/json"]
