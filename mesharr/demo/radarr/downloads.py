"""What a download client and a person make Radarr do with files: grab, import, rename."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.releases import Release, scene_title
from mesharr.demo.disk.folders import write_media
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import HistoryRow, Movie, MovieFile, QueueRow
from mesharr.demo.radarr.notifications.webhook import Deleted, Imported
from mesharr.demo.wire import error

DOWNLOADS = "/downloads"


@dataclass(frozen=True)
class Download:
    """A finished download: what the file shall be called and hold, and what lies beside it."""

    name: str
    quality: Quality
    size: int
    group: str
    content: bytes | None = None
    extras: Mapping[str, bytes] = field(default_factory=dict)


class RadarrDownloads:
    """Grabs, imports and renames on one library."""

    def __init__(self, library: RadarrLibrary) -> None:
        self._library = library

    def grab(self, movie: Movie, quality: Quality, size: int, group: str = "GRP") -> Release:
        """Send a release to the client: a queue row, a history row, a Grab event."""
        library = self._library
        number = library.arr.next_id("queue")
        title = scene_title(_words(movie), quality, group)
        release = Release(title, quality, size, f"{library.arr.name.upper()}{number:010d}", group)
        library.queue[number] = QueueRow(number, movie.id, release, library.arr.now())
        data = {"indexer": release.indexer, "downloadClient": release.client, "size": str(size)}
        library.record(HistoryRow(movie.id, "grabbed", title, quality, data, release.download_id))
        library.events.grabbed(movie, release)
        return release

    def complete(self, movie: Movie, download: Download) -> MovieFile:
        """Import a finished download into the movie's folder.

        An existing file makes it an upgrade: the old file is off the disk and out of the
        database, and MovieFileDelete is sent, before the new file is there and Download is sent.
        """
        library = self._library
        release = self._release_for(movie, download)
        replaced = tuple(self._remove_old(movie, file) for file in library.files_of(movie.id))
        path = self._write(movie, download)
        file = self._add_row(movie, download, os.path.getsize(path), release.title)
        movie = library.change(movie.id, file_id=file.id)
        source = f"{DOWNLOADS}/{release.title}/{download.name}"
        self._record_import(movie, file, release, source)
        for number, row in list(library.queue.items()):
            if row.release.download_id == release.download_id:
                del library.queue[number]
        analysed = bool(library.arr.config("mediamanagement")["enableMediaInfo"])
        library.events.imported(Imported(movie, file, release, source, analysed, replaced))
        return file

    def _record_import(self, movie: Movie, file: MovieFile, release: Release, source: str) -> None:
        data = {
            "fileId": str(file.id),
            "droppedPath": source,
            "importedPath": file.path_in(movie.path),
            "downloadClient": release.client,
            "downloadClientName": release.client,
            "releaseGroup": file.release_group or "",
            "size": str(file.size),
            "indexerFlags": "0",
            "customFormatScore": "0",
        }
        kind, title = "downloadFolderImported", release.title
        self._library.record(HistoryRow(movie.id, kind, title, file.quality, data, release.download_id))

    def rename(self, movie: Movie, new_name: str) -> MovieFile:
        """Give the movie's file another name on disk; the row keeps its id."""
        library = self._library
        before = library.tables.files.get(movie.file_id)
        if before is None:
            raise error(404, f"Movie {movie.id} has no file")
        if before.relative_path == new_name:
            return before
        file = replace(before, relative_path=new_name)
        os.makedirs(os.path.dirname(file.path_in(movie.path)), exist_ok=True)
        os.rename(before.path_in(movie.path), file.path_in(movie.path))
        library.tables.files[file.id] = file
        data = {
            "sourcePath": before.path_in(movie.path),
            "sourceRelativePath": before.relative_path,
            "path": file.path_in(movie.path),
            "relativePath": file.relative_path,
        }
        title = before.path_in(movie.path)
        library.record(HistoryRow(movie.id, "movieFileRenamed", title, file.quality, data))
        library.events.renamed(movie, file, before)
        return file

    def _release_for(self, movie: Movie, download: Download) -> Release:
        for row in self._library.queue.values():
            if row.movie_id == movie.id:
                return row.release
        number = self._library.arr.next_id("queue")
        download_id = f"{self._library.arr.name.upper()}{number:010d}"
        title = scene_title(_words(movie), download.quality, download.group)
        return Release(title, download.quality, download.size, download_id, download.group)

    def _remove_old(self, movie: Movie, file: MovieFile) -> Deleted:
        path = file.path_in(movie.path)
        recycled = self._library.disposal.discard(path) if os.path.isfile(path) else None
        self._library.detach(movie, file, "upgrade")
        return Deleted(file, recycled)

    def _write(self, movie: Movie, download: Download) -> str:
        path = f"{movie.path.rstrip('/')}/{download.name}"
        write_media(path, download.size, download.content, download.extras)
        return path

    def _add_row(self, movie: Movie, download: Download, size: int, scene: str) -> MovieFile:
        library = self._library
        number = library.arr.next_id("files")
        file = MovieFile(
            number,
            movie.id,
            download.name,
            size,
            library.arr.now(),
            download.quality,
            download.group,
            scene,
        )
        library.tables.files[number] = file
        return file


def _words(movie: Movie) -> str:
    return f"{movie.film.title}.{movie.film.year}"
