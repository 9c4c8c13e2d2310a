"""Items an arr no longer lists though nobody said so: shown to their person, who has two answers.

mesharr was deaf when they were deleted, or the arr was restored from an old backup, or its list was cut
short. Nothing follows from it by itself: no removal is told, no item is added again.
"""

from collections.abc import Sequence

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.detect.model import DELETED_BY_ARR, OUTSIDE_LIBRARY
from mesharr.core.events.schema import ItemLeft
from mesharr.core.planning.memory import ItemMemory
from mesharr.state.state import State

_with = msgspec.structs.replace


class MissingItem(msgspec.Struct, frozen=True):
    """An item that my arr lost without saying so."""

    library: str
    item: str
    title: str
    why: str


def all_missing(state: State) -> tuple[MissingItem, ...]:
    """Return every missing item, with its title."""
    found: list[MissingItem] = []
    for library, item, why in state.missing.all():
        described = state.items.state(library, item).item
        found.append(MissingItem(library, item, described.title if described else item, why))
    return tuple(found)


def missing_questions(lost: Sequence[MissingItem], many: int) -> list[str]:
    """Return a line for each lost item, for a library with more than `many` of them just one."""
    asks: list[str] = []
    for library in dict.fromkeys(each.library for each in lost):
        asks += _outside([each for each in lost if each.library == library and _is_outside(each)])
        here = [each for each in lost if each.library == library and not _is_outside(each)]
        if len(here) > many:
            asks.append(_many(library, here))
            continue
        asks += [
            f"{library}: {each.title}: {each.why}: mesharr restore {library} {each.item}, "
            f"or mesharr leave-item {library} {each.item}"
            for each in here
        ]
    return asks


def _many(library: str, lost: Sequence[MissingItem]) -> str:
    """Return one line for many lost items of a library, with what most likely has to be mended first."""
    named = ", ".join(each.title for each in lost[:3])
    answers = f"mesharr restore {library} --all, or mesharr leave-item {library} --all"
    if all(each.why == DELETED_BY_ARR for each in lost):
        what = f"the arr deleted {len(lost)} items that have no files ({named}, ...)"
        return (
            f"{library}: {what}. Does a search in it find anything? Mend its metadata source, then {answers}"
        )
    what = f"the arr no longer lists {len(lost)} items ({named}, ...): nobody deleted them"
    return f"{library}: {what}. Is its database an old one, or empty? Mend that, or {answers}"


def _is_outside(item: MissingItem) -> bool:
    return item.why.startswith(OUTSIDE_LIBRARY)


def _outside(items: Sequence[MissingItem]) -> list[str]:
    """Return one line for what the arr keeps outside of a library: most often `root` is wrong."""
    if not items:
        return []
    first, count = items[0], f" ({len(items)} such items)" if len(items) > 1 else ""
    fix = f"correct `root` of {first.library} in mesharr.yml, or the path in the arr"
    leave_it = f"if it is there for good: mesharr leave-item {first.library} {first.item}"
    return [f"{first.library}: {first.title}: {first.why}{count}: {fix}; {leave_it}"]


def restore(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Have items added to the arr again: as this household's own, or as a peer's."""
    with state.transaction():
        for item in items:
            state.items.update_memory(library, item, lambda memory: _with(memory, restore_requested=True))
            state.missing.note(library, item, "")
        state.dirty.mark([(library, item) for item in items], now, changed=True)


def leave(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Tell the mesh that this household no longer has items; their files are untouched."""
    with state.transaction():
        for item in items:
            state.outbox.put(item, ItemLeft(library=library, id=item), "", "left by its person", now)
            state.items.update_memory(library, item, lambda _: ItemMemory())
            state.missing.note(library, item, "")
        state.items.set_baselines(library, [(item, Baseline(present=False)) for item in items])
        state.dirty.mark([(library, item) for item in items], now, changed=True)
