"""A Lidarr or Readarr in this process, as far as the two are the same.

See `lidarr` and `readarr`.
"""

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mesharr.demo.arr.api.validation import refuse
from mesharr.demo.arr.commands import Command, Steps
from mesharr.demo.arr.library_app import LibraryApp
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.releases import Release, folder_words
from mesharr.demo.disk.folders import ScanDir
from tests.arrs.works.api.creators import CreatorsApi, queue_refresh
from tests.arrs.works.api.roots_and_records import RootsAndRecordsApi
from tests.arrs.works.api.validation import creator_path_failures
from tests.arrs.works.api.works import WorksApi
from tests.arrs.works.commands import WorksCommands
from tests.arrs.works.downloads import Download, WorksDownloads
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.manual_import import WorksManualImport
from tests.arrs.works.matching import Matcher
from tests.arrs.works.model import Creator, KnownCreator, MediaFile, MetadataProfile, RootDefaults, Work
from tests.arrs.works.notifications.events import WorksEvents
from tests.arrs.works.scan import Scan
from tests.arrs.works.traits import WorksTraits


@dataclass(frozen=True)
class WorksParts:
    """What a simulated Lidarr or Readarr is made of."""

    traits: WorksTraits
    matcher: Matcher
    metadata_profiles: tuple[MetadataProfile, ...]
    event_numbers: Mapping[str, str]
    suffix: str
    """The extension of an ordinary download."""
    resources: Callable[[WorksLibrary], Any]
    """How rows are shown: a `WorksResources` that `works_api` understands."""
    works_api: Callable[[WorksLibrary, Any], WorksApi]


class SimulatedWorksApp(LibraryApp[WorksLibrary, Mapping[str, KnownCreator]]):
    """A simulated Lidarr or Readarr. Creators and works go by their foreign ids.

    `library.catalogue` is what the metadata server knows; `searches` holds the ids of works searched
    through the API, `deleted_media` the files deleted because of a request.
    """

    kind: ClassVar[WorksParts]

    def open_library(self, catalogue: Mapping[str, KnownCreator], scandir: ScanDir) -> WorksLibrary:
        """Make the library, and add routes and commands."""
        kind = self.kind
        library = WorksLibrary(self, kind.traits, self.events(), catalogue, scandir)
        library.tables.profiles.update({profile.id: profile for profile in kind.metadata_profiles})
        for number, path in self.common.roots.items():
            library.tables.roots[number] = RootDefaults(os.path.basename(path))
        scan = Scan(library, kind.matcher)
        self.downloads = WorksDownloads(library, kind.matcher)
        manual_import = WorksManualImport(library, kind.matcher)
        self._work = WorksCommands(library, scan, self.downloads, manual_import, self.formatted)
        resources = kind.resources(library)
        RootsAndRecordsApi(library, resources, kind.event_numbers)
        CreatorsApi(library, resources, scan)
        kind.works_api(library, resources)
        return library

    @abstractmethod
    def events(self) -> WorksEvents:
        """Return what sends this app's events."""

    @abstractmethod
    def formatted(self, file: MediaFile) -> str:
        """Return the name below its creator's folder that the naming settings give a file."""

    # -- what tests read --------------------------------------------------------------------

    @property
    def searches(self) -> list[str]:
        """Ids of works that a request made the arr search for."""
        return self.library.searches

    def creator(self, foreign_id: str) -> Creator:
        """Return the row of the creator; KeyError when it is not in the library."""
        found = self.library.creator_by(foreign_id)
        if found is None:
            raise KeyError(foreign_id)
        return found

    def work(self, foreign_id: str) -> Work:
        """Return the row of the work; KeyError when it is not in the library."""
        found = self.library.work_by(foreign_id)
        if found is None:
            raise KeyError(foreign_id)
        return found

    def files(self, foreign_id: str) -> list[MediaFile]:
        """Return the files matched to the work, by path."""
        return self.library.files_of(self.work(foreign_id).id)

    def unmapped(self) -> list[str]:
        """Return the paths of the files that are matched to nothing."""
        return [file.path for file in self.library.files_of(0)]

    # -- what the user and the download client do -------------------------------------------

    def add(
        self, foreign_id: str, monitored: bool = True, *, monitor: str = "all", path: str | None = None
    ) -> Creator:
        """Add a creator as the web page does, with add options; a refresh with scan is queued.

        Without workers the refresh waits for `run_commands`, and there are no works before.
        """
        known = self.library.catalogue[foreign_id]
        root = next(iter(self.common.roots.values()))
        options = {"monitor": monitor, self.library.traits.name("searchForMissing{Work}s"): False}
        draft = Creator(
            id=0,
            foreign_id=known.id,
            known=known,
            path=path or f"{root}/{folder_words(known.name)}",
            quality_profile_id=next(iter(self.common.profiles)),
            metadata_profile_id=next(iter(self.library.tables.profiles)),
            monitored=monitored and monitor != "none",
            add_options=options,
        )
        refuse(creator_path_failures(self.library, draft.path))
        creator = self.library.insert_creator(draft)
        queue_refresh(self.library, creator.id, new=True)
        return creator

    def add_work(self, foreign_id: str, monitored: bool = True) -> Work:
        """Add one work as the web page does, and its creator, unmonitored, if it is not there."""
        pair = self.library.known_work(foreign_id)
        if pair is None:
            raise KeyError(foreign_id)
        creator, known = pair
        traits, root = self.library.traits, next(iter(self.common.roots.values()))
        row = self.library.creator_by(creator.id)
        editions = [
            {traits.foreign_edition: edition.id, "monitored": number == 0}
            for number, edition in enumerate(known.editions)
        ]
        body = {
            traits.name("foreign{Work}Id"): known.id,
            "monitored": monitored,
            traits.any_edition: True,
            "addOptions": {traits.name("searchForNew{Work}"): False},
            traits.editions: editions,
            traits.creator: {
                traits.name("foreign{Creator}Id"): creator.id,
                traits.name("{creator}Name"): creator.name,
                "qualityProfileId": next(iter(self.common.profiles)),
                "metadataProfileId": next(iter(self.library.tables.profiles)),
                "path": f"{root}/{folder_words(creator.name)}" if row is None else row.path,
                "monitored": False,
                "monitorNewItems": "none",
                "tags": [],
                "addOptions": {"monitor": "none"},
            },
        }
        self.click("POST", f"/{traits.work}", body)
        return self.work(foreign_id)

    def grab(self, foreign_id: str, *, suffix: str = "", size: int = 4096) -> Release:
        """Send a release of the work to the download client: Grab, a queue row, a history row."""
        return self.downloads.grab(self.work(foreign_id), f"x{suffix or self.kind.suffix}", size)

    def complete(self, foreign_id: str, download: Download) -> tuple[MediaFile, ...]:
        """Import a finished download of the work; see `download` of the subclasses."""
        return self.downloads.complete(self.work(foreign_id), download)

    def rename(self, foreign_id: str, new_folder: str) -> tuple[MediaFile, ...]:
        """Move the work's files to a folder of this name: Rename is sent, the files keep their ids."""
        creator = self.library.creator(self.work(foreign_id).creator_id)
        names = {file.id: f"{new_folder}/{os.path.basename(file.path)}" for file in self.files(foreign_id)}
        return self.downloads.rename(creator, names)

    def rename_files(self, foreign_id: str, names: Mapping[int, str]) -> tuple[MediaFile, ...]:
        """Give files of the work, by id, other names below their creator's folder: Rename, the ids stay."""
        return self.downloads.rename(self.library.creator(self.work(foreign_id).creator_id), names)

    def retag(self, foreign_id: str) -> None:
        """Write the tags of all files of the work: the files change, Retag is sent for each."""
        for file in self.files(foreign_id):
            self.library.retag(file)

    def delete_file(self, foreign_id: str) -> None:
        """Delete the work's files in the web page, from the disk too.

        As with `delete`, no request was made: `deleted_media` does not list it.
        """
        for file in self.files(foreign_id):
            self.library.delete_file(file.id, requested=False)

    def delete(self, foreign_id: str, delete_files: bool = False, *, exclude: bool = False) -> None:
        """Remove a creator, or a work, from the library.

        A creator's folder goes with `run_commands`.
        """
        creator = self.library.creator_by(foreign_id)
        if creator is not None:
            self.library.remove_creator(creator.id, delete_files, exclude=exclude, requested=False)
        else:
            work = self.work(foreign_id)
            self.library.remove_work(work.id, delete_files, exclude=exclude, requested=False)

    def set_monitored(self, foreign_id: str, flag: bool) -> None:
        """Click the bookmark of a creator or a work: no event, and neither touches the other."""
        self.edit(foreign_id, monitored=flag)

    def edit(self, foreign_id: str, **columns: Any) -> Creator | Work:
        """Edit a creator or a work in the web page without moving files. No event."""
        creator = self.library.creator_by(foreign_id)
        if creator is not None:
            return self.library.change_creator(creator.id, **columns)
        return self.library.change_work(self.work(foreign_id).id, **columns)

    def daily_refresh(self) -> None:
        """Do the scheduled refresh of every creator; the scan it may queue waits for `run_commands`."""
        self._work.refresh_all()

    def daily_rescan(self) -> None:
        """Queue the scheduled scan of every root folder: it adds unknown creators."""
        known = self.definition.commands["RescanFolders"]
        self.commands.submit("RescanFolders", dict(known), "scheduled")

    def watch(self, folder: str) -> None:
        """Queue the file-system watcher's scan, half a minute after a local change below a root.

        It is on by default, sees only local changes, and its scan adds unknown creators.
        """
        if self.config("mediamanagement")["watchLibraryForChanges"]:
            known = self.definition.commands["RescanFolders"]
            self.commands.submit("RescanFolders", {**known, "folders": [folder]}, "unspecified")

    # -- for the base class -------------------------------------------------------------------

    def run_command(self, command: Command) -> None:
        """Run one of the arr's commands."""
        self._work.run(command)

    def slow_command(self, command: Command) -> Steps | None:
        """Return the steps of the refresh of one creator that takes time."""
        if command.name != self.definition.refresh_command or not self.library.facts.refresh_seconds:
            return None
        return self._refreshed_slowly(command)

    def _refreshed_slowly(self, command: Command) -> Steps:
        yield self.now() + self.library.facts.refresh_seconds
        self.run_command(command)

    def test_notification(self) -> Notification:
        """Return the event of the Test button."""
        return self.library.events.test()
