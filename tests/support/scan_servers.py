"""Simulated autoscan, Jellyfin and Emby. The simulated Plex is in `mesharr.demo`, which runs it."""

import base64
import json
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import httpx

from mesharr.demo.plex import UNAUTHORIZED, within


class SimulatedAutoscan:
    """autoscan's manual trigger. `scans` holds the folders it queued, in order of arrival."""

    def __init__(self, *, username: str = "", password: str = "") -> None:
        self.scans: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self._failure: int | None = None
        # autoscan asks for a login only if both halves are configured
        self._login = f"{username}:{password}" if username and password else None

    def fail_with(self, status: int | None) -> None:
        """Answer every request with this status from now on; None ends it."""
        self._failure = status

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request: `/health` without login, `/triggers/manual` with it."""
        self.requests.append((request.method, request.url.raw_path.decode()))
        if self._failure is not None:
            return httpx.Response(self._failure)
        if request.url.path == "/health":
            return httpx.Response(200)
        if request.url.path != "/triggers/manual":
            return httpx.Response(404)
        if self._login is not None and not _has_login(request, self._login):
            return httpx.Response(UNAUTHORIZED, headers={"WWW-Authenticate": 'Basic realm="Auto"'})
        return self._trigger(request)

    def _trigger(self, request: httpx.Request) -> httpx.Response:
        if request.method == "HEAD":
            return httpx.Response(200)
        if request.method == "GET":
            # the form for people: a `dir` given here is not queued
            return httpx.Response(200, html="<form method=post></form>")
        folders = [folder for folder in request.url.params.get_list("dir") if folder]
        if not folders:
            return httpx.Response(400)
        self.scans.extend(posixpath.normpath(folder) for folder in folders)
        return httpx.Response(200)


def _has_login(request: httpx.Request, login: str) -> bool:
    expected = base64.b64encode(login.encode()).decode()
    return bool(request.headers.get("Authorization") == f"Basic {expected}")


class _MediaBrowser(ABC):
    """The part that Jellyfin and Emby have in common.

    `scans` lists the folders they were asked to scan.

    One outside of every location is answered as a success as well; it goes to `ignored`.
    """

    PRODUCT: ClassVar[Mapping[str, str]] = {}
    """What only one of them says of itself to anybody."""

    def __init__(self, *, token: str, locations: Sequence[str]) -> None:
        self.scans: list[str] = []
        self.ignored: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.locations = list(locations)
        self._token = token
        self._failure: int | None = None

    def fail_with(self, status: int | None) -> None:
        """Answer every request with this status from now on; None ends it."""
        self._failure = status

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request: the list of libraries, and folders that changed."""
        self.requests.append((request.method, request.url.path))
        if self._failure is not None:
            return httpx.Response(self._failure)
        if request.url.path.endswith("/System/Info/Public"):
            return httpx.Response(
                200, json={"Id": "1", "ServerName": "home", "Version": "1.0", **self.PRODUCT}
            )
        if not self._knows(request):
            return httpx.Response(UNAUTHORIZED)
        return self._answer(request)

    @abstractmethod
    def _knows(self, request: httpx.Request) -> bool:
        """Return whether the request has the key, where this server takes it from."""

    @abstractmethod
    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request that has the key."""

    def _updated(self, request: httpx.Request) -> None:
        for update in json.loads(request.content)["Updates"]:
            folder = update["Path"]
            known = any(within(folder, location) for location in self.locations)
            (self.scans if known else self.ignored).append(folder)


class SimulatedJellyfin(_MediaBrowser):
    """Jellyfin 12: the key counts in `Authorization` only."""

    PRODUCT: ClassVar[Mapping[str, str]] = {"ProductName": "Jellyfin Server"}

    def _knows(self, request: httpx.Request) -> bool:
        return bool(request.headers.get("Authorization") == f'MediaBrowser Token="{self._token}"')

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) == ("GET", "/Library/VirtualFolders"):
            return httpx.Response(200, json=[{"Name": "All", "Locations": self.locations, "ItemId": "1"}])
        if (request.method, request.url.path) != ("POST", "/Library/Media/Updated"):
            return httpx.Response(404)
        self._updated(request)
        return httpx.Response(204)


class SimulatedEmby(_MediaBrowser):
    """Emby, below its prefix `/emby`."""

    def _knows(self, request: httpx.Request) -> bool:
        return bool(request.headers.get("X-Emby-Token") == self._token)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path) == ("GET", "/emby/Library/SelectableMediaFolders"):
            folders = [{"Name": path, "Path": path} for path in self.locations]
            return httpx.Response(200, json=[{"Name": "All", "SubFolders": folders}])
        if (request.method, request.url.path) != ("POST", "/emby/Library/Media/Updated"):
            return httpx.Response(404)
        self._updated(request)
        return httpx.Response(200)
