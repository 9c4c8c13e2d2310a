"""Intake: from an arr's hints to facts that wait to be told.

A hint only says "look at this". Intake asks the arr once per item, compares, and commits in one
transaction: the facts, the new baseline, and that the hints are done.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.model import UNPROVEN, UNSURE, ArrItem, Signal
from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.detect.item_diff import compare
from mesharr.core.detect.model import Comparison, Evidence, MarkMissing, PublishFact, Withdraw
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import (
    Body,
    FileImported,
    FileRemoved,
    ItemAdded,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
)
from mesharr.core.paths import below, folder_of, same_key
from mesharr.core.planning.memory import ItemMemory
from mesharr.node.arr_health import note_answer, note_failure
from mesharr.node.arr_view import LiveArrView
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.missing_items import note_missing
from mesharr.node.model import AppLink, Library, Me
from mesharr.node.outward.aliases import publish_aliases
from mesharr.node.outward.signals import signals_of
from mesharr.state.queues.inbox import InboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

DELETED = "deleted"


class Intake:
    """The first outward stage."""

    def __init__(
        self,
        me: Me,
        libraries: Mapping[str, Library],
        apps: Mapping[str, AppLink],
        state: State,
        grabbed: Callable[[str, Signal, int], None] = lambda _app, _signal, _now: None,
    ) -> None:
        """`grabbed` is told, with the app's name and the time, of each grab an arr hints at."""
        self._grabbed = grabbed
        self._me = me
        self._libraries = libraries
        self._apps = apps
        self._state = state

    # -- baselines

    def baselined(self, library: str) -> bool:
        """Return whether the library's first look is over: before it, nothing of it is told."""
        return bool(self._state.notes.get(f"baselined:{library}"))

    # -- hints

    def step(self, now: int) -> None:
        """Deal with every hint that is due. What an arr cannot answer now is kept for later."""
        hints: dict[tuple[str, str], list[tuple[InboxEntry, Signal]]] = defaultdict(list)
        for hint in self._state.inbox.due(now):
            signals = self._signals(hint)
            for signal in signals:
                hints[hint.app, signal.id].append((hint, signal))
            if not signals:
                self._state.inbox.done([hint.n])
        sights = {
            app: LiveArrView(self._apps[app].arr, [item for name, item in hints if name == app])
            for app in {app for app, _ in hints}
        }
        for (app, item), group in hints.items():
            self._look(sights[app], app, item, group, now)

    def _signals(self, hint: InboxEntry) -> tuple[Signal, ...]:
        link = self._apps.get(hint.app)
        if link is None:
            return ()
        try:
            return signals_of(link, hint)
        except UnreadableSignal as error:
            log.warning("%s: a %s that tells nothing: %s", hint.app, hint.source, error)
            self._state.counters.add("hints_rejected")
            return ()

    def _look(
        self, arr_view: LiveArrView, app: str, item: str, group: list[tuple[InboxEntry, Signal]], now: int
    ) -> None:
        numbers = [hint.n for hint, _ in group]
        signals = [signal for _, signal in group]
        try:
            for signal in signals:
                if signal.kind == "grabbed":
                    self._grabbed(app, signal, now)
            if not self._is_echo(app, item, signals):
                self._compare_one(arr_view, app, item, signals, numbers, now)
            self._state.inbox.done(numbers)
        except (Unavailable, Refused) as error:
            tries = max(hint.tries for hint, _ in group)
            self._state.inbox.later(numbers, now + wait_ms(tries, ARR_MS), str(error))
            if isinstance(error, Refused) and note_failure(self._state, app, error, now):
                log.error("%s: %s", app, error)
            elif tries == 0:
                log.warning("%s: %s; the hint is kept", app, error)

    def _is_echo(self, app: str, item: str, signals: Sequence[Signal]) -> bool:
        """The add of what mesharr just added tells nothing, whatever the arr shows: it needs no request."""
        if any(signal.kind != "added" for signal in signals):
            return all(signal.kind == "grabbed" for signal in signals)
        return any(
            self._state.items.memory(library.name, item).added_at
            and self._state.items.state(library.name, item).present
            for library in self._of_an_arr(app)
        )

    def _compare_one(
        self, arr_view: LiveArrView, app: str, item: str, signals: list[Signal], numbers: list[int], now: int
    ) -> None:
        libraries = tuple(self._of_an_arr(app))
        before = {each.name: self._state.items.baseline(each.name, item) for each in libraries}
        held = arr_view.read(item)
        note_answer(self._state, app)
        for library in libraries:
            shown = snapshot_of(held, library.root)
            evidence = _evidence(signals, library.root)
            if shown is None and not self._state.items.had(library.name, item):
                continue
            if not self._ground_answers(library, signals):
                msg = f"{library.name} is unavailable"
                raise Unavailable(msg)
            elsewhere = self._elsewhere(library, held) if held and not shown else ""
            if held and not shown and not elsewhere:
                evidence = msgspec.structs.replace(evidence, outside_folder=held.folder)
            with self._state.transaction():
                if self._state.items.baseline(library.name, item) != before[library.name]:
                    msg = f"{item} was dealt with while the arr was asked"
                    raise Unavailable(msg)
                compared = self._compared(library, item, shown, evidence, now, elsewhere)
                self._commit(library, item, shown, compared, now)
                self._state.inbox.done(numbers)

    def _elsewhere(self, library: Library, held: ArrItem) -> str:
        """Return the other library of the same arr that an item lies in, "" when it is in none."""
        others = (each for each in self._of_an_arr(library.app) if each is not library)
        return next((each.name for each in others if below(each.root, held.folder)), "")

    def _moved_here(self, library: Library, item: str) -> bool:
        """Whether another library of the same arr had the item, which lies in this one now."""
        others = {each.name for each in self._of_an_arr(library.app)} - {library.name}
        if not others or any(self._state.items.had(name, item) for name in others):
            return bool(others)
        unsaid = [each.body for name in others for each in self._state.outbox.of(name, item)]
        moves = {each.library for each in unsaid if isinstance(each, ItemMoved) and each.to == library.name}
        return bool(others & {*moves, *self._state.items.state(library.name, item).moved_from})

    def _ground_answers(self, library: Library, signals: Iterable[Signal]) -> bool:
        """A file said to be missing is looked at again once the library is alive: the mount may be gone."""
        if all(signal.reason not in UNPROVEN for signal in signals):
            return True
        try:
            library.storage.check_available()
        except Unavailable:
            return False
        return True

    # -- the whole library

    def look(self, library: Library, item: str, now: int, signals: Sequence[Signal] = ()) -> None:
        """Compare one item without a hint, or with what its arr's history says, and have reconcile look at
        it too.
        """
        try:
            arr_view = LiveArrView(self._apps[library.app].arr)
            self._compare_one(arr_view, library.app, item, list(signals), [], now)
        except (Unavailable, Refused) as error:
            log.debug("%s: %s: %s", library.name, item, error)
        self._state.dirty.mark([(library.name, item)], now)

    def compare_library(
        self, library: Library, list_all: Callable[[], Iterable[ArrItem]], past: Iterable[Signal], now: int
    ) -> dict[str, Snapshot]:
        """Compare every item an arr lists with baseline and registry; return what it shows, by item.

        `list_all` asks the arr; `past` is what its history tells. An item that was dealt with since the arr
        was asked is not judged by that list: it is looked at again.
        """
        before = dict(self._state.items.baselines(library.name))
        held = list_all()
        signals: dict[str, list[Signal]] = defaultdict(list)
        for signal in past:
            signals[signal.id].append(signal)
        everything: dict[str, Snapshot] = {}
        elsewhere: dict[str, str] = {}
        outside: dict[str, str] = {}
        for each in held:
            if shown := snapshot_of(each, library.root):
                everything[each.id] = shown
            elif other := self._elsewhere(library, each):
                elsewhere[each.id] = other
            else:
                outside[each.id] = each.folder
        for item in publish_aliases(self._state, library.name, everything, now):
            if baseline := self._state.items.baseline(library.name, item):
                before[item] = baseline
        known = {item for item, baseline in self._state.items.baselines(library.name) if baseline.present}
        lost = self._state.notes.named(f"lost:{library.name}:")
        for item in sorted(everything.keys() | known):
            here, evidence = everything.get(item), _evidence(signals[item], library.root)
            evidence = msgspec.structs.replace(evidence, outside_folder=outside.get(item, ""))
            with self._state.transaction():
                if self._state.items.baseline(library.name, item) != before.get(item):
                    self._state.dirty.mark([(library.name, item)], now)
                    continue
                compared = self._compared(library, item, here, evidence, now, elsewhere.get(item, ""))
                if compared.changes or item in lost or compared.baseline != before.get(item):
                    self._commit(library, item, here, compared, now)
        return everything

    def _compared(
        self,
        library: Library,
        item: str,
        shown: Snapshot | None,
        evidence: Evidence,
        now: int,
        elsewhere: str,
    ) -> Comparison:
        if not self.baselined(library.name):
            msg = f"{library.name} has no baselines yet"
            raise Unavailable(msg)
        moved_here = shown is not None and self._moved_here(library, item)
        evidence = msgspec.structs.replace(evidence, moved_to=elsewhere, moved_here=moved_here)
        return compare(
            shown,
            self._state.items.baseline(library.name, item),
            self._state.items.state(library.name, item),
            evidence,
            self._state.outbox.pending(library.name, item),
            self._me.node,
            now,
        )

    def _commit(
        self, library: Library, item: str, shown: Snapshot | None, compared: Comparison, now: int
    ) -> None:
        lost_now = next((change.why for change in compared.changes if isinstance(change, MarkMissing)), "")
        lost = note_missing(self._state, library.name, item, lost_now)
        for change in compared.changes:
            match change:
                case PublishFact(body=body, needs=needs, why=why):
                    if self._is_waiting(library, item, change):
                        continue
                    self._state.outbox.put(item, body, needs, why, now)
                    about = self._title(library, item, shown, body)
                    log.info("%s: %s %s: %s", library.name, body.type_name, about, why)
                case Withdraw(keys=keys):
                    self._state.outbox.withdraw(library.name, item, keys)
                case MarkMissing():
                    pass  # noted already
        self._left_or_stays(library, item, shown, compared)
        fresh = self._state.items.baseline(library.name, item) is None
        self._state.items.set_baselines(library.name, [(item, compared.baseline)])
        self._scan_here(library, compared, now)
        if compared.changes or fresh or lost:
            news = any(isinstance(change, PublishFact) for change in compared.changes)
            self._state.dirty.mark([(library.name, item)], now, news=news)

    def _title(self, library: Library, item: str, shown: Snapshot | None, body: Body) -> str:
        """Return what a person calls the item, and which episodes were imported."""
        described = shown.item if shown else self._state.items.state(library.name, item).item
        if described is None:
            return item
        copies = body.copies if isinstance(body, FileImported) and described.kind == "series" else ()
        return " ".join((described.called, *sorted({unit for copy in copies for unit in copy.units})))

    def _left_or_stays(
        self, library: Library, item: str, shown: Snapshot | None, compared: Comparison
    ) -> None:
        """Forget what mesharr did to an item that left; what was overtaken before it was told is not told:
        the leave of an item that came back, the add of one that is gone again.
        """
        if any(
            isinstance(change, PublishFact) and isinstance(change.body, ItemLeft)
            for change in compared.changes
        ):
            self._state.items.update_memory(library.name, item, lambda _: ItemMemory())
        overtaken = ItemLeft if shown is not None else ItemAdded
        if shown is not None or not compared.baseline.present:
            for unsaid in self._state.outbox.of(library.name, item):
                if isinstance(unsaid.body, overtaken):
                    self._state.outbox.drop(unsaid.n)

    def _is_waiting(self, library: Library, item: str, say: PublishFact) -> bool:
        """A removal that already waits for its proof is not told twice."""
        waiting = [unsaid.body for unsaid in self._state.outbox.of(library.name, item)]
        match say.body:
            case FileRemoved(paths=paths):
                known = {path for body in waiting if isinstance(body, FileRemoved) for path in body.paths}
                return known.issuperset(paths)
            case ItemRemoved():
                return any(isinstance(body, ItemRemoved) for body in waiting)
            case _:
                return False

    def _scan_here(self, library: Library, compared: Comparison, now: int) -> None:
        """This household's media servers see a new file at once, before it is uploaded."""
        folders = {
            folder_of(path)
            for change in compared.changes
            if isinstance(change, PublishFact)
            for path in _paths(change.body)
        }
        for folder in sorted(folders):
            self._state.scans.put(library.scan_roots, library.name, folder, now)

    def _of_an_arr(self, app: str = "") -> Iterator[Library]:
        for library in self._libraries.values():
            if library.app and app in {"", library.app}:
                yield library


def _paths(body: Body) -> Iterator[str]:
    """Yield the paths of the copies that a body states, and of those that end with them."""
    if copies := body.stated_copies():
        yield from (copy.path for copy in copies)
        yield from body.ended_paths()


def _evidence(signals: Iterable[Signal], root: str) -> Evidence:
    """Return what signals say of an item, in library paths; what lies outside the root says nothing."""

    def key(path: str) -> str:
        relative = below(root, path)
        return same_key(relative) if relative else ""

    deleted = ""
    imported: set[str] = set()
    retagged: set[str] = set()
    replaced: set[str] = set()
    renamed: dict[str, str] = {}
    gone: dict[str, str] = {}
    for signal in signals:
        if signal.kind == "deleted":
            # a person's word counts, whatever the arr did by itself besides
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
        imported=frozenset(imported - {""}),
        retagged=frozenset(retagged - {""}),
        replaced=frozenset(replaced - {""}),
        renamed={new: old for new, old in renamed.items() if new},
        drop_reasons={path: reason for path, reason in gone.items() if path},
    )
