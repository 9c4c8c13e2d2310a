"""What Radarr checks before it adds or changes a movie, and the row a request asks for."""

from mesharr.demo.arr.api.validation import path_failures, profile_failures, refuse, root_failures
from mesharr.demo.disk.folders import TakenFolders, clean
from mesharr.demo.radarr.api.resources import folder_name
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import Film, Movie
from mesharr.demo.wire import Fields, Invalid, JsonObject, invalid


def add_failures(library: RadarrLibrary, fields: Fields) -> list[Invalid]:
    """Return what `POST /movie` refuses before it asks the metadata server.

    Exclusions do not count.
    """
    failures = profile_failures(library.arr, fields)
    tmdb = int(fields.given("tmdbId", 0))
    if tmdb <= 0:
        failures.append(Invalid("TmdbId", "'Tmdb Id' must not be empty.", tmdb, "NotEmptyValidator"))
        if not fields.get("title"):
            failures.append(Invalid("Title", "'Title' must not be empty.", None, "NotEmptyValidator"))
    elif library.by_tmdb(tmdb) is not None:
        failures.append(Invalid("TmdbId", "This movie has already been added", tmdb, "MovieExistsValidator"))
    path = str(fields.given("path", ""))
    if path:
        return failures + movie_path_failures(library, path)
    film = library.catalogue.get(tmdb)
    folder = None if film is None else folder_name(film)
    return failures + root_failures(library.arr, str(fields.given("rootFolderPath", "")), folder, "movie")


def movie_path_failures(library: RadarrLibrary, *paths: str, own_id: int = 0) -> list[Invalid]:
    """Return the first rule that each movie path breaks, if any."""
    others = TakenFolders(movie.path for movie in library.movies() if movie.id != own_id)
    return [failure for path in paths for failure in path_failures(library.arr, path, others, "movie")]


def draft(library: RadarrLibrary, fields: Fields) -> Movie:
    """Return the row a POST asks for, with metadata fetched.

    `monitored` is true unless it says no.

    Raises 500 when the metadata server does not answer, 400 when it does not know the film, and
    400 when the path that the naming settings make is taken.
    """
    tmdb = int(fields.given("tmdbId", 0))
    film = library.film(tmdb)
    path = str(fields.given("path", ""))
    if film is None:
        message = f"A movie with this ID was not found. Path: {path}"
        raise invalid(Invalid("TmdbId", message, tmdb))
    if not path:
        path = f"{clean(str(fields['rootFolderPath']))}/{folder_name(film)}"
        refuse(movie_path_failures(library, path))
    return Movie(id=0, tmdb_id=tmdb, film=film, path=clean(path), **editable(fields))


def editable(fields: Fields) -> JsonObject:
    """Return the columns a body sets besides the path: what it omits is reset to its default."""
    return {
        "quality_profile_id": int(fields.given("qualityProfileId", 0)),
        "monitored": bool(fields.given("monitored", True)),
        "minimum_availability": str(fields.given("minimumAvailability", "released")),
        # tag ids are not checked: unknown ones are stored
        "tags": tuple(dict.fromkeys(fields.given("tags", []))),
        "add_options": add_options(fields),
    }


def add_options(fields: Fields) -> JsonObject | None:
    """Return the add options with their defaults.

    None when the body has none, which breaks MovieAdded.
    """
    given = fields.get("addOptions")
    if given is None:
        return None
    options = Fields(given)
    return {
        "monitor": options.given("monitor", "movieOnly"),
        "searchForMovie": bool(options.given("searchForMovie", False)),
        "addMethod": options.given("addMethod", "manual"),
    }


def movie_folder(film: Film, root: str) -> str:
    """Return where a film lies below a root folder."""
    return f"{clean(root)}/{folder_name(film)}"
