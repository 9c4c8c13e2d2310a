"""Take units over, and leave the mesh (`mesharr claim`, `mesharr adopt`, `mesharr leave`).

For that it tells which nodes left, which were this one before, and what each said of itself last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from mesharr.core.errors import Refused
from mesharr.core.events.schema import NodeHello, NodeLeft, StreamOpened, UnitClaimed, body_of
from mesharr.core.registry.adoption import units_of, without_departures
from mesharr.core.registry.item_state import ItemState
from mesharr.core.text import author_of, id_of, name_of
from mesharr.log import codec
from mesharr.state.events.streams import StoredEvent, StreamRow
from mesharr.state.state import State


class Takeover(msgspec.Struct, frozen=True):
    """Units of one item that this node is to own."""

    library: str
    item: str
    title: str
    units: Mapping[str, tuple[str, ...]]
    """The units by their present owner, "" for nobody."""

    @property
    def all_units(self) -> tuple[str, ...]:
        """All units, sorted."""
        return tuple(sorted(unit for units in self.units.values() for unit in units))


class Adoption(msgspec.Struct, frozen=True):
    """The result of a search for what can be adopted."""

    takeovers: tuple[Takeover, ...]
    absent: int
    """How many items cannot be adopted because this node's app does not have them."""


def has_left(state: State, node: str) -> bool:
    """Return whether a node left the mesh, and has published nothing since but its presence."""
    left = state.streams.cuts().left.get(node)
    if left is None:
        return False
    _, _, inc, seq = left
    later = state.streams.since(f"{node}.{inc}", seq + 1)
    return all(event.type in {NodeHello.type_name, StreamOpened.type_name} for event in later)


def former_nodes(state: State, me: str, nodes: Iterable[str]) -> frozenset[str]:
    """Return which of these nodes are this one before it got a new key.

    Those have its name, and never stated that they trust it, as another household of that name does.
    """
    namesakes = (node for node in nodes if node != me and name_of(node) == name_of(me))
    hellos = {node: newest_hello(state, node) for node in namesakes}
    return frozenset(node for node, hello in hellos.items() if hello is None or me not in hello.trusts)


def newest_hello(state: State, node: str) -> NodeHello | None:
    """Return the last hello of a peer, None before its first."""
    rows = [row for row in state.streams.all() if author_of(row.stream) == node]
    return hello_in(hello_event(state, rows))


def hello_event(state: State, rows: Iterable[StreamRow]) -> StoredEvent | None:
    """Return the newest hello of a peer as an event; its stream may have several incarnations."""
    found = [each for row in rows if (each := state.streams.latest(row.stream, NodeHello.type_name))]
    return max(found, key=lambda each: each.hlc) if found else None


def hello_in(event: StoredEvent | None) -> NodeHello | None:
    """Return the hello that an event is, None for none."""
    body = body_of(event.type, codec.parse(event.line).body) if event else None
    return body if isinstance(body, NodeHello) else None


def adoptable(
    state: State, libraries: Iterable[str], me: str, nodes: Collection[str], *, ownerless: bool
) -> Adoption:
    """Return the units of some nodes, and with `ownerless` also the units that nobody owns.

    A unit of a node that left counts as that node's, unless another node took it since.
    """
    cuts = state.streams.cuts()
    before = without_departures(cuts, nodes)
    takeovers: list[Takeover] = []
    absent = 0
    for library in libraries:
        for item in state.items.all(library):
            found = state.items.state(library, item, before)
            if found.id != item:
                continue  # an alias: the item is listed under its first id
            units = set(units_of(found, nodes, ownerless=False))
            if ownerless:
                units.update(units_of(state.items.state(library, item, cuts), (), ownerless=True))
            units -= _pending(state, library, item)
            if not units:
                continue
            if not state.items.was_listed(library, item):
                absent += 1
                continue
            takeovers.append(_takeover(found, units - {unit for unit in units if found.owner_of(unit) == me}))
    return Adoption(tuple(each for each in takeovers if each.units), absent)


def claimable(state: State, library: str, item: str, me: str, units: Collection[str]) -> Takeover:
    """Return the takeover of some units of an item; without `units`, of all that have a file.

    Raises `Refused` for a unit without a file: such a unit has no owner.
    """
    found = state.items.state(library, item)
    known = sorted({unit for living in found.copies.values() for unit in living.copy.units})
    for unit in units:
        if unit not in known:
            listed = ", ".join(known[:12]) or "none"
            raise Refused(
                f"{unit} of {_title(found)} has no file in the mesh: nobody owns a unit without a file",
                f"units with a file: {listed}",
            )
    chosen = {unit for unit in units or known if found.owner_of(unit) != me}
    return _takeover(found, chosen - _pending(state, library, item))


def queue_claims(state: State, takeovers: Iterable[Takeover], why: str, now: int) -> None:
    """Queue the claims of units; this node monitors them once the claims are published."""
    with state.transaction():
        for each in takeovers:
            body = UnitClaimed(library=each.library, id=each.item, units=each.all_units, term=1)
            state.outbox.put(each.item, body, "", why, now)
            state.dirty.mark([(each.library, each.item)], now, changed=True)


def leave_mesh(state: State, me: str, now: int) -> None:
    """Queue that this node leaves the mesh, unless it has left already."""
    with state.transaction():
        is_queued = any(isinstance(entry.body, NodeLeft) for entry in state.outbox.all())
        if not is_queued and not has_left(state, me):
            state.outbox.put("", NodeLeft(), "", "left by the user", now)


def items_named(state: State, library: str, word: str) -> Iterator[tuple[str, str]]:
    """Yield (id, title) of the items with this id of any source, else title, else part of it."""
    if ":" in word and state.items.state(library, word).item is not None:
        yield word, _title(state.items.state(library, word))
        return
    sought, id_ = word.casefold(), id_of(word)
    every = {item: found for item in state.items.all(library) if (found := _first(state, library, item))}
    known = {item: _title(found) for item, found in every.items()}
    if ":" in id_ and (
        named := [item for item, found in every.items() if found.item and id_ in found.item.all_ids]
    ):
        yield from ((item, known[item]) for item in named)
        return
    exact = [(item, title) for item, title in known.items() if sought in {title.casefold(), _bare(title)}]
    yield from exact or ((item, title) for item, title in known.items() if sought in title.casefold())


def _title(found: ItemState) -> str:
    """Return the title and year of an item, else its id."""
    if found.item is None or not found.item.title:
        return found.id
    return found.item.called


def _bare(title: str) -> str:
    return title.rpartition(" (")[0].casefold() or title.casefold()


def _first(state: State, library: str, item: str) -> ItemState | None:
    found = state.items.state(library, item)
    return found if found.item is not None and found.id == item else None


def _pending(state: State, library: str, item: str) -> set[str]:
    """Return the units of queued claims."""
    queued = (entry.body for entry in state.outbox.of(library, item))
    return {unit for body in queued if isinstance(body, UnitClaimed) for unit in body.units}


def _takeover(found: ItemState, units: Collection[str]) -> Takeover:
    owners = {unit: found.owner_of(unit) for unit in sorted(units)}
    by_owner = {
        owner: tuple(unit for unit in owners if owners[unit] == owner)
        for owner in sorted(set(owners.values()))
    }
    return Takeover(found.library, found.id, _title(found), by_owner)
