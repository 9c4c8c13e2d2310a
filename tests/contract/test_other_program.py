"""A url that leads to another program: the error names the one that answers, and not a refused key."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.errors import AppRefused, KeyRefused
from mesharr.demo.plex import SimulatedPlex
from mesharr.scanners.base import Scanner
from tests.contract.arr.contract import Handler, connected, known_kinds
from tests.contract.scanner.test_autoscan_and_plex import scanner
from tests.support.scan_servers import SimulatedEmby, SimulatedJellyfin
from tests.unit.demo.household import Household

UNAUTHORIZED, NOT_FOUND = 401, 404


def _app(title: str, refusal: Callable[[httpx.Request], httpx.Response]) -> Handler:
    """Return an app of Radarr's kind that refuses in one of the ways it has."""
    page = f"<!DOCTYPE html><html><head><title>Login - {title}</title></head></html>"

    def handle(request: httpx.Request) -> httpx.Response:
        is_login = request.url.path.endswith("/login")
        return httpx.Response(200, html=page) if is_login else refusal(request)

    return handle


def _refused(title: str) -> Handler:
    return _app(title, lambda _: httpx.Response(UNAUTHORIZED))


ANSWERING: dict[str, Handler] = {
    "Radarr": _refused("Radarr"),
    "Sonarr": _app("Sonarr", lambda _: httpx.Response(302, headers={"location": "/login?returnUrl=%2F"})),
    "Lidarr": _app("Lidarr", lambda _: httpx.Response(NOT_FOUND, json={"message": "NotFound"})),
    "Readarr": _app("Readarr", lambda _: httpx.Response(200, html="<title>Readarr</title>")),
    "Prowlarr": lambda _: httpx.Response(
        UNAUTHORIZED, headers={"WWW-Authenticate": 'Basic realm="Prowlarr"'}
    ),
    "Plex": SimulatedPlex(token="t", sections=()).handle,
    "Jellyfin": SimulatedJellyfin(token="t", locations=()).handle,
    "Emby": SimulatedEmby(token="t", locations=()).handle,
}
TITLES = {"plex": "Plex", "jellyfin": "Jellyfin", "emby": "Emby", "autoscan": "autoscan"}


@pytest.mark.parametrize("there", list(ANSWERING))
@pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)
def test_an_app_whose_url_leads_to_another_program_names_that(kind: ArrKind, there: str) -> None:
    arr: Arr = connected(kind, ANSWERING[there])
    with pytest.raises(AppRefused) as caught:
        arr.library_info()
    if there == kind.title:
        assert "answers at the url of" not in caught.value.what
    else:
        assert caught.value.what == f"{there} answers at the url of {kind.title}"
        assert not isinstance(caught.value, KeyRefused), "another key would be of no use"


@pytest.mark.parametrize("there", list(ANSWERING))
@pytest.mark.parametrize("kind", list(TITLES))
def test_a_media_server_whose_url_leads_to_another_program_names_that(kind: str, there: str) -> None:
    login = {} if kind == "autoscan" else {"token": "other"}
    asked: Scanner = scanner(kind, ANSWERING[there], **login)
    if (kind, there) == ("autoscan", "Readarr"):
        return  # it answers any page to the HEAD that autoscan is checked by
    with pytest.raises(AppRefused) as caught:
        asked.check_available()
    if there == TITLES[kind]:
        assert isinstance(caught.value, KeyRefused)
    else:
        assert caught.value.what == f"{there} answers at the url of {TITLES[kind]}"


def test_plex_at_the_url_of_the_simulated_radarr_is_named_too(tmp_path: Path) -> None:
    radarr = Household(tmp_path).radarr
    with pytest.raises(AppRefused, match="Radarr answers at the url of Plex: set url to where Plex answers"):
        scanner("plex", radarr.handle, token="t").check_available()


@pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)
def test_an_app_of_another_kind_that_accepts_the_key_is_named_and_a_fork_is_none(kind: ArrKind) -> None:
    names = {"Radarr", "Sonarr", "Lidarr", "Readarr", "Chaptarr"}
    for name in names:
        arr = connected(kind, lambda request, name=name: _status(request, name))  # type: ignore[misc]  # it is called in this turn
        if name in {kind.title, "Chaptarr"}:
            assert arr.library_info().app == kind.name
        else:
            with pytest.raises(AppRefused, match=f"{name} answers at the url of {kind.title}"):
                arr.library_info()


def _status(request: httpx.Request, name: str) -> httpx.Response:
    if request.url.path.endswith("/system/status"):
        return httpx.Response(200, json={"appName": name, "version": "4.0"})
    return httpx.Response(200, json={} if request.url.path.endswith("naming") else [])
