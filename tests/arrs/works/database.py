"""The rows of a Lidarr's or Readarr's library.

Reading them, storing them, keeping their links right.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.library import Library
from mesharr.demo.disk.folders import ScanDir
from mesharr.demo.wire import error
from tests.arrs.works.model import Creator, Edition, MediaFile, Track, Work, WorksTables
from tests.arrs.works.traits import WorksTraits


class WorksDatabase(Library[WorksTables]):
    """The tables, without a word to the outside.

    Neither events nor history nor disk come up here.
    """

    def __init__(self, arr: SimulatedApp, traits: WorksTraits, scandir: ScanDir) -> None:
        super().__init__(arr, WorksTables(), scandir)
        self.traits = traits

    # -- reading ----------------------------------------------------------------------------

    def creator(self, creator_id: int) -> Creator:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.creators, creator_id, self.traits.name("{Creator}"))

    def work(self, work_id: int) -> Work:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.works, work_id, self.traits.name("{Work}"))

    def items(self) -> Sequence[Creator]:
        """Return all creators."""
        return self.creators()

    def creators(self) -> list[Creator]:
        """Return all rows, by id."""
        return self.tables.creators.rows()

    def works(self, creator_id: int | None = None) -> list[Work]:
        """Return all works, or those of one creator, by id."""
        works = self.tables.works
        return works.rows() if creator_id is None else works.of("creator", creator_id)

    def creator_by(self, foreign_id: str) -> Creator | None:
        """Return the creator with this foreign id, or with one that was merged into it."""
        rows = self.creators()
        return next(
            (row for row in rows if foreign_id == row.foreign_id or foreign_id in row.known.old_ids), None
        )

    def work_by(self, foreign_id: str) -> Work | None:
        """Return the work with this foreign id, if it is in the library."""
        return next(iter(self.tables.works.of("foreign", foreign_id)), None)

    def owner_of(self, path: str) -> Creator | None:
        """Return the creator whose folder holds the path, the nearest one."""
        while path not in {"", "/"}:
            for creator in self.tables.creators.of("path", path):
                return creator
            path = os.path.dirname(path)
        return None

    def files_of(self, *work_ids: int) -> list[MediaFile]:
        """Return the file rows that are matched to these works, by path."""
        rows = [file for work_id in work_ids for file in self.tables.files.of("work", work_id)]
        return sorted(rows, key=lambda file: file.path)

    def files_of_creator(self, creator_id: int) -> list[MediaFile]:
        """Return the file rows that are matched to any work of this creator."""
        return self.files_of(*[work.id for work in self.works(creator_id)])

    def tracks_of(self, edition: Edition | None) -> list[Track]:
        """Return the tracks of an edition, in order."""
        rows = [] if edition is None else self.tables.tracks.of("edition", edition.id)
        return sorted(rows, key=lambda track: track.number)

    def tracks_in(self, file: MediaFile) -> list[Track]:
        """Return the tracks that a file holds."""
        return self.tables.tracks.of("file", file.id)

    # -- rows -------------------------------------------------------------------------------

    def store_creator(self, draft: Creator) -> Creator:
        """Store a creator; 409 when its foreign id is there."""
        with self.arr.lock:
            if any(row.foreign_id == draft.foreign_id for row in self.creators()):
                raise error(409, "UNIQUE constraint failed: ForeignId")
            creator = replace(draft, id=self.arr.next_id("creators"), added=self.arr.now())
            self.tables.creators[creator.id] = creator
        return creator

    def insert_work(self, draft: Work, edition: str | None = None) -> Work:
        """Store a work with all its editions and their tracks.

        This edition, else the first, monitored.
        """
        with self.arr.lock:
            work = replace(draft, id=self.arr.next_id("works"), added=self.arr.now(), editions=())
            self.tables.works[work.id] = work
            return self.set_editions(work, edition)

    def set_editions(self, work: Work, chosen: str | None) -> Work:
        """Set a work's editions to those of the metadata server, `chosen` or the first monitored.

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

    def write_creator(self, row: Creator) -> None:
        """Write a whole row over the one there is, except for its add options.

        None when that is gone.
        """
        with self.arr.lock:
            stored = self.tables.creators.get(row.id)
            if stored is not None:
                self.tables.creators[row.id] = replace(row, add_options=stored.add_options)

    def change_work(self, work_id: int, **columns: object) -> Work:
        """Set columns of the row as it is *now*; no event, as for every edit."""
        with self.arr.lock:
            changed = replace(self.work(work_id), **columns)  # type: ignore[arg-type]  # by name
            self.tables.works[work_id] = changed
        return changed

    def choose_edition(self, work: Work, chosen: str) -> Work:
        """Monitor this edition; files move to its tracks of the same numbers.

        The other files of the work's tracks become unmapped.
        """
        before = [track for track in self.tables.tracks.of("work", work.id) if track.file_id]
        with self.arr.lock:
            changed = self.set_editions(work, chosen)
            after = {track.number: track for track in self.tracks_of(changed.edition())}
            for track in before:
                if track.number in after:
                    self.tables.tracks[track.id] = replace(track, file_id=0)
                    self.tables.tracks[after[track.number].id] = replace(
                        after[track.number], file_id=track.file_id
                    )
                else:
                    self.unlink(self.tables.files[track.file_id])
        return changed

    def insert_file(self, draft: MediaFile, tracks: Sequence[Track] = ()) -> MediaFile:
        """Store a file and link these tracks to it.

        One that had them and is left with none is unmapped.
        """
        with self.arr.lock:
            file = replace(draft, id=self.arr.next_id("files"), date_added=self.arr.now())
            self.tables.files[file.id] = file
            for track in tracks:
                self.tables.tracks[track.id] = replace(track, file_id=file.id)
            for rival in [self.tables.files[track.file_id] for track in tracks if track.file_id]:
                if not self.tracks_in(rival):
                    self.unlink(rival)
        return file

    def unlink(self, file: MediaFile) -> None:
        """Make a file belong to no work; its row stays, without an event."""
        with self.arr.lock:
            self._free_tracks(file)
            self.tables.files[file.id] = replace(file, work_id=0, edition_id=0, extras=())

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
