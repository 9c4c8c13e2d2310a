"""Sonarr: a series is an item, an episode a unit (`S02E01`). API v3, as Sonarr 4 and 5 speak it.

An episode would be downloaded when it and its series are monitored; the flag of a season only says what
becomes of later episodes, and is never touched. A `Download` comes for each imported file, and once more
for all files of a finished download. No call made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.arr.shared.api import ArrApi, Commands, File, PathFields, Payload, QueueRow, ServerError, date_of
from mesharr.arr.shared.monitor_api import MonitorApi
from mesharr.arr.shared.profiles_tags import Labels
from mesharr.arr.shared.read_cache import Listed, ReadCache
from mesharr.arr.shared.setting_checks import (
    RecommendedSetting,
    check_lists,
    described,
    findings_in,
    recommended_settings,
    roots_of,
    started_of,
)
from mesharr.arr.shared.signal_parsing import (
    HistoryRow,
    RenamedFile,
    Script,
    downloads_of,
    event_of,
    merged,
    renamed,
)
from mesharr.core.arr.model import (
    UNSURE,
    ArrFile,
    ArrItem,
    ArrScans,
    Download,
    NewItem,
    SettingProblem,
    Signal,
    SignalKind,
)
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"tvdb:([1-9][0-9]{0,8})")
_API: Final = "/api/v3"
_SERIES: Final = f"{_API}/series"
_TYPES: Final = ("standard", "daily", "anime")
_with = msgspec.structs.replace


class _Series(Payload, frozen=True):
    tvdb_id: Annotated[int, msgspec.Meta(ge=0)]
    path: str | None = None


class _Numbered(Payload, frozen=True):
    season_number: int
    episode_number: int

    @property
    def unit(self) -> str:
        return f"S{self.season_number:02d}E{self.episode_number:02d}"


class _Event(Payload, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    series: _Series

    def signal(self) -> Signal:
        return Signal(kind=self.kind, id=f"tvdb:{self.series.tvdb_id}", folder=self.series.path or "")

    def paths(self, files: Iterable[PathFields]) -> tuple[str, ...]:
        return tuple(file.named(self.series.path) for file in files)


class _Added(_Event, frozen=True, tag="SeriesAdd"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="SeriesDelete"):
    kind = "deleted"


class _Grabbed(_Event, frozen=True, tag="Grab"):
    kind = "grabbed"
    episodes: tuple[_Numbered, ...]

    def signal(self) -> Signal:
        return _with(_Event.signal(self), units=tuple(episode.unit for episode in self.episodes))


class _Imported(_Event, frozen=True, tag="Download"):
    kind = "imported"
    episode_file: PathFields | None = None
    episode_files: tuple[PathFields, ...] | None = None
    deleted_files: tuple[PathFields, ...] = ()

    def signal(self) -> Signal:
        files = (self.episode_file,) if self.episode_file else self.episode_files
        if files is None:
            raise UnreadableSignal("the event lacks its files")
        paths, replaced = self.paths(files), self.paths(self.deleted_files)
        return _with(_Event.signal(self), paths=paths, replaced=replaced)


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_episode_files: tuple[RenamedFile, ...]

    def signal(self) -> Signal:
        return renamed(_Event.signal(self), self.renamed_episode_files)


class _FileDeleted(_Event, frozen=True, tag="EpisodeFileDelete"):
    kind = "file_deleted"
    episode_file: PathFields
    delete_reason: str | None = None  # the script of Sonarr 5 does not say it

    def signal(self) -> Signal:
        reason = (self.delete_reason or UNSURE).lower()
        return _with(_Event.signal(self), paths=self.paths([self.episode_file]), reason=reason)


_Known = _Added | _Deleted | _Grabbed | _Imported | _Renamed | _FileDeleted
_KNOWN: Final = frozenset({"SeriesAdd", "SeriesDelete", "Grab", "Download", "Rename", "EpisodeFileDelete"})


def _signals(said: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    event: _Known | None = event_of(said, _KNOWN, _Known)
    return (event.signal(),) if event and event.series.tvdb_id else ()


def _script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    script = Script(env, "sonarr_")
    said = script.get
    season = said("release_seasonnumber")
    one = {"path": said("episodefile_path"), "relativePath": said("episodefile_relativepath")}
    payload = {
        "eventType": said("eventtype"),
        "series": {"tvdbId": said("series_tvdbid"), "path": said("series_path")},
        "episodes": [
            {"seasonNumber": season, "episodeNumber": number}
            for number in script.parts("release_episodenumbers", ",")
        ],
        "episodeFile": one if any(one.values()) else None,
        "episodeFiles": script.files("episodefile_paths", "episodefile_count"),
        "deletedFiles": script.files("deletedpaths") or [],
        "renamedEpisodeFiles": script.renamed("episodefile_previouspaths", "episodefile_paths"),
        "deleteReason": said("episodefile_deletereason"),
    }
    return _signals(payload)


_TOLD: Final[Mapping[str, SignalKind]] = {
    "grabbed": "grabbed",
    "downloadFolderImported": "imported",
    "episodeFileRenamed": "renamed",
    "episodeFileDeleted": "file_deleted",
}


class _Row(Listed, frozen=True, kw_only=True):
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


class _Episode(_Numbered, frozen=True):
    id: int
    tvdb_id: int = 0
    monitored: bool = False
    episode_file_id: int = 0
    episode_file: File | None = None


class _Past(HistoryRow, frozen=True):
    series: _Row | None = None
    episode: _Numbered | None = None  # there is a row for each episode of a file

    def signals(self) -> tuple[Signal, ...]:
        if self.series is None or not self.series.tvdb_id:
            return ()
        units = (self.episode.unit,) if self.episode else ()
        id_, folder = f"tvdb:{self.series.tvdb_id}", self.series.path
        return self.told(Signal(kind="grabbed", id=id_, folder=folder, units=units), _TOLD)


class _Queued(QueueRow, frozen=True):
    series: _Row | None = None
    episode: _Numbered | None = None


class Sonarr:
    """A running Sonarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Sonarr")
        self._commands = Commands(self._api, f"{_API}/command", ("seriesId", "seriesIds"))
        self._labels = Labels(self._api, _API)
        self._flags = MonitorApi(
            self._api, (f"{_API}/episode/monitor", "episodeIds"), (f"{_SERIES}/editor", "seriesIds")
        )
        self._lately: ReadCache[_Row] = ReadCache(
            self._api,
            lambda row: self._held(row, self._with_files(row.id)),
            lambda row: self._held(row, ()),
            "episodeFileCount",
            clock,
        )

    def read(self, id: str) -> ArrItem | None:  # noqa: A002 - the port's word
        if not (tvdb := _ID.fullmatch(id)):
            return None
        rows = self._api.ask(list[_Row], "GET", _SERIES, params={"tvdbId": tvdb[1]})
        rows = [row for row in rows if row.tvdb_id == int(tvdb[1])]
        self._labels.learn(rows)
        return self._lately.asked(rows[0]) if rows else None

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is asked for by its id
        return frozenset()

    def read_all(self) -> Iterator[ArrItem]:
        rows = [row for row in self._api.ask(list[_Row], "GET", _SERIES) if row.tvdb_id]
        self._labels.learn(rows, anew=True)
        yield from self._lately.every(rows)

    def _held(self, row: _Row, episodes: Sequence[_Episode]) -> ArrItem:
        profile, tags = self._labels.of(row)
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

    def _with_files(self, ref: int) -> list[_Episode]:
        """The episodes with their files, which an older Sonarr does not send along."""
        episodes = self._episodes(ref, includeEpisodeFile="true")
        if not any(each.episode_file_id and each.episode_file is None for each in episodes):
            return episodes
        query = {"seriesId": str(ref)}
        listed = self._api.ask(list[File], "GET", f"{_API}/episodefile", params=query)
        files = {file.id: file for file in listed}
        return [_with(each, episode_file=files.get(each.episode_file_id)) for each in episodes]

    def check(self) -> None:
        check_lists(self._api, _API, "series", _LISTS_MEND)

    def findings(self) -> tuple[SettingProblem, ...]:
        return findings_in(self._api, _API, _WISHES, "importlist")

    def roots(self) -> Mapping[str, bool]:
        return roots_of(self._api, _API)

    def add(self, item: NewItem) -> None:
        self._api.add(_SERIES, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> None:
        self._api.request("POST", f"{_SERIES}/import", json=[self._new(item, recent=True) for item in items])

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (tvdb := _ID.fullmatch(item.id)):
            raise Refused(f"Sonarr cannot add {item.id}: that is not the TVDB id of a series")
        profiles = self._labels.profiles
        return {
            "tvdbId": int(tvdb[1]),
            "title": item.title or item.id,  # what the metadata say takes its place, but it may not be empty
            "qualityProfileId": profiles.chosen(item.profile, item.default_profile, recent=recent),
            "path": item.folder,
            "seriesType": item.series_type if item.series_type in _TYPES else "standard",
            "seasonFolder": True,  # when it is lacking, later downloads lie flat beside the others' folders
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [self._labels.tags.made(item.tag, recent=recent)] if item.tag else [],
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
            self._flags.off(units, episodes)
        elif series := self._api.find(_Row, f"{_SERIES}/{ref}"):
            self._flags.on(ref, series.monitored, units, episodes)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:  # noqa: ARG002 - Sonarr finds them by itself
        # A scan takes no file of an episode that the metadata here lack: a refresh asks for them, and scans.
        if units and frozenset(units) - {each.unit for each in self._episodes(ref)}:
            return self._commands.run({"name": "RefreshSeries", "seriesIds": [ref]})
        return self._commands.run({"name": "RescanSeries", "seriesId": ref})

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> ArrScans:
        return self._commands.scans(frozenset({"RescanSeries", "RefreshSeries"}))

    def move(self, ref: int, folder: str, series_type: str = "") -> None:
        changed = {"path": folder} | ({"seriesType": series_type} if series_type else {})
        # all goes back: seasons left out would come again as new ones, with the flags of new ones
        self._api.edit(f"{_SERIES}/{ref}", {"moveFiles": "false"}, changed)

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportListExclusion": "false"}
        try:
            self._api.request("DELETE", f"{_SERIES}/{ref}", params=query)
        except ServerError:
            # of a series that is gone Sonarr says 500 here
            if self._api.find(_Row, f"{_SERIES}/{ref}") is not None:
                raise

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        query = {"date": date_of(since_ms), "includeSeries": "true", "includeEpisode": "true"}
        rows = self._api.ask(list[_Past], "GET", f"{_API}/history/since", params=query)
        return merged(signal for row in rows for signal in row.signals())

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeSeries": "true", "includeEpisode": "true"}
        rows = self._api.ask(list[_Queued], "GET", f"{_API}/queue/details", params=query)
        return downloads_of(
            (f"tvdb:{row.series.tvdb_id}", row.episode.unit)
            for row in rows
            if row.series and row.series.tvdb_id and row.episode and not row.over
        )

    def started(self) -> str:
        return started_of(self._api, _API)

    def describe(self) -> LibraryInfo:
        formats = ("seriesFolderFormat", "seasonFolderFormat", "standardEpisodeFormat")
        return described(self._api, _API, self._labels.profiles, formats)


def _files(folder: str, episodes: Iterable[_Episode]) -> Iterator[ArrFile]:
    by_file: dict[int, list[_Episode]] = {}
    for each in episodes:
        by_file.setdefault(each.episode_file_id, []).append(each)
    for found in by_file.values():
        if file := found[0].episode_file:
            yield from file.held(folder, tuple(each.unit for each in found), _checks(found))


def _checks(episodes: Iterable[_Episode]) -> dict[str, int]:
    return {each.unit: each.tvdb_id for each in episodes if each.tvdb_id > 0}


_LISTS_MEND: Final = "set Settings > Import Lists > Clean Library Level to Disabled or Log Only"
_WISHES: Final[Mapping[str, RecommendedSetting]] = {
    "listSyncLevel": RecommendedSetting(
        ("disabled", "logOnly"), "it changes series that no list has, so what the peers brought", _LISTS_MEND
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
    "sonarr", "Sonarr", "sonarr_", Sonarr, _signals, _script, _KNOWN, triggers=_TRIGGERS, batch=100
)
