"""The first plan of a library: what is to be done here because of each peer.

Many adds need the user's approval, and so does every action that would change what is here, however small.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mesharr.core.arr.snapshot import Snapshot
from mesharr.core.planning.actions import Action
from mesharr.core.planning.context import Situation
from mesharr.core.planning.first_day import cause_of, has, merge_summary
from mesharr.core.planning.limits import FIRST_DAY_KINDS, LimitKind
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.plan import plan
from mesharr.core.registry.item_state import ItemState
from mesharr.node.library_items import states_of, title_in
from mesharr.node.limits import Guard
from mesharr.node.model import Library
from mesharr.node.ownership import former_nodes
from mesharr.node.scan_state import note_scanned, scan_targets
from mesharr.state.state import State

_CHANGES = "the first day changes nothing that is here already"


class FirstPlan(msgspec.Struct, frozen=True):
    """What is to be done in a library, by the peer that is the cause."""

    library: Library
    states: Mapping[str, ItemState]
    """The registry's states of all its items, by id."""
    by_peer: Mapping[str, Sequence[tuple[Action, str]]]
    """(action, item) pairs, by the peer that is their cause."""
    merge_summary: Mapping[str, str]
    """What merging with each peer means, for the user."""


def first_plan(
    library: Library, snapshots: Mapping[str, Snapshot], state: State, me: str, now: int
) -> FirstPlan:
    """Return what is to be done in a library; `snapshots` is what its app lists, by item."""
    states = {each.id: each for each in states_of(state, library.name)}
    by_peer: dict[str, list[tuple[Action, str]]] = defaultdict(list)
    former = former_nodes(state, me, state.names.all())
    for item, desired in states.items():
        memory = state.items.memory(library.name, item) if item in snapshots else ItemMemory()
        listed = snapshots.get(item)
        situation = Situation(desired, listed, memory, me, library.policy, now, former=former)
        for action in plan(situation).actions:
            if cause := cause_of(action, desired):
                by_peer[cause].append((action, item))
    peers = {node for each in states.values() for node in _nodes(each)} | by_peer.keys()
    summaries = {
        peer: str(merge_summary(peer, snapshots, states.values(), [action for action, _ in by_peer[peer]]))
        for peer in sorted(peers - {me})
    }
    return FirstPlan(library, states, by_peer, summaries)


def hold_first(planned: FirstPlan, state: State, guard: Guard, now: int) -> None:
    """Put the actions of a first plan that need approval into holds, one for each peer and kind."""
    name = planned.library.name
    for peer, summary in planned.merge_summary.items():
        groups: dict[LimitKind, list[tuple[str, str]]] = defaultdict(list)
        for action, item in planned.by_peer.get(peer, ()):
            groups[FIRST_DAY_KINDS[type(action)]].append((item, title_in(planned.states[item], item)))
        for kind, pairs in groups.items():
            if kind == "first_adds":
                guard.permit_group((kind, peer), name, pairs, now, lambda summary=summary: summary)  # type: ignore[misc]  # mypy cannot type a lambda with a default
            else:
                asked = [each for each in pairs if not state.holds.rejected(name, each[0], kind, peer)]
                if asked:
                    state.holds.add(peer, name, kind, asked, f"{_CHANGES}: {summary}", now)


def mark_as_scanned(planned: FirstPlan, snapshots: Mapping[str, Snapshot], state: State) -> None:
    """Note that the media servers know what this household had before."""
    for item, desired in planned.states.items():
        if item in snapshots and snapshots[item].files:
            note_scanned(state, planned.library.name, item, scan_targets(desired))


def _nodes(state: ItemState) -> Iterator[str]:
    """Yield the nodes that have an item."""
    nodes = {*state.adders, *state.contributors, *(living.node for living in state.copies.values())}
    return (node for node in nodes if has(node, state))
