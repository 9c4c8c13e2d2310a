"""Who vouches for a node that is not trusted."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import NodeHello
from mesharr.core.hlc import text_of
from mesharr.node.status.introductions import unknown_nodes, unknown_text
from mesharr.state.peers import Peer

CAROL = "carol-00000003"


def test_a_node_with_the_name_of_this_one_is_no_newcomer_to_be_accepted() -> None:
    before = "bob-00000007"
    state = SimpleNamespace(
        node_warnings=SimpleNamespace(unknown=lambda: {before: 1}),
        introductions=SimpleNamespace(all=dict),
    )
    (found,) = unknown_nodes(cast(Any, state), "bob-00000009", ())
    assert (found.is_own_name, found.is_namesake) == (True, True)
    said = unknown_text(found)
    assert f"mesharr adopt --from {before}" in said
    assert "mesharr accept" not in said


def test_of_two_peers_of_one_name_each_may_vouch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Introduction(
        stream=f"{CAROL}.00000000", key=bytes(32), trusts=(), hlc=text_of(1), first=1, ids=("a" * 64,)
    )
    vouches = SimpleNamespace(trusts={CAROL}, heads={asked.stream: (1, "a" * 64)})
    says_nothing = SimpleNamespace(trusts=set(), heads={})
    hellos = {"alice-00000001": vouches, "alice-00000002": says_nothing}

    def hello(_state: object, node: str) -> NodeHello:
        return cast(NodeHello, hellos[node])

    monkeypatch.setattr("mesharr.node.status.introductions.newest_hello", hello)
    state = SimpleNamespace(
        node_warnings=SimpleNamespace(unknown=lambda: {CAROL: 1}),
        introductions=SimpleNamespace(all=lambda: {CAROL: asked}),
    )
    peers = [Peer(node, "alice", "k" * 43, "2026-11-22T18:19:24Z") for node in hellos]
    (carol,) = unknown_nodes(cast(Any, state), "bob-00000009", peers)
    assert carol.introduced_by == ("alice",)
