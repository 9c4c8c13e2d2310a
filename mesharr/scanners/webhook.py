"""Tell any other program of a changed folder: one HTTP request, as the user writes it.

`{folder}` and `{file}` in `url` and in the texts of `body` are replaced: in `url` encoded, in `body` as they
are. Such a program (Tdarr, Stash, a script) has no libraries that can be asked for, so a wrong path is not
seen here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from mesharr.core.secrets import HIDDEN
from mesharr.scanners.base import (
    URL_DESCRIPTION,
    ScannerKind,
    ScannerSettings,
    ServerUrl,
    folder_at,
    request,
)
from mesharr.settings.definition import Checked, Secret, Shown, setting

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KNOWN = ("folder", "file")


def _known_placeholders(value: Any) -> Any:
    unknown = sorted(name for name in _placeholders_in(value) if name not in _KNOWN)
    if unknown:
        raise ValueError(f"has an unknown placeholder {{{unknown[0]}}}: use {{folder}} or {{file}}")
    return value


def _placeholders_in(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_PLACEHOLDER.findall(value))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for part in parts for name in _placeholders_in(part)}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, HIDDEN, "", ""))


class WebhookSettings(ScannerSettings):
    """The entry of a program that is told by one request.

    Many such programs have their key in the path of the url: it is neither shown nor named.
    """

    kind: Literal["webhook"]
    url: Annotated[ServerUrl, Shown(_origin)] = setting(description=URL_DESCRIPTION)
    method: Literal["POST", "PUT", "GET"] = setting(default="POST", description="the method of the request")
    headers: dict[str, Secret] = setting(
        default_factory=dict, description="headers of the request; a key of the program goes here"
    )
    body: Annotated[Any, Checked(_known_placeholders)] = setting(
        default_factory=lambda: {"folder": "{folder}", "file": "{file}"},
        description="what is sent as JSON, with {folder} and {file} where they go; null: nothing",
    )
    check: str = setting(
        default="",
        pattern=r"^(/\S*)?$",
        description="a path that answers GET while the program is up, such as /api/v2/status (default: none)",
    )


class Webhook:
    """One program that is told of changed folders."""

    def __init__(self, client: httpx.Client, settings: WebhookSettings) -> None:
        self._client = client
        self._settings = settings
        self._title = settings.name or "the webhook"
        self._headers = {name: value.get_secret_value() for name, value in settings.headers.items()}

    def scan(self, folder: str) -> None:
        """Send the request for a folder without a file."""
        self.scan_file(folder, "")

    def scan_file(self, folder: str, name: str) -> None:
        """Send the request for a folder; `{file}` is the folder where no file is named."""
        values = {"folder": folder, "file": folder_at(folder, name)}
        settings = self._settings
        url = _filled(settings.url, {name: quote(value, safe="") for name, value in values.items()})
        body = _filled(settings.body, values)
        more: dict[str, Any] = {} if body is None else {"json": body}
        self._request(settings.method, url, **more)

    def scan_many(self, folders: Sequence[str]) -> None:
        """Send a request for each folder."""
        for folder in folders:
            self.scan(folder)

    def check_available(self) -> None:
        """Return when the program answers, where it can be asked."""
        if self._settings.check:
            parts = urlsplit(self._settings.url)
            url = urlunsplit((parts.scheme, parts.netloc, self._settings.check, "", ""))
            self._request("GET", url, named="")

    def _request(self, method: str, url: str, *, named: str = "its url", **more: Any) -> None:
        request(
            self._client,
            self._title,
            method,
            url,
            named=named,
            login="headers",
            headers=self._headers,
            **more,
        )


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return a JSON value with the placeholders of its texts replaced."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _filled(part, values) for name, part in value.items()}
    return [_filled(part, values) for part in value] if isinstance(value, list) else value


def _connect(client: httpx.Client, settings: WebhookSettings) -> Webhook:
    return Webhook(client, settings)


KIND = ScannerKind("webhook", WebhookSettings, _connect)
