"""A household with a new key: its node as it was before owns its films until it adopts them."""

from pathlib import Path

import pytest

from mesharr.log import keys, layout
from mesharr.node.ownership import adoptable, queue_claims
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import Clock, Household, import_on, make_drive, pair, settle

OWN = (7, 8)
"""What bob's imported."""
ALICES = 9


def _freeze(house: Household, node: str) -> None:
    write_peers(str(house.dir), untrusted(read_peers(str(house.dir)), node, "2026-11-22T18:00:00Z"))


def _with_new_key(root: Path, clock: Clock, old: Household, *peers: Household) -> Household:
    """Return the household with a new key and an empty database; its peers know it by both keys."""
    anew = Household(old.name, root / "anew", old.drive, clock)
    anew.arrs = old.arrs
    old.deaf = True
    anew.trust(*peers)
    for peer in peers:
        peer.trust(anew)
    anew.restart()
    return anew


@pytest.fixture
def three(tmp_path: Path, clock: Clock) -> tuple[Household, Household, Household]:
    """Alice, bob before he lost his key, and carol; each has the films of the others unmonitored."""
    make_drive(tmp_path / "drive")
    houses = [Household(name, tmp_path, tmp_path / "drive", clock) for name in ("alice", "bob", "carol")]
    alice, bob, carol = houses
    for house in houses:
        house.trust(*(each for each in houses if each is not house))
    settle(clock, *houses, seconds=60, steps=6)
    for tmdb in OWN:
        import_on(clock, bob, alice, carol, tmdb=tmdb)
    import_on(clock, alice, bob, carol, tmdb=ALICES)
    return alice, bob, carol


def _adopt(house: Household, node: str) -> set[str]:
    """Take over what a node owned, as `adopt` does; return the items."""
    found = adoptable(house.state, ["movies"], house.node, (node,), ownerless=False)
    queue_claims(house.state, found.takeovers, "adopted", house.clock())
    return {each.item for each in found.takeovers}


def _flags(house: Household) -> dict[int, bool]:
    return {tmdb: house.shows(tmdb)[0] for tmdb in (*OWN, ALICES)}


BOBS = dict.fromkeys(OWN, True) | {ALICES: False}


def test_what_a_household_owned_under_its_old_key_stays_monitored_in_its_app(
    three: tuple[Household, Household, Household], tmp_path: Path, clock: Clock
) -> None:
    alice, bob, carol = three
    anew = _with_new_key(tmp_path, clock, bob, alice, carol)
    settle(clock, anew, alice, carol, seconds=3600, steps=8)
    _freeze(alice, bob.node)
    anew.trust(bob)  # `accept`: what it published is read again
    settle(clock, anew, alice, carol, seconds=24 * 3600, steps=8)
    anew.once(compare=True)
    settle(clock, anew, alice, carol, seconds=3600, steps=8)
    assert anew.state.items.state("movies", "tmdb:7").owner_of("movie") == bob.node
    assert _flags(anew) == BOBS
    _freeze(anew, bob.node)
    settle(clock, anew, alice, carol, seconds=24 * 3600, steps=8)
    assert _flags(anew) == BOBS
    assert _adopt(anew, bob.node) == {f"tmdb:{tmdb}" for tmdb in OWN}
    settle(clock, anew, alice, carol, seconds=3600, steps=8)
    assert _flags(anew) == BOBS
    assert _flags(alice) == {7: False, 8: False, 9: True}
    assert _flags(carol) == dict.fromkeys((*OWN, ALICES), False)
    assert carol.state.items.state("movies", "tmdb:7").owner_of("movie") == anew.node


def test_with_its_database_it_needs_no_other_events_to_adopt_and_its_app_stays_as_it_is(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = pair(tmp_path, clock)
    import_on(clock, bob, alice)
    before = bob.node
    (bob.dir / "node.key").unlink()
    bob.key = keys.generate(str(bob.dir / "node.key"))
    bob.node = layout.node_id(bob.name, bob.key.public)
    bob.restart()
    alice.trust(bob)
    _freeze(alice, before)
    settle(clock, bob, alice, seconds=3600, steps=8)
    bob.once(compare=True)
    settle(clock, bob, alice, seconds=3600, steps=8)
    assert (bob.shows(7)[0], alice.shows(7)[0]) == (True, False)
    assert _adopt(bob, before) == {"tmdb:7"}
    settle(clock, bob, alice, seconds=3600, steps=8)
    assert alice.state.items.state("movies", "tmdb:7").owner_of("movie") == bob.node
    assert (bob.shows(7)[0], alice.shows(7)[0]) == (True, False)


def test_another_household_of_the_same_name_is_a_peer(tmp_path: Path, clock: Clock) -> None:
    make_drive(tmp_path / "drive")
    one, other = (Household("bob", tmp_path / place, tmp_path / "drive", clock) for place in ("one", "other"))
    one.trust(other)
    other.trust(one)
    settle(clock, one, other, seconds=3600, steps=8)
    import_on(clock, one, other)
    assert (one.shows(7)[0], other.shows(7)[0]) == (True, False)
