"""Find which listed files are renamed copies, also where the last name was never published.

The files of an item that have other names are one mapping: names may be exchanged, handed on from file to
file, or go through a third name. What a file was is known by the app's id of it, else by what the app states,
else by its size. A name alone proves nothing: another file may have it now.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mesharr.core.arr.model import UNPROVEN
from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.detect.model import UPGRADE, ComparedItem
from mesharr.core.detect.pending import PendingCopy
from mesharr.core.events.schema import Copy
from mesharr.core.paths import same_key


class Origins:
    """Leads from names that were never published to the living copies that had them."""

    def __init__(self, item: ComparedItem, snapshot: Snapshot) -> None:
        before = item.before
        self.snapshot = snapshot
        self.registry = item.registry
        self.evidence = item.evidence
        self.pending = item.pending
        self.stale = {
            key: each
            for key, each in self.pending.copies.items()
            if key not in snapshot.files or snapshot.files[key].path != each.copy.path
        }
        """The unpublished copies that the app no longer lists, or lists in another spelling, by key."""
        self._known_files = {
            (ref, before.files[path]): path for path, ref in before.file_refs.items() if path in before.files
        }
        """The path at which the app listed a file of an id and a size before."""
        self._sizes_before = {same_key(path): size for path, size in before.files.items()}

    def path_before(self, key: str) -> str:
        """Return where the app listed the same file before, "" when that is not known.

        It is the same file when the app's id of it and its size are: no app imports under an old id.
        """
        ref, copy = self.snapshot.file_refs.get(key, 0), self.snapshot.files[key]
        return self._known_files.get((ref, copy.size), "") if ref else ""

    def is_overwritten(self, key: str) -> bool:
        """Return whether a living copy was overwritten, and not imported: its id and name stay."""
        ref, size = self.snapshot.file_refs.get(key, 0), self._sizes_before.get(key, -1)
        known = ref and same_key(self._known_files.get((ref, size), "")) == key
        return bool(known) and key in self.registry.copies and size != self.snapshot.files[key].size

    def is_changed_unpublished(self, key: str) -> bool:
        """Return whether a copy that waits to be published was overwritten, or got another spelling."""
        waiting, size = self.pending.copies.get(key), self.snapshot.files[key].size
        if waiting is None:
            return False
        if waiting.copy.size == size:
            return key in self.stale
        ref, before = self.snapshot.file_refs.get(key, 0), self._sizes_before.get(key, -1)
        known = ref and same_key(self._known_files.get((ref, before), "")) == key
        return bool(known) and before == waiting.copy.size

    def handed_on(self, key: str) -> bool:
        """Return whether another file has the name and the size of a living copy now."""
        old, size = self.path_before(key), self.snapshot.files[key].size
        if not old or same_key(old) == key or key not in self.registry.copies:
            return False
        is_elsewhere = self.snapshot.file_refs.get(same_key(old)) != self.snapshot.file_refs[key]
        return is_elsewhere and self.size_at(self.living_path(old, size)) == size

    def ended_path(self, path: str) -> str:
        """Return the path of a copy that ended in the mesh and is no import since, "" for none.

        Who misses a file there publishes that it is gone, and cannot know that the app here has moved it.
        """
        key = same_key(path)
        return "" if key in self.evidence.imported else self.registry.ended.get(key, "")

    def size_at(self, path: str) -> int:
        """Return the size of the living copy at a path, -1 when there is none."""
        living = self.registry.copies.get(same_key(path))
        return living.copy.size if living else -1

    def was_listed(self, key: str) -> bool:
        """Return whether the app listed the living copy with this key before, with its size."""
        return (
            key in self.registry.copies and self._sizes_before.get(key) == self.registry.copies[key].copy.size
        )

    def living_path(self, path: str, size: int = -1) -> str:
        """Return the path of the living copy that became `path` by renames, "" for none.

        `size` is that of the file: of an unpublished and a living copy of one path it may be the former.
        """
        passed: set[str] = set()
        while path and (key := same_key(path)) not in passed:
            passed.add(key)
            if waiting := self._unpublished(key, size):
                path = waiting.renamed_from
            elif key in self.registry.copies:
                return self.registry.copies[key].copy.path
            else:
                path = self.evidence.renamed.get(key, "")
        return ""

    def _unpublished(self, key: str, size: int) -> PendingCopy | None:
        """Return the unpublished copy that a file was, None when it was the living one."""
        if waiting := self.stale.get(key):
            return waiting if same_key(waiting.renamed_from) != key else None
        waiting, living = self.pending.copies.get(key), self.registry.copies.get(key)
        is_living = living is not None and living.copy.size == size
        return waiting if waiting and waiting.copy.size == size and not is_living else None

    def drop_reasons(self, dropped: Collection[str]) -> Mapping[str, str]:
        """Return why the app dropped each file, by key.

        An unpublished file's reason counts for the copies that the file would have ended. `dropped` are the
        keys of living copies that had been dropped for an upgrade before, or end with what was withdrawn.
        """
        reasons = {key: reason or UPGRADE for key, reason in self.evidence.drop_reasons.items()}
        reasons |= self._reasons_after_a_move(reasons)
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

    def _reasons_after_a_move(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """Return why living copies were dropped after they had moved with the item's folder, by key.

        The app states the path that the file had then, which was not published. It did so after what it
        states of the path before.
        """
        here = f"{same_key(self.snapshot.item.folder)}/"
        elsewhere = [
            key
            for key in self.registry.copies.keys() - self.snapshot.files.keys()
            if not key.startswith(here)
        ]
        dropped = {
            key[len(here) - 1 :]: reason
            for key, reason in reasons.items()
            if elsewhere and key.startswith(here) and key not in self.registry.copies
        }
        return {key: reason for name, reason in dropped.items() for key in elsewhere if key.endswith(name)}

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
            path = self.living_path(old)
            # a peer may have put another file where the renamed one was, which this app never listed
            if same_key(path) in self.evidence.imported or self.was_listed(same_key(path)):
                yield path


def find_renames(
    changed: Mapping[str, Copy], before: Mapping[str, int], origins: Origins, me: str
) -> tuple[dict[str, str], frozenset[str]]:
    """Return what the `changed` files (by key) were, of those that are no import of now.

    These are the old path of each living copy that has a new path or size, by the key of the new path; and
    the keys of imports that got another name or size before they were published. `before` are the sizes of
    the files that the app listed before, by key. A file that the app wrote tags into is the same copy and
    name.
    """
    renamed, carried = _of_same_file(changed, origins)
    evidence, living = origins.evidence, origins.registry.copies
    sources = {same_key(old) for old in renamed.values()}
    for key, copy in changed.items():
        if key in renamed or key in carried:
            continue
        old = "" if key in evidence.imported else _stated_origin(key, copy, origins)
        if not old and key in living and _stays(key, copy, origins, me):
            old = living[key].copy.path
        if old and same_key(old) not in sources:
            renamed[key] = old
            sources.add(same_key(old))
    unexplained = changed.keys() - renamed.keys() - carried - evidence.imported
    if living.keys() & unexplained:
        return renamed, carried  # names were handed on, and the files that have them now are one mapping
    for new, old in _alike(changed, before, renamed, origins):
        path = origins.living_path(old)
        if path and same_key(path) not in sources:
            renamed[new] = path
            sources.add(same_key(path))
        elif not path:
            carried |= {new}
    return renamed, carried


def _stated_origin(key: str, copy: Copy, origins: Origins) -> str:
    """Return the path of the living copy that the app says it renamed, "" for none."""
    old = origins.evidence.renamed.get(key, "")
    if not old or _is_of_another(old, copy, origins):
        return ""
    path = origins.living_path(old, copy.size)  # also through a name in between, which it had for a moment
    return "" if path and _is_of_another(path, copy, origins) else path


def _stays(key: str, copy: Copy, origins: Origins, me: str) -> bool:
    """Return whether a changed file is the living copy at its path, and no import.

    A peer may have imported what only a scan of its app found here: that is for the peer to publish.
    """
    evidence, living = origins.evidence, origins.registry.copies[key]
    if origins.is_overwritten(key) and living.node == me:
        return True
    is_same = living.copy.size == copy.size
    is_respelled = is_same and living.copy.path != copy.path
    if key in evidence.imported:
        # an import that the history states may be the one before the new spelling
        return is_respelled and key not in evidence.replaced and key not in evidence.drop_reasons
    return is_respelled or (is_same and key in evidence.only_local) or key in evidence.retagged


def find_overwritten(
    unexplained: Mapping[str, Copy], before: Collection[str], renamed: Mapping[str, str], origins: Origins
) -> dict[str, str]:
    """Return what files (by key) were that nothing explains, as far as these are no import.

    A scan of the app alone found them. They are living copies that exchanged or handed on their names, by
    their sizes; else what was overwritten under its name. By the key of the path, the old path of each.
    `before` are the keys of the copies that the app listed before.
    """
    living = origins.registry.copies
    taken = {same_key(old) for old in renamed.values()}
    left = {
        key: each.copy
        for key, each in living.items()
        if key not in taken and key in before and _is_elsewhere(key, each.copy, origins)
    }
    found: dict[str, str] = {}
    for size in {copy.size for copy in unexplained.values()}:
        came = [copy for copy in unexplained.values() if copy.size == size]
        went = [copy for copy in left.values() if copy.size == size]
        found |= {same_key(new): old for new, old in _paired(came, went)}
    moved = {same_key(old) for old in found.values()} | taken
    in_place = unexplained.keys() & living.keys() - found.keys() - moved
    return found | {key: living[key].copy.path for key in in_place}


def _is_elsewhere(key: str, copy: Copy, origins: Origins) -> bool:
    """Return whether the app lists no file, or another one, at the path of a living copy."""
    listed = origins.snapshot.files.get(key)
    return listed is None or listed.size != copy.size


def _of_same_file(changed: Mapping[str, Copy], origins: Origins) -> tuple[dict[str, str], frozenset[str]]:
    """Return what changed files were by the app's ids, as `find_renames` does."""
    renamed: dict[str, str] = {}
    carried: set[str] = set()
    for key, copy in changed.items():
        if origins.is_changed_unpublished(key):
            source = origins.pending.copies[key].renamed_from
            if not source:
                carried.add(key)
            elif source not in renamed.values():
                renamed[key] = origins.living_path(source) or source
            continue
        old = origins.path_before(key)
        if not old or same_key(old) == key:
            continue
        path, waiting = origins.living_path(old, copy.size), origins.pending.copies.get(same_key(old))
        if path and origins.size_at(path) == copy.size and path not in renamed.values():
            renamed[key] = path
        elif not path and waiting and waiting.copy.size == copy.size:
            carried.add(key)
        elif not path and not waiting and (ended := origins.ended_path(old)) not in {"", *renamed.values()}:
            renamed[key] = ended
    return renamed, frozenset(carried)


def _is_of_another(old: str, copy: Copy, origins: Origins) -> bool:
    """Return whether the living copy at the old path of a renamed file is another file.

    The renamed one had taken its place before, or it is the file that the app lists there now, or it came
    since and the app never listed it.
    """
    key = same_key(old)
    living, listed = origins.registry.copies.get(key), origins.snapshot.files.get(key)
    if living is None or living.copy.size == copy.size:
        return False
    if key in origins.evidence.imported or not origins.was_listed(key):
        return True
    return listed is not None and listed.size == living.copy.size


def _alike(
    changed: Mapping[str, Copy], before: Mapping[str, int], stated: Mapping[str, str], origins: Origins
) -> Iterable[tuple[str, str]]:
    """Yield (key of the new path, old path) of renames that no event states, by what is alike.

    Size and units have to leave no choice, or the file's name decides: two tracks of an album may have
    one size.
    """
    listed = origins.snapshot.files
    taken = {same_key(old) for old in stated.values()}
    went: dict[object, list[Copy]] = defaultdict(list)
    for key, living in origins.registry.copies.items():
        if key in before and key not in listed and key not in taken and key not in origins.stale:
            went[living.copy.size, living.copy.units].append(living.copy)
    for waiting in origins.stale.values():
        if same_key(waiting.renamed_from) not in taken:
            went[waiting.copy.size, waiting.copy.units].append(waiting.copy)
    came: dict[object, list[Copy]] = defaultdict(list)
    for key, copy in changed.items():
        if key not in stated and key not in origins.evidence.imported:
            came[copy.size, copy.units].append(copy)
    for alike, copies in came.items():
        for new, old in _paired(copies, went[alike]):
            yield same_key(new), old


def _paired(came: Sequence[Copy], went: Sequence[Copy]) -> list[tuple[str, str]]:
    """Return (new, old) path of files of one size: the only pair, else those with one file name.

    No two of them are different tracks.
    """
    pairs = [(came[0], went[0])] if len(came) == len(went) == 1 else []
    if not pairs:
        names, former = _by_name(came), _by_name(went)
        pairs = [
            (names[name][0], former[name][0])
            for name in names
            if len(names[name]) == len(former.get(name, ())) == 1
        ]
    return [(new.path, old.path) for new, old in pairs if not _is_other_part(new, old)]


def _is_other_part(one: Copy, other: Copy) -> bool:
    """Return whether two files are different tracks of one release, as far as that is known."""
    known = one.parts and other.parts and one.release == other.release
    return bool(known) and set(one.parts) != set(other.parts)


def _by_name(copies: Iterable[Copy]) -> dict[str, list[Copy]]:
    named: dict[str, list[Copy]] = defaultdict(list)
    for copy in copies:
        named[same_key(copy.path.rpartition("/")[2])].append(copy)
    return named
