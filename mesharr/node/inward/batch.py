"""Visit many items of one app at once: its list is read once for all, and adds go together.

What has to hold before an add is checked item by item. A batch survives a bad item: after any error
the list is read again, what is there counts as added, and the rest is sent in halves until the one is
found that is refused. Nothing that was done to an item shows in the list that was read before: it is
checked again in a later pass.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from mesharr.core.arr.model import ArrItem, ArrScans
from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.planning.actions import Add, ImportFiles
from mesharr.node.arr_health import note_answer
from mesharr.node.arr_view import AddedArrView, ListedArrView
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.inward.bulk.imports import BulkImports
from mesharr.node.inward.bulk.planned import Adding, Importing, PreparedAdd, log_added
from mesharr.node.inward.bulk.towards_scan import WORTHWHILE, LeftToScan
from mesharr.node.inward.executor import JUST_ADDED
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.file_executor import IMPORTING, MOMENT_MS
from mesharr.node.inward.files.settle import SCAN_MS, Settler, scanned_by_app
from mesharr.node.inward.visit import Visit
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.library_items import later_merge_summary
from mesharr.node.model import AppLink, Library
from mesharr.node.outcome import Done, Failed, Outcome, RecheckAt
from mesharr.state.queues.dirty import Dirty

log = logging.getLogger(__name__)

MANY_ADDED = 200
"""From how many added items on their files are imported while the app scans them, which takes it minutes."""

Value = TypeVar("Value")


class BatchPass:
    """One pass over many due items of one app."""

    def __init__(
        self,
        context: VisitContext,
        settler: Settler,
        link: AppLink,
        libraries: Mapping[str, Library],
        left: LeftToScan,
    ) -> None:
        """`left` is what earlier passes left to the app's scan."""
        self._left = left
        self._context = context
        self._settler = settler
        self._link = link
        self._drives = {name: DriveView(library, context.state) for name, library in libraries.items()}
        self._state = context.state
        self._guard = context.guard
        self._added: list[Adding] = []
        self._scanned_at = 0
        """When the app may have scanned what was added in this pass (ms)."""
        self._scanning: list[tuple[Visit, int]] = []
        """What the app scans by itself, with its id there."""
        self._imports = BulkImports(context, settler, link, left)
        self._unread: Sequence[Dirty] = ()
        """What waits for its import or the app's scan, and is not looked at in this pass."""
        self._goes_on = False
        """Whether a further import may bring what the app scans much later."""

    def run(self, due: Sequence[Dirty]) -> None:
        """Visit each item once, and add together what is to be added."""
        now = self._context.now()
        try:
            # Nothing runs for what was never visited. What ended before the list is read shows in it.
            scans = self._link.arr.scans() if any(dirty.tries for dirty in due) else None
        except MesharrError as error:
            self._settler.put_off(due, error)
            return
        if scans:
            due = self._import_further(due, scans, now)
        if due and (arr_view := self._listed(due, scans)):
            self._visit(due, arr_view)
        self._check_later()

    def _listed(self, due: Sequence[Dirty], scans: ArrScans | None) -> ListedArrView | None:
        """Read the app's list; None when it does not answer, which puts all off that is due."""
        now = self._context.now()
        try:
            known = self._link.handed.take(now)
            arr_view = ListedArrView(self._link.arr, now, scans=scans, known=None if scans else known)
        except MesharrError as error:
            self._settler.put_off(due, error)
            return None
        note_answer(self._state, self._link.name, self._context.now())
        return arr_view

    def _visit(self, due: Sequence[Dirty], arr_view: ListedArrView) -> None:
        self._left.note_read((dirty.item for dirty in due), arr_view.refs_with_file())
        adding: list[Adding] = []
        importing: list[Importing] = []
        for dirty in due:
            visit = Visit(self._context, self._drives[dirty.library], dirty, arr_view)
            action = self._settled(visit, visit.first)
            if isinstance(action, Add):
                adding.append(Adding(visit, action))
            elif isinstance(action, ImportFiles) and (each := self._prepared(visit, action)):
                importing.append(each)
        self._imports.send(importing)
        self._add(self._permitted(adding))

    def _prepared(self, visit: Visit, action: ImportFiles) -> Importing | None:
        """Return what the app is to import; None for nothing, which is settled."""
        files = self._settled(visit, partial(visit.prepare_import, action))
        return Importing(visit, action, files) if files else None

    def _settled(self, visit: Visit, work: Callable[[], Value | Outcome]) -> Value | None:
        """Return the value a part of a visit came to; None for an outcome, which is settled."""
        try:
            reached = work()
        except MesharrError as error:
            reached = Failed(error)
        if not isinstance(reached, Outcome):
            return reached
        if isinstance(reached, Failed) and isinstance(reached.error, Unavailable):
            visit.drive.forget_available()
        if isinstance(reached, RecheckAt) and reached.scanned_ref:
            self._scanning.append((visit, reached.scanned_ref))
            return None
        self._settler.settle(visit.dirty, visit.title, reached)
        return None

    def _permitted(self, adding: Sequence[Adding]) -> list[Adding]:
        """Return the adds that may be done; those of a peer that are too many at once wait together."""
        groups: dict[tuple[str, str], list[Adding]] = defaultdict(list)
        for each in adding:
            if not each.add.requested:
                groups[each.add.origin, each.visit.library.name].append(each)
        permitted = [each for each in adding if each.add.requested]
        now = self._context.now()
        for (peer, library), group in groups.items():
            pairs = [(each.item.id, each.item.title) for each in group]
            summary = partial(later_merge_summary, self._state, library, peer, [each.add for each in group])
            held = self._guard.permit_group(("first_adds", peer), library, pairs, now, summary)
            for each in group:
                if needs_approval := held.get(each.item.id):
                    self._report(each, needs_approval)
                    self._settler.settle(each.visit.dirty, each.item.title, needs_approval)
                else:
                    permitted.append(each)
        return permitted

    def _report(self, each: Adding, outcome: Outcome) -> None:
        self._context.watcher.acted(each.item, each.add, outcome)

    # -- imports ahead of the app's scan

    def _import_added(self, batch: Sequence[Adding], listed: Sequence[ArrItem]) -> Collection[str]:
        """Import files of what was just added and is not scanned soon; return these items."""
        if not self._link.kind.imports_beside_scans or len(listed) < MANY_ADDED:
            return ()
        self._left.put(listed)
        read_at = self._context.now()
        try:
            scans = self._link.arr.scans()
        except MesharrError:
            return ()
        return self._import_far({each.visit.dirty.item: each.visit.dirty for each in batch}, scans, read_at)

    def _import_further(self, due: Sequence[Dirty], scans: ArrScans, read_at: int) -> Sequence[Dirty]:
        """Import more of what was added and is scanned late; return what is to be visited now.

        When the scan comes to all of it soon, the list tells more than a further import brings.
        """
        waiting, settled = self._left.waiting(dirty.item for dirty in due), set[str]()
        if waiting and scans.importing:  # it takes longer than it was thought to
            self._left.imports_until = read_at + wait_ms(min(each.tries for each in due), ARR_MS)
        elif len(self._left.far(scans, read_at, self._context.now())) < WORTHWHILE:
            return due
        else:
            them = {each.item: each for each in due if each.item in waiting}
            settled = self._import_far(them, scans, read_at)
        self._unread = [each for each in due if each.item in waiting - settled]
        return [each for each in due if each.item not in waiting]

    def _import_far(self, waiting: Mapping[str, Dirty], scans: ArrScans, read_at: int) -> set[str]:
        """Import the files of those that the app scans much later; return these items.

        The last ones come first: scan and import work towards each other, and stop before they meet.
        """
        far = [each for each in self._left.far(scans, read_at, self._context.now()) if each.id in waiting]
        arr_view = AddedArrView(self._link.arr, self._context.now(), far)
        prepared: dict[str, Importing] = {}
        for each in far:
            dirty = waiting[each.id]
            visit = Visit(self._context, self._drives[dirty.library], dirty, arr_view)
            action = self._settled(visit, visit.first)
            if isinstance(action, ImportFiles) and (importing := self._prepared(visit, action)):
                prepared[each.id] = importing
        # the visits took their time
        still = {each.id for each in self._left.far(scans, read_at, self._context.now())}
        near = prepared.keys() - still
        self._imports.send([importing for item, importing in prepared.items() if item not in near])
        self._left.note_imported([each for each in far if each.id not in near])
        if far:
            self._goes_on = self._left.is_worthwhile(scans)
            self._scanned_at = read_at + MOMENT_MS + SCAN_MS * self._left.last_place(scans)
        return {each.id for each in far} - near

    # -- adds

    def _add(self, adding: Sequence[Adding]) -> None:
        rest = self._safe(adding)
        for name, paths in _paths_of(rest).items():
            self._drives[name].expect(paths)
        size = max(1, self._link.kind.add_batch)
        batch: list[PreparedAdd] = []
        while rest:
            if not batch:
                self._see_files(rest[-size:])
            each = rest.pop()
            new = self._settled(each.visit, partial(each.visit.prepare_add, each.add))
            if new:
                batch.append(PreparedAdd(each.visit, each.add, new))
            if batch and (len(batch) == size or not rest):
                error = self._send(batch)
                batch = []
                if error:
                    self._settler.put_off((each.visit.dirty for each in rest), error)
                    return

    def _see_files(self, adding: Sequence[Adding]) -> None:
        """Look for the files of several items in one call; what fails is asked for again one by one."""
        for name, some in _paths_of(adding).items():
            with suppress(MesharrError):
                self._drives[name].sizes(some)

    def _safe(self, adding: Sequence[Adding]) -> list[Adding]:
        """Return the adds into available libraries, last first; none while an app setting does harm."""
        if not adding:
            return []
        app = self._link.name
        try:
            self._guard.check_settings(app, self._link.arr, self._context.now())
        except MesharrError as error:
            self._settler.put_off((each.visit.dirty for each in adding), error, f"settings:{app}")
            return []
        return [each for each in reversed(adding) if self._is_available(each)]

    def _is_available(self, each: Adding) -> bool:
        try:
            each.visit.drive.check_available()
        except Unavailable as error:
            self._settler.settle(each.visit.dirty, each.item.title, Failed(error))
            return False
        return True

    def _send(self, batch: Sequence[PreparedAdd]) -> MesharrError | None:
        """Add a batch; return what keeps the app from being asked any more, None when nothing does."""
        with self._state.transaction():
            for each in batch:
                each.executor.remember_add(each.new)
        return self._request(batch)

    def _request(self, batch: Sequence[PreparedAdd]) -> MesharrError | None:
        """Ask the app for adds that are remembered; return what keeps it from being asked more."""
        items, since = [each.new for each in batch], self._context.now()
        listed: tuple[ArrItem, ...] = ()
        try:
            if len(items) == 1:
                self._link.arr.add(items[0])
            else:
                listed = self._link.arr.add_many(items)
        except MesharrError as error:
            return self._after(batch, error)
        self._note_added(batch, listed, since)
        return None

    def _after(self, batch: Sequence[PreparedAdd], error: MesharrError) -> MesharrError | None:
        """Something of a batch failed: note what is there, and send the rest in halves."""
        try:
            there = {arr_item.id for arr_item in self._link.arr.read_all()}
        except MesharrError as worse:
            self._settler.put_off((each.visit.dirty for each in batch), worse)
            return worse
        self._note_added([each for each in batch if each.item.registry.id in there])
        rest = [each for each in batch if each.item.registry.id not in there]
        if len(batch) == 1:
            for each in rest:
                self._settler.settle(each.visit.dirty, each.item.title, Failed(error))
            return None
        half = (len(rest) + 1) // 2
        stopped = self._request(rest[:half]) if rest else None
        if stopped:
            self._settler.put_off((each.visit.dirty for each in rest[half:]), stopped)
        elif rest[half:]:
            stopped = self._request(rest[half:])
        return stopped

    def _note_added(self, batch: Sequence[Adding], listed: Sequence[ArrItem] = (), since: int = 0) -> None:
        if not batch:
            return
        with self._state.transaction():
            for each in batch:
                each.executor.note_added(each.add)
        for each in batch:
            self._report(each, Done())
        log_added(batch)
        settled = self._import_added(batch, listed)
        left = [each for each in batch if each.item.id not in settled]
        self._added += left
        if not settled:
            self._scanned_at = max(self._scanned_at, since or self._context.now()) + SCAN_MS * len(left)

    def _check_later(self) -> None:
        """Have all that was added or imported checked at one time, once the app may be done with it.

        While much is left to its scan, that is once it has imported the rest: then how far the scan is shows.
        """
        now = self._context.now()
        scanning = [scanned_by_app(each.dirty, ref, now, len(self._scanning)) for each, ref in self._scanning]
        until = max(now, self._left.imports_until)
        if not self._goes_on:
            until = max(until, min(now + ARR_MS, self._scanned_at))
        waiting = [(each.visit.dirty, each.visit.title, JUST_ADDED) for each in self._added]
        waiting += [(each.visit.dirty, each.visit.title, IMPORTING) for each in self._imports.asked]
        waiting += [(dirty, dirty.title, dirty.why) for dirty in self._unread]
        with self._state.lazily(), self._state.transaction():
            for dirty, title, why in waiting:
                self._settler.settle(dirty, title, RecheckAt(until, why))
            for (visit, _), outcome in zip(self._scanning, scanning, strict=True):
                self._settler.settle(visit.dirty, visit.title, outcome)


def _paths_of(adding: Iterable[Adding]) -> Mapping[str, list[str]]:
    """Return the paths that adds need to be visible, by library."""
    paths: dict[str, list[str]] = defaultdict(list)
    for each in adding:
        paths[each.visit.library.name] += [copy.path for copy in each.add.needs]
    return paths
