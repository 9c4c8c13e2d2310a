"""The JSON bodies of Lidarr's webhooks."""

from mesharr.demo.arr.notifications.webhook import poster
from mesharr.demo.wire import JsonObject
from tests.arrs.works.api.resources import day
from tests.arrs.works.model import Creator, Track, Work
from tests.arrs.works.notifications.events import Imported
from tests.arrs.works.notifications.webhook import WorksWebhook


class LidarrWebhook(WorksWebhook):
    """Writes the body of each event.

    No body has a monitored flag, a profile, a root folder, a relative path or a release's id, and
    none is about the delete of a file: that event does not exist.
    """

    creator, work, file, added_event = "artist", "album", "trackFile", "ArtistAdd"

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        artist = {
            "id": 1,
            "name": "Test Name",
            "path": "C:\\testpath",
            "mbId": "aaaaa-aaa-aaaa-aaaaaa",
            "tags": ["test-tag"],
        }
        return self.body("Test", {"artist": artist, "albums": [{"id": 123, "title": "Test title"}]})

    def tracks_of(self, event: Imported) -> JsonObject:
        """Return the imported tracks; nothing links a track to its file."""
        return {"tracks": [_track(track) for track in event.tracks]}

    def creator_object(self, creator: Creator) -> JsonObject:
        """Return an artist."""
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
            "tags": list(self.labels),
        }

    def work_object(self, work: Work) -> JsonObject:
        """Return an album."""
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
    # the number is text
    return {"id": track.id, "title": track.title, "trackNumber": str(track.number), "qualityVersion": 0}
