"""Request scans from Emby and its fork Jellyfin: `POST /Library/Media/Updated`.

Both answer any path with success, also one that no library has, so the libraries are read before each scan.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from mesharr.core.errors import Refused
from mesharr.scanners.base import request, server_path


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
        self._headers = headers
        self._libraries = libraries
        self._folders = folders

    def scan(self, folder: str) -> None:
        """Queue a scan of a folder; raise `Refused` with the known folders when none has it."""
        path = server_path(folder, self._locations(), self._title)
        update = {"Path": path, "UpdateType": "Modified"}
        self._request("POST", "/Library/Media/Updated", json={"Updates": [update]})

    def check_available(self) -> None:
        """Return when the server answers and accepts the key."""
        self._locations()

    def _locations(self) -> list[str]:
        answer = self._request("GET", self._libraries)
        try:
            return self._folders(answer.content)
        except msgspec.MsgspecError as error:
            raise Refused(
                f"{self._title} answered {self._libraries} with something else than its libraries",
                f"check that url points at {self._title} itself",
            ) from error

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return request(self._client, self._title, method, self._url + path, headers=self._headers, **more)
