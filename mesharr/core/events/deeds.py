"""Say what an event states in plain words: "imported Dune (2021) Bluray-2160p"."""

from collections.abc import Callable, Mapping
from typing import Final

from mesharr.core.events.schema import (
    Body,
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    NodeHello,
    NodeLeft,
    StreamOpened,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)
from mesharr.core.text import quantity

_RELEASED: Final[Mapping[str, str]] = {
    "imported": "finished downloading",
    "failed": "failed to download",
    "removed": "cancelled the download of",
    "taken over": "left the download to another household:",
    "expired": "stopped downloading",
}


def deed_text(body: Body, title: str) -> str:
    """Return what the author of an event did, to follow its name."""
    say = _DEEDS.get(type(body))
    return say(body, title) if say else f"published {body.type_name}"


def _imported(body: FileImported, title: str) -> str:
    qualities = list(dict.fromkeys(copy.quality for copy in body.copies if copy.quality))
    files = f", {quantity(len(body.copies), 'file')}" if len(body.copies) > 1 else ""
    better = " instead of an older file" if body.replaced else ""
    return f"imported {' '.join((title, *qualities[:2]))}{files}{better}"


def _changed(body: ItemChanged, title: str) -> str:
    if body.folder:
        return f"moved {title} to the folder {body.folder}"
    return f"made {title} a series of the type {body.series_type}"


def _removed(body: ItemRemoved, title: str) -> str:
    if body.is_reassigned:
        return f"gave the files of {title} to another item"
    return f"deleted {title} with its files"


def _removed_files(body: FileRemoved, title: str) -> str:
    if body.is_of_upgrade:
        return f"took away {quantity(len(body.paths), 'file')} of {title} for a better one"
    return f"deleted {quantity(len(body.paths), 'file')} of {title}"


def _released(body: UnitReleased, title: str) -> str:
    return f"{_RELEASED.get(body.reason, 'stopped downloading')} {title}"


_DEEDS: Final[Mapping[type[Body], Callable[..., str]]] = {
    ItemAdded: lambda _body, title: f"added {title}",
    LibraryFound: lambda body, _title: (
        f"listed {quantity(len(body.items), 'item')} that {body.library} had before mesharr"
    ),
    FileImported: _imported,
    ItemChanged: _changed,
    ItemMoved: lambda body, title: f"moved {title} to the library {body.to}",
    ItemAliased: lambda body, title: f"knows {title} by another id now: {body.alias}",
    FileRenamed: lambda body, title: f"renamed {quantity(len(body.files), 'file')} of {title}",
    ItemLeft: lambda _body, title: f"removed {title} from the app",
    ItemRemoved: _removed,
    FileRemoved: _removed_files,
    UnitGrabbed: lambda _body, title: f"is downloading {title}",
    UnitReleased: _released,
    UnitClaimed: lambda _body, title: f"claimed {title}",
    NodeHello: lambda _body, _title: "said that it is running",
    StreamOpened: lambda _body, _title: "continues in a new stream of events",
    NodeLeft: lambda _body, _title: "left the mesh",
}
