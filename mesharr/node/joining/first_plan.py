"""Meeting the peers of a library: what would be done here because of each, before anything is.

On the first day adds that are many wait for a person, and so does all that would change what is here,
however little it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.actions import Action, Add, Move, Remove, SetMonitored, SetSeriesType
from mesharr.core.planning.first_day import cause_of, has, merge_summary
from mesharr.core.planning.limits import LimitKind
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.plan import plan
from mesharr.core.registry.fold import ItemState
from mesharr.node.library_items import states_of
from mesharr.node.limits import Guard
from mesharr.node.model import Library
from mesharr.node.scan_state import note_scanned, scan_targets
from mesharr.state.state import State

_CHANGES = "the first day changes nothing that is here already"
_KINDS: Mapping[type[Action], LimitKind] = {
    Add: "first_adds",
    Move: "moves",
    Remove: "removals",
    SetSeriesType: "retypes",
    SetMonitored: "unmonitors",
}


class FirstPlan(msgspec.Struct, frozen=True):
    """What the mesh wants of a whole library, and what each peer is the cause of: (action, item) pairs."""

    library: Library
    states: Mapping[str, ItemState]
    by_peer: Mapping[str, Sequence[tuple[Action, str]]]
    merge_summary: Mapping[str, str]


def first_plan(library: Library, shown: Mapping[str, Snapshot], state: State, me: str, now: int) -> FirstPlan:
    """Return what there is to do in a library whose arr shows this, and what comes of meeting each peer."""
    states = {each.id: each for each in states_of(state, library.name)}
    by_peer: dict[str, list[tuple[Action, str]]] = defaultdict(list)
    for item, wanted in states.items():
        memory = state.items.memory(library.name, item) if item in shown else ItemMemory()
        for action in plan(wanted, shown.get(item), memory, me, library.policy, now).actions:
            if cause := cause_of(action, wanted):
                by_peer[cause].append((action, item))
    peers = {node for each in states.values() for node in _nodes(each)} | by_peer.keys()
    meetings = {
        peer: str(merge_summary(peer, shown, states.values(), [action for action, _ in by_peer[peer]]))
        for peer in sorted(peers - {me})
    }
    return FirstPlan(library, states, by_peer, meetings)


def hold_first(planned: FirstPlan, state: State, guard: Guard, now: int) -> None:
    """Hold what of a first plan waits for a person: one hold per peer and kind."""
    name = planned.library.name
    for peer, meeting in planned.merge_summary.items():
        groups: dict[LimitKind, list[tuple[str, str]]] = defaultdict(list)
        for action, item in planned.by_peer.get(peer, ()):
            described = planned.states[item].item
            groups[_KINDS[type(action)]].append((item, described.title if described else item))
        for kind, pairs in groups.items():
            if kind == "first_adds":
                guard.held(kind, peer, name, pairs, now, lambda meeting=meeting: meeting)  # type: ignore[misc]  # mypy cannot type a lambda with a default
            else:
                state.holds.hold(peer, name, kind, pairs, f"{_CHANGES}: {meeting}", now)


def mark_as_scanned(planned: FirstPlan, shown: Mapping[str, Snapshot], state: State) -> None:
    """Note that what this household had before is no news to its media servers."""
    for item, wanted in planned.states.items():
        if item in shown and shown[item].files:
            note_scanned(state, planned.library.name, item, scan_targets(wanted))


def _nodes(state: ItemState) -> Iterator[str]:
    nodes = {*state.adders, *state.contributors, *(living.node for living in state.copies.values())}
    return (node for node in nodes if has(node, state))
