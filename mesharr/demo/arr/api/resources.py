"""The parts of resources that are alike in every app."""

from mesharr.demo.arr.releases import ENGLISH, Release
from mesharr.demo.wire import JsonObject


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
