"""Sonarr's library: its rows, and what adds, edits and deletes do to them and to the disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mesharr.demo.arr.api.validation import row_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.library import Library
from mesharr.demo.arr.records import HistoryRow
from mesharr.demo.disk.folders import ScanDir, refuse_unmounted
from mesharr.demo.wire import error, iso
from tests.arrs.sonarr.model import Episode, EpisodeFile, Series, Show, SonarrTables
from tests.arrs.sonarr.notifications.events import SonarrEvents

_NO_HISTORY = ("noLinkedEpisodes", "manualOverride")
_KEEP_MONITORED = ("upgrade", "manualOverride", "missingFromDisk")


class SonarrLibrary(Library[SonarrTables]):
    """One Sonarr's series; refreshes and scans have their own files."""

    def __init__(self, arr: SimulatedApp, catalogue: Mapping[int, Show], scandir: ScanDir) -> None:
        super().__init__(arr, SonarrTables(), scandir)
        self.events = SonarrEvents(arr)
        self.catalogue = catalogue
        self.searches: list[tuple[int, int, int]] = []
        self.missing: dict[int, set[int]] = {}
        """Per series the episodes that its running scan found without their file."""

    # -- reading ----------------------------------------------------------------------------

    def series(self, series_id: int) -> Series:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.series, series_id, "Series")

    def all_series(self) -> list[Series]:
        """Return all rows, by id."""
        return self.tables.series.rows()

    def items(self) -> Sequence[Series]:
        """Return all series."""
        return self.all_series()

    def by_tvdb(self, tvdb_id: int) -> Series | None:
        """Return the series with this TheTVDB id, if it is in the library."""
        return next(iter(self.tables.series.of("tvdb", tvdb_id)), None)

    def episode(self, episode_id: int) -> Episode:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.episodes, episode_id, "Episode")

    def file(self, file_id: int) -> EpisodeFile:
        """Return the row as it is now; an unknown id is a 404."""
        return row_of(self.tables.files, file_id, "EpisodeFile")

    def show(self, tvdb_id: int) -> Show | None:
        """Return what the metadata server knows.

        None for an unknown id, a 500 when it does not answer.
        """
        if self.metadata_down:
            raise error(500, "Unable to communicate with SkyHook.")
        return self.catalogue.get(tvdb_id)

    # -- rows -------------------------------------------------------------------------------

    def insert(self, drafts: Sequence[Series]) -> list[Series]:
        """Add series: rows first, then one refresh queued per series.

        No event before their first scan.
        """
        with self.arr.lock:
            now = self.arr.now()
            added = [replace(draft, id=self.arr.next_id("series"), added=now) for draft in drafts]
            for series in added:
                self.tables.series[series.id] = series
        for series in added:
            body = {"seriesIds": [series.id], "seriesId": None, "isNewSeries": True}
            self.arr.commands.submit("RefreshSeries", body, "unspecified")
        return added

    def change(self, series_id: int, **fields: object) -> Series:
        """Set columns of the row as it is *now*; no event, as for every edit. Episodes stay."""
        with self.arr.lock:
            changed = replace(self.series(series_id), **fields)  # type: ignore[arg-type]
            self.tables.series[series_id] = changed
        return changed

    def write(self, row: Series, *, episodes_follow: bool) -> Series:
        """Write a whole row over the one there is, except for its add options.

        With `episodes_follow` each season whose flag differs from the stored one takes all its
        episodes along, as for an edit in the web page. A 404 when the series is gone.
        """
        with self.arr.lock:
            stored = self.series(row.id)
            if episodes_follow:
                for season in row.seasons:
                    before = stored.season(season.number)
                    if before is not None and before.monitored != season.monitored:
                        self._monitor_season(row.id, season.number, season.monitored)
            written = replace(row, add_options=stored.add_options)
            self.tables.series[row.id] = written
        return written

    def monitor(self, episode_ids: Iterable[int], monitored: bool) -> None:
        """Set the flag of those episodes that there are; neither season nor series follows."""
        with self.arr.lock:
            for row in [self.tables.episodes.get(episode_id) for episode_id in episode_ids]:
                if row is not None:
                    self.tables.episodes[row.id] = replace(row, monitored=monitored)

    def _monitor_season(self, series_id: int, number: int, monitored: bool) -> None:
        episodes = self.tables.episodes.of("series", series_id)
        self.monitor([episode.id for episode in episodes if episode.season == number], monitored)

    def remove(
        self, series_ids: Sequence[int], delete_files: bool, exclude: bool, *, requested: bool = True
    ) -> None:
        """Delete series with all their rows and their history.

        SeriesDelete for each, nothing per file.

        With `delete_files` the whole folder goes too: when `requested` over the API,
        after the reply, and `disposal.requested` lists its files; else at once.
        """
        rows = [self.series(series_id) for series_id in series_ids]
        with self.arr.lock:
            self.tables.forget(series_ids)
            self.forget_history(set(series_ids))
        for series in rows:
            if exclude:
                self.exclude(series.tvdb_id, series.show.title)
            self.events.deleted(series, delete_files)
            if delete_files:
                self.delete_folder(series.path, requested=requested, later=requested)

    # -- files ------------------------------------------------------------------------------

    def attach(self, file: EpisodeFile, episodes: Sequence[Episode]) -> EpisodeFile:
        """Add a file's row and link it to episodes: only their file ids change."""
        with self.arr.lock:
            file = replace(file, id=self.arr.next_id("files"), date_added=self.arr.now())
            self.tables.files[file.id] = file
            for episode in episodes:
                row = self.tables.episodes.get(episode.id)
                if row is not None:
                    self.tables.episodes[row.id] = replace(row, file_id=file.id)
                self.missing.get(file.item_id, set()).discard(episode.id)
        return file

    def detach(self, series: Series, file: EpisodeFile, reason: str) -> None:
        """Drop a file's row: its episodes lose it, perhaps their flag; history; EpisodeFileDelete.

        What is missing from the disk loses the flag only at the end of the scan, if nothing replaced
        it. A file that linked no episode any more goes without an event. The disk is not touched.
        """
        unmonitor = bool(self.media_setting("autoUnmonitorPreviouslyDownloadedEpisodes"))
        with self.arr.lock:
            episodes = self.tables.episodes_of_file(file.id)
            if file.id in self.tables.files:
                del self.tables.files[file.id]
            drop = unmonitor and reason not in _KEEP_MONITORED
            for row in episodes:
                monitored = row.monitored and not drop
                self.tables.episodes[row.id] = replace(row, file_id=0, monitored=monitored)
            if unmonitor and reason == "missingFromDisk":
                self.missing.setdefault(series.id, set()).update(episode.id for episode in episodes)
        if reason not in _NO_HISTORY:
            data = {"reason": reason[0].upper() + reason[1:], "size": str(file.size)}
            self.record_each(episodes, "episodeFileDeleted", file.path_in(series.path), file, data)
        if episodes:
            self.events.file_deleted(series, episodes, file, reason)

    def scans(self, command: Command, item_id: int) -> bool:
        """Return whether a command scans this series by its id."""
        body = command.body
        if command.name not in {"RescanSeries", "RefreshSeries"}:
            return False
        return bool(body.get("seriesId") == item_id or item_id in body.get("seriesIds", ()))

    def drop_rows_at(self, series: Series, relative_path: str) -> list[EpisodeFile]:
        """Drop and return the rows of a file that gets a new one: EpisodeFileDelete, manualOverride."""
        files = self.tables.files.of("series", series.id)
        rows = [file for file in files if file.relative_path == relative_path]
        for file in rows:
            self.detach(series, file, "manualOverride")
        return rows

    def drop_unlinked_files(self) -> None:
        """Drop the rows of files that hold no episode, without an event."""
        for file in self.tables.files.rows():
            if not self.tables.episodes_of_file(file.id):
                del self.tables.files[file.id]

    def delete_file(self, file_id: int, *, series: Series | None = None, requested: bool = True) -> None:
        """Delete a file from the disk too; 409 when the folder above looks unmounted.

        It is expected in the folder of `series`, by default its own. `requested` says that a request
        wants it: then `disposal.requested` lists it.
        """
        file = self.file(file_id)
        series = series or self.series(file.item_id)
        refuse_unmounted(series.path, "Series")
        self.disposal.delete_file(file.path_in(series.path), requested=requested)
        self.detach(self.series(file.item_id), file, "manual")

    # -- history and searches ---------------------------------------------------------------

    def record_each(
        self,
        episodes: Sequence[Episode],
        event_type: str,
        source_title: str,
        file: EpisodeFile,
        data: Mapping[str, str | None],
        download_id: str | None = None,
    ) -> None:
        """Write a history row for each episode of a file."""
        given = {**data, "releaseType": file.release_type[0].upper() + file.release_type[1:]}
        for episode in episodes:
            ids = episode.series_id, episode.id
            self.record(HistoryRow(*ids, event_type, source_title, file.quality, given, download_id))

    def search(self, episodes: Iterable[Episode]) -> None:
        """Search releases; only noted, by TheTVDB id of the series, season and number."""
        for episode in episodes:
            self.searches.append((self.series(episode.series_id).tvdb_id, *episode.place))

    def missing_episodes(self) -> list[Episode]:
        """Return the episodes without a file that were on the air, monitored or not."""
        now = iso(self.arr.now())
        rows = self.tables.episodes.values()
        return [row for row in rows if not row.file_id and row.aired is not None and row.aired < now]
