"""How far the first day of each library is, and its inventory until that is published."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from mesharr.core.events.schema import Found
from mesharr.state.db import Database, Row

StepName = Literal["available", "follow", "baseline", "compare", "publish", "sign", "plan", "act", "done"]


class Step(msgspec.Struct, frozen=True):
    """One step of a first day."""

    name: StepName
    doing: str
    """What a library does in this step, for the user."""
    shows_progress: bool = False
    """Whether `done` of `total` items are shown with it."""


STEPS: tuple[Step, ...] = (
    Step("available", "waiting for the library"),
    Step("follow", "reading what the peers published"),
    Step("baseline", "reading what is here"),
    Step("compare", "comparing", shows_progress=True),
    Step("publish", "publishing the inventory"),
    Step("sign", "publishing the inventory"),
    Step("plan", "planning"),
    Step("act", "processed", shows_progress=True),
    Step("done", "over"),
)
"""All steps, in their order."""
_ORDER: Mapping[StepName, int] = {step.name: number for number, step in enumerate(STEPS)}

_found = msgspec.json.Decoder(Found).decode
_counts = msgspec.json.Decoder(dict[str, int]).decode
_summaries = msgspec.json.Decoder(dict[str, str]).decode


class FirstDayState(msgspec.Struct, frozen=True, kw_only=True):
    """The first day of one library."""

    library: str
    step: StepName = "available"
    since: int = 0
    """When it began (ms)."""
    done: int = 0
    """How many items the step is done with, of `total`."""
    total: int = 0
    at: str = ""
    """The id of the item compared last; once all are, the time of that (ms)."""
    why: str = ""
    """What the step waits for, "" when it goes on."""
    counts: Mapping[str, int] = {}
    """How many items and files the comparison found, by kind (`mesharr.node.joining.inventory`)."""
    met: Mapping[str, str] = {}
    """What merging with each peer means, by the peer."""

    @property
    def step_text(self) -> str:
        """What it is doing, for the user."""
        return STEPS[_ORDER[self.step]].doing

    @property
    def progress_text(self) -> str:
        """What it is doing and how far it is, for the user."""
        counted = f" {self.done:,} of {self.total:,}".replace(",", " ")
        return self.step_text + counted if STEPS[_ORDER[self.step]].shows_progress else self.step_text

    @property
    def next_step(self) -> StepName:
        """The step that follows."""
        return STEPS[min(_ORDER[self.step] + 1, len(STEPS) - 1)].name

    @property
    def has_compared(self) -> bool:
        """Whether every item that is here was compared with the registry."""
        return _ORDER[self.step] > _ORDER["compare"]

    @property
    def is_open(self) -> bool:
        """Whether everything is planned, so that reconcile may work on the library."""
        return _ORDER[self.step] >= _ORDER["act"]


class FirstDays:
    """The first days of all libraries that have an app, kept for ever, and their inventories."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[FirstDayState]:
        """Return the first day of every library, finished or not."""
        return [_state_of(row) for row in self._db.rows(f"SELECT {_DAY} FROM first_days ORDER BY library")]

    def get(self, library: str) -> FirstDayState | None:
        """Return the first day of a library, None when it has not begun."""
        row = self._db.row(f"SELECT {_DAY} FROM first_days WHERE library=?", (library,))
        return _state_of(row) if row else None

    def put(self, day: FirstDayState) -> None:
        """Keep how far the first day of a library is."""
        self._db.write(
            "INSERT OR REPLACE INTO first_days VALUES(?,?,?,?,?,?,?,?,?)",
            (
                day.library,
                day.step,
                day.since,
                day.done,
                day.total,
                day.at,
                day.why,
                msgspec.json.encode(day.counts),
                msgspec.json.encode(day.met),
            ),
        )

    def open(self, libraries: Iterable[str]) -> list[str]:
        """Return those of the libraries that reconcile may work on, in the same order."""
        opened = {day.library for day in self.all() if day.is_open}
        return [library for library in libraries if library in opened]

    def restart(self) -> None:
        """Forget every first day and inventory: a new incarnation begins with a first day."""
        with self._db.transaction():
            self._db.write("DELETE FROM first_days")
            self._db.write("DELETE FROM inventory")

    # -- the inventory

    def put_inventory(self, library: str, found: Iterable[Found]) -> None:
        """Put entries into the inventory of a library; each replaces the one of its item."""
        self._db.write_many(
            "INSERT OR REPLACE INTO inventory VALUES(?,?,?)",
            [(library, each.item.id, msgspec.json.encode(each)) for each in found],
        )

    def inventory(self, library: str) -> list[Found]:
        """Return the inventory of a library, in order of item ids."""
        rows = self._db.rows("SELECT found FROM inventory WHERE library=? ORDER BY item", (library,))
        return [_found(row[0]) for row in rows]

    def forget_inventory(self, library: str) -> None:
        """Forget the inventory of a library: it is in the outbox."""
        self._db.write("DELETE FROM inventory WHERE library=?", (library,))


_DAY = "library, step, since, done, total, at, why, counts, met"


def _state_of(row: Row) -> FirstDayState:
    library, step, since, done, total, at, why, counts, met = row
    return FirstDayState(
        library=library,
        step=step,
        since=since,
        done=done,
        total=total,
        at=at,
        why=why,
        counts=_counts(counts),
        met=_summaries(met),
    )
