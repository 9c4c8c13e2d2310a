"""The command ManualImport of Lidarr and Readarr: files registered for tracks or editions by their ids."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mesharr.demo.arr.manual_import import GivenFile, move_in
from mesharr.demo.arr.records import HistoryRow
from mesharr.demo.arr.releases import manual_release
from mesharr.demo.wire import error
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.matching import Matcher
from tests.arrs.works.model import Creator, Edition, MediaFile, Track, Work
from tests.arrs.works.notifications.events import Imported


@dataclass(frozen=True)
class _Place:
    """What a file of the command shall belong to."""

    creator: Creator
    work: Work
    edition: Edition
    tracks: tuple[Track, ...]
    """The tracks that it holds; () in Readarr."""


class WorksManualImport:
    """Imports files by ids. A file in its creator's folder stays where and as it is.

    That sends nothing, except for a file that has a row already: Readarr sends BookFileDelete for that row.
    """

    def __init__(self, library: WorksLibrary, matcher: Matcher) -> None:
        self._library = library
        self._matcher = matcher

    def run(self, files: Iterable[GivenFile], *, replace_existing: bool) -> None:
        """Import each file; one that cannot be read ends the command, those before it stay imported.

        With `replace_existing` all other files of the works are deleted, from the disk too.
        """
        listed = list(files)
        for given in listed:
            place = self._place(given)
            if replace_existing:
                self._delete_others(place.work, {other.path for other in listed})
            if given.is_inside(place.creator.path):
                self._register(place, given, given.path)
            else:
                self._move(place, given)

    def _place(self, given: GivenFile) -> _Place:
        """Return where a file belongs; its edition becomes the monitored one of the work."""
        library, traits = self._library, self._library.traits
        creator = library.creator(given.number(traits.name("{creator}Id")))
        work = library.work(given.number(traits.name("{work}Id")))
        chosen = self._edition(work, given)
        if not chosen.monitored:
            work = library.choose_edition(work, chosen.known.id)
        edition = work.edition()
        assert edition is not None, "an edition was chosen just now"
        tracks = [library.tables.tracks.get(number) for number in given.numbers("trackIds")]
        known = tuple(track for track in tracks if track is not None)
        if len(known) != len(tracks) or any(track.edition_id != edition.id for track in known):
            raise error(500, f"Tracks of another release than {edition.id}")
        return _Place(creator, work, edition, known)

    def _edition(self, work: Work, given: GivenFile) -> Edition:
        """Return the edition that the file names: Lidarr by id, Readarr by foreign id; else the monitored."""
        number, foreign = given.fields.get("albumReleaseId"), given.fields.get("foreignEditionId")
        for edition in work.editions:
            if edition.id == number or edition.known.id == foreign:
                return edition
        monitored = work.edition()
        if number or foreign or monitored is None:
            raise error(500, f"{self._library.traits.name('{Work}')} {work.id} has no such edition")
        return monitored

    def _register(self, place: _Place, given: GivenFile, path: str) -> MediaFile:
        """Link the file; a row that it has is dropped first."""
        library = self._library
        for row in library.tables.files.of("path", path):
            library.drop_file(row, "ManualOverride")
        found = os.stat(path)
        draft = MediaFile(
            id=0,
            path=path,
            size=found.st_size,
            modified=found.st_mtime,
            date_added=0.0,
            quality=self._matcher.quality_by_id(given.quality_id),
            work_id=place.work.id,
            edition_id=place.edition.id,
            group=given.group,
        )
        # as they are now: what came before in this command may have linked them
        tracks = [library.tables.tracks[track.id] for track in place.tracks]
        return library.insert_file(draft, tracks)

    def _move(self, place: _Place, given: GivenFile) -> None:
        """Take the file as a finished download: it replaces what it holds and is moved, with an event."""
        library, work = self._library, place.work
        replaced = self._replaced(place)
        for old in replaced:
            if os.path.isfile(old.path):
                library.disposal.discard(old.path)
            library.drop_file(old, "Upgrade")
        name = os.path.basename(given.path)
        target = f"{place.creator.path.rstrip('/')}/{name}"
        move_in(given.path, target, overwrite=True)
        file = self._register(place, given, target)
        release = manual_release(os.path.splitext(name)[0], file.quality, given.group)
        data = {
            "fileId": str(file.id),
            "droppedPath": given.path,
            "importedPath": target,
            "downloadClient": None,
            "releaseGroup": given.group,
            "size": str(file.size),
            "indexerFlags": "0",
        }
        kind = library.traits.name("{file}FileImported")
        row = HistoryRow(work.creator_id, work.id, kind, release.title, file.quality, data)
        linked = tuple(library.tracks_in(file))
        library.record_each(row, linked)
        library.events.imported(Imported(place.creator, work, (file,), linked, release, tuple(replaced)))

    def _replaced(self, place: _Place) -> Sequence[MediaFile]:
        files = self._library.files_of(place.work.id)
        if not place.tracks:
            return files
        linked = {self._library.tables.tracks[track.id].file_id for track in place.tracks}
        return [file for file in files if file.id in linked]

    def _delete_others(self, work: Work, kept: set[str]) -> None:
        for file in self._library.files_of(work.id):
            if file.path not in kept:
                self._library.disposal.delete_file(file.path, requested=True)
                self._library.drop_file(file, "Upgrade")
