"""What a scan of a movie folder sees and accepts. Reads the disk, changes nothing."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mesharr.simulator.radarr_model import MovieFile, Quality, quality_of

ScanDir = Callable[[str], AbstractContextManager[Iterator[os.DirEntry[str]]]]

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
    return tuple(sorted(_walk(folder, "", scandir), key=lambda video: video.relative_path))


def _walk(folder: str, below: str, scandir: ScanDir) -> Iterator[Video]:
    try:
        with scandir(os.path.join(folder, below) if below else folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except PermissionError:
        return
    for entry in entries:
        relative = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir():
            if not _IGNORED_FOLDER.fullmatch(entry.name):
                yield from _walk(folder, relative, scandir)
        elif _is_video(entry.name):
            yield Video(relative, entry.stat().st_size)


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


def root_of(path: str, roots: Sequence[str]) -> str:
    """The longest root folder that contains the path, else the folder above it."""
    holding = [root for root in roots if path.startswith(f"{root.rstrip('/')}/")]
    return max(holding, key=len) if holding else os.path.dirname(path.rstrip("/"))


def may_be_unmounted(folder: str, root: str) -> bool:
    """Whether a scan is skipped because the disk looks gone rather than the film.

    True only for a missing movie folder below a root that is missing or holds nothing at all:
    one other entry in the root, and the files count as removed.
    """
    if os.path.isdir(folder):
        return False
    try:
        return not os.listdir(root)
    except OSError:
        return True


def folder_is_empty(folder: str) -> bool:
    """Whether a folder exists and no file is anywhere below it."""
    return os.path.isdir(folder) and not any(files for _, _, files in os.walk(folder))
