"""Outages of apps: kept for `status`, and logged when they begin and when they end."""

import logging
from collections.abc import Collection

from mesharr.core.errors import MesharrError, Refused
from mesharr.state.state import State

log = logging.getLogger(__name__)


def note_failure(state: State, app: str, error: MesharrError, now: int) -> bool:
    """Keep that an app failed; return whether that is new.

    A `Refused`, which only the user can fix, is kept as a refusal, too.
    """
    with state.transaction():
        began = state.apps.note_failure(app, str(error), now)
        if isinstance(error, Refused):
            return state.refusals.note(f"app:{app}", error, now)
    return began


def note_answer(state: State, app: str) -> None:
    """Keep that an app answers: its outage and its refusal are over."""
    if state.apps.note_answer(app):
        log.info("%s answers again", app)
    state.refusals.clear(f"app:{app}")


def forget_others(state: State, apps: Collection[str]) -> None:
    """Forget the outages of the apps that the config does not name any more."""
    for app in state.apps.outages().keys() - set(apps):
        state.apps.note_answer(app)
        state.refusals.clear(f"app:{app}")
