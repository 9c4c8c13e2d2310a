"""A Radarr in this process: its API, its library on a real folder, and what its user does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mesharr.demo.arr.api.validation import refuse
from mesharr.demo.arr.commands import Command, Steps
from mesharr.demo.arr.definition import MEDIA_MANAGEMENT, MEDIA_RESETS, AppDefinition
from mesharr.demo.arr.downloads import Download
from mesharr.demo.arr.library_app import Backup, LibraryApp
from mesharr.demo.arr.manual_import import given_files
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.records import VideoFile
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import ScanDir
from mesharr.demo.radarr.api.movies import RadarrApi
from mesharr.demo.radarr.api.resources import folder_name, movie_quality
from mesharr.demo.radarr.api.validation import movie_folder, movie_path_failures
from mesharr.demo.radarr.downloads import RadarrDownloads
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.manual_import import RadarrManualImport
from mesharr.demo.radarr.model import QUALITIES, Film, Movie
from mesharr.demo.radarr.notifications.events import TRIGGERS

__all__ = ["Backup", "Film", "SimulatedRadarr"]

_MEDIA_MANAGEMENT = {
    **MEDIA_MANAGEMENT,
    "autoUnmonitorPreviouslyDownloadedMovies": False,
    "createEmptyMovieFolders": False,
    "autoRenameFolders": False,
    "useScriptImport": False,
    "scriptImportPath": "",
    "enableMediaInfo": True,
}
_NAMING = {
    "renameMovies": False,
    "replaceIllegalCharacters": True,
    "colonReplacementFormat": "smart",
    "standardMovieFormat": "{Movie Title} ({Release Year}) {Quality Full}",
    "movieFolderFormat": "{Movie Title} ({Release Year})",
}
DEFINITION = AppDefinition(
    app="Radarr",
    version="6.1.0.10000",
    triggers=TRIGGERS,
    refresh_command="RefreshMovie",
    ids_property="movieIds",
    commands={
        "RescanMovie": {"movieId": None},
        "RefreshMovie": {"movieIds": [], "isNewMovie": False},
        "RenameFiles": {"movieId": 0, "files": []},
        "RenameMovie": {"movieIds": []},
        "MoviesSearch": {"movieIds": []},
        "DownloadedMoviesScan": {"path": None, "downloadClientId": None, "importMode": "auto"},
        "ManualImport": {"files": [], "importMode": "auto"},
        "Housekeeping": {},
    },
    qualities=tuple(movie_quality(quality)["quality"] for quality in QUALITIES.all()),
    config={
        "mediamanagement": dict(_MEDIA_MANAGEMENT),
        "naming": dict(_NAMING),
        "importlist": {"listSyncLevel": "disabled"},
    },
    config_resets={
        **MEDIA_RESETS,
        "colonReplacementFormat": "delete",
        "listSyncLevel": "disabled",
    },
)


class SimulatedRadarr(LibraryApp[RadarrLibrary, Mapping[int, Film]]):
    """Radarr 6.1 for one household. `handle` answers its API.

    The other methods are what its user and download client do.

    `library.metadata_down` breaks the metadata server, `library.catalogue` is what it knows;
    `searches` holds the TMDb ids searched through the API, `deleted_media` the files deleted
    because of a request.
    """

    definition = DEFINITION

    def open_library(self, catalogue: Mapping[int, Film], scandir: ScanDir) -> RadarrLibrary:
        """Make the library, and add Radarr's routes."""
        library = RadarrLibrary(self, catalogue, scandir)
        self._downloads = RadarrDownloads(library)
        self._manual_import = RadarrManualImport(library, self._downloads)
        RadarrApi(library)
        return library

    # -- what tests read --------------------------------------------------------------------

    @property
    def searches(self) -> list[int]:
        """TMDb ids that a request made Radarr search for."""
        return self.library.searches

    def movie(self, tmdb: int) -> Movie:
        """Return the row of the film; KeyError when it is not in the library."""
        found = self.library.by_tmdb(tmdb)
        if found is None:
            raise KeyError(tmdb)
        return found

    def file(self, tmdb: int) -> VideoFile | None:
        """Return the file row linked to the film."""
        return self.library.tables.files.get(self.movie(tmdb).file_id)

    # -- what the user and the download client do -------------------------------------------

    def add(self, tmdb: int, monitored: bool = True, *, path: str | None = None) -> Movie:
        """Add a film as the web page does: MovieAdded is sent, a refresh with scan is queued.

        Without workers the refresh waits for `run_commands`.
        """
        return self._insert([self._draft(tmdb, monitored, path)])[0]

    def add_all(self, tmdbs: Iterable[int]) -> list[Movie]:
        """Add films as the web page imports a library: in one request, as `add` does each."""
        return self._insert([self._draft(tmdb) for tmdb in tmdbs])

    def _draft(self, tmdb: int, monitored: bool = True, path: str | None = None) -> Movie:
        film = self.library.catalogue[tmdb]
        root = next(iter(self.common.roots.values()))
        options = {"monitor": "movieOnly", "searchForMovie": False, "addMethod": "manual"}
        profile = next(iter(self.common.profiles))
        return Movie(
            id=0,
            tmdb_id=tmdb,
            film=film,
            path=path or movie_folder(film, root),
            quality_profile_id=profile,
            monitored=monitored,
            add_options=options,
        )

    def _insert(self, drafts: Sequence[Movie]) -> list[Movie]:
        refuse(movie_path_failures(self.library, *(draft.path for draft in drafts)))
        return self.library.insert(drafts)

    def grab(self, tmdb: int, *, quality: str = "Bluray-1080p", size: int = 4096) -> Release:
        """Send a release to the download client: Grab, a queue row, a history row."""
        return self._downloads.grab(self.movie(tmdb), QUALITIES.labelled(quality), size)

    def download(
        self,
        tmdb: int,
        *,
        name: str | None = None,
        size: int = 4096,
        quality: str = "Bluray-1080p",
        release_group: str = "GRP",
        extras: Mapping[str, bytes] | None = None,
        content: bytes | None = None,
    ) -> VideoFile:
        """Import a finished download; an existing file makes it an upgrade (it is deleted first).

        `content` is the file; without it the file has `size` bytes, most of them a hole.
        `extras` are written beside it, by relative name.
        """
        movie = self.movie(tmdb)
        name = name or f"{folder_name(movie.film)} {quality}.mkv"
        download = Download(
            QUALITIES.labelled(quality),
            size,
            release_group,
            name,
            content,
            extras or {},
            self.imports_by_hand,
        )
        return self._downloads.complete(movie, download)

    def rename(self, tmdb: int, new_name: str) -> VideoFile:
        """Rename the film's file on disk: Rename is sent, the file keeps its id."""
        return self._downloads.rename(self.movie(tmdb), new_name)

    def delete_file(self, tmdb: int) -> None:
        """Delete the film's file in the web page: from the disk too, MovieFileDelete(manual).

        As with `delete`, no request was made: `deleted_media` does not list it.
        """
        self.library.delete_file(self.movie(tmdb).file_id, requested=False)

    def delete(self, tmdb: int, delete_files: bool = False, *, exclude: bool = False) -> None:
        """Remove the film from the library: MovieDelete; with `delete_files` its folder at once."""
        self.library.remove([self.movie(tmdb).id], delete_files, exclude, requested=False)

    def set_monitored(self, tmdb: int, flag: bool) -> None:
        """Click the bookmark: no event."""
        self.library.change(self.movie(tmdb).id, monitored=flag)

    def edit(self, tmdb: int, **columns: Any) -> Movie:
        """Edit the movie in the web page without moving files: `path`, `tags`, … No event."""
        return self.library.change(self.movie(tmdb).id, **columns)

    def daily_refresh(self) -> None:
        """Do the scheduled refresh of every movie, with a scan if the settings say `always`."""
        for movie in self.library.movies():
            self.library.refresh(movie.id, manual=False)

    # -- for the base class -------------------------------------------------------------------

    def run_command(self, command: Command) -> None:
        """Run one of Radarr's commands."""
        body = command.body
        if command.name == "RescanMovie":
            for movie_id in self._all_or([] if body["movieId"] is None else [body["movieId"]]):
                self.library.scan(movie_id)
        elif command.name == "RefreshMovie":
            for movie_id in self._all_or(body["movieIds"]):
                manual = command.trigger != "scheduled"
                self.library.refresh(movie_id, new=bool(body["isNewMovie"]), manual=manual)
        elif command.name == "ManualImport":
            self._manual_import.run(given_files(body))
        elif command.name == "MoviesSearch":
            self.library.search(body["movieIds"])
        elif command.name == "RenameFiles":
            self._downloads.rename_to_format([body["movieId"]])
        elif command.name == "RenameMovie":
            self._downloads.rename_to_format(body["movieIds"])
        elif command.name == "Housekeeping":
            self.housekeeping()

    def slow_command(self, command: Command) -> Steps | None:
        """Return the steps of a command that takes time: one movie or file after another."""
        facts = self.library.facts
        if command.name == "ManualImport" and facts.import_seconds:
            return self._imported_slowly(command)
        if command.name == "RefreshMovie" and facts.refresh_seconds:
            return self._refreshed_slowly(command)
        return None

    def _imported_slowly(self, command: Command) -> Steps:
        due = self.now()
        for given in given_files(command.body):
            due += self.library.facts.import_seconds
            yield due
            self._manual_import.run([given])

    def _refreshed_slowly(self, command: Command) -> Steps:
        new, manual = bool(command.body["isNewMovie"]), command.trigger != "scheduled"
        for movie_id in self._all_or(command.body["movieIds"]):
            known = self.library.names(movie_id)
            yield self.now() + self.library.facts.refresh_seconds
            if movie_id in self.library.tables.movies:
                self.library.refresh(movie_id, new=new, manual=manual, known=known)

    def housekeeping(self) -> None:
        """Do it, and drop the file rows that no movie points to.

        A scan knows their paths until then.
        """
        super().housekeeping()
        with self.lock:
            linked = {movie.file_id for movie in self.library.movies()}
            for number in [number for number in self.library.tables.files if number not in linked]:
                del self.library.tables.files[number]

    def test_notification(self) -> Notification:
        """Return Radarr's test event."""
        return self.library.events.test()

    def _all_or(self, movie_ids: Sequence[int]) -> list[int]:
        return list(movie_ids) or [movie.id for movie in self.library.movies()]
