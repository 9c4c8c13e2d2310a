"""`mesharr join` and `mesharr accept`: a newcomer asks by its hello, and a peer accepts it by its name."""

from pathlib import Path

import pytest

from mesharr.cli.app import run
from mesharr.core.events.introduction import Introduction
from mesharr.core.hlc import text_of
from mesharr.daemon.introductions import accept_introduced
from mesharr.log.keys import NodeKey, Token, token_text, words_of
from mesharr.log.layout import node_id
from mesharr.node.inward.streams.strangers import BYTES_AN_HOUR, FILES_A_LOOK
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import MESH, Clock, Household, settle
from tests.unit.cli.house import Commands, Output

Pair = tuple[Household, Household]


def household(name: str, beside: Household, clock: Clock) -> Household:
    return Household(name, beside.dir.parent, beside.drive, clock)


@pytest.fixture
def carol(houses: Pair, past: Clock) -> Household:
    """Carol's node, which nobody trusts yet and which trusts nobody."""
    return household("carol", houses[0], past)


@pytest.fixture
def carols(carol: Household, capsys: Output) -> Commands:
    return Commands(carol, capsys)


def token_of(house: Household) -> str:
    return token_text(Token(MESH, house.name, house.key.public))


def trusted_by(house: Household) -> set[str]:
    return {peer.node for peer in read_peers(str(house.dir)) if not peer.frozen}


def test_a_newcomer_is_accepted_by_its_name_and_its_events_are_applied_without_a_restart(
    houses: Pair, carol: Household, carols: Commands, bobs: Commands, past: Clock
) -> None:
    _, bob = houses
    assert carols.run("join", token_of(bob)) == 0
    assert trusted_by(carol) == {bob.node}
    for each in (bob, carol):
        assert f"{each.node}: {words_of(each.key.public)}" in carols.out
    carol.radarr.add(7)
    settle(past, carol, bob, seconds=60, steps=6)
    assert bob.movie(7) is None
    assert not any(row.stream.startswith(carol.node) for row in bob.state.streams.all())

    (asks,) = bobs.json("accept")["unknown"]
    assert (asks["name"], asks["asks"], asks["introduced_by"]) == ("carol", True, [])
    assert asks["words"] == words_of(carol.key.public)
    for command in ("accept", "peers", "status"):
        bobs.run(command)
        assert f"carol asks to join: its fingerprint words are {asks['words']}" in bobs.out
        assert "mesharr accept carol" in bobs.out

    assert bobs.run("accept", "carol") == 0
    assert f"{carol.node} is trusted; its fingerprint words: {asks['words']}" in bobs.out
    assert f"this node, {bob.node}: {words_of(bob.key.public)}" in bobs.out
    settle(past, carol, bob, seconds=120, steps=12)
    assert bob.movie(7) is not None
    assert bobs.json("peers")["unknown"] == []
    assert {row["name"]: row["trusts_me"] for row in bobs.json("peers")["peers"]}["carol"] is True


def test_a_node_that_does_not_run_reads_the_requests_when_it_is_asked(
    houses: Pair, carol: Household, carols: Commands, bobs: Commands, past: Clock
) -> None:
    carols.run("join", token_of(houses[1]))
    settle(past, carol, seconds=60, steps=6)
    assert bobs.run("accept", "carol") == 0
    assert carol.node in trusted_by(houses[1])


def test_the_peers_of_the_inviter_are_told_who_introduces_the_newcomer(
    houses: Pair, carol: Household, carols: Commands, bobs: Commands, past: Clock
) -> None:
    alice, bob = houses
    carols.run("join", token_of(alice))
    settle(past, carol, alice, bob, seconds=60, steps=6)
    alice.trust(carol)
    settle(past, carol, alice, bob, seconds=2 * 3600, steps=24)
    (asks,) = bobs.json("accept")["unknown"]
    assert (asks["asks"], asks["introduced_by"]) == (False, ["alice"])
    bobs.run("accept")
    assert "carol is in this mesh, not trusted here (introduced by alice)" in bobs.out
    assert bobs.run("accept", "carol") == 0
    assert "carol has to trust this node too" in bobs.out
    # and the other way round: the newcomer finds the inviter's peers by the inviter's word
    assert [(each["name"], each["introduced_by"]) for each in carols.json("accept")["unknown"]] == [
        ("bob", ["alice"])
    ]


def test_who_is_introduced_is_trusted_by_itself_only_where_the_config_says_so(
    houses: Pair, carol: Household, carols: Commands, past: Clock
) -> None:
    alice, bob = houses
    carols.run("join", token_of(alice))
    settle(past, carol, alice, bob, seconds=60, steps=6)
    accept_introduced(str(bob.dir), bob.state, bob.node, past.ms)
    assert trusted_by(bob) == {alice.node}, "alice does not trust her yet"
    alice.trust(carol)
    settle(past, carol, alice, bob, seconds=2 * 3600, steps=24)
    assert trusted_by(bob) == {alice.node}, "asking is the default"
    accept_introduced(str(bob.dir), bob.state, bob.node, past.ms)
    assert trusted_by(bob) == {alice.node, carol.node}
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), carol.node, "2026-11-22T18:00:00Z"))
    settle(past, carol, alice, bob, seconds=600, steps=6)
    accept_introduced(str(bob.dir), bob.state, bob.node, past.ms)
    assert trusted_by(bob) == {alice.node}, "who was untrusted stays so"


def test_a_frozen_peer_introduces_nobody(
    houses: Pair, carol: Household, carols: Commands, bobs: Commands, past: Clock
) -> None:
    alice, bob = houses
    carols.run("join", token_of(alice))
    alice.trust(carol)
    settle(past, carol, alice, bob, seconds=2 * 3600, steps=24)
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), alice.node, "2026-11-22T18:00:00Z"))
    (asks,) = bobs.json("accept")["unknown"]
    assert asks["introduced_by"] == []


def test_garbage_under_many_names_is_read_within_bounds_and_a_true_request_is_found(
    houses: Pair, carol: Household, carols: Commands, bobs: Commands, past: Clock
) -> None:
    _, bob = houses
    events = bob.drive / ".mesharr/events"
    for number in range(3 * FILES_A_LOOK):
        name = f"eve-{number:08x}.00000000.0000000001-0000000009.00000000.0.jsonl"
        (events / name).write_bytes(b"{}\n" * 9)
    # and under the newcomer's own label: a name that claims to be newer
    (events / f"{carol.node}.00000000.0000000001-0000009999.00000000.0.jsonl").write_bytes(b"{}\n")
    carols.run("join", token_of(bob))
    for _ in range(6):  # as many looks as one may need: the poll of a daemon, here in a row
        settle(past, carol, bob, seconds=60, steps=1)
        bob.engine.follower.step(past.ms)
    said = {each["node"]: each["words"] for each in bobs.json("peers")["unknown"]}
    assert said.pop(carol.node) == words_of(carol.key.public)
    assert set(said.values()) == {""}
    assert bob.state.quarantine.all() == []
    assert FILES_A_LOOK * 4 * 1024 * 1024 <= BYTES_AN_HOUR


def test_nobody_is_accepted_by_a_name_that_is_not_there_or_is_of_two(
    houses: Pair, carols: Commands, carol: Household, bobs: Commands, past: Clock, tmp_path: Path
) -> None:
    _, bob = houses
    assert bobs.run("accept", "carol") == 2
    assert "no node called carol asks to join" in bobs.err
    assert bobs.run("accept") == 0
    assert "nobody asks to join" in bobs.out
    bob.state.node_warnings.note_unknown([], 1)
    carols.run("join", token_of(bob))
    settle(past, carol, seconds=60, steps=6)
    name = f"carol-00000000.00000000.{1:010}-{1:010}.00000000.0.jsonl"
    (bob.drive / ".mesharr/events" / name).write_bytes(b"{}\n")
    assert bobs.run("accept", "carol") == 2
    assert f"carol-00000000, {carol.node}" in bobs.err
    assert bobs.run("accept", "carol-00000000") == 2
    assert "nothing was read of carol-00000000 yet that its key signed" in bobs.err
    assert bobs.run("accept", carol.node) == 0


def test_who_has_the_name_of_a_peer_and_another_key_is_marked(
    houses: Pair, bobs: Commands, past: Clock, tmp_path: Path
) -> None:
    other = Household("alice", tmp_path / "other", houses[0].drive, past)
    other.trust(houses[1])
    settle(past, other, seconds=60, steps=6)
    (asks,) = bobs.json("accept")["unknown"]
    assert (asks["name"], asks["asks"], asks["is_namesake"]) == ("alice", True, True)
    bobs.run("accept")
    assert "you know alice by another key: beware" in bobs.out
    assert bobs.run("accept", "alice") == 0
    assert "another peer is called alice too" in bobs.err


def test_a_token_of_another_mesh_joins_nothing(houses: Pair, carols: Commands, carol: Household) -> None:
    assert carols.run("join", token_text(Token("0" * 16, "bob", houses[1].key.public))) == 2
    assert "the token is for another mesh" in carols.err
    assert trusted_by(carol) == set()


def test_join_names_a_library_that_is_not_the_meshs(houses: Pair, carols: Commands, carol: Household) -> None:
    (carol.drive / "Movies" / ".mesharr-anchor").unlink(missing_ok=True)
    anchor = carol.library / ".mesharr-anchor"
    anchor.unlink(missing_ok=True)
    assert carols.run("join", token_of(houses[1])) == 0
    assert "mesharr init --anchor movies" in carols.err
    assert trusted_by(carol) == {houses[1].node}


def test_the_words_of_this_node_are_printed_beside_its_token(bobs: Commands, houses: Pair) -> None:
    assert bobs.run("token") == 0
    assert bobs.out.startswith("mesharr1:")
    assert bobs.out.count("\n") == 1
    assert words_of(houses[1].key.public) in bobs.err


def test_all_who_ask_are_accepted_at_once_but_whoever_uses_the_name_of_a_peer(
    houses: Pair, bobs: Commands
) -> None:
    alice, bob = houses
    asking = [NodeKey(bytes([n]) * 32) for n in (1, 2)]
    labels = [_introduced(bob, name, key) for name, key in zip(("carol", "dave"), asking, strict=True)]
    namesake = _introduced(bob, "alice", NodeKey(bytes([3]) * 32))
    stranger = _introduced(bob, "eve", NodeKey(bytes([4]) * 32), trusts=alice.node)
    for label in (*labels, namesake, stranger):
        (bob.drive / f".mesharr/events/{label}.5e2f91aa.0000000001-0000000009.00000000.0.jsonl").touch()
    assert bobs.run("accept", "--all") == 2
    assert "add --yes" in bobs.err, "nobody compares the words"
    assert bobs.run("accept", "carol", "--all") == 2
    assert trusted_by(bob) == {alice.node}
    assert bobs.run("accept", "--all", "--yes") == 0
    assert trusted_by(bob) == {alice.node, *labels}
    assert all(words_of(key.public) in bobs.out for key in asking)
    assert "you know alice by another key: beware" in bobs.out


def test_who_joins_without_a_config_and_without_a_terminal_reads_what_to_run_first(
    houses: Pair, tmp_path: Path, capsys: Output
) -> None:
    nowhere = tmp_path / "nowhere"
    assert run(["--config-dir", str(nowhere), "join", token_of(houses[1])], {}) == 2
    assert "mesharr init --yes, then: mesharr join TOKEN" in capsys.readouterr().err
    assert run(["--config-dir", str(nowhere), "join", "mesharr1:torn"], {}) == 2
    assert "mesharr init" not in capsys.readouterr().err, "the token is looked at first"
    assert not nowhere.exists()


def _introduced(house: Household, name: str, key: NodeKey, trusts: str = "") -> str:
    """Have a node introduce itself to a household; return its label."""
    label = node_id(name, key.public)
    found = Introduction(
        stream=f"{label}.5e2f91aa",
        key=key.public,
        trusts=(trusts or house.node,),
        hlc=text_of(1_795_000_000_000),
        first=1,
        ids=(),
    )
    house.state.introductions.note(found, 1)
    return label
