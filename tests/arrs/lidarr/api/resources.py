"""Lidarr's rows as its API shows them."""

from uuid import NAMESPACE_URL, uuid5

from mesharr.demo.arr.records import HistoryRow, QueueRow
from mesharr.demo.arr.releases import clean_title, folder_words
from mesharr.demo.wire import Call, JsonObject, iso
from tests.arrs.works.api.resources import WorksResources, day
from tests.arrs.works.model import (
    Creator,
    KnownCreator,
    KnownEdition,
    KnownWork,
    MediaFile,
    MetadataProfile,
    Track,
    Work,
)


class LidarrResources(WorksResources):
    """Artists, albums with their releases, tracks and files."""

    def known_creator(self, known: KnownCreator) -> JsonObject:
        """Return an artist of the metadata server; `mbId` of the document is never filled."""
        return {
            "artistName": known.name,
            "foreignArtistId": known.id,
            "status": "ended" if known.ended else "continuing",
            "ended": known.ended,
            "overview": known.overview,
            "artistType": known.kind,
            "disambiguation": known.disambiguation,
            "links": [],
            "images": [],
            "genres": list(known.genres),
            "cleanName": clean_title(known.name),
            "sortName": known.name.lower(),
            "ratings": {"votes": 0, "value": 0},
        }

    def creator(self, creator: Creator) -> JsonObject:
        """Return an artist of the library; one that is gone upstream says so."""
        gone = {"status": "deleted"} if creator.gone_upstream else {}
        return {**super().creator(creator), **gone}

    def found_creator(self, known: KnownCreator) -> JsonObject:
        """Return a found artist, with the folder that the naming settings would make."""
        return {**super().found_creator(known), "folder": folder_words(known.name)}

    def known_work(self, known: KnownWork) -> JsonObject:
        """Return an album of the metadata server, its first release monitored."""
        first = known.editions[0].id if known.editions else ""
        return {
            "title": known.title,
            "foreignAlbumId": known.id,
            "disambiguation": "",
            "overview": known.overview,
            "albumType": known.kind,
            "secondaryTypes": list(known.secondary),
            "releaseDate": day(known.date),
            "anyReleaseOk": True,
            "genres": list(known.genres),
            "duration": 0,
            "mediumCount": 1,
            "media": [_medium()],
            "images": [],
            "links": [],
            "ratings": {"votes": 0, "value": 0},
            "releases": [
                _release(edition, monitored=edition.id == first, number=0, album=0)
                for edition in known.editions
            ],
        }

    def library_fields_of_work(self, work: Work) -> JsonObject:
        """Return releases with their ids, and the counts of the monitored one."""
        return {
            "anyReleaseOk": work.any_edition,
            "profileId": self.library.creator(work.creator_id).quality_profile_id,
            "releases": [
                _release(edition.known, monitored=edition.monitored, number=edition.id, album=work.id)
                for edition in work.editions
            ],
            "statistics": _counts(*self._numbers(work)),
        }

    def statistics(self, works: list[Work]) -> JsonObject:
        """Return sums over the albums."""
        numbers = [self._numbers(work) for work in works]
        linked, total, size = (sum(column) for column in zip(*numbers, strict=True)) if works else (0, 0, 0)
        return {"albumCount": len(works), **_counts(linked, total, size)}

    def _numbers(self, work: Work) -> tuple[int, int, int]:
        tracks = self.library.tracks_of(work.edition())
        linked = [track for track in tracks if track.file_id]
        return len(linked), len(tracks), sum(file.size for file in self.library.files_of(work.id))

    def metadata_profile(self, profile: MetadataProfile) -> JsonObject:
        """Return a metadata profile by its primary types; no secondary type is in, unless all are."""
        kinds = ("Album", "Broadcast", "EP", "Other", "Single")
        return {
            "id": profile.id,
            "name": profile.name,
            "primaryAlbumTypes": [
                {
                    "id": number,
                    "albumType": {"id": number, "name": kind},
                    "allowed": profile.kinds is None or kind in profile.kinds,
                }
                for number, kind in enumerate(kinds)
            ],
            "secondaryAlbumTypes": [],
            "releaseStatuses": [],
        }

    def file(self, file: MediaFile) -> JsonObject:
        """Return a track file."""
        return {
            **super().file(file),
            "sceneName": file.scene_name,
            "releaseGroup": file.group,
            "customFormats": [],
            "customFormatScore": 0,
        }

    def track(self, track: Track) -> JsonObject:
        """Return a track of a release; its ids at the metadata server are the same in every app."""
        work = self.library.work(track.work_id)
        release = next(one.known.id for one in work.editions if one.id == track.edition_id)
        return {
            "id": track.id,
            "artistId": work.creator_id,
            "albumId": work.id,
            "foreignTrackId": _foreign_id("track", release, track),
            "foreignRecordingId": _foreign_id("recording", work.foreign_id, track),
            "trackFileId": track.file_id,
            "hasFile": track.file_id != 0,
            "explicit": False,
            "absoluteTrackNumber": track.number,
            "trackNumber": str(track.number),
            "mediumNumber": 1,
            "title": track.title,
            "duration": 0,
            "ratings": {"votes": 0, "value": 0},
        }

    def history(self, row: HistoryRow, call: Call) -> JsonObject:
        """Return a history row: there is one for each track."""
        track = self.library.tables.tracks.get(row.track_id)
        wanted = track is not None and call.flag("includeTrack")
        return {
            **super().history(row, call),
            "trackId": row.track_id,
            "track": self.track(track) if track is not None and wanted else None,
        }

    def queued(self, row: QueueRow, call: Call) -> JsonObject:
        """Return a download under way."""
        return {**super().queued(row, call), "added": iso(row.added)}


def _foreign_id(kind: str, owner: str, track: Track) -> str:
    return str(uuid5(NAMESPACE_URL, f"{kind}/{owner}/{track.number}"))


def _medium() -> JsonObject:
    return {"mediumNumber": 1, "mediumName": "", "mediumFormat": "CD"}


def _release(known: KnownEdition, *, monitored: bool, number: int, album: int) -> JsonObject:
    return {
        "id": number,
        "albumId": album,
        "foreignReleaseId": known.id,
        "title": known.title,
        "status": "Official",
        "duration": 0,
        "trackCount": len(known.tracks),
        "media": [_medium()],
        "mediumCount": 1,
        "disambiguation": known.disambiguation,
        "country": [],
        "label": [],
        "format": "CD",
        "monitored": monitored,
    }


def _counts(linked: int, total: int, size: int) -> JsonObject:
    return {
        "trackFileCount": linked,
        "trackCount": total,
        "totalTrackCount": total,
        "sizeOnDisk": size,
        "percentOfTracks": 100.0 * linked / total if total else 0.0,
    }
