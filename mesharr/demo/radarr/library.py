"""Radarr's library: its tables, and what adds, scans and deletes do to them and to the disk."""

import os
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.library import Library
from mesharr.demo.arr.qualities import release_group_of
from mesharr.demo.arr.records import HistoryRow, VideoFile
from mesharr.demo.disk.folders import (
    ScanDir,
    folder_is_empty,
    may_be_unmounted,
    refuse_unmounted,
    root_of,
)
from mesharr.demo.disk.videos import Video, videos_in
from mesharr.demo.radarr.model import QUALITIES, Film, Movie, RadarrTables
from mesharr.demo.radarr.notifications.events import RadarrEvents
from mesharr.demo.radarr.scan import IGNORED_FOLDER, acceptable
from mesharr.demo.wire import error


class RadarrLibrary(Library[RadarrTables]):
    """One Radarr's movies."""

    def __init__(self, arr: SimulatedApp, catalogue: Mapping[int, Film], scandir: ScanDir) -> None:
        super().__init__(arr, RadarrTables(), scandir)
        self.events = RadarrEvents(arr)
        self.catalogue = catalogue
        self.searches: list[int] = []

    # -- reading ----------------------------------------------------------------------------

    def movie(self, movie_id: int) -> Movie:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.movies, movie_id, "Movie")

    def movies(self) -> list[Movie]:
        """Return all rows, by id."""
        return self.tables.movies.rows()

    def items(self) -> Sequence[Movie]:
        """Return all movies."""
        return self.movies()

    def by_tmdb(self, tmdb_id: int) -> Movie | None:
        """Return the movie with this TMDb id, if it is in the library."""
        return next(iter(self.tables.movies.of("tmdb", tmdb_id)), None)

    def files_of(self, movie_id: int) -> list[VideoFile]:
        """Return all file rows of a movie; more than one if a scan linked another file than before."""
        return self.tables.files.of("movie", movie_id)

    def film(self, tmdb_id: int) -> Film | None:
        """Return what the metadata server knows.

        None for an unknown id, a 500 when it does not answer.
        """
        if self.metadata_down:
            raise error(500, "Unable to communicate with RadarrAPI.")
        return self.catalogue.get(tmdb_id)

    # -- rows -------------------------------------------------------------------------------

    def insert(self, drafts: Sequence[Movie]) -> list[Movie]:
        """Add movies: rows first, then MovieAdded, then a refresh queued for each, in their order.

        Raises 409 and adds none of them when one is in the library already, or is being added by somebody.
        """
        self.refuse_busy([draft.tmdb_id for draft in drafts], "MovieMetadata.TmdbId")
        time.sleep(self.facts.add_seconds * len(drafts))
        with self.arr.lock:
            known = set()
            for draft in drafts:
                if draft.tmdb_id in known or self.by_tmdb(draft.tmdb_id) is not None:
                    raise error(409, "UNIQUE constraint failed: Movies.MovieMetadataId")
                known.add(draft.tmdb_id)
            now = self.arr.now()
            added = [replace(draft, id=self.arr.next_id("movies"), added=now) for draft in drafts]
            for movie in added:
                self.tables.movies[movie.id] = movie
        self.events.added(*added)
        for movie in added:
            self.arr.commands.submit("RefreshMovie", {"movieIds": [movie.id], "isNewMovie": True})
        return [self.tables.movies.get(movie.id, movie) for movie in added]

    def change(self, movie_id: int, **fields: object) -> Movie:
        """Set columns of the row as it is *now*; no event, as for every edit."""
        with self.arr.lock:
            changed = replace(self.movie(movie_id), **fields)  # type: ignore[arg-type]
            self.tables.movies[movie_id] = changed
        return changed

    def remove(
        self, movie_ids: Sequence[int], delete_files: bool, exclude: bool, *, requested: bool = True
    ) -> None:
        """Delete movies with their files' rows and their history; MovieDelete for each.

        With `delete_files` the whole folder goes too: when `requested`
        over the API, after the reply, and `deleted_media` lists its files; else at once.
        """
        for movie_id in movie_ids:
            movie = self.movie(movie_id)
            file = self.tables.files.get(movie.file_id)
            with self.arr.lock:
                del self.tables.movies[movie_id]
                self._forget_rows_of(movie_id)
                if exclude:
                    self.exclude(movie.tmdb_id, movie.film.title, movie.film.year)
            self.events.deleted(movie, file, delete_files)
            if delete_files:
                self.delete_folder(movie.path, requested=requested, later=requested)

    def add_file(self, draft: VideoFile) -> VideoFile:
        """Store a file's row, with an id and the present time; the movie's link stays."""
        file = replace(draft, id=self.arr.next_id("files"), date_added=self.arr.now())
        self.tables.files[file.id] = file
        return file

    def detach(self, movie: Movie, file: VideoFile, reason: str) -> None:
        """Drop a file's row: movie without file, perhaps unmonitored; history; MovieFileDelete.

        The history has no row for `manualOverride`, with which a file's row is made again.

        Radarr unmonitors for any reason but an upgrade when the setting says so. The disk is
        not touched.
        """
        setting = self.media_setting("autoUnmonitorPreviouslyDownloadedMovies")
        unmonitor = reason != "upgrade" and setting
        with self.arr.lock:
            if file.id in self.tables.files:
                del self.tables.files[file.id]
            row = self.tables.movies.get(movie.id)
            if row is not None and row.file_id == file.id:
                monitored = row.monitored and not unmonitor
                self.tables.movies[movie.id] = replace(row, file_id=0, monitored=monitored)
        if reason != "manualOverride":
            data = {"reason": reason[0].upper() + reason[1:], "size": str(file.size)}
            title = file.path_in(movie.path)
            self.record(HistoryRow(movie.id, 0, "movieFileDeleted", title, file.quality, data))
        self.events.file_deleted(self.tables.movies.get(movie.id, movie), file, reason)

    def delete_file(self, file_id: int, *, requested: bool = True) -> None:
        """Delete a file from the disk too; 409 when the folder above looks unmounted.

        `requested` says that a request wants it: then `deleted_media` lists it.
        """
        file = row_of(self.tables.files, file_id, "MovieFile")
        movie = self.movie(file.item_id)
        refuse_unmounted(movie.path, "Movie")
        self.disposal.delete_file(file.path_in(movie.path), requested=requested)
        self.detach(movie, file, "manual")

    def drop_rows_at(self, movie: Movie, relative_path: str) -> None:
        """Drop the rows of a file that gets a new row.

        Each row is reported as MovieFileDelete with the reason manualOverride.
        """
        for file in self.files_of(movie.id):
            if file.relative_path == relative_path:
                self.detach(movie, file, "manualOverride")

    def search(self, movie_ids: Sequence[int]) -> None:
        """Search releases; only noted, by TMDb id."""
        self.searches += [self.movie(movie_id).tmdb_id for movie_id in movie_ids]

    # -- refresh and scan -------------------------------------------------------------------

    def refresh(
        self, movie_id: int, *, new: bool = False, manual: bool = True, known: Collection[str] | None = None
    ) -> None:
        """Read the metadata again, then scan: always for a new movie, else as the setting says.

        The scan has the row that was read before the metadata server was asked, and takes `known` for the
        names of the files that have a row, if it is given: what a slow refresh read at its start.
        """
        row = self.movie(movie_id)
        self.interrupt("metadata", movie_id)
        film = None if self.metadata_down else self.catalogue.get(row.tmdb_id)
        if film is not None and movie_id in self.tables.movies:
            self.change(movie_id, film=film)
            row = replace(row, film=film)
        policy = self.media_setting("rescanAfterRefresh")
        if new or policy == "always" or (policy == "afterManual" and manual):
            self._scan(row, known)
        else:
            self._after_scan(movie_id)

    def scan(self, movie_id: int) -> None:
        """Compare a movie's folder with its rows.

        Radarr reads the row once, at the start. Files that are gone lose their row at once (with
        an event); a file that is found is attached (without one) by writing the *whole* early row
        back, so an edit made meanwhile is undone.
        """
        self._scan(self.movie(movie_id))

    def scans(self, command: Command, item_id: int) -> bool:
        """Return whether a command scans this movie by its id."""
        body = command.body
        if command.name == "RescanMovie":
            return bool(body["movieId"] == item_id)
        return command.name == "RefreshMovie" and item_id in body["movieIds"]

    def names(self, movie_id: int) -> frozenset[str]:
        """Return the relative paths of a movie's file rows."""
        return frozenset(file.relative_path for file in self.files_of(movie_id))

    def _scan(self, row: Movie, known: Collection[str] | None = None) -> None:
        movie_id = row.id
        early = self.names(movie_id) if known is None else known
        in_memory = self.tables.files.get(row.file_id)
        root = root_of(row.path, self.roots())
        if may_be_unmounted(row.path, root):
            self._after_scan(movie_id)
            return
        # a folder that is missing in a root that holds anything is a folder without videos
        here = os.path.isdir(row.path)
        videos = videos_in(row.path, IGNORED_FOLDER, self.scandir) if here else ()
        self.interrupt("scan", movie_id)
        self.overlap(movie_id)
        self._drop_missing(row, videos)
        self._update_sizes(row, videos)
        # scans that overlap do not see each other's rows
        taken = early if self.facts.overlapping_scans else self.names(movie_id)
        new = [video for video in videos if video.relative_path not in taken]
        for video in acceptable(new, row.path, in_memory)[:1]:
            self._attach(row, video)
        if not videos and self.media_setting("deleteEmptyFolders") and folder_is_empty(row.path):
            shutil.rmtree(row.path)
        self._after_scan(movie_id)

    def _drop_missing(self, row: Movie, videos: Sequence[Video]) -> None:
        seen = {video.relative_path for video in videos}
        for file in self.files_of(row.id):
            if file.relative_path not in seen:
                self.detach(row, file, "missingFromDisk")

    def _update_sizes(self, row: Movie, videos: Sequence[Video]) -> None:
        """Update the sizes of files that were overwritten."""
        sizes = {video.relative_path: video.size for video in videos}
        for file in self.files_of(row.id):
            if sizes.get(file.relative_path, file.size) != file.size:
                self.tables.files[file.id] = replace(file, size=sizes[file.relative_path])

    def _attach(self, row: Movie, video: Video) -> None:
        if self.facts.overlapping_scans == "row again":
            self.drop_rows_at(row, video.relative_path)
        probed = self.facts.probed_quality
        quality = QUALITIES.labelled(probed) if probed else QUALITIES.read(video.name)
        group = release_group_of(video.name)
        with self.arr.lock:
            if row.id in self.tables.movies:
                draft = VideoFile(0, row.id, video.relative_path, video.size, 0.0, quality, group)
                self.tables.movies[row.id] = replace(row, file_id=self.add_file(draft).id)

    def _after_scan(self, movie_id: int) -> None:
        """Run the add options once, also when the scan was skipped, and forget them."""
        movie = self.tables.movies.get(movie_id)
        if movie is None or movie.add_options is None:
            return
        self.change(movie_id, add_options=None)
        if movie.add_options.get("searchForMovie"):
            self.search([movie_id])

    def _forget_rows_of(self, movie_id: int) -> None:
        for file in self.files_of(movie_id):
            del self.tables.files[file.id]
        self.forget_history({movie_id})
