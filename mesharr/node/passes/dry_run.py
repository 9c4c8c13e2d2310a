"""What a sync would tell and do, computed without doing it.

It works on a copy of the node's state, which it may change at will; of the store and the arrs it only
reads. Each item shows its next step: what follows from that step is planned after it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import msgspec

from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.errors import MesharrError
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    Move,
    Pause,
    Plan,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
)
from mesharr.core.planning.plan import plan
from mesharr.core.registry.facts import Cuts
from mesharr.node.arr_view import MANY
from mesharr.node.library_items import later_merge_summary
from mesharr.node.limits import Guard
from mesharr.node.model import AppLink, Library
from mesharr.node.passes.engine import Engine
from mesharr.node.scan_state import scan_targets, unscanned
from mesharr.state.queues.dirty import Dirty
from mesharr.state.state import State


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """An event that would be published; `after` says what has to be first ("" nothing)."""

    library: str
    item: str
    type: str
    after: str
    why: str


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would be done to an item in the arr, or a folder told to the media servers.

    `held` says why it would wait for a person's approval, "" when it would not.
    """

    library: str
    item: str
    title: str
    action: str
    why: str
    held: str = ""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync would publish and do, what would wait on, and what could not be read."""

    publish: tuple[Telling, ...]
    do: tuple[Doing, ...]
    wait: tuple[Doing, ...]
    problems: tuple[str, ...]


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a preview reads beside the stages, whose state has to be a copy."""

    node: str
    state: State
    libraries: Mapping[str, Library]
    apps: Mapping[str, AppLink]
    guard: Guard


def preview(engine: Engine, storage: Ground, now: int) -> Preview:
    """Return what a sync at `now` would do. Writes to the engine's state, so that has to be a copy."""
    problems: list[str] = []

    def step(work: Callable[[], object]) -> None:
        try:
            work()
        except MesharrError as error:
            problems.append(str(error))

    step(lambda: engine.follower.step(now))
    step(lambda: engine.first_day.run(now))
    step(lambda: engine.intake.step(now))
    step(lambda: engine.nightly.step(now))
    step(lambda: engine.grabs.step(now))
    visits: list[_Visit] = []
    for library in storage.libraries.values():
        step(lambda library=library: visits.extend(_visits(storage, library, now)))  # type: ignore[misc]  # mypy cannot type a lambda with a default
    _judge_adds(storage, visits, now)
    rows = [row for visit in visits for row in visit.rows()]
    waits = [row for visit in visits for row in visit.waits()]
    return Preview(
        publish=tuple(_tellings(storage.state)),
        do=tuple(rows),
        wait=tuple(waits),
        problems=tuple(dict.fromkeys(problems)),
    )


def _tellings(state: State) -> Iterator[Telling]:
    after = {"drive": "its files are on the drive", "gone": "its files are proven gone"}
    for unsaid in state.outbox.all():
        yield Telling(
            library=unsaid.library,
            item=unsaid.item,
            type=unsaid.body.type_name,
            after=after.get(unsaid.needs, ""),
            why=unsaid.cause,
        )


def _visits(storage: Ground, library: Library, now: int) -> list["_Visit"]:
    """Return a visit for each dirty item of a library."""
    shown: dict[str, Snapshot] = {}
    if library.app:
        listed = storage.apps[library.app].arr.read_all()
        shown = {held.id: found for held in listed if (found := snapshot_of(held, library.root))}
    cuts = storage.state.streams.cuts()
    dirty = [each for each in storage.state.dirty.all() if each.library == library.name]
    return [_Visit(storage, library, each, shown.get(each.item), cuts, now) for each in dirty]


def _judge_adds(storage: Ground, visits: Iterable["_Visit"], now: int) -> None:
    """Hold what reconcile would: of an arr with many items, the adds for one peer are judged together."""
    of_app: dict[str, list[_Visit]] = defaultdict(list)
    for visit in visits:
        of_app[visit.library.app].append(visit)
    for app, many in of_app.items():
        groups: dict[tuple[str, str], list[tuple[_Visit, Add]]] = defaultdict(list)
        for visit in many if app and len(many) > MANY else ():
            if (add := visit.add) and not add.requested:
                groups[add.origin, visit.library.name].append((visit, add))
        for (peer, name), group in groups.items():
            pairs = [(visit.item, visit.title) for visit, _ in group]
            meeting = partial(later_merge_summary, storage.state, name, peer, [add for _, add in group])
            held = storage.guard.permit_group(("first_adds", peer), name, pairs, now, meeting)
            for visit, _ in group:
                visit.judged = held[visit.item].reason if visit.item in held else ""


class _Visit:
    """One dirty item, looked at as reconcile would."""

    def __init__(
        self, storage: Ground, library: Library, dirty: Dirty, shown: Snapshot | None, cuts: Cuts, now: int
    ) -> None:
        self._ground = storage
        self.library = library
        self.item = dirty.item
        self._shown = shown
        self._now = now
        self._wanted = storage.state.items.state(library.name, dirty.item, cuts)
        self.title = self._wanted.item.called if self._wanted.item else dirty.title or dirty.item
        self._memory = storage.state.items.memory(library.name, dirty.item)
        self._planned = self._plan()
        self.judged: str | None = None
        """Why its add is held with others, "" when it is not; None: it is judged alone."""

    @property
    def add(self) -> Add | None:
        """The add that is planned for it."""
        return next((action for action in self._planned.actions if isinstance(action, Add)), None)

    def _plan(self) -> Plan:
        if not self.library.app:
            return Plan((), self._memory)
        node, policy = self._ground.node, self.library.policy
        had = self._ground.state.items.was_listed(self.library.name, self.item)
        return plan(self._wanted, self._shown, self._memory, node, policy, self._now, was_listed=had)

    def rows(self) -> Iterator[Doing]:
        """Yield what would be done now."""
        held_back = False
        for action in self._planned.actions:
            if not isinstance(action, CheckScans):
                held = self._held(action)
                held_back |= bool(held) and isinstance(action, Add)
                yield self._row(_words(action), action.why, held)
        if held_back:
            return
        goal = scan_targets(self._wanted)
        folders = unscanned(
            self._ground.state, self.library.name, self.item, goal, has_files=bool(self._wanted.copies)
        )
        for folder in folders if self.library.scan_roots else ():
            yield self._row(f"scan {folder}", "its files changed on the drive", "")

    def waits(self) -> Iterator[Doing]:
        """Yield what would wait on."""
        if self._planned.why and not self._planned.actions:
            lost = self._ground.state.missing.why(self.library.name, self.item)
            yield self._row("wait", lost or self._planned.why, "")

    def _row(self, action: str, why: str, held: str) -> Doing:
        library, item = self.library.name, self.item
        return Doing(library=library, item=item, title=self.title, action=action, why=why, held=held)

    def _held(self, action: Action) -> str:
        """Return why the action would be held; one that would not counts for those after it."""
        guard = self._ground.guard
        if isinstance(action, Add) and self.judged is not None:
            return self.judged
        limit = guard.limit_of(action, self._wanted, self._memory)
        if limit is None:
            return ""
        held = guard.permit(limit, self.library.name, self.item, self.title, self._now)
        if held:
            return held.reason
        guard.count(limit, self.library.name, self.item, self._now)
        return ""


def _words(action: Action) -> str:
    if isinstance(action, SetMonitored):
        return "monitor" if action.monitored else "unmonitor"
    return f"move to {action.folder}" if isinstance(action, Move) else _WORDS[type(action)]


_WORDS: Mapping[type[Action], str] = {
    Add: "add unmonitored",
    Pause: "pause (unmonitor for a while)",
    Resume: "monitor again",
    Rescan: "rescan",
    Remove: "remove (files stay)",
    SetSeriesType: "change its series type",
    Claim: "claim",
    ConfirmGone: "see whether its file is still there",
    VerifyOwnFiles: "see whether its file is still there",
    CheckScans: "look at its scans",
}
