"""Adapt Radarr 4 to 6 (API v3): a movie is an item with one unit, `movie`.

A webhook and a custom script are brought into one form and parsed once: both give the same signals. No
request made here deletes, moves or renames a file.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.arr.shared.api import (
    ArrApi,
    Commands,
    MediaFile,
    PathFields,
    Payload,
    QueueRow,
    ServerError,
    date_of,
)
from mesharr.arr.shared.file_import import FileImports, FileNames, Ids
from mesharr.arr.shared.profiles_tags import LabelledItem, Labels
from mesharr.arr.shared.setting_checks import (
    RecommendedSetting,
    SettingsApi,
    recommended_settings,
)
from mesharr.arr.shared.signal_parsing import (
    HistoryRow,
    NamedEvent,
    RenamedFile,
    ScriptVariables,
    deleted_signal,
    grab_outcomes,
    group_downloads,
    keeps_files,
    kinds_of,
    parse_event,
    renamed_signal,
)
from mesharr.core.arr.model import (
    ArrHistory,
    ArrItem,
    ArrScans,
    Download,
    FileToImport,
    NewItem,
    SettingProblem,
    Signal,
    SignalKind,
)
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"tmdb:([1-9][0-9]{0,8})")
_API: Final = "/api/v3"
_MOVIE: Final = f"{_API}/movie"
_UNITS: Final = ("movie",)
_with = msgspec.structs.replace


class _Movie(Payload, frozen=True):
    tmdb_id: Annotated[int, msgspec.Meta(ge=0)]
    folder_path: str | None = None


class _Event(Payload, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    movie: _Movie

    def signal(self) -> Signal:
        folder = self.movie.folder_path or ""
        return Signal(kind=self.kind, id=f"tmdb:{self.movie.tmdb_id}", folder=folder)

    def path(self, file: PathFields) -> str:
        return file.required_path(self.movie.folder_path)


class _Added(_Event, frozen=True, tag="MovieAdded"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="MovieDelete"):
    kind = "deleted"
    deleted_files: Any = None

    def signal(self) -> Signal:
        return _with(_Event.signal(self), keeps_files=keeps_files(self.deleted_files))


class _Grabbed(_Event, frozen=True, tag="Grab"):
    kind = "grabbed"

    def signal(self) -> Signal:
        return _with(_Event.signal(self), units=_UNITS)


class _Imported(_Event, frozen=True, tag="Download"):
    kind = "imported"
    movie_file: PathFields
    deleted_files: tuple[PathFields, ...] = ()

    def signal(self) -> Signal:
        replaced = tuple(self.path(file) for file in self.deleted_files)
        return _with(_Event.signal(self), paths=(self.path(self.movie_file),), replaced=replaced)


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_movie_files: tuple[RenamedFile, ...]

    def signal(self) -> Signal:
        return renamed_signal(_Event.signal(self), self.renamed_movie_files)


class _FileDeleted(_Event, frozen=True, tag="MovieFileDelete"):
    kind = "file_deleted"
    movie_file: PathFields
    delete_reason: str | None = None

    def signal(self) -> Signal:
        return deleted_signal(_Event.signal(self), (self.path(self.movie_file),), self.delete_reason)


_KnownEvent = _Added | _Deleted | _Grabbed | _Imported | _Renamed | _FileDeleted
_KINDS: Final = kinds_of(_KnownEvent)
_EVENT_TYPES: Final = frozenset(_KINDS)


class _Named(NamedEvent, frozen=True, kw_only=True):
    """An event that names its movie, and lacks a detail."""

    movie: _Movie

    def signal(self) -> Signal:
        blank = Signal(kind="renamed", id=f"tmdb:{self.movie.tmdb_id}", folder=self.movie.folder_path or "")
        return self.unnamed(blank, _KINDS)


def _parse_webhook(payload: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    event: _KnownEvent | _Named | None
    try:
        event = parse_event(payload, _EVENT_TYPES, _KnownEvent)
        signal = event.signal() if event else None
    except UnreadableSignal:
        event = parse_event(payload, _EVENT_TYPES, _Named)
        signal = event.signal() if event else None
    return (signal,) if signal and event and event.movie.tmdb_id else ()


def _parse_script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    variables = ScriptVariables(env, "radarr_")
    get = variables.get
    payload = {
        "eventType": get("eventtype"),
        "movie": {"tmdbId": get("movie_tmdbid"), "folderPath": get("movie_path")},
        "movieFile": {"path": get("moviefile_path"), "relativePath": get("moviefile_relativepath")},
        "deletedFiles": variables.files("deletedpaths") or get("movie_deletedfiles") or [],
        "renamedMovieFiles": variables.renames("moviefile_previouspaths", "moviefile_paths"),
        "deleteReason": get("moviefile_deletereason"),
    }
    return _parse_webhook(payload)


_HISTORY_KINDS: Final[Mapping[str, SignalKind]] = {
    "grabbed": "grabbed",
    "downloadFolderImported": "imported",
    "movieFileRenamed": "renamed",
    "movieFileDeleted": "file_deleted",
}


class _Row(LabelledItem, frozen=True, kw_only=True):
    id: int
    tmdb_id: int = 0
    imdb_id: str | None = None
    title: str = ""
    year: int = 0
    path: str = ""
    monitored: bool = False
    movie_file: MediaFile = MediaFile()


class _HistoryEntry(HistoryRow, frozen=True):
    movie: _Row | None = None

    def signals(self) -> tuple[Signal, ...]:
        if self.movie is None or not self.movie.tmdb_id:
            return ()
        id_, folder = f"tmdb:{self.movie.tmdb_id}", self.movie.path
        return self.to_signals(Signal(kind="grabbed", id=id_, folder=folder, units=_UNITS), _HISTORY_KINDS)


class _QueueEntry(QueueRow, frozen=True):
    movie: _Row | None = None


class Radarr:
    """A running Radarr. `mesharr.arr.base.Arr` documents each method."""

    def __init__(self, client: httpx.Client) -> None:
        self._api = ArrApi(client, "Radarr")
        self._settings = SettingsApi(self._api)
        self._commands = Commands(self._api, ("movieId", "movieIds"))
        self._labels = Labels(self._api)
        names = FileNames(self._api, self._labels.profiles, has_languages=True)
        self._imports = FileImports(self._api, self._commands, names, _import_ids)

    def read(self, item: str) -> ArrItem | None:
        tmdb = _ID.fullmatch(item)
        listed = self._items(self._rows({"tmdbId": tmdb[1]})) if tmdb else ()
        return next((each for each in listed if each.id == item), None)

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is requested by its id
        return frozenset()

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        return iter(self._items(self._rows({"excludeLocalCovers": "true"}), refresh=True, recent=recent))

    def _rows(self, query: Mapping[str, str]) -> list[_Row]:
        return self._api.ask(list[_Row], "GET", _MOVIE, params=query)

    def _items(
        self, rows: Sequence[_Row], *, refresh: bool = False, recent: bool = False
    ) -> tuple[ArrItem, ...]:
        self._labels.load(rows, refresh=refresh, recent=recent)
        return tuple(_arr_item(row, *self._labels.names_of(row)) for row in rows if row.tmdb_id)

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:  # noqa: ARG002 - a movie has none
        return item

    def check_settings(self) -> None:
        fix = "set Settings > Lists > Clean Library Level to Disabled or Log Only"
        self._settings.check_list_cleaning("movies", fix)

    def setting_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.problems(_RECOMMENDED)

    def roots(self) -> Mapping[str, bool]:
        return self._settings.roots()

    def has_file(self, path: str) -> bool:
        return self._settings.has_file(path)

    def add(self, item: NewItem) -> None:
        self._api.add(_MOVIE, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        body = [self._new(item, recent=True) for item in items]
        return self._items(self._api.add_many(list[_Row], f"{_MOVIE}/import", body) or ())

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (tmdb := _ID.fullmatch(item.id)):
            raise Refused(f"Radarr cannot add {item.id}: that is not the TMDb id of a movie")
        return {
            "tmdbId": int(tmdb[1]),
            "title": item.title,
            "qualityProfileId": self._labels.profiles.profile_id(
                item.profile, item.default_profile, recent=recent
            ),
            "path": item.folder,
            "monitored": False,
            "minimumAvailability": "released",
            "tags": [self._labels.tags.ensure_tag(item.tag, recent=recent)] if item.tag else [],
            # without addOptions Radarr fails to send MovieAdded, and disables its connections for a while
            "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
        }

    def exclusions(self) -> frozenset[str]:
        listed = self._api.ask(list[dict[str, Any]], "GET", f"{_API}/exclusions")
        return frozenset(f"tmdb:{each.get('tmdbId')}" for each in listed)

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        if "movie" not in units:
            return
        try:
            self._api.request("PUT", f"{_MOVIE}/editor", json={"movieIds": [ref], "monitored": monitored})
        except ServerError:  # also the answer for an unknown id
            if self._api.find(_Row, f"{_MOVIE}/{ref}") is not None:
                raise

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:  # noqa: ARG002 - Radarr finds the files by itself
        # with any other member than movieId, Radarr scans every movie
        return self._commands.run({"name": "RescanMovie", "movieId": ref})

    def importable(self, file: FileToImport) -> bool:
        return self._imports.importable(file)

    def import_files(self, files: Sequence[FileToImport]) -> int:
        return self._imports.run(files)

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> ArrScans:
        names = frozenset({"RescanMovie", "RefreshMovie", "ManualImport"})
        return self._commands.scans(names, "RefreshMovie")

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no movie has one
        # addOptions that are sent back are applied again at the next scan, with their search
        changed = {"path": folder, "addOptions": None}
        self._api.edit(f"{_MOVIE}/{ref}", {"moveFiles": "false"}, changed)

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportExclusion": "false"}
        self._api.request("DELETE", f"{_MOVIE}/{ref}", params=query)

    def history_since(self, since_ms: int) -> ArrHistory:
        query = {"date": date_of(since_ms), "includeMovie": "true"}
        rows = self._api.ask(list[_HistoryEntry], "GET", f"{_API}/history/since", params=query)
        of_units = (
            (row, f"tmdb:{row.movie.tmdb_id}", "movie") for row in rows if row.movie and row.movie.tmdb_id
        )
        return ArrHistory(
            signals=tuple(signal for row in rows for signal in row.signals()),
            grabs=grab_outcomes(of_units, _HISTORY_KINDS),
        )

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeMovie": "true"}
        rows = self._api.ask(list[_QueueEntry], "GET", f"{_API}/queue/details", params=query)
        return group_downloads(
            (f"tmdb:{row.movie.tmdb_id}", "movie") for row in rows if row.movie and not row.finished
        )

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.download_client_problems()

    def forget_cached(self) -> None:
        self._api.forget_cached()

    def start_time(self) -> str:
        return self._settings.start_time()

    def library_info(self) -> LibraryInfo:
        formats = ("movieFolderFormat", "standardMovieFormat")
        return self._settings.library_info(self._labels.profiles, formats)


def _import_ids(file: FileToImport) -> Ids | None:
    return {"movieId": file.ref} if file.units == _UNITS else None


def _arr_item(row: _Row, profile: str, tags: tuple[str, ...]) -> ArrItem:
    return ArrItem(
        ref=row.id,
        id=f"tmdb:{row.tmdb_id}",
        kind="movie",
        ids={"tmdb": row.tmdb_id} | ({"imdb": row.imdb_id} if row.imdb_id else {}),
        title=row.title,
        year=row.year,
        folder=row.path,
        profile=profile,
        tags=tags,
        monitored={"movie": row.monitored},
        files=row.movie_file.arr_files(row.path, ("movie",)),
    )


_RECOMMENDED: Final[Mapping[str, RecommendedSetting]] = {
    "autoRenameFolders": RecommendedSetting(
        (False,),
        "it renames folders on the shared drive when a title changes",
        "switch it off in Settings > Media Management",
    ),
    **recommended_settings("Movie"),
}
_TRIGGERS: Final = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onRename",
    "onMovieAdded",
    "onMovieDelete",
    "onMovieFileDelete",
    "onMovieFileDeleteForUpgrade",
)
KIND: Final = ArrKind(
    "radarr",
    "Radarr",
    "radarr_",
    Radarr,
    _parse_webhook,
    _parse_script,
    _EVENT_TYPES,
    triggers=_TRIGGERS,
    imports_files=True,
    imports_beside_scans=True,
    add_batch=500,
    item="movie",
)
