"""Request scans from autopulse through a trigger: `POST /triggers/{trigger}?path=`, no body.

autopulse takes a path whose last part has a dot for a file and scans its folder, any other path for a folder.
So it is given a file of the folder, and a folder alone only where it holds none. Source: autopulse
`routes/triggers.rs`, `utils/runtime_path.rs`. Default port 2875; `app.base_path` is for its pages alone.
"""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

import httpx

from mesharr.core.errors import Refused
from mesharr.scanners.base import (
    LOGIN,
    ScannerKind,
    ScannerSettings,
    base_url,
    folder_at,
    request,
)
from mesharr.settings.definition import Secret, setting

_TITLE = "autopulse"
_FILTERED = 204
_NO_FILE = "removed.mkv"
"""What a folder with a dot in its name is given when no file is left in it: autopulse looks at the folder."""


class AutopulseSettings(ScannerSettings):
    """The entry of an autopulse. It requires a login unless its `auth.enabled` is off."""

    kind: Literal["autopulse"]
    username: str = setting(default="", description="its user, where it requires a login")
    password: Secret = setting(default=Secret(""), description="that user's password")
    trigger: str = setting(
        default="manual",
        min_length=1,
        description="a trigger of `type: manual`; autopulse has one of this name by itself",
    )


class Autopulse:
    """One running autopulse."""

    def __init__(self, client: httpx.Client, settings: AutopulseSettings) -> None:
        self._client = client
        self._url = base_url(settings, "/ui", "/triggers")
        self._trigger = settings.trigger
        password = settings.password.get_secret_value()
        self._auth = httpx.BasicAuth(settings.username, password) if settings.username else None

    def scan(self, folder: str) -> None:
        """Queue a folder that is known to have no file."""
        self.scan_file(folder, "")

    def scan_file(self, folder: str, name: str) -> None:
        """Queue the folder of a file. Raises `Refused` when a filter of the trigger leaves it out."""
        if not name and "." in folder.rpartition("/")[2]:
            name = _NO_FILE
        path = folder_at(folder, name)
        answer = self._request(
            "POST", f"/triggers/{quote(self._trigger, safe='')}", params={"path": path}, content=b""
        )
        if answer.status_code == _FILTERED:
            raise Refused(
                f"{_TITLE}'s trigger {self._trigger} leaves out {path}",
                "change the trigger's filters, or `paths` of this scanner",
            )
        if "id" not in _json_of(answer):
            raise Refused(
                f"{_TITLE}'s trigger {self._trigger} queues nothing",
                "name a trigger of `type: manual` as `trigger` of this scanner",
            )

    def scan_many(self, folders: Sequence[str]) -> None:
        """Queue scans of folders, one by one."""
        for folder in folders:
            self.scan(folder)

    def check_available(self) -> None:
        """Return when autopulse answers and accepts the credentials."""
        self._request("GET", "/list", params={"limit": "1"})

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        auth: Any = {} if self._auth is None else {"auth": self._auth}
        return request(
            self._client,
            _TITLE,
            method,
            self._url + path,
            base=self._url,
            follow_redirects=False,
            login=LOGIN,
            **auth,
            **more,
        )


def _json_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the object that an answer holds; empty when it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _connect(client: httpx.Client, settings: AutopulseSettings) -> Autopulse:
    return Autopulse(client, settings)


KIND = ScannerKind("autopulse", AutopulseSettings, _connect)
