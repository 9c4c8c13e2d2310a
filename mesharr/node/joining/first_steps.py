"""The steps of a library's first day, as functions of the day so far.

The order of the steps stands in `mesharr.state.first_days.STEPS`. A step commits in one transaction what the
next one needs, so a first day may be cut short anywhere and goes on from there.
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.snapshot import Snapshot, baseline_of, snapshot_of, unshared_names
from mesharr.core.errors import MesharrError, Refused
from mesharr.core.paths import below
from mesharr.core.text import quantity
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.file_parts import with_parts
from mesharr.node.joining.drive_looks import DriveLooks
from mesharr.node.joining.first_plan import first_plan, hold_first, mark_as_scanned
from mesharr.node.joining.inventory import compare_items, log_counts, queue_inventory, will_publish
from mesharr.node.limits import Guard
from mesharr.node.model import AppLink, Library, LocalNode
from mesharr.node.outward.compare.signals import evidence_of, signals_of
from mesharr.node.outward.names.unshared import note_unshared
from mesharr.state.deciding import decide_all
from mesharr.state.first_days import FirstDayState, StepName

log = logging.getLogger(__name__)

BATCH = 200
"""Items compared in one transaction."""
LOG_EACH = 2_000
"""After how many items a line of the log states the progress."""
CONCURRENT_MS = 120_000
"""How long the inventory of a peer that may begin at the same time is waited for: it may hold the same."""
FOR_EVER_MS = 2**62


class Waits(msgspec.Struct, frozen=True):
    """The step cannot go on yet; it is tried again in a moment."""

    why: str
    """What it waits for, for the user; "" when the progress of `day` says enough."""
    day: FirstDayState | None = None
    """The day with new progress, None when there is none."""


Outcome = FirstDayState | Waits
"""A day is the day to go on with: at the next step, or at the same one when only a part of it is done."""


_StepFunction = Callable[[Library, FirstDayState, int], Outcome]
"""Takes a step in a library at a time (ms), and raises what the app, the mount or the store raises."""


def advanced(day: FirstDayState, **changes: Any) -> FirstDayState:
    """Return the day at its next step, with some fields changed."""
    return msgspec.structs.replace(day, step=day.next_step, **changes)


class FirstSteps:
    """Takes the steps."""

    def __init__(
        self,
        node: LocalNode,
        guard: Guard,
        unread: Callable[[int], str],
        trusted: Callable[[], Collection[str]],
    ) -> None:
        """`unread` and `trusted` are as in `FirstDay`."""
        self._me = node.me
        self._apps = node.apps
        self._state = node.state
        self._guard = guard
        self._unread = unread
        self._trusted = trusted
        self._snapshots: dict[str, dict[str, Snapshot]] = {}
        self._looks: dict[str, DriveLooks] = {}
        self._following_since: dict[str, int] = {}
        self.run: Mapping[StepName, _StepFunction] = {
            "available": self._check_available,
            "follow": self._wait_until_read,
            "baseline": self._take_baselines,
            "compare": self._compare_some,
            "publish": self._queue_inventory,
            "sign": self._wait_until_signed,
            "plan": self._plan,
            "act": self._wait_until_done,
        }
        """The function of each step."""

    def processed(self, day: FirstDayState) -> int:
        """Return how many items of a library reconcile has processed at least once."""
        return day.total - min(day.total, self._state.dirty.count_unvisited(day.library))

    def _check_available(self, library: Library, day: FirstDayState, _now: int) -> Outcome:
        library.storage.check_available()
        self._following_since.pop(library.name, None)
        self._snapshots.pop(library.name, None)
        log.info("%s: first day: the library is available; reading what the peers published", library.name)
        return advanced(day)

    def _wait_until_read(self, library: Library, day: FirstDayState, now: int) -> Outcome:
        """Wait until every trusted stream is applied up to what one fresh store listing showed."""
        why = self._unread(self._following_since.setdefault(library.name, now))
        return Waits(why) if why else advanced(day)

    def _take_baselines(self, library: Library, day: FirstDayState, now: int) -> Outcome:
        """Take what the app lists as baselines, without publishing it."""
        name, snapshots = library.name, self._read(library, now)
        self._check_settings(library, now)
        if not self._state.libraries.baselined(name):
            news = self._came_meanwhile(library)  # left out, so that intake publishes them as imports
            taken = [(item, baseline_of(_without(each, news))) for item, each in snapshots.items()]
            with self._state.transaction():
                self._state.first_days.put(day, day)  # it is still the same first day
                self._state.items.set_baselines(name, taken)
                self._state.libraries.note_baselined(name, now)
                self._state.inbox.retry(now)
            here = quantity(len(taken), "item is", "items are")
            log.info("%s: %s here already; nothing of them changes", name, here)
        return advanced(day, total=len(snapshots), done=0, at="", counts={})

    def _came_meanwhile(self, library: Library) -> frozenset[str]:
        """Return the paths (keys) that the app imported while the library waited, by the inbox."""
        link, keys = self._apps[library.app], set[str]()
        began = self._state.libraries.began(library.name)
        for entry in self._state.inbox.due(FOR_EVER_MS, 1_000_000):
            if entry.app != link.name:
                continue
            with contextlib.suppress(UnreadableSignal):
                evidence = evidence_of(signals_of(link, entry), library.root, began)
                keys |= evidence.news & evidence.imported
        return frozenset(keys)

    def _read(self, library: Library, now: int) -> dict[str, Snapshot]:
        """Return what the app lists in a library, in order of ids; read it once in this process.

        An app that was never read and fails needs the user: nothing says yet that its settings are right.
        """
        if library.name in self._snapshots:
            return self._snapshots[library.name]
        link, waits = self._apps[library.app], f"first day:{library.name}"
        try:
            self._snapshots[library.name] = self._listed(library, link, now)
        except MesharrError as error:
            note_failure(self._state, link.name, error, now)
            if not isinstance(error, Refused):
                fix = error.fix or f"check that {link.kind.title} runs, and its url in mesharr.yml"
                self._state.refusals.note(waits, Refused(f"the first day waits: {error.what}", fix), now)
            raise
        note_answer(self._state, link.name, now)
        self._state.refusals.clear(waits)
        return self._snapshots[library.name]

    def _listed(self, library: Library, link: AppLink, now: int) -> dict[str, Snapshot]:
        snapshots: dict[str, Snapshot] = {}
        for each in link.handed.passing(now, link.arr.read_all()):
            if names := unshared_names(each, library.root):
                note_unshared(self._state, library.name, each.id, each.title, names, now)
            if below(library.root, each.folder) is None:
                continue
            stated = with_parts(link.arr, library, each, self._state) if link.kind.states_parts else each
            if found := snapshot_of(stated, library.root):
                snapshots[each.id] = found
        return dict(sorted(snapshots.items()))

    def _check_settings(self, library: Library, now: int) -> None:
        """Keep a setting that would harm as a refusal; it stops nothing of what is published.

        It is checked again before the first change, unless that follows at once.
        """
        link = self._apps[library.app]
        try:
            self._guard.look_at_settings(link.name, link.arr, now)
        except Refused as error:
            if self._state.refusals.note(f"settings:{link.name}", error, now):
                log.error("%s: %s", link.name, error)
        except MesharrError as error:  # the app was just read: it is asked again before the first change
            log.debug("%s: its settings are checked later: %s", link.name, error)

    def _compare_some(self, library: Library, day: FirstDayState, now: int) -> Outcome:
        """Compare the next items, and put into the inventory what the drive has and the mesh lacks."""
        snapshots = self._read(library, now)
        some = list(islice((item for item in snapshots if item > day.at), BATCH))
        if not some:
            log_counts(library.name, day.total, day.counts)
            self._looks.pop(library.name, None)
            return advanced(day, done=day.total, at=str(now))
        compared = {item: snapshots[item] for item in some}
        looks, left = self._looks.setdefault(library.name, DriveLooks(library)), day.total - day.done
        on_drive = partial(looks.copies_on_drive, items=len(some), left=left, now=now)
        found, counts = compare_items(library, compared, self._state, on_drive)
        after = msgspec.structs.replace(
            day,
            at=some[-1],
            done=min(day.total, day.done + len(some)),
            counts={kind: count + day.counts.get(kind, 0) for kind, count in counts.items()},
        )
        with self._state.transaction():
            self._state.first_days.put_inventory(library.name, found)
            self._state.first_days.put(day, after)
        if after.done // LOG_EACH != day.done // LOG_EACH:
            log.info("%s: first day: compared %d of %d items", library.name, after.done, after.total)
        return after

    def _queue_inventory(self, library: Library, day: FirstDayState, now: int) -> Outcome:
        """Queue the inventory.

        Of two nodes that begin at the same time the second waits: both may have the same files.
        """
        entries = self._state.first_days.inventory(library.name)
        if entries and 0 <= now - int(day.at) < CONCURRENT_MS and (peer := self._earlier_peer(library.name)):
            return Waits(f"{self._state.names.called(peer)} may be about to publish the same")
        after = advanced(day)

        def queued(_: object) -> Outcome:
            queue_inventory(library.name, self._state, now, int(day.at))
            self._state.first_days.put(day, after)
            return after

        return decide_all(self._state, [(library.name, found.item.id) for found in entries], queued)

    def _earlier_peer(self, library: str) -> str:
        """Return a peer that is to publish its inventory before this node and has not, "" for none."""
        earlier = (peer for peer in sorted(self._trusted()) if peer < self._me.node)
        return next((peer for peer in earlier if will_publish(self._state, peer, library)), "")

    def _wait_until_signed(self, library: Library, day: FirstDayState, _now: int) -> Outcome:
        """Wait until the inventory is signed: the plan is made from it, too."""
        if self._state.outbox.is_publishing(library.name):
            return Waits("the inventory is being published")
        return advanced(day)

    def _plan(self, library: Library, day: FirstDayState, now: int) -> Outcome:
        """Plan what each peer is the cause of; hold what is much, and all that changes what is here.

        What the app reported until the library was compared comes first: a deletion, for one.
        """
        if self._state.inbox.has_untried(library.app, int(day.at), now):
            return Waits("what the app reported is being processed")
        name, snapshots = library.name, self._read(library, now)
        planned = first_plan(library, snapshots, self._state, self._me.node, now)
        with self._state.transaction():
            hold_first(planned, self._state, self._guard, now)
            mark_as_scanned(planned, snapshots, self._state)
            total = self._state.dirty.count_unvisited(name)
            after = advanced(day, met=planned.merge_summary, done=0, total=total)
            self._state.first_days.put(day, after)
        for peer, summary in planned.merge_summary.items():
            log.info("%s: merging with %s: %s", name, self._state.names.called(peer), summary)
        self._snapshots.pop(name, None)
        return after

    def _wait_until_done(self, library: Library, day: FirstDayState, _now: int) -> Outcome:
        """Wait until reconcile has processed every item that was to be processed."""
        done = self.processed(day)
        if done < day.total:
            return Waits("", msgspec.structs.replace(day, done=done) if done != day.done else None)
        log.info("%s: the first day is over", library.name)
        return advanced(day, done=day.total)


def _without(snapshot: Snapshot, keys: frozenset[str]) -> Snapshot:
    """Return a snapshot without some of its files."""
    files = {key: copy for key, copy in snapshot.files.items() if key not in keys}
    return snapshot if len(files) == len(snapshot.files) else msgspec.structs.replace(snapshot, files=files)
