"""The environment variables of Lidarr's custom scripts, named as Lidarr's code writes them."""

from collections.abc import Mapping, Sequence

from mesharr.demo.arr.notifications.script import (
    ScriptWriter,
    Variables,
    bars,
    client_variables,
    commas,
    grab_variables,
)
from mesharr.demo.arr.records import Renamed
from mesharr.demo.arr.releases import Release
from tests.arrs.works.model import Creator, MediaFile, Work
from tests.arrs.works.notifications.events import EventWriter, Imported, Retagged
from tests.arrs.works.notifications.payloads import file_variables, local_date, replaced_variables


class LidarrScript(ScriptWriter, EventWriter):
    """Builds the variables of each event for one instance and one artist's tag labels."""

    app = "Lidarr"

    def creator_added(self, creator: Creator) -> Variables:
        """Return ArtistAdd: the name is `Artist_Title` here."""
        own = {"Artist_Title": creator.known.name, "Artist_Path": creator.path}
        return self._about("ArtistAdd", creator, own)

    def creator_deleted(self, creator: Creator, with_files: bool) -> Variables:
        """Return ArtistDeleted, which the webhook calls ArtistDelete."""
        own = {
            "Artist_Title": creator.known.name,
            "Artist_Path": creator.path,
            "Artist_DeletedFiles": str(with_files),
        }
        return self._about("ArtistDeleted", creator, own)

    def work_deleted(self, creator: Creator, work: Work, with_files: bool) -> Variables:
        """Return AlbumDeleted; its `Artist_DeletedFiles` is about the album."""
        own = {**_place(creator), **_album(work), "Artist_DeletedFiles": str(with_files)}
        return self._about("AlbumDeleted", creator, own)

    def imported(self, event: Imported) -> Variables:
        """Return AlbumDownload, which the webhook calls Download.

        Only DeletedPaths says that it is an upgrade.
        """
        own = {
            **_place(event.creator),
            **_album(event.work),
            **_release(event.work),
            **client_variables(event.release),
            **replaced_variables("AddedTrackPaths", event.files, event.replaced),
        }
        return self._about("AlbumDownload", event.creator, own)

    def renamed(self, creator: Creator, renames: Sequence[Renamed[MediaFile]]) -> Variables:
        """Return Rename of an artist's files."""
        own = {
            **_place(creator),
            "TrackFile_Ids": commas(renamed.file.id for renamed in renames),
            "TrackFile_Paths": bars(renamed.file.path for renamed in renames),
            "TrackFile_PreviousPaths": bars(renamed.before.path for renamed in renames),
        }
        return self._about("Rename", creator, own)

    def retagged(self, event: Retagged) -> Variables:
        """Return TrackRetag of one file."""
        own = {
            **_place(event.creator),
            **_album(event.work),
            **_release(event.work),
            **file_variables("TrackFile", event.file),
            "TrackFile_TrackCount": str(len(event.tracks)),
            "TrackFile_TrackIds": commas(track.id for track in event.tracks),
            "TrackFile_TrackNumbers": commas(track.number for track in event.tracks),
            "TrackFile_TrackTitles": bars(track.title for track in event.tracks),
            "Tags_Diff": "{}",
            "Tags_Scrubbed": "False",
        }
        return self._about("TrackRetag", event.creator, own)

    def grabbed(self, creator: Creator, work: Work, release: Release) -> Variables:
        """Return Grab: the only artist event without the artist's path."""
        own = {
            "Artist_Name": creator.known.name,
            "Release_AlbumCount": "1",
            "Release_AlbumReleaseDates": local_date(work.known.date),
            "Release_AlbumTitles": work.known.title,
            "Release_AlbumOverviews": work.known.overview,
            "Release_AlbumMBIds": work.foreign_id,
            "Release_CustomFormat": "",
            "Release_CustomFormatScore": "0",
            **grab_variables(release),
        }
        return self._about("Grab", creator, own)

    def _about(self, event: str, creator: Creator, own: Mapping[str, str]) -> Variables:
        artist = {
            "Artist_Id": str(creator.id),
            "Artist_MBId": creator.foreign_id,
            "Artist_Type": creator.known.kind,
            "Artist_Genres": bars(creator.known.genres),
            "Artist_Tags": bars(self.labels),
        }
        return self.event(event, {**artist, **own})


def _place(creator: Creator) -> Variables:
    return {"Artist_Name": creator.known.name, "Artist_Path": creator.path}


def _album(work: Work) -> Variables:
    return {
        "Album_Id": str(work.id),
        "Album_Title": work.known.title,
        "Album_Overview": work.known.overview,
        "Album_MBId": work.foreign_id,
        "Album_ReleaseDate": local_date(work.known.date),
    }


def _release(work: Work) -> Variables:
    edition = work.edition()
    return {"AlbumRelease_MBId": "" if edition is None else edition.known.id}
