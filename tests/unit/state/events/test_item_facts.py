"""The state of an item is made of the events that count, however many others a node has read."""

import pytest

from mesharr.core.registry import bounds
from mesharr.core.registry.facts import Cuts
from mesharr.core.registry.identity.one_item import Aliases
from mesharr.state.events.item_facts import ItemFacts, ItemVersion
from mesharr.state.events.runs import PlacedEvent
from tests.unit.log.samples import ALICE_NODE, INC, chain_of

STREAM = f"{ALICE_NODE}.{INC}"
GRABBED = b'{"library":"movies","id":"tmdb:1","units":["movie"]}'


def test_who_read_further_into_a_branch_that_is_cut_off_holds_the_same_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MOST", 15)
    chain = chain_of(8, type="unit.grabbed", body=GRABBED)
    events = [PlacedEvent(each.seq, STREAM, each.seq, each.id, each.line) for each in chain]
    version = ItemVersion(Aliases("tmdb:1"), (8,), Cuts(forks={STREAM: 5}))
    short, long = (ItemFacts("movies", version, {"tmdb:1": read}).folded() for read in (events[:4], events))
    assert short.left_out == {STREAM: 1}
    assert long.encoded() == short.encoded()
