"""The nodes that write to this mesh and are not trusted: their keys, and who vouches."""

from collections.abc import Iterable

import msgspec

from mesharr.core.errors import Refused
from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import NodeHello
from mesharr.core.hlc import text_of, time_text
from mesharr.core.text import author_of, name_of, short_names
from mesharr.log import keys
from mesharr.node.model import Trusted
from mesharr.node.ownership import newest_hello
from mesharr.node.status.model import PeerReport, UnknownNode
from mesharr.state.peers import Peer
from mesharr.state.state import State


def unknown_nodes(state: State, node: str, peers: Iterable[Peer | Trusted]) -> tuple[UnknownNode, ...]:
    """Return the nodes that write to this mesh and were never trusted by this one (`node`).

    Without this node as it was before a new key, once it was adopted: unless somebody writes as it since.
    """
    known = {peer.node: peer for peer in peers}
    listed = {each: since for each, since in state.node_warnings.unknown().items() if each not in known}
    if not listed:
        return ()
    short = short_names([*filter(None, [node]), *known, *listed])
    hellos = [
        (short[peer.node], hello)
        for peer in known.values()
        if not peer.frozen and (hello := newest_hello(state, peer.node))
    ]
    introductions, own_name = state.introductions.all(), name_of(node)
    adopted = state.node_warnings.adopted()
    applied = {author_of(row.stream) for row in state.streams.all() if row.seq}
    names = {own_name, *(peer.name for peer in known.values())}
    found = (
        _unknown_node(each, since, introductions.get(each), node, hellos)
        for each, since in listed.items()
        if not (name_of(each) == own_name and _is_silent(introductions.get(each), adopted.get(each, 0)))
    )
    return tuple(
        msgspec.structs.replace(
            each,
            called=short[each.node],
            is_namesake=each.name in names,
            is_own_name=each.name == own_name,
            is_known=each.node in applied,
        )
        for each in found
    )


def _is_silent(introduction: Introduction | None, since: int) -> bool:
    """Return whether a node has introduced itself no more since a time (ms), 0 for never."""
    return since > 0 and (introduction is None or introduction.hlc <= text_of(since))


def _unknown_node(
    label: str,
    since: int,
    introduction: Introduction | None,
    me: str,
    hellos: Iterable[tuple[str, NodeHello]],
) -> UnknownNode:
    """Return such a node; `hellos` are those of the peers, with their names."""
    name = name_of(label)
    if introduction is None:
        return UnknownNode(node=label, name=name, since=time_text(since))
    return UnknownNode(
        node=label,
        name=name,
        since=time_text(since),
        key=keys.key_text(introduction.key),
        words=keys.words_of(introduction.key),
        asks=me in introduction.trusts,
        introduced_by=tuple(peer for peer, hello in hellos if introduction.is_vouched_for(hello)),
    )


def unknown_text(unknown: UnknownNode) -> str:
    """Return what a user is told of such a node, with the command for it."""
    if unknown.is_own_name:
        return (
            f"{unknown.node} has the name of this node: if you made a new key, it is your node as it was: "
            f"{takeover_text(unknown)}; if not, somebody borrows the name"
        )
    if not unknown.key:
        return f"{unknown.node} writes to this mesh and is not trusted here: mesharr trust TOKEN"
    who = (
        f"{unknown.called} asks to join"
        if unknown.asks
        else f"{unknown.called} is in this mesh, not trusted here"
    )
    by = f" (introduced by {', '.join(unknown.introduced_by)})" if unknown.introduced_by else ""
    same = f"; you know {unknown.name} by another key: beware" if unknown.is_namesake else ""
    return (
        f"{who}{by}: its fingerprint words are {unknown.words}; when {unknown.called} reads out the same: "
        f"mesharr accept {unknown.called}{same}"
    )


def takeover_text(unknown: UnknownNode) -> str:
    """Return how this node takes over what it owned before a new key."""
    node = unknown.node
    if unknown.is_known:
        return f"mesharr adopt --from {node} takes over what it owned"
    return f"mesharr accept {node} reads what it published, {after_reading(node)} take over what it owned"


def after_reading(node: str) -> str:
    """Return the commands for a node that is trusted for what it published alone, once it is."""
    return f"then, {once_read(node)}"


def once_read(node: str) -> str:
    """Return the commands for a node that is trusted for what it published alone."""
    return (
        f"once mesharr peers has its last word and it is behind by 0 events, "
        f"mesharr untrust {node} and mesharr adopt --from {node}"
    )


def former_self_text(peer: PeerReport) -> str:
    """Return what a user is told of a trusted peer that is this node before a new key."""
    return (
        f"{peer.node} has the name of this node: if you made a new key, it is your node as it was: "
        f"{once_read(peer.node)} take over what it owned"
    )


def distrust_text(peer: str, me: str) -> str:
    """Return what a user is told of a peer that does not trust this node (`me`) yet."""
    name = name_of(me) or "NODE"
    return (
        f"{peer} does not trust you yet: have them run mesharr accept {name}, "
        "or send them your token (mesharr token)"
    )


def find_unknown(unknown: Iterable[UnknownNode], word: str) -> UnknownNode:
    """Return the node of a name or label; raise `Refused` for none, several, or one unread."""
    nodes = tuple(unknown)
    found = [each for each in nodes if word in {each.node, each.name}]
    listed = ", ".join(each.node for each in found or nodes) or "none"
    if not found:
        raise Refused(f"no node called {word} asks to join", f"known: {listed}")
    if len(found) > 1:
        raise Refused(f"several nodes are called {word}", f"name one by its node: {listed}")
    if not found[0].key:
        raise Refused(
            f"nothing was read of {found[0].node} yet that its key signed",
            "try again in a minute while mesharr runs here, or: mesharr trust TOKEN",
        )
    return found[0]
