"""A simulated Plex: it scans folders, lists what is in them, and keeps a trash."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpx

UNAUTHORIZED = 401


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
    find of those listed before goes to the section's trash, until that is emptied. It tells `sizes`.
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
        self.sizes: dict[str, int] = {}
        self._token = token
        self._sections = {section.key: section for section in sections}
        self._failure: int | None = None

    def fail_with(self, status: int | None) -> None:
        """Answer every request with this status from now on; None ends it."""
        self._failure = status

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; only `/identity` works without a token."""
        answer = self._answer(request)
        answer.headers["X-Plex-Protocol"] = "1.0"
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
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
        elif any(within(folder, location) for location in section.locations):
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
        lost = {file for file in listed if within(file, folder)} - there
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
            {"title": posixpath.basename(file), "Media": [{"Part": [self._part(file)]}]}
            for file in sorted(files)
        ]
        return _container(request, {"size": len(items), "Metadata": items})

    def _part(self, file: str) -> dict[str, str | int]:
        return {"file": file} | ({"size": self.sizes[file]} if file in self.sizes else {})


def within(folder: str, location: str) -> bool:
    """Return whether a folder is a location of a library, or below it."""
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
