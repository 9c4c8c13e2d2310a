"""Request scans from Emby: its API begins at `/emby`, and the key has a header of its own."""

from typing import Literal

import httpx
import msgspec

from mesharr.core.answers import decoded
from mesharr.scanners.base import ScannerKind, ScannerSettings, base_url
from mesharr.scanners.media_browser import BATCH, MediaBrowser
from mesharr.settings.definition import FilledSecret, setting


class EmbySettings(ScannerSettings):
    """The entry of an Emby server; `token` is an API key from Settings > Advanced > API Keys."""

    kind: Literal["emby"]
    token: FilledSecret = setting(description="an API key from Settings > Advanced > API Keys")


class _Folder(msgspec.Struct, frozen=True, rename="pascal"):
    path: str = ""


class _Library(msgspec.Struct, frozen=True, rename="pascal"):
    sub_folders: tuple[_Folder, ...] = ()


def _folders(content: bytes) -> list[str]:
    libraries = decoded(content, list[_Library])
    return [folder.path for library in libraries for folder in library.sub_folders if folder.path]


def _connect(client: httpx.Client, settings: EmbySettings) -> MediaBrowser:
    headers = {"X-Emby-Token": settings.token.get_secret_value()}
    url = base_url(settings, "/web", "/emby") + "/emby"
    return MediaBrowser(client, "Emby", url, headers, "/Library/SelectableMediaFolders", _folders)


KIND = ScannerKind("emby", EmbySettings, _connect, batch=BATCH)
