"""Signals out of the raw bodies in the inbox, and the evidence they are in a comparison."""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import UNSURE, Signal
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
    """Return the signals without the imports of an app's history that were compared before.

    `heard` is when an import of each path was compared (ms). The history states it again, after the webhook
    and each night: by then a peer may have put another file there, which nobody imported here.
    """

    def is_known(signal: Signal) -> bool:
        keys = [same_key(relative) for path in signal.paths if (relative := below(root, path))]
        return bool(keys) and all(signal.at <= heard.get(key, 0) for key in keys)

    return tuple(
        each for each in signals if not (each.kind == "imported" and each.at and heard and is_known(each))
    )


def evidence_of(signals: Iterable[Signal], root: str, began: int) -> Evidence:
    """Return what an item's signals state, in library paths, without paths outside `root`.

    `began` is when mesharr began with the library (ms): an app's history goes further back.
    """

    def key(path: str) -> str:
        relative = below(root, path)
        return same_key(relative) if relative else ""

    named = tuple(signals)
    deleted = ""
    imported: set[str] = set()
    retagged: set[str] = set()
    replaced: set[str] = set()
    renamed: dict[str, str] = {}
    gone: dict[str, str] = {}
    news: set[str] = set()
    for signal in named:
        is_news = not signal.at or signal.at > began
        if is_news and signal.kind in {"imported", "renamed"}:
            news |= {key(path) for path in signal.paths}
        if signal.kind == "deleted":
            # a user's delete counts, whatever the app did by itself besides
            deleted = signal.reason if signal.reason == UNSURE and deleted in {"", UNSURE} else DELETED
        elif signal.kind == "imported":
            imported |= {key(path) for path in signal.paths}
            replaced |= {key(path) for path in signal.replaced}
        elif signal.kind == "retagged":
            retagged |= {key(path) for path in signal.paths}
        elif signal.kind == "renamed":
            renamed |= {key(new): old for path, new in signal.renamed.items() if (old := below(root, path))}
        elif signal.kind == "file_deleted":
            gone |= {key(path): signal.reason for path in signal.paths}
    return Evidence(
        delete_reason=deleted,
        files_kept=bool(deleted) and all(each.keeps_files for each in named if each.kind == "deleted"),
        imported=frozenset(imported - {""}),
        news=frozenset(news - {""}),
        retagged=frozenset(retagged - {""}),
        replaced=frozenset(replaced - {""}),
        renamed={new: old for new, old in renamed.items() if new},
        drop_reasons={path: reason for path, reason in gone.items() if path},
        imported_unnamed=any(each.unnamed for each in named if each.kind == "imported"),
        drop_reason_unnamed=next(
            (each.reason for each in named if each.unnamed and each.reason not in {"", UNSURE}), ""
        ),
    )
