"""Request partial scans from Plex Media Server, in each section that has the folder.

`GET /library/sections` lists the sections with their locations, and
`GET /library/sections/{key}/refresh?path=` queues the scan of one folder. For a folder outside every
location Plex answers 200 as well and skips it, so the sections are read before each scan: every time, because
they are one small answer and the user may just have added one.
"""

from collections.abc import Sequence
from typing import Literal

import httpx
import msgspec
from pydantic import Field, SecretStr

from mesharr.core.answers import decoded
from mesharr.core.errors import Refused
from mesharr.scanners.base import ScannerKind, ScannerSettings, base_url, paths_below, request, server_path

_TITLE = "Plex"


class PlexSettings(ScannerSettings):
    """The entry of a Plex server; `token` is an X-Plex-Token of its owner."""

    kind: Literal["plex"]
    token: SecretStr = Field(description="an X-Plex-Token of its owner")


class _Location(msgspec.Struct, frozen=True):
    path: str = ""


class _Section(msgspec.Struct, frozen=True):
    key: str = ""
    locations: tuple[_Location, ...] = msgspec.field(default=(), name="Location")


class _Container(msgspec.Struct, frozen=True):
    sections: tuple[_Section, ...] = msgspec.field(default=(), name="Directory")


class _Sections(msgspec.Struct, frozen=True):
    container: _Container = msgspec.field(name="MediaContainer")


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

    def _sections(self) -> tuple[_Section, ...]:
        answer = self._get("/library/sections", {})
        try:
            return decoded(answer.content, _Sections).container.sections
        except msgspec.MsgspecError as error:
            raise Refused(
                f"{_TITLE} answered /library/sections with something else than its sections",
                "check that url points at Plex itself",
            ) from error

    def _get(self, path: str, params: dict[str, str]) -> httpx.Response:
        return request(self._client, _TITLE, "GET", self._url + path, params=params, headers=self._headers)


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
