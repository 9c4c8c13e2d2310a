"""The first day of a library: learn, tell what is here already, add what is missing, and change nothing.

Each step leaves in one transaction what the next one needs, so it may be cut short anywhere. A library
that has to wait delays no other. Until a library is open, reconcile leaves it alone.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from threading import Lock

import msgspec

from mesharr.arr.base import UnreadableSignal
from mesharr.core.arr.snapshot import Snapshot, baseline_of, snapshot_of
from mesharr.core.errors import MesharrError, Unavailable
from mesharr.core.events.schema import Copy, Found, ItemAdded, LibraryFound
from mesharr.core.paths import below, same_key
from mesharr.core.planning.first_day import is_wanted, on_the_drive, still_unknown, unknown_copies
from mesharr.core.text import quantity
from mesharr.node.backoff import ARR_MS, wait_ms
from mesharr.node.joining.first_plan import first_plan, hold_first, mark_as_scanned
from mesharr.node.limits import Guard
from mesharr.node.model import AppLink, Library, Me
from mesharr.node.outward.signals import signals_of
from mesharr.state.first_days import Day
from mesharr.state.state import State

log = logging.getLogger(__name__)

BATCH = 200
"""Items compared in one transaction."""
LOOKS = 50
"""Files looked for on the drive in one call: each may be a listing of a folder far away."""
MOMENT_MS = 1_000
FOR_EVER_MS = 2**62
POLITE_MS = 120_000
"""How long the inventory of a peer that may begin at the same time is waited for: it may hold the same."""
TOLD_EACH = 2_000
"""After how many items a line of the log says how far it is."""

_with = msgspec.structs.replace


class Pausing(Unavailable):
    """What the step needs will be there in a moment."""


class FirstDay:
    """The stage that runs once per library. `watch` is called with each step forward."""

    def __init__(
        self,
        me: Me,
        libraries: Mapping[str, Library],
        apps: Mapping[str, AppLink],
        state: State,
        guard: Guard,
        behind: Callable[[int], str],
        trusted: Callable[[], Collection[str]],
    ) -> None:
        """`behind` says what is not read of what a listing of the store since then (ms) showed, "" nothing.

        `trusted` are the labels of the peers that are followed.
        """
        self._me = me
        self._libraries = {name: library for name, library in libraries.items() if library.app}
        self._without = tuple(name for name, library in libraries.items() if not library.app)
        self._apps = apps
        self._state = state
        self._guard = guard
        self._behind = behind
        self._trusted = trusted
        self._shown: dict[str, dict[str, Snapshot]] = {}
        self._asked: dict[str, int] = {}
        self._tries: Counter[str] = Counter()
        self._next: dict[str, int] = {}
        self.watch: Callable[[Day], None] = lambda _day: None
        self._watching = Lock()

    # -- what others ask

    def opened(self) -> Collection[str]:
        """Return the libraries that reconcile may work on."""
        return (*self._without, *self._state.first_days.open(self._libraries))

    def next_due(self) -> int | None:
        """Return when to come again (ms); None when all is done. Before the first step: at once."""
        return min((self._next.get(name, 0) for name in self._unfinished()), default=None)

    def look(self) -> None:
        """Have what reconcile has done so far watched; any thread may ask, while it does it."""
        with self._watching:
            for day in self._state.first_days.all():
                if day.step == "act":
                    self.watch(_with(day, done=day.total - self._left(day)))

    def _left(self, day: Day) -> int:
        return min(day.total, self._state.dirty.count_unvisited(day.library))

    def _unfinished(self) -> list[str]:
        done = {day.library for day in self._state.first_days.all() if day.step == "done"}
        return [name for name in self._libraries if name not in done]

    # -- steps

    def run(self, now: int) -> None:
        """Go on as far as it goes now."""
        while self.step(now):
            pass

    def step(self, now: int) -> bool:
        """Go a step, or a part of a long one, in each library whose time has come; return whether one did."""
        moved = False
        for name in self._unfinished():
            if self._next.get(name, 0) <= now or self._next[name] > now + ARR_MS:  # or the clock was set back
                moved |= self._try(name, now)
        return moved

    def _try(self, name: str, now: int) -> bool:
        day = self._state.first_days.get(name) or Day(library=name, since=now)
        try:
            self._keep(_with(self._STEPS[day.step](self, self._libraries[name], day, now), why=""))
        except MesharrError as error:
            tries = 0 if isinstance(error, Pausing) else self._tries[name]
            self._tries[name] += 1
            self._next[name] = now + (MOMENT_MS if isinstance(error, Pausing) else wait_ms(tries, ARR_MS))
            if day.why != error.what:
                log.log(
                    logging.DEBUG if isinstance(error, Pausing) else logging.WARNING,
                    "%s: first day: %s",
                    name,
                    error,
                )
                self._keep(_with(day, why=error.what))
            return False
        self._tries[name] = self._next[name] = 0
        return True

    def _keep(self, day: Day) -> None:
        with self._watching:
            self._state.first_days.put(day)
            self.watch(day)

    def _alive(self, library: Library, day: Day, now: int) -> Day:
        del now
        library.storage.check_available()
        self._asked.pop(library.name, None)
        self._shown.pop(library.name, None)
        log.info("%s: first day: the library is alive; reading what the peers told", library.name)
        return _with(day, step="follow")

    def _follow(self, library: Library, day: Day, now: int) -> Day:
        """Wait until every trusted stream is read up to what one fresh listing of the store shows."""
        if why := self._behind(self._asked.setdefault(library.name, now)):
            raise Pausing(why)
        return _with(day, step="baseline")

    def _baseline(self, library: Library, day: Day, now: int) -> Day:
        """Take what the arr holds as known, silently."""
        name, shown = library.name, self._read(library)
        if not self._state.libraries.baselined(name):
            news = self._imported_meanwhile(library)
            taken = [(item, baseline_of(_without(each, news))) for item, each in shown.items()]
            with self._state.transaction():
                self._state.items.set_baselines(name, taken)
                self._state.libraries.note_baselined(name, now)
                self._state.inbox.retry(now)
            here = quantity(len(taken), "item is", "items are")
            log.info("%s: %s here already; nothing of them changes", name, here)
        return _with(day, step="compare", total=len(shown), done=0, at="", counts={})

    def _imported_meanwhile(self, library: Library) -> frozenset[str]:
        """Return the paths (keys) whose import the arr told while the library waited: those are news."""
        link, keys = self._apps[library.app], set[str]()
        for hint in self._state.inbox.due(FOR_EVER_MS, 1_000_000):
            if hint.app != link.name:
                continue
            with contextlib.suppress(UnreadableSignal):
                for signal in signals_of(link, hint):
                    named = signal.paths if signal.kind == "imported" else ()
                    keys |= {same_key(path) for each in named if (path := below(library.root, each))}
        return frozenset(keys)

    def _read(self, library: Library) -> dict[str, Snapshot]:
        """Return what the arr shows, read once in this process."""
        if library.name not in self._shown:
            listed = self._apps[library.app].arr.read_all()
            shown = {held.id: each for held in listed if (each := snapshot_of(held, library.root))}
            self._shown[library.name] = dict(sorted(shown.items()))
        return self._shown[library.name]

    # -- compare

    def _compare(self, library: Library, day: Day, now: int) -> Day:
        """Compare some items; what the mesh lacks and the drive has goes into the inventory."""
        shown = self._read(library)
        some = list(islice((item for item in shown if item > day.at), BATCH))
        if not some:
            self._tell_counts(library, day)
            return _with(day, step="publish", done=day.total, at=str(now))
        found, counts = self._looked_at(library, {item: shown[item] for item in some})
        summed = {kind: count + day.counts.get(kind, 0) for kind, count in counts.items()}
        after = _with(day, at=some[-1], done=min(day.total, day.done + len(some)), counts=summed)
        with self._state.transaction():
            self._state.first_days.find(library.name, found)
            self._state.first_days.put(after)
        if after.done // TOLD_EACH != day.done // TOLD_EACH:
            log.info("%s: first day: compared %d of %d items", library.name, after.done, after.total)
        return after

    def _looked_at(
        self, library: Library, some: Mapping[str, Snapshot]
    ) -> tuple[list[Found], dict[str, int]]:
        """Return what of some items is for the inventory, and how many items and files were found how."""
        gaps = {item: gap for item, each in some.items() if (gap := self._gap(library, item, each))}
        copies = [copy for gap in gaps.values() for copy in gap]
        seen = self._seen(library, copies)
        full = [
            Found(item=some[item].item, copies=there)
            for item, gap in gaps.items()
            if (there := tuple(copy for copy in gap if copy.path in seen))
        ]
        wanted = [Found(item=each.item) for item, each in some.items() if self._wants(library, item, each)]
        unseen = [copy for copy in copies if copy.path not in seen]
        local = sum(library.storage.local_stat(copy.path) is not None for copy in unseen)
        counts = {
            "found": len(full),
            "wanted": len(wanted),
            "local": local,
            "unseen": len(unseen) - local,
        }
        return [*full, *wanted], counts

    def _gap(self, library: Library, item: str, shown: Snapshot) -> tuple[Copy, ...]:
        baseline = self._state.items.baseline(library.name, item)
        if baseline is None or not baseline.present:
            return ()
        pending = self._state.outbox.pending(library.name, item)
        return unknown_copies(shown, baseline, self._state.items.state(library.name, item), pending)

    def _wants(self, library: Library, item: str, shown: Snapshot) -> bool:
        known = not shown.files and self._state.items.baseline(library.name, item)
        return bool(known) and is_wanted(shown, self._state.items.state(library.name, item))

    def _seen(self, library: Library, copies: Sequence[Copy]) -> frozenset[str]:
        """Return the paths of the copies that are on the cloud branch with their sizes."""
        seen: set[str] = set()
        for start in range(0, len(copies), LOOKS):
            some = copies[start : start + LOOKS]
            sizes = library.storage.cloud_sizes([copy.path for copy in some])
            seen |= {copy.path for copy in on_the_drive(some, sizes)}
        return frozenset(seen)

    def _tell_counts(self, library: Library, day: Day) -> None:
        said = Counter(day.counts)
        log.info(
            "%s: first day: of %d items the mesh lacks %d with files and %d that are wanted",
            library.name,
            day.total,
            said["found"],
            said["wanted"],
        )
        if said["local"]:
            log.info(
                "%s: %s on this disk only; to upload and tell them: mesharr uploads --existing",
                library.name,
                quantity(said["local"], "file is", "files are"),
            )
        if said["unseen"]:
            log.warning(
                "%s: %d files that the arr shows are not on the drive with their sizes, and are not told",
                library.name,
                said["unseen"],
            )

    # -- publish

    def _publish(self, library: Library, day: Day, now: int) -> Day:
        """Queue the inventory, without what a peer has told meanwhile, and have it told as a whole."""
        items, name = self._state.items, library.name
        entries = self._state.first_days.inventory(name)
        if entries and 0 <= now - int(day.at) < POLITE_MS and (first := self._first(name)):
            raise Pausing(f"{first} may be about to tell the same")
        states = {found.item.id: items.state(name, found.item.id) for found in entries}
        full = tuple(
            left
            for found in entries
            if found.copies and (left := still_unknown(found, states[found.item.id]))
        )
        wanted = [found.item for found in entries if not found.copies and not states[found.item.id].present]
        with self._state.transaction():
            if full:
                self._state.outbox.put(
                    "", LibraryFound(library=name, items=full), "", "was here already", now
                )
            for item in wanted:
                self._state.outbox.put(
                    item.id, ItemAdded(library=name, item=item), "", "was wanted already", now
                )
            self._state.first_days.forget_inventory(name)
            self._state.first_days.put(after := _with(day, step="tell"))
        return after

    def _first(self, library: str) -> str:
        """Return a peer that may begin at the same time as this node, and is the first of the two to tell."""
        told = self._state.streams.tellers(library)
        return next(
            (peer for peer in sorted(self._trusted()) if peer < self._me.node and peer not in told), ""
        )

    def _tell(self, library: Library, day: Day, now: int) -> Day:
        """Wait until the inventory is signed: it is part of what is planned from."""
        del now
        if self._state.outbox.is_publishing(library.name):
            raise Pausing("the inventory is being published")
        return _with(day, step="plan")

    # -- plan

    def _plan(self, library: Library, day: Day, now: int) -> Day:
        """Say what comes of meeting each peer; hold what is much, and all that would change what is here."""
        name, shown = library.name, self._read(library)
        planned = first_plan(library, shown, self._state, self._me.node, now)
        with self._state.transaction():
            hold_first(planned, self._state, self._guard, now)
            mark_as_scanned(planned, shown, self._state)
            total = self._state.dirty.count_unvisited(name)
            self._state.first_days.put(
                after := _with(day, step="act", met=planned.merge_summary, done=0, total=total)
            )
        for peer, meeting in planned.merge_summary.items():
            log.info("%s: meeting %s: %s", name, peer, meeting)
        self._shown.pop(name, None)
        return after

    # -- act

    def _act(self, library: Library, day: Day, now: int) -> Day:
        """Reconcile acts; see how far it is."""
        del now
        if left := self._left(day):
            if day.total - left != day.done:
                self._keep(_with(day, done=day.total - left))
            raise Pausing("")
        log.info("%s: the first day is over", library.name)
        return _with(day, step="done", done=day.total)

    _STEPS: Mapping[str, Callable[["FirstDay", Library, Day, int], Day]] = {
        "alive": _alive,
        "follow": _follow,
        "baseline": _baseline,
        "compare": _compare,
        "publish": _publish,
        "tell": _tell,
        "plan": _plan,
        "act": _act,
    }


def _without(shown: Snapshot, keys: frozenset[str]) -> Snapshot:
    files = {key: copy for key, copy in shown.files.items() if key not in keys}
    return shown if len(files) == len(shown.files) else _with(shown, files=files)
