"""Request scans from Emby and its fork Jellyfin: `POST /Library/Media/Updated`.

Both answer any path with success, also one that no library has, so the libraries are read before each scan.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from mesharr.core.errors import Refused
from mesharr.scanners.base import check_program, request, server_path

BATCH: Final = 50
"""How many folders one request names."""


class MediaBrowser:
    """One running server of either kind."""

    def __init__(
        self,
        client: httpx.Client,
        title: str,
        url: str,
        headers: Mapping[str, str],
        libraries: str,
        folders: Callable[[bytes], list[str]],
    ) -> None:
        """Take the URL and headers of every request, and how the server lists its libraries.

        `libraries` is the path of that list; `folders` returns the libraries' folders from its answer, and
        raises `msgspec.MsgspecError` for any other content.
        """
        self._client = client
        self._title = title
        self._url = url
        self._base = url.removesuffix("/emby")
        self._headers = headers
        self._libraries = libraries
        self._folders = folders

    def scan(self, folder: str) -> None:
        """Queue a scan of a folder; raise `Refused` with the known folders when none has it."""
        self.scan_many((folder,))

    def scan_many(self, folders: Sequence[str]) -> None:
        """Queue scans of folders in one request; raise `Refused` for one that no library has."""
        known = self._locations()
        paths = [server_path(folder, known, self._title) for folder in folders]
        updates = [{"Path": path, "UpdateType": "Modified"} for path in paths]
        self._request("POST", "/Library/Media/Updated", json={"Updates": updates})

    def check_available(self) -> None:
        """Return when the server answers and accepts the key."""
        self._locations()

    def _locations(self) -> list[str]:
        answer = self._request("GET", self._libraries)
        try:
            return self._folders(answer.content)
        except msgspec.MsgspecError as error:
            check_program(self._client, self._base, self._title, answer)
            raise Refused(
                f"{self._title} answered {self._libraries} with something else than its libraries",
                f"check that url points at {self._title} itself",
            ) from error

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        url, headers = self._url + path, self._headers
        return request(self._client, self._title, method, url, base=self._base, headers=headers, **more)
