"""A Sonarr in this process: its API, its library on a real folder, and what its user does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mesharr.demo.arr.api.validation import refuse
from mesharr.demo.arr.commands import Command, Steps
from mesharr.demo.arr.definition import MEDIA_MANAGEMENT, MEDIA_RESETS, AppDefinition
from mesharr.demo.arr.downloads import Download
from mesharr.demo.arr.library_app import Backup, LibraryApp
from mesharr.demo.arr.notifications.sender import Notification
from mesharr.demo.arr.releases import Release
from mesharr.demo.disk.folders import ScanDir
from tests.arrs.sonarr.api.episodes import SonarrEpisodeApi
from tests.arrs.sonarr.api.resources import episode_quality
from tests.arrs.sonarr.api.series import SonarrApi
from tests.arrs.sonarr.api.validation import series_path_failures
from tests.arrs.sonarr.commands import COMMANDS, SonarrCommands
from tests.arrs.sonarr.downloads import SonarrDownloads
from tests.arrs.sonarr.library import SonarrLibrary
from tests.arrs.sonarr.model import QUALITIES, Broadcast, Episode, EpisodeFile, Season, Series, Show, weekly
from tests.arrs.sonarr.monitoring import add_options
from tests.arrs.sonarr.names import series_folder
from tests.arrs.sonarr.notifications.events import TRIGGERS

__all__ = ["Backup", "Broadcast", "Show", "SimulatedSonarr", "weekly"]

_MEDIA_MANAGEMENT = {
    **MEDIA_MANAGEMENT,
    "autoUnmonitorPreviouslyDownloadedEpisodes": False,
    "createEmptySeriesFolders": False,
    "episodeTitleRequired": "always",
    "useScriptImport": False,
    "scriptImportPath": "",
    "enableMediaInfo": True,
}
_NAMING = {
    "renameEpisodes": True,
    "replaceIllegalCharacters": True,
    "colonReplacementFormat": 4,
    "customColonReplacementFormat": "",
    "multiEpisodeStyle": 5,
    "standardEpisodeFormat": "{Series Title} - S{season:00}E{episode:00} - {Episode Title} {Quality Title}",
    "dailyEpisodeFormat": "{Series Title} - {Air-Date} - {Episode Title} {Quality Title}",
    "animeEpisodeFormat": (
        "{Series Title} - S{season:00}E{episode:00} - {absolute:000} - {Episode Title} {Quality Title}"
    ),
    "seriesFolderFormat": "{Series Title}",
    "seasonFolderFormat": "Season {season:00}",
    "specialsFolderFormat": "Specials",
}
DEFINITION = AppDefinition(
    app="Sonarr",
    version="4.0.19.3000",
    triggers=TRIGGERS,
    refresh_command="RefreshSeries",
    ids_property="seriesIds",
    commands=COMMANDS,
    qualities=tuple(episode_quality(quality)["quality"] for quality in QUALITIES.all()),
    config={
        "mediamanagement": dict(_MEDIA_MANAGEMENT),
        "naming": dict(_NAMING),
        "importlist": {"listSyncLevel": "disabled", "listSyncTag": 0},
    },
    config_resets={**MEDIA_RESETS, "episodeTitleRequired": "always", "listSyncLevel": "disabled"},
)


class SimulatedSonarr(LibraryApp[SonarrLibrary, Mapping[int, Show]]):
    """Sonarr 4 for one household. `handle` answers its API.

    The other methods are what its user and download client do.

    `library.metadata_down` breaks the metadata server, `library.catalogue` is what it knows, by
    TheTVDB id: it may grow, and hold a show under an id that was merged into the show's own.
    `searches` holds the episodes searched through the API, or because of it, as (TheTVDB id, season,
    number).

    `between` is called with a stage and a series' id: `"metadata"` when a refresh has read the row and
    not yet written it, `"episodes"` when it has read the episodes and not yet written them, `"scan"` when
    a scan has listed the folder and not yet changed a row.
    """

    definition = DEFINITION

    def open_library(self, catalogue: Mapping[int, Show], scandir: ScanDir) -> SonarrLibrary:
        """Make the library, and add Sonarr's routes and commands."""
        library = SonarrLibrary(self, catalogue, scandir)
        self._downloads = SonarrDownloads(library)
        self._commands = SonarrCommands(library, self._downloads)
        SonarrApi(library)
        SonarrEpisodeApi(library)
        return library

    # -- what tests read --------------------------------------------------------------------

    @property
    def searches(self) -> list[tuple[int, int, int]]:
        """Episodes that a request made Sonarr search for."""
        return self.library.searches

    def series(self, tvdb: int) -> Series:
        """Return the row of the show; KeyError when it is not in the library."""
        found = self.library.by_tvdb(tvdb)
        if found is None:
            raise KeyError(tvdb)
        return found

    def episode(self, tvdb: int, season: int, number: int) -> Episode:
        """Return the row of one episode; KeyError when Sonarr does not know it."""
        return self._places(tvdb)[season, number]

    def file(self, tvdb: int, season: int, number: int) -> EpisodeFile | None:
        """Return the file row linked to the episode."""
        return self.library.tables.files.get(self.episode(tvdb, season, number).file_id)

    def files(self, tvdb: int) -> list[EpisodeFile]:
        """Return all file rows of a series."""
        return self.library.tables.files.of("series", self.series(tvdb).id)

    # -- what the user and the download client do -------------------------------------------

    def add(
        self, tvdb: int, monitored: bool = True, *, path: str | None = None, monitor: str = "all"
    ) -> Series:
        """Add a show as the web page does: a refresh with scan is queued, SeriesAdd follows that.

        Without workers the refresh waits for `run_commands`. `monitor` is the choice of the page.
        """
        show = self.library.catalogue[tvdb]
        root = next(iter(self.common.roots.values()))
        draft = Series(
            id=0,
            tvdb_id=show.tvdb_id,
            show=show,
            path=path or f"{root}/{series_folder(show)}",
            quality_profile_id=next(iter(self.common.profiles)),
            monitored=monitored and monitor != "none",
            season_folder=True,
            series_type=show.type,
            seasons=tuple(Season(number, number > 0) for number in show.seasons),
            add_options=add_options({"monitor": monitor}),
        )
        refuse(series_path_failures(self.library, draft.path))
        return self.library.insert([draft])[0]

    def grab(
        self, tvdb: int, season: int, *numbers: int, quality: str = "WEBDL-1080p", size: int = 4096
    ) -> Release:
        """Send a release to the client: Grab, and per episode a queue row and a history row.

        Without numbers it is the whole season.
        """
        episodes = self._episodes(tvdb, season, numbers)
        label = QUALITIES.labelled(quality)
        return self._downloads.grab(self.series(tvdb), episodes, label, size, pack=not numbers)

    def download(
        self,
        tvdb: int,
        season: int,
        *numbers: int,
        name: str | None = None,
        size: int = 4096,
        quality: str = "WEBDL-1080p",
        release_group: str = "GRP",
        extras: Mapping[str, bytes] | None = None,
        content: bytes | None = None,
    ) -> EpisodeFile:
        """Import a finished download: one file for these episodes; files they have are upgraded.

        `name` is its path below the series' folder. `content` is the file; without it the file has
        `size` bytes, most of them a hole. `extras` are written beside it, by relative name.
        """
        download = Download(
            QUALITIES.labelled(quality),
            size,
            release_group,
            name,
            content,
            extras or {},
            self.imports_by_hand,
        )
        episodes = self._episodes(tvdb, season, numbers)
        [file] = self._downloads.complete(self.series(tvdb), [episodes], download, pack=False)
        return file

    def download_season(
        self, tvdb: int, season: int, *, size: int = 4096, quality: str = "WEBDL-1080p"
    ) -> list[EpisodeFile]:
        """Import a season pack: a file and a Download for each episode, and one for the whole."""
        groups = [[episode] for episode in self._episodes(tvdb, season, ())]
        download = Download(QUALITIES.labelled(quality), size)
        return self._downloads.complete(self.series(tvdb), groups, download, pack=True)

    def rename(self, tvdb: int, season: int, number: int, new_name: str) -> EpisodeFile:
        """Give the episode's file another path below the series' folder: Rename, the id stays."""
        file_id = self.episode(tvdb, season, number).file_id
        [file] = self._downloads.rename(self.series(tvdb), {file_id: new_name})
        return file

    def exchange_episodes(self, tvdb: int, season: int, one: int, other: int) -> None:
        """Exchange the numbers of two episodes, as TheTVDB does it and a refresh follows: no event.

        Their files stay linked to them, and keep their names.
        """
        first, second = self.episode(tvdb, season, one), self.episode(tvdb, season, other)
        episodes = self.library.tables.episodes
        episodes[first.id] = replace(first, known=replace(first.known, number=other))
        episodes[second.id] = replace(second, known=replace(second.known, number=one))

    def delete_file(self, tvdb: int, season: int, number: int) -> None:
        """Delete the episode's file in the web page: from the disk too, EpisodeFileDelete(manual).

        As with `delete`, no request was made: `deleted_media` does not list it.
        """
        self.library.delete_file(self.episode(tvdb, season, number).file_id, requested=False)

    def delete(self, tvdb: int, delete_files: bool = False, *, exclude: bool = False) -> None:
        """Remove the show from the library: SeriesDelete; with `delete_files` its folder at once."""
        self.library.remove([self.series(tvdb).id], delete_files, exclude, requested=False)

    def set_monitored(
        self, tvdb: int, flag: bool, *, season: int | None = None, number: int | None = None
    ) -> None:
        """Click a bookmark: the series', a season's (its episodes follow) or an episode's. No event."""
        series = self.series(tvdb)
        if season is None:
            self.library.change(series.id, monitored=flag)
        elif number is None:
            self.library.write(series.with_seasons({season: flag}), episodes_follow=True)
        else:
            self.library.monitor([self.episode(tvdb, season, number).id], flag)

    def edit(self, tvdb: int, **columns: Any) -> Series:
        """Edit the series in the web page without moving files: `path`, `tags`, … No event."""
        return self.library.write(replace(self.series(tvdb), **columns), episodes_follow=True)

    def daily_refresh(self) -> None:
        """Do the scheduled refresh of every series, with a scan if the settings say `always`."""
        self._commands.refresh.all(manual=False)

    # -- for the base class -------------------------------------------------------------------

    def run_command(self, command: Command) -> None:
        """Run one of Sonarr's commands."""
        if command.name == "Housekeeping":
            self.housekeeping()
        else:
            self._commands.run(command)

    def slow_command(self, command: Command) -> Steps | None:
        """Return the steps of a refresh that takes time: one series after another."""
        if command.name != "RefreshSeries" or not self.library.facts.refresh_seconds:
            return None
        return self._refreshed_slowly(command)

    def _refreshed_slowly(self, command: Command) -> Steps:
        asked = list(command.body["seriesIds"])
        for series_id in asked or [series.id for series in self.library.all_series()]:
            yield self.now() + self.library.facts.refresh_seconds
            self.run_command(replace(command, body={**command.body, "seriesIds": [series_id]}))

    def housekeeping(self) -> None:
        """Do it, and drop the rows of files that hold no episode.

        A scan knows their paths until then.
        """
        super().housekeeping()
        with self.lock:
            self.library.drop_unlinked_files()

    def test_notification(self) -> Notification:
        """Return Sonarr's test event."""
        return self.library.events.test()

    def _places(self, tvdb: int) -> dict[tuple[int, int], Episode]:
        return {row.place: row for row in self.library.tables.episodes.of("series", self.series(tvdb).id)}

    def _episodes(self, tvdb: int, season: int, numbers: Sequence[int]) -> list[Episode]:
        rows = self._places(tvdb)
        wanted = numbers or sorted(number for its_season, number in rows if its_season == season)
        return [rows[season, number] for number in wanted]
