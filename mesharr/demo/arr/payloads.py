"""The parts that are alike in the payloads, resources and script variables of the video arrs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.wire import JsonObject

ENGLISH: Mapping[str, Any] = {"id": 1, "name": "English"}
_FORBIDDEN_CHARACTERS = str.maketrans({**dict.fromkeys('/\\<>|?*"', ""), ":": " -"})


class NullReferenceError(Exception):
    """The arr read a property of something that is not there."""


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
    """A title as a file or folder may be called."""
    return " ".join(title.translate(_FORBIDDEN_CHARACTERS).split())


def clean_title(title: str) -> str:
    """A title as the arrs compare it: letters and digits in lower case."""
    return "".join(char for char in title.lower() if char.isalnum())


def scene_title(words: str, quality: Quality, group: str) -> str:
    """The name of a release: words with dots between them, quality and group."""
    title = "".join(char if char.isalnum() else "." for char in words).strip(".")
    return f"{title}.{'.'.join(reversed(quality.name.split('-')))}.x264-{group}"


def media_info(quality: Quality) -> JsonObject:
    """`mediaInfo` of a file in a payload."""
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


def media_info_variables(quality: Quality) -> dict[str, str]:
    """The same for a script, by the last word of the variables' names."""
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


def client_object(release: Release) -> JsonObject:
    """What payloads tell of the download client."""
    return {
        "downloadClient": release.client,
        "downloadClientType": release.client,
        "downloadId": release.download_id,
    }


def no_custom_formats() -> JsonObject:
    """`customFormatInfo` of a file that matches none."""
    return {"customFormats": [], "customFormatScore": 0}


def grabbed_release(release: Release) -> JsonObject:
    """`release` of a Grab."""
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


def queue_fields(release: Release) -> JsonObject:
    """What a queue resource tells of its release: a download under way."""
    return {
        "title": release.title,
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "statusMessages": [],
        "downloadId": release.download_id,
        "protocol": "torrent",
        "downloadClient": release.client,
        "indexer": release.indexer,
        "languages": [dict(ENGLISH)],
        "size": release.size,
        "sizeleft": release.size,
    }


def bars(values: Iterable[str]) -> str:
    """A list in a script variable; nothing escapes a bar inside a value."""
    return "|".join(values)
