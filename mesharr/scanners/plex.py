"""Request partial scans from Plex Media Server, in each section that has the folder.

`GET /library/sections` lists the sections with their locations, and
`GET /library/sections/{key}/refresh?path=` queues the scan of one folder. For a folder outside every
location Plex answers 200 as well and skips it, so the sections are read before each scan: every time, because
they are one small answer and the user may just have added one.

What a scan does not find stays listed, in the trash of its section: `GET /library/sections/{key}/all?trash=1`
lists that, and `PUT /library/sections/{key}/emptyTrash` takes it out for good. Nothing but `refreshing` of
the section tells that a scan lasts.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import httpx
import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import Refused
from mesharr.scanners.base import (
    ScannerKind,
    ScannerSettings,
    SectionTrash,
    base_url,
    check_program,
    parts_under,
    paths_below,
    request,
    server_path,
)
from mesharr.settings.definition import FilledSecret, setting

T = TypeVar("T")
_TITLE = "Plex"
_FILE_ITEMS: Final = {"movie": "1", "show": "4", "artist": "10"}
"""The type of the items that have files, by that of their section: movies, episodes, tracks."""


class PlexSettings(ScannerSettings):
    """The entry of a Plex server; `token` is an X-Plex-Token of its owner."""

    kind: Literal["plex"]
    token: FilledSecret = setting(description="an X-Plex-Token of its owner")
    empty_trash: Literal["never", "after_removal"] = setting(
        default="never",
        description="whether a section's trash is emptied once removed files are proven gone",
    )


class _Location(msgspec.Struct, frozen=True):
    path: str = ""


class _Section(msgspec.Struct, frozen=True):
    key: str = ""
    title: str = ""
    type: str = ""
    refreshing: bool = False
    locations: tuple[_Location, ...] = msgspec.field(default=(), name="Location")


class _Container(msgspec.Struct, frozen=True):
    sections: tuple[_Section, ...] = msgspec.field(default=(), name="Directory")


class _Sections(msgspec.Struct, frozen=True):
    container: _Container = msgspec.field(name="MediaContainer")


class _Part(msgspec.Struct, frozen=True):
    file: str = ""
    size: int | None = None


class _Media(msgspec.Struct, frozen=True):
    parts: tuple[_Part, ...] = msgspec.field(default=(), name="Part")


class _Item(msgspec.Struct, frozen=True):
    title: str = ""
    media: tuple[_Media, ...] = msgspec.field(default=(), name="Media")

    @property
    def files(self) -> dict[str, int | None]:
        """The files of all its versions, with their sizes."""
        return {part.file: part.size for media in self.media for part in media.parts if part.file}


class _Found(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...] = msgspec.field(default=(), name="Metadata")


class _Trashed(msgspec.Struct, frozen=True):
    container: _Found = msgspec.field(name="MediaContainer")


class Plex:
    """One running Plex server."""

    def __init__(self, client: httpx.Client, settings: PlexSettings) -> None:
        self._client = client
        self._url = base_url(settings, "/web")
        self._headers = {
            "X-Plex-Token": settings.token.get_secret_value(),
            "Accept": "application/json",
        }

    def scan(self, folder: str) -> None:
        """Queue a scan of the folder in every section that has it, the longest location first.

        Raises `Refused`, naming the known locations, when no section has it.
        """
        sections = self._sections()
        server_path(folder, (place.path for section in sections for place in section.locations), _TITLE)
        for key, path in _sections_with(folder, sections):
            self._get(f"/library/sections/{key}/refresh", {"path": path})

    def scan_many(self, folders: Sequence[str]) -> None:
        """Queue scans of folders, one by one."""
        for folder in folders:
            self.scan(folder)

    def check_available(self) -> None:
        """Return when Plex answers and accepts the token."""
        self._sections()

    def trash_of(self, folders: Sequence[str]) -> list[SectionTrash]:
        """Return the trash of each section that has one of these folders, or a part of one."""
        return [self._trash(each) for each in self._sections() if _has_some(each, folders)]

    def empty_trash(self, section: str) -> None:
        """Empty the trash of a section."""
        self._request("PUT", f"/library/sections/{section}/emptyTrash", {})

    def _trash(self, section: _Section) -> SectionTrash:
        locations = tuple(place.path for place in section.locations)
        if section.refreshing:
            return SectionTrash(section.key, section.title, locations, is_scanned=True)
        path = f"/library/sections/{section.key}/all"
        kind = {"type": _FILE_ITEMS[section.type]} if section.type in _FILE_ITEMS else {}
        items = self._decoded(self._get(path, {"trash": "1", **kind}), _Trashed, path).container.items
        return SectionTrash(
            section.key,
            section.title,
            locations,
            files={file: size for item in items for file, size in item.files.items()},
            unnamed=tuple(item.title for item in items if not item.files),
        )

    def _sections(self) -> tuple[_Section, ...]:
        path = "/library/sections"
        return self._decoded(self._get(path, {}), _Sections, path).container.sections

    def _decoded(self, answer: httpx.Response, kind: type[T], path: str) -> T:
        try:
            return decoded(answer.content, kind)
        except msgspec.MsgspecError as error:
            check_program(self._client, self._url, _TITLE, answer)
            raise Refused(
                f"{_TITLE} answered {path} with something else than what it lists",
                "check that url points at Plex itself",
            ) from error

    def _get(self, path: str, params: dict[str, str]) -> httpx.Response:
        return self._request("GET", path, params)

    def _request(self, method: str, path: str, params: dict[str, str]) -> httpx.Response:
        url, headers = self._url + path, self._headers
        return request(self._client, _TITLE, method, url, base=self._url, params=params, headers=headers)


def _has_some(section: _Section, folders: Sequence[str]) -> bool:
    places = [place.path for place in section.locations if place.path]
    return any(
        parts_under(place, folder) is not None or parts_under(folder, place) is not None
        for place in places
        for folder in folders
    )


def _sections_with(folder: str, sections: tuple[_Section, ...]) -> list[tuple[str, str]]:
    """Return (section key, folder in the server's spelling), the longest location first."""
    best: dict[str, tuple[int, str]] = {}
    found = paths_below(folder, (place.path for section in sections for place in section.locations))
    for section in sections:
        for location in section.locations:
            path, depth = found.get(location.path), len(location.path.rstrip("/\\"))
            if path is not None and depth > best.get(section.key, (-1, ""))[0]:
                best[section.key] = (depth, path)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    return [(key, path) for key, (_, path) in ranked]


def _connect(client: httpx.Client, settings: PlexSettings) -> Plex:
    return Plex(client, settings)


KIND = ScannerKind("plex", PlexSettings, _connect)
