"""Outages of apps, media servers, mounts and rclone: kept for `status`, logged at both ends.

An outage is kept by its subject: `app:radarr`, `library:movies`, `scanner:plex`, `uploader:rclone`
or `store`.
"""

import logging
from collections.abc import Collection

from mesharr.core.errors import MesharrError, Outage, Refused
from mesharr.state.state import State

log = logging.getLogger(__name__)


def note_failure(state: State, app: str, error: MesharrError, now: int) -> bool:
    """Keep that an app failed; return whether that is new.

    A `Refused`, which only the user can fix, is kept as a refusal, too. An outage of something else, which is
    noted already, is none of the app.
    """
    if isinstance(error, Outage) and error.noted:
        return False
    with state.transaction():
        began = state.outages.note(f"app:{app}", str(error), now)
        if isinstance(error, Refused):
            return state.refusals.note(f"app:{app}", error, now)
    return began


def note_outage(state: State, app: str, error: MesharrError, now: int) -> bool:
    """Keep and log an outage that kept an item of an app; return whether the error is one.

    One that is noted already, such as that of a mount, is left as it is.
    """
    if not isinstance(error, Outage):
        return False
    if app and note_failure(state, app, error, now):
        log.warning("%s: %s; what waits for it is tried again", app, error)
    return True


def note_answer(state: State, app: str, now: int) -> None:
    """Keep that an app answers: its outage and its refusal are over.

    Once a refusal is over, what was refused is due at once: it may have been for the same reason.
    """
    if state.outages.end(f"app:{app}"):
        log.info("%s answers again", app)
    if state.refusals.clear(f"app:{app}"):
        state.dirty.retry_refused(now)


def forget_others(state: State, apps: Collection[str]) -> None:
    """Forget the outages of the apps that the config does not name any more."""
    known = {f"app:{app}" for app in apps}
    for subject in state.outages.all():
        if subject.startswith("app:") and subject not in known:
            state.outages.end(subject)
            state.refusals.clear(subject)


def note_down(state: State, subject: str, error: MesharrError, now: int) -> None:
    """Keep that something but an app does not answer; log it when that is new."""
    if state.outages.note(subject, str(error), now):
        log.error("%s", error)


def note_up(state: State, subject: str, name: str) -> None:
    """Keep that something but an app answers; log it when that is new."""
    if state.outages.end(subject):
        log.info("%s answers again", name)
