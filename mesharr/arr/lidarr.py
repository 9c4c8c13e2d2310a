"""Lidarr: an artist is an item, an album a unit (the id of its MusicBrainz release group). API v1.

An album is made of several files. It would be downloaded when it and its artist are monitored. Lidarr knows
no scan of an artist, only of folders; it tells of no deleted file but in its history; and it deletes artists
and albums by itself when the metadata server no longer knows them, so that no deletion it tells of proves
that a person wanted it. No call made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.api import ArrApi, Commands, File, Place, Queued, Said, date_of
from mesharr.arr.base import ArrKind
from mesharr.arr.flags import Flags
from mesharr.arr.heard import Moved, Past, Script, downloads_of, event_of, merged, renamed
from mesharr.arr.lately import Lately
from mesharr.arr.settings import (
    Wish,
    check_roots,
    described,
    findings_in,
    roots_of,
    started_of,
    wishes_for,
)
from mesharr.arr.shelf import WISHES, Shelf, Shelved, folders_to_scan
from mesharr.core.errors import Refused
from mesharr.core.events import LibraryInfo
from mesharr.core.held import UNSURE, Download, Finding, Held, NewItem, Scans, Signal, SignalKind

_ID: Final = re.compile(r"mbid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_API: Final = "/api/v1"
_ARTIST: Final = f"{_API}/artist"
_ALBUM: Final = f"{_API}/album"
_with = msgspec.structs.replace


class _Artist(Said, frozen=True):
    mb_id: str
    path: str | None = None


class _Event(Said, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    reason: ClassVar[str] = ""
    artist: _Artist

    def signal(self) -> Signal:
        id_, folder = f"mbid:{self.artist.mb_id.lower()}", self.artist.path or ""
        return Signal(kind=self.kind, id=id_, folder=folder, reason=self.reason)

    def paths(self, files: Sequence[Place]) -> tuple[str, ...]:
        return tuple(file.named(self.artist.path) for file in files)


class _Added(_Event, frozen=True, tag="ArtistAdd"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="ArtistDelete"):
    kind = "deleted"
    reason = UNSURE


class _AlbumDeleted(_Event, frozen=True, tag="AlbumDelete"):
    kind = "file_deleted"  # of which files it does not say: a reason to look at the artist
    reason = UNSURE


class _Imported(_Event, frozen=True, tag="Download"):
    kind = "imported"
    track_files: tuple[Place, ...]
    deleted_files: tuple[Place, ...] = ()

    def signal(self) -> Signal:
        paths, replaced = self.paths(self.track_files), self.paths(self.deleted_files)
        return _with(_Event.signal(self), paths=paths, replaced=replaced)


class _Retagged(_Event, frozen=True, tag="Retag"):
    kind = "retagged"
    track_file: Place

    def signal(self) -> Signal:
        return _with(_Event.signal(self), paths=self.paths([self.track_file]))


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_track_files: tuple[Moved, ...]

    def signal(self) -> Signal:
        return renamed(_Event.signal(self), self.renamed_track_files)


_Known = _Added | _Deleted | _AlbumDeleted | _Imported | _Retagged | _Renamed
_KNOWN: Final = frozenset({"ArtistAdd", "ArtistDelete", "AlbumDelete", "Download", "Retag", "Rename"})


def _signals(said: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    event: _Known | None = event_of(said, _KNOWN, _Known)
    signal = event.signal() if event else None
    return (signal,) if signal and _ID.fullmatch(signal.id) else ()


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


class _Row(Shelved, frozen=True, kw_only=True):
    foreign_artist_id: str = ""
    artist_name: str = ""

    @property
    def item(self) -> str:
        return f"mbid:{self.foreign_artist_id}"

    @property
    def name(self) -> str:
        return self.artist_name


class _Album(Said, frozen=True):
    id: int = 0
    foreign_album_id: str = ""
    monitored: bool = False

    @property
    def unit(self) -> str:
        return self.foreign_album_id


class _TrackFile(File, frozen=True):
    album_id: int = 0

    @property
    def work(self) -> int:
        return self.album_id


class _Past(Past, frozen=True):
    artist: _Row | None = None

    def signals(self) -> tuple[Signal, ...]:
        if self.artist is None or not self.artist.foreign_artist_id:
            return ()
        return self.told(Signal(kind="imported", id=self.artist.item, folder=self.artist.path), _TOLD)


class _Queued(Queued, frozen=True):
    artist: _Row | None = None
    album: _Album | None = None


class Lidarr:
    """A running Lidarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Lidarr")
        self._commands = Commands(self._api, f"{_API}/command", ("artistId", "artistIds"))
        self._shelf = Shelf(self._api, _API, "artist")
        self._flags = Flags(self._api, (f"{_ALBUM}/monitor", "albumIds"), (f"{_ARTIST}/editor", "artistIds"))
        self._lately: Lately[_Row] = Lately(
            self._api,
            lambda row: self._shelf.held(row, self._albums(row.id), self._files(row.id)),
            lambda row: self._shelf.held(row, (), ()),
            "trackFileCount",
            clock,
        )

    def read(self, id: str) -> Held | None:  # noqa: A002 - the port's word
        if not (mbid := _ID.fullmatch(id)):
            return None
        rows = self._api.ask(list[_Row], "GET", _ARTIST, params={"mbId": mbid[1]})
        # The one found may have another id: an artist that MusicBrainz merged is known by its old one too.
        found = [row for row in rows if len(rows) == 1 or row.foreign_artist_id == mbid[1]]
        self._shelf.labels.learn(found)
        return self._lately.asked(found[0]) if found else None

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:  # noqa: ARG002 - each is asked for by its id
        return frozenset()

    def read_all(self) -> Iterator[Held]:
        rows = [row for row in self._api.ask(list[_Row], "GET", _ARTIST) if row.foreign_artist_id]
        self._shelf.labels.learn(rows, anew=True)
        yield from self._lately.every(rows)

    def _albums(self, ref: int) -> list[_Album]:
        listed = self._api.ask(list[_Album], "GET", _ALBUM, params={"artistId": str(ref)})
        return [album for album in listed if album.foreign_album_id]

    def _files(self, ref: int) -> list[_TrackFile]:
        return self._api.ask(list[_TrackFile], "GET", f"{_API}/trackfile", params={"artistId": str(ref)})

    def check(self) -> None:
        check_roots(self._api, _API, "the discographies of the artists that peers bring")

    def findings(self) -> tuple[Finding, ...]:
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
        # what the metadata say takes the place of the name, but it may not be empty
        named = {"foreignArtistId": mbid[1], "artistName": item.title or item.id}
        return {**named, **self._shelf.new(item, recent=recent)}

    def exclusions(self) -> frozenset[str]:
        return frozenset(f"mbid:{each}" for each in self._shelf.excluded())

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        albums = self._albums(ref)
        if not monitored:
            self._flags.off(units, albums)
        elif artist := self._api.find(_Row, f"{_ARTIST}/{ref}"):
            self._flags.on(ref, artist.monitored, units, albums)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        artist = self._api.ask(_Row, "GET", f"{_ARTIST}/{ref}")
        if units:
            known = {album.unit for album in self._albums(ref)}
            self._shelf.tell_of(ref, units, known, lambda unit: self._add_album(artist, unit))
        shown = [file.path for file in self._files(ref) if file.path] if paths else []
        folders = folders_to_scan(artist.path, shown, paths)
        body = {"filter": "matched", "addNewArtists": False, "artistIds": [ref]}
        return self._commands.run({"name": "RescanFolders", "folders": folders, **body})

    def _add_album(self, artist: _Row, album: str) -> None:
        named = {"foreignArtistId": artist.foreign_artist_id, "artistName": artist.artist_name}
        body = {
            "foreignAlbumId": album,
            "monitored": False,
            "anyReleaseOk": True,  # else the files of a peer's release are turned away
            "addOptions": {"searchForNewAlbum": False},
            "artist": {**named, **artist.described()},
        }
        self._api.add(_ALBUM, body)

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> Scans:
        return self._commands.scans(
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


_WISHES: Final[Mapping[str, Wish]] = {**wishes_for("Artist"), **WISHES}
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
    "lidarr", "Lidarr", "lidarr_", Lidarr, _signals, _script, _KNOWN, triggers=_TRIGGERS, api=_API
)
