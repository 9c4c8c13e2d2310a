"""What Lidarr and Readarr say alike by themselves, in the words of the shelf.

Both delete items and works without being asked, in an outage of their metadata server: no deletion they tell
of proves that a person wanted it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from mesharr.arr.shared.api import PathFields, Payload
from mesharr.arr.shared.signal_parsing import RenamedFile, event_of, renamed
from mesharr.core.arr.model import UNSURE, Signal, SignalKind

_with = msgspec.structs.replace


class WorksEvents(msgspec.Struct, frozen=True, kw_only=True):
    """How one of these arrs says it: what its types of event and their members are in the words of the shelf.

    `ids` is how the mesh's ids of its items begin.
    """

    ids: str
    events: Mapping[str, str]
    members: Mapping[str, str]


def signals_of(said: bytes | Mapping[str, Any], spoken: WorksEvents) -> tuple[Signal, ...]:
    """Return what a webhook's body, or a script's variables in the form of one, say; as `ArrKind.webhook`."""
    words = {**spoken.events, **spoken.members}
    event: _Known | None = event_of(said, frozenset(spoken.events), _Known, words)
    return (event.signal(spoken.ids),) if event else ()


class _Creator(Payload, frozen=True):
    foreign_id: str
    path: str | None = None


class _Event(Payload, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    reason: ClassVar[str] = ""
    creator: _Creator

    def signal(self, ids: str) -> Signal:
        id_, folder = f"{ids}:{self.creator.foreign_id.lower()}", self.creator.path or ""
        return Signal(kind=self.kind, id=id_, folder=folder, reason=self.reason)

    def paths(self, files: Sequence[PathFields]) -> tuple[str, ...]:
        return tuple(file.named(self.creator.path) for file in files)


class _Added(_Event, frozen=True, tag="Added"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="Deleted"):
    kind = "deleted"
    reason = UNSURE


class _WorkDeleted(_Event, frozen=True, tag="WorkDeleted"):
    kind = "file_deleted"  # of which files it does not say: a reason to look at the item
    reason = UNSURE


class _Imported(_Event, frozen=True, tag="Imported"):
    kind = "imported"
    files: tuple[PathFields, ...]
    deleted_files: tuple[PathFields, ...] = ()

    def signal(self, ids: str) -> Signal:
        paths, replaced = self.paths(self.files), self.paths(self.deleted_files)
        return _with(_Event.signal(self, ids), paths=paths, replaced=replaced)


class _Retagged(_Event, frozen=True, tag="Retagged"):
    kind = "retagged"
    file: PathFields

    def signal(self, ids: str) -> Signal:
        return _with(_Event.signal(self, ids), paths=self.paths([self.file]))


class _Renamed(_Event, frozen=True, tag="Renamed"):
    kind = "renamed"
    renamed_files: tuple[RenamedFile, ...]

    def signal(self, ids: str) -> Signal:
        return renamed(_Event.signal(self, ids), self.renamed_files)


class _FileDeleted(_Event, frozen=True, tag="FileDeleted"):
    kind = "file_deleted"
    file: PathFields
    delete_reason: str | None = None  # the webhook never says it

    def signal(self, ids: str) -> Signal:
        reason = (self.delete_reason or UNSURE).lower()
        if reason == "manualoverride":  # a scan read a changed file anew: it is still there
            reason = UNSURE
        return _with(_Event.signal(self, ids), paths=self.paths([self.file]), reason=reason)


_Known = _Added | _Deleted | _WorkDeleted | _Imported | _Retagged | _Renamed | _FileDeleted
