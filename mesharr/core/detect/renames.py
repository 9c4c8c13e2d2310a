"""Find which listed files are renamed copies, also where the last name was never published."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import UPGRADE, Evidence
from mesharr.core.detect.pending import Pending
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState


class Origins:
    """Leads from names that were never published to the living copies that had them."""

    def __init__(self, snapshot: Snapshot, registry: ItemState, evidence: Evidence, pending: Pending) -> None:
        self.snapshot = snapshot
        self.registry = registry
        self.evidence = evidence
        self.pending = pending
        self.stale = {
            key: each
            for key, each in pending.copies.items()
            if key not in snapshot.files or snapshot.files[key].path != each.copy.path
        }
        """The unpublished copies that the app no longer lists, or lists in another spelling, by key."""

    def living_path(self, path: str) -> str:
        """Return the path of the living copy that became `path` by renames, "" when there is none."""
        passed: set[str] = set()
        while path and (key := same_key(path)) not in passed:
            passed.add(key)
            waiting = self.stale.get(key)
            if waiting and same_key(waiting.renamed_from) != key:
                path = waiting.renamed_from
            elif key in self.registry.copies:
                return self.registry.copies[key].copy.path
            else:
                path = self.evidence.renamed.get(key, "")
        return ""

    def drop_reasons(self, dropped: Collection[str]) -> Mapping[str, str]:
        """Return why the app dropped each file, by key.

        An unpublished file's reason counts for the copies that the file would have ended. `dropped` are the
        keys of living copies that had been dropped for an upgrade before, or end with what was withdrawn.
        """
        reasons = {key: reason or UPGRADE for key, reason in self.evidence.drop_reasons.items()}
        names = self.evidence.imported | self.evidence.renamed.keys() | self.stale.keys()
        lost = [
            reason
            for key, reason in reasons.items()
            if key in names - self.snapshot.files.keys() and reason != UPGRADE
        ]
        lost.sort(key=lambda reason: reason in UNPROVEN)  # what the user did counts first
        for key in {*self.evidence.replaced, *dropped, *reasons} if lost else ():
            if reasons.get(key, UPGRADE) == UPGRADE:
                reasons[key] = lost[0]  # what replaced it was dropped, too
        return reasons

    def inherited(self, imported: Collection[str]) -> frozenset[str]:
        """Return the keys of unlisted living copies that end with names no longer published.

        `imported` are the keys of listed files that are imports, whatever had their names before.
        """
        names = {*self.stale, *imported, *(self.evidence.renamed.keys() - self.snapshot.files.keys())}
        ended = {same_key(path) for key in names for path in self._ended_with(key)}
        return frozenset((ended & self.registry.copies.keys()) - self.snapshot.files.keys())

    def _ended_with(self, key: str) -> Iterable[str]:
        """Yield the paths of the living copies that ended when a file got the name with this key."""
        if waiting := self.pending.copies.get(key):
            yield from waiting.ends
        if old := self.evidence.renamed.get(key, ""):
            yield self.living_path(old)


def find_renames(
    changed: Mapping[str, Copy], before: Collection[str], origins: Origins
) -> tuple[dict[str, str], frozenset[str]]:
    """Return what the `changed` files (by key) were, of those that are no import of now.

    These are the old path of each living copy that has a new path or size, by the key of the new path; and
    the keys of imports that were not published under the name they had first. `before` are the keys of the
    files that the app listed before. A file that the app wrote tags into is the same copy and name.
    """
    evidence, living = origins.evidence, origins.registry.copies
    stated = {
        key: old
        for key in changed
        if key not in evidence.imported and (old := origins.living_path(evidence.renamed.get(key, "")))
        if not _is_of_import(evidence.renamed[key], changed[key], origins)
    }
    for key in changed.keys() & living.keys():
        is_same = living[key].copy.size == changed[key].size
        if key in evidence.imported:
            # an import that the history states may be the one before the new spelling
            dropped = key in evidence.replaced or key in evidence.drop_reasons
            is_renamed = is_same and living[key].copy.path != changed[key].path and not dropped
        else:
            is_respelled = is_same and living[key].copy.path != changed[key].path
            is_renamed = is_respelled or (is_same and key in evidence.only_local) or key in evidence.retagged
        if is_renamed:
            stated[key] = living[key].copy.path
    renamed, carried = dict(stated), set[str]()
    for new, old in _alike(changed, before, stated, origins):
        if path := origins.living_path(old):
            renamed[new] = path
        else:
            carried.add(new)
    return renamed, frozenset(carried)


def _is_of_import(old: str, copy: Copy, origins: Origins) -> bool:
    """Return whether a renamed file took the place of the living copy at its old path before."""
    living = origins.registry.copies.get(same_key(old))
    written = same_key(old) in origins.evidence.imported
    return written and living is not None and living.copy.size != copy.size


def _alike(
    changed: Mapping[str, Copy], before: Collection[str], stated: Mapping[str, str], origins: Origins
) -> Iterable[tuple[str, str]]:
    """Yield (key of the new path, old path) of renames that no event states, by what is alike.

    Size and units have to leave no choice, or the file's name decides: two tracks of an album may have
    one size.
    """
    listed = origins.snapshot.files
    taken = {same_key(old) for old in stated.values()}
    went: dict[object, list[str]] = defaultdict(list)
    for key, living in origins.registry.copies.items():
        if key in before and key not in listed and key not in taken and key not in origins.stale:
            went[living.copy.size, living.copy.units].append(living.copy.path)
    for waiting in origins.stale.values():
        if same_key(waiting.renamed_from) not in taken:
            went[waiting.copy.size, waiting.copy.units].append(waiting.copy.path)
    came: dict[object, list[str]] = defaultdict(list)
    for key, copy in changed.items():
        if key not in stated and key not in origins.evidence.imported:
            came[copy.size, copy.units].append(copy.path)
    for alike, paths in came.items():
        for new, old in _paired(paths, went[alike]):
            yield same_key(new), old


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
