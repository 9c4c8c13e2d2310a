"""The environment variables of custom scripts, as far as several apps name them alike.

Names come without the app's prefix; `ScriptWriter.event` adds it. `run_script` lower-cases the names, as
.NET does, before the script sees them.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mesharr.demo.arr.notifications.webhook import NullReferenceError
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Renamed, Replaced, VideoFile
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import iso

Variables = dict[str, str]


@dataclass(frozen=True)
class ScriptWriter:
    """Writes script variables for one instance and the tag labels of one item."""

    app: ClassVar[str]
    """The prefix of every name."""

    instance: str
    labels: tuple[str, ...] = ()

    def test(self) -> Variables:
        """Return the variables of Test: only the three that every event has."""
        return self.event("Test", {})

    def event(self, event: str, own: Mapping[str, str]) -> Variables:
        """Return the variables of an event: its own ones, its type, the instance."""
        head = {"EventType": event, "InstanceName": self.instance, "ApplicationUrl": ""}
        return {f"{self.app}_{name}": value for name, value in {**head, **own}.items()}


def bars(values: Iterable[str]) -> str:
    """Return a list of texts; nothing escapes a bar inside a text."""
    return "|".join(values)


def commas(values: Iterable[object]) -> str:
    """Return a list of numbers or dates; None is an empty place."""
    return ",".join("" if value is None else str(value) for value in values)


def client_variables(release: Release) -> Variables:
    """Return what scripts are given of the download client."""
    return {
        "Download_Client": release.client,
        "Download_Client_Type": release.client,
        "Download_Id": release.download_id,
    }


def imported_release_variables(release: Release) -> Variables:
    """Return what an import is given of its release: nothing when it was imported by hand."""
    if release.manual:
        return {}
    return {
        "Release_Indexer": release.indexer,
        "Release_Size": str(release.size),
        "Release_Title": release.title,
    }


def grab_variables(release: Release) -> Variables:
    """Return what a Grab is given of its release and the download client."""
    return {
        **imported_release_variables(release),
        "Release_Quality": release.quality.name,
        "Release_QualityVersion": "1",
        "Release_ReleaseGroup": release.group or "",
        "Release_IndexerFlags": "0",
        **client_variables(release),
    }


def no_custom_format_variables(prefix: str) -> Variables:
    """Return the custom formats of a release or file that matches none."""
    return {f"{prefix}_CustomFormat": "", f"{prefix}_CustomFormatScore": "0"}


def video_file_variables(prefix: str, file: VideoFile, folder: str) -> Variables:
    """Return a video file, under `MovieFile` or `EpisodeFile`."""
    return {
        f"{prefix}_Id": str(file.id),
        f"{prefix}_RelativePath": file.relative_path,
        f"{prefix}_Path": file.path_in(folder),
        f"{prefix}_Quality": file.quality.name,
        f"{prefix}_QualityVersion": "1",
        f"{prefix}_ReleaseGroup": file.release_group or "",
        f"{prefix}_SceneName": file.scene_name or "",
    }


def import_variables(
    prefix: str,
    file: VideoFile,
    folder: str,
    *,
    source_path: str,
    analysed: bool,
    replaced: Sequence[Replaced],
) -> Variables:
    """Return the facts of a Download of one video file, besides the file and its release.

    Raises `NullReferenceError` when the file was not analysed: the apps read its media info unasked.
    """
    if not analysed:
        raise NullReferenceError("Object reference not set to an instance of an object: MediaInfo")
    own = {
        **{f"{prefix}_MediaInfo_{name}": value for name, value in _media_info(file.quality).items()},
        "IsUpgrade": str(bool(replaced)),
        f"{prefix}_SourcePath": source_path,
        f"{prefix}_SourceFolder": os.path.dirname(source_path),
        **no_custom_format_variables(prefix),
    }
    if replaced:
        old = [gone.file for gone in replaced]
        own |= {
            "DeletedRelativePaths": bars(gone.relative_path for gone in old),
            "DeletedPaths": bars(gone.path_in(folder) for gone in old),
            "DeletedDateAdded": bars(iso(gone.date_added) for gone in old),
            "DeletedRecycleBinPaths": bars(gone.recycled or "" for gone in replaced),
        }
    return own


def rename_variables(prefix: str, renames: Sequence[Renamed[Any]], folder: str) -> Variables:
    """Return what a Rename is given: the ids are separated by commas and the paths by bars."""
    before = [renamed.before for renamed in renames]
    after = [renamed.file for renamed in renames]
    return {
        f"{prefix}_Ids": commas(file.id for file in after),
        f"{prefix}_RelativePaths": bars(file.relative_path for file in after),
        f"{prefix}_Paths": bars(file.path_in(folder) for file in after),
        f"{prefix}_PreviousRelativePaths": bars(file.relative_path for file in before),
        f"{prefix}_PreviousPaths": bars(file.path_in(folder) for file in before),
    }


def _media_info(quality: Quality) -> Variables:
    height = quality.resolution
    return {
        "AudioChannels": "5.1",
        "AudioCodec": "AC3",
        "AudioLanguages": "eng",
        "Languages": "eng",
        "Height": str(height),
        "Width": str(height * 16 // 9),
        "Subtitles": "eng",
        "VideoCodec": "x264",
        "VideoDynamicRangeType": "",
    }
