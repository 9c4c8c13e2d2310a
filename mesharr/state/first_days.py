"""How far the first day of each library is, and its inventory until that is published."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import Found
from mesharr.core.text import number_text
from mesharr.state.db import Database, Row, decoder

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

_CHANGING = ("step", "done", "total", "at", "why", "counts", "met")
"""The fields that a step changes."""

_found = decoder(Found)
_counts = decoder(dict[str, int])
_summaries = decoder(dict[str, str])


class FirstDayState(msgspec.Struct, frozen=True, kw_only=True):
    """The first day of one library."""

    library: str
    n: int = 0
    """The number of the first day: the next one of the library has another."""
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
        counted = f" {number_text(self.done)} of {number_text(self.total)}"
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
    def has_published(self) -> bool:
        """Whether the inventory is published, if there was any."""
        return _ORDER[self.step] > _ORDER["sign"]

    @property
    def is_open(self) -> bool:
        """Whether everything is planned, so that reconcile may work on the library."""
        return _ORDER[self.step] >= _ORDER["act"]


class Restarted(MesharrError):  # noqa: N818 - the name says what the caller does, as do those of its base
    """The first day of a library has begun again meanwhile: nothing of the former one is kept."""


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

    def begin(self, library: str, now: int) -> FirstDayState:
        """Begin the first day of a library; return it, or the one that has begun already."""
        with self._db.transaction():
            self._db.write(
                "INSERT OR IGNORE INTO first_days(library, step, since) VALUES(?,?,?)",
                (library, STEPS[0].name, now),
            )
            day = self.get(library)
            assert day is not None
            return day

    def put(self, before: FirstDayState, after: FirstDayState) -> None:
        """Keep what a step changed of a first day, from `before` to `after`, and nothing else.

        Raises `Restarted` when the first day began again since `before` was read.
        """
        changes = {
            name: getattr(after, name) for name in _CHANGING if getattr(after, name) != getattr(before, name)
        }
        with self._db.transaction():
            now = self.get(after.library)
            if now is None or now.n != before.n:
                raise Restarted(f"the first day of {after.library} begins again")
            self._write(msgspec.structs.replace(now, **changes))

    def update(self, library: str, change: Callable[[FirstDayState], FirstDayState]) -> None:
        """Change the present state of a first day; nothing happens when it has not begun."""
        with self._db.transaction():
            if now := self.get(library):
                self._write(change(now))

    def _write(self, day: FirstDayState) -> None:
        values = (day.step, day.done, day.total, day.at, day.why)
        self._db.write(
            "UPDATE first_days SET step=?, done=?, total=?, at=?, why=?, counts=?, met=? WHERE n=?",
            (*values, msgspec.json.encode(day.counts), msgspec.json.encode(day.met), day.n),
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


_DAY = "library, n, step, since, done, total, at, why, counts, met"


def _state_of(row: Row) -> FirstDayState:
    library, n, step, since, done, total, at, why, counts, met = row
    return FirstDayState(
        library=library,
        n=n,
        step=step,
        since=since,
        done=done,
        total=total,
        at=at,
        why=why,
        counts=_counts(counts),
        met=_summaries(met),
    )
