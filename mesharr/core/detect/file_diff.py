"""Outward, the files: which ones of an item are new, renamed, replaced or lost."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.detect.model import Change, Evidence, PublishFact, Withdraw
from mesharr.core.events.schema import Copy, FileImported, FileRemoved, FileRenamed, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.fold import ItemState

UNCONFIRMED_MS = 60 * 60 * 1000
"""How long a file must be there that no webhook, script or history row explains, before it counts as
an import: its owner's event may be on its way here.
"""


class FileDiff:
    """The file side of one comparison."""

    def __init__(
        self,
        shown: Snapshot,
        baseline: Baseline,
        registry: ItemState,
        evidence: Evidence,
        pending: Mapping[str, int],
    ) -> None:
        self.shown = shown
        self.baseline = baseline
        self.registry = registry
        self.evidence = evidence
        self.pending = pending
        self.before = {same_key(path): size for path, size in baseline.files.items()}
        self.dropped_before = frozenset(same_key(path) for path in baseline.dropped_for_upgrade)
        self.gone_unpublished = frozenset(same_key(path) for path in baseline.gone_unpublished)
        self.news = {key: copy for key, copy in shown.files.items() if self._is_news(key, copy)}
        self.renamed = self._renamed()

    def fresh(self, now: int, *, known: bool) -> tuple[dict[str, Copy], dict[str, int]]:
        """Return the files to tell of, by key, and those that have to wait for an explanation."""
        fresh: dict[str, Copy] = {}
        unconfirmed: dict[str, int] = {}
        for key, copy in self.news.items():
            since = self.baseline.unconfirmed.get(copy.path, now)
            said = key in self.evidence.imported or key in self.evidence.renamed
            attested = said or key in self.renamed or self.evidence.moved_here
            if attested or (known and now - since >= UNCONFIRMED_MS):
                fresh[key] = copy
            else:
                unconfirmed[copy.path] = since
        return fresh, unconfirmed

    def _is_news(self, key: str, copy: Copy) -> bool:
        is_back = key in self.gone_unpublished and key in self.evidence.imported
        if self.pending.get(key) == copy.size or (self.before.get(key) == copy.size and not is_back):
            return False
        living = self.registry.copies.get(key)
        if living is None:
            return True
        changed = self.evidence.imported | self.evidence.retagged
        return living.copy.size != copy.size and key in changed

    def _renamed(self) -> dict[str, str]:
        """Return the old paths of living copies that files are now, by the key of the new path.

        One whose tags were written is the same copy, under its own name. Where the arr did not say so, size
        and units have to leave no choice, or the file's name decides: two tracks of an album may be of one
        size.
        """
        said = {
            key: old
            for key in self.news
            if (old := self.evidence.renamed.get(key, "")) and same_key(old) in self.registry.copies
        }
        said |= {key: self.registry.copies[key].copy.path for key in self._retagged()}
        taken = {same_key(old) for old in said.values()}
        went: dict[object, list[str]] = defaultdict(list)
        for key, living in self.registry.copies.items():
            if key in self.before and key not in self.shown.files and key not in taken:
                went[living.copy.size, living.copy.units].append(living.copy.path)
        came: dict[object, list[str]] = defaultdict(list)
        for key, copy in self.news.items():
            if key not in said and key not in self.evidence.imported:
                came[copy.size, copy.units].append(copy.path)
        for alike, paths in came.items():
            said |= {same_key(new): old for new, old in _paired(paths, went[alike])}
        return said

    def _retagged(self) -> set[str]:
        """Return living copies (keys) that have another size because tags were written into them."""
        return (
            self.news.keys() & self.evidence.retagged & self.registry.copies.keys()
        ) - self.evidence.imported

    def withdrawn(self) -> Iterable[Change]:
        """Yield what waits to be told of paths the arr no longer shows."""
        stale = frozenset(key for key in self.pending if key not in self.shown.files)
        if stale:
            yield Withdraw(stale, "the arr no longer shows the file")

    def renames(self, fresh: Mapping[str, Copy]) -> Iterable[Change]:
        """Yield one rename for all files that are living copies under other names."""
        files = tuple(
            Renamed(old=self.renamed[key], new=copy) for key, copy in fresh.items() if key in self.renamed
        )
        if files:
            body = FileRenamed(
                library=self.registry.library, id=self.registry.id, files=files, seen=self.registry.seen
            )
            retagged = all(each.old == each.new.path for each in files)
            yield PublishFact(
                body, "drive", "tags were written by the arr" if retagged else "renamed in the arr"
            )

    def imports(self, fresh: Mapping[str, Copy]) -> Iterable[Change]:
        """Yield the imports of all files that are new to the mesh: one, or as many as lines can hold them."""
        copies = tuple(copy for key, copy in fresh.items() if key not in self.renamed)
        if not copies:
            return
        replaced = self._replaced(fresh)
        body = FileImported(
            library=self.registry.library,
            item=self.shown.item,
            copies=copies,
            replaced=replaced,
            term=1,
            seen=self.registry.seen,
        )
        why = "upgraded by the arr" if replaced else "imported by the arr"
        for part in body.parts(self._units_of):
            yield PublishFact(part, "drive", why)

    def _replaced(self, fresh: Mapping[str, Copy]) -> tuple[str, ...]:
        """Return the living copies that end with what was imported."""
        units = {unit for key, copy in fresh.items() if key not in self.renamed for unit in copy.units}
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if units & set(living.copy.units) and self._is_replaced(key, living.copy)
        )

    def _is_replaced(self, key: str, copy: Copy) -> bool:
        if key in self.shown.files:
            return key in self.evidence.imported  # overwritten under its own name
        if key in self.evidence.replaced or key in self.dropped_before:
            return True
        if not self.shown.multi_file_units:
            return key in self.before
        # A track that went while others came may just be missing; an album that went whole is replaced.
        upgraded = self.evidence.drop_reasons.get(key) == "upgrade"
        return upgraded or (key in self.before and not self._shows(copy.units))

    def _shows(self, units: Iterable[str]) -> bool:
        """Whether the arr shows a living copy of one of these units that it showed before."""
        wanted = set(units)
        return any(
            wanted & set(living.copy.units)
            for key, living in self.registry.copies.items()
            if key in self.shown.files and key in self.before
        )

    def dropped_for_upgrade(self) -> tuple[str, ...]:
        """Return the living copies that the arr dropped for an upgrade: the import may be told much later."""
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.shown.files
            and (key in self.dropped_before or self.evidence.drop_reasons.get(key) == "upgrade")
        )

    def still_gone_unpublished(self, fresh: Collection[str]) -> tuple[str, ...]:
        """Return the files that vanished before they could be told of, and that the arr lists as ever."""
        keys = self.gone_unpublished - set(fresh) - self.pending.keys() - self.registry.copies.keys()
        return tuple(copy.path for key, copy in self.shown.files.items() if key in keys)

    def losses(self, fresh: Mapping[str, Copy], me: str) -> Iterable[Change]:
        """Yield the removals that may be told once the files are proven gone."""
        told = {same_key(old) for key, old in self.renamed.items() if key in fresh}
        told |= {same_key(path) for path in self._replaced(fresh)}
        paths = tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.shown.files and key not in told and self._is_lost(key, living.node == me)
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
                "file deleted in the arr",
            )

    def _is_lost(self, key: str, mine: bool) -> bool:
        # deleted and added again before anybody looked: what it had is to be proven gone
        again = "deleted" if self.evidence.delete_reason and key in self.before else ""
        reason = self.evidence.drop_reasons.get(key, again)
        if reason in UNPROVEN:
            return mine  # a peer's file that is missing here is its owner's to speak of
        return bool(reason) and reason != "upgrade"

    def _units_of(self, path: str) -> tuple[str, ...]:
        return self.registry.copies[same_key(path)].copy.units


def _paired(came: Sequence[str], went: Sequence[str]) -> list[tuple[str, str]]:
    """Return (new, old) path of files that are alike: of one and one, else those of equal file name."""
    if len(came) == len(went) == 1:
        return [(came[0], went[0])]
    new, old = _by_name(came), _by_name(went)
    return [(new[name][0], old[name][0]) for name in new if len(new[name]) == len(old.get(name, ())) == 1]


def _by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        named[same_key(path.rpartition("/")[2])].append(path)
    return named
