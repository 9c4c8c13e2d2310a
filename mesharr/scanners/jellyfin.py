"""Jellyfin: `POST /Library/Media/Updated` with the changed folder.

The answer is 204 for any path, also one that no library shows, so the libraries are looked at before each
scan, as with Plex. The type of an update is ignored. Jellyfin looks at the folder some seconds later, also
with its real-time monitoring off. The key goes into `Authorization`: Jellyfin 12 takes no other header.
"""

from typing import Any, Literal

import httpx
import msgspec
from pydantic import SecretStr

from mesharr.core.errors import Refused
from mesharr.scanners.base import ScannerKind, ScannerSettings, request, shown_at

_TITLE = "Jellyfin"


class JellyfinSettings(ScannerSettings):
    """`token` is an API key, of the dashboard's page of that name."""

    kind: Literal["jellyfin"]
    token: SecretStr


class _Library(msgspec.Struct, frozen=True, rename="pascal"):
    locations: tuple[str, ...] = ()


class Jellyfin:
    """One running Jellyfin."""

    def __init__(self, client: httpx.Client, settings: JellyfinSettings) -> None:
        self._client = client
        self._url = settings.url.rstrip("/")
        self._headers = {"Authorization": f'MediaBrowser Token="{settings.token.get_secret_value()}"'}

    def scan(self, folder: str) -> None:
        """Have Jellyfin look at a folder. Raises `Refused`, naming those it has, when no library shows it."""
        path = shown_at(folder, self._locations(), _TITLE)
        update = {"Path": path, "UpdateType": "Modified"}
        self._request("POST", "/Library/Media/Updated", json={"Updates": [update]})

    def available(self) -> None:
        """Return when Jellyfin answers and accepts the key."""
        self._locations()

    def _locations(self) -> list[str]:
        answer = self._request("GET", "/Library/VirtualFolders")
        try:
            libraries = msgspec.json.decode(answer.content, type=list[_Library])
        except msgspec.MsgspecError as error:
            raise Refused(
                f"{_TITLE} answered /Library/VirtualFolders with something else than its libraries",
                "check that url points at Jellyfin itself",
            ) from error
        return [location for library in libraries for location in library.locations]

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return request(self._client, _TITLE, method, self._url + path, headers=self._headers, **more)


def _connect(client: httpx.Client, settings: JellyfinSettings) -> Jellyfin:
    return Jellyfin(client, settings)


KIND = ScannerKind("jellyfin", JellyfinSettings, _connect)
