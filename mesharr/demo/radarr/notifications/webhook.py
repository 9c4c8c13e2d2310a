"""The JSON bodies of Radarr's webhooks. Every object is built here and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mesharr.demo.arr.notifications.webhook import (
    NullReferenceError,
    WebhookWriter,
    client_object,
    grabbed_release,
    imported_release,
    no_custom_formats,
    poster,
    renamed_object,
    replaced_object,
    video_file_object,
)
from mesharr.demo.arr.records import Renamed, Replaced, VideoFile
from mesharr.demo.arr.releases import ENGLISH, Release
from mesharr.demo.radarr.model import Film, Movie
from mesharr.demo.wire import JsonObject

_CINEMA_TO_DISC_DAYS = 90
_NO_FLAGS: Mapping[str, object] = {"indexerFlags": "0"}


@dataclass(frozen=True)
class Imported:
    """One import by the download client: the new file and what it replaced."""

    movie: Movie
    file: VideoFile
    release: Release
    source_path: str
    media_info: bool = True
    replaced: tuple[Replaced, ...] = ()


def release_date(film: Film) -> str:
    """Return when the film is out: on disc, else ninety days after the cinema, else never."""
    if film.physical_release is not None:
        return film.physical_release
    if film.in_cinemas is not None:
        shown = date.fromisoformat(film.in_cinemas)
        return (shown + timedelta(days=_CINEMA_TO_DISC_DAYS)).isoformat()
    return "9999-12-31"


def add_method(movie: Movie) -> str:
    """Return how the movie was added.

    A movie without add options has none, and Radarr falls over it.
    """
    if movie.add_options is None:
        raise NullReferenceError("Object reference not set to an instance of an object: AddOptions")
    return str(movie.add_options.get("addMethod", "manual"))


def movie_object(movie: Movie, labels: Sequence[str]) -> JsonObject:
    """Return `movie` of a body: tag labels, and neither monitored nor profile."""
    film = movie.film
    return {
        "id": movie.id,
        "title": film.title,
        "year": film.year,
        "releaseDate": release_date(film),
        "folderPath": movie.path,
        "tmdbId": movie.tmdb_id,
        "imdbId": film.imdb_id or None,
        "overview": film.overview,
        "genres": list(film.genres),
        "images": poster(f"https://image.tmdb.org/t/p/original/{film.tmdb_id}.jpg", movie.id),
        "tags": list(labels),
        "originalLanguage": dict(ENGLISH),
    }


def file_object(
    file: VideoFile, folder: str, *, analysed: bool = False, source_path: str | None = None
) -> JsonObject:
    """Return `movieFile`; here `indexerFlags` is text."""
    return {**video_file_object(file, folder, analysed=analysed, source_path=source_path), **_NO_FLAGS}


class RadarrWebhook(WebhookWriter):
    """Writes the body of each event."""

    def added(self, movie: Movie) -> JsonObject:
        """Return MovieAdded; raises when the movie was posted without add options."""
        return self._sealed("MovieAdded", movie, {"addMethod": add_method(movie)})

    def deleted(self, movie: Movie, file: VideoFile | None, delete_files: bool) -> JsonObject:
        """Return MovieDelete: here `deletedFiles` is a boolean, and the folder's size is the file's."""
        size = file.size if file is not None and delete_files else 0
        own = {"deletedFiles": delete_files, "movieFolderSize": size}
        return self._sealed("MovieDelete", movie, own)

    def file_deleted(self, movie: Movie, file: VideoFile, reason: str) -> JsonObject:
        """Return MovieFileDelete with its reason in camelCase."""
        own = {"movieFile": file_object(file, movie.path), "deleteReason": reason}
        return self._sealed("MovieFileDelete", movie, own)

    def imported(self, event: Imported) -> JsonObject:
        """Return Download: here `deletedFiles` is a list, present only on an upgrade."""
        release = event.release
        own: JsonObject = {
            "remoteMovie": _remote(event.movie),
            "movieFile": file_object(
                event.file,
                event.movie.path,
                analysed=event.media_info,
                source_path=event.source_path,
            ),
            "isUpgrade": bool(event.replaced),
            **_client(release),
            "release": {**imported_release(release), "indexerFlags": []},
        }
        if event.replaced:
            folder = event.movie.path
            own["deletedFiles"] = [{**replaced_object(old, folder), **_NO_FLAGS} for old in event.replaced]
        return self._sealed("Download", event.movie, own)

    def renamed(self, movie: Movie, renamed: Renamed[VideoFile]) -> JsonObject:
        """Return Rename of one file, whose id stays."""
        row = {**renamed_object(renamed, movie.path), **_NO_FLAGS}
        return self._sealed("Rename", movie, {"renamedMovieFiles": [row]})

    def grabbed(self, movie: Movie, release: Release) -> JsonObject:
        """Return Grab of a release."""
        own = {
            "remoteMovie": _remote(movie),
            "release": {**grabbed_release(release), "indexerFlags": []},
            **_client(release),
        }
        return self._sealed("Grab", movie, own)

    def test(self) -> JsonObject:
        """Return the event of the Test button."""
        own = {
            "movie": {
                "id": 1,
                "title": "Test Title",
                "year": 1970,
                "releaseDate": "1970-01-01",
                "folderPath": "C:\\testpath",
                "tmdbId": 0,
                "tags": ["test-tag"],
            },
            "remoteMovie": {"tmdbId": 1234, "imdbId": "5678", "title": "Test title", "year": 1970},
            "release": {
                "quality": "Test Quality",
                "qualityVersion": 1,
                "releaseGroup": "Test Group",
                "releaseTitle": "Test Title",
                "indexer": "Test Indexer",
                "size": 9999999,
                "customFormatScore": 0,
            },
        }
        return self.body("Test", own)

    def _sealed(self, event: str, movie: Movie, own: Mapping[str, Any]) -> JsonObject:
        return self.body(event, {"movie": movie_object(movie, self.labels), **own})


def _remote(movie: Movie) -> JsonObject:
    film = movie.film
    return {
        "tmdbId": film.tmdb_id,
        "imdbId": film.imdb_id or None,
        "title": film.title,
        "year": film.year,
    }


def _client(release: Release) -> JsonObject:
    return {**client_object(release), "customFormatInfo": no_custom_formats()}
