"""Many items of one arr that are due at once: its list is read once for all of them, and adds go together.

What has to hold before an add is looked at item by item. A batch survives a bad item: after any error
the list is read again, what is there counts as added, and the rest is sent in halves until the one is
found that is refused. Nothing that was done to an item shows in the list that was read before: it is
looked at again in a later pass.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from mesharr.core.arr.model import NewItem
from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.planning.actions import Add
from mesharr.node.arr_health import note_answer
from mesharr.node.arr_view import ListedArrView
from mesharr.node.backoff import ARR_MS
from mesharr.node.inward.drive_view import DriveView, Waiting
from mesharr.node.inward.executor import MOMENT_MS, ActionExecutor, Again
from mesharr.node.inward.visit import Stage, Visit
from mesharr.node.library_items import later_merge_summary
from mesharr.node.limits import Guard
from mesharr.node.model import AppLink, Library
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State

log = logging.getLogger(__name__)

SCAN_MS = 25
"""How long the arr is given for the scan of each item it was just given, before the first look at them."""

NAMED = 5
"""How many of many items are named in a line of the log."""

Value = TypeVar("Value")


class BatchStage(Stage, Protocol):
    """What bulk work uses of its stage."""

    def failed(self, dirty: Dirty, title: str, error: MesharrError) -> None:
        """Keep an item dirty for what it has to wait for."""
        ...

    def put_off(self, due: Iterable[Dirty], error: MesharrError, about: str = "") -> None:
        """Keep many items dirty because of one thing that concerns them all: `about`, "" for the arr."""
        ...


class _Adding(msgspec.Struct, frozen=True):
    """An add that is planned, and, when its preconditions hold, what the arr is asked."""

    visit: Visit
    add: Add
    new: NewItem | None = None

    @property
    def executor(self) -> ActionExecutor:
        assert self.visit.executor
        return self.visit.executor


class BatchPass:
    """One pass over many due items of one arr."""

    def __init__(
        self, stage: BatchStage, link: AppLink, libraries: Mapping[str, Library], state: State, guard: Guard
    ) -> None:
        self._stage = stage
        self._link = link
        self._looks = {name: DriveView(library, state) for name, library in libraries.items()}
        self._state = state
        self._guard = guard
        self._added: list[_Adding] = []

    def run(self, due: Sequence[Dirty]) -> None:
        """Visit each item once, and add together what is to be added."""
        try:
            arr_view = ListedArrView(self._link.arr)
        except MesharrError as error:
            self._stage.put_off(due, error)
            return
        note_answer(self._state, self._link.name)
        adding: list[_Adding] = []
        for dirty in due:
            visit = Visit(self._stage, self._looks[dirty.library], dirty, self._state, arr_view)
            add = self._caught(visit, visit.first)
            if add:
                adding.append(_Adding(visit, add))
        self._add(self._admitted(adding))
        self._look_later()

    def _caught(self, visit: Visit, work: Callable[[], Value]) -> Value | None:
        try:
            return work()
        except MesharrError as error:
            if isinstance(error, Unavailable) and not isinstance(error, Waiting):
                visit.look.doubt()
            self._stage.failed(visit.dirty, visit.title, error)
        return None

    def _admitted(self, adding: Sequence[_Adding]) -> list[_Adding]:
        """Return the adds that may be done; those of a peer that are too many at once wait together."""
        groups: dict[tuple[str, str], list[_Adding]] = defaultdict(list)
        for each in adding:
            if not each.add.requested:
                groups[each.add.origin, each.visit.dirty.library].append(each)
        admitted = [each for each in adding if each.add.requested]
        for (peer, library), group in groups.items():
            pairs = [(each.visit.dirty.item, each.visit.title) for each in group]
            meeting = partial(later_merge_summary, self._state, library, peer, [each.add for each in group])
            held = self._guard.held("first_adds", peer, library, pairs, self._stage.now(), meeting)
            for each in group:
                if each.visit.dirty.item in held:
                    self._stage.failed(each.visit.dirty, each.visit.title, held[each.visit.dirty.item])
                else:
                    admitted.append(each)
        return admitted

    # -- adds

    def _add(self, adding: Sequence[_Adding]) -> None:
        rest = self._safe(adding)
        size = max(1, self._link.kind.add_batch)
        batch: list[_Adding] = []
        while rest:
            each = rest.pop()
            new = self._caught(each.visit, partial(each.visit.prepared, each.add))
            if new:
                batch.append(msgspec.structs.replace(each, new=new))
            if batch and (len(batch) == size or not rest):
                error = self._send(batch)
                batch = []
                if error:
                    self._stage.put_off((each.visit.dirty for each in rest), error)
                    return

    def _safe(self, adding: Sequence[_Adding]) -> list[_Adding]:
        """Return the adds into libraries that are alive, last first; () while the arr's settings do harm."""
        if not adding:
            return []
        try:
            self._guard.settings(self._link.name, self._link.arr, self._stage.now())
        except MesharrError as error:
            self._stage.put_off((each.visit.dirty for each in adding), error, f"settings:{self._link.name}")
            return []
        safe = {name for name, look in self._looks.items() if self._is_alive(look)}
        return [each for each in reversed(adding) if each.visit.dirty.library in safe or self._dead(each)]

    def _is_alive(self, look: DriveView) -> bool:
        try:
            look.alive()
        except Unavailable:
            return False
        return True

    def _dead(self, each: _Adding) -> bool:
        self._caught(each.visit, each.visit.look.alive)  # which says again why it is not
        return False

    def _send(self, batch: Sequence[_Adding]) -> MesharrError | None:
        """Add a batch; return what keeps the arr from being asked any more, None when nothing does."""
        with self._state.transaction():
            for each in batch:
                assert each.new
                each.executor.remember_add(each.new)
        return self._sent(batch)

    def _sent(self, batch: Sequence[_Adding]) -> MesharrError | None:
        items = [each.new for each in batch if each.new]
        try:
            if len(items) == 1:
                self._link.arr.add(items[0])
            else:
                self._link.arr.add_many(items)
        except MesharrError as error:
            return self._after(batch, error)
        self._are_added(batch)
        return None

    def _after(self, batch: Sequence[_Adding], error: MesharrError) -> MesharrError | None:
        """Something of a batch failed: see what is there, and send the rest in halves."""
        try:
            there = {held.id for held in self._link.arr.read_all()}
        except MesharrError as worse:
            self._stage.put_off((each.visit.dirty for each in batch), worse)
            return worse
        self._are_added([each for each in batch if each.visit.wanted.id in there])
        rest = [each for each in batch if each.visit.wanted.id not in there]
        if len(batch) == 1:
            for each in rest:
                self._stage.failed(each.visit.dirty, each.visit.title, error)
            return None
        half = (len(rest) + 1) // 2
        stopped = self._sent(rest[:half]) if rest else None
        if stopped:
            self._stage.put_off((each.visit.dirty for each in rest[half:]), stopped)
        elif rest[half:]:
            stopped = self._sent(rest[half:])
        return stopped

    def _are_added(self, batch: Sequence[_Adding]) -> None:
        if not batch:
            return
        with self._state.transaction():
            for each in batch:
                each.executor.note_add(each.add)
        self._added += batch
        first = batch[0]
        names = ", ".join(each.visit.title for each in batch[:NAMED])
        more = f" and {len(batch) - NAMED} more" if len(batch) > NAMED else ""
        log.info("%s: added %s%s, unmonitored: %s", first.visit.library.name, names, more, first.add.why)

    def _look_later(self) -> None:
        """Have all that was added looked at at one time, once the arr may have scanned it."""
        until = self._stage.now() + max(MOMENT_MS, min(ARR_MS, SCAN_MS * len(self._added)))
        with self._state.transaction():
            for each in self._added:
                again = Again("the app scans what was just added", until)
                self._stage.failed(each.visit.dirty, each.visit.title, again)
