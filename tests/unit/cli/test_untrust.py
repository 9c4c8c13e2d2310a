"""`mesharr untrust`: a peer is frozen, and with --forget-removals what it removed counts again."""

import pytest

from mesharr.core.events.schema import ItemRemoved
from mesharr.state.peers import read_peers
from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import Commands

Pair = tuple[Household, Household]


def test_a_frozen_peer_keeps_what_it_removed_until_that_is_forgotten(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    import_on(past, alice, bob)
    film = bob.state.items.state("movies", "tmdb:7")
    body = ItemRemoved(library="movies", id="tmdb:7", seen=film.seen)
    alice.state.outbox.put("tmdb:7", body, "", "deleted in the app", past(), looked=past())
    settle(past, alice, bob)
    assert not bob.state.items.state("movies", "tmdb:7").present
    assert bobs.run("untrust", "alice") == 0
    assert read_peers(str(bob.dir))[0].frozen
    assert not bob.state.items.state("movies", "tmdb:7").present
    assert bobs.run("untrust", "alice", "--forget-removals") == 0
    assert "is frozen since" in bobs.out
    assert "what it removed, renamed or replaced of 1 item counts again in this household" in bobs.out
    assert bob.state.items.state("movies", "tmdb:7").present
    assert ("movies", "tmdb:7") in {(each.library, each.item) for each in bob.state.dirty.all()}


def test_a_frozen_peer_that_writes_on_is_no_stranger(
    bobs: Commands, houses: Pair, past: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = houses
    assert bobs.run("untrust", "alice") == 0
    import_on(past, alice, bob)
    assert "is not trusted here" not in caplog.text
    assert bob.state.node_warnings.unknown() == {}


def test_a_peer_that_removed_nothing_leaves_nothing_to_forget(bobs: Commands, houses: Pair) -> None:
    assert bobs.run("untrust", "alice", "--forget-removals") == 0
    assert "it removed, renamed and replaced nothing" in bobs.out
