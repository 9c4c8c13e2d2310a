"""Taking units over, and giving all up, because a person said so: `mesharr claim`, `adopt` and `leave`."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from mesharr.core.errors import Refused
from mesharr.core.events.schema import NodeLeft, UnitClaimed
from mesharr.core.registry.adoption import units_of, without_departures
from mesharr.core.registry.fold import ItemState
from mesharr.state.state import State


class Takeover(msgspec.Struct, frozen=True):
    """Units of one item that are to be taken over, by whose they are now ("": nobody's)."""

    library: str
    item: str
    title: str
    units: Mapping[str, tuple[str, ...]]

    @property
    def all_units(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted(unit for units in self.units.values() for unit in units))


class Adoption(msgspec.Struct, frozen=True):
    """What can be adopted, and how many items cannot because this node's arr does not have them."""

    takings: tuple[Takeover, ...]
    absent: int


def is_gone(state: State, node: str) -> bool:
    """Return whether a node left, and has told nothing since but that it is there."""
    left = state.streams.cuts().left.get(node)
    if left is None:
        return False
    _, _, inc, seq = left
    later = state.streams.since(f"{node}.{inc}", seq + 1)
    return all(event.type in {"node.hello", "stream.opened"} for event in later)


def adoptable(
    state: State, libraries: Iterable[str], me: str, nodes: Collection[str], *, ownerless: bool
) -> Adoption:
    """Return the units of these nodes, also of those that left, and with `ownerless` those of nobody.

    What one of them had and somebody took since is not theirs.
    """
    cuts = state.streams.cuts()
    before = without_departures(cuts, nodes)
    takings: list[Takeover] = []
    absent = 0
    for library in libraries:
        for item in state.items.all(library):
            found = state.items.state(library, item, before)
            if found.id != item:
                continue  # an alias: the item comes under its first id
            units = set(units_of(found, nodes, ownerless=False))
            if ownerless:
                units.update(units_of(state.items.state(library, item, cuts), (), ownerless=True))
            units -= _pending(state, library, item)
            if not units:
                continue
            if not is_here(state, library, item):
                absent += 1
                continue
            takings.append(_taking(found, units - {unit for unit in units if found.owner_of(unit) == me}))
    return Adoption(tuple(taking for taking in takings if taking.units), absent)


def claimable(state: State, library: str, item: str, me: str, units: Collection[str]) -> Takeover:
    """Return what claiming these units of an item would take, all that have a file when there are none.

    Raises `Refused` for a unit without a file: it is nobody's, whoever monitors it may have it.
    """
    found = state.items.state(library, item)
    known = sorted({unit for living in found.copies.values() for unit in living.copy.units})
    for unit in units:
        if unit not in known:
            listed = ", ".join(known[:12]) or "none"
            raise Refused(
                f"{unit} of {title_of(found)} has no file in the mesh: what is only wanted is nobody's",
                f"units with a file: {listed}",
            )
    chosen = {unit for unit in units or known if found.owner_of(unit) != me}
    return _taking(found, chosen - _pending(state, library, item))


def take(state: State, takings: Iterable[Takeover], why: str, now: int) -> None:
    """Have the mesh told that this node takes the units over; it monitors them once that is told."""
    with state.transaction():
        for taking in takings:
            body = UnitClaimed(library=taking.library, id=taking.item, units=taking.all_units, term=1)
            state.outbox.put(taking.item, body, "", why, now)
            state.dirty.mark([(taking.library, taking.item)], now, changed=True)


def give_up(state: State, me: str, now: int) -> None:
    """Have the mesh told that this node leaves it; once, until it tells something else again."""
    with state.transaction():
        waits = any(isinstance(unsaid.body, NodeLeft) for unsaid in state.outbox.all())
        if not waits and not is_gone(state, me):
            state.outbox.put("", NodeLeft(), "", "left by its person", now)


def is_here(state: State, library: str, item: str) -> bool:
    """Return whether this node's arr has the item, as far as mesharr knows."""
    baseline = state.items.baseline(library, item)
    return baseline is not None and baseline.present


def named(state: State, library: str, word: str) -> Iterator[tuple[str, str]]:
    """Yield (id, title) of the items an id or a part of a title may mean; one that is just it comes alone."""
    if ":" in word and state.items.state(library, word).item is not None:
        yield word, title_of(state.items.state(library, word))
        return
    sought = word.casefold()
    known = {
        item: title_of(found) for item in state.items.all(library) if (found := _first(state, library, item))
    }
    exact = [(item, title) for item, title in known.items() if sought in {title.casefold(), _bare(title)}]
    yield from exact or ((item, title) for item, title in known.items() if sought in title.casefold())


def title_of(found: ItemState) -> str:
    """Return how a person calls the item: its title and year, else its id."""
    if found.item is None or not found.item.title:
        return found.id
    return found.item.called


def _bare(title: str) -> str:
    return title.rpartition(" (")[0].casefold() or title.casefold()


def _first(state: State, library: str, item: str) -> ItemState | None:
    found = state.items.state(library, item)
    return found if found.item is not None and found.id == item else None


def _pending(state: State, library: str, item: str) -> set[str]:
    """Return the units a claim that is not told yet takes already."""
    waiting = (each.body for each in state.outbox.of(library, item))
    return {unit for body in waiting if isinstance(body, UnitClaimed) for unit in body.units}


def _taking(found: ItemState, units: Collection[str]) -> Takeover:
    owners = {unit: found.owner_of(unit) for unit in sorted(units)}
    by_owner = {
        owner: tuple(unit for unit in owners if owners[unit] == owner)
        for owner in sorted(set(owners.values()))
    }
    return Takeover(found.library, found.id, title_of(found), by_owner)
