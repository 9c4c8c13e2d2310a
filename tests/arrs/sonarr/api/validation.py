"""What Sonarr checks before it adds or changes a series, and the row a request asks for."""

from collections.abc import Sequence

from mesharr.demo.arr.api.validation import path_failures, profile_failures, refuse, root_failures
from mesharr.demo.arr.releases import folder_words
from mesharr.demo.disk.folders import TakenFolders, clean
from mesharr.demo.wire import Fields, HttpError, Invalid, JsonObject, invalid
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import Season, Series, Show
from tests.arrs.sonarr.monitoring import add_options
from tests.arrs.sonarr.names import series_folder

_WORDS = {
    "monitorNewItems": ("all", "none"),
    "seriesType": ("standard", "daily", "anime"),
    "monitor": (
        "unknown",
        "all",
        "future",
        "missing",
        "existing",
        "firstSeason",
        "lastSeason",
        "latestSeason",
        "pilot",
        "recent",
        "monitorSpecials",
        "unmonitorSpecials",
        "none",
        "skip",
    ),
}


def word(fields: Fields, name: str) -> str:
    """Return one of the words that a property can have; the first when it is absent.

    Another is a 400.
    """
    value = str(fields.given(name, _WORDS[name][0]))
    if value not in _WORDS[name]:
        raise HttpError(400, {"title": "The JSON value could not be converted.", "status": 400})
    return value


def add_failures(library: SonarrLibrary, fields: Fields) -> list[Invalid]:
    """Return what `POST /series` refuses before it asks the metadata server.

    Exclusions do not count.
    """
    failures = profile_failures(library.arr, fields)
    tvdb = int(fields.given("tvdbId", 0))
    if not fields.get("title"):
        failures.append(Invalid("Title", "'Title' must not be empty.", None, "NotEmptyValidator"))
    if tvdb <= 0:
        message = "'Tvdb Id' must be greater than '0'."
        failures.append(Invalid("TvdbId", message, tvdb, "GreaterThanValidator"))
    elif library.by_tvdb(tvdb) is not None:
        message = "This series has already been added"
        failures.append(Invalid("TvdbId", message, tvdb, "SeriesExistsValidator"))
    path = str(fields.given("path", ""))
    if path:
        return failures + series_path_failures(library, path)
    root, folder = str(fields.given("rootFolderPath", "")), folder_words(str(fields.given("title", "")))
    return failures + root_failures(library.arr, root, folder, "series")


def series_path_failures(library: SonarrLibrary, path: str, own_id: int = 0) -> list[Invalid]:
    """Return the first rule that a series path breaks, if any."""
    others = TakenFolders(each.path for each in library.tables.series.values() if each.id != own_id)
    return path_failures(library.arr, path, others, "series", "another")


def draft(library: SonarrLibrary, fields: Fields) -> Series:
    """Return the row a POST asks for, with metadata fetched and checked once more.

    `monitored` is false by default.

    Raises 500 when the metadata server does not answer, 400 when it does not know the show, and 400
    when the path or the slug of the title is taken.
    """
    tvdb = int(fields.given("tvdbId", 0))
    show = library.show(tvdb)
    path = str(fields.given("path", ""))
    if show is None:
        message = f"A series with this ID was not found. Path: {path}"
        raise invalid(Invalid("TvdbId", message, tvdb))
    path = path or f"{clean(str(fields.given('rootFolderPath', '')))}/{series_folder(show)}"
    refuse(series_path_failures(library, path) + _slug_failures(library, show))
    options = fields.get("addOptions")
    if isinstance(options, dict):
        word(Fields(options), "monitor")
    columns = editable(fields)
    columns["seasons"] = columns["seasons"] or tuple(Season(n, n > 0) for n in show.seasons)
    columns["add_options"] = add_options(options)
    if columns["add_options"] is not None and columns["add_options"]["monitor"] == "none":
        columns["monitored"] = False
    return Series(id=0, show=show, path=clean(path), **{**columns, "tvdb_id": show.tvdb_id})


def editable(fields: Fields) -> JsonObject:
    """Return the columns a body sets besides path and add options.

    What it omits is reset, seasons included.
    """
    seasons: Sequence[JsonObject] = fields.given("seasons", [])
    return {
        "tvdb_id": int(fields.given("tvdbId", 0)),
        "quality_profile_id": int(fields.given("qualityProfileId", 0)),
        "monitored": bool(fields.given("monitored", False)),
        "monitor_new_items": word(fields, "monitorNewItems"),
        "season_folder": bool(fields.given("seasonFolder", False)),
        "series_type": word(fields, "seriesType"),
        "seasons": tuple(season_of(Fields(season)) for season in seasons),
        # tag ids are not checked: unknown ones are stored
        "tags": tuple(dict.fromkeys(fields.given("tags", []))),
    }


def season_of(fields: Fields) -> Season:
    """Return one season of a body."""
    return Season(int(fields.given("seasonNumber", 0)), bool(fields.given("monitored", False)))


def _slug_failures(library: SonarrLibrary, show: Show) -> list[Invalid]:
    for series in library.tables.series.values():
        if series.show.slug == show.slug:
            message = f"Title slug '{show.slug}' is in use by series '{series.show.title}'"
            return [Invalid("TitleSlug", message, show.slug, "SeriesTitleSlugValidator")]
    return []
