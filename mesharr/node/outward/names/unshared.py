"""Report names that no event can state: files so named are neither shared nor removed."""

import logging
from collections.abc import Collection, Mapping

from mesharr.core.errors import Refused
from mesharr.core.text import visible
from mesharr.state.state import State

log = logging.getLogger(__name__)

SUBJECT = "name:"
"""What the subject of such a refusal begins with, before library and item."""
_FIX = "give it another name in your app: until then the peers do not get it"


def note_unshared(
    state: State, library: str, item: str, title: str, names: Mapping[str, str], now: int
) -> None:
    """Keep which paths of an item (`names`, with reasons) cannot be shared; none ends it."""
    subject = f"{SUBJECT}{library}:{item}"
    if not names:
        state.refusals.clear(subject)
        return
    path, why = next(iter(names.items()))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    refused = Refused(f"{title or item} is not shared: {why}: {visible(path)}{more}", _FIX)
    if state.refusals.note(subject, refused, now):
        log.warning("%s: %s", library, refused)


def clear_unshared(state: State, library: str, but: Collection[str]) -> None:
    """End the reports of a library's items, but of those that still have such a name."""
    start = f"{SUBJECT}{library}:"
    for subject, *_ in state.refusals.all():
        if subject.startswith(start) and subject.removeprefix(start) not in but:
            state.refusals.clear(subject)
