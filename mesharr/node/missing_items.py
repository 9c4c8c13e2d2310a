"""Decide on missing items, and on items that an app should not list.

An app no longer lists a missing item, and no delete event came. The user decides about such items.
mesharr was off when they were deleted, or the app was restored from an old backup, or its list was cut short.
Nothing follows by itself: no removal is published, no item is added again. The other way round, an old
database lists what was deleted since, and a household may have what a peer removed.
"""

import logging
from collections.abc import Sequence

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.detect.model import DELETED_BY_ARR, OUTSIDE_LIBRARY, Needs
from mesharr.core.events.schema import ItemAdded, ItemLeft, UnitClaimed
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.text import quantity
from mesharr.node.library_items import title_of
from mesharr.state.deciding import decide_all
from mesharr.state.records.asked import Answer, Question
from mesharr.state.state import State

log = logging.getLogger(__name__)

_with = msgspec.structs.replace


class OpenItem(msgspec.Struct, frozen=True):
    """An item that the user has to decide about."""

    library: str
    item: str
    title: str
    why: str
    """Why mesharr cannot decide about it."""


def all_missing(state: State) -> tuple[OpenItem, ...]:
    """Return every item that is missing in its app without a delete event, with its title."""
    return tuple(
        OpenItem(library, item, title_of(state, library, item), why)
        for library, item, why in state.missing.all()
    )


def all_asked(state: State) -> tuple[OpenItem, ...]:
    """Return every item that an app lists although the mesh has it as removed, with its title."""
    return tuple(
        OpenItem(each.library, each.item, title_of(state, each.library, each.item), each.why)
        for each in state.asked.all()
        if not each.answer
    )


def asked_questions(asked: Sequence[OpenItem], many: int) -> list[str]:
    """Return what to ask the user about listed items: a line for each item.

    More than `many` items of a library and reason share one line.
    """
    asks: list[str] = []
    for library, why in dict.fromkeys((each.library, each.why) for each in asked):
        group = [each for each in asked if (each.library, each.why) == (library, why)]
        if len(group) > many:
            named = f"{quantity(len(group), 'item')} ({', '.join(each.title for each in group[:3])}, ...)"
            asks.append(
                f"{library}: {named}: {why}: mesharr restore {library} --all if "
                f"they are wanted again, or mesharr leave-item {library} --all to remove them from the app"
            )
            continue
        asks += [
            f"{library}: {each.title}: {why}: mesharr restore {library} {each.item} if it is wanted again, "
            f"or mesharr leave-item {library} {each.item} to remove it from the app"
            for each in group
        ]
    return asks


def missing_questions(missing: Sequence[OpenItem], many: int) -> list[str]:
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


def _many(library: str, missing: Sequence[OpenItem]) -> str:
    """Return one line for many missing items of a library, with what is probably to be fixed."""
    named = ", ".join(each.title for each in missing[:3])
    answers = f"mesharr restore {library} --all, or mesharr leave-item {library} --all"
    if all(each.why == DELETED_BY_ARR for each in missing):
        items = quantity(len(missing), "item that has no files", "items that have no files")
        what = f"its app deleted {items} ({named}, ...)"
        return (
            f"{library}: {what}. Does a search in it find anything? Fix its metadata source, then {answers}"
        )
    what = f"its app no longer lists {quantity(len(missing), 'item')} ({named}, ...): nobody deleted them"
    return f"{library}: {what}. Is its database an old one, or empty? Fix that, or {answers}"


def _is_outside(item: OpenItem) -> bool:
    return item.why.startswith(OUTSIDE_LIBRARY)


def _outside(items: Sequence[OpenItem]) -> list[str]:
    """Return one line for items that are outside of a library: most often `root` is wrong."""
    if not items:
        return []
    first, count = items[0], f" ({len(items)} such items)" if len(items) > 1 else ""
    fix = f"correct `root` of {first.library} in mesharr.yml, or the path in its app"
    leave_it = f"if it is there for good: mesharr leave-item {first.library} {first.item}"
    return [f"{first.library}: {first.title}: {first.why}{count}: {fix}; {leave_it}"]


def note_removed_elsewhere(state: State, library: str, item: str, why: str) -> None:
    """Ask the user about an item that a peer removed and this household has, too.

    `why` "" forgets a question that is settled.
    """
    if not why:
        state.asked.drop(library, item, "removed")
    elif state.asked.ask(library, item, "removed", why):
        log.warning("%s: %s: %s; see mesharr status", library, title_of(state, library, item), why)


def restore(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Have items back: missing ones are added again, listed ones are published as added again."""

    def restored(_: object) -> None:
        for item in items:
            question = _answer(state, library, item, "restore")
            if question is None:
                state.missing.note(library, item, "")
            elif question.kind == "removed":
                _add_again(state, library, item, now)
            state.items.update_memory(library, item, lambda memory: _with(memory, restore_requested=True))
        state.dirty.mark([(library, item) for item in items], now, changed=True)

    decide_all(state, [(library, item) for item in items], restored)


def keep_unpublished(state: State, me: str, library: str, item: str, now: int) -> None:
    """Undo a deletion of this household's that its user rejects: nothing of it is published.

    An item that its app no longer lists is added again as this household's, once its files are back; so are
    the files of one that it lists.
    """
    _withdraw(state, library, item, "gone")
    baseline, registry = state.items.baseline(library, item), state.items.state(library, item)
    if baseline is not None and not baseline.present:
        _add_again(state, library, item, now)
        mine = {
            unit for living in registry.copies.values() if living.node == me for unit in living.copy.units
        }
        free = tuple(sorted(unit for unit in mine if not registry.owner_of(unit)))
        if free:  # as it was before the deletion
            body = UnitClaimed(library=library, id=item, units=free, term=1)
            state.outbox.put(item, body, "", "its deletion was rejected", now)
    state.dirty.mark([(library, item)], now, changed=True)


def leave(state: State, library: str, items: Sequence[str], now: int) -> None:
    """Publish that this household no longer has items; have listed ones removed from the app.

    No file is touched.
    """
    kept: list[str] = []
    with state.transaction():
        for item in items:
            asked = _answer(state, library, item, "remove")
            if asked:
                _withdraw(state, library, item, "drive")  # an import that is on its way would bring it back
            if asked or is_listed(state, library, item):
                state.items.update_memory(library, item, lambda memory: _with(memory, remove_requested=True))
                continue
            kept.append(item)
            state.outbox.put(item, ItemLeft(library=library, id=item), "", "left by the user", now)
            state.items.update_memory(library, item, lambda _: ItemMemory())
            state.missing.note(library, item, "")
        state.items.set_baselines(library, [(item, Baseline(present=False)) for item in kept])
        state.dirty.mark([(library, item) for item in items], now, changed=True)


def _withdraw(state: State, library: str, item: str, needs: Needs) -> None:
    """Forget the events about an item that wait for this."""
    for entry in state.outbox.of(library, item):
        if entry.needs == needs:
            state.outbox.drop(entry.n)


def is_listed(state: State, library: str, item: str) -> bool:
    """Return whether the app lists an item, as far as is known."""
    return state.items.was_listed(library, item) and not state.missing.why(library, item)


def _answer(state: State, library: str, item: str, answer: Answer) -> Question | None:
    """Store the user's decision about a listed item; return the question, None without one."""
    question = state.asked.get(library, item)
    if question is not None:
        state.asked.answer(library, item, answer)
    return question


def _add_again(state: State, library: str, item: str, now: int) -> None:
    """Queue that this household has an item that a peer removed.

    The item is monitored again as it was.
    """
    described, baseline = state.items.state(library, item).item, state.items.baseline(library, item)
    if described is None:
        return
    folder = baseline.folder if baseline and baseline.folder else described.folder
    body = ItemAdded(library=library, item=_with(described, folder=folder))
    state.outbox.put(item, body, "", "wanted again by the user", now)
    state.items.update_memory(library, item, lambda memory: _with(memory, restore_requested=True))
