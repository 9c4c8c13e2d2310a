"""What this node's hello states of its uploads, its libraries and its open conflicts.

The apps are asked for their libraries once a day at most.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import MesharrError
from mesharr.core.events.chunking import size_of
from mesharr.core.events.node_events import NO_LIMIT
from mesharr.core.events.schema import LibraryInfo, PathConflict, UploadsInfo
from mesharr.core.events.validation import MAX_CONFLICTS
from mesharr.node.conflict_notes import waiting_conflicts
from mesharr.node.library_items import is_joining
from mesharr.node.model import Library, LocalNode, libraries_of
from mesharr.state.state import State

CONFLICT_BYTES: Final = 1024
"""How much of a hello is about files that wait: its line has much else."""


def described(state: State, libraries: Mapping[str, Library]) -> dict[str, LibraryInfo]:
    """Return the last known description of each library; makes no request."""
    found: dict[str, LibraryInfo] = {}
    for name, library in libraries.items():
        known = state.apps.description(library.app) if library.app else None
        found[name] = known or LibraryInfo()
    return found


def uploads_info(state: State, now: int) -> UploadsInfo:
    """Return how much of the daily limit of uploads is used now (ms)."""
    limit = state.node.get().uploads_limit
    if not limit:
        return NO_LIMIT
    uploads = state.uploads
    return UploadsInfo(limit=limit, sent=uploads.sent_bytes(now - DAY_MS), waiting=uploads.totals().left)


def conflicts_info(state: State, now: int) -> tuple[PathConflict, ...]:
    """Return the files that wait because the drive has another household's at their path."""
    waiting = [each for each in waiting_conflicts(state, now) if each.item]
    found: list[PathConflict] = []
    room = CONFLICT_BYTES
    for each in waiting[:MAX_CONFLICTS]:
        told = PathConflict(library=each.library, id=each.item, path=each.other, size=each.other_size)
        room -= size_of(told)
        if room < 0:
            break
        found.append(told)
    return tuple(found)


class LibraryDescriptions:
    """Keeps the libraries' descriptions: an app that is down must not change the hello."""

    def __init__(self, node: LocalNode) -> None:
        self._state = node.state
        self._libraries = node.libraries
        self._apps = node.apps
        self._undescribed = set(node.apps)
        """The apps that were not asked since the start."""

    def describe(self) -> dict[str, LibraryInfo]:
        """Return the last known description of each library; makes no request."""
        return described(self._state, self._libraries)

    def refresh(self) -> None:
        """Ask each app for its description; one that does not answer keeps the last one."""
        self._undescribed = set(self._apps)
        for name in self._apps:
            self._ask(name)

    def step(self, now: int) -> None:
        """Ask each app once after the start, and not before what a library that joins needs of it."""
        for name in sorted(self._undescribed):
            if not is_joining(self._state, libraries_of(self._libraries, name), now):
                self._ask(name)

    def _ask(self, name: str) -> None:
        self._undescribed.discard(name)
        link = self._apps[name]
        with suppress(MesharrError):
            info = msgspec.structs.replace(link.arr.library_info(), app=link.kind.name)
            self._state.apps.describe(name, info)
