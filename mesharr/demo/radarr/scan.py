"""What a scan of a movie folder takes for the film. Reads the disk, changes nothing."""

import os
import re
from collections.abc import Iterable

from mesharr.demo.arr.records import VideoFile
from mesharr.demo.disk.videos import Video
from mesharr.demo.radarr.model import QUALITIES

IGNORED_FOLDER = re.compile(
    r"extras|extrafanart|behind the scenes|deleted scenes|featurettes|interviews|other|scenes"
    r"|samples?|shorts|trailers|theme[-_. ]music|backdrops|@eadir|\..+",
    re.IGNORECASE,
)
_TITLE_AND_YEAR = re.compile(r"[^\W_].*?[ ._(\[-]+(?:19|20)\d\d(?!\d)|tt\d{7,8}", re.UNICODE)
_PART = re.compile(r"[ ._-](?:cd|disc|disk|dvd|part|pt)[ ._-]?\d+$", re.IGNORECASE)


def acceptable(videos: Iterable[Video], folder: str, in_memory: VideoFile | None) -> tuple[Video, ...]:
    """Return the new videos that pass, best first: quality, then size.

    Radarr: an existing file is compared as it was *in memory when the scan began*, so a worse
    file than one that is already gone is refused here, and taken by the next scan.
    """
    passed = [
        video
        for video in videos
        if _parses(video, folder)
        and not _PART.search(os.path.splitext(video.name)[0])
        and (in_memory is None or _rank(video) >= in_memory.quality.rank)
    ]
    return tuple(sorted(passed, key=lambda video: (-_rank(video), -video.size)))


def _rank(video: Video) -> int:
    return QUALITIES.read(video.name).rank


def _parses(video: Video, folder: str) -> bool:
    parent = os.path.dirname(f"{folder.rstrip('/')}/{video.relative_path}")
    return any(_TITLE_AND_YEAR.search(text) for text in (video.name, os.path.basename(parent)))
