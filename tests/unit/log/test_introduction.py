"""How a node that is not trusted introduces itself: what is believed of its files, and who vouches for it."""

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import NodeHello
from mesharr.log import keys
from mesharr.log.codec import Event
from mesharr.log.introduction import MAX_IDS, read_introduction
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    INC,
    MESH,
    OTHER_MESH,
    chain_of,
    content_of,
    name_of,
)

STREAM = f"{ALICE_NODE}.{INC}"


def hello(
    *trusts: str, key: keys.NodeKey = ALICE, heads: dict[str, tuple[int, str]] | None = None
) -> NodeHello:
    return NodeHello(name="alice", key=keys.key_text(key.public), trusts=trusts, heads=heads or {})


def greeting(said: NodeHello, after: list[Event] | None = None, signer: keys.NodeKey = ALICE) -> list[Event]:
    """Return the events of a stream of alice's that end with this hello."""
    before = after or []
    made = chain_of(1, key=signer, after=before, type="node.hello", body=msgspec.json.encode(said))
    return [*before, *made]


def read(events: list[Event], mesh: str = MESH) -> Introduction:
    return read_introduction(content_of(events), name_of(events), mesh)


def test_the_last_hello_counts_with_the_key_that_its_node_is_called_by() -> None:
    events = greeting(hello(BOB_NODE), greeting(hello()))
    found = read(events)
    assert (found.node, found.name, found.key) == (ALICE_NODE, "alice", ALICE.public)
    assert found.trusts == (BOB_NODE,)
    assert (found.first, found.ids) == (1, tuple(event.id for event in events))
    assert found.hlc == events[-1].hlc


def test_events_before_the_hello_name_nothing_and_of_many_the_newest_are_kept() -> None:
    events = chain_of(MAX_IDS, after=greeting(hello(), chain_of(2)))
    found = read([*greeting(hello(), chain_of(2)), *events])
    assert (found.first, found.last, len(found.ids)) == (4, MAX_IDS + 3, MAX_IDS)
    assert read(greeting(hello(), chain_of(2))).first == 3


def spoilt(events: list[Event]) -> bytes:
    return content_of(events).replace(b'"name":"alice"', b'"name":"alicf"')


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (content_of(chain_of(3)), "no node.hello in it"),
        (content_of(greeting(hello(key=BOB))), "no node.hello in it"),
        (content_of(greeting(hello(), signer=BOB)), "signature"),
        (spoilt(greeting(hello())), "signature"),
        (b"garbage\n", "no node.hello in it"),
        (content_of(greeting(hello()))[:-1], "newline|cut|end"),
    ],
)
def test_nobody_is_introduced_by_what_the_named_key_did_not_sign(content: bytes, why: str) -> None:
    events = greeting(hello())
    with pytest.raises(Rejected, match=why):
        read_introduction(content, name_of(events), MESH)


def test_a_hello_of_another_mesh_is_none() -> None:
    with pytest.raises(Rejected):
        read(greeting(hello()), OTHER_MESH)


def test_a_peer_vouches_by_the_id_of_an_event_it_has_read_and_by_that_alone() -> None:
    events = [*greeting(hello(), chain_of(1)), *chain_of(2, after=greeting(hello(), chain_of(1)))]
    found = read(events)
    for event in events[1:]:
        assert found.is_vouched_for(hello(ALICE_NODE, heads={STREAM: (event.seq, event.id)}))
    last = (events[-1].seq, events[-1].id)
    assert not found.is_vouched_for(hello(ALICE_NODE))
    assert not found.is_vouched_for(hello(heads={STREAM: last}))
    assert not found.is_vouched_for(hello(ALICE_NODE, heads={STREAM: (last[0], "0" * 64)}))
    assert not found.is_vouched_for(hello(ALICE_NODE, heads={STREAM: (last[0] + 1, last[1])}))
    # what came before the hello is of whoever signed it: the key is not in it
    assert not found.is_vouched_for(hello(ALICE_NODE, heads={STREAM: (1, events[0].id)}))


def test_a_fingerprint_is_four_words_of_the_keys_hash_that_no_other_bits_share() -> None:
    assert keys.words_of(ALICE.public) == "jinal-jopol-jidog-hitas"
    assert len({keys._word(number) for number in range(0x10000)}) == 0x10000
    # the example of the proquints' author: 127.0.0.1
    assert [keys._word(0x7F00), keys._word(0x0001)] == ["lusab", "babad"]
