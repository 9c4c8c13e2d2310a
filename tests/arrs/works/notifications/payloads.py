"""The parts that the webhook bodies and script variables of Lidarr and Readarr share."""

from collections.abc import Iterable

from mesharr.demo.arr.notifications.script import bars
from mesharr.demo.arr.notifications.webhook import grabbed_release
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject, iso
from tests.arrs.works.model import MediaFile


def file_object(file: MediaFile) -> JsonObject:
    """Return a media file in a webhook; the path is absolute."""
    return {
        "id": file.id,
        "path": file.path,
        "quality": file.quality.name,
        "qualityVersion": 1,
        "releaseGroup": file.group,
        "sceneName": file.scene_name,
        "size": file.size,
        "dateAdded": iso(file.date_added),
    }


def renamed_object(renamed: Renamed[MediaFile]) -> JsonObject:
    """Return a renamed media file in a webhook."""
    return {"previousPath": renamed.before.path, **file_object(renamed.file)}


def release_object(release: Release) -> JsonObject:
    """Return a grabbed release in a webhook: as a film's, without languages."""
    return {name: value for name, value in grabbed_release(release).items() if name != "languages"}


def local_date(date: str | None) -> str:
    """Return a date as .NET writes it without a format, in the invariant culture."""
    if date is None:
        return ""
    year, month, day = date.split("-")
    return f"{month}/{day}/{year} 00:00:00"


def file_variables(prefix: str, file: MediaFile) -> dict[str, str]:
    """Return a media file in a script, under `TrackFile` or `BookFile`."""
    return {
        f"{prefix}_Id": str(file.id),
        f"{prefix}_Path": file.path,
        f"{prefix}_Quality": file.quality.name,
        f"{prefix}_QualityVersion": "1",
        f"{prefix}_ReleaseGroup": file.group or "",
        f"{prefix}_SceneName": file.scene_name or "",
    }


def replaced_variables(added: str, new: Iterable[MediaFile], old: Iterable[MediaFile]) -> dict[str, str]:
    """Return the paths of an import in a script; those of an empty list are not there at all."""
    gone = list(old)
    paths = {added: bars(file.path for file in new)}
    if gone:
        paths["DeletedPaths"] = bars(file.path for file in gone)
        paths["DeletedDateAdded"] = bars(local_date(iso(file.date_added)[:10]) for file in gone)
    return {name: value for name, value in paths.items() if value}
