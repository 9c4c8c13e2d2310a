"""Compare whole libraries, for what no webhook stated and what drifted from the registry.

Each app is read once and not written to. What differs is published, or marked for reconcile.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial

from mesharr.core.arr.model import ArrItem, Signal
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import Comparison
from mesharr.core.durations import DAY_MS, HOUR_MS
from mesharr.core.errors import MesharrError, Outage, Unavailable
from mesharr.core.planning.context import Situation
from mesharr.core.planning.memory import after_restart
from mesharr.core.planning.plan import plan
from mesharr.core.text import quantity
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.arr_view import MANY
from mesharr.node.conflict_notes import note_conflicts
from mesharr.node.library_items import LOOK_EVENTS, MANY_EVENTS, in_fair_order, note_left_out
from mesharr.node.model import Library, LocalNode
from mesharr.node.outward.compare.item_compare import ItemComparer
from mesharr.node.outward.compare.read_item import Listing, ReadItem
from mesharr.node.outward.names.replaced_ids import publish_aliases
from mesharr.node.outward.names.unshared import clear_unshared, note_unshared
from mesharr.node.outward.stream.hello import LibraryDescriptions
from mesharr.node.ownership import former_nodes

log = logging.getLogger(__name__)

OVERLAP_MS = HOUR_MS
"""How far before the last comparison an app's history is read: its clock may be off, its rows come late."""


class FullComparison:
    """Compares whole libraries, and more often the items that changed within the last day."""

    def __init__(self, node: LocalNode, comparer: ItemComparer, descriptions: LibraryDescriptions) -> None:
        self._me = node.me
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state
        self._comparer = comparer
        self.descriptions = descriptions

    def step(self, now: int) -> dict[str, str]:
        """Compare every library that has an app.

        Returns why the others were not compared, by library: apps that do not answer are left for next time.
        """
        self.descriptions.refresh()
        failures = {name: self._try(library, now) for name, library in self._libraries.items()}
        return {name: why for name, why in failures.items() if why}

    def hourly(self, now: int) -> None:
        """Compare the items that changed in the last day.

        No app sends a webhook when a user edits an item. When the items are many, the whole library is
        compared: its app's list costs less than many requests.
        """
        for library in self._libraries.values():
            touched = self._state.items.touched(library.name, now - DAY_MS, now) if library.app else []
            if len(touched) > MANY:
                self._try(library, now)
                continue
            items, waiting = self._in_fair_order(library, touched)
            for item in waiting:
                self._state.inbox.put_check(library.app, item, now)
            for item in items:
                self._comparer.recheck(library, item, now)

    def _try(self, library: Library, now: int) -> str:
        """Compare a library; return why its app failed, "" when it did not."""
        if not library.app or not self._comparer.is_baselined(library.name):
            return ""
        try:
            self._compare(library, now)
        except MesharrError as error:
            if note_failure(self._state, library.app, error, now) or not isinstance(error, Outage):
                log.warning("%s: not compared: %s", library.name, error)
            return str(error)
        return ""

    def _compare(self, library: Library, now: int) -> None:
        arr = self._apps[library.app].arr
        known = self._state.libraries
        since = known.compared(library.name) or known.began(library.name)
        started = arr.start_time()
        past = arr.history_since(since - OVERLAP_MS).signals
        restarted = known.app_start(library.name) not in {"", started}
        snapshots = self._compare_items(library, arr.read_all, past, now, restarted=restarted)
        note_answer(self._state, library.app, now)
        self._note_start(library, snapshots, started)
        drifted = self._drifted(library, snapshots, now)
        with self._state.transaction():
            self._state.dirty.mark(((library.name, item) for item in drifted), now)
            known.note_compared(library.name, now)
        listed, differ = quantity(len(snapshots), "item"), quantity(len(drifted), "differs", "differ")
        log.info("%s: compared %s of %s: %s from the mesh", library.name, listed, library.app_title, differ)

    def _compare_items(
        self,
        library: Library,
        read_all: Callable[[], Iterable[ArrItem]],
        past: Iterable[Signal],
        now: int,
        *,
        restarted: bool,
    ) -> dict[str, Snapshot]:
        """Compare every item of a library; return the snapshots, by item.

        An item that was processed since `read_all` was called is not judged by that list: it is marked.
        `past` are the signals of the app's history; `restarted`: the app was started since the last
        comparison.
        """
        before = dict(self._state.items.baselines(library.name))
        listings = {
            each.id: self._comparer.listing_of(library, each, before.get(each.id)) for each in read_all()
        }
        signals: dict[str, list[Signal]] = defaultdict(list)
        for signal in past:
            signals[signal.id].append(signal)
        snapshots = {item: each.snapshot for item, each in listings.items() if each.snapshot is not None}
        for item in publish_aliases(self._me.node, self._state, library.name, snapshots, now):
            if baseline := self._state.items.baseline(library.name, item):
                before[item] = baseline
        known = {item for item, baseline in self._state.items.baselines(library.name) if baseline.present}
        only_local = self._only_local(library, snapshots.values())
        missing = self._state.missing.of(library.name)
        for question in self._state.asked.all():
            if question.library == library.name and question.item not in snapshots:
                self._state.asked.drop(library.name, question.item, "returned")
        is_unshared = self._note_unshared(library, listings, now)
        items = (snapshots.keys() | known) - is_unshared
        alone = snapshots.keys() - known if restarted else set[str]()
        for item in self._compared_now(library, items, alone, signals, now):
            read = ReadItem(
                library=library,
                id=item,
                listing=listings.get(item, Listing()),
                signals=signals[item],
                before=before.get(item),
                only_local=only_local,
                restarted=restarted,
            )
            if self._comparer.decide(read, now, partial(self._keep, read, item in missing, now)) is None:
                self._state.dirty.mark([(library.name, item)], now)
        return snapshots

    def _keep(self, read: ReadItem, was_missing: bool, now: int, comparison: Comparison) -> None:
        """Keep a comparison that found something; the caller holds a transaction.

        An item one of whose files is beside the mesh's is visited: a plan that sees no drive takes such files
        for one that the app spells otherwise.
        """
        if read.listing.namesakes:
            self._state.dirty.mark([(read.library.name, read.id)], now)
        if comparison.changes or was_missing or comparison.baseline != read.before:
            self._comparer.commit(read.library, read.id, read.listing.snapshot, comparison, now)

    def _compared_now(
        self,
        library: Library,
        items: Iterable[str],
        alone: Collection[str],
        signals: Mapping[str, Sequence[Signal]],
        now: int,
    ) -> list[str]:
        """Return the items to compare now, and have those of too many events compared one by one.

        `alone` may have come back with an older database of the app: only this comparison can tell.
        """
        compared, waiting = self._in_fair_order(library, sorted(items))
        for item in waiting.difference(alone):
            self._state.inbox.put_check(library.app, item, now, signals=signals.get(item, ()))
        return [*compared, *sorted(waiting.intersection(alone))]

    def _in_fair_order(self, library: Library, items: Iterable[str]) -> tuple[list[str], set[str]]:
        """Return the items to fold now, those of many events last, and those that do not fit."""
        count = partial(self._state.items.count_events, library.name)
        items_now, waiting = in_fair_order(items, count, MANY_EVENTS, LOOK_EVENTS)
        return items_now, set(waiting)

    def _note_unshared(self, library: Library, listings: Mapping[str, Listing], now: int) -> set[str]:
        """Report the names that no event can state; return the items that have such a folder."""
        unshared = {item: each for item, each in listings.items() if each.unshared}
        clear_unshared(self._state, library.name, unshared)
        for item, each in unshared.items():
            note_unshared(self._state, library.name, item, each.title, each.unshared, now)
        return {item for item, each in unshared.items() if each.is_unshared}

    def _only_local(self, library: Library, snapshots: Iterable[Snapshot]) -> frozenset[str]:
        """Return the keys of the files that only the local branch has.

        The set is empty while the drive is unavailable.
        """
        try:
            return self._comparer.only_local(library, snapshots)
        except Unavailable as error:
            log.info("%s: its branches are not compared: %s", library.name, error)
            return frozenset()

    def _note_start(self, library: Library, snapshots: Mapping[str, Snapshot], started: str) -> None:
        """Remember when the app was started, and distrust its flags when that is news.

        An app that was started since the last comparison may have been given an old database: the monitored
        flags that came back with it are nobody's wish.
        """
        items, known = self._state.items, self._state.libraries
        with self._state.transaction():
            if known.app_start(library.name) not in {"", started}:
                for item, snapshot in snapshots.items():
                    items.update_memory(
                        library.name, item, partial(after_restart, monitored=snapshot.monitored)
                    )
            known.note_app_start(library.name, started)

    def _drifted(self, library: Library, snapshots: Mapping[str, Snapshot], now: int) -> list[str]:
        """Return the items that reconcile has something to do for, or to wait for."""
        items, cuts = self._state.items, self._state.streams.cuts()
        drifted: list[str] = []
        former = former_nodes(self._state, self._me.node, self._state.names.all())
        had_before = {item for item, baseline in items.baselines(library.name) if baseline.present}
        asked = {(each.library, each.item) for each in self._state.asked.all() if each.kind == "removed"}
        folded, waiting = self._in_fair_order(library, items.all(library.name))
        drifted += sorted(waiting)  # a visit plans what is to be done, in its turn
        for item in folded:
            memory = items.memory(library.name, item)
            desired = items.state(library.name, item, cuts)
            note_conflicts(self._state, desired)
            note_left_out(self._state, desired, now)
            situation = Situation(
                desired,
                snapshots.get(item),
                memory,
                self._me.node,
                library.policy,
                now,
                was_listed=item in had_before,
                former=former,
                departures=cuts.left,
            )
            planned = plan(situation)
            is_settled = (library.name, item) in asked and not planned.asks
            if planned.actions or planned.why or is_settled:
                drifted.append(item)
        return drifted
