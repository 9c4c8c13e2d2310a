"""What Emby and its descendant Jellyfin do alike: `POST /Library/Media/Updated` with the changed folder.

Any path is answered as a success, also one that no library shows, so the libraries are looked at before each
scan.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from mesharr.core.errors import Refused
from mesharr.scanners.base import request, shown_at


class MediaBrowser:
    """One running server of either kind.

    `url` and `headers` are those of every request, `libraries` is where it lists them, and `folders` returns
    their folders from what it answers there; it raises `msgspec.MsgspecError` for anything else.
    """

    def __init__(
        self,
        client: httpx.Client,
        title: str,
        url: str,
        headers: Mapping[str, str],
        libraries: str,
        folders: Callable[[bytes], list[str]],
    ) -> None:
        self._client = client
        self._title = title
        self._url = url
        self._headers = headers
        self._libraries = libraries
        self._folders = folders

    def scan(self, folder: str) -> None:
        """Have it look at a folder. Raises `Refused`, naming those it has, when no library shows it."""
        path = shown_at(folder, self._locations(), self._title)
        update = {"Path": path, "UpdateType": "Modified"}
        self._request("POST", "/Library/Media/Updated", json={"Updates": [update]})

    def check_available(self) -> None:
        """Return when it answers and accepts the key."""
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
