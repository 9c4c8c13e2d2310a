"""Empty the trash of a media server after files of a library were proven gone.

What a scan does not find goes to the server's trash, whether it was deleted or its mount was away. So a
section is emptied only while the store and its libraries are proven alive, and every file in its trash is
proven gone.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from mesharr.core.errors import Refused, Unavailable
from mesharr.core.text import quantity
from mesharr.node.backoff import SCANNER_MS, wait_ms
from mesharr.node.inward.files.removed_files import are_gone
from mesharr.node.model import Library
from mesharr.scanners.base import SectionTrash, TrashScanner, parts_under
from mesharr.state.queues.trash import Trash
from mesharr.state.state import State

log = logging.getLogger(__name__)

SETTLE_MS = 60_000
"""How long after the last request for a scan the trash is looked at: the server only queues the scan."""


class EmptyTrash:
    """Empties the trash of one media server, once for all removals of a section."""

    def __init__(
        self,
        name: str,
        scanner: TrashScanner,
        libraries: Mapping[str, Library],
        state: State,
        check_store: Callable[[], None],
    ) -> None:
        """Take the server by its name, and what raises while the store is not proven alive."""
        self._name = name
        self._subject = f"trash:{name}"
        self._scanner = scanner
        self._libraries = {key: each for key, each in libraries.items() if name in each.scan_roots}
        self._state = state
        self._check_store = check_store

    def next_due(self) -> int | None:
        """Return when it is to be looked at next (ms), None when nothing was removed."""
        return self._state.trash.next_due(self._name)

    def step(self, now: int) -> None:
        """Empty the sections of all removals that are due."""
        due = self._due(now)
        if not due:
            return
        sections: Sequence[SectionTrash] = ()
        try:
            roots = [self._libraries[trash.library].scan_roots[self._name] for trash in due]
            sections = self._scanner.trash_of(roots)
            kept = next(filter(None, map(self._why_kept, sections)), "")
            if not kept:
                self._empty(sections)
        except (Refused, Unavailable) as error:
            kept = str(error)
            if isinstance(error, Refused) and self._state.refusals.note(self._subject, error, now):
                log.error("%s: %s", self._name, error)
        if kept:
            self._later(due, kept, now)
        else:
            self._done(due, sections)

    def _due(self, now: int) -> list[Trash]:
        """Return what is due: the scans of its removals were requested a while ago, and are over."""
        due: list[Trash] = []
        for trash in self._state.trash.due(self._name, now):
            if self._name not in self._trash_of(trash.library):
                self._state.trash.done(trash)
            elif trash.settled:
                due.append(trash)
            else:
                self._state.trash.settle(trash, now + SETTLE_MS)
        return due

    def _trash_of(self, library: str) -> Sequence[str]:
        return self._libraries[library].trash_of if library in self._libraries else ()

    def _later(self, due: Sequence[Trash], why: str, now: int) -> None:
        with self._state.transaction():
            for trash in due:
                if trash.why != why:
                    log.warning("%s: its trash is not emptied: %s", self._name, why)
                self._state.trash.later(trash, now + wait_ms(trash.tries, SCANNER_MS, SETTLE_MS), why)

    def _done(self, due: Sequence[Trash], emptied: Sequence[SectionTrash]) -> None:
        with self._state.transaction():
            self._state.refusals.clear(self._subject)
            for trash in due:
                self._state.trash.done(trash)
            for _ in emptied:
                self._state.counters.add(f"emptied:{self._name}")
        for section in emptied:
            log.info("%s: the trash of %s is emptied", self._name, section.title or section.key)

    def _empty(self, sections: Sequence[SectionTrash]) -> None:
        for section in sections:
            self._check_alive(section)  # once more, as late as possible
            self._scanner.empty_trash(section.key)

    def _why_kept(self, section: SectionTrash) -> str:
        """Return why the trash of a section is kept, "" when all in it is proven gone."""
        title = section.title or section.key
        if section.is_scanned:
            return f"it still scans {title}"
        self._check_alive(section)
        if section.unnamed:
            return f"it names no file of {section.unnamed[0]}, which is in the trash of {title}"
        by_library, strange = self._by_library(section)
        if strange:
            return f"{strange}, which is in the trash of {title}, is in no library"
        for library, files in by_library.items():
            if not are_gone(self._libraries[library].storage, files):
                count = quantity(len(files), "file")
                return f"not all is gone of {count} in the trash of {title}: have it scan {title} as a whole"
        return ""

    def _check_alive(self, section: SectionTrash) -> None:
        """Return when the store and every library of a section are proven alive."""
        self._check_store()
        for library in self._libraries.values():
            root = library.scan_roots[self._name]
            if any(_overlap(root, location) for location in section.locations):
                library.storage.check_available()

    def _by_library(self, section: SectionTrash) -> tuple[dict[str, dict[str, int | None]], str]:
        """Return the sizes of the files in a trash by library and path, and a file that is in none."""
        found: dict[str, dict[str, int | None]] = {}
        roots = {name: library.scan_roots[self._name] for name, library in self._libraries.items()}
        for file, size in section.files.items():
            places = [
                (len(root), name, "/".join(parts))
                for name, root in roots.items()
                if (parts := parts_under(root, file))
            ]
            if not places:
                return {}, file
            _, name, path = max(places)
            found.setdefault(name, {})[path] = size
        return found, ""


def forget_others(state: State, scanners: Collection[str]) -> None:
    """Forget what was to be emptied at media servers of which that is not wanted any more."""
    with state.transaction():
        state.trash.keep_only(scanners)
        for subject, *_ in state.refusals.all():
            kind, _, name = subject.partition(":")
            if kind == "trash" and name not in scanners:
                state.refusals.clear(subject)


def _overlap(root: str, location: str) -> bool:
    return parts_under(root, location) is not None or parts_under(location, root) is not None
