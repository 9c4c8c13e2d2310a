"""The library of a Lidarr or Readarr: its tables, and what adds and deletes do to them and the disk."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from mesharr.simulator.arr import Between, SimulatedArr
from mesharr.simulator.disk import Disposal, ScanDir, folder_is_empty, refuse_unmounted, within
from mesharr.simulator.rules import row_of
from mesharr.simulator.shelf_events import Retagged, ShelfEvents
from mesharr.simulator.shelf_model import (
    Creator,
    Edition,
    Exclusion,
    HistoryRow,
    KnownCreator,
    KnownWork,
    MediaFile,
    QueueRow,
    ShelfTables,
    Track,
    Work,
)
from mesharr.simulator.shelf_words import ShelfWords
from mesharr.simulator.wire import error


class Shelf:
    """Creators, their works and files. HTTP does not come up here: see `CreatorsApi` and `WorksApi`.

    `metadata_down` makes the metadata server answer with errors, `metadata_unreachable` cuts the line
    to it; `metadata_requests` counts what it was asked.
    """

    def __init__(
        self,
        arr: SimulatedArr,
        words: ShelfWords,
        events: ShelfEvents,
        catalogue: Mapping[str, KnownCreator],
        scandir: ScanDir,
    ) -> None:
        self.arr = arr
        self.words = words
        self.events = events
        self.catalogue = catalogue
        self.scandir = scandir
        self.tables = ShelfTables()
        self.queue: dict[int, QueueRow] = {}
        self.disposal = Disposal(lambda: str(arr.config("mediamanagement")["recycleBin"]))
        self.searches: list[str] = []
        self.metadata_down = False
        self.metadata_unreachable = False
        self.metadata_requests = 0
        self.between: Between | None = None

    # -- reading ----------------------------------------------------------------------------

    def creator(self, creator_id: int) -> Creator:
        """The row as it is now; an unknown id is a 404."""
        return row_of(self.tables.creators, creator_id, self.words.of("{Creator}"))

    def work(self, work_id: int) -> Work:
        """The row as it is now; an unknown id is a 404."""
        return row_of(self.tables.works, work_id, self.words.of("{Work}"))

    def creators(self) -> list[Creator]:
        """All rows, by id."""
        return self.tables.creators.rows()

    def works(self, creator_id: int | None = None) -> list[Work]:
        """All works, or those of one creator, by id."""
        works = self.tables.works
        return works.rows() if creator_id is None else works.of("creator", creator_id)

    def creator_by(self, foreign_id: str) -> Creator | None:
        """The creator with this foreign id, or with one that was merged into it."""
        rows = self.creators()
        return next(
            (row for row in rows if foreign_id == row.foreign_id or foreign_id in row.known.old_ids), None
        )

    def work_by(self, foreign_id: str) -> Work | None:
        """The work with this foreign id, if it is in the library."""
        return next(iter(self.tables.works.of("foreign", foreign_id)), None)

    def owner_of(self, path: str) -> Creator | None:
        """The creator whose folder holds the path, the nearest one."""
        while path not in {"", "/"}:
            for creator in self.tables.creators.of("path", path):
                return creator
            path = os.path.dirname(path)
        return None

    def files_of(self, *work_ids: int) -> list[MediaFile]:
        """The file rows that are matched to these works, by path."""
        rows = [file for work_id in work_ids for file in self.tables.files.of("work", work_id)]
        return sorted(rows, key=lambda file: file.path)

    def files_of_creator(self, creator_id: int) -> list[MediaFile]:
        """The file rows that are matched to any work of this creator."""
        return self.files_of(*[work.id for work in self.works(creator_id)])

    def tracks_of(self, edition: Edition | None) -> list[Track]:
        """The tracks of an edition, in order."""
        rows = [] if edition is None else self.tables.tracks.of("edition", edition.id)
        return sorted(rows, key=lambda track: track.number)

    def tracks_in(self, file: MediaFile) -> list[Track]:
        """The tracks that a file holds."""
        return self.tables.tracks.of("file", file.id)

    def known(self, foreign_id: str) -> KnownCreator | None:
        """What the metadata server knows, by a present or a merged id; 503 when it does not answer."""
        self.ask_metadata()
        found = self.catalogue.get(foreign_id)
        if found is not None:
            return found
        return next((known for known in self.catalogue.values() if foreign_id in known.old_ids), None)

    def known_work(self, foreign_id: str) -> tuple[KnownCreator, KnownWork] | None:
        """A work and its creator at the metadata server; 503 when it does not answer."""
        self.ask_metadata()
        for known in self.catalogue.values():
            work = known.work(foreign_id)
            if work is not None:
                return known, work
        return None

    def ask_metadata(self) -> None:
        """Count a request; raise the 503 of a metadata server that is down, or what a dead line raises."""
        self.metadata_requests += 1
        if self.metadata_unreachable:
            raise ConnectionError("No route to host")
        if self.metadata_down:
            raise error(503, f"Unable to communicate with {self.arr.vocabulary.app}API.")

    # -- rows -------------------------------------------------------------------------------

    def insert_creator(self, draft: Creator) -> Creator:
        """Store a creator. Where adds are told at once, that happens here; no refresh is queued."""
        with self.arr.lock:
            if any(row.foreign_id == draft.foreign_id for row in self.creators()):
                raise error(409, "UNIQUE constraint failed: ForeignId")
            creator = replace(draft, id=self.arr.next_id("creators"), added=self.arr.now())
            self.tables.creators[creator.id] = creator
        if self.words.told_at_once:
            self.events.creator_added(creator)
        return creator

    def insert_work(self, draft: Work, edition: str | None = None) -> Work:
        """Store a work with all its editions and their tracks; this edition, else the first, monitored."""
        with self.arr.lock:
            work = replace(draft, id=self.arr.next_id("works"), added=self.arr.now(), editions=())
            self.tables.works[work.id] = work
            return self.set_editions(work, edition)

    def set_editions(self, work: Work, chosen: str | None) -> Work:
        """Make a work's editions those the metadata server lists, `chosen` (else the first) monitored.

        Editions and tracks that stay keep their ids, and tracks their files.
        """
        before = {edition.known.id: edition for edition in work.editions}
        listed = work.known.editions
        if chosen not in {known.id for known in listed}:
            chosen = listed[0].id if listed else None
        editions = []
        for known in listed:
            old = before.get(known.id)
            number = self.arr.next_id("editions") if old is None else old.id
            editions.append(Edition(number, known, known.id == chosen))
        changed = replace(work, editions=tuple(editions))
        with self.arr.lock:
            self.tables.works[work.id] = changed
            self._set_tracks(changed)
        return changed

    def change_creator(self, creator_id: int, **columns: object) -> Creator:
        """Set columns of the row as it is *now*; no event, as for every edit."""
        with self.arr.lock:
            changed = replace(self.creator(creator_id), **columns)  # type: ignore[arg-type]  # by name
            self.tables.creators[creator_id] = changed
        return changed

    def change_work(self, work_id: int, **columns: object) -> Work:
        """Set columns of the row as it is *now*; no event, as for every edit."""
        with self.arr.lock:
            changed = replace(self.work(work_id), **columns)  # type: ignore[arg-type]  # by name
            self.tables.works[work_id] = changed
        return changed

    def insert_file(self, draft: MediaFile, tracks: Sequence[Track] = ()) -> MediaFile:
        """Store a file and link these tracks to it."""
        with self.arr.lock:
            file = replace(draft, id=self.arr.next_id("files"), date_added=self.arr.now())
            self.tables.files[file.id] = file
            for track in tracks:
                self.tables.tracks[track.id] = replace(track, file_id=file.id)
        return file

    def unlink(self, file: MediaFile) -> None:
        """Make a file belong to no work; its row stays, without an event."""
        with self.arr.lock:
            self._free_tracks(file)
            self.tables.files[file.id] = replace(file, work_id=0, edition_id=0, extras=())

    def retag(self, file: MediaFile) -> None:
        """Write the tags inside a file: the shared file changes; Retag is told, for this file alone."""
        work = self.work(file.work_id)
        creator = self.creator(work.creator_id)
        with open(file.path, "ab") as media:
            media.write(b"TAG")
        found = os.stat(file.path)
        changed = replace(file, size=found.st_size, modified=found.st_mtime)
        self.tables.files[file.id] = changed
        data = {"diff": "{}", "tagsScrubbed": "False"}
        kind = self.words.of("{file}FileRetagged")
        self.record(HistoryRow(creator.id, work.id, kind, file.path, file.quality, data))
        self.events.retagged(Retagged(creator, work, changed, tuple(self.tracks_in(file))))

    # -- deletes ----------------------------------------------------------------------------

    def remove_creator(
        self, creator_id: int, with_files: bool, *, exclude: bool = False, asked: bool = True
    ) -> None:
        """Delete a creator with its works and its history; one event for it, and one for each work.

        Those of the works say that files stay, even when they do not. Which comes first is not
        known of the real ones. The rows of the files become unmapped. With files, the *whole
        folder* goes afterwards, whatever lies in it, unless another creator's is in it. `asked`
        says that it is because of a request.
        """
        creator, works = self.creator(creator_id), self.works(creator_id)
        with self.arr.lock:
            del self.tables.creators[creator_id]
            for row in list(self.tables.history.values()):
                if row.creator_id == creator_id:
                    del self.tables.history[row.id]
            if exclude:
                self.exclude(creator.foreign_id, creator.known.name)
        self.events.creator_deleted(creator, with_files)
        for work in works:
            self._drop_work(creator, work, with_files=False)
        if with_files:
            self.arr.commands.defer(partial(self._delete_folder, creator.path, asked))

    def remove_work(
        self, work_id: int, with_files: bool, *, exclude: bool = False, asked: bool = True
    ) -> None:
        """Delete a work; its files go from the disk after the event, or their rows become unmapped."""
        work = self.work(work_id)
        creator, files = self.creator(work.creator_id), self.files_of(work_id)
        if exclude:
            self.exclude(work.foreign_id, work.known.title)
        self._drop_work(creator, work, with_files=with_files)
        if with_files:
            for file in files:
                del self.tables.files[file.id]
                self.disposal.delete_file(file.path, asked=asked)

    def _drop_work(self, creator: Creator, work: Work, *, with_files: bool) -> None:
        with self.arr.lock:
            del self.tables.works[work.id]
            for file in self.files_of(work.id):
                self.unlink(file)
            for track in self.tables.tracks.of("work", work.id):
                del self.tables.tracks[track.id]
        self.events.work_deleted(creator, work, with_files)

    def delete_file(self, file_id: int, *, asked: bool = True) -> None:
        """Delete a file from the disk too; 409 when the folder above the creator's looks unmounted."""
        file = row_of(self.tables.files, file_id, self.words.of("{file}").capitalize() + "File")
        if file.work_id:
            creator = self.creator(self.work(file.work_id).creator_id)
            refuse_unmounted(creator.path, self.words.of("{Creator}"))
        self.disposal.delete_file(file.path, asked=asked)
        self.drop_file(file, "Manual")

    def drop_file(self, file: MediaFile, reason: str) -> None:
        """Drop a file's row, and with a matched one its linked extra files *from the disk*.

        A history row says why, except for ManualOverride; Readarr tells an event. No flag of any
        work changes. Empty folders go too where the setting says so.
        """
        with self.arr.lock:
            if file.id not in self.tables.files:
                return
            del self.tables.files[file.id]
            tracks = self.tracks_in(file)
            self._free_tracks(file)
        if not file.work_id:
            return
        work = self.work(file.work_id)
        creator = self.creator(work.creator_id)
        if reason != "ManualOverride":
            self._record_deletion(work, file, tracks, reason)
        for extra in file.extras:
            self.disposal.delete_file(extra, asked=False)
        if reason != "Upgrade" and self.arr.config("mediamanagement")["deleteEmptyFolders"]:
            self._delete_empty_folders(creator, file)
        self.events.file_deleted(creator, work, file, reason)

    def _record_deletion(self, work: Work, file: MediaFile, tracks: Sequence[Track], reason: str) -> None:
        for track_id in [track.id for track in tracks] or [0]:
            kind = self.words.of("{file}FileDeleted")
            data = {"reason": reason}
            row = HistoryRow(work.creator_id, work.id, kind, file.path, file.quality, data)
            self.record(replace(row, track_id=track_id))

    def exclude(self, foreign_id: str, name: str) -> Exclusion:
        """Add an import-list exclusion, or return the one there is."""
        for known in self.tables.exclusions.values():
            if known.foreign_id == foreign_id:
                return known
        row = Exclusion(self.arr.next_id("exclusions"), foreign_id, name)
        self.tables.exclusions[row.id] = row
        return row

    def forget_exclusions(self, *foreign_ids: str) -> None:
        """Drop the exclusions of these ids, as the add of a work does."""
        for row in list(self.tables.exclusions.values()):
            if row.foreign_id in foreign_ids:
                del self.tables.exclusions[row.id]

    def record(self, row: HistoryRow) -> None:
        """Write a history row, now; there are none for adds, deletes, edits and found files."""
        number = self.arr.next_id("history")
        self.tables.history[number] = replace(row, id=number, date=self.arr.now())

    def search(self, work_ids: Sequence[int]) -> None:
        """Search releases of works; only noted, by foreign id."""
        self.searches += [self.work(work_id).foreign_id for work_id in work_ids]

    # -- inside -----------------------------------------------------------------------------

    def _set_tracks(self, work: Work) -> None:
        before = {(track.edition_id, track.number): track for track in self.tables.tracks.of("work", work.id)}
        for edition in work.editions:
            for number, title in enumerate(edition.known.tracks, start=1):
                old = before.pop((edition.id, number), None)
                track = old or Track(self.arr.next_id("tracks"), work.id, edition.id, number, title)
                self.tables.tracks[track.id] = replace(track, title=title)
        for gone in before.values():
            del self.tables.tracks[gone.id]

    def _free_tracks(self, file: MediaFile) -> None:
        for track in self.tracks_in(file):
            self.tables.tracks[track.id] = replace(track, file_id=0)

    def _delete_folder(self, folder: str, asked: bool) -> None:
        self.disposal.delete_folder(folder, [creator.path for creator in self.creators()], asked=asked)

    def _delete_empty_folders(self, creator: Creator, file: MediaFile) -> None:
        for folder in (creator.path, os.path.dirname(file.path)):
            if within(folder, creator.path) and folder_is_empty(folder):
                self.disposal.throw_away(folder)
                return
