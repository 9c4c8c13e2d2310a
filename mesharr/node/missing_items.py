"""Missing items: an app no longer lists them, and no delete event came.

The user decides about them. mesharr was off when they were deleted, or the app was restored from an old
backup, or its list was cut short. Nothing follows by itself: no removal is published, no item is added again.
"""

from collections.abc import Sequence

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.detect.model import DELETED_BY_ARR, OUTSIDE_LIBRARY
from mesharr.core.events.schema import ItemLeft
from mesharr.core.planning.memory import ItemMemory
from mesharr.node.library_items import title_of
from mesharr.state.state import State

_with = msgspec.structs.replace


class MissingItem(msgspec.Struct, frozen=True):
    """An item that is missing in its app without a delete event."""

    library: str
    item: str
    title: str
    why: str
    """Why mesharr cannot decide about it."""


def all_missing(state: State) -> tuple[MissingItem, ...]:
    """Return every missing item, with its title."""
    return tuple(
        MissingItem(library, item, title_of(state, library, item), why)
        for library, item, why in state.missing.all()
    )


def missing_questions(missing: Sequence[MissingItem], many: int) -> list[str]:
    """Return what to ask the user: a line for each item, or for a library with more than `many`."""
    asks: list[str] = []
    for library in dict.fromkeys(each.library for each in missing):
        asks += _outside([each for each in missing if each.library == library and _is_outside(each)])
        inside = [each for each in missing if each.library == library and not _is_outside(each)]
        if len(inside) > many:
            asks.append(_many(library, inside))
            continue
        asks += [
            f"{library}: {each.title}: {each.why}: mesharr restore {library} {each.item}, "
            f"or mesharr leave-item {library} {each.item}"
            for each in inside
        ]
    return asks


def _many(library: str, missing: Sequence[MissingItem]) -> str:
    """Return one line for many missing items of a library, with what is probably to be fixed."""
    named = ", ".join(each.title for each in missing[:3])
    answers = f"mesharr restore {library} --all, or mesharr leave-item {library} --all"
    if all(each.why == DELETED_BY_ARR for each in missing):
        what = f"its app deleted {len(missing)} items that have no files ({named}, ...)"
        return (
            f"{library}: {what}. Does a search in it find anything? Fix its metadata source, then {answers}"
        )
    what = f"its app no longer lists {len(missing)} items ({named}, ...): nobody deleted them"
    return f"{library}: {what}. Is its database an old one, or empty? Fix that, or {answers}"


def _is_outside(item: MissingItem) -> bool:
    return item.why.startswith(OUTSIDE_LIBRARY)


def _outside(items: Sequence[MissingItem]) -> list[str]:
    """Return one line for items that are outside of a library: most often `root` is wrong."""
    if not items:
        return []
    first, count = items[0], f" ({len(items)} such items)" if len(items) > 1 else ""
    fix = f"correct `root` of {first.library} in mesharr.yml, or the path in its app"
    leave_it = f"if it is there for good: mesharr leave-item {first.library} {first.item}"
    return [f"{first.library}: {first.title}: {first.why}{count}: {fix}; {leave_it}"]


def restore(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Have reconcile add items again as what they were: this household's, or a peer's."""
    with state.transaction():
        for item in items:
            state.items.update_memory(library, item, lambda memory: _with(memory, restore_requested=True))
            state.missing.note(library, item, "")
        state.dirty.mark([(library, item) for item in items], now, changed=True)


def leave(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Publish that this household no longer has items; their files are untouched."""
    with state.transaction():
        for item in items:
            state.outbox.put(item, ItemLeft(library=library, id=item), "", "left by the user", now)
            state.items.update_memory(library, item, lambda _: ItemMemory())
            state.missing.note(library, item, "")
        state.items.set_baselines(library, [(item, Baseline(present=False)) for item in items])
        state.dirty.mark([(library, item) for item in items], now, changed=True)
