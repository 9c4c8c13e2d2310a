"""Decide which files of an item are new, renamed, replaced or gone."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of, is_carried_along
from mesharr.core.detect.imported_again import is_found_only, is_imported_again
from mesharr.core.detect.model import (
    FILE_DROPPED,
    UPGRADE,
    Change,
    Evidence,
    KeepFiles,
    PublishFact,
    Withdraw,
)
from mesharr.core.detect.pending import Pending
from mesharr.core.detect.renames import Origins, find_overwritten, find_renames
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.paths import is_own_spelling, same_key
from mesharr.core.registry.item_state import ItemState, LivingCopy

UNCONFIRMED_MS = 60 * 60 * 1000
"""After how long a file that no webhook, script or history row explains counts as an import.

Until then its owner's event may be on its way here.
"""

FOUND_MS = 30_000
"""After how long a file counts as an import that the app found in the folder of an item it was just given."""

HEARD_MS = 7 * 24 * 60 * 60 * 1000
"""For how long an import is known by which the app's history cannot explain another file at its path.

The history is read since the last comparison of the whole library, which may be days ago.
"""


class FileDiff:
    """Comparison of one item's files: listed now, listed before, and in the registry."""

    def __init__(
        self,
        snapshot: Snapshot,
        baseline: Baseline | None,
        registry: ItemState,
        evidence: Evidence,
        pending: Pending,
        me: str,
        now: int,
    ) -> None:
        """Compare; `pending` waits to be published, `me` is this node."""
        before = baseline or Baseline(present=False)
        self.snapshot = snapshot
        self.registry = registry
        self.evidence = evidence
        self.pending = pending
        self.me = me
        self.last = before
        self.now = now
        self.before = {same_key(path): size for path, size in before.files.items()}
        """The sizes of the files that the app listed before, by key."""
        self.spelled_before = {same_key(path): path for path in before.files}
        """How the app spelled their paths, by key."""
        self.dropped_before = frozenset(same_key(path) for path in before.dropped_for_upgrade)
        """The keys of living copies that the app had dropped for an upgrade before."""
        self.gone_unpublished = frozenset(same_key(path) for path in before.gone_unpublished)
        """The keys of listed files that were gone before they could be published."""
        self.origins = Origins(snapshot, before, registry, evidence, pending)
        """What listed files and unpublished copies were before."""
        self.changed = {key: copy for key, copy in snapshot.files.items() if self._is_changed(key, copy)}
        """The listed files that are new, or have another size, by key: each is one of the three below."""
        self.renamed, carried = find_renames(self.changed, self.before, self.origins, me)
        """Those that are living copies: their old path, by their key."""
        self.imported: dict[str, Copy] = {}
        """Those that are new to the mesh, by key."""
        self.unconfirmed: dict[str, int] = {}
        """Those that wait for an explanation: when they were first seen (ms), by path."""
        self._sort(carried, baseline)
        self.inherited = self.origins.inherited(self.imported) - {
            same_key(path) for path in self.renamed.values()
        }
        """The keys of living copies that end with what was withdrawn before it was published."""
        self.replaced = self._replaced()
        """The paths of the living copies that end with the imported files."""

    def _sort(self, carried: Collection[str], baseline: Baseline | None) -> None:
        """Decide which changed files are imports, renamed, or to be explained yet.

        `carried` are the keys of imports that got another name or size before they were published.
        """
        unexplained = {
            key: copy
            for key, copy in self.changed.items()
            if key not in self.renamed and key not in carried and not self._is_explained(key)
        }
        before_or_since = self.before.keys() | {same_key(path) for path in self.last.unlisted}
        unconfirmed = {same_key(path): since for path, since in self.last.unconfirmed.items()}
        scanned = find_overwritten(unexplained, before_or_since, self.renamed, self.origins)
        for key, copy in self.changed.items():
            since = unconfirmed.get(key, self.now)
            # Without a baseline every file is seen for the first time.
            wait = FOUND_MS if self._is_found(key) else UNCONFIRMED_MS
            waited = baseline is not None and self.now - since >= wait
            if key in self.renamed:
                continue
            if key in unexplained and not waited:
                self.unconfirmed[copy.path] = since
            elif key in scanned:
                self.renamed[key] = scanned[key]
            else:
                self.imported[key] = copy

    def changes(self) -> Iterable[Change]:
        """Yield what has to be published or withdrawn."""
        if stale := frozenset(self.origins.stale):
            yield Withdraw(stale, "the app no longer lists the file")
        if again := (self.pending.copies.keys() - stale) & (self.imported.keys() | self.renamed.keys()):
            yield Withdraw(frozenset(again), "the file was replaced in the app")
        if back := self.pending.removals & self.snapshot.files.keys():
            yield KeepFiles(back, "the app lists the file again")
        yield from self._renames()
        yield from self._imports()
        yield from self._removals()

    def baseline(self) -> Baseline:
        """Return the baseline to keep once the changes are queued."""
        after = baseline_of(self.snapshot, self.unconfirmed)
        waiting = {same_key(path) for path in self.unconfirmed}
        unsure = {path: size for path, size in self.last.files.items() if same_key(path) in waiting}
        unsure |= self._not_known_to_have_ended()
        refs = {path: ref for path in unsure if (ref := self.last.file_refs.get(path))}
        return msgspec.structs.replace(
            after,
            files={**after.files, **unsure},
            file_refs={**after.file_refs, **refs},
            dropped_for_upgrade=self._dropped_for_upgrade(),
            gone_unpublished=self._still_gone_unpublished(),
            unlisted=self._unlisted(),
            added_at=self._added_at(),
            moved_at=self._moved_at(),
            imports_heard=self._imports_heard(),
        )

    def _imports_heard(self) -> dict[str, int]:
        """Return when an import of each file was last compared, for a week."""
        known = {key: at for key, at in self.last.imports_heard.items() if self.now - at < HEARD_MS}
        return known | dict.fromkeys(self.evidence.imported & self.snapshot.files.keys(), self.now)

    def _not_known_to_have_ended(self) -> dict[str, int]:
        """Return living copies listed before whose successor cannot be published yet.

        It has a name that no event can state, or waits for an explanation: then it renames or replaces them.
        """
        units = self.snapshot.unshared_units
        if not self.snapshot.multi_file_units:  # of an album's tracks nothing says which one replaces which
            came = (self.snapshot.files[same_key(path)] for path in self.unconfirmed)
            units |= {unit for copy in came for unit in copy.units}
        return {
            path: self.before[key]
            for key, path in self.spelled_before.items()
            if key not in self.snapshot.files
            and key in self.registry.copies
            and not units.isdisjoint(self.registry.copies[key].copy.units)
        }

    def _added_at(self) -> int:
        if self.last.present:
            return self.last.added_at
        return self.now if self.evidence.found_after_add else 0

    def _moved_at(self) -> int:
        """Return since when the item's folder is not the folder of its files, 0 when it is."""
        folder = same_key(self.snapshot.item.folder)
        if all(key.startswith(f"{folder}/") for key in self.snapshot.files):
            return 0
        moved = self.last.present and folder != same_key(self.last.folder)
        return self.last.moved_at or (self.now if moved else 0)

    # -- what each listed file is

    def _is_changed(self, key: str, copy: Copy) -> bool:
        living = self.registry.copies.get(key)
        if (waiting := self.pending.copies.get(key)) and waiting.copy.size == copy.size:
            if waiting.copy.path == copy.path:
                return False
            if living is None or living.copy.size != copy.size:
                return True  # an import whose file got another spelling before it was published
        if living and living.copy.size == copy.size:
            return (
                key in self.evidence.only_local
                or self.origins.handed_on(key)
                or is_imported_again(key, living, self.evidence, self.before, self.me)
                or is_found_only(key, living, self.evidence, self.registry, self.me)
                or self._is_respelled(key, copy, living)
            )
        is_back = key in self.gone_unpublished and key in self.evidence.imported
        return self.before.get(key) != copy.size or is_back or self._is_news(key)

    def _is_news(self, key: str) -> bool:
        """Return whether a file of the baseline came since mesharr began, and the mesh never had it.

        A first day takes for a baseline what the app lists, also what was imported or renamed meanwhile.
        """
        if key not in self.evidence.news or key in self.registry.ended:
            return False
        old = self.evidence.renamed.get(key, "")
        return key in self.evidence.imported or bool(old and self.origins.living_path(old))

    def _is_respelled(self, key: str, copy: Copy, living: LivingCopy) -> bool:
        """Return whether a living copy got another spelling of its path in the app.

        The spelling that the app lists a file in from the first is the app's own: where a drive does not tell
        spellings apart, it may be another one than the mesh has.
        """
        before, published = self.spelled_before.get(key, copy.path), living.copy.path
        if is_carried_along(copy.path, published, self.registry):
            return True
        changed = copy.path not in {before, published}
        return changed and not is_own_spelling(copy.path, before, published)

    def _is_explained(self, key: str) -> bool:
        evidence = self.evidence
        if self.origins.is_overwritten(key):
            return False  # of an import the app's history may tell, which was before
        stated = key in evidence.imported or key in evidence.renamed or self._moved_with_folder(key)
        return stated or evidence.moved_here or evidence.wanted_again or evidence.imported_unnamed

    def _is_found(self, key: str) -> bool:
        """Return whether the app found the file by itself in the folder of an item just added."""
        if not self.evidence.found_after_add or not self._is_inside(key):
            return False
        return not any(self.registry.copies_of(unit) for unit in self.snapshot.files[key].units)

    def _moved_with_folder(self, key: str) -> bool:
        """Return whether the app imported the file where the item's folder was then."""
        if key in self.registry.copies or not self._is_inside(key):
            return False
        name = key.removeprefix(same_key(self.snapshot.item.folder))
        return any(path.endswith(name) for path in self.evidence.imported - self.snapshot.files.keys())

    def _is_inside(self, key: str) -> bool:
        return key.startswith(f"{same_key(self.snapshot.item.folder)}/")

    # -- what is published

    def _renames(self) -> Iterable[Change]:
        """Yield one rename of all living copies that have other names or sizes."""
        files = tuple(
            Renamed(old=self.renamed[key], new=copy)
            for key, copy in self.changed.items()
            if key in self.renamed
        )
        if files:
            body = FileRenamed(
                library=self.registry.library, id=self.registry.id, files=files, seen=self.registry.seen
            )
            why = self._why_renamed(files)
            yield PublishFact(body, "drive", why)

    def _why_renamed(self, files: Iterable[Renamed]) -> str:
        if any(each.old != each.new.path for each in files):
            return "renamed in the app"
        if all(same_key(each.old) in self.evidence.only_local for each in files):
            return "found on the local branch only"
        return "tags were written by the app"

    def _imports(self) -> Iterable[Change]:
        """Yield the import of all files new to the mesh, in as many parts as event lines need."""
        if not self.imported:
            return
        body = FileImported(
            library=self.registry.library,
            item=self.snapshot.item,
            copies=tuple(self.imported.values()),
            replaced=self.replaced,
            term=1,
            seen=self.registry.seen,
        )
        why = "upgraded by the app" if self.replaced else "imported by the app"
        for part in body.parts(self._units_of):
            yield PublishFact(part, "drive", why)

    def _units_of(self, path: str) -> tuple[str, ...]:
        return self.registry.copies[same_key(path)].copy.units

    def _replaced(self) -> tuple[str, ...]:
        units = {unit for copy in self.imported.values() for unit in copy.units}
        elsewhere = {same_key(path) for path in self.renamed.values()} - self.imported.keys()
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if (
                key in self.imported and not self._is_unlisted_here(key, living)
            )  # overwritten under its own name
            or (units & set(living.copy.units) and key not in elsewhere and self._is_replaced(key, living))
        )

    def _is_unlisted_here(self, key: str, living: LivingCopy) -> bool:
        """Return whether an import took the path of a peer's copy that this app never listed.

        It lies on the local branch: it did not replace the other file, and may not without the user's word.
        """
        known = key in self.before or key in self.evidence.replaced or key in self.dropped_before
        return living.brought_by != self.me and key in self.evidence.only_local and not known

    def _is_replaced(self, key: str, living: LivingCopy) -> bool:
        """Return whether an import ends a living copy that shares a unit with an imported file."""
        if key in self.snapshot.files:
            return False
        if key in self.evidence.replaced or key in self.dropped_before or key in self.inherited:
            return True
        if not self.snapshot.multi_file_units:
            # of this node's own copies, also one that its app left for a peer's file of the same unit
            return key in self.before or living.brought_by == self.me
        # One missing track proves nothing; an album that went whole while another one came is replaced.
        upgraded = self.evidence.drop_reasons.get(key) == UPGRADE
        went_whole = key in self.before and not self._lists_one_of(living.copy.units)
        return upgraded or went_whole or self._is_imported_anew(living)

    def _is_imported_anew(self, living: LivingCopy) -> bool:
        """Return whether every track of this node's own copy came with the import, in another file."""
        units = set(living.copy.units)
        came = {part for copy in self.imported.values() if units & set(copy.units) for part in copy.parts}
        return living.brought_by == self.me and bool(living.copy.parts) and came.issuperset(living.copy.parts)

    def _lists_one_of(self, units: Iterable[str]) -> bool:
        """Return whether the app lists a living copy of one of these units that it listed before."""
        of_units = set(units)
        return any(
            of_units & set(living.copy.units)
            for key, living in self.registry.copies.items()
            if key in self.snapshot.files and key in self.before
        )

    def _removals(self) -> Iterable[Change]:
        """Yield the removal of living copies that the app dropped.

        It is published once the files are proven gone.
        """
        ended = {same_key(path) for path in (*self.renamed.values(), *self.replaced)}
        reasons = self.origins.drop_reasons(self.dropped_before | self.inherited)
        paths = tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and key not in ended
            and self._is_dropped(key, living.node, reasons)
            and self.snapshot.unshared_units.isdisjoint(living.copy.units)
        )
        if paths:
            library, item, seen = self.registry.library, self.registry.id, self.registry.seen
            body = FileRemoved(library=library, id=item, paths=paths, reason="deleted", seen=seen)
            yield PublishFact(body, "gone", FILE_DROPPED)

    def _is_dropped(self, key: str, node: str, reasons: Mapping[str, str]) -> bool:
        """Return whether the app dropped a living copy of a node, so that it may be gone."""
        # An item that was deleted and added again before it was read: its files have to be proven gone.
        again = "deleted" if self.evidence.delete_reason else self.evidence.drop_reason_unnamed
        reason = reasons.get(key, again if key in self.before else "")
        if reason in UNPROVEN:
            # a file that is missing here may be there for who published it, and has the item still
            return node == self.me or node in self.registry.left_by
        return bool(reason) and reason != UPGRADE

    # -- what is kept for the next comparison

    def _dropped_for_upgrade(self) -> tuple[str, ...]:
        """Return the paths of living copies that the app dropped for an upgrade, published or not."""
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and (
                key in self.dropped_before
                or key in self.inherited
                or self.evidence.drop_reasons.get(key) == UPGRADE
            )
        )

    def _unlisted(self) -> tuple[str, ...]:
        """Return the paths of living copies that unexplained files may have been."""
        known = self.before.keys() | {same_key(path) for path in self.last.unlisted}
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if self.unconfirmed and key in known and key not in self.snapshot.files
        )

    def _still_gone_unpublished(self) -> tuple[str, ...]:
        """Return the paths of listed files that were gone before they could be published."""
        published = {*self.renamed, *self.imported, *self.pending.copies, *self.registry.copies}
        keys = self.gone_unpublished - published
        return tuple(copy.path for key, copy in self.snapshot.files.items() if key in keys)
