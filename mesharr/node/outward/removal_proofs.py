"""The proof of a removal: its files are gone from the drive in two checks some time apart."""

import logging
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mesharr.core.arr.model import UNSURE
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import (
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemLeft,
    ItemRemoved,
    Renamed,
)
from mesharr.core.paths import same_key
from mesharr.core.planning.limits import OWN
from mesharr.core.planning.memory import without_own_files_check
from mesharr.core.planning.placement import places_after_a_move
from mesharr.core.registry.item_state import ItemState
from mesharr.node.backoff import GONE_MS, STORE_MS, wait_ms
from mesharr.node.library_items import title_of
from mesharr.node.limits import Guard, Limit
from mesharr.node.model import Library
from mesharr.node.outcome import UserRejected
from mesharr.node.outward.stream.prove_again import UnprovenFacts
from mesharr.state.deciding import decide
from mesharr.state.queues.outbox import MOVED_ALONG, OutboxEntry
from mesharr.state.state import State

GATHER_MS = 60_000
"""How long after the latest deletion of a library the first is decided on: a burst is weighed as a whole."""
GATHER_AT_MOST_MS = 600_000
"""How long a deletion waits at most for those that follow."""

OWN_REMOVALS: Limit = ("own_removals", OWN)

log = logging.getLogger(__name__)

_Left = Mapping[str, Mapping[str, int | None]]
"""By the path of a file that is not gone, the places where the drive has it, with the sizes there."""

_with = msgspec.structs.replace


class RemovalProofs:
    """Makes queued removals ready once they are proven, and drops those that were overtaken."""

    def __init__(self, libraries: Mapping[str, Library], state: State, guard: Guard) -> None:
        self._libraries = libraries
        self._state = state
        self._guard = guard
        self._unproven = UnprovenFacts(guard.me, libraries, state)

    def step(self, now: int) -> None:
        """Check every removal that is due, and what an older database had waiting."""
        self._unproven.step(now)
        for entry in self._state.outbox.due("gone", now):
            self._check(entry, now)

    def _check(self, entry: OutboxEntry, now: int) -> None:
        library = self._libraries.get(entry.library)
        if library is None:
            why = f"there is no library {entry.library} any more"
            self._state.outbox.later(entry.n, now + DAY_MS, why, entry.gone_since)
            return
        paths = self.paths_to_be_gone(entry)
        if paths is None:
            self._drop(entry)
            return
        try:
            if went := self.went_along(library, entry):
                self._follow(entry, went, now)
                return
            left = self.still_on_drive(library, entry, paths)
            if respelled := self._respelled(entry, left):
                self._follow(entry, respelled, now)
                return
        except (Unavailable, Refused) as error:
            self._state.outbox.later(entry.n, now + wait_ms(entry.tries, STORE_MS), str(error))
            return
        if left and now - entry.since > DAY_MS:
            self._end_unproven(entry, library, paths, now)
        else:
            self._weigh(entry, library, now, is_gone=not left)

    def _follow(self, entry: OutboxEntry, went: tuple[Renamed, ...], now: int) -> None:
        """Take files out of a removal that are elsewhere on the drive, and publish where they are.

        Their own app may list another file in their stead, so that no comparison would find them there.
        """
        name, item = entry.library, entry.item
        log.info(
            "%s: files of %s are in another folder or spelling on the drive: they are not gone",
            name,
            title_of(self._state, name, item),
        )
        renamed = FileRenamed(
            library=name, id=item, files=went, seen=self._state.items.state(name, item).seen
        )
        with self._state.transaction():
            keys = frozenset(same_key(each.old) for each in went)
            self._state.outbox.keep_files(name, item, keys, entry.cause, now)
            self._state.holds.take_out(name, item, "own_removals")
            self._state.outbox.put(item, renamed, "", MOVED_ALONG, now, looked=now)
            self._state.dirty.mark([(name, item)], now)

    def _end_unproven(self, entry: OutboxEntry, library: Library, paths: Sequence[str], now: int) -> None:
        """Drop a removal whose files stay; of an item have those that went proven alone.

        An app deletes the item's folder, and a peer may have files of the item in another one. Where another
        file has the place of an own one the next visit finds that out: no look was made meanwhile.
        """
        gone: list[str] = []
        if isinstance(entry.body, ItemRemoved):
            sizes = library.storage.sizes(paths)
            gone = [path for path in paths if sizes[path] is None]
        title = title_of(self._state, entry.library, entry.item)
        log.info("%s: the files of %s stay on the drive: no deletion is published", entry.library, title)
        with self._state.transaction():
            self._drop(entry)
            keys = set(map(same_key, paths))
            self._state.items.update_memory(
                entry.library, entry.item, lambda memory: without_own_files_check(memory, keys)
            )
            self._state.dirty.mark([(entry.library, entry.item)], now)
            if gone:
                name, item, seen = entry.library, entry.item, entry.body.seen
                body = FileRemoved(library=name, id=item, paths=tuple(gone), reason="deleted", seen=seen)
                self._state.outbox.put(item, body, "gone", "its files are gone, others of the item stay", now)

    def _weigh(self, entry: OutboxEntry, library: Library, now: int, *, is_gone: bool) -> None:
        """Decide on a removal whose files are all gone now, or not."""
        gone_after = library.policy.gone_after
        if not is_gone:
            until = now + wait_ms(entry.tries, GONE_MS)
            self._state.outbox.later(entry.n, until, "its files are still on the drive")
        elif not entry.gone_since:
            why = "gone from the drive; to be confirmed by a second check"
            self._state.outbox.later(entry.n, now + gone_after, why, now)
        elif now - entry.gone_since >= gone_after and not self._gathers(entry, now):
            self._publish_within_limit(entry, now)

    def _gathers(self, entry: OutboxEntry, now: int) -> bool:
        """Return whether a proven removal waits for others that may follow; then it is due later."""
        newest = self._state.outbox.newest_removal(entry.library)
        until = min(newest + GATHER_MS, entry.since + GATHER_AT_MOST_MS)
        if not newest <= now < until or self._guard.may_all_go(OWN_REMOVALS, entry.library, now):
            return False
        why = "gone from the drive; other deletions may follow"
        self._state.outbox.later(entry.n, until, why, entry.gone_since)
        return True

    def _publish_within_limit(self, entry: OutboxEntry, now: int) -> None:
        """Make a proven removal ready; above the hourly limit it needs the user's approval first."""
        library, item = entry.library, entry.item
        limit, title = OWN_REMOVALS, title_of(self._state, entry.library, entry.item)
        if held := self._guard.permit(limit, library, item, title, now):
            if isinstance(held, UserRejected):
                log.info("%s: the deletion of %s was rejected: it is not published", library, title)
                self._state.outbox.drop(entry.n)
                return
            self._state.outbox.later(entry.n, now + DAY_MS, held.why, entry.gone_since)
            return

        def ready(_: object) -> None:
            self._make_ready(entry, now)
            if not any(other.needs == "gone" for other in self._state.outbox.of(library, item)):
                self._guard.count(limit, library, item, now)  # an item counts once

        decide(self._state, library, item, ready)

    def _make_ready(self, entry: OutboxEntry, now: int) -> None:
        """Make a proven removal ready; of an item that its app lists again, only the files' removal."""
        body = entry.body
        baseline = self._state.items.baseline(entry.library, entry.item)
        paths = self.paths_to_be_gone(entry)
        if not isinstance(body, ItemRemoved) or baseline is None or not baseline.present or not paths:
            self._state.outbox.make_ready(entry.n, body, now)
            return
        files = FileRemoved(library=entry.library, id=body.id, paths=paths, reason="deleted", seen=body.seen)
        with self._state.transaction():
            self._state.outbox.drop(entry.n)
            self._state.outbox.put(entry.item, files, "", "its files are gone", now, looked=now)

    def _drop(self, entry: OutboxEntry) -> None:
        with self._state.transaction():
            self._state.outbox.drop(entry.n)
            self._state.holds.take_out(entry.library, entry.item, "own_removals")

    def went_along(self, library: Library, entry: OutboxEntry) -> tuple[Renamed, ...]:
        """Return the own files of a removal that are where a peer moved the item's folder.

        What an import that waits to be published replaced is told by that: it is the household's no more.
        """
        if not isinstance(entry.body, FileRemoved):
            return ()
        state = self._state.items.state(entry.library, entry.item)
        queued = (other.body for other in self._state.outbox.of(entry.library, entry.item))
        imports = (body for body in queued if isinstance(body, FileImported))
        replaced = {same_key(path) for body in imports for path in body.ended_paths()}
        kept = (path for path in entry.body.paths if same_key(path) not in replaced)
        places = places_after_a_move(state, kept, self._guard.me)
        paths = [path for each in places for path in (each.old, each.new.path)]
        sizes = library.storage.sizes(paths) if paths else {}
        there = [each for each in places if sizes[each.old] is None and sizes[each.new.path] == each.new.size]
        return tuple({each.old: each for each in there}.values())

    def _respelled(self, entry: OutboxEntry, left: _Left) -> tuple[Renamed, ...]:
        """Return the files of a removal that the drive has in another spelling alone.

        Perhaps no app lists them: one gave a file that name before it knew that names were exchanged.
        """
        if not isinstance(entry.body, FileRemoved):
            return ()
        copies = self._state.items.state(entry.library, entry.item).copies
        found: list[Renamed] = []
        for path, there in left.items():
            living = copies.get(same_key(path))
            if living and path not in there and list(there.values()) == [living.copy.size]:
                found.append(Renamed(old=path, new=_with(living.copy, path=next(iter(there)))))
        return tuple(found)

    def still_on_drive(self, library: Library, entry: OutboxEntry, paths: Iterable[str]) -> _Left:
        """Return where the drive has which of a removal's files, with the sizes there."""
        copies = self._state.items.state(entry.library, entry.item).copies
        known = {path: copies.get(same_key(path)) for path in paths}
        return library.storage.still_on_drive(
            {path: living.copy.size if living else None for path, living in known.items()}
        )

    def paths_to_be_gone(self, entry: OutboxEntry) -> tuple[str, ...] | None:
        """Return the paths a removal is about; None when it was overtaken.

        An item without files has nothing to prove; it may be removed when no node's add keeps it. A file that
        was published in another spelling since is there, and the removal, which has not seen that, ends it
        nowhere.
        """
        state = self._state.items.state(entry.library, entry.item)
        if isinstance(entry.body, FileRemoved):
            return tuple(path for path in entry.body.paths if not _is_respelled(state, path)) or None
        queued = self._state.outbox.of(entry.library, entry.item)
        is_leaving = any(isinstance(other.body, ItemLeft) for other in queued)  # not signed yet
        paths = tuple(living.copy.path for living in state.copies.values())
        if not paths and getattr(entry.body, "reason", "") == UNSURE:
            return None  # that its app dropped it proves nothing once it has no files
        return paths if paths or is_leaving or not state.adders else None


def _is_respelled(state: ItemState, path: str) -> bool:
    """Return whether the mesh has a copy at a path in another spelling."""
    living = state.copies.get(same_key(path))
    return living is not None and living.copy.path != path
