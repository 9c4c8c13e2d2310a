"""Tell of each file that the app lists whether it is new, renamed, or to be explained yet."""

from collections.abc import Collection

from mesharr.core.arr.snapshot import Snapshot, is_carried_along
from mesharr.core.detect.model import ComparedItem
from mesharr.core.detect.renames import Origins, find_overwritten, find_renames
from mesharr.core.durations import HOUR_MS
from mesharr.core.events.schema import Copy
from mesharr.core.paths import is_own_spelling, same_key
from mesharr.core.registry.item_state import LivingCopy

UNCONFIRMED_MS = HOUR_MS
"""After how long a file that no webhook, script or history row explains counts as an import.

Until then its owner's event may be on its way here.
"""

FOUND_MS = 30_000
"""After how long a file counts as an import that the app found in the folder of an item it was just given."""


class ListedFiles:
    """The listed files that are not as before: each is renamed, imported or unconfirmed."""

    def __init__(self, item: ComparedItem, snapshot: Snapshot) -> None:
        """Compare what the app lists, `snapshot`, with what it listed before and with the registry."""
        self.item = item
        self.snapshot = snapshot
        self.registry = item.registry
        self.evidence = item.evidence
        self.before = {same_key(path): size for path, size in item.before.files.items()}
        """The sizes of the files that the app listed before, by key."""
        self.spelled_before = {same_key(path): path for path in item.before.files}
        """How the app spelled their paths, by key."""
        self.gone_unpublished = frozenset(same_key(path) for path in item.before.gone_unpublished)
        """The keys of listed files that were gone before they could be published."""
        self.origins = Origins(item, snapshot)
        """What listed files and unpublished copies were before."""
        # Only an import says that one of two files replaces the other: a scan may take either.
        beside = frozenset() if self.evidence.imported_unnamed else self.evidence.namesakes
        beside -= self.evidence.imported
        self.changed = {
            key: copy
            for key, copy in snapshot.files.items()
            if key not in beside and self._is_changed(key, copy)
        }
        """The listed files that are new, or have another size, by key: each is one of the three below."""
        self.renamed, carried = find_renames(self.changed, self.before, self.origins, item.me)
        """Those that are living copies: their old path, by their key."""
        self.imported: dict[str, Copy] = {}
        """Those that are new to the mesh, by key."""
        self.took_back = False
        """Whether a scan took one of those that the mesh had before, for a unit that has others since."""
        self.unconfirmed = {snapshot.files[key].path: item.now for key in beside & snapshot.files.keys()}
        """Those that wait for an explanation: when they were first seen (ms), by path."""
        self._sort(carried)

    def _sort(self, carried: Collection[str]) -> None:
        """Decide which changed files are imports, renamed, or to be explained yet.

        `carried` are the keys of imports that got another name or size before they were published.
        """
        unexplained = {
            key: copy
            for key, copy in self.changed.items()
            if key not in self.renamed and key not in carried and not self._is_explained(key)
        }
        before_or_since = self.before.keys() | {same_key(path) for path in self.item.before.unlisted}
        unconfirmed = {same_key(path): since for path, since in self.item.before.unconfirmed.items()}
        scanned = find_overwritten(unexplained, before_or_since, self.renamed, self.origins)
        for key, copy in self.changed.items():
            since = unconfirmed.get(key, self.item.now)
            # Without a baseline every file is seen for the first time.
            wait = FOUND_MS if self._is_found(key) else UNCONFIRMED_MS
            waited = self.item.baseline is not None and self.item.now - since >= wait
            if key in self.renamed:
                continue
            if key in unexplained and not waited:
                self.unconfirmed[copy.path] = since
            elif key in scanned:
                self.renamed[key] = scanned[key]
            else:
                self.imported[key] = copy
                is_known = key in unexplained and key in self.registry.ended
                self.took_back |= is_known and any(map(self.registry.copies_of, copy.units))

    def _is_changed(self, key: str, copy: Copy) -> bool:
        living = self.registry.copies.get(key)
        if (waiting := self.item.pending.copies.get(key)) and waiting.copy.size == copy.size:
            if waiting.copy.path == copy.path:
                return False
            if living is None or living.copy.size != copy.size:
                return True  # an import whose file got another spelling before it was published
        if living and living.copy.size == copy.size:
            return (
                key in self.evidence.only_local
                or self.origins.handed_on(key)
                or self._is_imported_again(key, living)
                or self._is_found_only(key, living)
                or self._is_respelled(key, copy, living)
            )
        is_back = key in self.gone_unpublished and key in self.evidence.imported
        is_other = self.before.get(key) != copy.size
        return is_other or is_back or self._is_handed_back(key) or self._is_news(key)

    def _is_imported_again(self, key: str, living: LivingCopy) -> bool:
        """Return whether the app wrote a peer's file itself, with the same name and size.

        An app writes a file again only after it dropped the one before; what states the import a second time
        states no such thing.
        """
        evidence = self.evidence
        dropped = key in evidence.replaced or key in evidence.drop_reasons or key not in self.before
        return key in evidence.imported and living.node != self.item.me and dropped

    def _is_found_only(self, key: str, living: LivingCopy) -> bool:
        """Return whether a file came since mesharr began, and only this node's inventory states it.

        An inventory makes nobody an owner: the import does.
        """
        if living.node != self.item.me or key not in self.evidence.news & self.evidence.imported:
            return False
        return not self.registry.was_owned(living.copy.units)

    def _is_news(self, key: str) -> bool:
        """Return whether a file of the baseline came since mesharr began, and the mesh never had it.

        A first day takes for a baseline what the app lists, also what was imported or renamed meanwhile. A
        rename from another spelling of the path is no news: what the mesh has there may be another file.
        """
        if key not in self.evidence.news or key in self.registry.ended:
            return False
        old = self.origins.living_path(self.evidence.renamed.get(key, ""))
        return key in self.evidence.imported or same_key(old) not in {"", key}

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
        if key in evidence.only_local and key not in self.registry.copies:
            return True  # nobody else can put a file there
        stated = key in evidence.imported or key in evidence.renamed or self._moved_with_folder(key)
        all_are = evidence.moved_here or evidence.wanted_again or evidence.imported_unnamed
        return stated or all_are or self._is_handed_back(key)

    def _is_handed_back(self, key: str) -> bool:
        """Return whether a file became another item's before this household took its folder back.

        It did that by the newest statement of where the item is, such as another import. A file that the app
        did not list as it is may be a peer's, which is to tell of it.
        """
        since, newest = self.registry.handed_over.get(key), self.registry.standing.stamp
        _, node, _, _ = newest
        if since is None or node != self.item.me or since > newest:
            return False
        is_as_before = self.before.get(key) == self.snapshot.files[key].size
        return is_as_before and key.startswith(f"{same_key(self.registry.folder)}/")

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
