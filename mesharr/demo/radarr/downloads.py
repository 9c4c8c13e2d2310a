"""What a download client and the user make Radarr do with files: grab, import, rename."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mesharr.demo.arr.downloads import (
    DOWNLOADS,
    Download,
    discard_replaced,
    grab_data,
    keeps_name,
    rename_on_disk,
    video_import_data,
    video_release,
)
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import HistoryRow, Renamed, Replaced, VideoFile
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import write_media
from mesharr.demo.radarr.api.resources import folder_name
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import Movie
from mesharr.demo.radarr.notifications.webhook import Imported
from mesharr.demo.wire import error


class RadarrDownloads:
    """Grabs, imports and renames on one library."""

    def __init__(self, library: RadarrLibrary) -> None:
        self._library = library

    def grab(self, movie: Movie, quality: Quality, size: int) -> Release:
        """Send a release to the client: a queue row, a history row, a Grab event."""
        library = self._library
        release = self._release(movie, Download(quality, size))
        library.enqueue(release, movie.id)
        self._record(movie, "grabbed", release, grab_data(release))
        library.events.grabbed(movie, release)
        return release

    def complete(self, movie: Movie, download: Download) -> VideoFile:
        """Import a finished download into the movie's folder.

        An existing file makes it an upgrade: the old file is off the disk and out of the
        database, and MovieFileDelete is sent, before the new file is there and Download is sent.
        """
        library = self._library
        queued = (row.release for row in library.queue.values() if row.item_id == movie.id)
        release = next(queued, None) or self._release(movie, download)
        replaced = self.remove_old(movie)
        name = download.name or f"{folder_name(movie.film)} {download.quality.name}.mkv"
        path = f"{movie.path.rstrip('/')}/{name}"
        write_media(path, download.size, download.content, download.extras)
        draft = VideoFile(
            0,
            movie.id,
            name,
            os.path.getsize(path),
            0.0,
            download.quality,
            download.group,
            release.scene_name,
        )
        file = library.add_file(draft)
        movie = library.change(movie.id, file_id=file.id)
        source = f"{DOWNLOADS}/{release.title}/{name}"
        data = video_import_data(file, movie.path, release, source)
        self._record(movie, "downloadFolderImported", release, data)
        library.dequeue(release.download_id)
        analysed = bool(library.media_setting("enableMediaInfo"))
        library.events.imported(Imported(movie, file, release, source, analysed, replaced))
        return file

    def rename(self, movie: Movie, new_name: str) -> VideoFile:
        """Give the movie's file another name on disk; the row keeps its id."""
        library = self._library
        before = library.tables.files.get(movie.file_id)
        if before is None:
            raise error(404, f"Movie {movie.id} has no file")
        file = replace(before, relative_path=new_name)
        if before == file or keeps_name(before.path_in(movie.path), file.path_in(movie.path)):
            return before
        data = rename_on_disk(before, file, movie.path)
        library.tables.files[file.id] = file
        title = before.path_in(movie.path)
        library.record(HistoryRow(movie.id, 0, "movieFileRenamed", title, file.quality, data))
        library.events.renamed(movie, Renamed(file, before))
        return file

    def rename_to_format(self, movie_ids: Sequence[int]) -> None:
        """Give the files of these movies the names that the naming settings make."""
        for movie_id in movie_ids:
            movie = self._library.movie(movie_id)
            file = self._library.tables.files.get(movie.file_id)
            if file is not None:
                suffix = os.path.splitext(file.relative_path)[1]
                self.rename(movie, f"{folder_name(movie.film)} {file.quality.name}{suffix}")

    def remove_old(self, movie: Movie) -> tuple[Replaced, ...]:
        """Delete the files that a new one replaces, each with MovieFileDelete."""
        replaced = []
        for file in self._library.files_of(movie.id):
            replaced.append(discard_replaced(self._library, file, movie.path))
            self._library.detach(movie, file, "upgrade")
        return tuple(replaced)

    def _record(self, movie: Movie, kind: str, release: Release, data: Mapping[str, str | None]) -> None:
        row = HistoryRow(movie.id, 0, kind, release.title, release.quality, data, release.download_id or None)
        self._library.record(row)

    def _release(self, movie: Movie, download: Download) -> Release:
        return video_release(self._library, f"{movie.film.title}.{movie.film.year}", download)
