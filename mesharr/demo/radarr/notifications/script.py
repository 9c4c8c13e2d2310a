"""The environment variables of Radarr's custom scripts, named as Radarr's code writes them."""

from collections.abc import Mapping

from mesharr.demo.arr.notifications.script import (
    ScriptWriter,
    Variables,
    bars,
    client_variables,
    grab_variables,
    import_variables,
    imported_release_variables,
    no_custom_format_variables,
    rename_variables,
    video_file_variables,
)
from mesharr.demo.arr.records import Renamed, VideoFile
from mesharr.demo.arr.releases import Release
from mesharr.demo.radarr.model import Movie
from mesharr.demo.radarr.notifications.webhook import Imported, add_method


class RadarrScript(ScriptWriter):
    """Writes the variables of each event."""

    app = "Radarr"

    def added(self, movie: Movie) -> Variables:
        """Return MovieAdded; raises when the movie was posted without add options."""
        own = {"Movie_Path": movie.path, "Movie_AddMethod": add_method(movie).capitalize()}
        return self._about("MovieAdded", movie, own)

    def deleted(self, movie: Movie, file: VideoFile | None, delete_files: bool) -> Variables:
        """Return MovieDelete; the size is there only if files were deleted and one existed."""
        own = {**_place(movie), "Movie_DeletedFiles": str(delete_files)}
        if delete_files and file is not None:
            own["Movie_Folder_Size"] = str(file.size)
        return self._about("MovieDelete", movie, own)

    def file_deleted(self, movie: Movie, file: VideoFile, reason: str) -> Variables:
        """Return MovieFileDelete; here the reason is in PascalCase."""
        own = {
            **_place(movie),
            **video_file_variables("MovieFile", file, movie.path),
            "MovieFile_DeleteReason": reason[0].upper() + reason[1:],
            "MovieFile_Size": str(file.size),
        }
        return self._about("MovieFileDelete", movie, own)

    def imported(self, event: Imported) -> Variables:
        """Return Download; raises when the file was not analysed."""
        movie = event.movie
        own = {
            **_dates(movie),
            **_place(movie),
            **video_file_variables("MovieFile", event.file, movie.path),
            **client_variables(event.release),
            **import_variables(
                "MovieFile",
                event.file,
                movie.path,
                source_path=event.source_path,
                analysed=event.media_info,
                replaced=event.replaced,
            ),
            **imported_release_variables(event.release),
        }
        return self._about("Download", movie, own)

    def renamed(self, movie: Movie, renamed: Renamed[VideoFile]) -> Variables:
        """Return Rename of one file."""
        own = {
            **_dates(movie),
            "Movie_Path": movie.path,
            **rename_variables("MovieFile", [renamed], movie.path),
        }
        return self._about("Rename", movie, own)

    def grabbed(self, movie: Movie, release: Release) -> Variables:
        """Return Grab: the only movie event without the movie's path."""
        own = {
            **_dates(movie),
            "Movie_Overview": movie.film.overview,
            **grab_variables(release),
            **no_custom_format_variables("Release"),
        }
        # Radarr forgot to begin this name as those of the other facts of a release
        own["IndexerFlags"] = own.pop("Release_IndexerFlags")
        return self._about("Grab", movie, own)

    def _about(self, event: str, movie: Movie, own: Mapping[str, str]) -> Variables:
        film = movie.film
        about = {
            "Movie_Id": str(movie.id),
            "Movie_Title": film.title,
            "Movie_Year": str(film.year),
            "Movie_OriginalLanguage": "eng",
            "Movie_Genres": bars(film.genres),
            "Movie_Tags": bars(self.labels),
            "Movie_ImdbId": film.imdb_id,
            "Movie_TmdbId": str(movie.tmdb_id),
        }
        return self.event(event, {**about, **own})


def _place(movie: Movie) -> Variables:
    return {"Movie_Path": movie.path, "Movie_Overview": movie.film.overview}


def _dates(movie: Movie) -> Variables:
    return {
        "Movie_In_Cinemas_Date": movie.film.in_cinemas or "",
        "Movie_Physical_Release_Date": movie.film.physical_release or "",
    }
