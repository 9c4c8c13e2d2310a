"""Request scans from autoscan through its manual trigger, `POST /triggers/manual?dir=`.

The folder goes into the query (the body is never read). A GET of the same URL answers 200 with a form
and queues nothing, so a redirect, which turns a POST into a GET, must not be followed. autoscan does
not report the end of a scan. Default port 3030; there is no base path.
"""

from collections.abc import Sequence
from typing import Any, Literal

import httpx

from mesharr.core.errors import Refused
from mesharr.scanners.base import LOGIN, ScannerKind, ScannerSettings, base_url, request
from mesharr.settings.definition import Secret, setting

_TITLE = "autoscan"


class AutoscanSettings(ScannerSettings):
    """The entry of an autoscan.

    autoscan requires a login only when both `username` and `password` are set.
    """

    kind: Literal["autoscan"]
    username: str = setting(default="", description="its user, where it requires a login")
    password: Secret = setting(default=Secret(""), description="that user's password")


class Autoscan:
    """One running autoscan."""

    def __init__(self, client: httpx.Client, settings: AutoscanSettings) -> None:
        self._client = client
        self._base = base_url(settings, "/health", "/triggers")
        self._url = f"{self._base}/triggers/manual"
        password = settings.password.get_secret_value()
        both = settings.username and password
        self._auth = httpx.BasicAuth(settings.username, password) if both else None

    def scan(self, folder: str) -> None:
        """Queue a folder, which is in autoscan's database after the call."""
        answer = self._request("POST", params={"dir": folder})
        if "text/html" in answer.headers.get("content-type", ""):
            raise Refused(f"{_TITLE} answered with a page", "url points at a login page or another program")

    def scan_many(self, folders: Sequence[str]) -> None:
        """Queue scans of folders, one by one."""
        for folder in folders:
            self.scan(folder)

    def check_available(self) -> None:
        """Return when autoscan answers and accepts the credentials."""
        self._request("HEAD")

    def _request(self, method: str, **more: Any) -> httpx.Response:
        auth: Any = {} if self._auth is None else {"auth": self._auth}
        return request(
            self._client,
            _TITLE,
            method,
            self._url,
            base=self._base,
            follow_redirects=False,
            login=LOGIN,
            **auth,
            **more,
        )


def _connect(client: httpx.Client, settings: AutoscanSettings) -> Autoscan:
    return Autoscan(client, settings)


KIND = ScannerKind("autoscan", AutoscanSettings, _connect)
