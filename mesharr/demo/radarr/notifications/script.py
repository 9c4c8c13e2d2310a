"""The environment variables of Radarr's custom scripts, named as Radarr's code writes them.

`run_script` lower-cases the names, as .NET does, before the script sees them.
"""

from dataclasses import dataclass

from mesharr.demo.arr.notifications.payloads import NullReferenceError, bars, media_info_variables
from mesharr.demo.arr.releases import Release
from mesharr.demo.radarr.model import Movie, MovieFile
from mesharr.demo.radarr.notifications.webhook import Imported, add_method
from mesharr.demo.wire import iso

Variables = dict[str, str]


@dataclass(frozen=True)
class ScriptVariables:
    """Builds the variables of each event for one instance and one movie's tag labels."""

    instance: str
    labels: tuple[str, ...] = ()

    def test(self) -> Variables:
        """Test: nothing but the three that every event has."""
        return self._event("Test")

    def added(self, movie: Movie) -> Variables:
        """MovieAdded; raises when the movie was posted without add options."""
        method = add_method(movie).capitalize()
        own = {"Radarr_Movie_Path": movie.path, "Radarr_Movie_AddMethod": method}
        return {**self._event("MovieAdded"), **self._movie(movie), **own}

    def deleted(self, movie: Movie, file: MovieFile | None, delete_files: bool) -> Variables:
        """MovieDelete; the size is there only if files were deleted and one existed."""
        own = {**_place(movie), "Radarr_Movie_DeletedFiles": str(delete_files)}
        if delete_files and file is not None:
            own["Radarr_Movie_Folder_Size"] = str(file.size)
        return {**self._event("MovieDelete"), **self._movie(movie), **own}

    def file_deleted(self, movie: Movie, file: MovieFile, reason: str) -> Variables:
        """MovieFileDelete; here the reason is in PascalCase."""
        own = {
            **_place(movie),
            **_file(movie, file),
            "Radarr_MovieFile_DeleteReason": reason[0].upper() + reason[1:],
            "Radarr_MovieFile_Size": str(file.size),
        }
        return {**self._event("MovieFileDelete"), **self._movie(movie), **own}

    def imported(self, event: Imported) -> Variables:
        """Download; raises when the file was not analysed: Radarr reads its media info unasked."""
        if not event.media_info:
            raise NullReferenceError("Object reference not set to an instance of an object: MediaInfo")
        movie, file, release = event.movie, event.file, event.release
        own = {
            **_dates(movie),
            **_place(movie),
            **_file(movie, file),
            **_client(release),
            **_analysis(file),
            "Radarr_IsUpgrade": str(bool(event.replaced)),
            "Radarr_MovieFile_SourcePath": event.source_path,
            "Radarr_MovieFile_SourceFolder": event.source_path.rpartition("/")[0],
            "Radarr_MovieFile_CustomFormat": "",
            "Radarr_MovieFile_CustomFormatScore": "0",
            "Radarr_Release_Indexer": release.indexer,
            "Radarr_Release_Size": str(release.size),
            "Radarr_Release_Title": release.title,
        }
        if event.replaced:
            old = [deleted.file for deleted in event.replaced]
            recycled = [deleted.recycled or "" for deleted in event.replaced]
            own |= {
                "Radarr_DeletedRelativePaths": bars([file.relative_path for file in old]),
                "Radarr_DeletedPaths": bars([file.path_in(movie.path) for file in old]),
                "Radarr_DeletedDateAdded": bars([iso(file.date_added) for file in old]),
                "Radarr_DeletedRecycleBinPaths": bars(recycled),
            }
        return {**self._event("Download"), **self._movie(movie), **own}

    def renamed(self, movie: Movie, file: MovieFile, before: MovieFile) -> Variables:
        """Rename of one file."""
        own = {
            **_dates(movie),
            "Radarr_Movie_Path": movie.path,
            "Radarr_MovieFile_Ids": str(file.id),
            "Radarr_MovieFile_RelativePaths": file.relative_path,
            "Radarr_MovieFile_Paths": file.path_in(movie.path),
            "Radarr_MovieFile_PreviousRelativePaths": before.relative_path,
            "Radarr_MovieFile_PreviousPaths": before.path_in(movie.path),
        }
        return {**self._event("Rename"), **self._movie(movie), **own}

    def grabbed(self, movie: Movie, release: Release) -> Variables:
        """Grab: the only movie event without the movie's path."""
        own = {
            **_dates(movie),
            **_client(release),
            "Radarr_Movie_Overview": movie.film.overview,
            "Radarr_Release_Title": release.title,
            "Radarr_Release_Indexer": release.indexer,
            "Radarr_Release_Size": str(release.size),
            "Radarr_Release_ReleaseGroup": release.group or "",
            "Radarr_Release_Quality": release.quality.name,
            "Radarr_Release_QualityVersion": "1",
            "Radarr_Release_CustomFormat": "",
            "Radarr_Release_CustomFormatScore": "0",
            "Radarr_IndexerFlags": "0",
        }
        return {**self._event("Grab"), **self._movie(movie), **own}

    def _event(self, event: str) -> Variables:
        return {
            "Radarr_EventType": event,
            "Radarr_InstanceName": self.instance,
            "Radarr_ApplicationUrl": "",
        }

    def _movie(self, movie: Movie) -> Variables:
        film = movie.film
        return {
            "Radarr_Movie_Id": str(movie.id),
            "Radarr_Movie_Title": film.title,
            "Radarr_Movie_Year": str(film.year),
            "Radarr_Movie_OriginalLanguage": "eng",
            "Radarr_Movie_Genres": bars(film.genres),
            "Radarr_Movie_Tags": bars(self.labels),
            "Radarr_Movie_ImdbId": film.imdb_id,
            "Radarr_Movie_TmdbId": str(movie.tmdb_id),
        }


def _place(movie: Movie) -> Variables:
    return {"Radarr_Movie_Path": movie.path, "Radarr_Movie_Overview": movie.film.overview}


def _dates(movie: Movie) -> Variables:
    return {
        "Radarr_Movie_In_Cinemas_Date": movie.film.in_cinemas or "",
        "Radarr_Movie_Physical_Release_Date": movie.film.physical_release or "",
    }


def _file(movie: Movie, file: MovieFile) -> Variables:
    return {
        "Radarr_MovieFile_Id": str(file.id),
        "Radarr_MovieFile_RelativePath": file.relative_path,
        "Radarr_MovieFile_Path": file.path_in(movie.path),
        "Radarr_MovieFile_Quality": file.quality.name,
        "Radarr_MovieFile_QualityVersion": "1",
        "Radarr_MovieFile_ReleaseGroup": file.release_group or "",
        "Radarr_MovieFile_SceneName": file.scene_name or "",
    }


def _client(release: Release) -> Variables:
    return {
        "Radarr_Download_Client": release.client,
        "Radarr_Download_Client_Type": release.client,
        "Radarr_Download_Id": release.download_id,
    }


def _analysis(file: MovieFile) -> Variables:
    values = media_info_variables(file.quality)
    return {f"Radarr_MovieFile_MediaInfo_{name}": value for name, value in values.items()}
