"""Conflicts of two households' files, and what the user decides about them.

They are kept in the state, so that `status` need not fold every item. Both files are on the drive under two
names, or one of them waits to be uploaded to the path of the other.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import Misconfigured
from mesharr.core.registry.conflicts import Conflict, conflicts
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import size_text
from mesharr.node.library_items import title_of
from mesharr.state.queues.upload_conflicts import Resolution, UploadConflict
from mesharr.state.state import State

UNEXPLAINED_MS: Final = HOUR_MS
"""For how long an event that tells whose file it is may be on its way: then the user is asked anyway."""


ANSWERS: Final[tuple[Resolution, ...]] = ("keep-theirs", "keep-mine", "keep-both")


class ConflictReport(msgspec.Struct, frozen=True, kw_only=True):
    """Units of which two nodes each have a file."""

    library: str
    item: str
    title: str
    waits: bool = False
    """Whether the second file waits to be uploaded to the path of the first, until the user decides."""
    answers: tuple[Resolution, ...] = ()
    """What the user may decide; none where it is another household's user who does."""
    units: tuple[str, ...]
    owner: str
    """The owner of the units, "" when nobody owns them."""
    kept: str
    """The path of the owner's file, else of the oldest one."""
    kept_node: str
    """The node that imported it, "" while no event tells."""
    kept_size: int
    """In bytes."""
    other: str
    """The path of the second file."""
    other_node: str
    """The node that imported it, "" for one that waits here."""
    other_size: int
    """In bytes."""
    node: str
    """The node that imported the second file; of one that waits, the node whose file is on the drive."""
    what: str
    """What is in conflict, in words."""
    fix: str = msgspec.field(name="mend")
    """What can be done about it."""

    @property
    def is_of_one_path(self) -> bool:
        """Whether one of the files waits for the other, here or at a peer."""
        return self.kept == self.other


def note_conflicts(state: State, registry: ItemState) -> None:
    """Keep the conflicts of an item as they are now, or that it has none."""
    state.conflicts.put(registry.library, registry.id, conflicts(registry))


def known_conflicts(state: State, now: int) -> tuple[ConflictReport, ...]:
    """Return every conflict that is known now (ms) and that the user has not decided about."""
    return (*waiting_conflicts(state, now), *(_report(state, *each) for each in state.conflicts.all()))


def waiting_conflicts(state: State, now: int) -> tuple[ConflictReport, ...]:
    """Return the conflicts of files that wait to be uploaded.

    They are few, while items with two files may be thousands.
    """
    return tuple(
        _waiting(state, each)
        for each in state.upload_conflicts.all()
        if is_open(each, now) and not each.answer
    )


def is_open(conflict: UploadConflict, now: int) -> bool:
    """Return whether the user is asked: it is known whose file it is, or an hour went by."""
    return bool(conflict.node) or now - conflict.since >= UNEXPLAINED_MS


def conflict_text(state: State, conflict: UploadConflict) -> str:
    """Return what is in conflict, for the log and the reports."""
    whose = (
        f"a file of {state.names.called(conflict.node)}"
        if conflict.node
        else "a file that no household has published"
    )
    if conflict.is_twin:
        return (
            f"the drive has two files named {conflict.path}: this household's and {whose} "
            f"({size_text(conflict.size)}); should that last, `rclone dedupe` keeps one of them"
        )
    return f"{conflict.path} is not uploaded: the drive has {whose} there ({size_text(conflict.size)})"


def conflict_questions(conflicts: Sequence[ConflictReport]) -> list[str]:
    """Return what to ask the user about files that wait, a line each."""
    return [f"{each.library}: {each.title}: {each.what}: {each.fix}" for each in conflicts if each.waits]


def resolve(state: State, conflicts: Sequence[ConflictReport], answer: Resolution) -> None:
    """Keep what the user decided about conflicts: about all of them, or none.

    Raises:
        Misconfigured: mesharr cannot do so, and says what the user can do.

    """
    for each in conflicts:
        if answer in each.answers:
            continue
        if each.waits:
            fix = f"mesharr resolve {each.item} keep-mine, or keep-both"
            raise Misconfigured(f"no household has published the file at {each.kept}", fix)
        raise Misconfigured(f"both {each.kept} and {each.other} are on the drive", each.fix)
    with state.transaction():
        for each in conflicts:
            waiting = state.upload_conflicts.get(each.library, each.other) if each.waits else None
            if waiting:
                state.upload_conflicts.answer(waiting, answer)
            else:
                state.conflicts.keep_both(each.library, each.item, each.kept, each.other)


def _waiting(state: State, conflict: UploadConflict) -> ConflictReport:
    living = state.items.state(conflict.library, conflict.item).copies
    units = next((each.copy.units for each in living.values() if each.copy.path == conflict.path), ())
    answers = ANSWERS if conflict.node else ANSWERS[1:]
    ways = f"{', '.join(answers[:-1])} or {answers[-1]}"
    return ConflictReport(
        library=conflict.library,
        item=conflict.item,
        title=title_of(state, conflict.library, conflict.item),
        waits=True,
        answers=answers,
        units=units,
        owner=conflict.node,
        kept=conflict.path,
        kept_node=conflict.node,
        kept_size=conflict.size,
        other=conflict.path,
        other_node="",
        other_size=state.uploads.size_of(conflict.library, conflict.path),
        node=conflict.node,
        what=conflict_text(state, conflict),
        fix=f"mesharr resolve {conflict.item} {ways}",
    )


def _report(state: State, library: str, item: str, conflict: Conflict) -> ConflictReport:
    called = state.names.called(conflict.node)
    owner = f"{state.names.called(conflict.owner)} owns it" if conflict.owner else "nobody owns it"
    return ConflictReport(
        library=library,
        item=item,
        title=title_of(state, library, item),
        answers=("keep-both",),
        units=conflict.units,
        owner=conflict.owner,
        kept=conflict.kept,
        kept_node=conflict.kept_node,
        kept_size=conflict.kept_size,
        other=conflict.other,
        other_node=conflict.node,
        other_size=conflict.other_size,
        node=conflict.node,
        what=f"a file of it was imported twice; {owner}",
        fix=f"{owner}; to keep one, {called} deletes the second in its app, or takes the "
        f"item over (mesharr claim); to keep both: mesharr resolve {item} keep-both",
    )
