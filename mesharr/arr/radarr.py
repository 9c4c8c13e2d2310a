"""Radarr: a movie is an item with one unit, `movie`. API v3, as Radarr 4 to 6 speak it.

Its webhook and its custom script are brought into one form and read once: both give the same
signals. No call made here deletes, moves or renames a file.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, Commands, File, PathFields, Payload, QueueRow, ServerError, date_of
from mesharr.arr.shared.profiles_tags import Labelled, Labels
from mesharr.arr.shared.setting_checks import (
    RecommendedSetting,
    check_lists,
    described,
    findings_in,
    recommended_settings,
    roots_of,
    started_of,
)
from mesharr.arr.shared.signal_parsing import HistoryRow, RenamedFile, Script, downloads_of, event_of, renamed
from mesharr.core.arr.model import ArrItem, ArrScans, Download, NewItem, SettingProblem, Signal, SignalKind
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"tmdb:([1-9][0-9]{0,8})")
_MOVIE: Final = "/api/v3/movie"
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
        return file.named(self.movie.folder_path)


class _Added(_Event, frozen=True, tag="MovieAdded"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="MovieDelete"):
    kind = "deleted"


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
        return renamed(_Event.signal(self), self.renamed_movie_files)


class _FileDeleted(_Event, frozen=True, tag="MovieFileDelete"):
    kind = "file_deleted"
    movie_file: PathFields
    delete_reason: str | None = None

    def signal(self) -> Signal:
        reason = (self.delete_reason or "").lower()
        return _with(_Event.signal(self), paths=(self.path(self.movie_file),), reason=reason)


_Known = _Added | _Deleted | _Grabbed | _Imported | _Renamed | _FileDeleted
_KNOWN: Final = frozenset({"MovieAdded", "MovieDelete", "Grab", "Download", "Rename", "MovieFileDelete"})


def _signals(said: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    event: _Known | None = event_of(said, _KNOWN, _Known)
    return (event.signal(),) if event and event.movie.tmdb_id else ()


def _script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    script = Script(env, "radarr_")
    said = script.get
    payload = {
        "eventType": said("eventtype"),
        "movie": {"tmdbId": said("movie_tmdbid"), "folderPath": said("movie_path")},
        "movieFile": {"path": said("moviefile_path"), "relativePath": said("moviefile_relativepath")},
        "deletedFiles": script.files("deletedpaths") or [],
        "renamedMovieFiles": script.renamed("moviefile_previouspaths", "moviefile_paths"),
        "deleteReason": said("moviefile_deletereason"),
    }
    return _signals(payload)


_TOLD: Final[Mapping[str, SignalKind]] = {
    "grabbed": "grabbed",
    "downloadFolderImported": "imported",
    "movieFileRenamed": "renamed",
    "movieFileDeleted": "file_deleted",
}


class _Row(Labelled, frozen=True, kw_only=True):
    id: int
    tmdb_id: int = 0
    imdb_id: str | None = None
    title: str = ""
    year: int = 0
    path: str = ""
    monitored: bool = False
    movie_file: File = File()


class _Past(HistoryRow, frozen=True):
    movie: _Row | None = None

    def signals(self) -> tuple[Signal, ...]:
        if self.movie is None or not self.movie.tmdb_id:
            return ()
        id_, folder = f"tmdb:{self.movie.tmdb_id}", self.movie.path
        return self.told(Signal(kind="grabbed", id=id_, folder=folder, units=_UNITS), _TOLD)


class _Queued(QueueRow, frozen=True):
    movie: _Row | None = None


class Radarr:
    """A running Radarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client) -> None:
        self._api = ArrApi(client, "Radarr")
        self._commands = Commands(self._api, "/api/v3/command", ("movieId", "movieIds"))
        self._labels = Labels(self._api, "/api/v3")

    def read(self, id: str) -> ArrItem | None:  # noqa: A002 - the port's word
        tmdb = _ID.fullmatch(id)
        listed = self._named(self._listed({"tmdbId": tmdb[1]})) if tmdb else ()
        return next((held for held in listed if held.id == id), None)

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is asked for by its id
        return frozenset()

    def read_all(self) -> Iterator[ArrItem]:
        return iter(self._named(self._listed({"excludeLocalCovers": "true"}), anew=True))

    def _listed(self, query: Mapping[str, str]) -> list[_Row]:
        return self._api.ask(list[_Row], "GET", _MOVIE, params=query)

    def _named(self, rows: Sequence[_Row], *, anew: bool = False) -> tuple[ArrItem, ...]:
        self._labels.learn(rows, anew=anew)
        return tuple(_held(row, *self._labels.of(row)) for row in rows if row.tmdb_id)

    def check(self) -> None:
        fix = "set Settings > Lists > Clean Library Level to Disabled or Log Only"
        check_lists(self._api, "/api/v3", "movies", fix)

    def findings(self) -> tuple[SettingProblem, ...]:
        return findings_in(self._api, "/api/v3", _WISHES)

    def roots(self) -> Mapping[str, bool]:
        return roots_of(self._api, "/api/v3")

    def add(self, item: NewItem) -> None:
        self._api.add(_MOVIE, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> None:
        self._api.request("POST", f"{_MOVIE}/import", json=[self._new(item, recent=True) for item in items])

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (tmdb := _ID.fullmatch(item.id)):
            raise Refused(f"Radarr cannot add {item.id}: that is not the TMDb id of a movie")
        return {
            "tmdbId": int(tmdb[1]),
            "title": item.title,
            "qualityProfileId": self._labels.profiles.chosen(
                item.profile, item.default_profile, recent=recent
            ),
            "path": item.folder,
            "monitored": False,
            "minimumAvailability": "released",
            "tags": [self._labels.tags.made(item.tag, recent=recent)] if item.tag else [],
            # without addOptions Radarr fails to tell anyone of the movie, and pauses its connections for it
            "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
        }

    def exclusions(self) -> frozenset[str]:
        listed = self._api.ask(list[dict[str, Any]], "GET", "/api/v3/exclusions")
        return frozenset(f"tmdb:{each.get('tmdbId')}" for each in listed)

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        if "movie" not in units:
            return
        try:
            self._api.request("PUT", f"{_MOVIE}/editor", json={"movieIds": [ref], "monitored": monitored})
        except ServerError:  # also its answer for an id it does not know
            if self._api.find(_Row, f"{_MOVIE}/{ref}") is not None:
                raise

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:  # noqa: ARG002 - Radarr finds them by itself
        # with any other member than movieId, Radarr scans every movie
        return self._commands.run({"name": "RescanMovie", "movieId": ref})

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> ArrScans:
        return self._commands.scans(frozenset({"RescanMovie", "RefreshMovie"}))

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no movie has one
        # sent back, addOptions run again on the next scan, with their search
        changed = {"path": folder, "addOptions": None}
        self._api.edit(f"{_MOVIE}/{ref}", {"moveFiles": "false"}, changed)

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportExclusion": "false"}
        self._api.request("DELETE", f"{_MOVIE}/{ref}", params=query)

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        query = {"date": date_of(since_ms), "includeMovie": "true"}
        rows = self._api.ask(list[_Past], "GET", "/api/v3/history/since", params=query)
        return tuple(signal for row in rows for signal in row.signals())

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeMovie": "true"}
        rows = self._api.ask(list[_Queued], "GET", "/api/v3/queue/details", params=query)
        return downloads_of(
            (f"tmdb:{row.movie.tmdb_id}", "movie") for row in rows if row.movie and not row.over
        )

    def started(self) -> str:
        return started_of(self._api, "/api/v3")

    def describe(self) -> LibraryInfo:
        formats = ("movieFolderFormat", "standardMovieFormat")
        return described(self._api, "/api/v3", self._labels.profiles, formats)


def _held(row: _Row, profile: str, tags: tuple[str, ...]) -> ArrItem:
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
        files=row.movie_file.held(row.path, ("movie",)),
    )


_WISHES: Final[Mapping[str, RecommendedSetting]] = {
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
    "radarr", "Radarr", "radarr_", Radarr, _signals, _script, _KNOWN, triggers=_TRIGGERS, batch=100
)
