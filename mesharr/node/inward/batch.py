"""Visit many items of one app at once: its list is read once for all, and adds go together.

What has to hold before an add is checked item by item. A batch survives a bad item: after any error
the list is read again, what is there counts as added, and the rest is sent in halves until the one is
found that is refused. Nothing that was done to an item shows in the list that was read before: it is
checked again in a later pass.
"""

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import msgspec

from mesharr.core.arr.model import ArrItem, FileToImport, NewItem
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.planning.actions import Add, ImportFiles
from mesharr.core.text import from_node, quantity
from mesharr.node.arr_health import note_answer
from mesharr.node.arr_view import AddedArrView, ListedArrView
from mesharr.node.backoff import ARR_MS
from mesharr.node.inward.executor import JUST_ADDED, ActionExecutor
from mesharr.node.inward.files.drive_view import DriveView
from mesharr.node.inward.files.file_executor import IMPORTING, MOMENT_MS
from mesharr.node.inward.files.settle import Settler
from mesharr.node.inward.visit import Visit
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.library_items import later_merge_summary
from mesharr.node.model import AppLink, Library
from mesharr.node.outcome import Done, Failed, Outcome, RecheckAt
from mesharr.state.queues.dirty import Dirty

log = logging.getLogger(__name__)

SCAN_MS = 25
"""How long the app is given for the scan of each item that was added, before the first check of them."""

KINDS: Final = {
    "movie": ("film",),
    "series": ("series", "series"),
    "artist": ("artist",),
    "author": ("author",),
}
"""What one and many items of a kind are called."""

NAMED = 5
"""How many of many items are named in a line of the log."""

IMPORT_BATCH = 500
"""How many files one command imports at most, but for those of one item."""

IMPORT_MS = 30
"""How long the app takes for each file that it imports."""

MANY_ADDED = 200
"""From how many added items on their files are imported while the app scans them, which takes it minutes."""

SCANNED_PER_S = 10
"""How many added items an app scans in a second at most; a real Radarr was seen to scan 7 to 9."""

Value = TypeVar("Value")


class _Adding(msgspec.Struct, frozen=True):
    """An add that is planned, and, when its preconditions hold, what the app is asked."""

    visit: Visit
    add: Add
    new: NewItem | None = None

    @property
    def executor(self) -> ActionExecutor:
        assert self.visit.executor
        return self.visit.executor

    @property
    def item(self) -> VisitedItem:
        return self.visit.item


class _Importing(msgspec.Struct, frozen=True):
    """An import by ids that is planned, and what the app is asked to register."""

    visit: Visit
    action: ImportFiles
    files: tuple[FileToImport, ...]

    @property
    def executor(self) -> ActionExecutor:
        assert self.visit.executor
        return self.visit.executor


class BatchPass:
    """One pass over many due items of one app."""

    def __init__(
        self, context: VisitContext, settler: Settler, link: AppLink, libraries: Mapping[str, Library]
    ) -> None:
        self._context = context
        self._settler = settler
        self._link = link
        self._drives = {name: DriveView(library, context.state) for name, library in libraries.items()}
        self._state = context.state
        self._guard = context.guard
        self._added: list[_Adding] = []
        self._importing = 0
        """How many files the app was asked to import in this pass."""

    def run(self, due: Sequence[Dirty]) -> None:
        """Visit each item once, and add together what is to be added."""
        try:
            # Nothing runs for what was never visited. What ended before the list was read shows in it.
            is_later = any(dirty.tries for dirty in due)
            arr_view = ListedArrView(self._link.arr, self._context.now(), scans_first=is_later)
        except MesharrError as error:
            self._settler.put_off(due, error)
            return
        note_answer(self._state, self._link.name, self._context.now())
        adding: list[_Adding] = []
        importing: list[_Importing] = []
        for dirty in due:
            visit = Visit(self._context, self._drives[dirty.library], dirty, arr_view)
            action = self._settled(visit, visit.first)
            if isinstance(action, Add):
                adding.append(_Adding(visit, action))
            elif isinstance(action, ImportFiles) and (
                files := self._settled(visit, partial(visit.prepare_import, action))
            ):
                importing.append(_Importing(visit, action, files))
        self._import(importing)
        self._add(self._permitted(adding))
        self._check_later()

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
        self._settler.settle(visit.dirty, visit.title, reached)
        return None

    def _permitted(self, adding: Sequence[_Adding]) -> list[_Adding]:
        """Return the adds that may be done; those of a peer that are too many at once wait together."""
        groups: dict[tuple[str, str], list[_Adding]] = defaultdict(list)
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

    def _report(self, each: _Adding, outcome: Outcome) -> None:
        self._context.watcher.acted(each.item, each.add, outcome)

    # -- imports by ids

    def _import(self, importing: Sequence[_Importing]) -> None:
        """Have the files of many items imported, by as few commands as they take."""
        batch: list[_Importing] = []
        for number, each in enumerate(importing, 1):
            batch.append(each)
            if number < len(importing) and sum(len(other.files) for other in batch) < IMPORT_BATCH:
                continue
            if error := self._send_import(batch):
                self._settler.put_off((other.visit.dirty for other in importing[number:]), error)
                return
            batch = []

    def _send_import(self, batch: Sequence[_Importing]) -> Unavailable | None:
        """Import the files of a batch; return what keeps the app from being asked any more."""
        with self._state.transaction():
            for each in batch:
                each.executor.remember_import(each.action)
        files = [file for each in batch for file in each.files]
        self._importing += len(files)
        outcome: Outcome = RecheckAt(self._imported_at(), IMPORTING)
        try:
            command = self._link.arr.import_files(files)
        except Unavailable as error:
            self._settler.put_off((each.visit.dirty for each in batch), error)
            return error
        except Refused as error:
            log.info("%s: %s; its scan finds the files instead", self._link.name, error)
        else:
            with self._state.transaction():
                for each in batch:
                    each.executor.note_import(command)
            many = quantity(len(files), "file"), quantity(len(batch), "item")
            log.info("%s: importing %s of %s", self._link.name, *many)
        for each in batch:
            self._context.watcher.acted(each.visit.item, each.action, outcome)
            self._settler.settle(each.visit.dirty, each.visit.title, outcome)
        return None

    def _imported_at(self) -> int:
        """Return when to look for what the app was asked to import (ms)."""
        return self._context.now() + max(MOMENT_MS, min(ARR_MS, IMPORT_MS * self._importing))

    def _import_ahead(
        self, batch: Sequence[_Adding], listed: Sequence[ArrItem], since: int
    ) -> Collection[str]:
        """Import the files of what was just added, but for the first items.

        Those the app scans meanwhile. The last ones come first: scan and import work towards each other, and
        stop before they meet. `since` is when the app was asked to add them. Returns the items that are
        settled by that.
        """
        if not self._link.kind.imports_beside_scans or len(listed) < MANY_ADDED:
            return ()
        ahead = listed[scanned_meanwhile(len(listed), self._context.now() - since) :]
        arr_view = AddedArrView(self._link.arr, self._context.now(), ahead)
        adding = {each.item.id: each for each in batch}
        importing: list[_Importing] = []
        settled: set[str] = set()
        for arr_item in reversed(ahead):
            if not (each := adding.get(arr_item.id)):
                continue
            settled.add(arr_item.id)
            visit = Visit(self._context, each.visit.drive, each.visit.dirty, arr_view)
            action = self._settled(visit, visit.first)
            if isinstance(action, ImportFiles) and (
                files := self._settled(visit, partial(visit.prepare_import, action))
            ):
                importing.append(_Importing(visit, action, files))
        # the visits took their time
        far = len(listed) - scanned_meanwhile(len(listed), self._context.now() - since)
        self._import(importing[: max(0, far)])
        return settled - {each.visit.item.id for each in importing[max(0, far) :]}

    # -- adds

    def _add(self, adding: Sequence[_Adding]) -> None:
        rest = self._safe(adding)
        size = max(1, self._link.kind.add_batch)
        batch: list[_Adding] = []
        while rest:
            if not batch:
                self._see_files(rest[-size:])
            each = rest.pop()
            new = self._settled(each.visit, partial(each.visit.prepare_add, each.add))
            if new:
                batch.append(msgspec.structs.replace(each, new=new))
            if batch and (len(batch) == size or not rest):
                error = self._send(batch)
                batch = []
                if error:
                    self._settler.put_off((each.visit.dirty for each in rest), error)
                    return

    def _see_files(self, adding: Sequence[_Adding]) -> None:
        """Look for the files of several items in one call; what fails is asked for again one by one."""
        paths: dict[str, list[str]] = defaultdict(list)
        for each in adding:
            paths[each.visit.library.name] += [copy.path for copy in each.add.needs]
        for name, some in paths.items():
            with suppress(MesharrError):
                self._drives[name].sizes(some)

    def _safe(self, adding: Sequence[_Adding]) -> list[_Adding]:
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

    def _is_available(self, each: _Adding) -> bool:
        try:
            each.visit.drive.check_available()
        except Unavailable as error:
            self._settler.settle(each.visit.dirty, each.item.title, Failed(error))
            return False
        return True

    def _send(self, batch: Sequence[_Adding]) -> MesharrError | None:
        """Add a batch; return what keeps the app from being asked any more, None when nothing does."""
        with self._state.transaction():
            for each in batch:
                assert each.new
                each.executor.remember_add(each.new)
        return self._sent(batch)

    def _sent(self, batch: Sequence[_Adding]) -> MesharrError | None:
        items, since = [each.new for each in batch if each.new], self._context.now()
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

    def _after(self, batch: Sequence[_Adding], error: MesharrError) -> MesharrError | None:
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
        stopped = self._sent(rest[:half]) if rest else None
        if stopped:
            self._settler.put_off((each.visit.dirty for each in rest[half:]), stopped)
        elif rest[half:]:
            stopped = self._sent(rest[half:])
        return stopped

    def _note_added(self, batch: Sequence[_Adding], listed: Sequence[ArrItem] = (), since: int = 0) -> None:
        if not batch:
            return
        with self._state.transaction():
            for each in batch:
                each.executor.note_added(each.add)
        for each in batch:
            self._report(each, Done())
        _log_added(batch)
        settled = self._import_ahead(batch, listed, since)
        self._added += [each for each in batch if each.item.id not in settled]

    def _check_later(self) -> None:
        """Have all that was added checked at one time, once the app may have scanned it."""
        until = max(self._context.now() + min(ARR_MS, SCAN_MS * len(self._added)), self._imported_at())
        with self._state.transaction():
            for each in self._added:
                self._settler.settle(each.visit.dirty, each.item.title, RecheckAt(until, JUST_ADDED))


def _log_added(batch: Sequence[_Adding]) -> None:
    """Log what was added, a line for each library and household it came from."""
    groups = defaultdict[tuple[str, str], list[_Adding]](list)
    for each in batch:
        groups[each.visit.library.name, each.add.origin].append(each)
    for (library, origin), added in groups.items():
        names = ", ".join(each.item.title for each in added[:NAMED])
        if len(added) == 1:
            log.info("%s: added %s%s", library, names, from_node(origin))
            continue
        more = f" and {len(added) - NAMED} more" if len(added) > NAMED else ""
        many = quantity(len(added), *KINDS[added[0].add.item.kind])
        log.info("%s: added %s%s: %s%s", library, many, from_node(origin), names, more)


def scanned_meanwhile(added: int, waited_ms: int) -> int:
    """Return how many added items the app may have scanned until the others are imported.

    It scans from the first one on since it was asked, `waited_ms` ago; the import begins with the last one.
    """
    import_s = IMPORT_MS / 1000
    before = SCANNED_PER_S * (max(0, waited_ms) / 1000 + import_s * added)
    return min(added, math.ceil(before / (1 + SCANNED_PER_S * import_s)))
