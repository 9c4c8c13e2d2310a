"""Request scans from Jellyfin, also with its real-time monitoring off.

It scans some seconds later.

The type of an update is ignored. The key goes into `Authorization`: Jellyfin 12 takes no other header.
"""

from typing import Literal

import httpx
import msgspec

from mesharr.core.answers import decoded
from mesharr.scanners.base import ScannerKind, ScannerSettings, base_url
from mesharr.scanners.media_browser import BATCH, MediaBrowser
from mesharr.settings.definition import FilledSecret, setting


class JellyfinSettings(ScannerSettings):
    """The entry of a Jellyfin server; `token` is an API key from Dashboard > API Keys."""

    kind: Literal["jellyfin"]
    token: FilledSecret = setting(description="an API key from Dashboard > API Keys")


class _Library(msgspec.Struct, frozen=True, rename="pascal"):
    locations: tuple[str, ...] = ()


def _folders(content: bytes) -> list[str]:
    libraries = decoded(content, list[_Library])
    return [location for library in libraries for location in library.locations]


def _connect(client: httpx.Client, settings: JellyfinSettings) -> MediaBrowser:
    headers = {"Authorization": f'MediaBrowser Token="{settings.token.get_secret_value()}"'}
    url = base_url(settings, "/web")
    return MediaBrowser(client, "Jellyfin", url, headers, "/Library/VirtualFolders", _folders)


KIND = ScannerKind("jellyfin", JellyfinSettings, _connect, batch=BATCH)
