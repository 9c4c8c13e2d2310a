"""What a scan of a movie folder sees and accepts. Reads the disk, changes nothing."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mesharr.simulator.disk import ScanDir, entries_below
from mesharr.simulator.radarr_model import MovieFile, Quality, quality_of

VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in re.findall(
        r"\w+",
        "3gp asf avi bivx divx dv flv ifo img iso m2ts m2v m4v mk3d mkv mov mp4 mpeg mpg nrg ogm"
        " ogv qt rm rmvb strm ts vob webm wmv wtv xvid",
    )
)
_IGNORED_FOLDER = re.compile(
    r"extras|extrafanart|behind the scenes|deleted scenes|featurettes|interviews|other|scenes"
    r"|samples?|shorts|trailers|theme[-_. ]music|backdrops|@eadir|\..+",
    re.IGNORECASE,
)
_IGNORED_SUFFIX = re.compile(
    r"-(?:trailer|other|behindthescenes|deleted|featurette|interview|scene|short)$", re.IGNORECASE
)
_IGNORED_FILE = re.compile(r"\.(?:_|unmanic)")
_TITLE_AND_YEAR = re.compile(r"[^\W_].*?[ ._(\[-]+(?:19|20)\d\d(?!\d)|tt\d{7,8}", re.UNICODE)
_PART = re.compile(r"[ ._-](?:cd|disc|disk|dvd|part|pt)[ ._-]?\d+$", re.IGNORECASE)


@dataclass(frozen=True)
class Video:
    """A video file in a movie folder; `relative_path` is below that folder."""

    relative_path: str
    size: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return os.path.basename(self.relative_path)

    @property
    def quality(self) -> Quality:
        """The quality its name tells."""
        return quality_of(self.name)


def videos_in(folder: str, scandir: ScanDir = os.scandir) -> tuple[Video, ...]:
    """The video files below a movie folder that Radarr takes for the film, by path.

    Left out: extras, trailers, samples, hidden folders. What must not be read is passed over
    in silence, so its files look missing; any other error of the disk is raised.
    """
    found = (
        Video(relative, entry.stat().st_size)
        for relative, entry in entries_below(folder, _IGNORED_FOLDER, scandir)
        if _is_video(entry.name)
    )
    return tuple(sorted(found, key=lambda video: video.relative_path))


def _is_video(name: str) -> bool:
    stem, suffix = os.path.splitext(name)
    if suffix.lower() not in VIDEO_SUFFIXES or _IGNORED_FILE.match(name):
        return False
    return _IGNORED_SUFFIX.search(stem) is None


def acceptable(videos: Iterable[Video], folder: str, in_memory: MovieFile | None) -> tuple[Video, ...]:
    """The new videos that pass, best first: quality, then size.

    Radarr: an existing file is compared as it was *in memory when the scan began*, so a worse
    file than one that is already gone is refused here, and taken by the next scan.
    """
    passed = [
        video
        for video in videos
        if _parses(video, folder)
        and not _PART.search(os.path.splitext(video.name)[0])
        and (in_memory is None or video.quality.rank >= in_memory.quality.rank)
    ]
    return tuple(sorted(passed, key=lambda video: (-video.quality.rank, -video.size)))


def _parses(video: Video, folder: str) -> bool:
    parent = os.path.dirname(f"{folder.rstrip('/')}/{video.relative_path}")
    return any(_TITLE_AND_YEAR.search(text) for text in (video.name, os.path.basename(parent)))
