"""Lidarr's own routes: albums with releases, tracks, and artists by their MusicBrainz id."""

import re

import httpx

from mesharr.demo.arr.api.validation import refuse
from mesharr.demo.wire import Call, Fields, Invalid, error, reply
from tests.arrs.lidarr.api.resources import LidarrResources
from tests.arrs.works.api.works import WorksApi
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import KnownWork, Work

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class AlbumsApi(WorksApi):
    """Adds the routes of albums, tracks and track files."""

    resources: LidarrResources

    def __init__(self, library: WorksLibrary, resources: LidarrResources) -> None:
        super().__init__(library, resources)
        library.arr.route("GET", "/track", self._tracks)
        library.arr.route("GET", "/artist", self._artists)

    def _artists(self, call: Call) -> httpx.Response:
        """List all artists, or the one with this id or with an id that was merged into its own."""
        mbid = call.query.get("mbId")
        if mbid is None:
            return reply(200, [self.resources.creator(creator) for creator in self.library.creators()])
        if not _GUID.fullmatch(mbid):
            raise error(400, f"The value '{mbid}' is not valid.")
        creator = self.library.creator_by(mbid)
        return reply(200, [] if creator is None else [self.resources.creator(creator)])

    def chosen(self, call: Call) -> list[Work]:
        """Return works by `foreignAlbumId`, perhaps with all others of its artist; all without it."""
        foreign_id = call.query.get("foreignAlbumId")
        if foreign_id is None:
            return self.library.works()
        work = self.library.work_by(foreign_id)
        if work is None:
            return []
        return self.library.works(work.creator_id) if call.flag("includeAllArtistAlbums") else [work]

    def check(self, fields: Fields) -> None:
        """Refuse an album that is there, and an incomplete artist, even one that is there."""
        foreign_id, artist = fields.get("foreignAlbumId"), fields.get("artist")
        failures = []
        if not foreign_id:
            message = "'Foreign Album Id' must not be empty."
            failures.append(Invalid("ForeignAlbumId", message, None, "NotEmptyValidator"))
        elif self.library.work_by(str(foreign_id)) is not None:
            message = "This album has already been added."
            failures.append(Invalid("ForeignAlbumId", message, foreign_id, "AlbumExistsValidator"))
        if artist is None:
            failures.append(Invalid("Artist", "'Artist' must not be empty.", None, "NotNullValidator"))
        else:
            failures += self.owner_failures(Fields(artist))
        refuse(failures)

    def edition_of(self, fields: Fields, known: KnownWork) -> str | None:
        """Return the release that the body has monitored, if the album has it."""
        wanted = _monitored(fields)
        return next((edition.id for edition in known.editions if edition.id in wanted), None)

    def put(self, call: Call) -> httpx.Response:
        """Replace an album, releases included.

        Another monitored release than before, or none because they were left out, unlinks all files
        of the album and scans the artist's folder.
        """
        library, fields = self.library, call.fields()
        work = library.work(call.id)
        before = {edition.known.id for edition in work.editions if edition.monitored}
        wanted = _monitored(fields)
        changed = library.change_work(
            work.id,
            monitored=bool(fields.given("monitored", False)),
            any_edition=bool(fields.given("anyReleaseOk", False)),
        )
        if wanted != before:
            for file in library.files_of(work.id):
                library.unlink(file)
            changed = library.set_editions(changed, next(iter(wanted or before), None))
            self._scan_artist(work.creator_id)
        return reply(202, self.resources.work(changed))

    def _scan_artist(self, artist_id: int) -> None:
        body = {
            "folders": [self.library.creator(artist_id).path],
            "filter": "matched",
            "addNewArtists": False,
            "artistIds": [artist_id],
        }
        self.library.arr.commands.submit("RescanFolders", body, "unspecified")

    def _tracks(self, call: Call) -> httpx.Response:
        """List the tracks of the monitored releases of an artist or album."""
        artists, albums = call.numbers("artistId"), call.numbers("albumId")
        releases, ids = call.numbers("albumReleaseId"), call.numbers("trackIds")
        if not (artists or albums or releases or ids):
            raise error(400, "artistId, albumId, albumReleaseId or trackIds must be provided")
        works = [work for artist_id in artists for work in self.library.works(artist_id)]
        rows = self.library.tables.works
        works += [rows[album_id] for album_id in albums if album_id in rows]
        monitored = [edition.id for work in works for edition in work.editions if edition.monitored]
        tracks = self.library.tables.tracks
        found = [
            track for edition_id in (*monitored, *releases) for track in tracks.of("edition", edition_id)
        ]
        found += [tracks[number] for number in ids if number in tracks]
        return reply(200, [self.resources.track(track) for track in found])


def _monitored(fields: Fields) -> set[str]:
    given = [Fields(item) for item in fields.given("releases", [])]
    return {str(item.get("foreignReleaseId")) for item in given if item.given("monitored", False)}
