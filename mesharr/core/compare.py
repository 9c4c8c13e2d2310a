"""Outward: what this node has to tell, decided from baseline, arr and registry.

A fact is told only when the arr differs from the baseline *and* the result differs from the
registry. That is the whole loop protection: the echo of our own call, a rescan that found a peer's
file, a webhook that came twice differ in nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from mesharr.core.events import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    ItemAdded,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    Renamed,
)
from mesharr.core.held import UNPROVEN, UNSURE
from mesharr.core.pack import packed
from mesharr.core.paths import same_key
from mesharr.core.registry import ItemState
from mesharr.core.shown import Baseline, Shown, baseline_of

UNATTESTED_MS = 60 * 60 * 1000
"""How long a file must be there that no webhook, script or history row explains, before it counts as
an import: its owner's event may be on its way here.
"""

LOST = "the arr no longer lists it, and no delete event came"
"""What is said of an item that only its person can decide on."""

DROPPED = "the arr deleted it, as it does by itself to what has no files when its metadata server fails"
"""What is said of an item that had no files when it was deleted, by a person or by the arr itself."""

OUTSIDE = "the arr keeps it outside of the library, in"
"""What is said of an item, before its folder, that the arr lists below no `root` of the config."""

Needs = Literal["", "drive", "gone"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the arr's signals said about one item, in library paths (keys of `same_key`, except
    `renamed`, which maps the key of the new path to the old path). `gone` maps a path's key to the
    arr's reason for dropping the file; `retagged` are files the arr wrote tags into; `deleted` says why the
    item was deleted, "" that nobody said so.
    `moved_to` names the library in which the arr shows it now, `moved_here` says that it came from another.
    `outside` is the arr's folder of an item that is in no library now.
    """

    deleted: str = ""
    imported: frozenset[str] = frozenset()
    retagged: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = {}
    gone: Mapping[str, str] = {}
    moved_to: str = ""
    outside: str = ""
    moved_here: bool = False


class Say(msgspec.Struct, frozen=True):
    """Tell the mesh `body` once what it `needs` holds: "" at once; "drive" its copies are seen on the
    drive with their sizes; "gone" its paths (the item's, for a removal) are proven gone twice.
    """

    body: Body
    needs: Needs
    why: str


class Withdraw(msgspec.Struct, frozen=True):
    """Tell no more of these paths (keys): what was waiting to be told is no longer so."""

    keys: frozenset[str]
    why: str


class Lost(msgspec.Struct, frozen=True):
    """The arr lost an item without saying so: a person decides."""

    why: str


Change = Say | Withdraw | Lost


class Compared(msgspec.Struct, frozen=True):
    """What to tell, and the baseline to keep when it is queued."""

    changes: tuple[Change, ...]
    baseline: Baseline


def compare(
    shown: Shown | None,
    baseline: Baseline | None,
    registry: ItemState,
    evidence: Evidence,
    pending: Mapping[str, int],
    me: str,
    now: int,
) -> Compared:
    """Return what this node has to tell of one item.

    `pending` maps the keys of paths waiting to be told to their sizes: they count as told. `now` is
    in ms and only ages files without evidence.
    """
    if shown is None and evidence.moved_to:
        return _moved(baseline, registry, evidence.moved_to, me)
    if shown is None:
        return _absent(baseline, registry, evidence, pending, me)
    files = _Files(shown, baseline or Baseline(present=False), registry, evidence, pending)
    fresh, unattested = files.fresh(now, known=baseline is not None)
    changes = [
        *_added(shown, baseline, registry, me),
        *_placed(shown, baseline, registry),
        *files.withdrawn(),
        *files.renames(fresh),
        *files.imports(fresh),
        *files.losses(fresh, me),
    ]
    after = msgspec.structs.replace(
        baseline_of(shown, unattested), upgraded=files.upgraded(), vanished=files.still_vanished(fresh)
    )
    return Compared(tuple(changes), after)


def _absent(
    baseline: Baseline | None, registry: ItemState, evidence: Evidence, pending: Mapping[str, int], me: str
) -> Compared:
    meant = evidence.deleted and (evidence.deleted != UNSURE or _had_files(baseline, evidence))
    untold = [Withdraw(frozenset(pending), "deleted in the arr")] if pending and meant else []
    if baseline is None or not baseline.present or not registry.present or me in registry.left:
        return Compared(tuple(untold), Baseline(present=False))
    if not evidence.deleted:
        why = f"{OUTSIDE} {evidence.outside}" if evidence.outside else LOST
        return Compared((Lost(why),), baseline)
    if evidence.deleted == UNSURE and not _had_files(baseline, evidence):
        return Compared((Lost(DROPPED),), baseline)
    library, item = registry.library, registry.id
    left = Say(ItemLeft(library=library, id=item), "", "deleted in the arr")
    if evidence.deleted == UNSURE and not registry.copies:
        return Compared(
            (*untold, left), Baseline(present=False)
        )  # nothing could ever prove that it is unwanted
    reason = UNSURE if evidence.deleted == UNSURE else ""
    removed = ItemRemoved(library=library, id=item, reason=reason, seen=registry.seen)
    return Compared((*untold, left, Say(removed, "gone", "deleted in the arr")), Baseline(present=False))


def _had_files(baseline: Baseline | None, evidence: Evidence) -> bool:
    """Whether the arr had files of an item when it was deleted: such a one no arr deletes by itself."""
    return baseline is not None and any(same_key(path) not in evidence.gone for path in baseline.files)


def _moved(baseline: Baseline | None, registry: ItemState, to: str, me: str) -> Compared:
    if baseline is None or not baseline.present or not registry.present or me in registry.left:
        return Compared((), Baseline(present=False))
    library, item, why = registry.library, registry.id, f"moved to {to} in the arr"
    said = (
        Say(ItemMoved(library=library, id=item, to=to), "", why),
        Say(ItemLeft(library=library, id=item), "", why),
        Say(ItemRemoved(library=library, id=item, seen=registry.seen), "gone", why),
    )
    return Compared(said, Baseline(present=False))


def _added(shown: Shown, baseline: Baseline | None, registry: ItemState, me: str) -> Iterable[Change]:
    if baseline is not None and baseline.present:
        return
    if not registry.present or me in registry.left:
        yield Say(ItemAdded(library=registry.library, item=shown.item), "", "new in the arr")


def _placed(shown: Shown, baseline: Baseline | None, registry: ItemState) -> Iterable[Change]:
    if baseline is None or not baseline.present or not registry.present:
        return
    folder, series_type = shown.item.folder, shown.item.series_type
    moved = same_key(folder) not in {same_key(baseline.folder), same_key(registry.folder)}
    retyped = series_type not in {baseline.series_type, registry.series_type}
    if moved or retyped:
        yield Say(
            ItemChanged(
                library=registry.library,
                id=registry.id,
                folder=folder if moved else "",
                series_type=series_type if retyped else "",
                version=registry.version + 1,
                over=registry.tops,
            ),
            "",
            f"edited in the arr: {folder if moved else series_type}",
        )


class _Files:
    """The file side of one comparison: what is new, renamed, replaced or lost."""

    def __init__(
        self,
        shown: Shown,
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
        self.dropped = frozenset(same_key(path) for path in baseline.upgraded)
        self.vanished = frozenset(same_key(path) for path in baseline.vanished)
        self.news = {key: copy for key, copy in shown.files.items() if self._is_news(key, copy)}
        self.renamed = self._renamed()

    def fresh(self, now: int, *, known: bool) -> tuple[dict[str, Copy], dict[str, int]]:
        """Return the files to tell of, by key, and those that have to wait for an explanation."""
        fresh: dict[str, Copy] = {}
        unattested: dict[str, int] = {}
        for key, copy in self.news.items():
            since = self.baseline.unattested.get(copy.path, now)
            said = key in self.evidence.imported or key in self.evidence.renamed
            attested = said or key in self.renamed or self.evidence.moved_here
            if attested or (known and now - since >= UNATTESTED_MS):
                fresh[key] = copy
            else:
                unattested[copy.path] = since
        return fresh, unattested

    def _is_news(self, key: str, copy: Copy) -> bool:
        is_back = key in self.vanished and key in self.evidence.imported
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
            yield Say(body, "drive", "tags were written by the arr" if retagged else "renamed in the arr")

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
        for part in packed(body, self._units_of):
            yield Say(part, "drive", why)

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
        if key in self.evidence.replaced or key in self.dropped:
            return True
        if not self.shown.parts:
            return key in self.before
        # A track that went while others came may just be missing; an album that went whole is replaced.
        upgraded = self.evidence.gone.get(key) == "upgrade"
        return upgraded or (key in self.before and not self._shows(copy.units))

    def _shows(self, units: Iterable[str]) -> bool:
        """Whether the arr shows a living copy of one of these units that it showed before."""
        wanted = set(units)
        return any(
            wanted & set(living.copy.units)
            for key, living in self.registry.copies.items()
            if key in self.shown.files and key in self.before
        )

    def upgraded(self) -> tuple[str, ...]:
        """Return the living copies that the arr dropped for an upgrade: the import may be told much later."""
        return tuple(
            living.copy.path
            for key, living in self.registry.copies.items()
            if key not in self.shown.files
            and (key in self.dropped or self.evidence.gone.get(key) == "upgrade")
        )

    def still_vanished(self, fresh: Collection[str]) -> tuple[str, ...]:
        """Return the files that vanished before they could be told of, and that the arr lists as ever."""
        keys = self.vanished - set(fresh) - self.pending.keys() - self.registry.copies.keys()
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
            yield Say(
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
        again = "deleted" if self.evidence.deleted and key in self.before else ""
        reason = self.evidence.gone.get(key, again)
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
