"""Who vouches for a node that is not trusted."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import NodeHello
from mesharr.core.hlc import text_of
from mesharr.node.status.introductions import unknown_nodes, unknown_text
from mesharr.state.peers import Peer

CAROL = "carol-00000003"


def _state(
    node: str, *said: Introduction, adopted: Mapping[str, int] | None = None, applied: tuple[str, ...] = ()
) -> Any:
    return SimpleNamespace(
        node_warnings=SimpleNamespace(unknown=lambda: {node: 1}, adopted=lambda: adopted or {}),
        introductions=SimpleNamespace(all=lambda: {each.node: each for each in said}),
        streams=SimpleNamespace(
            all=lambda: [SimpleNamespace(stream=f"{each}.00000000", seq=1) for each in applied]
        ),
    )


def test_a_node_with_the_name_of_this_one_is_no_newcomer_to_be_accepted() -> None:
    before = "bob-00000007"
    (found,) = unknown_nodes(_state(before, applied=(before,)), "bob-00000009", ())
    assert (found.is_own_name, found.is_namesake) == (True, True)
    said = unknown_text(found)
    assert f"mesharr adopt --from {before}" in said
    assert "mesharr accept" not in said


@pytest.mark.parametrize(
    ("adopted", "is_shown"), [({}, True), ({"bob-00000007": 5}, False), ({"bob-00000007": 4}, True)]
)
def test_this_node_with_its_old_key_is_shown_until_it_was_adopted_and_again_once_it_writes(
    adopted: dict[str, int], is_shown: bool
) -> None:
    before = "bob-00000007"
    said = Introduction(
        stream=f"{before}.00000000", key=bytes(32), trusts=(), hlc=text_of(5), first=1, ids=("a" * 64,)
    )
    state = _state(before, said, adopted=adopted)
    assert [each.node for each in unknown_nodes(state, "bob-00000009", ())] == [before] * is_shown


def test_an_adopted_node_of_another_name_may_still_ask_to_join() -> None:
    assert unknown_nodes(_state(CAROL, adopted={CAROL: 9}), "bob-00000009", ())


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
    state = _state(CAROL, asked)
    peers = [Peer(node, "alice", "k" * 43, "2026-11-22T18:19:24Z") for node in hellos]
    (carol,) = unknown_nodes(state, "bob-00000009", peers)
    assert carol.introduced_by == ("alice-00000001",), "by its id: there are two of that name"
