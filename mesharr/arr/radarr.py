"""Radarr: a movie is an item with one unit, `movie`. API v3, as Radarr 4 to 6 speak it.

Its webhook and its custom script are brought into one form and read once: both give the same
signals. No call made here deletes, moves or renames a file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.api import ArrApi, Commands, Failing, File, Names, Place, Said
from mesharr.arr.base import ArrKind
from mesharr.arr.heard import Script, event_of
from mesharr.core.errors import Refused
from mesharr.core.events import LibraryInfo
from mesharr.core.held import Download, Finding, Held, NewItem, Scans, Signal, SignalKind

_ID: Final = re.compile(r"tmdb:([1-9][0-9]{0,8})")
_MOVIE: Final = "/api/v3/movie"
_UNITS: Final = ("movie",)
_with = msgspec.structs.replace


class _Movie(Said, frozen=True):
    tmdb_id: Annotated[int, msgspec.Meta(ge=0)]
    folder_path: str | None = None


class _Event(Said, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    movie: _Movie

    def signal(self) -> Signal:
        folder = self.movie.folder_path or ""
        return Signal(kind=self.kind, id=f"tmdb:{self.movie.tmdb_id}", folder=folder)

    def path(self, file: Place) -> str:
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
    movie_file: Place
    deleted_files: tuple[Place, ...] = ()

    def signal(self) -> Signal:
        replaced = tuple(self.path(file) for file in self.deleted_files)
        return _with(_Event.signal(self), paths=(self.path(self.movie_file),), replaced=replaced)


class _Moved(Place, frozen=True, kw_only=True):
    previous_path: str


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_movie_files: tuple[_Moved, ...]

    def signal(self) -> Signal:
        renamed = {file.previous_path: self.path(file) for file in self.renamed_movie_files}
        return _with(_Event.signal(self), paths=tuple(renamed.values()), renamed=renamed)


class _FileDeleted(_Event, frozen=True, tag="MovieFileDelete"):
    kind = "file_deleted"
    movie_file: Place
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
        "deletedFiles": [{"path": path} for path in script.parts("deletedpaths")],
        "renamedMovieFiles": script.renamed("moviefile_previouspaths", "moviefile_paths"),
        "deleteReason": said("moviefile_deletereason"),
    }
    return _signals(payload)


class _Row(Said, frozen=True):
    id: int
    tmdb_id: int = 0
    imdb_id: str | None = None
    title: str = ""
    year: int = 0
    path: str = ""
    quality_profile_id: int = 0
    tags: tuple[int, ...] = ()
    monitored: bool = False
    movie_file: File = File()


class _Past(Said, frozen=True):
    """A row of the history."""

    event_type: str = ""
    source_title: str = ""
    movie: _Row | None = None
    data: Mapping[str, str | None] = {}

    def signals(self) -> tuple[Signal, ...]:
        if self.movie is None or not self.movie.tmdb_id:
            return ()
        blank = Signal(kind="grabbed", id=f"tmdb:{self.movie.tmdb_id}", folder=self.movie.path)
        said = self.data.get
        match self.event_type:
            case "grabbed":
                return (_with(blank, units=_UNITS),)
            case "downloadFolderImported" if path := said("importedPath"):
                return (_with(blank, kind="imported", paths=(path,)),)
            case "movieFileRenamed" if (old := said("sourcePath")) and (new := said("path")):
                return (_with(blank, kind="renamed", paths=(new,), renamed={old: new}),)
            case "movieFileDeleted" if self.source_title:
                reason = (said("reason") or "").lower()
                return (_with(blank, kind="file_deleted", paths=(self.source_title,), reason=reason),)
            case _:
                return ()


class _Queued(Said, frozen=True):
    """A row of the queue. Its states are Radarr's own words for a download that is over for it."""

    movie: _Row | None = None
    tracked_download_state: str = ""

    @property
    def over(self) -> bool:
        return self.tracked_download_state in {"imported", "failed", "failedPending", "ignored"}


class _Excluded(Said, frozen=True):
    tmdb_id: int = 0


class _Root(Said, frozen=True):
    path: str = ""
    accessible: bool = False


class Radarr:
    """A running Radarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client) -> None:
        self._api = ArrApi(client, "Radarr")
        self._commands = Commands(self._api, "/api/v3/command", ("movieId", "movieIds"))
        self._profiles = Names(self._api, "/api/v3/qualityprofile")
        self._tags = Names(self._api, "/api/v3/tag")

    def read(self, id: str) -> Held | None:  # noqa: A002 - the port's word
        tmdb = _ID.fullmatch(id)
        listed = self._listed({"tmdbId": tmdb[1]}) if tmdb else ()
        return next((held for held in listed if held.id == id), None)

    def read_all(self) -> Iterator[Held]:
        return iter(self._listed({"excludeLocalCovers": "true"}))

    def _listed(self, query: Mapping[str, str]) -> tuple[Held, ...]:
        rows = self._api.ask(list[_Row], "GET", _MOVIE, params=query)
        profiles = self._profiles.of(row.quality_profile_id for row in rows)
        tags = self._tags.of(tag for row in rows for tag in row.tags)
        return tuple(_held(row, profiles, tags) for row in rows if row.tmdb_id)

    def check(self) -> None:
        lists = self._api.ask(dict[str, Any], "GET", "/api/v3/config/importlist")
        level = str(lists.get("listSyncLevel"))
        if level.lower().startswith("removeand"):
            raise Refused(
                f"Radarr's listSyncLevel is {level}: it removes movies that no list has, so the peers' too",
                "set Settings > Lists > Clean Library Level to Disabled or Log Only",
            )

    def findings(self) -> tuple[Finding, ...]:
        settings = self._api.ask(dict[str, Any], "GET", "/api/v3/config/mediamanagement")
        return tuple(
            Finding(f"Radarr's {name} is {settings.get(name)}: {harm}", mend)
            for name, (harmless, harm, mend) in _WISHES.items()
            if name in settings and settings[name] not in harmless
        )

    def roots(self) -> Mapping[str, bool]:
        listed = self._api.ask(list[_Root], "GET", "/api/v3/rootfolder")
        return {root.path.rstrip("/"): root.accessible for root in listed}

    def add(self, item: NewItem) -> None:
        try:
            self._api.request("POST", _MOVIE, json=self._new(item))
        except Refused as refused:
            if "has already been added" not in refused.what:
                raise

    def add_many(self, items: Sequence[NewItem]) -> None:
        self._api.request("POST", f"{_MOVIE}/import", json=[self._new(item, recent=True) for item in items])

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (tmdb := _ID.fullmatch(item.id)):
            raise Refused(f"Radarr cannot add {item.id}: that is not the TMDb id of a movie")
        return {
            "tmdbId": int(tmdb[1]),
            "title": item.title,
            "qualityProfileId": self._profiles.chosen(item.profile, item.default_profile, recent=recent),
            "path": item.folder,
            "monitored": False,
            "minimumAvailability": "released",
            "tags": [self._tags.made(item.tag, recent=recent)] if item.tag else [],
            # without addOptions Radarr fails to tell anyone of the movie, and pauses its connections for it
            "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
        }

    def exclusions(self) -> frozenset[str]:
        listed = self._api.ask(list[_Excluded], "GET", "/api/v3/exclusions")
        return frozenset(f"tmdb:{each.tmdb_id}" for each in listed)

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        if "movie" not in units:
            return
        try:
            self._api.request("PUT", f"{_MOVIE}/editor", json={"movieIds": [ref], "monitored": monitored})
        except Failing:  # also its answer for an id it does not know
            if self._api.find(_Row, f"{_MOVIE}/{ref}") is not None:
                raise

    def rescan(self, ref: int, paths: tuple[str, ...] = ()) -> int:  # noqa: ARG002 - Radarr finds them by itself
        # with any other member than movieId, Radarr scans every movie
        return self._commands.run({"name": "RescanMovie", "movieId": ref})

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> Scans:
        return self._commands.scans(frozenset({"RescanMovie", "RefreshMovie"}))

    def move(self, ref: int, folder: str) -> None:
        movie = self._api.find(dict[str, Any], f"{_MOVIE}/{ref}")
        if movie is None:
            return
        movie.pop("addOptions", None)  # sent back, they run again on the next scan, with their search
        query = {"moveFiles": "false"}
        self._api.request("PUT", f"{_MOVIE}/{ref}", params=query, json={**movie, "path": folder})

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportExclusion": "false"}
        self._api.request("DELETE", f"{_MOVIE}/{ref}", params=query)

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        date = f"{datetime.fromtimestamp(since_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
        query = {"date": date, "includeMovie": "true"}
        rows = self._api.ask(list[_Past], "GET", "/api/v3/history/since", params=query)
        return tuple(signal for row in rows for signal in row.signals())

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeMovie": "true"}
        rows = self._api.ask(list[_Queued], "GET", "/api/v3/queue/details", params=query)
        ids = {f"tmdb:{row.movie.tmdb_id}": None for row in rows if row.movie and not row.over}
        return tuple(Download(id_, _UNITS) for id_ in ids)

    def describe(self) -> LibraryInfo:
        status = self._api.ask(dict[str, Any], "GET", "/api/v3/system/status")
        naming = self._api.ask(dict[str, Any], "GET", "/api/v3/config/naming")
        formats = (naming.get("movieFolderFormat"), naming.get("standardMovieFormat"))
        return LibraryInfo(
            app="radarr",
            version=str(status.get("version") or ""),
            naming="/".join(str(part) for part in formats if part),
            profiles=tuple(sorted(self._profiles.fresh().values())),
        )


def _held(row: _Row, profiles: Mapping[int, str], tags: Mapping[int, str]) -> Held:
    return Held(
        ref=row.id,
        id=f"tmdb:{row.tmdb_id}",
        kind="movie",
        ids={"tmdb": row.tmdb_id} | ({"imdb": row.imdb_id} if row.imdb_id else {}),
        title=row.title,
        year=row.year,
        folder=row.path,
        profile=profiles.get(row.quality_profile_id, ""),
        tags=tuple(sorted(tags[tag] for tag in row.tags if tag in tags)),
        monitored={"movie": row.monitored},
        files=row.movie_file.held(row.path, ("movie",)),
    )


_WISHES: Final[Mapping[str, tuple[tuple[object, ...], str, str]]] = {
    # setting: the values that do no harm, what the others do, the mend
    "autoRenameFolders": (
        (False,),
        "it renames folders on the shared drive when a title changes",
        "switch it off in Settings > Media Management",
    ),
    "deleteEmptyFolders": (
        (False,),
        "it deletes folders of the peers",
        "switch it off in Settings > Media Management",
    ),
    "createEmptyMovieFolders": (
        (False,),
        "it creates folders on the shared drive",
        "switch it off in Settings > Media Management",
    ),
    "setPermissionsLinux": (
        (False,),
        "it changes modes on the shared drive",
        "switch it off in Settings > Media Management",
    ),
    "fileDate": (
        ("none",),
        "each scan may write times to the shared drive",
        "set Change File Date to None in Settings > Media Management",
    ),
    "rescanAfterRefresh": (
        ("afterManual", "never"),
        "the daily refresh lists every folder of the drive",
        "set Rescan Movie Folder after Refresh to After Manual Refresh in Settings > Media Management",
    ),
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
