"""Dry run: the sync itself, over a copied state, with its changes only recorded."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from mesharr.core.events.schema import NodeHello
from mesharr.core.planning.actions import (
    Action,
    Add,
    CheckScans,
    Claim,
    ConfirmGone,
    Move,
    Pause,
    Remove,
    Rescan,
    Resume,
    SetMonitored,
    SetSeriesType,
    VerifyOwnFiles,
)
from mesharr.node.inward.visited_item import VisitedItem
from mesharr.node.outcome import Done, NeedsApproval, Outcome, RecheckAt
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.sync import sync
from mesharr.state.state import State


class PlannedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that would be published."""

    library: str
    item: str
    type: str
    after: str
    """What has to be first, "" for nothing."""
    why: str


class PlannedAction(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would be done to an item, or a folder that media servers would scan."""

    library: str
    item: str
    title: str
    action: str
    why: str
    held: str = ""
    """Why it would need approval, "" when it would not."""


class DryRunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a dry run."""

    publish: tuple[PlannedEvent, ...]
    """What a sync would publish."""
    do: tuple[PlannedAction, ...]
    """What a sync would do, and what it would have wait for approval."""
    wait: tuple[PlannedAction, ...]
    """What would wait for something else."""
    problems: tuple[str, ...]
    """What could not be read."""


class DryClock:
    """A clock that sleeping sets forward: nobody waits for a dry run."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._skipped = 0

    def __call__(self) -> int:
        """Return the time (ms)."""
        return self._clock() + self._skipped

    def sleep(self, seconds: float) -> None:
        """Set the clock forward."""
        self._skipped += int(seconds * 1000)


class ActionLog:
    """Notes what visits do: the watcher of a dry run."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], PlannedAction] = {}

    def acted(self, item: VisitedItem, action: Action, outcome: Outcome) -> None:
        """Take note of an action that was done, or needs approval."""
        if isinstance(action, CheckScans):
            return
        if isinstance(outcome, Done | RecheckAt):
            self._note(item, _words(action), action.why)
        elif isinstance(outcome, NeedsApproval):
            self._note(item, _words(action), action.why, outcome.reason)

    def scan_queued(self, item: VisitedItem, folder: str) -> None:
        """Take note of a folder that media servers would scan."""
        self._note(item, f"scan {folder}", "its files changed on the drive")

    def rows(self) -> tuple[PlannedAction, ...]:
        """Return what was noted, in order, each once."""
        return tuple(self._rows.values())

    def waits(self, state: State, libraries: Iterable[str]) -> tuple[PlannedAction, ...]:
        """Return the items that are dirty for a reason, and to which nothing was done."""
        done, names = {(row.library, row.item) for row in self._rows.values()}, set(libraries)
        return tuple(
            PlannedAction(
                library=dirty.library,
                item=dirty.item,
                title=dirty.title or dirty.item,
                action="wait",
                why=dirty.why,
            )
            for dirty in state.dirty.all()
            if dirty.why and dirty.library in names and (dirty.library, dirty.item) not in done
        )

    def _note(self, item: VisitedItem, action: str, why: str, held: str = "") -> None:
        library, id_ = item.library.name, item.id
        self._rows.setdefault(
            (library, id_, action),
            PlannedAction(library=library, item=id_, title=item.title, action=action, why=why, held=held),
        )


class _Publications:
    """What is in the outbox at any time of the run, in the order in which it came there."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: dict[int, PlannedEvent] = {}

    def collect(self) -> None:
        """Note what waits to be published now; a hello, which each node publishes daily, is no news."""
        after = {
            "drive": "its files are on the drive",
            "gone": "its files are proven gone",
            "again": "it is proven again",
        }
        for entry in self._state.outbox.all():
            if not isinstance(entry.body, NodeHello):
                self._rows[entry.n] = PlannedEvent(
                    library=entry.library,
                    item=entry.item,
                    type=entry.body.type_name,
                    after=after.get(entry.needs, ""),
                    why=entry.cause,
                )

    def rows(self) -> tuple[PlannedEvent, ...]:
        """Return what was noted."""
        return tuple(self._rows[n] for n in sorted(self._rows))


def dry_run(engine: Engine, log: ActionLog, clock: DryClock, libraries: Mapping[str, bool]) -> DryRunReport:
    """Run a sync of an engine that changes nothing outside of its state, which has to be a copy.

    `log` watches the engine's visits, `clock` is the engine's own. `libraries` are the names of the node's
    libraries, each with whether it has an app.
    """
    published = _Publications(engine.state)
    compared = [name for name, has_app in libraries.items() if has_app]

    def before(stage: str) -> None:
        if stage == "publish":
            published.collect()

    done = sync(engine, compared, clock.sleep, before)
    published.collect()
    return DryRunReport(
        publish=published.rows(),
        do=log.rows(),
        wait=log.waits(engine.state, libraries),
        problems=done.problems,
    )


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
}
