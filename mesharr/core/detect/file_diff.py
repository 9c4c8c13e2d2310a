"""Decide which files of an item are new, renamed, replaced or gone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
from mesharr.core.detect.model import Change, Evidence, PublishFact, Withdraw
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState

UNCONFIRMED_MS = 60 * 60 * 1000
"""After how long a file that no webhook, script or history row explains counts as an import.

Until then its owner's event may be on its way here.
"""


class FileDiff:
    """Compares the files of one item: what the app lists, what it listed before, and the registry."""

    def __init__(
        self,
        snapshot: Snapshot,
        baseline: Baseline | None,
        registry: ItemState,
        evidence: Evidence,
        pending: Mapping[str, int],
        now: int,
    ) -> None:
        """Compare. `pending` maps the keys of paths that wait to be published to their sizes."""
        before = baseline or Baseline(present=False)
        self.snapshot = snapshot
        self.registry = registry
        self.evidence = evidence
        self.pending = pending
        self.before = {same_key(path): size for path, size in before.files.items()}
        """The sizes of the files that the app listed before, by key."""
        self.dropped_before = frozenset(same_key(path) for path in before.dropped_for_upgrade)
        """The keys of living copies that the app had dropped for an upgrade before."""
        self.gone_unpublished = frozenset(same_key(path) for path in before.gone_unpublished)
        """The keys of listed files that were gone before they could be published."""
        self.changed = {key: copy for key, copy in snapshot.files.items() if self._is_changed(key, copy)}
        """The listed files that are new, or have another size, by key: each is one of the three below."""
        self.renamed = self._renamed()
        """Those that are living copies: their old path, by their key."""
        self.imported: dict[str, Copy] = {}
        """Those that are new to the mesh, by key."""
        self.unconfirmed: dict[str, int] = {}
        """Those that wait for an explanation: when they were first seen (ms), by path."""
        for key, copy in self.changed.items():
            since = before.unconfirmed.get(copy.path, now)
            # Without a baseline every file is seen for the first time.
            waited = baseline is not None and now - since >= UNCONFIRMED_MS
            if key in self.renamed:
                continue
            if waited or self._is_explained(key):
                self.imported[key] = copy
            else:
                self.unconfirmed[copy.path] = since
        self.replaced = self._replaced()
        """The paths of the living copies that end with the imported files."""

    def changes(self, me: str) -> Iterable[Change]:
        """Yield what has to be published or withdrawn; `me` is this node."""
        stale = frozenset(key for key in self.pending if key not in self.snapshot.files)
        if stale:
            yield Withdraw(stale, "the app no longer lists the file")
        yield from self._renames()
        yield from self._imports()
        yield from self._removals(me)

    def baseline(self) -> Baseline:
        """Return the baseline to keep once the changes are queued."""
        return msgspec.structs.replace(
            baseline_of(self.snapshot, self.unconfirmed),
            dropped_for_upgrade=self._dropped_for_upgrade(),
            gone_unpublished=self._still_gone_unpublished(),
        )

    # -- what each listed file is

    def _is_changed(self, key: str, copy: Copy) -> bool:
        is_back = key in self.gone_unpublished and key in self.evidence.imported
        if self.pending.get(key) == copy.size or (self.before.get(key) == copy.size and not is_back):
            return False
        living = self.registry.copies.get(key)
        if living is None:
            return True
        written = self.evidence.imported | self.evidence.retagged
        return living.copy.size != copy.size and key in written

    def _is_explained(self, key: str) -> bool:
        stated = key in self.evidence.imported or key in self.evidence.renamed
        return stated or self.evidence.moved_here or self.evidence.wanted_again

    def _renamed(self) -> dict[str, str]:
        """Return the old path of each living copy that has a new path or size, by the key of the new path.

        A file that the app wrote tags into is the same copy under the same name.
        """
        stated = {
            key: old
            for key in self.changed
            if (old := self.evidence.renamed.get(key, "")) and same_key(old) in self.registry.copies
        }
        retagged = self.changed.keys() & self.evidence.retagged & self.registry.copies.keys()
        for key in retagged - self.evidence.imported:
            stated[key] = self.registry.copies[key].copy.path
        return stated | self._renamed_silently(stated)

    def _renamed_silently(self, stated: Mapping[str, str]) -> dict[str, str]:
        """Return the renames that no event of the app states: a file went and one that is like it came.

        Size and units have to leave no choice, or the file's name decides: two tracks of an album may have
        one size.
        """
        taken = {same_key(old) for old in stated.values()}
        went: dict[object, list[str]] = defaultdict(list)
        for key, living in self.registry.copies.items():
            if key in self.before and key not in self.snapshot.files and key not in taken:
                went[living.copy.size, living.copy.units].append(living.copy.path)
        came: dict[object, list[str]] = defaultdict(list)
        for key, copy in self.changed.items():
            if key not in stated and key not in self.evidence.imported:
                came[copy.size, copy.units].append(copy.path)
        pairs = (pair for alike, paths in came.items() for pair in _paired(paths, went[alike]))
        return {same_key(new): old for new, old in pairs}

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
            retagged = all(each.old == each.new.path for each in files)
            why = "tags were written by the app" if retagged else "renamed in the app"
            yield PublishFact(body, "drive", why)

    def _imports(self) -> Iterable[Change]:
        """Yield the import of all files that are new to the mesh, in as many parts as event lines need."""
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
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if units & set(living.copy.units) and self._is_replaced(key, living.copy)
        )

    def _is_replaced(self, key: str, copy: Copy) -> bool:
        """Return whether a living copy that shares a unit with an imported file ends with the import."""
        if key in self.snapshot.files:
            return key in self.evidence.imported  # overwritten under its own name
        if key in self.evidence.replaced or key in self.dropped_before:
            return True
        if not self.snapshot.multi_file_units:
            return key in self.before
        # One missing track proves nothing; an album that went whole while another one came is replaced.
        upgraded = self.evidence.drop_reasons.get(key) == "upgrade"
        return upgraded or (key in self.before and not self._lists_one_of(copy.units))

    def _lists_one_of(self, units: Iterable[str]) -> bool:
        """Return whether the app lists a living copy of one of these units that it listed before."""
        of_units = set(units)
        return any(
            of_units & set(living.copy.units)
            for key, living in self.registry.copies.items()
            if key in self.snapshot.files and key in self.before
        )

    def _removals(self, me: str) -> Iterable[Change]:
        """Yield the removal of living copies that the app dropped, published once they are proven gone."""
        ended = {same_key(path) for path in (*self.renamed.values(), *self.replaced)}
        paths = tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and key not in ended
            and self._is_dropped(key, living.node == me)
        )
        if paths:
            library, item, seen = self.registry.library, self.registry.id, self.registry.seen
            body = FileRemoved(library=library, id=item, paths=paths, reason="deleted", seen=seen)
            yield PublishFact(body, "gone", "file deleted in the app")

    def _is_dropped(self, key: str, mine: bool) -> bool:
        # An item that was deleted and added again before it was read: its files have to be proven gone.
        again = "deleted" if self.evidence.delete_reason and key in self.before else ""
        reason = self.evidence.drop_reasons.get(key, again)
        if reason in UNPROVEN:
            return mine  # a file that is only missing here may be there for the peer that owns it
        return bool(reason) and reason != "upgrade"

    # -- what is kept for the next comparison

    def _dropped_for_upgrade(self) -> tuple[str, ...]:
        """Return the paths of living copies that the app dropped for an upgrade, published or not."""
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and (key in self.dropped_before or self.evidence.drop_reasons.get(key) == "upgrade")
        )

    def _still_gone_unpublished(self) -> tuple[str, ...]:
        """Return the paths that were gone before they could be published, and that the app lists still."""
        published = {*self.renamed, *self.imported, *self.pending, *self.registry.copies}
        keys = self.gone_unpublished - published
        return tuple(copy.path for key, copy in self.snapshot.files.items() if key in keys)


def _paired(came: Sequence[str], went: Sequence[str]) -> list[tuple[str, str]]:
    """Return (new, old) path of files of one size: the only pair, else those with one file name."""
    if len(came) == len(went) == 1:
        return [(came[0], went[0])]
    new, old = _by_name(came), _by_name(went)
    return [(new[name][0], old[name][0]) for name in new if len(new[name]) == len(old.get(name, ())) == 1]


def _by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        named[same_key(path.rpartition("/")[2])].append(path)
    return named
