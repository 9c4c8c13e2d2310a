"""`mesharr peers`: how far this node follows its peers, and how far they follow it."""

from mesharr.core.hlc import time_text
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import Clock, Household, import_on, settle
from tests.unit.cli.house import HOUR_MS, Commands, Output

Pair = tuple[Household, Household]

KEYS = {
    "node",
    "name",
    "fingerprint",
    "words",
    "since",
    "frozen",
    "lag",
    "last_seen",
    "left",
    "acknowledged",
    "adopted",
    "called",
    "is_former_self",
    "trusts_me",
    "uploads",
    "version",
    "why",
}


def test_a_peer_in_step_has_no_lag_and_trusts_me(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    settle(past, alice, bob, seconds=26 * 3600, steps=60)
    bobs.run("status")
    assert "behind by  last word" in bobs.out
    assert bobs.run("peers") == 0
    assert "behind by  last word" in bobs.out
    (row,) = bobs.json("peers")["peers"]
    assert set(row) == KEYS
    assert (row["node"], row["name"], row["lag"], row["frozen"]) == (alice.node, "alice", 0, None)
    assert row["trusts_me"] is True
    assert row["acknowledged"] > 0
    assert row["last_seen"].endswith("Z")
    assert "does not trust you" not in bobs.out


def test_what_a_peer_has_used_of_its_daily_limit_is_shown_and_is_no_reason_for_a_hello(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    settle(past, alice, bob, seconds=2 * 3600, steps=6)
    assert bobs.json("peers")["peers"][0]["uploads"] is None
    said = alice.state.node.get().hello_at
    alice.state.node.note_uploads_limit(700 * 10**9)
    alice.state.uploads.note_sent(120 * 10**9, past())
    settle(past, alice, bob, seconds=60, steps=2)
    assert alice.state.node.get().hello_at == said
    alice.state.node.owe_hello(past() - HOUR_MS)
    settle(past, alice, bob, seconds=60, steps=4)
    (row,) = bobs.json("peers")["peers"]
    assert row["uploads"] == {
        "limit": 700 * 10**9,
        "sent": 120 * 10**9,
        "waiting": 0,
        "at": time_text(alice.state.node.get().hello_at),
    }
    line = "uploads of alice: 120.0 GB of 700.0 GB sent in 24 hours, as of "
    for command in ("peers", "status"):
        bobs.run(command)
        assert line in bobs.out


def test_a_peer_that_does_not_trust_me_is_to_be_sent_my_token(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    write_peers(str(alice.dir), ())
    settle(past, alice, bob, seconds=60, steps=6)
    bobs.run("peers")
    assert "alice does not trust you yet: have them run mesharr accept bob" in bobs.out
    assert bobs.json("peers")["peers"][0]["trusts_me"] is False


def test_events_that_were_seen_and_not_applied_are_the_lag(bobs: Commands, houses: Pair) -> None:
    alice, bob = houses
    stream = alice.engine.publisher.stream
    bob.state.streams.note_gap(stream, bob.state.streams.cursor(stream)[0] + 5, 1)
    (row,) = bobs.json("peers")["peers"]
    assert row["lag"] == 5
    assert "not readable here since" in row["why"]


def test_an_acknowledgement_of_an_earlier_stream_does_not_count_for_the_present_one(
    bobs: Commands, houses: Pair, past: Clock
) -> None:
    alice, bob = houses
    settle(past, alice, bob, seconds=26 * 3600, steps=60)
    bob.state.own_streams.begin("00000000")
    assert bobs.json("peers")["peers"][0]["acknowledged"] == 0


def test_a_frozen_peer_is_no_unknown_node(bobs: Commands, houses: Pair, past: Clock) -> None:
    alice, bob = houses
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), alice.node, "2026-11-22T18:00:00Z"))
    import_on(past, alice, bob)
    said = bobs.json("peers")
    assert said["peers"][0]["frozen"] == "2026-11-22T18:00:00Z"
    assert said["unknown"] == []


def test_unknown_nodes_are_named_with_the_command_to_trust_them(
    bobs: Commands, houses: Pair, past: Clock, capsys: Output
) -> None:
    alice, bob = houses
    carol = Household("carol", alice.dir.parent, alice.drive, past)
    settle(past, carol, bob, seconds=60, steps=6)
    assert [each["node"] for each in bobs.json("peers")["unknown"]] == [carol.node]
    bobs.run("peers")
    assert "carol is in this mesh, not trusted here: its fingerprint words are " in bobs.out
    assert "mesharr accept carol" in bobs.out


def test_peers_answer_without_a_config(bobs: Commands, houses: Pair) -> None:
    (bobs.config / "mesharr.yml").unlink()
    (row,) = bobs.json("peers")["peers"]
    assert row["trusts_me"] is None
