"""Arrs that do not answer: which, since when, and what their last failure was. It is kept for `status`."""

import logging
from collections.abc import Collection

import msgspec

from mesharr.core.errors import MesharrError, Refused
from mesharr.state.state import State

log = logging.getLogger(__name__)

AWAY = "away:"


class ArrOutage(msgspec.Struct, frozen=True):
    """An arr that failed: first since it answered last (ms), when it was asked last, and how."""

    since: int
    last: int
    why: str


def note_failure(state: State, app: str, error: MesharrError, now: int) -> bool:
    """Remember that an arr failed; return whether that is news. What only a person can fix is told, too."""
    before = arr_outages(state).get(app)
    away = ArrOutage(before.since if before else now, now, str(error))
    with state.transaction():
        state.notes.set(f"{AWAY}{app}", msgspec.json.encode(away).decode())
        if isinstance(error, Refused):
            return state.refusals.note(f"app:{app}", error, now)
    return before is None


def note_answer(state: State, app: str) -> None:
    """Remember that an arr answers: whatever it failed with is over."""
    if state.notes.get(f"{AWAY}{app}"):
        state.notes.forget(f"{AWAY}{app}")
        log.info("%s answers again", app)
    state.refusals.clear(f"app:{app}")


def forget_others(state: State, apps: Collection[str]) -> None:
    """Forget the arrs that are named no more."""
    for app in arr_outages(state).keys() - set(apps):
        state.notes.forget(f"{AWAY}{app}")
        state.refusals.clear(f"app:{app}")


def arr_outages(state: State) -> dict[str, ArrOutage]:
    """Return the arrs that did not answer when they were asked last, by name."""
    found = state.notes.named(AWAY)
    return {name: msgspec.json.decode(found[name], type=ArrOutage) for name in sorted(found)}


def started_note(library: str) -> str:
    """Return the name of the note of which start of its arr a library was last compared with."""
    return f"started:{library}"
