"""Emby: `POST /emby/Library/Media/Updated` with the changed folder.

As with its descendant Jellyfin any path is answered as a success, so the libraries are looked at before each
scan. They are listed elsewhere, and the key has a header of its own.
"""

from typing import Any, Literal

import httpx
import msgspec
from pydantic import SecretStr

from mesharr.core.errors import Refused
from mesharr.scanners.base import ScannerKind, ScannerSettings, request, shown_at

_TITLE = "Emby"


class EmbySettings(ScannerSettings):
    """`token` is an API key, of Settings > Advanced > API Keys."""

    kind: Literal["emby"]
    token: SecretStr


class _Folder(msgspec.Struct, frozen=True, rename="pascal"):
    path: str = ""


class _Library(msgspec.Struct, frozen=True, rename="pascal"):
    sub_folders: tuple[_Folder, ...] = ()


class Emby:
    """One running Emby."""

    def __init__(self, client: httpx.Client, settings: EmbySettings) -> None:
        self._client = client
        self._url = f"{settings.url.rstrip('/')}/emby"
        self._headers = {"X-Emby-Token": settings.token.get_secret_value()}

    def scan(self, folder: str) -> None:
        """Have Emby look at a folder. Raises `Refused`, naming those it has, when no library shows it."""
        path = shown_at(folder, self._locations(), _TITLE)
        update = {"Path": path, "UpdateType": "Modified"}
        self._request("POST", "/Library/Media/Updated", json={"Updates": [update]})

    def available(self) -> None:
        """Return when Emby answers and accepts the key."""
        self._locations()

    def _locations(self) -> list[str]:
        answer = self._request("GET", "/Library/SelectableMediaFolders")
        try:
            libraries = msgspec.json.decode(answer.content, type=list[_Library])
        except msgspec.MsgspecError as error:
            raise Refused(
                f"{_TITLE} answered /Library/SelectableMediaFolders with something else than its libraries",
                "check that url points at Emby itself",
            ) from error
        return [folder.path for library in libraries for folder in library.sub_folders if folder.path]

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return request(self._client, _TITLE, method, self._url + path, headers=self._headers, **more)


def _connect(client: httpx.Client, settings: EmbySettings) -> Emby:
    return Emby(client, settings)


KIND = ScannerKind("emby", EmbySettings, _connect)
