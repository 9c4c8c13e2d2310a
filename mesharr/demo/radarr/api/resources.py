"""Radarr's rows as its API shows them."""

from collections.abc import Sequence
from typing import Any

from mesharr.demo.arr.api.resources import history_fields, quality_model, queue_fields, video_file_fields
from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.records import Exclusion, HistoryRow, QueueRow, VideoFile
from mesharr.demo.arr.releases import ENGLISH, clean_title, folder_words
from mesharr.demo.disk.folders import root_of
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import Film, Movie
from mesharr.demo.radarr.notifications.webhook import release_date
from mesharr.demo.wire import JsonObject, iso


def folder_name(film: Film) -> str:
    """Return the folder that the naming settings make of a film: `Title (Year)`."""
    return f"{folder_words(film.title)} ({film.year})"


def film_fields(film: Film) -> JsonObject:
    """Return the part of a movie resource that comes from the metadata server."""
    return {
        "title": film.title,
        "originalTitle": film.title,
        "sortTitle": film.title.lower(),
        "cleanTitle": clean_title(film.title),
        "titleSlug": str(film.tmdb_id),
        "tmdbId": film.tmdb_id,
        "imdbId": film.imdb_id or None,
        "year": film.year,
        "overview": film.overview,
        "genres": list(film.genres),
        "originalLanguage": dict(ENGLISH),
        "runtime": film.runtime,
        "status": "released",
        "isAvailable": True,
        "inCinemas": None if film.in_cinemas is None else f"{film.in_cinemas}T00:00:00Z",
        "physicalRelease": (None if film.physical_release is None else f"{film.physical_release}T00:00:00Z"),
        "releaseDate": f"{release_date(film)}T00:00:00Z",
        "images": [
            {
                "coverType": "poster",
                "remoteUrl": f"https://image.tmdb.org/t/p/original/{film.tmdb_id}.jpg",
            }
        ],
    }


def movie_quality(quality: Quality) -> JsonObject:
    """Return a quality with its revision."""
    modifier = "remux" if quality.name.startswith("Remux") else "none"
    return quality_model(quality, source=quality.source, resolution=quality.resolution, modifier=modifier)


def file_resource(file: VideoFile, movie: Movie) -> JsonObject:
    """Return a movie file."""
    quality = movie_quality(file.quality)
    return {**video_file_fields(file, movie.path), "movieId": movie.id, "edition": "", "quality": quality}


def movie_resource(library: RadarrLibrary, movie: Movie) -> JsonObject:
    """Return a movie of the library; `addOptions` only until its first scan is done."""
    file = library.tables.files.get(movie.file_id)
    size = 0 if file is None else file.size
    groups = [] if file is None or file.release_group is None else [file.release_group]
    return {
        **film_fields(movie.film),
        "id": movie.id,
        "tmdbId": movie.tmdb_id,
        "path": movie.path,
        "rootFolderPath": root_of(movie.path, library.roots()),
        "folderName": movie.path,
        "qualityProfileId": movie.quality_profile_id,
        "monitored": movie.monitored,
        "minimumAvailability": movie.minimum_availability,
        "tags": sorted(movie.tags),
        "added": iso(movie.added),
        "addOptions": movie.add_options,
        "hasFile": file is not None,
        "movieFileId": movie.file_id,
        "movieFile": None if file is None else file_resource(file, movie),
        "sizeOnDisk": size,
        "statistics": {
            "movieFileCount": 0 if file is None else 1,
            "sizeOnDisk": size,
            "releaseGroups": groups,
        },
    }


def lookup_resource(film: Film) -> JsonObject:
    """Return a film of the metadata server; nothing in it says whether it is in the library."""
    return {
        **film_fields(film),
        "folder": folder_name(film),
        "monitored": False,
        "minimumAvailability": "released",
        "qualityProfileId": 0,
        "hasFile": False,
        "tags": [],
    }


def history_resource(row: HistoryRow, movie: JsonObject | None) -> JsonObject:
    """Return a history row, with its movie if the client asked for it."""
    return {
        **history_fields(row),
        "movieId": row.item_id,
        "languages": [dict(ENGLISH)],
        "quality": movie_quality(row.quality),
        "movie": movie,
    }


def queue_resource(row: QueueRow, movie: JsonObject | None) -> JsonObject:
    """Return a download under way, with its movie if the client asked for it."""
    return {
        **queue_fields(row),
        "movieId": row.item_id,
        "languages": [dict(ENGLISH)],
        "quality": movie_quality(row.release.quality),
        "added": iso(row.added),
        "movie": movie,
    }


def exclusion_resource(row: Exclusion) -> JsonObject:
    """Return an import-list exclusion."""
    return {"id": row.id, "tmdbId": row.foreign_id, "movieTitle": row.title, "movieYear": row.year}


def movie_resources(library: RadarrLibrary, movies: Sequence[Movie]) -> list[dict[str, Any]]:
    """Return several movies of the library."""
    return [movie_resource(library, movie) for movie in movies]
