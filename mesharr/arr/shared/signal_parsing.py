"""What an arr says by itself: the bytes of a webhook, the variables of a custom script."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.arr.shared.api import NOT_JSON, PathFields, Payload
from mesharr.core.arr.model import UNSURE, Download, Signal, SignalKind

_with = msgspec.structs.replace


def event_of(
    said: bytes | Mapping[str, Any], known: frozenset[str], shape: Any, words: Mapping[str, str] | None = None
) -> Any:
    """Return a webhook's body, or a script's variables in the form of one, as a `shape`.

    None for an event that is not in `known`. Raises `UnreadableSignal` when there is no event type, or the
    event lacks what its shape needs. Numbers may be text in a mapping, not in bytes. `words` are other names
    for types of event, and for members of the body and of the objects in it.
    """
    try:
        payload = msgspec.json.decode(said) if isinstance(said, bytes) else said
        if msgspec.convert(payload, _Head).event_type not in known:
            return None
        if words:
            payload = _translated(payload, words)
        return msgspec.convert(payload, shape, strict=isinstance(said, bytes))
    except NOT_JSON as error:
        raise UnreadableSignal(f"not an event of this arr: {error}") from error


def _translated(payload: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    def named(members: Mapping[str, Any]) -> dict[str, Any]:
        return {words.get(name, name): value for name, value in members.items()}

    inside = {name: named(each) if isinstance(each, Mapping) else each for name, each in payload.items()}
    return named(inside | {"eventType": words[payload["eventType"]]})


class Script:
    """The variables an arr sets for a script, by name: without the prefix, lower case.

    An empty variable is what the arr does not know: it is left out. Lists are joined with `|`, which
    is not escaped in their parts.
    """

    def __init__(self, env: Mapping[str, str], prefix: str) -> None:
        lower = {name.lower(): value for name, value in env.items() if value}
        self._said = {
            name.removeprefix(prefix): value for name, value in lower.items() if name.startswith(prefix)
        }

    def get(self, name: str) -> str | None:
        """Return a variable, None when there is none."""
        return self._said.get(name)

    def parts(self, name: str, mark: str = "|") -> list[str]:
        """Return the parts of a list, [] when there is none. Lists of numbers are joined with `,`."""
        return self._said[name].split(mark) if name in self._said else []

    def files(self, name: str, count: str = "") -> list[dict[str, str]] | None:
        """Return a list of paths in the form of a webhook, None when there is none.

        `count` names the variable that says how many they are. With another number of parts a `|` is
        in one of the names: none is returned, and the item is looked at all the same.
        """
        paths = self.parts(name)
        if count and paths and self.get(count) != str(len(paths)):
            return []
        return [{"path": path} for path in paths] or None

    def renamed(self, before: str, after: str) -> list[dict[str, str]] | None:
        """Return two lists of paths in the form of a webhook, None when one is lacking.

        Of different lengths, they have a `|` in a path: no pair is sure, so none is returned. The
        item is looked at all the same.
        """
        old, new = self.parts(before), self.parts(after)
        if not old or not new:
            return None
        if len(old) != len(new):
            return []
        return [{"previousPath": was, "path": now} for was, now in zip(old, new, strict=True)]


class RenamedFile(PathFields, frozen=True, kw_only=True):
    """A file that has another name now."""

    previous_path: str


def renamed(blank: Signal, files: Iterable[RenamedFile]) -> Signal:
    """Return `blank` with the files' new paths, and what they were before."""
    names = {file.previous_path: file.named(blank.folder) for file in files}
    return _with(blank, kind="renamed", paths=tuple(names.values()), renamed=names)


class HistoryRow(Payload, frozen=True):
    """A row of the history, as any arr keeps it."""

    event_type: str = ""
    source_title: str = ""
    data: Mapping[str, str | None] = {}

    def told(self, blank: Signal, kinds: Mapping[str, SignalKind]) -> tuple[Signal, ...]:
        """Return what the row tells of the item in `blank`; `kinds` names the arr's event types."""
        said = self.data.get
        kind = kinds.get(self.event_type)
        if kind == "grabbed":
            return (_with(blank, kind=kind),)
        if kind == "imported" and (path := said("importedPath")):
            return (_with(blank, kind=kind, paths=(path,), units=()),)
        if kind == "retagged" and self.source_title:
            return (_with(blank, kind=kind, paths=(self.source_title,), units=()),)
        if kind == "renamed" and (old := said("sourcePath")) and (new := said("path")):
            return (_with(blank, kind=kind, paths=(new,), renamed={old: new}, units=()),)
        if kind == "file_deleted" and self.source_title:
            reason = (said("reason") or UNSURE).lower()
            return (_with(blank, kind=kind, paths=(self.source_title,), reason=reason, units=()),)
        return ()


def downloads_of(pairs: Iterable[tuple[str, str]]) -> tuple[Download, ...]:
    """Return one download per item of (item, unit) pairs."""
    units: dict[str, dict[str, None]] = {}
    for id_, unit in pairs:
        units.setdefault(id_, {})[unit] = None
    return tuple(Download(id_, tuple(found)) for id_, found in units.items())


def merged(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return the same said in few signals: one for all of an item that are of one kind and reason.

    Of several reasons for which a file went, the last one stands.
    """
    alike: dict[tuple[str, str, str], list[Signal]] = {}
    last: dict[tuple[str, str], str] = {}
    for signal in signals:
        alike.setdefault((signal.id, signal.kind, signal.reason), []).append(signal)
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
    )


class _Head(Payload, frozen=True):
    event_type: Annotated[str, msgspec.Meta(min_length=1)]
