"""Adapt Sonarr 4 and 5 (API v3): a series is an item, an episode a unit (`S02E01`).

Sonarr downloads an episode when it and its series are monitored; the flag of a season only decides about
later episodes, and is never changed. No request made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, Commands, MediaFile, QueueRow, ServerError, date_of
from mesharr.arr.shared.file_import import FileImports, FileNames, Ids, RecentAnswers
from mesharr.arr.shared.monitor_api import MonitorApi
from mesharr.arr.shared.profiles_tags import Labels
from mesharr.arr.shared.read_cache import ListedItem, ReadCache
from mesharr.arr.shared.setting_checks import (
    RecommendedSetting,
    SettingsApi,
    recommended_settings,
)
from mesharr.arr.shared.signal_parsing import HistoryRow, grab_outcomes, group_downloads, merge_signals
from mesharr.arr.sonarr.signals import EVENT_TYPES, HISTORY_KINDS, EpisodeNumber, parse_script, parse_webhook
from mesharr.core.arr.model import (
    ArrFile,
    ArrHistory,
    ArrItem,
    ArrScans,
    Download,
    FileToImport,
    NewItem,
    SettingProblem,
    Signal,
)
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"tvdb:([1-9][0-9]{0,8})")
_API: Final = "/api/v3"
_SERIES: Final = f"{_API}/series"
_TYPES: Final = ("standard", "daily", "anime")
_with = msgspec.structs.replace


class _Row(ListedItem, frozen=True, kw_only=True):
    tvdb_id: int = 0
    tv_maze_id: int = 0
    tmdb_id: int = 0
    imdb_id: str | None = None
    title: str = ""
    year: int = 0
    series_type: str = ""
    seasons: Any = None

    @property
    def ids(self) -> Mapping[str, int | str]:
        named = {"tvdb": self.tvdb_id, "tmdb": self.tmdb_id, "tvmaze": self.tv_maze_id, "imdb": self.imdb_id}
        return {name: id_ for name, id_ in named.items() if id_}


class _Episode(EpisodeNumber, frozen=True):
    id: int
    tvdb_id: int = 0
    monitored: bool = False
    episode_file_id: int = 0
    episode_file: MediaFile | None = None


class _HistoryEntry(HistoryRow, frozen=True):
    series: _Row | None = None
    episode: EpisodeNumber | None = None  # a file of several episodes has a row for each

    def signals(self) -> tuple[Signal, ...]:
        if self.series is None or not self.series.tvdb_id:
            return ()
        units = (self.episode.unit,) if self.episode else ()
        id_, folder = f"tvdb:{self.series.tvdb_id}", self.series.path
        return self.to_signals(Signal(kind="grabbed", id=id_, folder=folder, units=units), HISTORY_KINDS)


class _QueueEntry(QueueRow, frozen=True):
    series: _Row | None = None
    episode: EpisodeNumber | None = None


class Sonarr:
    """A running Sonarr. `mesharr.arr.base.Arr` documents each method."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Sonarr")
        self._settings = SettingsApi(self._api)
        self._commands = Commands(self._api, ("seriesId", "seriesIds"))
        self._labels = Labels(self._api)
        self._flags = MonitorApi(
            self._api, (f"{_API}/episode/monitor", "episodeIds"), (f"{_SERIES}/editor", "seriesIds")
        )
        self._cache: ReadCache[_Row] = ReadCache(
            self._api,
            lambda row: self._arr_item(row, self._episodes_with_files(row.id)),
            lambda row: self._arr_item(row, ()),
            "episodeFileCount",
            clock,
        )
        self._recent: RecentAnswers[int, Sequence[_Episode]] = RecentAnswers(self._api, self._episodes, clock)
        names = FileNames(self._api, self._labels.profiles, has_languages=True, clock=clock)
        self._imports = FileImports(self._api, self._commands, names, self._import_ids)

    def read(self, item: str) -> ArrItem | None:
        if not (tvdb := _ID.fullmatch(item)):
            return None
        rows = self._api.ask(list[_Row], "GET", _SERIES, params={"tvdbId": tvdb[1]})
        rows = [row for row in rows if row.tvdb_id == int(tvdb[1])]
        self._labels.load(rows)
        return self._cache.read(rows[0]) if rows else None

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is requested by its id
        return frozenset()

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        rows = [row for row in self._api.ask(list[_Row], "GET", _SERIES) if row.tvdb_id]
        self._labels.load(rows, refresh=True, recent=recent)
        yield from self._cache.read_all(rows)

    def _arr_item(self, row: _Row, episodes: Sequence[_Episode]) -> ArrItem:
        profile, tags = self._labels.names_of(row)
        return ArrItem(
            ref=row.id,
            id=f"tvdb:{row.tvdb_id}",
            kind="series",
            ids=row.ids,
            title=row.title,
            year=row.year,
            folder=row.path,
            profile=profile,
            tags=tags,
            monitored={each.unit: row.monitored and each.monitored for each in episodes},
            files=tuple(_files(row.path, episodes)),
            series_type=row.series_type,
            checks=_checks(episodes),
        )

    def _episodes(self, ref: int, **more: str) -> list[_Episode]:
        query = {"seriesId": str(ref), **more}
        return self._api.ask(list[_Episode], "GET", f"{_API}/episode", params=query)

    def _episodes_with_files(self, ref: int) -> list[_Episode]:
        """The episodes with their files, which an older Sonarr does not send along."""
        episodes = self._episodes(ref, includeEpisodeFile="true")
        self._recent.keep(ref, episodes)
        if not any(each.episode_file_id and each.episode_file is None for each in episodes):
            return episodes
        query = {"seriesId": str(ref)}
        listed = self._api.ask(list[MediaFile], "GET", f"{_API}/episodefile", params=query)
        files = {file.id: file for file in listed}
        return [_with(each, episode_file=files.get(each.episode_file_id)) for each in episodes]

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:  # noqa: ARG002 - episodes are units
        return item

    def check_settings(self) -> None:
        self._settings.check_list_cleaning("series", _LISTS_FIX)

    def setting_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.problems(_RECOMMENDED, "importlist")

    def roots(self) -> Mapping[str, bool]:
        return self._settings.roots()

    def has_file(self, path: str) -> bool:
        return self._settings.has_file(path)

    def add(self, item: NewItem) -> None:
        self._api.add(_SERIES, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        body = [self._new(item, recent=True) for item in items]
        self._api.add_many(list[Any], f"{_SERIES}/import", body)
        return ()

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (tvdb := _ID.fullmatch(item.id)):
            raise Refused(f"Sonarr cannot add {item.id}: that is not the TVDB id of a series")
        profiles = self._labels.profiles
        return {
            "tvdbId": int(tvdb[1]),
            "title": item.title or item.id,  # replaced by that of the metadata, but not accepted empty
            "qualityProfileId": profiles.profile_id(item.profile, item.default_profile, recent=recent),
            "path": item.folder,
            "seriesType": item.series_type if item.series_type in _TYPES else "standard",
            "seasonFolder": True,  # without it, later downloads are not in season folders as the others' are
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [self._labels.tags.ensure_tag(item.tag, recent=recent)] if item.tag else [],
            # without addOptions the episodes keep the flags of their seasons, and SeriesAdd never comes
            "addOptions": {
                "monitor": "none",
                "searchForMissingEpisodes": False,
                "searchForCutoffUnmetEpisodes": False,
            },
        }

    def exclusions(self) -> frozenset[str]:
        listed = self._api.ask(list[dict[str, Any]], "GET", f"{_API}/importlistexclusion")
        return frozenset(f"tvdb:{each.get('tvdbId')}" for each in listed)

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        episodes = self._episodes(ref)
        if not monitored:
            self._flags.unmonitor(units, episodes)
        elif series := self._api.find(_Row, f"{_SERIES}/{ref}"):
            self._flags.monitor(ref, series.monitored, units, episodes)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:  # noqa: ARG002 - Sonarr finds the files by itself
        # A scan takes no file of an episode that Sonarr does not list: a refresh updates the list first.
        if units and frozenset(units) - {each.unit for each in self._episodes(ref)}:
            return self._commands.run({"name": "RefreshSeries", "seriesIds": [ref]})
        return self._commands.run({"name": "RescanSeries", "seriesId": ref})

    def importable(self, file: FileToImport) -> bool:
        return self._imports.importable(file)

    def import_files(self, files: Sequence[FileToImport]) -> int:
        return self._imports.run(files)

    def _import_ids(self, file: FileToImport) -> Ids | None:
        wanted = frozenset(file.units)

        def ids_in(episodes: Sequence[_Episode]) -> list[int] | None:
            ids = [each.id for each in episodes if each.unit in wanted]
            return ids if len(ids) == len(wanted) else None

        if not wanted or (ids := self._recent.find(file.ref, ids_in)) is None:
            return None
        kind = "singleEpisode" if len(ids) == 1 else "multiEpisode"
        return {"seriesId": file.ref, "episodeIds": ids, "releaseType": kind}

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> ArrScans:
        return self._commands.scans(frozenset({"RescanSeries", "RefreshSeries", "ManualImport"}))

    def move(self, ref: int, folder: str, series_type: str = "") -> None:
        changed = {"path": folder} | ({"seriesType": series_type} if series_type else {})
        # everything is sent back: seasons left out would be created again, with the flags of new ones
        self._api.edit(f"{_SERIES}/{ref}", {"moveFiles": "false"}, changed)

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportListExclusion": "false"}
        try:
            self._api.request("DELETE", f"{_SERIES}/{ref}", params=query)
        except ServerError:
            # Sonarr answers 500 for a missing series
            if self._api.find(_Row, f"{_SERIES}/{ref}") is not None:
                raise

    def history_since(self, since_ms: int) -> ArrHistory:
        query = {"date": date_of(since_ms), "includeSeries": "true", "includeEpisode": "true"}
        rows = self._api.ask(list[_HistoryEntry], "GET", f"{_API}/history/since", params=query)
        of_units = (
            (row, f"tvdb:{row.series.tvdb_id}", row.episode.unit)
            for row in rows
            if row.series and row.series.tvdb_id and row.episode
        )
        return ArrHistory(
            signals=merge_signals(signal for row in rows for signal in row.signals()),
            grabs=grab_outcomes(of_units, HISTORY_KINDS),
        )

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeSeries": "true", "includeEpisode": "true"}
        rows = self._api.ask(list[_QueueEntry], "GET", f"{_API}/queue/details", params=query)
        return group_downloads(
            (f"tvdb:{row.series.tvdb_id}", row.episode.unit)
            for row in rows
            if row.series and row.series.tvdb_id and row.episode and not row.finished
        )

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.download_client_problems()

    def forget_cached(self) -> None:
        self._api.forget_cached()

    def start_time(self) -> str:
        return self._settings.start_time()

    def library_info(self) -> LibraryInfo:
        formats = ("seriesFolderFormat", "seasonFolderFormat", "standardEpisodeFormat")
        return self._settings.library_info(self._labels.profiles, formats)


def _files(folder: str, episodes: Iterable[_Episode]) -> Iterator[ArrFile]:
    by_file: dict[int, list[_Episode]] = {}
    for each in episodes:
        by_file.setdefault(each.episode_file_id, []).append(each)
    for found in by_file.values():
        if file := found[0].episode_file:
            yield from file.arr_files(folder, tuple(each.unit for each in found), _checks(found))


def _checks(episodes: Iterable[_Episode]) -> dict[str, int]:
    return {each.unit: each.tvdb_id for each in episodes if each.tvdb_id > 0}


_LISTS_FIX: Final = "set Settings > Import Lists > Clean Library Level to Disabled or Log Only"
_RECOMMENDED: Final[Mapping[str, RecommendedSetting]] = {
    "listSyncLevel": RecommendedSetting(
        ("disabled", "logOnly"), "it changes series that no list has, so those that peers added", _LISTS_FIX
    ),
    **recommended_settings("Series"),
}
_TRIGGERS: Final = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onRename",
    "onSeriesAdd",
    "onSeriesDelete",
    "onEpisodeFileDelete",
    "onEpisodeFileDeleteForUpgrade",
)
KIND: Final = ArrKind(
    "sonarr",
    "Sonarr",
    "sonarr_",
    Sonarr,
    parse_webhook,
    parse_script,
    EVENT_TYPES,
    triggers=_TRIGGERS,
    imports_files=True,
    add_batch=100,
    item="series",
)
