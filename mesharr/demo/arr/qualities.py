"""Qualities of video files, and how an arr reads one out of a file name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """A quality definition with the arr's own id. A higher `rank` is better."""

    id: int
    name: str
    source: str
    resolution: int
    rank: int


_SOURCES = (
    ("Remux", r"remux"),
    ("WEBRip", r"web[ ._-]?rip"),
    ("WEBDL", r"web[ ._-]?dl|web"),
    ("Bluray", r"blu[ ._-]?ray|bd[ ._-]?rip|br[ ._-]?rip|bdmux|bd"),
    ("DVD", r"dvd(?:[ ._-]?rip)?|dvdr"),
    ("HDTV", r"hdtv|pdtv|sdtv|tv[ ._-]?rip"),
)
_SOURCE_PATTERNS = tuple(
    (name, re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z])", re.IGNORECASE)) for name, words in _SOURCES
)
_RESOLUTION = re.compile(r"(?<!\d)(2160|1080|720|576|480)[pi]|(?<![a-z0-9])(4k|uhd)\b", re.IGNORECASE)
_NO_RESOLUTION = {"Remux": "1080p", "Bluray": "720p", "WEBDL": "480p", "WEBRip": "480p"}
_BY_SUFFIX = {".mkv": "HDTV-720p", ".mk3d": "HDTV-720p", ".ts": "HDTV-720p", ".wtv": "HDTV-720p"}
_BY_SUFFIX |= {".m2ts": "Bluray-720p", ".iso": "DVD", ".vob": "DVD", ".img": "DVD"}
_GROUP = re.compile(r"-([A-Za-z0-9]+)$")
_NOT_A_GROUP = re.compile(r"^(?:\d+p|dl|rip|ray|\d+)$", re.IGNORECASE)


class QualityTable:
    """The qualities of one kind of arr.

    `remux` is how it calls an untouched disc of a resolution.
    """

    def __init__(self, rows: Sequence[tuple[int, str, str, int, int]], remux: str) -> None:
        self._rows = {row[1]: Quality(*row) for row in rows}
        self._remux = remux

    def all(self) -> list[Quality]:
        """Return all qualities, the worst first."""
        return sorted(self._rows.values(), key=lambda quality: quality.rank)

    def by_id(self, number: int) -> Quality:
        """Return the quality with the app's own id; KeyError for an unknown one."""
        return {quality.id: quality for quality in self._rows.values()}[number]

    def labelled(self, label: str) -> Quality:
        """Return the quality with this label; anything else is read as a file name."""
        return self._rows.get(label) or self.read(f"{label}.mkv")

    def read(self, name: str) -> Quality:
        """Return the quality that a file name states.

        Source words and resolution, else the extension.
        """
        stem, dot, suffix = name.rpartition(".")
        if not dot:
            stem, suffix = name, ""
        source = next((word for word, pattern in _SOURCE_PATTERNS if pattern.search(stem)), None)
        found = _RESOLUTION.search(stem)
        resolution = None if found is None else f"{found.group(1) or 2160}p"
        if source is None and resolution is None:
            return self._rows[_BY_SUFFIX.get(f".{suffix.lower()}", "SDTV")]
        if source == "DVD":
            return self._rows["DVD"]
        source = source or "HDTV"
        resolution = resolution or _NO_RESOLUTION.get(source, "720p")
        label = self._remux.format(resolution) if source == "Remux" else f"{source}-{resolution}"
        return self._rows.get(label, self._rows["SDTV"])


def release_group_of(name: str) -> str | None:
    """Return the release group at the end of a file name, if there is one."""
    stem = name.rpartition(".")[0] or name
    found = _GROUP.search(stem)
    if found is None or _NOT_A_GROUP.match(found.group(1)):
        return None
    return found.group(1)
