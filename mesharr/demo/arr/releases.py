"""Releases, and the names that an app makes of titles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.qualities import Quality

ENGLISH: Mapping[str, Any] = {"id": 1, "name": "English"}


_FORBIDDEN_CHARACTERS = str.maketrans({**dict.fromkeys('/\\<>|?*"', ""), ":": " -"})


@dataclass(frozen=True)
class Release:
    """A release on its way from an indexer through the download client."""

    title: str
    quality: Quality
    size: int
    download_id: str
    group: str | None = "GRP"
    indexer: str = "Indexer"
    client: str = "qBittorrent"


def folder_words(title: str) -> str:
    """Return a title as a file or folder may be called."""
    return " ".join(title.translate(_FORBIDDEN_CHARACTERS).split())


def clean_title(title: str) -> str:
    """Return a title as the arrs compare it: letters and digits in lower case."""
    return "".join(char for char in title.lower() if char.isalnum())


def scene_title(words: str, quality: Quality, group: str) -> str:
    """Return the name of a release: words with dots between them, quality and group."""
    title = "".join(char if char.isalnum() else "." for char in words).strip(".")
    return f"{title}.{'.'.join(reversed(quality.name.split('-')))}.x264-{group}"
