"""The parts that are alike in the payloads, resources and script variables of the video arrs."""

from collections.abc import Iterable

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.releases import ENGLISH, Release
from mesharr.demo.wire import JsonObject


class NullReferenceError(Exception):
    """The arr read a property of something that is not there."""


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


def bars(values: Iterable[str]) -> str:
    """A list in a script variable; nothing escapes a bar inside a value."""
    return "|".join(values)
