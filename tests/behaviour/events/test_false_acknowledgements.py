"""A peer that says it has read what this node never wrote cannot have it begin anew again and again."""

from mesharr.core.events.schema import NodeHello
from mesharr.log.keys import key_text
from tests.support.household import Clock, Household, import_on, settle

Pair = tuple[Household, Household]
DAY = 86_400


def _accuse(alice: Household, bob: Household, clock: Clock) -> None:
    """Alice says that she has read the event 999 of bob's present stream."""
    heads = {bob.engine.publisher.stream: (999, "0" * 64)}
    hello = NodeHello(name="alice", key=key_text(alice.key.public), heads=heads)
    alice.state.outbox.put("", hello, "", "hello", clock())
    settle(clock, alice, bob, seconds=300, steps=30)


def test_the_word_of_one_peer_begins_a_stream_once_a_month(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    streams = [bob.engine.publisher.stream]
    for _ in range(4):
        _accuse(alice, bob, clock)
        streams.append(bob.engine.publisher.stream)
    assert streams[0] != streams[1]  # it may be true: the database was restored, and the files are gone
    assert set(streams[1:]) == {streams[1]}
    clock.forward(29 * DAY)
    _accuse(alice, bob, clock)
    assert bob.engine.publisher.stream == streams[1]
    clock.forward(DAY)
    _accuse(alice, bob, clock)
    assert bob.engine.publisher.stream != streams[1]
    assert bob.shows(7) == (False, True)
