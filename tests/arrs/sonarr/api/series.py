"""Sonarr's own routes: series, season pass, history, queue, exclusions.

Episodes have their own file.
"""

import httpx

from mesharr.demo.arr.api.records import ExclusionApi, HistoryApi, QueueApi
from mesharr.demo.arr.api.validation import bulk_edits, profile_failures, refuse, rows_with
from mesharr.demo.arr.records import HistoryRow, QueueRow
from mesharr.demo.wire import Call, Fields, JsonObject, error, reply
from tests.arrs.sonarr.api.resources import (
    episode_resource,
    exclusion_resource,
    history_resource,
    lookup_resource,
    queue_resource,
    series_list,
    series_resource,
)
from tests.arrs.sonarr.api.validation import (
    add_failures,
    draft,
    editable,
    season_of,
    series_path_failures,
    word,
)
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import Series, Show
from tests.arrs.sonarr.monitoring import apply
from tests.arrs.sonarr.names import series_folder

_EVENT_NUMBERS = {
    "1": "grabbed",
    "2": "seriesFolderImported",
    "3": "downloadFolderImported",
    "4": "downloadFailed",
    "5": "episodeFileDeleted",
    "6": "episodeFileRenamed",
    "7": "downloadIgnored",
}


class SonarrApi:
    """Adds Sonarr's routes to its arr."""

    def __init__(self, library: SonarrLibrary) -> None:
        self._library = library
        library.arr.add_routes(
            ("GET", "/series", self._all),
            ("POST", "/series", self._add),
            ("POST", "/series/import", self._import),
            ("PUT", "/series/editor", self._edit_many),
            ("DELETE", "/series/editor", self._delete_many),
            ("GET", "/series/lookup", self._lookup),
            ("GET", "/series/{id}", self._one),
            ("PUT", "/series/{id}", self._put),
            ("DELETE", "/series/{id}", self._delete),
            ("GET", "/series/{id}/folder", self._folder),
            ("POST", "/seasonpass", self._season_pass),
        )
        HistoryApi(
            rows=lambda: list(self._library.tables.history.values()),
            resource=self._history_resource,
            belongs=self._belongs,
            numbers=_EVENT_NUMBERS,
            owner="series",
        ).add_to(library.arr)
        QueueApi(library.queue_shown, self._queue_resource, _concerns, library.dequeue).add_to(library.arr)
        ExclusionApi(
            "/importlistexclusion",
            "tvdbId",
            "title",
            rows=lambda: self._library.tables.exclusions,
            resource=exclusion_resource,
            exclude=lambda fields: library.exclude(int(fields["tvdbId"]), str(fields["title"])),
        ).add_to(library.arr)

    # -- series -----------------------------------------------------------------------------

    def _all(self, call: Call) -> httpx.Response:
        wanted = call.numbers("tvdbId")
        rows = self._library.all_series()
        found = [series for series in rows if not wanted or series.tvdb_id in wanted]
        return reply(200, series_list(self._library, found))

    def _one(self, call: Call) -> httpx.Response:
        return reply(200, series_resource(self._library, self._library.series(call.id)))

    def _folder(self, call: Call) -> httpx.Response:
        return reply(200, {"folder": series_folder(self._library.series(call.id).show)})

    def _lookup(self, call: Call) -> httpx.Response:
        """Look shows up by `tvdb:N`, `imdb:tt..` or words.

        One in the library is listed as it is there.

        One that is in the library is found by its id without the metadata server.
        """
        term = call.query.get("term", "").strip()
        kind, _, value = term.partition(":")
        if kind.lower() == "tvdb":
            tvdb = int(value) if value.strip().isdigit() else 0
            known = self._library.by_tvdb(tvdb)
            if known is not None:
                return reply(200, [self._found(known.show)])
            show = self._asked(tvdb)
            return reply(200, [] if show is None else [self._found(show)])
        self._asked(0)
        words = value if kind.lower() == "imdb" else term.lower()
        shows = [
            show
            for show in self._library.catalogue.values()
            if words and (words == show.imdb_id or words in show.title.lower())
        ]
        return reply(200, [self._found(show) for show in shows])

    def _asked(self, tvdb: int) -> Show | None:
        if self._library.metadata_down:
            raise error(503, f"Search for 'tvdb:{tvdb}' failed. Unable to communicate with SkyHook.")
        return self._library.show(tvdb)

    def _found(self, show: Show) -> JsonObject:
        known = self._library.by_tvdb(show.tvdb_id)
        own = {} if known is None else series_resource(self._library, known)
        return {**lookup_resource(show), **own}

    def _add(self, call: Call) -> httpx.Response:
        fields = call.fields()
        refuse(add_failures(self._library, fields))
        [series] = self._library.insert([draft(self._library, fields)])
        return reply(201, series_resource(self._library, series))

    def _import(self, call: Call) -> httpx.Response:
        """Add several: a show twice in the batch is added once, one wrong path or show fails all.

        What is in the library already is no exception to that: its slug is taken, by itself.
        """
        drafts = {series.tvdb_id: series for series in self._drafts(call)}
        return reply(200, series_list(self._library, self._library.insert(list(drafts.values()))))

    def _drafts(self, call: Call) -> list[Series]:
        # the first of two wins
        return list(reversed([draft(self._library, fields) for fields in call.items()]))

    def _put(self, call: Call) -> httpx.Response:
        """Replace the row: what the body omits is reset, even TheTVDB id and seasons.

        Each season that is toggled takes all its episodes along.
        """
        before = self._library.series(call.id)
        fields = call.fields()
        path = str(fields.given("path", "")).rstrip("/")
        failures = profile_failures(self._library.arr, fields)
        refuse(failures + series_path_failures(self._library, path, call.id))
        row = Series(
            id=before.id,
            show=before.show,
            path=path,
            added=before.added,
            gone=before.gone,
            **editable(fields),
        )
        after = self._library.write(row, episodes_follow=True)
        if call.flag("moveFiles"):
            self._library.move_folder_later(before.path, after.path)
        return reply(202, series_resource(self._library, after))

    def _edit_many(self, call: Call) -> httpx.Response:
        """Edit several series: what is omitted stays, seasons and episodes too.

        One unknown id fails the call.
        """
        fields = call.fields()
        changed = []
        for series in self._chosen(fields):
            after = self._library.change(series.id, **self._edits(series, fields))
            if fields.given("moveFiles", False):
                self._library.move_folder_later(series.path, after.path)
            changed.append(after)
        return reply(202, series_list(self._library, changed))

    def _edits(self, series: Series, fields: Fields) -> JsonObject:
        names = {
            "monitored": "monitored",
            "qualityProfileId": "quality_profile_id",
            "seasonFolder": "season_folder",
        }
        words = {"monitorNewItems": "monitor_new_items", "seriesType": "series_type"}
        edits = bulk_edits(fields, names, series.path, series.tags, series_folder(series.show))
        return edits | {column: word(fields, name) for name, column in words.items() if fields.get(name)}

    def _season_pass(self, call: Call) -> httpx.Response:
        """Set flags of series and seasons; episodes follow only `monitoringOptions`."""
        fields = call.fields()
        options = fields.get("monitoringOptions")
        asked = [Fields(item) for item in fields.given("series", [])]
        rows = rows_with(self._library.tables.series, [int(item.given("id", 0)) for item in asked])
        for item, series in zip(asked, rows, strict=True):
            monitored = bool(item.given("monitored", series.monitored))
            if options is not None and word(Fields(options), "monitor") == "none":
                monitored = False
            flags = [season_of(Fields(season)) for season in item.given("seasons", [])]
            row = series.with_seasons({season.number: season.monitored for season in flags})
            self._write_pass(row, monitored, options)
        return reply(202, {})

    def _write_pass(self, row: Series, monitored: bool, options: JsonObject | None) -> None:
        tables = self._library.tables
        if options is not None:
            legacy = {"ignoreEpisodesWithFiles": False, "ignoreEpisodesWithoutFiles": False}
            episodes = tables.episodes.of("series", row.id)
            flags = apply(row, episodes, {**legacy, **options}, self._library.arr.now())
            if flags is None:
                return
            for episode in flags.episodes:
                tables.episodes[episode.id] = episode
            row = flags.series
        self._library.change(row.id, monitored=monitored, seasons=row.seasons)

    def _delete(self, call: Call) -> httpx.Response:
        """Delete one series; an unknown id is a 500, as in the bulk delete."""
        [series] = rows_with(self._library.tables.series, [call.id])
        exclude = call.flag("addImportListExclusion")
        self._library.remove([series.id], call.flag("deleteFiles"), exclude)
        return reply(200, {})

    def _delete_many(self, call: Call) -> httpx.Response:
        fields = call.fields()
        self._library.remove(
            [series.id for series in self._chosen(fields)],
            bool(fields.given("deleteFiles", False)),
            bool(fields.given("addImportListExclusion", False)),
        )
        return reply(200, {})

    def _chosen(self, fields: Fields) -> list[Series]:
        return rows_with(self._library.tables.series, fields.given("seriesIds", []))

    # -- history and queue ------------------------------------------------------------------

    def _belongs(self, row: HistoryRow, call: Call) -> bool:
        if row.item_id not in call.numbers("seriesId"):
            return False
        seasons = call.numbers("seasonNumber")
        episode = self._library.tables.episodes.get(row.part_id)
        return not seasons or (episode is not None and episode.season in seasons)

    def _history_resource(self, row: HistoryRow, call: Call) -> JsonObject:
        return {**history_resource(row), **self._included(row, call)}

    def _queue_resource(self, row: QueueRow, call: Call) -> JsonObject:
        episode = self._library.tables.episodes.get(row.part_id)
        return {**queue_resource(row, episode), **self._included(row, call)}

    def _included(self, row: HistoryRow | QueueRow, call: Call) -> JsonObject:
        """Return the series and the episode of a row that the client asked for."""
        series = self._library.tables.series.get(row.item_id)
        episode = self._library.tables.episodes.get(row.part_id)
        about: JsonObject = {}
        if call.flag("includeSeries") and series is not None:
            about["series"] = series_resource(self._library, series)
        if call.flag("includeEpisode") and episode is not None:
            about["episode"] = episode_resource(episode)
        return about


def _concerns(row: QueueRow, call: Call) -> bool:
    series = call.numbers("seriesIds") + call.numbers("seriesId")
    episodes = call.numbers("episodeIds")
    if series:
        return row.item_id in series
    return not episodes or row.part_id in episodes
