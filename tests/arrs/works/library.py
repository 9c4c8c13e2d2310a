"""The library of a Lidarr or Readarr.

Its tables, and what adds and deletes do to them and the disk.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.records import HistoryRow
from mesharr.demo.disk.folders import ScanDir, folder_is_empty, refuse_unmounted, within
from mesharr.demo.wire import error
from tests.arrs.works.database import WorksDatabase
from tests.arrs.works.model import (
    Creator,
    KnownCreator,
    KnownWork,
    MediaFile,
    Track,
    Work,
)
from tests.arrs.works.notifications.events import Retagged, WorksEvents
from tests.arrs.works.traits import WorksTraits


class WorksLibrary(WorksDatabase):
    """Creators, their works and files. HTTP does not come up here.

    See `CreatorsApi` and `WorksApi`.

    `metadata_down` makes the metadata server answer with errors, `metadata_unreachable` cuts the line
    to it; `metadata_requests` counts what it was asked.
    """

    def __init__(
        self,
        arr: SimulatedApp,
        traits: WorksTraits,
        events: WorksEvents,
        catalogue: Mapping[str, KnownCreator],
        scandir: ScanDir,
    ) -> None:
        super().__init__(arr, traits, scandir)
        self.events = events
        self.catalogue = catalogue
        self.searches: list[str] = []
        self.metadata_unreachable = False
        self.metadata_requests = 0

    # -- the metadata server ----------------------------------------------------------------

    def known(self, foreign_id: str) -> KnownCreator | None:
        """Return what the metadata server knows, by a present or a merged id.

        503 when it does not answer.
        """
        self.ask_metadata()
        found = self.catalogue.get(foreign_id)
        if found is not None:
            return found
        return next((known for known in self.catalogue.values() if foreign_id in known.old_ids), None)

    def known_work(self, foreign_id: str) -> tuple[KnownCreator, KnownWork] | None:
        """Return a work and its creator at the metadata server; 503 when it does not answer."""
        self.ask_metadata()
        for known in self.catalogue.values():
            work = known.work(foreign_id)
            if work is not None:
                return known, work
        return None

    def ask_metadata(self) -> None:
        """Count a request to the metadata server; raise a 503 or ConnectionError when it is down."""
        self.metadata_requests += 1
        if self.metadata_unreachable:
            raise ConnectionError("No route to host")
        if self.metadata_down:
            raise error(503, f"Unable to communicate with {self.arr.definition.app}API.")

    def scans(self, command: Command, item_id: int) -> bool:
        """Return whether a command scans this creator by its id."""
        ids = command.body.get(self.traits.name("{creator}Ids")) or ()
        return command.name == "RescanFolders" and item_id in ids

    # -- rows with an event -----------------------------------------------------------------

    def insert_creator(self, draft: Creator) -> Creator:
        """Store a creator, and send the event of the add where it comes at once. Queue no refresh."""
        self.refuse_busy([draft.foreign_id], self.traits.name("{Creator}Metadata.TitleSlug"))
        creator = self.store_creator(draft)
        if self.traits.sends_add_at_once:
            self.events.creator_added(creator)
        return creator

    def retag(self, file: MediaFile) -> None:
        """Write the tags inside a file: the shared file changes. Retag is sent for this file alone."""
        work = self.work(file.work_id)
        creator = self.creator(work.creator_id)
        with open(file.path, "ab") as media:
            media.write(b"TAG")
        found = os.stat(file.path)
        changed = replace(file, size=found.st_size, modified=found.st_mtime)
        self.tables.files[file.id] = changed
        data = {"diff": "{}", "tagsScrubbed": "False"}
        kind = self.traits.name("{file}FileRetagged")
        tracks = tuple(self.tracks_in(file))
        self.record_each(HistoryRow(creator.id, work.id, kind, file.path, file.quality, data), tracks)
        self.events.retagged(Retagged(creator, work, changed, tracks))

    # -- deletes ----------------------------------------------------------------------------

    def remove_creator(
        self, creator_id: int, with_files: bool, *, exclude: bool = False, requested: bool = True
    ) -> None:
        """Delete a creator with its works and its history; one event for it, and one for each work.

        Those of the works say that files stay, even when they do not. Which comes first is not
        known of the real ones. The rows of the files become unmapped. With files, the *whole
        folder* goes afterwards, whatever lies in it, unless another creator's is in it. `requested`
        says that it is because of a request.
        """
        creator, works = self.creator(creator_id), self.works(creator_id)
        with self.arr.lock:
            del self.tables.creators[creator_id]
            self.forget_history({creator_id})
            if exclude:
                self.exclude(creator.foreign_id, creator.known.name)
        self.events.creator_deleted(creator, with_files)
        for work in works:
            self._drop_work(creator, work, with_files=False)
        if with_files:
            self.delete_folder(creator.path, requested=requested, later=True)

    def remove_work(
        self, work_id: int, with_files: bool, *, exclude: bool = False, requested: bool = True
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
                self.disposal.delete_file(file.path, requested=requested)

    def _drop_work(self, creator: Creator, work: Work, *, with_files: bool) -> None:
        with self.arr.lock:
            del self.tables.works[work.id]
            for file in self.files_of(work.id):
                self.unlink(file)
            for track in self.tables.tracks.of("work", work.id):
                del self.tables.tracks[track.id]
        self.events.work_deleted(creator, work, with_files)

    def delete_file(self, file_id: int, *, requested: bool = True) -> None:
        """Delete a file from the disk too; 409 when the folder above the creator's looks unmounted."""
        file = row_of(self.tables.files, file_id, self.traits.name("{file}").capitalize() + "File")
        if file.work_id:
            creator = self.creator(self.work(file.work_id).creator_id)
            refuse_unmounted(creator.path, self.traits.name("{Creator}"))
        self.disposal.delete_file(file.path, requested=requested)
        self.drop_file(file, "Manual")

    def drop_file(self, file: MediaFile, reason: str) -> None:
        """Drop a file's row, and with a matched one its linked extra files *from the disk*.

        A history row states the reason, except for ManualOverride; Readarr sends an event. No flag of any
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
            kind, data = self.traits.name("{file}FileDeleted"), {"reason": reason}
            row = HistoryRow(creator.id, work.id, kind, file.path, file.quality, data)
            self.record_each(row, tracks)
        for extra in file.extras:
            self.disposal.delete_file(extra, requested=False)
        if reason != "Upgrade" and self.media_setting("deleteEmptyFolders"):
            self._delete_empty_folders(creator, file)
        self.events.file_deleted(creator, work, file, reason)

    def forget_exclusions(self, *foreign_ids: str) -> None:
        """Drop the exclusions of these ids, as the add of a work does."""
        for row in list(self.tables.exclusions.values()):
            if row.foreign_id in foreign_ids:
                del self.tables.exclusions[row.id]

    def record_each(self, row: HistoryRow, tracks: Sequence[Track]) -> None:
        """Write a history row for each of these tracks, one where there are none."""
        for track_id in [track.id for track in tracks] or [0]:
            self.record(replace(row, track_id=track_id))

    def search(self, work_ids: Sequence[int]) -> None:
        """Search releases of works; only noted, by foreign id."""
        self.searches += [self.work(work_id).foreign_id for work_id in work_ids]

    # -- inside -----------------------------------------------------------------------------

    def _delete_empty_folders(self, creator: Creator, file: MediaFile) -> None:
        for folder in (creator.path, os.path.dirname(file.path)):
            if within(folder, creator.path) and folder_is_empty(folder):
                self.disposal.discard(folder)
                return
