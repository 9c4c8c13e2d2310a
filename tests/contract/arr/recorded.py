"""What real apps were recorded to send and to answer, and what it says, read without any adapter."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.arr.model import UNSURE, Signal
from tests.contract.arr.contract import connected

Json = Any
FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "recorded"
_ITEMS: Final = {"radarr": "movie", "sonarr": "series", "lidarr": "artist", "readarr": "author"}
_UNITS: Final = {"sonarr": "episode", "lidarr": "album", "readarr": "book"}
_IDS: Final = {
    "radarr": ("tmdb", "tmdbId"),
    "sonarr": ("tvdb", "tvdbId"),
    "lidarr": ("mbid", "mbId"),
    "readarr": ("goodreads", "goodreadsId"),
}
_FILES: Final = {"radarr": "moviefile", "sonarr": "episodefile", "lidarr": "trackfile", "readarr": "bookfile"}
_UNSURE_DELETES: Final = frozenset({"lidarr", "readarr"})
"""The apps that delete items by themselves, so that no delete is the user's for sure."""


class RecordedEvent(msgspec.Struct, frozen=True):
    """A recorded webhook or script environment."""

    kind: ArrKind
    source: str
    """webhooks or scripts."""
    event: str
    """The event, as the file's name says it."""
    name: str
    members: Mapping[str, Json]

    def read(self) -> tuple[Signal, ...]:
        """Return what the adapter reads."""
        if self.source == "scripts":
            return self.kind.parse_script(self.members)
        return self.kind.parse_webhook(json.dumps(self.members).encode())

    def said(self) -> tuple[Signal, ...]:
        """Return what the recording says."""
        kind = _signal_kind(self.event)
        if kind is None:
            return ()
        prefix, own_id = _IDS[self.kind.name]
        about = self._item()
        id_ = about.get(own_id) or about.get("grid")
        folder = about.get("folderPath") or about.get("path", "")
        unsure = self.kind.name in _UNSURE_DELETES and kind == "deleted"
        told = {"kind": kind, "id": f"{prefix}:{id_}", "folder": folder, "reason": UNSURE if unsure else ""}
        told["keeps_files"] = kind == "deleted" and self.members.get("deletedFiles") is False
        return (msgspec.convert(told | self._of_files(kind), Signal),)

    def _item(self) -> Mapping[str, Json]:
        item = _ITEMS[self.kind.name]
        if self.source == "webhooks":
            found: Mapping[str, Json] = self.members[item]
            return found
        names = {"tmdbid": "tmdbId", "tvdbid": "tvdbId", "mbid": "mbId", "goodreadsid": "goodreadsId"}
        return {names.get(name, name): value for name, value in self._variables(f"{item}_").items()}

    def _of_files(self, kind: str) -> dict[str, Json]:
        """Return the members of a signal that come from the files of the event."""
        files = self._webhook_files() if self.source == "webhooks" else self._script_files()
        told: dict[str, Json] = {"paths": [file["path"] for file in files]}
        if kind == "renamed":
            told["renamed"] = {file["previousPath"]: file["path"] for file in files}
        if kind == "imported":
            deleted = self.members.get("deletedFiles") or ()
            told["replaced"] = [file["path"] for file in deleted] or self._listed("deletedpaths")
        if kind == "file_deleted":
            reason = self.members.get("deleteReason") or self._reason()
            told["reason"] = (reason or UNSURE).lower()
        return told

    def _webhook_files(self) -> list[Mapping[str, str]]:
        given = [
            value
            for name, value in self.members.items()
            if name.lower().removesuffix("s").endswith("file") and name != "deletedFiles"
        ]
        return [file for value in given for file in (value if isinstance(value, list) else [value])]

    def _script_files(self) -> list[Mapping[str, str]]:
        file = _FILES[self.kind.name]
        before, after = self._listed(f"{file}_previouspaths"), self._listed(f"{file}_paths")
        if after:
            return [{"previousPath": old, "path": new} for old, new in zip(before, after, strict=True)]
        added = self._listed(f"added{file.removesuffix('file')}paths") or self._listed(f"{file}_path")
        return [{"path": path} for path in added]

    def _reason(self) -> str:
        own = self._variables("")
        return own.get(f"{_FILES[self.kind.name]}_deletereason") or own.get("delete_reason", "")

    def _listed(self, name: str) -> list[str]:
        return [part for part in self._variables("").get(name, "").split("|") if part]

    def _variables(self, prefix: str) -> dict[str, str]:
        if self.source == "webhooks":
            return {}
        begin = f"{self.kind.name}_{prefix}"
        return {name.removeprefix(begin): v for name, v in self.members.items() if name.startswith(begin)}


def _signal_kind(event: str) -> str | None:
    if event == "Test":
        return None
    if event.endswith("Download"):
        return "imported"
    if event.endswith(("FileDelete", "AlbumDelete", "BookDelete")):
        return "file_deleted"
    endings = {"Added": "added", "Add": "added", "Delete": "deleted", "Rename": "renamed"}
    return next(kind for ending, kind in endings.items() if event.endswith(ending))


def recorded_events(kind: ArrKind) -> Iterator[RecordedEvent]:
    """Yield every recorded webhook and script environment of an app."""
    for source in ("webhooks", "scripts"):
        for path in sorted((FOLDER / kind.name / source).glob("*.json")):
            first, last = path.stem.split("-")
            event = first if source == "webhooks" else last
            yield RecordedEvent(kind, source, event, path.stem, json.loads(path.read_text()))


def recorded_answer(kind: ArrKind, name: str) -> Json:
    """Return a recorded answer by its file's name: the path of the route, with dashes."""
    return json.loads((FOLDER / kind.name / "api" / f"{name}.json").read_text())


class RecordedApp:
    """Answers each GET with what the real app answered, whatever the query; others are not allowed.

    The rows of the history get the item and the unit that they were recorded without.
    """

    def __init__(self, kind: ArrKind) -> None:
        self.kind = kind
        self.unknown: list[str] = []
        """The paths that were asked for and not recorded."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.rpartition(f"{self.kind.api_root}/")[2]  # or a page beside the API
        file = FOLDER / self.kind.name / "api" / f"{path.replace('/', '-')}.json"
        if request.method != "GET" or not file.exists():
            self.unknown.append(f"{request.method} {path}")
            return httpx.Response(404, json={"message": "NotFound"})
        rows = json.loads(file.read_text())
        return httpx.Response(200, json=self._with_item(rows) if path == "history/since" else rows)

    def _with_item(self, rows: list[dict[str, Json]]) -> list[dict[str, Json]]:
        item = _ITEMS[self.kind.name]
        more = {item: recorded_answer(self.kind, item)[0]}
        if unit := _UNITS.get(self.kind.name):
            more[unit] = recorded_answer(self.kind, unit)[0]
        return [row | more for row in rows]

    def arr(self) -> Arr:
        """Return the adapter of this app."""
        return connected(self.kind, self.handle)
