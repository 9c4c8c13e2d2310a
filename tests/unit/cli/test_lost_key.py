"""A household that lost its key: each command it is told leads to owning again what it owned."""

import re
from pathlib import Path

import pytest

from mesharr.log import keys, layout
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import Commands, Output

Pair = tuple[Household, Household]


def _freeze(house: Household, node: str) -> None:
    write_peers(str(house.dir), untrusted(read_peers(str(house.dir)), node, "2026-11-22T18:00:00Z"))


def _go_on(past: Clock, *houses: Household) -> None:
    past.ms += 3_600_000  # the commands were run by the real clock
    settle(past, *houses, seconds=3600, steps=20)


@pytest.fixture
def anew(houses: Pair, past: Clock, tmp_path: Path) -> Household:
    """Bob's with a new key and an empty database; alice trusts it by that key alone."""
    alice, bob = houses
    import_on(past, bob, alice)
    anew = Household("bob", tmp_path / "anew", alice.drive, past)
    anew.arrs = bob.arrs
    anew.trust(alice)
    alice.trust(anew)
    _freeze(alice, bob.node)
    settle(past, anew, alice, seconds=3600, steps=20)
    return anew


def _owner(house: Household) -> str:
    return house.state.items.state("movies", "tmdb:7").owner_of("movie")


def test_who_lost_the_database_too_reads_its_old_events_before_it_adopts(
    houses: Pair, anew: Household, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    bobs = Commands(anew, capsys)
    for words in (("status",), ("accept",), ("peers",), ("doctor",)):
        bobs.run(*words)
        assert f"mesharr accept {bob.node} reads what it published" in bobs.out, words
    assert bobs.run("adopt", "--from", bob.node) == 1
    assert f"no event of {bob.node} was read here: mesharr accept {bob.node}, then, once" in bobs.err
    assert bobs.run("accept", bob.node) == 0
    assert f"mesharr untrust {bob.node} and mesharr adopt --from {bob.node}" in bobs.out
    assert bobs.run("adopt", "--from", bob.node) == 1
    assert f"no event of {bob.node} was read here: let mesharr run here, then, once" in bobs.err
    _go_on(past, anew)
    for command in ("peers", "doctor"):
        bobs.run(command)
        assert "does not trust you" not in bobs.out, command
        assert f"mesharr untrust {bob.node} and mesharr adopt --from {bob.node}" in bobs.out, command
    assert bobs.json("peers")["peers"][1]["trusts_me"] is None
    assert bobs.run("untrust", bob.node) == 0
    assert bobs.run("adopt", "--from", bob.node) == 0
    assert "adopted 1 item" in bobs.out
    _go_on(past, anew, alice)
    assert (_owner(alice), _owner(anew)) == (anew.node, anew.node)


def test_who_froze_its_old_node_before_it_was_read_is_given_the_command_that_trusts_it(
    houses: Pair, anew: Household, past: Clock, capsys: Output
) -> None:
    bob, bobs = houses[1], Commands(anew, capsys)
    bobs.run("accept", bob.node)
    bobs.run("untrust", bob.node)
    assert bobs.run("adopt", "--from", bob.node) == 1
    found = re.search(r"mesharr (trust \S+), then, once", bobs.err)
    assert found, bobs.err
    assert bobs.run(*found[1].split()) == 0
    _go_on(past, anew)
    bobs.run("untrust", bob.node)
    assert bobs.run("adopt", "--from", bob.node) == 0
    assert "adopted 1 item" in bobs.out


def test_who_has_the_database_still_adopts_at_once(houses: Pair, past: Clock, capsys: Output) -> None:
    alice, bob = houses
    import_on(past, bob, alice)
    before = bob.node
    (bob.dir / "node.key").unlink()
    bob.key = keys.generate(str(bob.dir / "node.key"))
    bob.node = layout.node_id("bob", bob.key.public)
    bob.restart()
    alice.trust(bob)
    _freeze(alice, before)
    _go_on(past, bob, alice)
    bobs = Commands(bob, capsys)
    bobs.run("status")
    assert f"mesharr adopt --from {before} takes over what it owned" in bobs.out
    assert bobs.run("adopt", "--from", before) == 0
    assert "adopted 1 item" in bobs.out
    _go_on(past, bob, alice)
    assert (_owner(alice), _owner(bob)) == (bob.node, bob.node)
