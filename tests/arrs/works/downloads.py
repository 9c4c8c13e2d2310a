"""What a download client and the user make Lidarr or Readarr do with files.

Grab, import, rename.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mesharr.demo.arr.downloads import DOWNLOADS, grab_data, keeps_name, next_download_id
from mesharr.demo.arr.records import HistoryRow, Renamed
from mesharr.demo.arr.releases import Release, manual_release
from mesharr.demo.disk.folders import write_media
from mesharr.demo.wire import error
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.matching import Matcher
from tests.arrs.works.model import Creator, Edition, MediaFile, Track, Work
from tests.arrs.works.notifications.events import Imported


@dataclass(frozen=True)
class Download:
    """A finished download of one work's files."""

    names: tuple[str, ...]
    """The files' names below the creator's folder."""
    size: int
    """The size of each file, in bytes."""
    edition: str | None = None
    """The foreign id of the edition, when it is not the monitored one."""
    tracks: tuple[int, ...] = ()
    """The numbers of the tracks that the files hold, one each; () in Readarr."""
    group: str = "GRP"
    content: bytes | None = None
    extras: Mapping[str, bytes] = field(default_factory=dict)
    """What lies beside the first file, by relative name."""
    manual: bool = False
    """Whether a person imports it from a folder: then nothing is known of a download client or a release."""


class WorksDownloads:
    """Grabs, imports and renames on one library."""

    def __init__(self, library: WorksLibrary, matcher: Matcher) -> None:
        self._library = library
        self._matcher = matcher

    def grab(self, work: Work, name: str, size: int, group: str = "GRP") -> Release:
        """Send a release to the client: a queue row, a history row, a Grab event.

        The extension of `name` decides its quality.
        """
        library = self._library
        creator = library.creator(work.creator_id)
        release = self._new_release(creator, work, name, size, group)
        library.enqueue(release, creator.id, [work.id])
        library.record(_row(work, "grabbed", release, grab_data(release)))
        library.events.grabbed(creator, work, release)
        return release

    def complete(self, work: Work, download: Download) -> tuple[MediaFile, ...]:
        """Import the files of one work; what they replace is deleted first, from disk and database.

        With tracks, that is the files of the same tracks, else every file of the work; but then the
        event lists only those of the same edition. Another edition than the monitored one becomes
        it. Download is sent once, for all files.
        """
        library = self._library
        creator = library.creator(work.creator_id)
        if download.edition is not None:
            work = library.choose_edition(work, download.edition)
        edition = work.edition()
        if edition is None:
            raise error(500, f"{library.traits.name('{Work}')} {work.id} has no monitored edition")
        release = self._release_for(creator, work, download)
        tracks = [track for track in library.tracks_of(edition) if track.number in download.tracks]
        replaced = self._remove_old(work, tracks)
        files = tuple(
            self._import(work, edition, download, number, release) for number in range(len(download.names))
        )
        self._record_import(work, files, release)
        linked = tuple(track for file in files for track in library.tracks_in(file))
        if not tracks:
            replaced = tuple(file for file in replaced if file.edition_id == edition.id)
        library.events.imported(Imported(creator, work, files, linked, release, replaced))
        return files

    def rename(self, creator: Creator, names: Mapping[int, str]) -> tuple[MediaFile, ...]:
        """Give files, by id, other names below their creator's folder; rows keep their ids.

        A name that another file has is not given, nor does a file that is gone get one.
        """
        library = self._library
        renames = []
        for file_id, name in names.items():
            before = library.tables.files[file_id]
            file = replace(before, path=f"{creator.path.rstrip('/')}/{name}")
            if file == before or keeps_name(before.path, file.path):
                continue
            os.makedirs(os.path.dirname(file.path), exist_ok=True)
            os.rename(before.path, file.path)
            library.tables.files[file_id] = file
            self._record_rename(creator, before, file)
            renames.append(Renamed(file, before))
        if renames:
            library.events.renamed(creator, renames)
        return tuple(renamed.file for renamed in renames)

    # -- inside -----------------------------------------------------------------------------

    def _import(
        self, work: Work, edition: Edition, download: Download, number: int, release: Release
    ) -> MediaFile:
        library = self._library
        folder = library.creator(work.creator_id).path.rstrip("/")
        path = f"{folder}/{download.names[number]}"
        extras = download.extras if number == 0 else {}
        write_media(path, download.size, download.content, extras)
        found = os.stat(path)
        draft = MediaFile(
            id=0,
            path=path,
            size=found.st_size,
            modified=found.st_mtime,
            date_added=0.0,
            quality=self._matcher.quality(path),
            work_id=work.id,
            edition_id=edition.id,
            group=download.group or None,
            scene_name=release.scene_name,
            extras=tuple(f"{os.path.dirname(path)}/{name}" for name in extras),
        )
        wanted = download.tracks[number : number + 1]
        tracks = [track for track in library.tracks_of(edition) if track.number in wanted]
        return library.insert_file(draft, tracks)

    def _remove_old(self, work: Work, tracks: Sequence[Track]) -> tuple[MediaFile, ...]:
        library = self._library
        numbers = {track.number for track in tracks}
        replaced = []
        for file in library.files_of(work.id):
            linked = {track.number for track in library.tracks_in(file)}
            if not numbers or linked & numbers:
                if os.path.isfile(file.path):
                    library.disposal.discard(file.path)
                library.drop_file(file, "Upgrade")
                replaced.append(file)
        return tuple(replaced)

    def _record_import(self, work: Work, files: Sequence[MediaFile], release: Release) -> None:
        library = self._library
        for file in files:
            name = os.path.basename(file.path)
            data = {
                "fileId": str(file.id),
                "droppedPath": f"{DOWNLOADS}/{release.title}/{name}",
                "importedPath": file.path,
                "downloadClient": release.client or None,
                "releaseGroup": file.group,
                "size": str(file.size),
                "indexerFlags": "0",
            }
            kind = library.traits.name("{file}FileImported")
            library.record_each(_row(work, kind, release, data), library.tracks_in(file))
        if release.manual:
            return
        library.record(_row(work, "downloadImported", release, {"downloadClient": release.client}))
        library.dequeue(release.download_id)

    def _record_rename(self, creator: Creator, before: MediaFile, file: MediaFile) -> None:
        data = {"sourcePath": before.path, "path": file.path}
        kind = self._library.traits.name("{file}FileRenamed")
        row = HistoryRow(creator.id, file.work_id, kind, before.path, file.quality, data)
        self._library.record_each(row, self._library.tracks_in(file))

    def _release_for(self, creator: Creator, work: Work, download: Download) -> Release:
        for row in self._library.queue.values():
            if row.part_id == work.id:
                return row.release
        new = self._new_release(creator, work, download.names[0], download.size, download.group)
        return manual_release(new.title, new.quality, new.group) if download.manual else new

    def _new_release(self, creator: Creator, work: Work, name: str, size: int, group: str) -> Release:
        quality = self._matcher.quality(name)
        subject = f"{creator.known.name} {work.known.title}".replace(" ", ".")
        title = f"{subject}-{quality.name}-{group}"
        return Release(title, quality, size, next_download_id(self._library), group)


def _row(work: Work, kind: str, release: Release, data: Mapping[str, str | None]) -> HistoryRow:
    return HistoryRow(
        work.creator_id, work.id, kind, release.title, release.quality, data, release.download_id or None
    )
