"""Honest fakes of what scans a folder for a household: autoscan, Plex, Jellyfin and Emby."""

import base64
import json
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpx

UNAUTHORIZED = 401


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


@dataclass(frozen=True)
class PlexSection:
    """A Plex library: its key, its title and the folders it scans."""

    key: str
    title: str
    locations: tuple[str, ...]
    type: str = "movie"


ServerDisk = Callable[[str], Iterable[str]]
"""Returns the files below a folder, as a server sees both."""


class SimulatedPlex:
    """Plex's folder refresh. `scans` lists the folders it was asked to scan.

    A folder outside every location of the section is answered 200 as well, as Plex does;
    it goes to `ignored`, not to `scans`. A scan lists the files of `disk` below the folder; what it does not
    find of those listed before goes to the section's trash, until that is emptied.
    """

    def __init__(
        self, *, token: str, sections: Sequence[PlexSection], disk: ServerDisk | None = None
    ) -> None:
        self.scans: list[str] = []
        self.ignored: list[str] = []
        self.emptied: list[str] = []
        self.refreshing: set[str] = set()
        self.listed: dict[str, set[str]] = {section.key: set() for section in sections}
        self.trash: dict[str, set[str]] = {section.key: set() for section in sections}
        self.requests: list[tuple[str, str]] = []
        self.disk = disk or (lambda _folder: ())
        self._token = token
        self._sections = {section.key: section for section in sections}
        self._failure: int | None = None

    def fail_with(self, status: int | None) -> None:
        """Answer every request with this status from now on; None ends it."""
        self._failure = status

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; only `/identity` works without a token."""
        self.requests.append((request.method, request.url.raw_path.decode()))
        if self._failure is not None:
            return httpx.Response(self._failure)
        path = request.url.path.rstrip("/")
        if path == "/identity":
            return _container(request, {"machineIdentifier": "simulated", "version": "1.41.0.0000"})
        token = request.headers.get("X-Plex-Token", request.url.params.get("X-Plex-Token"))
        if token != self._token:
            return httpx.Response(UNAUTHORIZED)
        if path == "/library/sections":
            found = [
                {**_directory(section), "refreshing": section.key in self.refreshing}
                for section in self._sections.values()
            ]
            return _container(request, {"size": len(found), "Directory": found})
        return self._answer_section(request, path.split("/"))

    def _answer_section(self, request: httpx.Request, parts: Sequence[str]) -> httpx.Response:
        section = self._sections.get(parts[3]) if parts[:3] == ["", "library", "sections"] else None
        if section is None:
            return httpx.Response(404)
        match request.method, parts[4:]:
            case "GET", ["refresh"]:
                return self._refresh(request, section)
            case "GET", ["all"]:
                return self._all(request, section)
            case "PUT", ["emptyTrash"]:
                self.emptied.append(section.key)
                self.trash[section.key].clear()
                return httpx.Response(200)
        return httpx.Response(404)

    def _refresh(self, request: httpx.Request, section: PlexSection) -> httpx.Response:
        folder = request.url.params.get("path")
        if folder is None:
            self.scans.extend(section.locations)
        elif any(_within(folder, location) for location in section.locations):
            self.scans.append(folder)
        else:
            self.ignored.append(folder)
            return httpx.Response(200)
        for each in section.locations if folder is None else (folder,):
            self._scan(section, each)
        return httpx.Response(200)

    def scan(self, key: str) -> None:
        """Scan a section by itself, as Plex does from time to time."""
        section = self._sections[key]
        for location in section.locations:
            self._scan(section, location)

    def _scan(self, section: PlexSection, folder: str) -> None:
        listed, trash, there = self.listed[section.key], self.trash[section.key], set(self.disk(folder))
        lost = {file for file in listed if _within(file, folder)} - there
        listed -= lost
        trash |= lost
        listed |= there
        trash -= there

    def _all(self, request: httpx.Request, section: PlexSection) -> httpx.Response:
        """Answer with the items that have files: of a show, its episodes (`type=4`)."""
        if section.type == "show" and request.url.params.get("type") != "4":
            found = [{"title": section.title}] if self.trash[section.key] else []
            return _container(request, {"size": len(found), "Metadata": found})
        files = self.trash[section.key]
        if request.url.params.get("trash") != "1":
            files = files | self.listed[section.key]
        items = [
            {"title": posixpath.basename(file), "Media": [{"Part": [{"file": file}]}]}
            for file in sorted(files)
        ]
        return _container(request, {"size": len(items), "Metadata": items})


class _MediaBrowser(ABC):
    """The part that Jellyfin and Emby have in common.

    `scans` lists the folders they were asked to scan.

    One outside of every location is answered as a success as well; it goes to `ignored`.
    """

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
            known = any(_within(folder, location) for location in self.locations)
            (self.scans if known else self.ignored).append(folder)


class SimulatedJellyfin(_MediaBrowser):
    """Jellyfin 12: the key counts in `Authorization` only."""

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


def _has_login(request: httpx.Request, login: str) -> bool:
    expected = base64.b64encode(login.encode()).decode()
    return bool(request.headers.get("Authorization") == f"Basic {expected}")


def _within(folder: str, location: str) -> bool:
    return f"{folder.rstrip('/')}/".startswith(f"{location.rstrip('/')}/")


def _container(request: httpx.Request, content: Mapping[str, object]) -> httpx.Response:
    if "application/json" not in request.headers.get("Accept", ""):
        # Plex speaks XML unless it is asked; a client that forgets to ask shall fail
        return httpx.Response(200, text="<MediaContainer/>", headers={"Content-Type": "text/xml"})
    return httpx.Response(200, json={"MediaContainer": dict(content)})


def _directory(section: PlexSection) -> dict[str, object]:
    return {
        "key": section.key,
        "title": section.title,
        "type": section.type,
        "refreshing": False,
        "Location": [{"id": number, "path": path} for number, path in enumerate(section.locations, 1)],
    }
