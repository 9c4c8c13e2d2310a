"""Simulated apps in which happens what was recorded of real ones: imports by hand, renames, deletes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from mesharr.arr.base import Arr, ArrKind
from mesharr.demo.arr.library_app import LibraryApp
from tests.contract.arr.contract import connected
from tests.support.receiver import KEY, Receiver
from tests.unit.arrs.lidarr.household import BOC, GEOGADDI, LidarrHousehold
from tests.unit.arrs.readarr.household import EARTHSEA, LE_GUIN, TEHANU, ReadarrHousehold
from tests.unit.arrs.sonarr.household import OFFICE, SEVERANCE, SonarrHousehold
from tests.unit.demo.household import DUNE, HEAT, Household

App = LibraryApp[Any, Any]


def _radarr(folder: Path) -> tuple[Receiver, App]:
    house = Household(folder)
    app = house.radarr
    app.imports_by_hand = True
    house.connect()
    house.added(HEAT)
    house.added(DUNE, tags=[_tag(house.client)])
    for quality in ("Bluray-1080p", "Bluray-2160p"):
        app.download(DUNE.tmdb_id, quality=quality)
    app.rename(DUNE.tmdb_id, "Dune.mkv")
    app.download(HEAT.tmdb_id)
    app.delete_file(HEAT.tmdb_id)
    app.delete(HEAT.tmdb_id)
    return house, app


def _sonarr(folder: Path) -> tuple[Receiver, App]:
    house = SonarrHousehold(folder)
    app = house.sonarr
    app.imports_by_hand = True
    house.connect()
    house.added(SEVERANCE)
    house.added(OFFICE, tags=[_tag(house.client)])
    for quality in ("WEBDL-1080p", "Bluray-1080p"):
        app.download(OFFICE.tvdb_id, 1, 1, quality=quality)
    app.rename(OFFICE.tvdb_id, 1, 1, "The Office - S01E01.mkv")
    app.download(OFFICE.tvdb_id, 1, 2)
    app.delete_file(OFFICE.tvdb_id, 1, 2)
    app.delete(SEVERANCE.tvdb_id)
    return house, app


def _lidarr(folder: Path) -> tuple[Receiver, App]:
    house = LidarrHousehold(folder)
    app = house.arr
    app.imports_by_hand = True
    house.connect()
    house.added("f22942a1-6f70-4f48-866e-238cb2308fbd", "Aphex Twin", addOptions={"monitor": "none"})
    house.boards(tags=[_tag(house.client)])
    for suffix in (".mp3", ".flac"):
        app.download(GEOGADDI, suffix=suffix, release_group="")
    app.rename(GEOGADDI, "Geogaddi")
    app.delete("f22942a1-6f70-4f48-866e-238cb2308fbd")
    assert app.creator(BOC)
    return house, app


def _readarr(folder: Path) -> tuple[Receiver, App]:
    house = ReadarrHousehold(folder)
    app = house.arr
    app.imports_by_hand = True
    house.connect()
    house.added("10991", "Stanislaw Lem")
    house.le_guin(tags=[_tag(house.client)])
    for suffix in (".epub", ".azw3"):
        app.download(EARTHSEA, suffix=suffix, release_group="")
    app.rename(EARTHSEA, "Earthsea")
    app.download(TEHANU, release_group="")
    app.delete_file(TEHANU)
    app.delete("10991")
    assert app.creator(LE_GUIN)
    return house, app


_MAKERS: dict[str, Callable[[Path], tuple[Receiver, App]]] = {
    "radarr": _radarr,
    "sonarr": _sonarr,
    "lidarr": _lidarr,
    "readarr": _readarr,
}


def lived_in(kind: ArrKind, folder: Path) -> tuple[Receiver, App]:
    """Return a simulated app of this kind, and the receiver of all its webhooks, after those events."""
    return _MAKERS[kind.name](folder)


def adapter_of(kind: ArrKind, app: App) -> Arr:
    """Return the adapter of this simulated app."""

    def handle(request: httpx.Request) -> httpx.Response:
        url = str(request.url).replace("/base/", "/")
        headers = {"X-Api-Key": KEY, "Content-Type": "application/json"}
        return app.handle(httpx.Request(request.method, url, headers=headers, content=request.content))

    return connected(kind, handle)


def _tag(client: httpx.Client) -> int:
    return int(client.post("/tag", json={"label": "mesharr-bob"}).json()["id"])
