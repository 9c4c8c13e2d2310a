"""What Radarr checks before it adds or changes a movie, and the row a request asks for."""

import os
from collections.abc import Iterable

from mesharr.simulator.radarr_library import RadarrLibrary
from mesharr.simulator.radarr_model import Film, Movie
from mesharr.simulator.radarr_resources import folder_name
from mesharr.simulator.wire import Fields, Invalid, JsonObject, invalid

_SYSTEM_FOLDERS = ("/bin", "/boot", "/lib", "/sbin", "/proc", "/usr/bin")


def refuse(failures: Iterable[Invalid]) -> None:
    """Raise the 400 array if there is any failure."""
    found = list(failures)
    if found:
        raise invalid(*found)


def add_failures(library: RadarrLibrary, fields: Fields) -> list[Invalid]:
    """What `POST /movie` refuses before it asks the metadata server. Exclusions do not count."""
    failures = profile_failures(library, fields)
    tmdb = int(fields.given("tmdbId", 0))
    if tmdb <= 0:
        failures.append(Invalid("TmdbId", "'Tmdb Id' must not be empty.", tmdb, "NotEmptyValidator"))
        if not fields.get("title"):
            failures.append(Invalid("Title", "'Title' must not be empty.", None, "NotEmptyValidator"))
    elif library.by_tmdb(tmdb) is not None:
        failures.append(Invalid("TmdbId", "This movie has already been added", tmdb, "MovieExistsValidator"))
    path = str(fields.given("path", ""))
    return failures + (path_failures(library, path) if path else _root_failures(library, fields))


def profile_failures(library: RadarrLibrary, fields: Fields) -> list[Invalid]:
    """The quality profile has to be given and to exist."""
    profile = int(fields.given("qualityProfileId", 0))
    if profile <= 0:
        message = "'Quality Profile Id' must be greater than '0'."
        return [Invalid("QualityProfileId", message, profile, "GreaterThanValidator")]
    if profile not in library.arr.common.profiles:
        message = "Quality Profile does not exist"
        return [Invalid("QualityProfileId", message, profile, "QualityProfileExistsValidator")]
    return []


def path_failures(library: RadarrLibrary, path: str, own_id: int = 0) -> list[Invalid]:
    """The first rule that a movie path breaks, if any. Paths compare with their case."""
    rules = (
        (not os.path.isabs(path), f"Invalid Path: '{path}'", "PathValidator"),
        (
            _clean(path) in map(_clean, library.arr.common.roots.values()),
            f"Path '{path}' is already configured as a root folder",
            "RootFolderValidator",
        ),
        (
            _recycled(library, path),
            f"Path '{path}' is set to or child of configured recycle bin folder",
            "RecycleBinValidator",
        ),
        (
            any(_within(path, folder) for folder in _SYSTEM_FOLDERS),
            f"Path '{path}' is a system folder",
            "SystemFolderValidator",
        ),
        (
            any(_clean(path) == _clean(other) for other in _other_paths(library, own_id)),
            f"Path '{path}' is already configured for an existing movie",
            "MoviePathValidator",
        ),
        (
            any(_within(other, path) for other in _other_paths(library, own_id)),
            f"Path '{path}' is an ancestor of an existing movie",
            "MovieAncestorValidator",
        ),
    )
    broken = next((rule for rule in rules if rule[0]), None)
    return [] if broken is None else [Invalid("Path", broken[1], path, broken[2])]


def draft(library: RadarrLibrary, fields: Fields) -> Movie:
    """The row a POST asks for, with metadata fetched; `monitored` is true unless it says no.

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
        path = f"{_clean(str(fields['rootFolderPath']))}/{folder_name(film)}"
        refuse(path_failures(library, path))
    return Movie(id=0, tmdb_id=tmdb, film=film, path=_clean(path), **editable(fields))


def editable(fields: Fields) -> JsonObject:
    """The columns a body sets besides the path: what it omits is reset to its default."""
    return {
        "quality_profile_id": int(fields.given("qualityProfileId", 0)),
        "monitored": bool(fields.given("monitored", True)),
        "minimum_availability": str(fields.given("minimumAvailability", "released")),
        # tag ids are not checked: unknown ones are stored
        "tags": tuple(dict.fromkeys(fields.given("tags", []))),
        "add_options": add_options(fields),
    }


def add_options(fields: Fields) -> JsonObject | None:
    """The add options with their defaults; None when the body has none, which breaks MovieAdded."""
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
    """Where a film lies below a root folder."""
    return f"{_clean(root)}/{folder_name(film)}"


def _root_failures(library: RadarrLibrary, fields: Fields) -> list[Invalid]:
    root = str(fields.given("rootFolderPath", ""))
    if not os.path.isabs(root):
        return [Invalid("RootFolderPath", f"Invalid Path: '{root}'", root, "PathValidator")]
    if _clean(root) not in map(_clean, library.arr.common.roots.values()):
        message = f"Root folder '{root}' does not exist"
        return [Invalid("RootFolderPath", message, root, "RootFolderExistsValidator")]
    film = library.catalogue.get(int(fields.given("tmdbId", 0)))
    if film is not None and os.path.basename(_clean(root)) == folder_name(film):
        message = f"Root folder path '{root}' contains movie folder '{folder_name(film)}'"
        return [Invalid("RootFolderPath", message, root, "MovieFolderAsRootFolderValidator")]
    return []


def _recycled(library: RadarrLibrary, path: str) -> bool:
    folder = str(library.arr.config("mediamanagement")["recycleBin"])
    return bool(folder) and _within(path, folder)


def _other_paths(library: RadarrLibrary, own_id: int) -> list[str]:
    return [movie.path for movie in library.movies() if movie.id != own_id]


def _within(path: str, folder: str) -> bool:
    return f"{_clean(path)}/".startswith(f"{_clean(folder)}/")


def _clean(path: str) -> str:
    return path.rstrip("/") or "/"
