"""Signals out of the raw bodies in the inbox, and the evidence they are in a comparison."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import UNSURE, Signal, SignalKind
from mesharr.core.detect.model import Evidence
from mesharr.core.paths import below, same_key
from mesharr.node.model import AppLink
from mesharr.state.queues.inbox import InboxEntry

DELETED = "deleted"
"""`Evidence.delete_reason` of an item that a user deleted."""


def signals_of(link: AppLink, entry: InboxEntry) -> tuple[Signal, ...]:
    """Return the signals in the body of an inbox entry.

    Raises `UnreadableSignal` when its app would never send such a body.
    """
    try:
        if entry.source in {"history", "compare"}:
            return msgspec.json.decode(entry.body, type=tuple[Signal, ...])
        if entry.source == "script":
            return link.kind.parse_script(msgspec.json.decode(entry.body, type=dict[str, str]))
    except msgspec.DecodeError as error:
        raise UnreadableSignal(str(error)) from error
    return link.kind.parse_webhook(entry.body)


def unheard(signals: Iterable[Signal], root: str, heard: Mapping[str, int]) -> tuple[Signal, ...]:
    """Return the signals without what an app's history states of files again.

    `heard` is when an import, rename or deletion at each path was compared (ms). The history states it again,
    after the webhook and each night: by then a peer may have put another file there.
    """

    def is_known(signal: Signal) -> bool:
        keys = [same_key(relative) for path in signal.paths if (relative := below(root, path))]
        return bool(keys) and all(signal.at <= heard.get(key, 0) for key in keys)

    kinds = {"imported", "renamed", "file_deleted"} if heard else ()
    return tuple(each for each in signals if not (each.kind in kinds and each.at and is_known(each)))


def evidence_of(signals: Iterable[Signal], root: str, began: int) -> Evidence:
    """Return what an item's signals state, in library paths, without paths outside `root`.

    `began` is when mesharr began with the library (ms): an app's history goes further back.
    """
    named = tuple(signals)

    def keys(paths: Iterable[str]) -> frozenset[str]:
        return frozenset(same_key(path) for each in paths if (path := below(root, each)))

    def of(*kinds: SignalKind) -> Iterator[Signal]:
        return (each for each in named if each.kind in kinds)

    deletes = tuple(of("deleted"))
    # a user's delete counts, whatever the app did by itself besides
    by_whom = UNSURE if all(each.reason == UNSURE for each in deletes) else DELETED
    return Evidence(
        delete_reason=by_whom if deletes else "",
        files_kept=bool(deletes) and all(each.keeps_files for each in deletes),
        deleted_from=next((path for each in reversed(deletes) if (path := below(root, each.folder))), ""),
        imported=keys(path for each in of("imported") for path in each.paths),
        news=keys(
            path
            for each in of("imported", "renamed")
            if not each.at or each.at > began
            for path in each.paths
        ),
        retagged=keys(path for each in of("retagged") for path in each.paths),
        replaced=keys(path for each in of("imported") for path in each.replaced),
        renamed={
            key: old
            for each in of("renamed")
            for path, new in each.renamed.items()
            if (old := below(root, path))
            for key in keys((new,))
        },
        drop_reasons={key: each.reason for each in of("file_deleted") for key in keys(each.paths)},
        imported_unnamed=any(each.unnamed for each in of("imported")),
        drop_reason_unnamed=next(
            (each.reason for each in named if each.unnamed and each.reason not in {"", UNSURE}), ""
        ),
    )
