"""Parse the webhooks and scripts of Lidarr and Readarr, whose events differ in names only.

Both delete items and works by themselves in an outage of their metadata server: no delete event of theirs
proves that the user wanted it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.arr.shared.api import PathFields, Payload
from mesharr.arr.shared.signal_parsing import (
    NamedEvent,
    RenamedFile,
    deleted_signal,
    keeps_files,
    kinds_of,
    parse_event,
    renamed_signal,
)
from mesharr.core.arr.model import UNSURE, Signal, SignalKind

_with = msgspec.structs.replace


class WorksEvents(msgspec.Struct, frozen=True, kw_only=True):
    """The names one of these apps uses in its events."""

    id_prefix: str
    """The beginning of the item ids in events (`mbid`)."""
    events: Mapping[str, str]
    """The names here of the app's types of event."""
    members: Mapping[str, str]
    """The names here of the members of its events."""


def parse_signals(payload: bytes | Mapping[str, Any], names: WorksEvents) -> tuple[Signal, ...]:
    """Return the signals of a webhook, or of script variables in the same form.

    See `ArrKind.parse_webhook`.
    """
    translation = {**names.events, **names.members}
    types = frozenset(names.events)
    event: _KnownEvent | _Named | None
    try:
        event = parse_event(payload, types, _KnownEvent, translation)
        return (event.signal(names.id_prefix),) if event else ()
    except UnreadableSignal:
        event = parse_event(payload, types, _Named, translation)
        return (event.signal(names.id_prefix),) if event else ()


class _Creator(Payload, frozen=True):
    foreign_id: str
    path: str | None = None


class _Event(Payload, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    reason: ClassVar[str] = ""
    creator: _Creator

    def signal(self, id_prefix: str) -> Signal:
        id_, folder = f"{id_prefix}:{self.creator.foreign_id.lower()}", self.creator.path or ""
        return Signal(kind=self.kind, id=id_, folder=folder, reason=self.reason)

    def paths(self, files: Sequence[PathFields]) -> tuple[str, ...]:
        return tuple(file.required_path(self.creator.path) for file in files)


class _Added(_Event, frozen=True, tag="Added"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="Deleted"):
    kind = "deleted"
    reason = UNSURE
    deleted_files: Any = None

    def signal(self, id_prefix: str) -> Signal:
        return _with(_Event.signal(self, id_prefix), keeps_files=keeps_files(self.deleted_files))


class _WorkDeleted(_Event, frozen=True, tag="WorkDeleted"):
    kind = "file_deleted"  # the event names no files, so the item is checked
    reason = UNSURE


class _Imported(_Event, frozen=True, tag="Imported"):
    kind = "imported"
    files: tuple[PathFields, ...]
    deleted_files: tuple[PathFields, ...] = ()

    def signal(self, id_prefix: str) -> Signal:
        paths, replaced = self.paths(self.files), self.paths(self.deleted_files)
        return _with(_Event.signal(self, id_prefix), paths=paths, replaced=replaced)


class _Retagged(_Event, frozen=True, tag="Retagged"):
    kind = "retagged"
    file: PathFields

    def signal(self, id_prefix: str) -> Signal:
        return _with(_Event.signal(self, id_prefix), paths=self.paths([self.file]))


class _Renamed(_Event, frozen=True, tag="Renamed"):
    kind = "renamed"
    renamed_files: tuple[RenamedFile, ...]

    def signal(self, id_prefix: str) -> Signal:
        return renamed_signal(_Event.signal(self, id_prefix), self.renamed_files)


class _FileDeleted(_Event, frozen=True, tag="FileDeleted"):
    kind = "file_deleted"
    file: PathFields
    delete_reason: str | None = None  # in scripts only

    def signal(self, id_prefix: str) -> Signal:
        return deleted_signal(_Event.signal(self, id_prefix), self.paths([self.file]), self.delete_reason)


class _Named(NamedEvent, frozen=True, kw_only=True):
    """An event that names its artist or author, and lacks a detail."""

    creator: _Creator

    def signal(self, id_prefix: str) -> Signal:
        id_ = f"{id_prefix}:{self.creator.foreign_id.lower()}"
        return self.unnamed(Signal(kind="renamed", id=id_, folder=self.creator.path or ""), _KINDS)


_KnownEvent = _Added | _Deleted | _WorkDeleted | _Imported | _Retagged | _Renamed | _FileDeleted
_KINDS: Final = kinds_of(_KnownEvent)
