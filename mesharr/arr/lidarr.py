"""Lidarr: an artist is an item, an album a unit (the id of its MusicBrainz release group). API v1.

An album is made of several files. It would be downloaded when it and its artist are monitored. Lidarr knows
no scan of an artist, only of folders; it tells of no deleted file but in its history; and it deletes artists
and albums by itself when the metadata server no longer knows them, so that no deletion it tells of proves
that a person wanted it. No call made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, QueueRow, date_of
from mesharr.arr.shared.setting_checks import (
    SHELF_WISHES,
    RecommendedSetting,
    check_roots,
    described,
    findings_in,
    recommended_settings,
    roots_of,
    started_of,
)
from mesharr.arr.shared.signal_parsing import HistoryRow, Script, downloads_of, merged
from mesharr.arr.shared.works_arr import CreatorRow, Work, WorkFile, WorksArr, WorksVocabulary
from mesharr.arr.shared.works_signals import WorksEvents, signals_of
from mesharr.core.arr.model import ArrItem, ArrScans, Download, NewItem, SettingProblem, Signal, SignalKind
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"mbid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_API: Final = "/api/v1"
_ARTIST: Final = f"{_API}/artist"


_SPOKEN: Final = WorksEvents(
    ids="mbid",
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


def _signals(said: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    return tuple(signal for signal in signals_of(said, _SPOKEN) if _ID.fullmatch(signal.id))


_AS_WEBHOOK: Final[Mapping[str | None, str]] = {
    "AlbumDownload": "Download",
    "ArtistDeleted": "ArtistDelete",
    "AlbumDeleted": "AlbumDelete",
    "TrackRetag": "Retag",
}


def _script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    script = Script(env, "lidarr_")
    said = script.get
    payload = {
        "eventType": _AS_WEBHOOK.get(said("eventtype"), said("eventtype")),
        "artist": {"mbId": said("artist_mbid"), "path": said("artist_path")},
        "trackFiles": script.files("addedtrackpaths") or [],
        "deletedFiles": script.files("deletedpaths") or [],
        "trackFile": {"path": said("trackfile_path")},
        "renamedTrackFiles": script.renamed("trackfile_previouspaths", "trackfile_paths"),
    }
    return _signals(payload)


_TOLD: Final[Mapping[str, SignalKind]] = {
    "trackFileImported": "imported",
    "trackFileRetagged": "retagged",
    "trackFileRenamed": "renamed",
    "trackFileDeleted": "file_deleted",
}


class _Row(CreatorRow, frozen=True, kw_only=True):
    ids = "mbid"
    foreign_id: str = msgspec.field(name="foreignArtistId", default="")
    name: str = msgspec.field(name="artistName", default="")


class _Album(Work, frozen=True, kw_only=True):
    unit: str = msgspec.field(name="foreignAlbumId", default="")


class _TrackFile(WorkFile, frozen=True, kw_only=True):
    work: int = msgspec.field(name="albumId", default=0)


class _Past(HistoryRow, frozen=True):
    artist: _Row | None = None

    def signals(self) -> tuple[Signal, ...]:
        if self.artist is None or not self.artist.foreign_id:
            return ()
        return self.told(Signal(kind="imported", id=self.artist.item, folder=self.artist.path), _TOLD)


class _Queued(QueueRow, frozen=True):
    artist: _Row | None = None
    album: _Album | None = None


_WORDS: Final = WorksVocabulary(
    creator="artist",
    work="album",
    file="track",
    row=_Row,
    rows=list[_Row],
    works=list[_Album],
    files=list[_TrackFile],
)


class Lidarr:
    """A running Lidarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Lidarr")
        self._shelf = WorksArr(self._api, _API, _WORDS, clock)

    def read(self, id: str) -> ArrItem | None:  # noqa: A002 - the port's word
        if not (mbid := _ID.fullmatch(id)):
            return None
        rows = self._api.ask(list[_Row], "GET", _ARTIST, params={"mbId": mbid[1]})
        # The one found may have another id: an artist that MusicBrainz merged is known by its old one too.
        found = [row for row in rows if len(rows) == 1 or row.foreign_id == mbid[1]]
        return self._shelf.read(found[0]) if found else None

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is asked for by its id
        return frozenset()

    def read_all(self) -> Iterator[ArrItem]:
        return self._shelf.read_all(self._shelf.listed())

    def check(self) -> None:
        check_roots(self._api, _API, "the discographies of the artists that peers bring")

    def findings(self) -> tuple[SettingProblem, ...]:
        return findings_in(self._api, _API, _WISHES, "metadataprovider")

    def roots(self) -> Mapping[str, bool]:
        return roots_of(self._api, _API)

    def add(self, item: NewItem) -> None:
        self._api.add(_ARTIST, self._new(item))

    def add_many(self, items: Sequence[NewItem]) -> None:
        for item in items:
            self._api.add(_ARTIST, self._new(item, recent=True))

    def _new(self, item: NewItem, *, recent: bool = False) -> dict[str, Any]:
        if not (mbid := _ID.fullmatch(item.id)):
            raise Refused(f"Lidarr cannot add {item.id}: that is not the MusicBrainz id of an artist")
        return self._shelf.new(item, mbid[1], recent=recent)

    def exclusions(self) -> frozenset[str]:
        return self._shelf.exclusions()

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        self._shelf.set_monitored(ref, units, monitored=monitored)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        return self._shelf.rescan(ref, paths, units, self._add_album)

    def _add_album(self, artist: _Row, album: str) -> None:
        # any release: else the files of a peer's are turned away
        self._api.add(f"{_API}/album", {**self._shelf.new_work(artist, album), "anyReleaseOk": True})

    def command_ended(self, command: int) -> bool:
        return self._shelf.commands.ended(command)

    def scans(self) -> ArrScans:
        return self._shelf.commands.scans(
            frozenset({"RescanFolders", "RefreshArtist", "BulkRefreshArtist", "RefreshAlbum"})
        )

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no artist has one
        self._api.edit(f"{_ARTIST}/{ref}", {"moveFiles": "false"}, {"path": folder})

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportListExclusion": "false"}
        self._api.request("DELETE", f"{_ARTIST}/{ref}", params=query)

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        query = {"date": date_of(since_ms), "includeArtist": "true"}
        rows = self._api.ask(list[_Past], "GET", f"{_API}/history/since", params=query)
        return merged(signal for row in rows for signal in row.signals())

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeArtist": "true", "includeAlbum": "true"}
        rows = self._api.ask(list[_Queued], "GET", f"{_API}/queue/details", params=query)
        return downloads_of(
            (row.artist.item, row.album.unit) for row in rows if row.artist and row.album and not row.over
        )

    def started(self) -> str:
        return started_of(self._api, _API)

    def describe(self) -> LibraryInfo:
        formats = ("artistFolderFormat", "standardTrackFormat")
        return described(self._api, _API, self._shelf.labels.profiles, formats)


_WISHES: Final[Mapping[str, RecommendedSetting]] = {**recommended_settings("Artist"), **SHELF_WISHES}
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
    _signals,
    _script,
    frozenset(_SPOKEN.events),
    triggers=_TRIGGERS,
    api=_API,
)
