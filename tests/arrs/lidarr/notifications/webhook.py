"""The JSON bodies of Lidarr's webhooks."""

from collections.abc import Mapping, Sequence
from typing import Any

from mesharr.demo.arr.notifications.webhook import WebhookWriter, client_object, poster
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from mesharr.demo.wire import JsonObject
from tests.arrs.works.api.resources import day
from tests.arrs.works.model import Creator, MediaFile, Track, Work
from tests.arrs.works.notifications.events import EventWriter, Imported, Retagged
from tests.arrs.works.notifications.payloads import file_object, release_object, renamed_object


class LidarrWebhook(WebhookWriter, EventWriter):
    """Builds the bodies for one instance and one artist's tag labels.

    No body has a monitored flag, a profile, a root folder, a relative path or a release's id, and
    none is about the delete of a file: that event does not exist.
    """

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        artist = {
            "id": 1,
            "name": "Test Name",
            "path": "C:\\testpath",
            "mbId": "aaaaa-aaa-aaaa-aaaaaa",
            "tags": ["test-tag"],
        }
        return self._sealed("Test", artist, {"albums": [{"id": 123, "title": "Test title"}]})

    def creator_added(self, creator: Creator) -> JsonObject:
        """Return ArtistAdd."""
        return self._about("ArtistAdd", creator, {})

    def creator_deleted(self, creator: Creator, with_files: bool) -> JsonObject:
        """Return ArtistDelete: here `deletedFiles` is a boolean."""
        return self._about("ArtistDelete", creator, {"deletedFiles": with_files})

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> JsonObject:
        """Return AlbumDelete: here `deletedFiles` is a boolean."""
        own = {"album": _album(work), "deletedFiles": with_files}
        return self._about("AlbumDelete", creator, own)

    def imported(self, event: Imported) -> JsonObject:
        """Return Download of one album: here `deletedFiles` is a list, present only on an upgrade."""
        own: JsonObject = {
            "album": _album(event.work),
            "tracks": [_track(track) for track in event.tracks],
            "trackFiles": [file_object(file) for file in event.files],
            "isUpgrade": bool(event.replaced),
            **client_object(event.release),
        }
        if event.replaced:
            own["deletedFiles"] = [file_object(file) for file in event.replaced]
        return self._about("Download", event.creator, own)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> JsonObject:
        """Return Rename of an artist's files, whose ids stay."""
        own = {"renamedTrackFiles": [renamed_object(renamed) for renamed in renames]}
        return self._about("Rename", creator, own)

    def retagged(self, event: Retagged) -> JsonObject:
        """Return Retag of one file, without the album."""
        return self._about("Retag", event.creator, {"trackFile": file_object(event.file)})

    def grabbed(self, creator: Creator, work: Work, release: Release) -> JsonObject:
        """Return Grab: here the albums are a list."""
        own = {
            "albums": [_album(work)],
            "release": release_object(release),
            **client_object(release),
        }
        return self._about("Grab", creator, own)

    def _about(self, event: str, creator: Creator, own: Mapping[str, Any]) -> JsonObject:
        return self._sealed(event, _artist(creator, self.labels), own)

    def _sealed(self, event: str, artist: JsonObject, own: Mapping[str, Any]) -> JsonObject:
        return self.body(event, {"artist": artist, **own})


def _artist(creator: Creator, labels: Sequence[str]) -> JsonObject:
    known = creator.known
    return {
        "id": creator.id,
        "name": known.name,
        "disambiguation": known.disambiguation,
        "path": creator.path,
        "mbId": creator.foreign_id,
        "type": known.kind,
        "overview": known.overview,
        "genres": list(known.genres),
        "images": poster(f"https://images.lidarr.audio/{known.id}.jpg", creator.id),
        "tags": list(labels),
    }


def _album(work: Work) -> JsonObject:
    known = work.known
    return {
        "id": work.id,
        "mbId": known.id,
        "title": known.title,
        "disambiguation": "",
        "overview": known.overview,
        "albumType": known.kind,
        "secondaryAlbumTypes": list(known.secondary),
        "releaseDate": day(known.date),
        "genres": list(known.genres),
        "images": [],
    }


def _track(track: Track) -> JsonObject:
    # the number is text, and nothing links a track to its file
    return {"id": track.id, "title": track.title, "trackNumber": str(track.number), "qualityVersion": 0}
