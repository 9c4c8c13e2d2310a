"""Report local files whose names are no UTF-8: no event can state them, no peer read them."""

import logging
from collections import defaultdict
from collections.abc import Collection
from typing import Final

from mesharr.core.errors import Refused
from mesharr.core.paths import folder_of
from mesharr.node.library_items import title_of
from mesharr.node.model import Library
from mesharr.state.state import State

log = logging.getLogger(__name__)

SUBJECT: Final = "encoding:"
"""What the subject of such a refusal begins with, before library and item."""
_NO_TEXT: Final = "its name on the local disk is not UTF-8"
NOT_UTF8: Final = f"{_NO_TEXT}: give it another name"
_FIX: Final = (
    "rename it in your app, or by hand where it lies beside a film: until then the peers do not get it"
)
REPLACED: Final = "\ufffd"
"""What stands in a listed path for bytes that are no text."""


def note_unreadable(state: State, library: Library, now: int) -> None:
    """Keep which files of a local branch have such names, by item; end what has none."""
    by_item: dict[str, list[str]] = defaultdict(list)
    for path in library.storage.local.unreadable():
        by_item[_item_of(state, library.name, path)].append(path)
    start = f"{SUBJECT}{library.name}:"
    for item, paths in by_item.items():
        what = title_of(state, library.name, item) if item else paths[0]
        refused = Refused(f"{what} is not uploaded: {_named(paths)}", _FIX)
        if state.refusals.note(f"{start}{item}", refused, now):
            log.warning("%s: %s", library.name, refused)
    for subject, *_ in state.refusals.all():
        if subject.startswith(start) and subject.removeprefix(start) not in by_item:
            state.refusals.clear(subject)


def clear_unreadable(state: State, but: Collection[str]) -> None:
    """End the reports of libraries that are searched no more: of all but these."""
    for subject, *_ in state.refusals.all():
        if subject.startswith(SUBJECT) and subject.removeprefix(SUBJECT).partition(":")[0] not in but:
            state.refusals.clear(subject)


def _named(paths: list[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{_NO_TEXT}: {paths[0]}{more}"


def _item_of(state: State, library: str, path: str) -> str:
    """Return the item in whose folder a path is, "" for none."""
    folder = folder_of(path)
    while folder:
        for item in state.items.in_folder(library, folder):
            return item
        folder = folder_of(folder)
    return ""
