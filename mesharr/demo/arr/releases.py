"""Releases, and the names that an app makes of titles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.qualities import Quality

ENGLISH: Mapping[str, Any] = {"id": 1, "name": "English"}
LANGUAGES: Mapping[str, int] = {
    "Unknown": 0,
    "English": 1,
    "French": 2,
    "Spanish": 3,
    "German": 4,
    "Italian": 5,
    "Japanese": 8,
    "Swedish": 14,
    "Original": -2,
}
"""The ids of some of the languages that Radarr and Sonarr know, by name."""


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
    """The download client; "" when a person imports files from a folder, as for indexer and download id."""

    @property
    def scene_name(self) -> str | None:
        """The name that the file's row keeps of it."""
        return None if self.manual else self.title

    @property
    def manual(self) -> bool:
        """Whether no download client brought it: nothing then says where it came from."""
        return not self.client


def manual_release(title: str, quality: Quality, group: str | None) -> Release:
    """Return what a manual import says instead of a release: no size, id, indexer or client."""
    return Release(title, quality, 0, "", group, "", "")


def languages(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return languages as the API shows them."""
    return [{"id": LANGUAGES[name], "name": name} for name in names]


def folder_words(title: str) -> str:
    """Return a title as a file or folder may be called."""
    return " ".join(title.translate(_FORBIDDEN_CHARACTERS).split())


def clean_title(title: str) -> str:
    """Return a title as the arrs compare it: letters and digits in lower case."""
    return "".join(filter(str.isalnum, title.lower()))


def scene_title(words: str, quality: Quality, group: str) -> str:
    """Return the name of a release: words with dots between them, quality and group."""
    title = "".join(char if char.isalnum() else "." for char in words).strip(".")
    return f"{title}.{'.'.join(reversed(quality.name.split('-')))}.x264-{group}"
