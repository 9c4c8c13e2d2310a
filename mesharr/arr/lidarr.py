"""Adapt Lidarr (API v1): an artist is an item, an album (release group) a unit.

An album has several files. Lidarr downloads it when it and its artist are monitored. Lidarr has no scan of an
artist, only of folders; it reports deleted files in its history only; and it deletes artists and albums by
itself when the metadata server no longer knows them, so no delete event proves that the user wanted it. No
request made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.arr.shared.file_import import Ids, RecentAnswers
from mesharr.arr.shared.setting_checks import (
    RECOMMENDED_FOR_WORKS,
    RecommendedSetting,
    SettingsApi,
    recommended_settings,
)
from mesharr.arr.shared.signal_parsing import ScriptVariables
from mesharr.arr.shared.works_arr import WorksArr
from mesharr.arr.shared.works_rows import (
    CreatorRow,
    Work,
    WorkFile,
    WorkHistoryRow,
    WorkQueueRow,
    WorksVocabulary,
)
from mesharr.arr.shared.works_signals import WorksEvents, parse_signals
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

_ID: Final = re.compile(r"mbid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_API: Final = "/api/v1"
_ARTIST: Final = f"{_API}/artist"
_with = msgspec.structs.replace


_EVENTS: Final = WorksEvents(
    id_prefix="mbid",
    events={
        "ArtistAdd": "Added",
        "ArtistDelete": "Deleted",
        "AlbumDelete": "WorkDeleted",
        "Download": "Imported",
        "Retag": "Retagged",
        "Rename": "Renamed",
    },
    members={
        "artist": "creator",
        "mbId": "foreignId",
        "trackFiles": "files",
        "trackFile": "file",
        "renamedTrackFiles": "renamedFiles",
    },
)


def _parse_webhook(payload: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    return tuple(signal for signal in parse_signals(payload, _EVENTS) if _ID.fullmatch(signal.id))


_AS_WEBHOOK: Final[Mapping[str | None, str]] = {
    "AlbumDownload": "Download",
    "ArtistDeleted": "ArtistDelete",
    "AlbumDeleted": "AlbumDelete",
    "TrackRetag": "Retag",
}


def _parse_script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    variables = ScriptVariables(env, "lidarr_")
    get = variables.get
    payload = {
        "eventType": _AS_WEBHOOK.get(get("eventtype"), get("eventtype")),
        "artist": {"mbId": get("artist_mbid"), "path": get("artist_path")},
        "trackFiles": variables.files("addedtrackpaths") or [],
        "deletedFiles": variables.files("deletedpaths") or get("artist_deletedfiles") or [],
        "trackFile": {"path": get("trackfile_path")},
        "renamedTrackFiles": variables.renames("trackfile_previouspaths", "trackfile_paths"),
    }
    return _parse_webhook(payload)


_HISTORY_KINDS: Final[Mapping[str, SignalKind]] = {
    "trackFileImported": "imported",
    "trackFileRetagged": "retagged",
    "trackFileRenamed": "renamed",
    "trackFileDeleted": "file_deleted",
}


class _Row(CreatorRow, frozen=True, kw_only=True):
    id_prefix = "mbid"
    foreign_id: str = msgspec.field(name="foreignArtistId", default="")
    name: str = msgspec.field(name="artistName", default="")


class _Release(Payload, frozen=True):
    id: int = 0
    foreign_release_id: str = ""
    monitored: bool = False


class _Album(Work, frozen=True, kw_only=True):
    unit: str = msgspec.field(name="foreignAlbumId", default="")
    releases: tuple[_Release, ...] = ()

    @property
    def release(self) -> str:
        """The monitored one: the files of any other are dropped when it is chosen."""
        chosen = [each.foreign_release_id for each in self.releases if each.monitored]
        return chosen[0] if len(chosen) == 1 else ""


class _Track(Payload, frozen=True):
    id: int = 0
    foreign_track_id: str = ""
    track_file_id: int = 0
    medium_number: int = 0
    absolute_track_number: int = 0


class _TrackFile(WorkFile, frozen=True, kw_only=True):
    work: int = msgspec.field(name="albumId", default=0)


class _HistoryEntry(WorkHistoryRow, frozen=True, kw_only=True):
    creator: _Row | None = msgspec.field(name="artist", default=None)
    work: _Album | None = msgspec.field(name="album", default=None)


class _QueueEntry(WorkQueueRow, frozen=True, kw_only=True):
    creator: _Row | None = msgspec.field(name="artist", default=None)
    work: _Album | None = msgspec.field(name="album", default=None)


_VOCABULARY: Final = WorksVocabulary(
    creator="artist",
    work="album",
    file="track",
    row=_Row,
    rows=list[_Row],
    works=list[_Album],
    files=list[_TrackFile],
    history=list[_HistoryEntry],
    history_kinds=_HISTORY_KINDS,
    queue=list[_QueueEntry],
)


class Lidarr:
    """A running Lidarr. `mesharr.arr.base.Arr` documents each method."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Lidarr", _API)
        self._settings = SettingsApi(self._api)
        self._works_arr = WorksArr(self._api, _VOCABULARY, clock)
        self._imports = self._works_arr.imports(self._import_ids)
        self._recent: RecentAnswers[int, list[_Track]] = RecentAnswers(
            self._api, lambda release: self._tracks("albumReleaseId", release), clock
        )

    def read(self, item: str) -> ArrItem | None:
        if not (mbid := _ID.fullmatch(item)):
            return None
        rows = self._api.ask(list[_Row], "GET", _ARTIST, params={"mbId": mbid[1]})
        # A single result may have another id: MusicBrainz answers for the old id of a merged artist too.
        found = [row for row in rows if len(rows) == 1 or row.foreign_id == mbid[1]]
        return self._works_arr.read(found[0]) if found else None

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is requested by its id
        return frozenset()

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        return self._works_arr.read_all(self._works_arr.rows(), recent=recent)

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:
        if not any(file.path in paths and file.ref for file in item.files):
            return item
        in_order = sorted(
            self._tracks("artistId", item.ref),
            key=lambda each: (each.medium_number, each.absolute_track_number),
        )
        parts: dict[int, tuple[str, ...]] = {}
        for track in in_order:
            parts[track.track_file_id] = (*parts.get(track.track_file_id, ()), track.foreign_track_id)
        files = (
            _with(file, parts=parts.get(file.ref, ())) if file.path in paths and file.ref else file
            for file in item.files
        )
        return _with(item, files=tuple(files))

    def _tracks(self, of: str, ref: int) -> list[_Track]:
        return self._api.ask(list[_Track], "GET", f"{_API}/track", params={of: str(ref)})

    def check_settings(self) -> None:
        self._settings.check_root_monitoring("the discographies of the artists that peers add")

    def setting_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.problems(_RECOMMENDED, "metadataprovider")

    def roots(self) -> Mapping[str, bool]:
        return self._settings.roots()

    def has_file(self, path: str) -> bool:
        return self._settings.has_file(path)

    def add(self, item: NewItem) -> None:
        self._api.add(_ARTIST, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        for item in items:
            self._api.add(_ARTIST, self._new(item, recent=True))
        return ()

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (mbid := _ID.fullmatch(item.id)):
            raise Refused(f"Lidarr cannot add {item.id}: that is not the MusicBrainz id of an artist")
        return self._works_arr.new_item_body(item, mbid[1], recent=recent)

    def exclusions(self) -> frozenset[str]:
        return self._works_arr.exclusions()

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        self._works_arr.set_monitored(ref, units, monitored=monitored)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        return self._works_arr.rescan(ref, paths, units, self._add_album)

    def _add_album(self, artist: _Row, album: str) -> None:
        # any release: else files of another release that a peer has are rejected
        self._api.add(f"{_API}/album", {**self._works_arr.new_work_body(artist, album), "anyReleaseOk": True})

    def importable(self, file: FileToImport) -> bool:
        return self._imports.importable(file)

    def import_files(self, files: Sequence[FileToImport]) -> int:
        return self._imports.run(files)

    def _import_ids(self, file: FileToImport, album: _Album) -> Ids | None:
        release = next((each for each in album.releases if each.foreign_release_id == file.release), None)
        wanted = frozenset(file.parts)

        def ids_in(tracks: Sequence[_Track]) -> list[int] | None:
            ids = [each.id for each in tracks if each.foreign_track_id in wanted]
            return ids if len(ids) == len(wanted) else None

        if not file.release or release is None or not wanted:
            return None
        tracks = self._recent.find(release.id, ids_in)
        ids = {"albumId": album.id, "albumReleaseId": release.id, "trackIds": tracks}
        return None if tracks is None else ids

    def command_ended(self, command: int) -> bool:
        return self._works_arr.commands.ended(command)

    def scans(self) -> ArrScans:
        return self._works_arr.commands.scans(
            frozenset({"RescanFolders", "RefreshArtist", "BulkRefreshArtist", "RefreshAlbum", "ManualImport"})
        )

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no artist has one
        self._works_arr.move(ref, folder)

    def remove(self, ref: int) -> None:
        self._works_arr.remove(ref)

    def history_since(self, since_ms: int) -> ArrHistory:
        return self._works_arr.history_since(since_ms)

    def downloads(self) -> tuple[Download, ...]:
        return self._works_arr.downloads()

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.download_client_problems()

    def forget_cached(self) -> None:
        self._api.forget_cached()

    def start_time(self) -> str:
        return self._settings.start_time()

    def library_info(self) -> LibraryInfo:
        formats = ("artistFolderFormat", "standardTrackFormat")
        return self._settings.library_info(self._works_arr.labels.profiles, formats)


_RECOMMENDED: Final[Mapping[str, RecommendedSetting]] = {
    **recommended_settings("Artist"),
    **RECOMMENDED_FOR_WORKS,
}
_TRIGGERS: Final = (
    "onReleaseImport",
    "onUpgrade",
    "onRename",
    "onArtistAdd",
    "onArtistDelete",
    "onAlbumDelete",
    "onTrackRetag",
)
KIND: Final = ArrKind(
    "lidarr",
    "Lidarr",
    "lidarr_",
    Lidarr,
    _parse_webhook,
    _parse_script,
    frozenset(_EVENTS.events),
    triggers=_TRIGGERS,
    api_root=_API,
    imports_files=True,
    states_parts=True,
    item="artist",
)
