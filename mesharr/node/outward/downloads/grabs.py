"""Grabs: each unit this node downloads is locked in the mesh, so that others wait for it.

An app reports a grab, but not that a download failed or was removed. So while anything is downloaded the
app's queue is polled, and once at each start, for what was grabbed while mesharr was off. A lock is renewed
while the download lasts; the lock of a node that is gone expires everywhere by itself.

What became of a download that the queue lacks, the app's history says. A download that was removed leaves no
row there, and a queue lacks everything that a client downloads while that client does not answer: so the app
is asked to test its clients.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from mesharr.core.arr.model import GrabResult, Signal
from mesharr.core.arr.snapshot import snapshot_of
from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError, Refused
from mesharr.core.events.schema import FileImported
from mesharr.core.paths import below
from mesharr.core.registry.item_state import ItemState
from mesharr.core.registry.ownership import LOCK_MS
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.backoff import ARR_MS, PollTimes
from mesharr.node.library_items import JOINING_LOOK_MS, is_joining
from mesharr.node.model import Library, LocalNode, libraries_of
from mesharr.node.outward.compare.item_compare import ItemComparer
from mesharr.node.outward.downloads.locks import GrabLocks, by_item
from mesharr.node.outward.downloads.poll_times import FIRST_POLL_MS, LONGEST_POLL_MS, poll_after
from mesharr.state.deciding import decide
from mesharr.state.grabs import Grab

log = logging.getLogger(__name__)

LOCKING = frozenset({"movie", "series"})
"""Kinds of items whose units are locked: an album or a book is downloaded within minutes."""

OVERLAP_MS = HOUR_MS
"""How far before the oldest grab the history is read: the app's clock may be off."""


class Grabs:
    """Publishes, renews and releases the locks of what this node's apps download."""

    def __init__(self, node: LocalNode, comparer: ItemComparer) -> None:
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state
        self._comparer = comparer
        self._locks = GrabLocks(node.me.node, node.state)
        self._polls = PollTimes(ARR_MS, FIRST_POLL_MS)
        self._unpolled = set(node.apps)
        """The apps whose queue is polled although no download is known."""
        self._not_locked: set[tuple[str, str]] = set()

    def lock_grabbed(self, app: str, signal: Signal, now: int) -> None:
        """Lock the units an app grabbed, unless they are locked already.

        It is committed when this returns. Raises what the app raises, when it has to be asked which library
        the item is in.
        """
        library = self._library_of(app, signal.id, signal.folder)
        if library is None or not signal.units:
            return

        def noted(registry: ItemState) -> None:
            self._locks.settle(registry, library.name, signal.id, now)
            known = {grab.unit: grab for grab in self._state.grabs.of(library.name, signal.id)}
            fresh = tuple(unit for unit in signal.units if unit not in known)
            again = [known[unit] for unit in signal.units if unit in known]
            self._state.grabs.put(msgspec.structs.replace(grab, gone_since=0) for grab in again)
            if fresh:
                self._poll_soon(app, now)
                self._locks.take(library.name, signal.id, fresh, now)

        decide(self._state, library.name, signal.id, noted)

    def step(self, now: int) -> None:
        """Poll the queue of every app that is due; release the locks of downloads that are over."""
        for library, item in sorted({(grab.library, grab.item) for grab in self._state.grabs.all()}):
            decide(
                self._state, library, item, partial(self._locks.settle, library=library, item=item, now=now)
            )
        for app in self._apps:
            if not self._is_polled(app) or not self._polls.is_due(app, now):
                continue
            if app in self._unpolled and is_joining(self._state, self._libraries_of(app), now):
                self._polls.set(app, now + JOINING_LOOK_MS)
            else:
                self._poll(app, now)

    def recheck(self) -> None:
        """Have the next step poll every queue, also where no download is known."""
        self._polls.clear()
        self._unpolled = set(self._apps)
        self._not_locked.clear()

    def next_due(self) -> int | None:
        """Return when the next queue is due (ms), None while none is polled."""
        return self._polls.next_due(app for app in self._apps if self._is_polled(app))

    # -- where an item is

    def _libraries_of(self, app: str) -> list[Library]:
        """Return the libraries of an app that have baselines: before, nothing of them is published."""
        return [
            library
            for library in libraries_of(self._libraries, app)
            if self._comparer.is_baselined(library.name)
        ]

    def _library_of(self, app: str, item: str, folder: str) -> Library | None:
        """Return the library a grabbed item is in; None: in none, or its kind is not locked."""
        for library in self._libraries_of(app):
            if self._state.grabs.of(library.name, item):
                return library
            described = self._state.items.state(library.name, item).item
            if folder:
                is_here = below(library.root, folder) is not None
            else:
                is_here = self._state.items.was_listed(library.name, item)
            if described and is_here:
                return library if described.kind in LOCKING else None
        if (app, item) in self._not_locked:
            return None
        arr_item = self._apps[app].arr.read(item)
        for library in self._libraries_of(app):
            snapshot = snapshot_of(arr_item, library.root)
            if snapshot and snapshot.item.kind in LOCKING:
                return library
        self._not_locked.add((app, item))
        return None

    # -- the queue

    def _is_polled(self, app: str) -> bool:
        """Return whether an app's queue is polled: once at the start, and during downloads."""
        names = {library.name for library in self._libraries_of(app)}
        return bool(names) and (app in self._unpolled or any(self._grabs_in(names)))

    def _grabs_in(self, libraries: set[str]) -> Iterator[Grab]:
        return (grab for grab in self._state.grabs.all() if grab.library in libraries)

    def _poll(self, app: str, now: int) -> None:
        self._unpolled.discard(app)
        try:
            due = self._compare_queue(app, now)
        except MesharrError as error:
            self._polls.failed(app, now)
            if note_failure(self._state, app, error, now):
                log.warning("%s: its queue cannot be read: %s; tried again later", app, error)
            return
        self._polls.succeeded(app, due)
        note_answer(self._state, app, now)

    def _poll_soon(self, app: str, now: int) -> None:
        """Have the queue polled soon after a new grab, and no later than it is due for older ones."""
        if app in self._unpolled:
            return  # its first poll is due anyway
        first, is_due = now + FIRST_POLL_MS, self._is_polled(app)
        self._polls.set(app, min(first, self._polls.due_at(app)) if is_due else first)

    def _compare_queue(self, app: str, now: int) -> int:
        """Bring the locks in line with an app's queue; return when to poll it again (ms)."""
        queued: set[tuple[str, str]] = set()
        for download in self._apps[app].arr.downloads():
            queued.update((download.id, unit) for unit in download.units)
            self.lock_grabbed(app, Signal(kind="grabbed", id=download.id, units=download.units), now)
        names = {library.name for library in self._libraries_of(app)}
        absent = [grab for grab in self._grabs_in(names) if (grab.item, grab.unit) not in queued]
        if absent := self._without_imported(absent):
            absent = self._compare_absent(app, absent, now)
        else:
            self._note_clients(app, (), now)
        apart = {(grab.library, grab.item, grab.unit) for grab in absent}
        lasting = [
            grab for grab in self._grabs_in(names) if (grab.library, grab.item, grab.unit) not in apart
        ]
        self._state.grabs.put(
            msgspec.structs.replace(grab, gone_since=0) for grab in lasting if grab.gone_since
        )
        self._locks.renew(lasting, now)
        if not any(self._grabs_in(names)):
            self._note_clients(app, (), now)
        return self._next_poll(self._grabs_in(names), now)

    def _next_poll(self, grabs: Iterable[Grab], now: int) -> int:
        """Return when to poll again (ms): soon after a grab, less often the longer it lasts."""
        times = [now + LONGEST_POLL_MS]
        for grab in grabs:
            times.append(poll_after(grab.since, now))
            if grab.gone_since:
                times.append(max(now, grab.gone_since + self._libraries[grab.library].policy.gone_after))
        return min(times)

    def _without_imported(self, grabs: Iterable[Grab]) -> list[Grab]:
        """Leave out the units that were imported and wait for their upload, or to be published."""
        found: list[Grab] = []
        for (library, item), group in by_item(grabs).items():
            imports = (
                entry.body.copies
                for entry in self._state.outbox.of(library, item)
                if isinstance(entry.body, FileImported)
            )
            imported = {unit for copies in imports for copy in copies for unit in copy.units}
            found += [grab for grab in group if grab.unit not in imported]
        return found

    def _compare_absent(self, app: str, absent: list[Grab], now: int) -> list[Grab]:
        """Release absent grabs that ended, and return those that the queue still lacks.

        `absent` are the grabs that the queue lacks. The history is read once. Imports that it knows are
        compared: no webhook may have come.
        """
        history = self._apps[app].arr.history_since(min(grab.since for grab in absent) - OVERLAP_MS)
        self._compare_imported(absent, history.signals, now)
        absent = self._without_imported(absent)
        results: dict[tuple[str, str], GrabResult] = {}
        for outcome in history.grabs:
            results |= {(outcome.id, unit): outcome.result for unit in outcome.units}
        ended = {"failed", "removed"}
        self._locks.release(
            [grab for grab in absent if results.get((grab.item, grab.unit)) in ended], results, now
        )
        absent = [grab for grab in absent if results.get((grab.item, grab.unit)) not in ended]
        without_news = [grab for grab in absent if results.get((grab.item, grab.unit)) != "imported"]
        if without_news and self._are_clients_away(app, now):
            expired = [grab for grab in without_news if now - grab.renewed_at >= LOCK_MS]
            self._locks.release(expired, results, now, expired=True)
            self._state.grabs.put(
                msgspec.structs.replace(grab, gone_since=0) for grab in without_news if grab not in expired
            )
            self._locks.release(self._gone(_others(absent, without_news), now), results, now)
        else:
            self._locks.release(self._gone(absent, now), results, now)
        return absent

    def _compare_imported(self, absent: Iterable[Grab], history: Iterable[Signal], now: int) -> None:
        """Compare the absent items that the history says were imported."""
        signals: dict[str, list[Signal]] = defaultdict(list)
        for signal in history:
            if signal.kind != "grabbed":
                signals[signal.id].append(signal)
        for library, item in sorted({(grab.library, grab.item) for grab in absent}):
            if any(signal.kind == "imported" for signal in signals[item]):
                self._comparer.recheck(self._libraries[library], item, now, signals[item])

    def _are_clients_away(self, app: str, now: int) -> bool:
        """Return whether a download client does not answer the app, or that cannot be told."""
        try:
            problems = [(each.what, each.fix) for each in self._apps[app].arr.download_client_problems()]
        except MesharrError as error:
            log.debug("%s: %s", app, error)
            return True
        return self._note_clients(app, problems, now)

    def _note_clients(self, app: str, problems: Sequence[tuple[str, str]], now: int) -> bool:
        """Keep which download clients do not answer, for `status`; return whether there are any."""
        subject = f"downloads:{app}"
        if not problems:
            self._state.refusals.clear(subject)
            return False
        what = "; ".join(what for what, _ in problems)
        refused = Refused(f"{what}: what it downloads stays locked for a day at most", problems[0][1])
        if self._state.refusals.note(subject, refused, now):
            log.warning("%s: %s", app, refused)
        return True

    def _gone(self, absent: Iterable[Grab], now: int) -> list[Grab]:
        """Return the grabs that are absent in two polls `gone_after` apart.

        A queue is read again some time later.
        """
        over: list[Grab] = []
        for grab in absent:
            if not grab.gone_since:
                self._state.grabs.put([msgspec.structs.replace(grab, gone_since=now)])
            elif now - grab.gone_since >= self._libraries[grab.library].policy.gone_after:
                over.append(grab)
        return over


def _others(grabs: Iterable[Grab], some: Collection[Grab]) -> list[Grab]:
    return [grab for grab in grabs if grab not in some]
