"""Grabs: what this node downloads is told at once, so that the others wait, and told again while it lasts.

An arr says when it grabs, and says nothing when a download is given up; so while anything is downloaded its
queue is looked at, and at each start, for what was grabbed while nobody listened. A lock that nobody renews,
because its node is gone, runs out everywhere by itself.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from mesharr.core.arr.model import Signal
from mesharr.core.arr.snapshot import snapshot_of
from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import FileImported, UnitGrabbed, UnitReleased
from mesharr.core.paths import below
from mesharr.core.registry.fold import ItemState
from mesharr.core.registry.ownership import LOCK_MS
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.model import AppLink, Library, Me
from mesharr.state.grabs import Grab
from mesharr.state.state import State

log = logging.getLogger(__name__)

LOCKING = frozenset({"movie", "series"})
"""Kinds of items whose units are locked: an album or a book is downloaded within minutes."""

RENEW_MS = LOCK_MS // 2
"""A lock is renewed at half its life, so that a peer whose clock is off by hours, or whose store was away
for some, still sees it alive.
"""

FIRST_LOOK_MS = 2 * 60_000
LAST_LOOK_MS = 15 * 60_000
OVERLAP_MS = 3_600_000


class CompareItem(Protocol):
    """Compares one item, with what signals say of it."""

    def __call__(self, library: Library, item: str, now: int, signals: Sequence[Signal] = ()) -> None:
        """Compare now."""


class Grabs:
    """Keeps the locks of what this node's arrs download."""

    def __init__(
        self, me: Me, libraries: Mapping[str, Library], apps: Mapping[str, AppLink], state: State
    ) -> None:
        self._me = me
        self._libraries = libraries
        self._apps = apps
        self._state = state
        self._next: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._elsewhere: set[tuple[str, str]] = set()

    def heard(self, app: str, signal: Signal, now: int) -> None:
        """An arr grabbed: lock the units, unless they are. It is committed when this returns.

        Raises what the arr raises, when it has to be asked whose library the item is in.
        """
        library = self._library_of(app, signal.id, signal.folder)
        if library is None or not signal.units:
            return
        with self._state.transaction():
            self._settle(library.name, signal.id, now)
            known = {grab.unit: grab for grab in self._state.grabs.of(library.name, signal.id)}
            fresh = tuple(unit for unit in signal.units if unit not in known)
            again = [known[unit] for unit in signal.units if unit in known]
            self._state.grabs.put(msgspec.structs.replace(grab, gone=0) for grab in again)
            if fresh:
                self._lock(library.name, signal.id, fresh, now, "grabbed by the arr")
                self._next[app] = now + FIRST_LOOK_MS

    def step(self, now: int, look: CompareItem) -> None:
        """Look at the queue of every arr whose time has come, and let go of what is over.

        `look` compares an item whose import the arr made and nobody told of.
        """
        for library, item in sorted({(grab.library, grab.item) for grab in self._state.grabs.all()}):
            with self._state.transaction():
                self._settle(library, item, now)
        for app in self._apps:
            if self._is_due(app, now):
                self._look_at(app, now, look)

    def look_again(self) -> None:
        """Have the next step look at every queue, also where nothing is known to be downloaded."""
        self._next.clear()
        self._elsewhere.clear()

    def next_due(self) -> int | None:
        """Return when a queue is to be looked at next (ms), None when none is."""
        return min((self._next.get(app, 0) for app in self._apps if self._is_watched(app)), default=None)

    # -- where an item is

    def _libraries_of(self, app: str) -> Iterator[Library]:
        for library in self._libraries.values():
            if library.app == app and self._state.notes.get(f"baselined:{library.name}"):
                yield library

    def _library_of(self, app: str, item: str, folder: str) -> Library | None:
        """Return the library a grabbed item is in; None: it is private, or nothing of its kind is locked."""
        for library in self._libraries_of(app):
            if self._state.grabs.of(library.name, item):
                return library
            described = self._state.items.state(library.name, item).item
            here = below(library.root, folder) is not None if folder else self._is_here(library.name, item)
            if described and here:
                return library if described.kind in LOCKING else None
        if (app, item) in self._elsewhere:
            return None
        held = self._apps[app].arr.read(item)
        for library in self._libraries_of(app):
            shown = snapshot_of(held, library.root)
            if shown and shown.item.kind in LOCKING:
                return library
        self._elsewhere.add((app, item))
        return None

    def _is_here(self, library: str, item: str) -> bool:
        baseline = self._state.items.baseline(library, item)
        return baseline is not None and baseline.present

    # -- locks

    def _lock(self, library: str, item: str, units: tuple[str, ...], now: int, why: str) -> None:
        self._state.outbox.put(item, UnitGrabbed(library=library, id=item, units=units), "", why, now)
        self._state.grabs.put(Grab(library, item, unit, now, now) for unit in units)
        self._state.counters.add("grabbed")
        log.info("%s: %s: %s: %s", library, self._title(library, item), " ".join(units), why)

    def _settle(self, library: str, item: str, now: int) -> None:
        """Forget the locks that the registry says are over, and see who was first."""
        state = self._state.items.state(library, item)
        unsaid = {
            unit
            for each in self._state.outbox.of(library, item)
            if isinstance(each.body, UnitGrabbed)
            for unit in each.body.units
        }
        for grab in self._state.grabs.of(library, item):
            mine = any(lock.node == self._me.node for lock in state.locks.get(grab.unit, ()))
            if not mine and grab.unit not in unsaid:
                self._state.grabs.drop([grab])
                continue
            first = self._first(state, grab.unit, now) if mine else ""
            if first != grab.first:
                self._state.grabs.put([msgspec.structs.replace(grab, first=first)])
            if first and first != grab.first:
                log.warning(
                    "%s: %s: %s downloads %s too, and was first: see mesharr status",
                    library,
                    self._title(library, item),
                    first,
                    grab.unit,
                )

    def _first(self, state: ItemState, unit: str, now: int) -> str:
        living = [lock.node for lock in state.locks.get(unit, ()) if lock.lives(now)]
        return living[0] if living and living[0] != self._me.node else ""

    # -- the queue

    def _is_watched(self, app: str) -> bool:
        names = {library.name for library in self._libraries_of(app)}
        return bool(names) and (app not in self._next or any(self._of(names)))

    def _is_due(self, app: str, now: int) -> bool:
        return self._is_watched(app) and self._next.get(app, 0) <= now

    def _of(self, libraries: set[str]) -> Iterator[Grab]:
        return (grab for grab in self._state.grabs.all() if grab.library in libraries)

    def _look_at(self, app: str, now: int, look: CompareItem) -> None:
        try:
            self._queue(app, now, look)
            self._failures.pop(app, None)
            note_answer(self._state, app)
        except MesharrError as error:
            failures = self._failures.get(app, 0)
            if note_failure(self._state, app, error, now):
                log.warning("%s: its queue: %s; looked at again later", app, error)
            self._failures[app] = failures + 1
            self._next[app] = now + wait_ms(failures, ARR_MS, FIRST_LOOK_MS)

    def _queue(self, app: str, now: int, look: CompareItem) -> None:
        queued: set[tuple[str, str]] = set()
        for download in self._apps[app].arr.downloads():
            queued.update((download.id, unit) for unit in download.units)
            self.heard(app, Signal(kind="grabbed", id=download.id, units=download.units), now)
        names = {library.name for library in self._libraries_of(app)}
        absent = [grab for grab in self._of(names) if (grab.item, grab.unit) not in queued]
        if absent := self._not_uploading(absent):
            self._find_imports(app, absent, now, look)
            absent = self._not_uploading(absent)
        self._let_go(absent, now)
        away = {(grab.library, grab.item, grab.unit) for grab in absent}
        lasting = [grab for grab in self._of(names) if (grab.library, grab.item, grab.unit) not in away]
        self._state.grabs.put(msgspec.structs.replace(grab, gone=0) for grab in lasting if grab.gone)
        self._renew([grab for grab in lasting if now - grab.told >= RENEW_MS], now)
        self._next[app] = self._next_look(list(self._of(names)), now)

    def _next_look(self, grabs: Iterable[Grab], now: int) -> int:
        """Come again soon after a grab, less often the longer it lasts; and when it is known to be over."""
        times = [now + LAST_LOOK_MS]
        for grab in grabs:
            times.append(now + max(FIRST_LOOK_MS, (now - grab.since) // 8))
            if grab.gone:
                times.append(max(now, grab.gone + self._libraries[grab.library].policy.gone_after))
        return min(times)

    def _not_uploading(self, grabs: Iterable[Grab]) -> list[Grab]:
        """Leave out what was imported and waits to be uploaded, or to be told."""
        by_item: dict[tuple[str, str], list[Grab]] = defaultdict(list)
        for grab in grabs:
            by_item[grab.library, grab.item].append(grab)
        found: list[Grab] = []
        for (library, item), group in by_item.items():
            imports = (
                each.body.copies
                for each in self._state.outbox.of(library, item)
                if isinstance(each.body, FileImported)
            )
            uploading = {unit for copies in imports for copy in copies for unit in copy.units}
            found += [grab for grab in group if grab.unit not in uploading]
        return found

    def _find_imports(self, app: str, absent: Iterable[Grab], now: int, look: CompareItem) -> None:
        """Compare what left the queue, with what the history says: its import may have told nobody."""
        since = min(grab.since for grab in absent)
        signals: dict[str, list[Signal]] = defaultdict(list)
        for signal in self._apps[app].arr.signals_since(since - OVERLAP_MS):
            if signal.kind != "grabbed":
                signals[signal.id].append(signal)
        for library, item in sorted({(grab.library, grab.item) for grab in absent}):
            if any(signal.kind == "imported" for signal in signals[item]):
                look(self._libraries[library], item, now, signals[item])

    def _let_go(self, absent: Iterable[Grab], now: int) -> None:
        """Release what is in no queue in two looks, some time apart: a download client may be restarting."""
        over: dict[tuple[str, str], list[Grab]] = defaultdict(list)
        for grab in absent:
            if not grab.gone:
                self._state.grabs.put([msgspec.structs.replace(grab, gone=now)])
            elif now - grab.gone >= self._libraries[grab.library].policy.gone_after:
                over[grab.library, grab.item].append(grab)
        for (library, item), grabs in over.items():
            units = tuple(grab.unit for grab in grabs)
            with self._state.transaction():
                body = UnitReleased(library=library, id=item, units=units)
                self._state.outbox.put(
                    item, body, "", "it is in the arr's queue no more, and brought no file", now
                )
                self._state.grabs.drop(grabs)
            log.info("%s: %s: %s was not imported", library, self._title(library, item), " ".join(units))

    def _renew(self, grabs: Iterable[Grab], now: int) -> None:
        by_item: dict[tuple[str, str], list[Grab]] = defaultdict(list)
        for grab in grabs:
            by_item[grab.library, grab.item].append(grab)
        for (library, item), group in by_item.items():
            body = UnitGrabbed(library=library, id=item, units=tuple(grab.unit for grab in group))
            with self._state.transaction():
                self._state.outbox.put(item, body, "", "still being downloaded", now)
                self._state.grabs.put(msgspec.structs.replace(grab, told=now) for grab in group)

    def _title(self, library: str, item: str) -> str:
        described = self._state.items.state(library, item).item
        return described.title if described else item
