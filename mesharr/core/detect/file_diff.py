"""Decide which files of an item are new, renamed, replaced or gone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.detect.model import Change, Evidence, PublishFact, Withdraw
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.fold import ItemState

UNCONFIRMED_MS = 60 * 60 * 1000
"""After how long a file that no webhook, script or history row explains counts as an import.

Until then its owner's event may be on its way here.
"""


class FileDiff:
    """Compares the files of one item: snapshot, baseline and registry."""

    def __init__(
        self,
        snapshot: Snapshot,
        baseline: Baseline,
        registry: ItemState,
        evidence: Evidence,
        pending: Mapping[str, int],
    ) -> None:
        """`pending` maps the keys of paths that wait to be published to their sizes."""
        self.snapshot = snapshot
        self.baseline = baseline
        self.registry = registry
        self.evidence = evidence
        self.pending = pending
        self.before = {same_key(path): size for path, size in baseline.files.items()}
        """The sizes of the files that the app listed before, by key."""
        self.dropped_before = frozenset(same_key(path) for path in baseline.dropped_for_upgrade)
        """The keys of living copies that the app had dropped for an upgrade before."""
        self.gone_unpublished = frozenset(same_key(path) for path in baseline.gone_unpublished)
        """The keys of listed files that were gone before they could be published."""
        self.changed = {key: copy for key, copy in snapshot.files.items() if self._is_changed(key, copy)}
        """The listed files that are new, or have another size, by key."""
        self.renamed = self._renamed()
        """The old path of each changed file that is a living copy, by its new key."""

    def to_publish(self, now: int, *, known: bool) -> tuple[dict[str, Copy], dict[str, int]]:
        """Return the files to publish, by key, and since when (ms, by path) others wait for an explanation.

        `known`: the item has a baseline, so a file that is there long enough needs no explanation.
        """
        fresh: dict[str, Copy] = {}
        unconfirmed: dict[str, int] = {}
        for key, copy in self.changed.items():
            since = self.baseline.unconfirmed.get(copy.path, now)
            stated = key in self.evidence.imported or key in self.evidence.renamed
            explained = stated or key in self.renamed or self.evidence.moved_here
            if explained or (known and now - since >= UNCONFIRMED_MS):
                fresh[key] = copy
            else:
                unconfirmed[copy.path] = since
        return fresh, unconfirmed

    def _is_changed(self, key: str, copy: Copy) -> bool:
        is_back = key in self.gone_unpublished and key in self.evidence.imported
        if self.pending.get(key) == copy.size or (self.before.get(key) == copy.size and not is_back):
            return False
        living = self.registry.copies.get(key)
        if living is None:
            return True
        changed = self.evidence.imported | self.evidence.retagged
        return living.copy.size != copy.size and key in changed

    def _renamed(self) -> dict[str, str]:
        """Return the old path of each living copy that has a new path or size, by the key of the new path.

        A file that the app wrote tags into is the same copy under the same name. Without an event of the app
        size and units have to leave no choice, or the file's name decides: two tracks of an album may have
        one size.
        """
        renamed = {
            key: old
            for key in self.changed
            if (old := self.evidence.renamed.get(key, "")) and same_key(old) in self.registry.copies
        }
        renamed |= {key: self.registry.copies[key].copy.path for key in self._retagged()}
        taken = {same_key(old) for old in renamed.values()}
        went: dict[object, list[str]] = defaultdict(list)
        for key, living in self.registry.copies.items():
            if key in self.before and key not in self.snapshot.files and key not in taken:
                went[living.copy.size, living.copy.units].append(living.copy.path)
        came: dict[object, list[str]] = defaultdict(list)
        for key, copy in self.changed.items():
            if key not in renamed and key not in self.evidence.imported:
                came[copy.size, copy.units].append(copy.path)
        for alike, paths in came.items():
            renamed |= {same_key(new): old for new, old in _paired(paths, went[alike])}
        return renamed

    def _retagged(self) -> set[str]:
        """Return the keys of living copies that have another size because the app wrote tags into them."""
        return (
            self.changed.keys() & self.evidence.retagged & self.registry.copies.keys()
        ) - self.evidence.imported

    def withdrawn(self) -> Iterable[Change]:
        """Yield the withdrawal of waiting copies that the app no longer lists."""
        stale = frozenset(key for key in self.pending if key not in self.snapshot.files)
        if stale:
            yield Withdraw(stale, "the app no longer lists the file")

    def renames(self, fresh: Mapping[str, Copy]) -> Iterable[Change]:
        """Yield one rename of all living copies that have other names or sizes."""
        files = tuple(
            Renamed(old=self.renamed[key], new=copy) for key, copy in fresh.items() if key in self.renamed
        )
        if files:
            body = FileRenamed(
                library=self.registry.library, id=self.registry.id, files=files, seen=self.registry.seen
            )
            retagged = all(each.old == each.new.path for each in files)
            yield PublishFact(
                body, "drive", "tags were written by the app" if retagged else "renamed in the app"
            )

    def imports(self, fresh: Mapping[str, Copy]) -> Iterable[Change]:
        """Yield the import of all files that are new to the mesh, in as many parts as event lines need."""
        copies = tuple(copy for key, copy in fresh.items() if key not in self.renamed)
        if not copies:
            return
        replaced = self._replaced(fresh)
        body = FileImported(
            library=self.registry.library,
            item=self.snapshot.item,
            copies=copies,
            replaced=replaced,
            term=1,
            seen=self.registry.seen,
        )
        why = "upgraded by the app" if replaced else "imported by the app"
        for part in body.parts(self._units_of):
            yield PublishFact(part, "drive", why)

    def _replaced(self, fresh: Mapping[str, Copy]) -> tuple[str, ...]:
        """Return the paths of the living copies that end with the imported files."""
        units = {unit for key, copy in fresh.items() if key not in self.renamed for unit in copy.units}
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if units & set(living.copy.units) and self._is_replaced(key, living.copy)
        )

    def _is_replaced(self, key: str, copy: Copy) -> bool:
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

    def dropped_for_upgrade(self) -> tuple[str, ...]:
        """Return the paths of living copies that the app dropped for an upgrade, published or not."""
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and (key in self.dropped_before or self.evidence.drop_reasons.get(key) == "upgrade")
        )

    def still_gone_unpublished(self, fresh: Collection[str]) -> tuple[str, ...]:
        """Return the paths that were gone before they could be published, and that the app lists still."""
        keys = self.gone_unpublished - set(fresh) - self.pending.keys() - self.registry.copies.keys()
        return tuple(copy.path for key, copy in self.snapshot.files.items() if key in keys)

    def removals(self, fresh: Mapping[str, Copy], me: str) -> Iterable[Change]:
        """Yield the removal of living copies that the app dropped, published once they are proven gone."""
        published = {same_key(old) for key, old in self.renamed.items() if key in fresh}
        published |= {same_key(path) for path in self._replaced(fresh)}
        paths = tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.snapshot.files
            and key not in published
            and self._is_dropped(key, living.node == me)
        )
        if paths:
            yield PublishFact(
                FileRemoved(
                    library=self.registry.library,
                    id=self.registry.id,
                    paths=paths,
                    reason="deleted",
                    seen=self.registry.seen,
                ),
                "gone",
                "file deleted in the app",
            )

    def _is_dropped(self, key: str, mine: bool) -> bool:
        # The item was deleted and added again before it was read: its files have to be proven gone.
        again = "deleted" if self.evidence.delete_reason and key in self.before else ""
        reason = self.evidence.drop_reasons.get(key, again)
        if reason in UNPROVEN:
            return mine  # a file that is only missing here may be there for the peer that owns it
        return bool(reason) and reason != "upgrade"

    def _units_of(self, path: str) -> tuple[str, ...]:
        return self.registry.copies[same_key(path)].copy.units


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
