"""List and decide conflicts of two households' files, for command line, page and API."""

from collections.abc import Sequence

import msgspec

from mesharr.core.errors import Misconfigured
from mesharr.node.conflict_notes import ANSWERS, ConflictReport, known_conflicts, resolve
from mesharr.state.queues.upload_conflicts import Resolution
from mesharr.state.state import State


class ConflictsDocument(msgspec.Struct, frozen=True):
    """What is to be decided, or was: for `--json` and the API."""

    answer: Resolution
    """What was decided about all of them, "" for nothing yet."""
    conflicts: tuple[ConflictReport, ...]


def conflicts_document(state: State, now: int) -> ConflictsDocument:
    """Return what is to be decided now (ms)."""
    return ConflictsDocument(answer="", conflicts=known_conflicts(state, now))


def answered(state: State, conflicts: Sequence[ConflictReport], answer: str) -> ConflictsDocument:
    """Keep what the user decided about conflicts: about all of them, or none.

    Raises:
        Misconfigured: there is no such answer, or mesharr cannot do so.

    """
    known = next((each for each in ANSWERS if each == answer), None)
    if known is None:
        raise Misconfigured(f"{answer[:40]} is no answer", f"give one of {', '.join(ANSWERS)}")
    resolve(state, conflicts, known)
    return ConflictsDocument(answer=known, conflicts=tuple(conflicts))


def answered_of_item(
    state: State, library: str, item: str, path: str, answer: str, now: int
) -> ConflictsDocument:
    """Keep what the user decided about the conflicts of an item.

    `path` is that of the second file where only this one is meant, "" for all.

    Raises:
        Misconfigured: there is no such conflict or answer, or mesharr cannot do so.

    """
    conflicts = [
        each
        for each in known_conflicts(state, now)
        if (each.library, each.item) == (library, item) and path in {"", each.other}
    ]
    if not conflicts:
        what = f"{item[:80]} in {library[:40]} has no files of two households"
        raise Misconfigured(what, "mesharr resolve lists those that have")
    return answered(state, conflicts, answer)
