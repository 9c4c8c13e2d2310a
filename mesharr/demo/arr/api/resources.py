"""The parts of resources that are alike in every app."""

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import HistoryRow, QueueRow, VideoFile
from mesharr.demo.arr.releases import languages
from mesharr.demo.wire import JsonObject, KeptNulls, iso


def quality_model(quality: Quality, **more: object) -> JsonObject:
    """Return a quality with its revision; `more` are the properties that only some apps have."""
    return {
        "quality": {"id": quality.id, "name": quality.name, **more},
        "revision": {"version": 1, "real": 0, "isRepack": False},
    }


def history_fields(row: HistoryRow) -> JsonObject:
    """Return what a history resource says of its row, besides item, part and quality."""
    return {
        "id": row.id,
        "sourceTitle": row.source_title,
        "customFormats": [],
        "customFormatScore": 0,
        "qualityCutoffNotMet": False,
        "date": iso(row.date),
        "downloadId": row.download_id,
        "eventType": row.event_type,
        "data": KeptNulls(row.data),
    }


def queue_fields(row: QueueRow) -> JsonObject:
    """Return what a queue resource says of its row, besides item, part and quality."""
    release = row.release
    return {
        "id": row.id,
        "title": release.title,
        "status": "downloading" if row.state == "downloading" else "completed",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": row.state,
        "statusMessages": [],
        "downloadId": release.download_id,
        "protocol": "torrent",
        "downloadClient": release.client,
        "indexer": release.indexer,
        "size": release.size,
        "sizeleft": release.size,
    }


def video_file_fields(file: VideoFile, folder: str) -> JsonObject:
    """Return what a movie file and an episode file resource both say, besides item and quality."""
    return {
        "id": file.id,
        "relativePath": file.relative_path,
        "path": file.path_in(folder),
        "size": file.size,
        "dateAdded": iso(file.date_added),
        "sceneName": file.scene_name,
        "releaseGroup": file.release_group,
        "languages": languages(file.languages),
        "customFormats": [],
        "customFormatScore": 0,
        "indexerFlags": 0,
        "qualityCutoffNotMet": False,
    }
