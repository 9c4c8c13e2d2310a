"""Keep what a comparison found: facts in the outbox, the new baseline, what to visit."""

import logging
from collections.abc import Iterator, Sequence

from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.detect.model import (
    FILE_DROPPED,
    AskReturned,
    Comparison,
    KeepFiles,
    MarkMissing,
    PublishFact,
    Withdraw,
)
from mesharr.core.events.base import REASSIGNED
from mesharr.core.events.schema import (
    Body,
    FileImported,
    FileRemoved,
    ItemAdded,
    ItemLeft,
    ItemRemoved,
)
from mesharr.core.paths import folder_of, same_key
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import quantity
from mesharr.node.library_items import listed_title, wake_others
from mesharr.node.model import Library
from mesharr.node.outward.dropped_files import note_dropped
from mesharr.state.state import State

log = logging.getLogger(__name__)

NAMED = 3
"""So many episodes of an import are named, more are counted."""


class ComparisonCommits:
    """Keeps comparisons in the database, each in a transaction of the caller."""

    def __init__(self, me: str, state: State) -> None:
        """`me` is this node."""
        self._me = me
        self._state = state

    def commit(
        self, library: Library, item: str, snapshot: Snapshot | None, comparison: Comparison, now: int
    ) -> None:
        """Queue a comparison's facts, keep its baseline, and mark a changed item for reconcile.

        The caller holds a transaction.
        """
        missing = next((change.why for change in comparison.changes if isinstance(change, MarkMissing)), "")
        was_missing = self._state.missing.note(library.name, item, missing)
        self._note_question(library, item, snapshot, comparison)
        for change in comparison.changes:
            match change:
                case PublishFact():
                    self._queue(library, item, snapshot, change, now)
                case Withdraw(keys=keys, why=why):
                    self._state.outbox.withdraw(library.name, item, keys)
                    title, why = listed_title(self._state, library.name, item), library.naming_app(why)
                    log.info("%s: what was to be published of %s is withdrawn: %s", library.name, title, why)
                case KeepFiles(keys=keys):
                    self._state.outbox.keep_files(library.name, item, keys, FILE_DROPPED, now)
                    self._state.holds.take_out(library.name, item, "own_removals")
                case MarkMissing() | AskReturned():
                    pass  # noted above
        facts = [change.body for change in comparison.changes if isinstance(change, PublishFact)]
        if any(isinstance(body, ItemLeft) for body in facts):
            self._state.items.update_memory(library.name, item, lambda _: ItemMemory())
        self._note_neighbours(library, item, snapshot, facts, now)
        self._drop_overtaken(library, item, snapshot, comparison)
        before = self._state.items.baseline(library.name, item)
        came_or_went = before is None or before.present != comparison.baseline.present
        note_dropped(self._state, library, item, snapshot, comparison.baseline, facts, now)
        self._state.items.set_baselines(library.name, [(item, comparison.baseline)])
        # this household's media servers show a new file at once, before its upload
        for folder in sorted({folder_of(path) for body in facts for path in _paths(body)}):
            self._state.scans.put(library.scan_roots, library.name, folder, now)
        if comparison.changes or came_or_went or was_missing:
            self._state.dirty.mark([(library.name, item)], now, changed=bool(facts))

    def _queue(
        self, library: Library, item: str, snapshot: Snapshot | None, fact: PublishFact, now: int
    ) -> None:
        if self._is_queued(library, item, fact.body):
            return
        if isinstance(fact.body, FileImported):
            replaced = frozenset(map(same_key, fact.body.ended_paths()))
            self._state.outbox.drop_moved_along(library.name, item, replaced, now)
        self._state.outbox.put(item, fact.body, fact.needs, fact.why, now)
        deed = fact.body.deed(self._described(library, item, snapshot, fact.body))
        log.info("%s: %s: %s", library.name, deed, library.naming_app(fact.why))

    def _note_neighbours(
        self, library: Library, item: str, snapshot: Snapshot | None, facts: Sequence[Body], now: int
    ) -> None:
        """Note what follows for the other items whose folder this one takes or leaves."""
        if snapshot is not None and any(isinstance(body, FileImported) for body in facts):
            self._hand_over(library, item, snapshot, now)
        if snapshot is not None and any(isinstance(body, ItemAdded) for body in facts):
            self._leave_missing(library, item, snapshot, now)
        before = self._state.items.baseline(library.name, item)
        left = before and before.present and (snapshot is None or snapshot.item.folder != before.folder)
        if left or (before and any(isinstance(body, ItemAdded) for body in facts)):
            wake_others(self._state, library.name, item, now)

    def _hand_over(self, library: Library, item: str, snapshot: Snapshot, now: int) -> None:
        """End the copies of an item that is not listed here and whose files another item has now.

        A wrong match was mended, or a series got another id, or a peer's other item lost the folder again:
        one path belongs to one item.
        """
        mine = self._state.items.state(library.name, item)
        ids = {*mine.ids, *self._state.items.said_alike(library.name, item, self._me)}
        were_here = self._state.items.in_folder(library.name, snapshot.item.folder)
        for other in self._state.items.neighbours(library.name, item, snapshot.item.folder):
            known, queued = (
                self._state.items.state(library.name, other),
                self._state.outbox.of(library.name, other),
            )
            taken = tuple(each.copy.path for key, each in known.copies.items() if key in snapshot.files)
            if other in ids or self._state.items.was_listed(library.name, other):
                continue
            if other not in were_here and known.standing > mine.standing:
                continue
            self._prove_rest_gone(library, known, snapshot, now)
            if not taken:
                continue
            for entry in queued:
                if isinstance(entry.body, ItemRemoved):
                    self._state.outbox.drop(entry.n)
            body = (
                ItemRemoved(library=library.name, id=other, reason=REASSIGNED, seen=known.seen)
                if len(taken) == len(known.copies)
                else FileRemoved(
                    library=library.name, id=other, paths=taken, reason=REASSIGNED, seen=known.seen
                )
            )
            self._state.outbox.put(other, body, "", f"its files are those of {snapshot.item.called}", now)
            title = listed_title(self._state, library.name, other)
            log.info("%s: the files of %s are those of %s now", library.name, title, snapshot.item.called)

    def _prove_rest_gone(self, library: Library, known: ItemState, snapshot: Snapshot, now: int) -> None:
        """Have the other files proven gone of an item whose folder another item has now.

        An import before the item was deleted here may have replaced them, which was not published.
        """
        below = same_key(f"{snapshot.item.folder}/")
        rest = tuple(
            each.copy.path
            for key, each in known.copies.items()
            if key.startswith(below) and key not in snapshot.files
        )
        body = FileRemoved(library=library.name, id=known.id, paths=rest, reason="deleted", seen=known.seen)
        whole = ItemRemoved(library=library.name, id=known.id, seen=known.seen)
        if rest and not any(self._is_queued(library, known.id, each) for each in (body, whole)):
            why = f"{snapshot.item.called} is in its folder"
            self._state.outbox.put(known.id, body, "gone", why, now)

    def _leave_missing(self, library: Library, item: str, snapshot: Snapshot, now: int) -> None:
        """Publish that this household left an item in whose folder it added another one.

        It had no files: whether its user or its app itself deleted it was not known before.
        """
        for other in self._state.items.in_folder(library.name, snapshot.item.folder):
            if other == item or not self._state.missing.why(library.name, other):
                continue
            left, why = ItemLeft(library=library.name, id=other), f"replaced by {snapshot.item.called}"
            self._state.outbox.put(other, left, "", why, now)
            self._state.items.update_memory(library.name, other, lambda _: ItemMemory())
            self._state.items.set_baselines(library.name, [(other, Baseline(present=False))])
            self._state.missing.note(library.name, other, "")
            self._state.dirty.mark([(library.name, other)], now, changed=True)
            log.info("%s: %s: %s", library.name, listed_title(self._state, library.name, other), why)

    def _note_question(
        self, library: Library, item: str, snapshot: Snapshot | None, comparison: Comparison
    ) -> None:
        """Ask about an item that came back with an app start; drop the question about any other."""
        why = next((each.why for each in comparison.changes if isinstance(each, AskReturned)), "")
        if not why:
            self._state.asked.drop(library.name, item, "returned")
        elif self._state.asked.ask(library.name, item, "returned", why):
            title = snapshot.item.called if snapshot else item
            why = library.naming_app(why)
            log.warning("%s: %s: %s: it is not published; see mesharr status", library.name, title, why)

    def _is_queued(self, library: Library, item: str, body: Body) -> bool:
        """Return whether a removal waits for its proof already."""
        queued = [entry.body for entry in self._state.outbox.of(library.name, item)]
        match body:
            case FileRemoved(paths=paths):
                removals = (each for each in queued if isinstance(each, FileRemoved))
                known = {same_key(path) for each in removals for path in each.paths}
                return known.issuperset(map(same_key, paths))
            case ItemRemoved():
                return any(isinstance(each, ItemRemoved) for each in queued)
            case _:
                return False

    def _described(self, library: Library, item: str, snapshot: Snapshot | None, body: Body) -> str:
        """Return an item's title and year, and which episodes were imported, or how many."""
        described = snapshot.item if snapshot else self._state.items.state(library.name, item).item
        if described is None:
            return item
        copies = body.copies if isinstance(body, FileImported) and described.kind == "series" else ()
        episodes = sorted({unit for copy in copies for unit in copy.units})
        if len(episodes) > NAMED:
            episodes = [f"({quantity(len(episodes), 'episode')})"]
        return " ".join((described.called, *episodes))

    def _drop_overtaken(
        self, library: Library, item: str, snapshot: Snapshot | None, comparison: Comparison
    ) -> None:
        """Drop the queued leave of an item that came back, or the queued add of one that is gone."""
        if any(isinstance(change, AskReturned) for change in comparison.changes):
            return
        overtaken = ItemLeft if snapshot is not None else ItemAdded
        if snapshot is not None or not comparison.baseline.present:
            for entry in self._state.outbox.of(library.name, item):
                if isinstance(entry.body, overtaken):
                    self._state.outbox.drop(entry.n)


def _paths(body: Body) -> Iterator[str]:
    """Yield the paths of the copies that a body states, and of those that end with them."""
    if copies := body.stated_copies():
        yield from (copy.path for copy in copies)
        yield from body.ended_paths()
