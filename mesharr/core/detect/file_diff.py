"""Decide what to publish of the files of an item, and what its next comparison has to know."""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
from mesharr.core.detect.listed_files import ListedFiles
from mesharr.core.detect.model import (
    FILE_DROPPED,
    UPGRADE,
    Change,
    ComparedItem,
    KeepFiles,
    PublishFact,
    Withdraw,
)
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import LivingCopy

HEARD_MS = 7 * DAY_MS
"""For how long an import or rename to a path is known, by which no other file there is explained then.

The app's history is read since the last comparison of the whole library, which may be days ago.
"""


class FileDiff:
    """Comparison of one item's files: listed now, listed before, and in the registry."""

    def __init__(self, item: ComparedItem, snapshot: Snapshot) -> None:
        """Compare the files of an item that the app lists: its `snapshot`."""
        self.item = item
        self.snapshot = snapshot
        self.registry = item.registry
        self.evidence = item.evidence
        self.last = item.before
        """What the app listed before."""
        self.files = ListedFiles(item, snapshot)
        """What the files are that it lists now."""
        self.dropped_before = frozenset(same_key(path) for path in self.last.dropped_for_upgrade)
        """The keys of living copies that the app had dropped for an upgrade before."""
        self.inherited = self.files.origins.inherited(self.files.imported) - {
            same_key(path) for path in self.files.renamed.values()
        }
        """The keys of living copies that end with what was withdrawn before it was published."""
        self.replaced = self._replaced()
        """The paths of the living copies that end with the imported files."""

    def changes(self) -> Iterable[Change]:
        """Yield what has to be published or withdrawn."""
        if stale := frozenset(self.files.origins.stale):
            yield Withdraw(stale, "the app no longer lists the file")
        came = self.files.imported.keys() | self.files.renamed.keys()
        if again := (self.item.pending.copies.keys() - stale) & came:
            yield Withdraw(frozenset(again), "the file was replaced in the app")
        if back := self.item.pending.removals & self.snapshot.files.keys():
            yield KeepFiles(back, "the app lists the file again")
        yield from self._renames()
        yield from self._imports()
        yield from self._removals()

    def baseline(self) -> Baseline:
        """Return the baseline to keep once the changes are queued."""
        after = baseline_of(self.snapshot, self.files.unconfirmed)
        waiting = {same_key(path) for path in self.files.unconfirmed}
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
            heard=self._heard(),
            took_back_at=(*self.last.took_back_at, *([self.item.now] if self.files.took_back else []))[-2:],
        )

    def _heard(self) -> dict[str, int]:
        """Return when an import, rename or deletion at each path was last compared, for a week."""
        known = {key: at for key, at in self.last.heard.items() if self.item.now - at < HEARD_MS}
        listed, came = self.snapshot.files.keys(), self.evidence.imported | self.evidence.renamed.keys()
        stated = (came & listed) | (self.evidence.drop_reasons.keys() - listed)
        return known | dict.fromkeys(stated, self.item.now)

    def _not_known_to_have_ended(self) -> dict[str, int]:
        """Return living copies listed before whose successor cannot be published yet.

        It has a name that no event can state, or waits for an explanation: then it renames or replaces them.
        """
        units = self.snapshot.unshared_units
        if not self.snapshot.multi_file_units:  # of an album's tracks nothing says which one replaces which
            came = (self.snapshot.files[same_key(path)] for path in self.files.unconfirmed)
            units |= {unit for copy in came for unit in copy.units}
        return {
            path: self.files.before[key]
            for key, path in self.files.spelled_before.items()
            if key not in self.snapshot.files
            and key in self.registry.copies
            and not units.isdisjoint(self.registry.copies[key].copy.units)
        }

    def _added_at(self) -> int:
        if self.last.present:
            return self.last.added_at
        return self.item.now if self.evidence.found_after_add else 0

    def _moved_at(self) -> int:
        """Return since when the item's folder is not the folder of its files, 0 when it is."""
        folder = same_key(self.snapshot.item.folder)
        if all(key.startswith(f"{folder}/") for key in self.snapshot.files):
            return 0
        moved = self.last.present and folder != same_key(self.last.folder)
        return self.last.moved_at or (self.item.now if moved else 0)

    # -- what is published

    def _renames(self) -> Iterable[Change]:
        """Yield one rename of all living copies that have other names or sizes."""
        files = tuple(
            Renamed(old=self.files.renamed[key], new=self._restated(key, copy))
            for key, copy in self.files.changed.items()
            if key in self.files.renamed
        )
        if files:
            body = FileRenamed(
                library=self.registry.library, id=self.registry.id, files=files, seen=self.registry.seen
            )
            why = self._why_renamed(files)
            yield PublishFact(body, "drive", why)

    def _restated(self, key: str, listed: Copy) -> Copy:
        """Return a renamed file as this node states it.

        How the app took the living copy is known of the file that it lists under the same id. Another one may
        be there since: names were exchanged on the drive, or by a peer at the same time.
        """
        old = same_key(self.files.renamed[key])
        living, is_same = self.registry.copies.get(old), old == key or self.files.origins.path_before(key)
        return living.restated(listed, self.item.me) if living and is_same else listed

    def _why_renamed(self, files: Iterable[Renamed]) -> str:
        if any(each.old != each.new.path for each in files):
            return "renamed in the app"
        if all(same_key(each.old) in self.evidence.only_local for each in files):
            return "found on the local branch only"
        return "tags were written by the app"

    def _imports(self) -> Iterable[Change]:
        """Yield the import of all files new to the mesh, in as many parts as event lines need."""
        if not self.files.imported:
            return
        body = FileImported(
            library=self.registry.library,
            item=self.snapshot.item,
            copies=tuple(self.files.imported.values()),
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
        units = {unit for copy in self.files.imported.values() for unit in copy.units}
        elsewhere = {same_key(path) for path in self.files.renamed.values()} - self.files.imported.keys()
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if (
                key in self.files.imported and not self._is_unlisted_here(key, living)
            )  # overwritten under its own name
            or (units & set(living.copy.units) and key not in elsewhere and self._is_replaced(key, living))
        )

    def _is_unlisted_here(self, key: str, living: LivingCopy) -> bool:
        """Return whether an import took the path of a peer's copy that this app never listed.

        It lies on the local branch: it did not replace the other file, and may not without the user's word.
        """
        known = key in self.files.before or key in self.evidence.replaced or key in self.dropped_before
        return living.brought_by != self.item.me and key in self.evidence.only_local and not known

    def _is_replaced(self, key: str, living: LivingCopy) -> bool:
        """Return whether an import ends a living copy that shares a unit with an imported file."""
        if key in self.snapshot.files:
            return False
        if key in self.evidence.replaced or key in self.dropped_before or key in self.inherited:
            return True
        if not self.snapshot.multi_file_units:
            # of this node's own copies, also one that its app left for a peer's file of the same unit
            return key in self.files.before or living.brought_by == self.item.me
        # One missing track proves nothing; an album that went whole while another one came is replaced.
        upgraded = self.evidence.drop_reasons.get(key) == UPGRADE
        went_whole = key in self.files.before and not self._lists_one_of(living.copy.units)
        return upgraded or went_whole or self._is_imported_anew(living)

    def _is_imported_anew(self, living: LivingCopy) -> bool:
        """Return whether every track of this node's own copy came with the import, in another file."""
        units = set(living.copy.units)
        came = {
            part for copy in self.files.imported.values() if units & set(copy.units) for part in copy.parts
        }
        return (
            living.brought_by == self.item.me
            and bool(living.copy.parts)
            and came.issuperset(living.copy.parts)
        )

    def _lists_one_of(self, units: Iterable[str]) -> bool:
        """Return whether the app lists a living copy of one of these units that it listed before."""
        of_units = set(units)
        return any(
            of_units & set(living.copy.units)
            for key, living in self.registry.copies.items()
            if key in self.snapshot.files and key in self.files.before
        )

    def _removals(self) -> Iterable[Change]:
        """Yield the removal of living copies that the app dropped.

        It is published once the files are proven gone.
        """
        ended = {same_key(path) for path in (*self.files.renamed.values(), *self.replaced)}
        reasons = self.files.origins.drop_reasons(self.dropped_before | self.inherited)
        paths = tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and key not in ended
            and self._is_dropped(key, living, reasons)
            and self.snapshot.unshared_units.isdisjoint(living.copy.units)
        )
        if paths:
            library, item, seen = self.registry.library, self.registry.id, self.registry.seen
            body = FileRemoved(library=library, id=item, paths=paths, reason="deleted", seen=seen)
            yield PublishFact(body, "gone", FILE_DROPPED)

    def _is_dropped(self, key: str, living: LivingCopy, reasons: Mapping[str, str]) -> bool:
        """Return whether the app dropped a living copy, so that it may be gone."""
        # An item that was deleted and added again before it was read: its files have to be proven gone.
        again = "deleted" if self.evidence.delete_reason else self.evidence.drop_reason_unnamed
        reason = reasons.get(key, again if key in self.files.before else "")
        if reason in UNPROVEN:
            # a file that is missing here may be there for who published it, and has the item still
            return self.registry.is_looked_after(living, self.item.me)
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
        known = self.files.before.keys() | {same_key(path) for path in self.last.unlisted}
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if self.files.unconfirmed and key in known and key not in self.snapshot.files
        )

    def _still_gone_unpublished(self) -> tuple[str, ...]:
        """Return the paths of listed files that were gone before they could be published."""
        published = {
            *self.files.renamed,
            *self.files.imported,
            *self.item.pending.copies,
            *self.registry.copies,
        }
        keys = self.files.gone_unpublished - published
        return tuple(copy.path for key, copy in self.snapshot.files.items() if key in keys)
