"""Sonarr's routes for episodes and their files."""

from collections.abc import Sequence
from dataclasses import replace

import httpx

from mesharr.demo.wire import Call, Fields, JsonObject, error, page_of, reply
from tests.arrs.sonarr.api.resources import episode_resource, file_resource, series_resource
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import QUALITIES, Episode, EpisodeFile


class SonarrEpisodeApi:
    """Adds the routes of episodes and episode files to its arr."""

    def __init__(self, library: SonarrLibrary) -> None:
        self._library = library
        library.arr.add_routes(
            ("GET", "/episode", self._episodes),
            ("PUT", "/episode/monitor", self._monitor),
            ("GET", "/episode/{id}", self._episode),
            ("PUT", "/episode/{id}", self._put),
            ("GET", "/episodefile", self._files),
            ("PUT", "/episodefile/bulk", self._put_files),
            ("DELETE", "/episodefile/bulk", self._delete_files),
            ("GET", "/episodefile/{id}", self._file),
            ("DELETE", "/episodefile/{id}", self._delete_file),
            ("GET", "/wanted/missing", self._missing),
        )

    # -- episodes ---------------------------------------------------------------------------

    def _episodes(self, call: Call) -> httpx.Response:
        """List episodes by series and perhaps season, else by ids, else by file.

        One unknown id fails the call.
        """
        table = self._library.tables.episodes
        series, seasons = call.numbers("seriesId"), call.numbers("seasonNumber")
        ids, files = call.numbers("episodeIds"), call.numbers("episodeFileId")
        if series:
            rows = table.of("series", series[0])
            return self._shown([row for row in rows if not seasons or row.season in seasons], call)
        if ids:
            return self._shown(self._all_of(ids), call)
        if files:
            return self._shown(self._library.tables.episodes_of_file(files[0]), call)
        raise error(400, "seriesId or episodeIds must be provided")

    def _episode(self, call: Call) -> httpx.Response:
        return reply(200, self._resource(self._library.episode(call.id), file=True, series=True))

    def _put(self, call: Call) -> httpx.Response:
        """Change an episode; only the flag is taken from the body."""
        self._library.episode(call.id)
        self._library.monitor([call.id], bool(call.fields().given("monitored", False)))
        return reply(202, episode_resource(self._library.episode(call.id)))

    def _monitor(self, call: Call) -> httpx.Response:
        """Set flags of episodes; neither seasons nor series follow.

        One unknown id alone is a 404; among others it is a 500, *after* those that are known were set.
        """
        fields = call.fields()
        ids = [int(number) for number in fields.given("episodeIds", [])]
        if len(ids) == 1:
            self._library.episode(ids[0])
        self._library.monitor(ids, bool(fields.given("monitored", False)))
        return reply(202, [episode_resource(row) for row in self._all_of(ids)])

    def _missing(self, call: Call) -> httpx.Response:
        """List missing episodes that were on the air; monitored means that their series is, too."""
        monitored = call.flag("monitored", default=True)
        library = self._library
        on = {series.id for series in library.all_series() if series.monitored}
        rows = [
            row for row in library.missing_episodes() if (row.monitored and row.series_id in on) is monitored
        ]
        rows.sort(key=lambda row: (row.aired or "", row.id))
        if call.query.get("sortDirection", "ascending").lower() == "descending":
            rows.reverse()
        series = call.flag("includeSeries")
        page = page_of(call, rows, "episodes.airDateUtc", lambda row: self._resource(row, series=series))
        return reply(200, page)

    def _shown(self, rows: Sequence[Episode], call: Call) -> httpx.Response:
        file, series = call.flag("includeEpisodeFile"), call.flag("includeSeries")
        return reply(200, [self._resource(row, file=file, series=series) for row in rows])

    def _resource(self, row: Episode, *, file: bool = False, series: bool = False) -> JsonObject:
        library = self._library
        linked = library.tables.files.get(row.file_id) if file else None
        return episode_resource(
            row,
            series_resource(library, library.series(row.series_id)) if series else None,
            None if linked is None else file_resource(linked, library.series(row.series_id)),
        )

    def _all_of(self, ids: Sequence[int]) -> list[Episode]:
        rows = [self._library.tables.episodes.get(number) for number in dict.fromkeys(ids)]
        found = [row for row in rows if row is not None]
        if len(found) != len(ids):
            raise error(500, f"Expected query to return {len(ids)} rows but returned {len(found)}")
        return found

    # -- files ------------------------------------------------------------------------------

    def _files(self, call: Call) -> httpx.Response:
        series, ids = call.numbers("seriesId"), call.numbers("episodeFileIds")
        if series:
            rows = self._library.tables.files.of("series", self._library.series(series[0]).id)
        elif ids:
            rows = self._files_with(ids)
        else:
            raise error(400, "seriesId or episodeFileIds must be provided")
        return reply(200, [self._file_resource(row) for row in rows])

    def _file(self, call: Call) -> httpx.Response:
        return reply(200, self._file_resource(self._library.file(call.id)))

    def _put_files(self, call: Call) -> httpx.Response:
        """Change quality, release group and scene name of files; what is omitted stays."""
        bodies = {int(item.given("id", 0)): item for item in call.items()}
        rows = [self._edited(row, bodies[row.id]) for row in self._files_with(list(bodies))]
        for row in rows:
            self._library.tables.files[row.id] = row
        return reply(202, [self._file_resource(row) for row in rows])

    def _edited(self, row: EpisodeFile, body: Fields) -> EpisodeFile:
        quality = body.given("quality", {}).get("quality", {}).get("name")
        return replace(
            row,
            quality=row.quality if quality is None else QUALITIES.labelled(quality),
            release_group=body.given("releaseGroup", row.release_group),
            scene_name=body.given("sceneName", row.scene_name),
            release_type=body.given("releaseType", row.release_type),
        )

    def _delete_file(self, call: Call) -> httpx.Response:
        self._library.delete_file(call.id)
        return reply(200, {})

    def _delete_files(self, call: Call) -> httpx.Response:
        """Delete files; all are expected in the folder of the *first* one's series."""
        rows = self._files_with(call.fields().given("episodeFileIds", []))
        if not rows:
            raise error(500, "Sequence contains no elements")
        series = self._library.series(rows[0].item_id)
        for row in rows:
            self._library.delete_file(row.id, series=series)
        return reply(200, {})

    def _files_with(self, ids: Sequence[int]) -> list[EpisodeFile]:
        rows = [self._library.tables.files.get(number) for number in dict.fromkeys(ids)]
        found = [row for row in rows if row is not None]
        if len(found) != len(ids):
            raise error(500, f"Expected query to return {len(ids)} rows but returned {len(found)}")
        return found

    def _file_resource(self, row: EpisodeFile) -> JsonObject:
        return file_resource(row, self._library.series(row.item_id))
