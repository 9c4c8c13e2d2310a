"""The comparison of one item: what its app lists, against the baseline and the registry.

What comes of it is committed in one transaction: the facts to publish, the new baseline, and that the inbox
entries it was made for are done.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence

from mesharr.core.arr.model import UNPROVEN, ArrItem, Signal
from mesharr.core.arr.snapshot import Baseline, Snapshot, snapshot_of, unshared_names
from mesharr.core.detect.item_diff import compare
from mesharr.core.detect.listed_files import UNCONFIRMED_MS
from mesharr.core.detect.model import (
    FILE_DROPPED,
    ComparedItem,
    Comparison,
)
from mesharr.core.detect.pending import Pending, pending_of
from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import (
    FileRemoved,
)
from mesharr.core.paths import below, same_key
from mesharr.node.arr_health import note_answer
from mesharr.node.arr_view import LiveArrView
from mesharr.node.file_parts import with_parts
from mesharr.node.model import Library, LocalNode, libraries_of
from mesharr.node.outward.compare.evidence import JUST_ADDED_MS, ItemEvidence
from mesharr.node.outward.compare.item_commit import ComparisonCommits
from mesharr.node.outward.compare.read_item import Listing, ReadItem
from mesharr.node.outward.compare.unlisted_imports import UnlistedImports
from mesharr.node.outward.names.namesakes import listed_beside
from mesharr.node.outward.names.unshared import note_unshared
from mesharr.state.deciding import decide_all
from mesharr.state.queues.outbox import KEPT_BOTH, UNLISTED

log = logging.getLogger(__name__)

CHECK_MS = 15_000
"""How long after a comparison an item is compared again whose files the app finds or moves; then doubled."""


class ItemComparer:
    """Compares items, and queues the facts that follow."""

    def __init__(self, node: LocalNode) -> None:
        self._me = node.me
        self._libraries = node.libraries
        self._apps = node.apps
        self._state = node.state
        self._evidence = ItemEvidence(node.me, node.libraries, node.state)
        self._commits = ComparisonCommits(node.me.node, node.state)
        self._unlisted = UnlistedImports(node.state)

    # -- one item

    def recheck(self, library: Library, item: str, now: int, signals: Sequence[Signal] = ()) -> None:
        """Compare an item that no inbox entry names, then mark it for reconcile.

        `signals` are what the app's history states. An app that does not answer is left for another time.
        """
        arr_view = LiveArrView(self._apps[library.app].arr)
        try:
            self.compare_item(arr_view, library.app, item, signals, (), now)
        except (Unavailable, Refused) as error:
            log.debug("%s: %s: %s", library.name, item, error)
        self._state.dirty.mark([(library.name, item)], now)

    def compare_item(
        self,
        arr_view: LiveArrView,
        app: str,
        item: str,
        signals: Sequence[Signal],
        entries: Sequence[int],
        now: int,
    ) -> None:
        """Read an item once, and compare it in each library of its app.

        The `entries` of the inbox are then done. Raises what the app raises, and `Unavailable` when the
        comparison has to wait.
        """
        libraries = libraries_of(self._libraries, app)
        before = {each.name: self._state.items.baseline(each.name, item) for each in libraries}
        arr_item = arr_view.read(item)
        note_answer(self._state, app, now)
        for library in libraries:
            listing = self.listing_of(library, arr_item, before[library.name])
            note_unshared(self._state, library.name, item, listing.title, listing.unshared, now)
            if listing.is_unshared:
                self._state.inbox.done(entries)
                continue
            if listing.snapshot is None and self._evidence.last_seen(library, item, listing, signals) is None:
                self._state.asked.drop(library.name, item, "returned")
                continue
            self._require_storage(library, signals)
            read = self._read(library, item, listing, signals, before[library.name])
            self._compare_read(read, entries, now)

    def _read(
        self,
        library: Library,
        item: str,
        listing: Listing,
        signals: Sequence[Signal],
        before: Baseline | None,
    ) -> ReadItem:
        """Return an item as read in one library, with what its branches and its app were asked."""
        snapshot = listing.snapshot
        sought = self._sought_locally(library, snapshot, signals, before) if snapshot else ()
        return ReadItem(
            library=library,
            id=item,
            listing=listing,
            signals=signals,
            before=before,
            restarted=self._evidence.may_have_returned(library, item) and self._is_restarted(library),
            only_local=self.only_local(library, [snapshot], sought),
        )

    def _sought_locally(
        self, library: Library, snapshot: Snapshot, signals: Sequence[Signal], before: Baseline | None
    ) -> Collection[str]:
        """Return the keys of the listed files to look for on the local branch.

        Those are what the mesh has and an import names, and what is new and neither the mesh has nor an
        import names. The item is folded only where there is such a file.
        """
        item = snapshot.item.id
        imported = self._evidence.told(library, item, signals).imported
        compared = {same_key(path) for path in before.files} if before else set[str]()
        sought = snapshot.files.keys() & imported | snapshot.files.keys() - compared
        known = self._state.items.state(library.name, item).copies.keys() if sought else frozenset[str]()
        return [key for key in sought if (key in imported) == (key in known)]

    def _compare_read(self, read: ReadItem, entries: Sequence[int], now: int) -> None:
        """Compare an item in one library, and keep that with the end of its inbox entries."""
        library, snapshot = read.library, read.listing.snapshot

        def keep(found: Comparison) -> None:
            self.commit(library, read.id, snapshot, found, now)
            self._state.inbox.done(entries)

        comparison = self.decide(read, now, keep)
        if comparison is None:
            raise Unavailable(f"{read.id} was processed while its app was read")
        if snapshot is not None:
            self._check_again(library, snapshot, comparison.baseline, now)
            self._unlisted.look(self._apps[library.app].arr, read, now)
            if any(signal.reason in UNPROVEN for signal in read.signals):
                self._state.dirty.mark([(library.name, read.id)], now)  # the file may be back already

    def listing_of(self, library: Library, arr_item: ArrItem | None, baseline: Baseline | None) -> Listing:
        """Return where the app lists an item, seen from `library`; None: it does not list the item.

        An app that states the parts of files only when asked is asked, where they may be published.
        """
        if arr_item is None:
            return Listing()
        unshared = unshared_names(arr_item, library.root)
        if snapshot := snapshot_of(arr_item, library.root):
            link = self._apps[library.app]
            if link.kind.states_parts:
                stated = with_parts(link.arr, library, arr_item, self._state, baseline)
                snapshot = snapshot_of(stated, library.root)
            beside = listed_beside(library, snapshot, baseline, self._state)
            return Listing(snapshot=snapshot, title=arr_item.title, unshared=unshared, namesakes=beside)
        if unshared:
            return Listing(title=arr_item.title, unshared=unshared)
        others = (each for each in libraries_of(self._libraries, library.app) if each is not library)
        moved_to = next((each.name for each in others if below(each.root, arr_item.folder)), "")
        return Listing(moved_to=moved_to, outside_folder="" if moved_to else arr_item.folder)

    def _require_storage(self, library: Library, signals: Iterable[Signal]) -> None:
        """Raise `Unavailable` when files may seem missing only because a mount is gone."""
        if any(signal.reason in UNPROVEN for signal in signals):
            library.storage.check_available()

    def only_local(
        self, library: Library, snapshots: Iterable[Snapshot | None], keys: Collection[str] | None = None
    ) -> frozenset[str]:
        """Return the keys of the listed files that only this node's local branch has.

        All files are compared, or those of `keys`. Under a union an app that imports a release again deletes
        the cloud's file, and writes the new one to the local branch with the same name and size: the registry
        cannot tell where a file is. What is being uploaded is left out. Raises `Unavailable` when the cloud
        branch cannot be asked.
        """
        if not library.remote:
            return frozenset()
        moving = set(self._state.uploads.unfinished(library.name))
        sizes = {
            copy.path: copy.size
            for snapshot in snapshots
            for key, copy in (snapshot.files if snapshot else {}).items()
            if (keys is None or key in keys) and copy.path not in moving
        }
        return frozenset(map(same_key, library.storage.only_local(sizes) if sizes else ()))

    def decide(self, read: ReadItem, now: int, keep: Callable[[Comparison], None]) -> Comparison | None:
        """Compare an item and `keep` the comparison, in one transaction that folds no item.

        None: the item was processed since its app was read, and nothing was compared.
        """
        library, snapshot = read.library.name, read.listing.snapshot

        def decision(_: object) -> Comparison | None:
            if self._state.items.baseline(library, read.id) != read.before:
                return None
            found = self._compared(read, now)
            keep(found)
            return found

        folder = snapshot.item.folder if snapshot else ""
        others = self._state.items.neighbours(library, read.id, folder) if folder else ()
        return decide_all(self._state, [(library, each) for each in (read.id, *others)], decision)

    # -- what a comparison finds

    def _compared(self, read: ReadItem, now: int) -> Comparison:
        """Return what differs; raise `Unavailable` before the first day took the baselines."""
        library, item = read.library, read.id
        if not self.is_baselined(library.name):
            raise Unavailable(f"the first day of {library.name} has not read the app yet")
        compared = ComparedItem(
            read.listing.snapshot,
            self._evidence.last_seen(library, item, read.listing, read.signals)
            or self._state.items.baseline(library.name, item),
            self._state.items.state(library.name, item),
            self._evidence.of(read, now),
            self._pending(library.name, item, is_listed=read.listing.snapshot is not None),
            self._me.node,
            now,
        )
        return compare(compared)

    def _is_restarted(self, library: Library) -> bool:
        """Return, in one request, whether the app restarted since the whole library was compared."""
        known = self._state.libraries.app_start(library.name)
        return bool(known) and self._apps[library.app].arr.start_time() != known

    def _check_again(self, library: Library, snapshot: Snapshot, baseline: Baseline, now: int) -> None:
        """Have an item compared again whose files the app still finds or moves: it reports neither."""
        since = 0
        if baseline.moved_at and now - baseline.moved_at < DAY_MS:
            since = baseline.moved_at
        elif baseline.added_at and now - baseline.added_at < JUST_ADDED_MS:
            since = baseline.added_at if self._finds_files(library, snapshot, baseline) else 0
        if since:
            self._state.inbox.put_check(library.app, snapshot.item.id, now, now + max(CHECK_MS, now - since))

    def _finds_files(self, library: Library, snapshot: Snapshot, baseline: Baseline) -> bool:
        """Return whether an app has found, or has still to find, files of an item just added."""
        known = self._state.items.state(library.name, snapshot.item.id)
        found = (snapshot.files[same_key(path)] for path in baseline.unconfirmed)
        if any(not known.copies_of(unit) for copy in found for unit in copy.units):
            return True
        if snapshot.files or known.copies:
            return False
        try:
            return bool(library.storage.names(snapshot.item.folder))
        except (Unavailable, Refused):
            return False

    def _pending(self, library: str, item: str, *, is_listed: bool) -> Pending:
        """Return what of an item waits to be published and is compared with what its app lists.

        A file that was kept beside another one ends with its item alone: the app may list the other.
        """
        apart = UNLISTED if is_listed else UNLISTED - {KEPT_BOTH}
        queued = [each for each in self._state.outbox.of(library, item) if each.cause not in apart]
        dropped = [
            each.body for each in queued if isinstance(each.body, FileRemoved) and each.cause == FILE_DROPPED
        ]
        return pending_of((each.body for each in queued), dropped)

    def is_baselined(self, library: str) -> bool:
        """Return whether the library has baselines: before, nothing of it is published."""
        return self._state.libraries.baselined(library) > 0

    def commit(
        self, library: Library, item: str, snapshot: Snapshot | None, comparison: Comparison, now: int
    ) -> None:
        """Keep a comparison in the database; the caller holds a transaction.

        Files that wait for an explanation are compared again when their time is over: the app may list others
        by the next night.
        """
        self._unlisted.note_withdrawn(library, item, snapshot, comparison, now)
        self._commits.commit(library, item, snapshot, comparison, now)
        if waiting := comparison.baseline.unconfirmed.values():
            due = max(min(waiting) + UNCONFIRMED_MS, now + CHECK_MS)
            self._state.inbox.put_check(library.app, item, now, due)
