"""Finished downloads, and what every app's history says of grabs, imports and renames."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mesharr.demo.arr.library import Library
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Replaced, VideoFile
from mesharr.demo.arr.releases import Release, manual_release, scene_title

DOWNLOADS = "/downloads"


@dataclass(frozen=True)
class Download:
    """A finished download of video files."""

    quality: Quality
    size: int
    group: str = "GRP"
    name: str | None = None
    """The relative path of its only file; without it the naming settings make the names."""
    content: bytes | None = None
    """What the file holds; without it `size` bytes, most of them a hole."""
    extras: Mapping[str, bytes] = field(default_factory=dict)
    """What lies beside the file, by relative name."""
    manual: bool = False
    """Whether a person imports it from a folder: then nothing is known of a download client or a release."""


def next_download_id(library: Library[Any]) -> str:
    """Return a new id of the download client."""
    arr = library.arr
    return f"{arr.name.upper()}{arr.next_id('downloads'):010d}"


def video_release(library: Library[Any], title: str, download: Download) -> Release:
    """Return a new release of this title, before it was sent to the client."""
    name = scene_title(title, download.quality, download.group)
    if download.manual:
        return manual_release(name, download.quality, download.group)
    return Release(name, download.quality, download.size, next_download_id(library), download.group)


def grab_data(release: Release) -> dict[str, str]:
    """Return what the history row of a grab says."""
    return {"indexer": release.indexer, "downloadClient": release.client, "size": str(release.size)}


def video_import_data(file: VideoFile, folder: str, release: Release, source: str) -> dict[str, str | None]:
    """Return what the history row of an import into this folder says."""
    return {
        "fileId": str(file.id),
        "droppedPath": source,
        "importedPath": file.path_in(folder),
        "downloadClient": release.client or None,
        "downloadClientName": release.client or None,
        "releaseGroup": file.release_group,
        "size": str(file.size),
        "indexerFlags": "0",
        "customFormatScore": "0",
    }


def keeps_name(source: str, target: str) -> bool:
    """Return whether a file that is to get another name keeps its own.

    It is not there, or another file has that name: an app logs either, and goes on with its other files.
    """
    return not os.path.exists(source) or (os.path.exists(target) and not os.path.samefile(source, target))


def rename_on_disk(before: VideoFile, after: VideoFile, folder: str) -> dict[str, str]:
    """Move a file inside its item's folder; return what the history row of the rename says."""
    source, target = before.path_in(folder), after.path_in(folder)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(source, target)
    return {
        "sourcePath": source,
        "sourceRelativePath": before.relative_path,
        "path": target,
        "relativePath": after.relative_path,
    }


def discard_replaced(library: Library[Any], file: VideoFile, folder: str) -> Replaced:
    """Delete or recycle the file that an upgrade replaces; its row stays."""
    path = file.path_in(folder)
    return Replaced(file, library.disposal.discard(path) if os.path.isfile(path) else None)
