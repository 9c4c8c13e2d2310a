"""Radarr's own routes: movies, files, history, queue, exclusions."""

from functools import partial

import httpx

from mesharr.demo.arr.api.records import ExclusionApi, HistoryApi, QueueApi
from mesharr.demo.arr.api.validation import bulk_edits, profile_failures, refuse, row_of, rows_with
from mesharr.demo.arr.records import Exclusion, HistoryRow, QueueRow
from mesharr.demo.radarr.api.resources import (
    exclusion_resource,
    file_resource,
    folder_name,
    history_resource,
    lookup_resource,
    movie_resource,
    movie_resources,
    queue_resource,
)
from mesharr.demo.radarr.api.validation import add_failures, draft, editable, movie_path_failures
from mesharr.demo.radarr.library import RadarrLibrary
from mesharr.demo.radarr.model import Movie
from mesharr.demo.wire import Call, Fields, JsonObject, error, page_of, reply

_EVENT_NUMBERS = {
    "1": "grabbed",
    "3": "downloadFolderImported",
    "4": "downloadFailed",
    "6": "movieFileDeleted",
    "7": "movieFolderImported",
    "8": "movieFileRenamed",
    "9": "downloadIgnored",
}


class RadarrApi:
    """Adds Radarr's routes to its arr."""

    def __init__(self, library: RadarrLibrary) -> None:
        self._library = library
        library.arr.add_routes(
            ("GET", "/movie", self._movies),
            ("POST", "/movie", self._add),
            ("POST", "/movie/import", self._import),
            ("PUT", "/movie/editor", self._edit_many),
            ("DELETE", "/movie/editor", self._delete_many),
            ("GET", "/movie/lookup", self._lookup),
            ("GET", "/movie/lookup/tmdb", self._lookup_tmdb),
            ("GET", "/movie/{id}", self._movie),
            ("PUT", "/movie/{id}", self._put),
            ("DELETE", "/movie/{id}", self._delete),
            ("GET", "/movie/{id}/folder", self._folder),
            ("GET", "/moviefile", self._files),
            ("GET", "/moviefile/{id}", self._file),
            ("DELETE", "/moviefile/{id}", self._delete_file),
            ("DELETE", "/moviefile/bulk", self._delete_files),
            ("GET", "/wanted/missing", self._missing),
        )
        HistoryApi(
            rows=self._history_rows,
            resource=self._history_resource,
            belongs=lambda row, call: row.item_id in call.numbers("movieId"),
            numbers=_EVENT_NUMBERS,
            owner="movie",
        ).add_to(library.arr)
        QueueApi(library.queue_shown, self._queue_resource, _concerns, library.dequeue).add_to(library.arr)
        ExclusionApi(
            "/exclusions",
            "tmdbId",
            "movieTitle",
            rows=lambda: self._library.tables.exclusions,
            resource=exclusion_resource,
            exclude=self._exclude,
        ).add_to(library.arr)

    # -- movies -----------------------------------------------------------------------------

    def _movies(self, call: Call) -> httpx.Response:
        table, wanted = self._library.tables.movies, call.numbers("tmdbId")
        found = [row for tmdb in wanted for row in table.of("tmdb", tmdb)] if wanted else table.rows()
        return reply(200, movie_resources(self._library, found))

    def _movie(self, call: Call) -> httpx.Response:
        return reply(200, movie_resource(self._library, self._library.movie(call.id)))

    def _folder(self, call: Call) -> httpx.Response:
        return reply(200, {"folder": folder_name(self._library.movie(call.id).film)})

    def _lookup(self, call: Call) -> httpx.Response:
        """Look films up by `tmdb:N`, `imdb:tt..` or words; one in the library carries its id."""
        term = call.query.get("term", "").strip()
        kind, _, value = term.partition(":")
        if kind.lower() == "tmdb":
            film = self._library.film(int(value)) if value.strip().isdigit() else None
            films = [] if film is None else [film]
        else:
            self._library.film(0)
            words = value if kind.lower() == "imdb" else term.lower()
            films = [
                film
                for film in self._library.catalogue.values()
                if words and (words == film.imdb_id or words in film.title.lower())
            ]
        found: list[JsonObject] = []
        for film in films:
            known = self._library.by_tmdb(film.tmdb_id)
            own = {} if known is None else movie_resource(self._library, known)
            found.append({**lookup_resource(film), **own})
        return reply(200, found)

    def _lookup_tmdb(self, call: Call) -> httpx.Response:
        """Return one film of the metadata server, without an id even if it is in the library."""
        tmdb = next(iter(call.numbers("tmdbId")), 0)
        film = self._library.film(tmdb)
        if film is None:
            raise error(500, f"Movie with TMDb ID {tmdb} was not found, it may have been removed")
        return reply(200, lookup_resource(film))

    def _add(self, call: Call) -> httpx.Response:
        fields = call.fields()
        refuse(add_failures(self._library, fields))
        [movie] = self._library.insert([draft(self._library, fields)])
        return reply(201, movie_resource(self._library, movie))

    def _import(self, call: Call) -> httpx.Response:
        """Add several: paths are checked; duplicates are not, they break a constraint."""
        drafts = [draft(self._library, fields) for fields in call.items()]
        refuse(movie_path_failures(self._library, *(new.path for new in drafts)))
        return reply(200, movie_resources(self._library, self._library.insert(drafts)))

    def _put(self, call: Call) -> httpx.Response:
        """Replace the row: everything editable is taken from the body; what it omits is reset."""
        before = self._library.movie(call.id)
        fields = call.fields()
        path = str(fields.given("path", "")).rstrip("/")
        refuse(
            profile_failures(self._library.arr, fields)
            + movie_path_failures(self._library, path, own_id=call.id)
        )
        after = self._library.change(call.id, path=path, **editable(fields))
        if call.flag("moveFiles"):
            self._library.move_folder_later(before.path, after.path)
        return reply(202, movie_resource(self._library, after))

    def _edit_many(self, call: Call) -> httpx.Response:
        """Edit several movies: what is omitted stays; one unknown id fails the call."""
        fields = call.fields()
        movies = self._chosen(fields)
        changed = []
        for movie in movies:
            after = self._library.change(movie.id, **self._edits(movie, fields))
            if fields.given("moveFiles", False):
                self._library.move_folder_later(movie.path, after.path)
            changed.append(after)
        return reply(202, movie_resources(self._library, changed))

    def _edits(self, movie: Movie, fields: Fields) -> JsonObject:
        names = {
            "monitored": "monitored",
            "qualityProfileId": "quality_profile_id",
            "minimumAvailability": "minimum_availability",
        }
        return bulk_edits(fields, names, movie.path, movie.tags, folder_name(movie.film))

    def _delete(self, call: Call) -> httpx.Response:
        self._library.movie(call.id)
        exclude = call.flag("addImportExclusion")
        self._library.remove([call.id], call.flag("deleteFiles"), exclude)
        return reply(200, {})

    def _delete_many(self, call: Call) -> httpx.Response:
        fields = call.fields()
        self._library.remove(
            [movie.id for movie in self._chosen(fields)],
            bool(fields.given("deleteFiles", False)),
            bool(fields.given("addImportExclusion", False)),
        )
        return reply(200, {})

    def _chosen(self, fields: Fields) -> list[Movie]:
        return rows_with(self._library.tables.movies, fields.given("movieIds", []))

    # -- files ------------------------------------------------------------------------------

    def _files(self, call: Call) -> httpx.Response:
        movies, ids = call.numbers("movieId"), call.numbers("movieFileIds")
        if not movies and not ids:
            raise error(400, "movieId or movieFileIds must be provided")
        rows = self._library.tables.files.rows()
        found = [row for row in rows if row.item_id in movies or row.id in ids]
        return reply(200, [file_resource(row, self._library.movie(row.item_id)) for row in found])

    def _file(self, call: Call) -> httpx.Response:
        row = row_of(self._library.tables.files, call.id, "MovieFile")
        return reply(200, file_resource(row, self._library.movie(row.item_id)))

    def _delete_file(self, call: Call) -> httpx.Response:
        self._library.delete_file(call.id)
        return reply(200, {})

    def _delete_files(self, call: Call) -> httpx.Response:
        for file_id in call.fields().given("movieFileIds", []):
            self._library.delete_file(file_id)
        return reply(200, {})

    # -- history, queue, wanted -------------------------------------------------------------

    def _history_rows(self) -> list[HistoryRow]:
        return list(self._library.tables.history.values())

    def _history_resource(self, row: HistoryRow, call: Call) -> JsonObject:
        return history_resource(row, self._included(row.item_id, call))

    def _queue_resource(self, row: QueueRow, call: Call) -> JsonObject:
        return queue_resource(row, self._included(row.item_id, call))

    def _included(self, movie_id: int, call: Call) -> JsonObject | None:
        movie = self._library.tables.movies.get(movie_id)
        return movie_resource(self._library, movie) if movie and call.flag("includeMovie") else None

    def _missing(self, call: Call) -> httpx.Response:
        monitored = call.flag("monitored", default=True)
        movies = self._library.movies()
        found = [movie for movie in movies if not movie.file_id and movie.monitored is monitored]
        key = "movieMetadata.sortTitle"
        return reply(200, page_of(call, found, key, partial(movie_resource, self._library)))

    def _exclude(self, fields: Fields) -> Exclusion:
        year = int(fields.given("movieYear", 0))
        return self._library.exclude(int(fields["tmdbId"]), str(fields["movieTitle"]), year)


def _concerns(row: QueueRow, call: Call) -> bool:
    wanted = call.numbers("movieIds") + call.numbers("movieId")
    return not wanted or row.item_id in wanted
