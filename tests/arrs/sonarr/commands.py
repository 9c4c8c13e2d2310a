"""Sonarr's commands: what each is called, what it takes, and what it does."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.manual_import import given_files
from mesharr.demo.wire import JsonObject
from tests.arrs.sonarr.downloads import SonarrDownloads
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.manual_import import SonarrManualImport
from tests.arrs.sonarr.refresh import SonarrRefresh
from tests.arrs.sonarr.scan import SonarrScan

COMMANDS: Mapping[str, Mapping[str, object]] = {
    "RescanSeries": {"seriesId": None},
    "RefreshSeries": {"seriesIds": [], "seriesId": None, "isNewSeries": False},
    "RenameFiles": {"seriesId": 0, "files": []},
    "RenameSeries": {"seriesIds": []},
    "SeriesSearch": {"seriesId": 0},
    "SeasonSearch": {"seriesId": 0, "seasonNumber": 0},
    "EpisodeSearch": {"episodeIds": []},
    "MissingEpisodeSearch": {"seriesId": None, "monitored": True},
    "CutoffUnmetEpisodeSearch": {"seriesId": None, "monitored": True},
    "DownloadedEpisodesScan": {"path": None, "downloadClientId": None, "importMode": "auto"},
    "ManualImport": {"files": [], "importMode": "auto"},
    "Housekeeping": {},
}


class SonarrCommands:
    """Runs the commands that concern the library; those without a handler here do nothing."""

    def __init__(self, library: SonarrLibrary, downloads: SonarrDownloads) -> None:
        self._library = library
        self._downloads = downloads
        self._scan = SonarrScan(library)
        self.refresh = SonarrRefresh(library, self._scan)
        self._manual_import = SonarrManualImport(library, downloads)
        self._handlers: Mapping[str, Callable[[JsonObject], None]] = {
            "RescanSeries": self._rescan,
            "ManualImport": lambda body: self._manual_import.run(given_files(body), str(body["importMode"])),
            "RenameFiles": lambda body: self._rename(body["seriesId"], body["files"]),
            "RenameSeries": self._rename_series,
            "SeriesSearch": lambda body: self._search_monitored(body["seriesId"]),
            "SeasonSearch": lambda body: self._search_monitored(body["seriesId"], body["seasonNumber"]),
            "EpisodeSearch": self._search_episodes,
            "MissingEpisodeSearch": self._search_missing,
        }

    def run(self, command: Command) -> None:
        """Do what a command says; what it raises makes the command fail."""
        handler = self._handlers.get(command.name)
        if handler is not None:
            handler(command.body)
        elif command.name == "RefreshSeries":
            self._refresh(command.body, manual=command.trigger != "scheduled")

    def _rescan(self, body: JsonObject) -> None:
        """Scan one series, or all of them."""
        library, series_id = self._library, body["seriesId"]
        rows = library.all_series() if series_id is None else [library.series(series_id)]
        for row in rows:
            self._scan.scan(row)

    def _refresh(self, body: JsonObject, *, manual: bool) -> None:
        ids = list(body["seriesIds"]) or ([] if body["seriesId"] is None else [body["seriesId"]])
        if ids:
            self.refresh.chosen(ids, new=bool(body["isNewSeries"]))
        else:
            self.refresh.all(manual=manual)

    def _rename_series(self, body: JsonObject) -> None:
        for series_id in body["seriesIds"]:
            files = self._library.tables.files.of("series", series_id)
            self._rename(series_id, [file.id for file in files])

    def _rename(self, series_id: int, file_ids: Sequence[int]) -> None:
        series = self._library.series(series_id)
        files = [self._library.file(file_id) for file_id in file_ids]
        names = {file.id: self._downloads.named_by_settings(series, file) for file in files}
        self._downloads.rename(series, names)

    def _search_monitored(self, series_id: int, season: int | None = None) -> None:
        rows = self._library.tables.episodes.of("series", self._library.series(series_id).id)
        self._library.search(row for row in rows if row.monitored and season in (None, row.season))

    def _search_episodes(self, body: JsonObject) -> None:
        self._library.search([self._library.episode(number) for number in body["episodeIds"]])

    def _search_missing(self, body: JsonObject) -> None:
        """Search missing episodes.

        Of one series, monitored or not, else of those that are monitored.
        """
        library, series_id = self._library, body["seriesId"]
        on = {series.id for series in library.all_series() if series.monitored}
        chosen = on if series_id is None else {series_id}
        rows = library.missing_episodes()
        library.search(row for row in rows if row.monitored and row.series_id in chosen)
