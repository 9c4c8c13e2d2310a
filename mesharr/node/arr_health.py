"""Apps that do not answer: kept for `status`, and logged once when it begins and once when it ends."""

import logging
from collections.abc import Collection

from mesharr.core.errors import MesharrError, Refused
from mesharr.state.state import State

log = logging.getLogger(__name__)


def note_failure(state: State, app: str, error: MesharrError, now: int) -> bool:
    """Keep that an app failed, as a refusal what only the user can fix; return whether that is new."""
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
