"""Parse what an app sends or records of itself: webhooks, script variables, history rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, get_args

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.arr.shared.api import PathFields, Payload, ms_of
from mesharr.core.answers import NOT_JSON, without_nulls
from mesharr.core.arr.model import UNSURE, Download, GrabOutcome, GrabResult, Signal, SignalKind

_with = msgspec.structs.replace


def parse_event(
    payload: bytes | Mapping[str, Any],
    event_types: frozenset[str],
    shape: Any,
    names: Mapping[str, str] | None = None,
) -> Any:
    """Return a webhook's body, or script variables in the same form, as a `shape`.

    None for a type of event that is not in `event_types`. In a mapping numbers may be text, in bytes not.
    `names` maps the app's names of event types, and of members of the body and of the objects in it, to
    those of `shape`.

    Raises `UnreadableSignal` when there is no event type, or the event lacks what `shape` needs.
    """
    try:
        members = msgspec.json.decode(payload) if isinstance(payload, bytes) else payload
        if msgspec.convert(members, _EventType).event_type not in event_types:
            return None
        if names:
            members = _translated(members, names)
        return _converted(members, shape, strict=isinstance(payload, bytes))
    except NOT_JSON as error:
        raise UnreadableSignal(f"not an event of this app: {error}") from error


def _converted(members: Mapping[str, Any], shape: Any, *, strict: bool) -> Any:
    try:
        return msgspec.convert(members, shape, strict=strict)
    except msgspec.ValidationError:  # a null is a member that is not there
        return msgspec.convert(without_nulls(members), shape, strict=strict)


def _translated(payload: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    def renamed(members: Mapping[str, Any]) -> dict[str, Any]:
        return {names.get(name, name): value for name, value in members.items()}

    inside = {name: renamed(each) if isinstance(each, Mapping) else each for name, each in payload.items()}
    return renamed(inside | {"eventType": names[payload["eventType"]]})


class ScriptVariables:
    """The environment variables of a custom script, by lower-case name without the prefix.

    An empty variable is one the app has no value for: it is left out. Lists are joined with `|`, which is
    not escaped in their parts.
    """

    def __init__(self, env: Mapping[str, str], prefix: str) -> None:
        lower = {name.lower(): value for name, value in env.items() if value}
        self._values = {
            name.removeprefix(prefix): value for name, value in lower.items() if name.startswith(prefix)
        }

    def get(self, name: str) -> str | None:
        """Return the value of a variable, None when it is not set."""
        return self._values.get(name)

    def parts(self, name: str, separator: str = "|") -> list[str]:
        """Return the parts of a list, [] when it is not set. Lists of numbers are joined with `,`."""
        return self._values[name].split(separator) if name in self._values else []

    def files(self, name: str, count: str = "") -> list[dict[str, str]] | None:
        """Return a list of paths in the form of a webhook, None when it is not set.

        `count` names the variable that holds their number. With another number of parts a `|` is in one
        of the paths: then [] is returned, and the event still names its item.
        """
        paths = self.parts(name)
        if count and paths and self.get(count) != str(len(paths)):
            return []
        return [{"path": path} for path in paths] or None

    def renames(self, before: str, after: str) -> list[dict[str, str]] | None:
        """Return two lists of paths in the form of a webhook, None when one is not set.

        Of different lengths, they have a `|` in a path and no pair is sure: then [] is returned, and the
        event still names its item.
        """
        old, new = self.parts(before), self.parts(after)
        if not old or not new:
            return None
        if len(old) != len(new):
            return []
        return [{"previousPath": was, "path": now} for was, now in zip(old, new, strict=True)]


class NamedEvent(Payload, frozen=True):
    """What every event of an item has: for an event that lacks all else that it should have."""

    event_type: str
    delete_reason: str | None = None

    def unnamed(self, blank: Signal, kinds: Mapping[str, SignalKind]) -> Signal:
        """Return `blank`, which names the item, as a signal about files that are not named.

        An event of a grab that names no unit states nothing, but that the item may have changed.
        """
        kind = kinds[self.event_type]
        if kind == "grabbed":
            return _with(blank, kind="renamed")
        if kind == "file_deleted":
            return _with(deleted_signal(blank, (), self.delete_reason), unnamed=True)
        return _with(blank, kind=kind, unnamed=kind in {"imported", "renamed", "retagged"})


def keeps_files(deleted_files: object) -> bool:
    """Return whether a deletion left the files alone: the app says False, or the word for it."""
    return str(deleted_files).lower() == "false"


def kinds_of(events: Any) -> Mapping[str, SignalKind]:
    """Return the signal kind of each event type of a union of events."""
    return {event.__struct_config__.tag: event.kind for event in get_args(events)}


class RenamedFile(PathFields, frozen=True, kw_only=True):
    """A file of a rename event, at its new path."""

    previous_path: str


def renamed_signal(blank: Signal, files: Iterable[RenamedFile]) -> Signal:
    """Return `blank` as a rename, with the files' new paths and a map from old to new."""
    names = {file.previous_path: file.required_path(blank.folder) for file in files}
    return _with(blank, kind="renamed", paths=tuple(names.values()), renamed=names)


def deleted_signal(blank: Signal, paths: tuple[str, ...], word: str | None) -> Signal:
    """Return `blank` as the deletion of files, `word` being the app's word for the cause.

    With `manualOverride` the app dropped the row of a file that it reads or assigns again: the file is
    untouched, so the reason is `UNSURE`.
    """
    reason = (word or UNSURE).lower()
    reason = UNSURE if reason == "manualoverride" else reason
    return _with(blank, kind="file_deleted", paths=paths, reason=reason)


class HistoryRow(Payload, frozen=True):
    """A row of an app's history; `data` differs by type of event."""

    event_type: str = ""
    date: str = ""
    download_id: str | None = None
    source_title: str = ""
    data: Mapping[str, str | None] = {}

    def to_signals(self, blank: Signal, kinds: Mapping[str, SignalKind]) -> tuple[Signal, ...]:
        """Return the row as a signal of the item in `blank`, () when it has no news.

        `kinds` maps the app's types of event to signal kinds.
        """
        get = self.data.get
        kind = kinds.get(self.event_type)
        if kind == "grabbed":
            return (_with(blank, kind=kind),)
        if kind == "imported" and (path := get("importedPath")):
            return (_with(blank, kind=kind, paths=(path,), units=(), at=ms_of(self.date)),)
        if kind == "retagged" and self.source_title:
            return (_with(blank, kind=kind, paths=(self.source_title,), units=()),)
        if kind == "renamed" and (old := get("sourcePath")) and (new := get("path")):
            renamed = {old: new}
            return (_with(blank, kind=kind, paths=(new,), renamed=renamed, units=(), at=ms_of(self.date)),)
        if kind == "file_deleted" and self.source_title:
            blank = _with(blank, units=(), at=ms_of(self.date))
            return (deleted_signal(blank, (self.source_title,), get("reason")),)
        return ()


_RESULTS: Final[Mapping[str, GrabResult]] = {
    "grabbed": "under_way",
    "downloadImported": "imported",
    "downloadFailed": "failed",
    "downloadIgnored": "removed",
}
"""What the types of history rows that all apps have say of a grab."""


def grab_outcomes(
    rows: Iterable[tuple[HistoryRow, str, str]], kinds: Mapping[str, SignalKind]
) -> tuple[GrabOutcome, ...]:
    """Return what became of each grab, from (history row, item id, unit) triples in any order.

    `kinds` maps the app's own types of event to signal kinds.
    """
    results: dict[tuple[str, str, str], GrabResult] = {}
    for row, id_, unit in sorted(rows, key=lambda each: each[0].date):
        result = "imported" if kinds.get(row.event_type) == "imported" else _RESULTS.get(row.event_type)
        key = (row.download_id or "", id_, unit)
        if result == "under_way" or (result and key in results):
            results[key] = result
    alike: dict[tuple[str, str, GrabResult], list[str]] = {}
    for (download, id_, unit), result in results.items():
        alike.setdefault((download, id_, result), []).append(unit)
    return tuple(
        GrabOutcome(id=id_, units=tuple(units), result=result, download=download)
        for (download, id_, result), units in alike.items()
    )


def group_downloads(pairs: Iterable[tuple[str, str]]) -> tuple[Download, ...]:
    """Return one download per item of (item id, unit) pairs, units in the order of the pairs."""
    units: dict[str, dict[str, None]] = {}
    for id_, unit in pairs:
        units.setdefault(id_, {})[unit] = None
    return tuple(Download(id_, tuple(found)) for id_, found in units.items())


def merge_signals(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return one signal for all of an item of one kind, reason and time, without repetitions.

    Of several reasons for which one file was deleted, the last one stands.
    """
    alike: dict[tuple[str, str, str, int], list[Signal]] = {}
    last: dict[tuple[str, str], str] = {}
    for signal in signals:
        alike.setdefault((signal.id, signal.kind, signal.reason, signal.at), []).append(signal)
        if signal.kind == "file_deleted":
            last |= {(signal.id, path): signal.reason for path in signal.paths}
    return tuple(_joined(each, last) for each in alike.values())


def _joined(alike: Sequence[Signal], last: Mapping[tuple[str, str], str]) -> Signal:
    first = alike[0]
    paths = dict.fromkeys(path for each in alike for path in each.paths)
    if first.kind == "file_deleted":
        paths = {path: None for path in paths if last[first.id, path] == first.reason}
    return _with(
        first,
        paths=tuple(paths),
        replaced=tuple(dict.fromkeys(path for each in alike for path in each.replaced)),
        renamed={old: new for each in alike for old, new in each.renamed.items()},
        units=tuple(dict.fromkeys(unit for each in alike for unit in each.units)),
        unnamed=any(each.unnamed for each in alike),
        keeps_files=all(each.keeps_files for each in alike),
    )


class _EventType(Payload, frozen=True):
    event_type: Annotated[str, msgspec.Meta(min_length=1)]
