"""The whole-library comparison: what no webhook told of, and what drifted from the registry.

It reads each arr once and writes nothing to it: what differs is made dirty, and reconcile does the rest.
"""

import logging
from collections.abc import Mapping
from functools import partial

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.errors import MesharrError
from mesharr.core.planning.memory import after_restart
from mesharr.core.planning.plan import plan
from mesharr.node.arr_health import note_answer, note_failure, started_note
from mesharr.node.arr_view import MANY
from mesharr.node.backoff import DAY_MS
from mesharr.node.conflict_notes import note_conflicts
from mesharr.node.model import AppLink, Library, Me
from mesharr.node.outward.hello import LibraryDescriptions
from mesharr.node.outward.intake import Intake
from mesharr.state.state import State

log = logging.getLogger(__name__)

OVERLAP_MS = 3_600_000


class FullComparison:
    """Compares everything, and what was touched lately more often."""

    def __init__(
        self,
        me: Me,
        libraries: Mapping[str, Library],
        apps: Mapping[str, AppLink],
        intake: Intake,
        descriptions: LibraryDescriptions,
        state: State,
    ) -> None:
        self._me = me
        self._libraries = libraries
        self._apps = apps
        self._intake = intake
        self._descriptions = descriptions
        self._state = state

    def describe(self) -> None:
        """Ask the arrs for what the hello says of them."""
        self._descriptions.look()

    def step(self, now: int) -> dict[str, str]:
        """Compare every library that has an arr; one that does not answer is left for the next time.

        Returns why each of those was not compared.
        """
        self.describe()
        tried = {name: self._try(library, now) for name, library in self._libraries.items()}
        return {name: why for name, why in tried.items() if why}

    def _try(self, library: Library, now: int) -> str:
        """Compare a library; return what the arr failed with, "" when it did not."""
        if not library.app or not self._intake.baselined(library.name):
            return ""
        try:
            self._compare(library, now)
        except MesharrError as error:
            note_failure(self._state, library.app, error, now)
            log.warning("%s: not compared: %s", library.name, error)
            return str(error)
        return ""

    def _compare(self, library: Library, now: int) -> None:
        arr = self._apps[library.app].arr
        notes, name = self._state.notes, f"compared:{library.name}"
        since = int(notes.get(name) or notes.get(f"baselined:{library.name}"))
        started = arr.start_time()
        past = arr.signals_since(since - OVERLAP_MS)
        shown = self._intake.compare_library(library, arr.read_all, past, now)
        note_answer(self._state, library.app)
        self._note_start(library, shown, started)
        drifted = self._drifted(library, shown, now)
        with self._state.transaction():
            self._state.dirty.mark(((library.name, item) for item in drifted), now)
            notes.set(name, str(now))
        log.info("%s: compared %d items; %d to be looked at", library.name, len(shown), len(drifted))

    def _note_start(self, library: Library, shown: Mapping[str, Snapshot], started: str) -> None:
        """An arr that was started since the last comparison may have been given an old database: the flags
        that came back with it are nobody's.
        """
        items, name = self._state.items, started_note(library.name)
        with self._state.transaction():
            if self._state.notes.get(name) not in {"", started}:
                for item, each in shown.items():
                    items.update_memory(library.name, item, partial(after_restart, monitored=each.monitored))
            self._state.notes.set(name, started)

    def _drifted(self, library: Library, shown: Mapping[str, Snapshot], now: int) -> list[str]:
        items, cuts = self._state.items, self._state.streams.cuts()
        drifted: list[str] = []
        had_before = {item for item, baseline in items.baselines(library.name) if baseline.present}
        for item in items.all(library.name):
            memory = items.memory(library.name, item)
            wanted = items.state(library.name, item, cuts)
            note_conflicts(self._state, wanted)
            had = item in had_before
            planned = plan(
                wanted, shown.get(item), memory, self._me.node, library.policy, now, was_listed=had
            )
            if planned.actions or planned.why:
                drifted.append(item)
        return drifted

    def hourly(self, now: int) -> None:
        """Look at what was touched in the last day: a person's edit there is not told by any arr.

        When that is much, the arr's whole list costs less.
        """
        for library in self._libraries.values():
            touched = self._state.items.touched(library.name, now - DAY_MS, now) if library.app else []
            if len(touched) > MANY:
                self._try(library, now)
                continue
            for item in touched:
                self._intake.look(library, item, now)
