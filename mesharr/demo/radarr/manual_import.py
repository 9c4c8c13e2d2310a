"""Radarr's command ManualImport: files registered for movies by their ids."""

import os
from collections.abc import Iterable

from mesharr.demo.arr.downloads import video_import_data
from mesharr.demo.arr.manual_import import GivenFile, move_in
from mesharr.demo.arr.records import HistoryRow, VideoFile
from mesharr.demo.arr.releases import manual_release
from mesharr.demo.radarr.downloads import RadarrDownloads
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import QUALITIES, Movie
from mesharr.demo.radarr.notifications.webhook import Imported


class RadarrManualImport:
    """Radarr's import of movie files by ids.

    A file in its movie's folder stays where and as it is, without an event.
    """

    def __init__(self, library: RadarrLibrary, downloads: RadarrDownloads) -> None:
        self._library = library
        self._downloads = downloads

    def run(self, files: Iterable[GivenFile]) -> None:
        """Import each file; one that cannot be read ends the command, those before it stay imported."""
        for given in files:
            movie = self._library.movie(given.number("movieId"))
            if given.is_inside(movie.path):
                self._register(movie, given)
            else:
                self._move(movie, given)

    def _register(self, movie: Movie, given: GivenFile) -> None:
        """Link the file where it is.

        Rows of other files of the movie stay; a row of the file itself goes first.
        """
        draft = self._draft(movie, given, os.path.relpath(given.path, movie.path))
        self._library.drop_rows_at(movie, draft.relative_path)
        file = self._library.add_file(draft)
        self._library.change(movie.id, file_id=file.id)

    def _move(self, movie: Movie, given: GivenFile) -> None:
        """Import the file as a finished download.

        It replaces the movie's file and is moved, with events.
        """
        library = self._library
        draft = self._draft(movie, given, os.path.basename(given.path))
        replaced = self._downloads.remove_old(movie)
        move_in(given.path, draft.path_in(movie.path))
        file = library.add_file(draft)
        movie = library.change(movie.id, file_id=file.id)
        release = manual_release(os.path.splitext(draft.relative_path)[0], file.quality, given.group)
        data = video_import_data(file, movie.path, release, given.path)
        library.record(HistoryRow(movie.id, 0, "downloadFolderImported", release.title, file.quality, data))
        analysed = bool(library.media_setting("enableMediaInfo"))
        library.events.imported(Imported(movie, file, release, given.path, analysed, replaced))

    def _draft(self, movie: Movie, given: GivenFile, name: str) -> VideoFile:
        quality = QUALITIES.by_id(given.quality_id)
        size = given.size()
        return VideoFile(0, movie.id, name, size, 0.0, quality, given.group, languages=given.languages)
