"""The parts of webhook bodies that are alike in several apps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Renamed, Replaced, VideoFile
from mesharr.demo.arr.releases import ENGLISH, Release, languages
from mesharr.demo.wire import JsonObject, iso, without_nulls


class NullReferenceError(Exception):
    """The app read a property of an object that is not there."""


@dataclass(frozen=True)
class WebhookWriter:
    """Writes webhook bodies for one instance and the tag labels of one item."""

    has_url: ClassVar[bool] = True
    """Whether a body holds the instance's URL."""

    instance: str
    labels: tuple[str, ...] = ()

    def body(self, event: str, own: Mapping[str, Any]) -> JsonObject:
        """Return the body of an event: its own objects, its type, the instance; no nulls."""
        tail = {"eventType": event, "instanceName": self.instance}
        return dict(without_nulls({**own, **tail, "applicationUrl": "" if self.has_url else None}))


def media_info(quality: Quality) -> JsonObject:
    """Return `mediaInfo` of a video file."""
    height = quality.resolution
    return {
        "audioChannels": 5.1,
        "audioCodec": "AC3",
        "audioLanguages": ["eng"],
        "height": height,
        "width": height * 16 // 9,
        "subtitles": ["eng"],
        "videoCodec": "x264",
        "videoDynamicRange": "",
        "videoDynamicRangeType": "",
    }


def video_file_object(
    file: VideoFile, folder: str, *, analysed: bool = False, source_path: str | None = None
) -> JsonObject:
    """Return `movieFile` or `episodeFile`; `mediaInfo` is absent when the file was not analysed."""
    return {
        "id": file.id,
        "relativePath": file.relative_path,
        "path": file.path_in(folder),
        "quality": file.quality.name,
        "qualityVersion": 1,
        "releaseGroup": file.release_group,
        "sceneName": file.scene_name,
        "size": file.size,
        "dateAdded": iso(file.date_added),
        "languages": languages(file.languages),
        "mediaInfo": media_info(file.quality) if analysed else None,
        "sourcePath": source_path,
    }


def replaced_object(replaced: Replaced, folder: str) -> JsonObject:
    """Return one of `deletedFiles` of an upgrade."""
    return {**video_file_object(replaced.file, folder), "recycleBinPath": replaced.recycled}


def renamed_object(renamed: Renamed[Any], folder: str) -> JsonObject:
    """Return a renamed video file, whose id stays."""
    return {
        **video_file_object(renamed.file, folder),
        "previousRelativePath": renamed.before.relative_path,
        "previousPath": renamed.before.path_in(folder),
    }


def poster(remote: str, item_id: int) -> Sequence[JsonObject]:
    """Return `images` with one poster."""
    return [{"coverType": "poster", "url": f"/MediaCover/{item_id}/poster.jpg", "remoteUrl": remote}]


def client_object(release: Release) -> JsonObject:
    """Return what bodies say of the download client: nothing of a manual import."""
    return {
        "downloadClient": release.client or None,
        "downloadClientType": release.client or None,
        "downloadId": release.download_id or None,
    }


def no_custom_formats() -> JsonObject:
    """Return `customFormatInfo` of a file that matches none."""
    return {"customFormats": [], "customFormatScore": 0}


def grabbed_release(release: Release) -> JsonObject:
    """Return `release` of a Grab."""
    return {
        "quality": release.quality.name,
        "qualityVersion": 1,
        "releaseGroup": release.group,
        "releaseTitle": release.title,
        "indexer": release.indexer,
        "size": release.size,
        "customFormatScore": 0,
        "customFormats": [],
        "languages": [dict(ENGLISH)],
    }


def imported_release(release: Release) -> JsonObject:
    """Return `release` of a Download: nothing of a manual import."""
    if release.manual:
        return {}
    return {"releaseTitle": release.title, "indexer": release.indexer, "size": release.size}
