"""A peer states far more of one item than an item has: the item stops growing, and nothing else waits."""

import msgspec
import pytest

from mesharr.core.events.schema import ItemAdded, UnitGrabbed
from mesharr.core.registry import bounds
from tests.behaviour.events.test_hostile_peers import _import_of, _tail_of
from tests.support.household import MESH, Clock, Household, import_on, settle

Pair = tuple[Household, Household]


def test_what_a_peer_states_too_much_of_one_film_is_kept_and_told_and_all_else_goes_on(
    alice_and_bob: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST", 400)
    alice, bob = alice_and_bob
    first = _import_of("Film 9 (2009)/first.mkv")
    grabs = [UnitGrabbed(library="movies", id="tmdb:9", units=("movie",)) for _ in range(100)]
    last = msgspec.structs.replace(_import_of("Film 9 (2009)/last.mkv"), term=2)
    other = msgspec.structs.replace(
        first.item, id="tmdb:8", ids={"tmdb": 8}, title="Film 8", folder="Film 8 (2009)"
    )
    _tail_of(alice, MESH, first, *grabs, last, ItemAdded(library="movies", item=other))
    settle(clock, bob)
    registry = bob.state.items.state("movies", "tmdb:9")
    assert [each.copy.path for each in registry.copies.values()] == ["Film 9 (2009)/first.mkv"]
    assert len(bob.read_of(alice)) == 103  # all of them are kept
    assert bob.shows(8) == (False, False)
    told = [what for subject, what, *_ in bob.state.refusals.all() if subject.startswith("events:")]
    assert len(told) == 1
    assert f"{alice.node} states too much of Film 9 (movies)" in told[0]
    import_on(clock, bob, alice)
    assert alice.shows(7) == (False, True)
