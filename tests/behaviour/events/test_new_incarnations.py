"""What has a node begin a new stream, and that nothing that waits to be published is lost by it.

Names, files of any content, and the words of a peer can be forged; a line that this node's key signed cannot.
"""

from pathlib import Path

import msgspec
import pytest

from mesharr.core.events.schema import NodeHello, StreamOpened, body_of
from mesharr.log import codec, layout
from mesharr.log.keys import key_text
from mesharr.log.layout import FileName
from mesharr.node.ownership import claimable, queue_claims
from tests.behaviour.events.test_dangers_of_the_log import (
    _added,
    _head,
    _place,
    _said,
    _signed,
    _tails,
    _write_tail,
)
from tests.support.household import Clock, Household, import_on, settle

Pair = tuple[Household, Household]
DAY = 86_400


def _accuse(accuser: Household, accused: Household, clock: Clock) -> None:
    """One household says that it has read the event 999 of the other's present stream."""
    heads = {accused.engine.publisher.stream: (999, "0" * 64)}
    hello = NodeHello(name=accuser.name, key=key_text(accuser.key.public), heads=heads)
    accuser.state.outbox.put("", hello, "", "hello", clock())
    settle(clock, accuser, seconds=20, steps=10)


def _forged(house: Household, content: bytes, *, last: int = 9_999_999_999) -> Path:
    inc = house.engine.publisher.stream.rpartition(".")[2]
    place = _place(house, FileName(house.node, inc, 1, last, "0" * 8, 0))
    place.write_bytes(content)
    return place


def _deletes(house: Household, film: int, clock: Clock) -> None:
    """Have a household delete a film with its file, so that its removal waits for proof."""
    house.radarr.delete(film, delete_files=True)
    house.once()
    assert "item.removed" not in house.events()
    assert clock()


@pytest.mark.parametrize("content", [b"garbage\n", b"{}\n" * 5, b"\0" * 4096, b'{"v":1,"mesh":"x"'])
def test_a_name_under_my_label_at_startup_starts_nothing_and_keeps_nothing_waiting(
    alice_and_bob: Pair, clock: Clock, content: bytes
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    stream = alice.engine.publisher.stream
    _deletes(alice, 7, clock)
    for number in range(3):
        _forged(alice, content, last=9_999_999_000 + number)
        alice.restart()
        settle(clock, alice, seconds=20, steps=4)
        assert alice.engine.publisher.stream == stream
    settle(clock, alice, bob, seconds=3600)
    assert "item.removed" in alice.events()
    assert alice.engine.publisher.stream == stream
    assert _said(alice).asks == ()
    assert bob.movie(7) is None


def test_a_torn_file_of_mine_is_waited_for_for_some_minutes_and_nothing_is_dropped(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    stream = alice.engine.publisher.stream
    _deletes(alice, 7, clock)
    whole = _place(alice, _tails(alice)[-1]).read_bytes()
    torn = _forged(alice, whole[:-50], last=_head(alice)[0] + 1)
    alice.restart()
    before = alice.state.streams.cursor(stream)
    settle(clock, alice, seconds=300, steps=10)
    assert alice.state.streams.cursor(stream) == before
    assert f"{torn.name} bears this node's name and is not whole here" in str(
        alice.state.outages.all()["store"].why if "store" in alice.state.outages.all() else _why(alice)
    )
    settle(clock, alice, bob, seconds=3600)
    assert alice.engine.publisher.stream == stream
    assert "item.removed" in alice.events()
    assert bob.movie(7) is None


def _why(house: Household) -> str:
    try:
        house.engine.exchange()
    except Exception as error:  # noqa: BLE001 - what it says is what is looked for
        return str(error)
    return ""


def test_a_torn_file_with_one_signed_line_that_i_lack_proves_an_old_database(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    stream = alice.engine.publisher.stream
    seq, prev = _head(alice)
    one = _signed(alice, seq + 1, prev, _added(8))
    two = _signed(alice, seq + 2, one.id, _added(9))
    place = _write_tail(alice, one, two)
    place.write_bytes(place.read_bytes()[:-20])
    alice.restart()
    settle(clock, alice, bob)
    assert alice.engine.publisher.stream != stream
    assert _said(alice).events.new_stream.startswith("a new stream since 2026-")


def test_a_forged_fork_in_my_own_stream_at_runtime_starts_nothing(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    stream = alice.engine.publisher.stream
    seq, _ = _head(alice)
    theirs = bob.state.streams.since(bob.engine.publisher.stream, 1)
    _forged(alice, b"".join(event.line + b"\n" for event in theirs), last=seq)
    settle(clock, alice, bob, seconds=3600)
    alice.engine.exchange(audit=True)
    assert alice.engine.publisher.stream == stream


def test_the_word_of_a_peer_begins_a_stream_once_a_month_and_status_says_whose_word_it_was(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    streams = [alice.engine.publisher.stream]
    for _ in range(4):
        _accuse(bob, alice, clock)
        settle(clock, alice, bob, seconds=6 * DAY, steps=30)
        streams.append(alice.engine.publisher.stream)
    assert streams[0] != streams[1]  # it may be true: the database was restored, and the files are gone
    assert set(streams[1:]) == {streams[1]}
    assert f"{bob.node} says that it has read events of this node" in _said(alice).events.new_stream
    clock.forward(10 * DAY)
    _accuse(bob, alice, clock)
    settle(clock, alice, bob)
    assert alice.engine.publisher.stream != streams[1]
    assert alice.shows(7) == (True, True)


def test_a_removal_a_leave_and_a_claim_that_waited_are_published_in_the_new_stream(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    import_on(clock, bob, alice, tmdb=8)
    import_on(clock, alice, bob, tmdb=9)
    stream = alice.engine.publisher.stream
    _accuse(bob, alice, clock)
    alice.radarr.delete(7, delete_files=True)
    alice.radarr.delete(9)
    queue_claims(
        alice.state, [claimable(alice.state, "movies", "tmdb:8", alice.node, ())], "claimed", clock()
    )
    alice.once()
    anew = alice.engine.publisher.stream
    assert anew != stream
    settle(clock, alice, bob, seconds=2 * 3600)
    assert alice.engine.publisher.stream == anew
    told = [row.type for row in alice.state.streams.since(anew, 1)]
    assert told.count("item.removed") == 1
    assert told.count("unit.claimed") == 1
    assert told.count("item.left") == 2
    assert alice.movie(7) is None
    assert alice.movie(9) is None
    assert bob.movie(7) is None
    assert (alice.shows(8), bob.shows(8)) == ((True, True), (False, True))
    assert alice.state.outbox.all() == []


def test_what_waited_and_is_true_no_more_is_dropped(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    _accuse(bob, alice, clock)
    alice.radarr.delete(7, delete_files=True)
    alice.once()
    alice.radarr.add(7)  # wanted after all
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=2 * 3600)
    assert "item.removed" not in alice.events()
    assert alice.shows(7)[1]
    assert bob.movie(7) is not None


def test_stream_opened_closes_what_was_verified_and_no_forged_name(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    old = alice.engine.publisher.stream
    events = alice.drive / ".mesharr" / "events"
    for number in range(1_500):
        name = FileName(alice.node, f"{number:08x}", 1, 9_999_999_999, "0" * 8, 0)
        (events / layout.tail_name(name)).write_bytes(b"{}\n")
    alice.state.db.close()
    alice.started = False
    for path in alice.dir.glob("mesharr.db*"):
        path.unlink()
    alice.restart()
    settle(clock, alice, bob, seconds=3600)
    opened = alice.state.streams.latest(alice.engine.publisher.stream, StreamOpened.type_name)
    assert opened is not None
    body = body_of(opened.type, codec.parse(opened.line).body)
    assert isinstance(body, StreamOpened)
    assert list(body.closes) == [old.rpartition(".")[2]]
    assert bob.state.streams.cursor(alice.engine.publisher.stream)[0] > 0
    assert not any("cannot be published" in what for _, what, _, _ in alice.state.refusals.all())
    assert msgspec.json.encode(body)


@pytest.mark.parametrize("arrives", ["before", "after"])
def test_a_deletion_that_is_not_processed_when_a_new_stream_begins_is_not_lost(
    alice_and_bob: Pair, clock: Clock, arrives: str
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob, tmdb=7)
    import_on(clock, alice, bob, tmdb=8)
    first = alice.engine.publisher.stream
    if arrives == "before":
        alice.radarr.delete(7, delete_files=True)
    alice.engine.publisher._own._reincarnate(clock())
    if arrives == "after":
        alice.radarr.delete(7, delete_files=True)
    settle(clock, alice, bob, seconds=3600)
    assert alice.engine.publisher.stream != first
    assert sorted(set(alice.events()) & {"item.left", "item.removed"}) == ["item.left", "item.removed"]
    assert (alice.movie(7), bob.movie(7)) == (None, None)
    assert bob.shows(8) == (False, True)
    assert (alice.waits(), bob.waits()) == ({}, {})
