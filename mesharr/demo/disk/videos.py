"""The video files in an item's folder, as the video arrs see them."""

import os
import re
from dataclasses import dataclass

from mesharr.demo.disk.folders import ScanDir, entries_below

_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in re.findall(
        r"\w+",
        "3gp asf avi bivx divx dv flv ifo img iso m2ts m2v m4v mk3d mkv mov mp4 mpeg mpg nrg ogm"
        " ogv qt rm rmvb strm ts vob webm wmv wtv xvid",
    )
)
_IGNORED_SUFFIX = re.compile(
    r"-(?:trailer|other|behindthescenes|deleted|featurette|interview|scene|short)$", re.IGNORECASE
)
_IGNORED_FILE = re.compile(r"\.(?:_|unmanic)")


@dataclass(frozen=True)
class Video:
    """A video file in an item's folder; `relative_path` is below that folder."""

    relative_path: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return os.path.basename(self.relative_path)


def videos_in(folder: str, ignored: re.Pattern[str], scandir: ScanDir = os.scandir) -> tuple[Video, ...]:
    """Return the video files below an item's folder, by path, without extras.

    `ignored` folders are left out.

    What must not be read is passed over in silence, so its files look missing; any other error of
    the disk is raised.
    """
    found = (
        Video(relative, entry.stat().st_size)
        for relative, entry in entries_below(folder, ignored, scandir)
        if _is_video(entry.name)
    )
    return tuple(sorted(found, key=lambda video: video.relative_path))


def _is_video(name: str) -> bool:
    stem, suffix = os.path.splitext(name)
    if suffix.lower() not in _SUFFIXES or _IGNORED_FILE.match(name):
        return False
    return _IGNORED_SUFFIX.search(stem) is None
