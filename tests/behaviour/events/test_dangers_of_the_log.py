"""For each thing that may be wrong with a stream of events: what shows it, and what the node then does."""

import contextlib
import os
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.core.errors import Refused
from mesharr.core.events.schema import Body, Item, ItemAdded, NodeHello
from mesharr.core.hlc import text_of
from mesharr.log import codec, layout, writer
from mesharr.log.keys import key_text
from mesharr.log.layout import FileName
from mesharr.log.store.folder import Store
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import FILMS, MESH, Clock, Household, import_on, settle

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY_MS = 24 * 3_600_000
Pair = tuple[Household, Household]


def _events_folder(house: Household) -> Path:
    return house.drive / ".mesharr" / "events"


def _tails(house: Household) -> list[FileName]:
    """Return the tails of a household's present stream, the newest last."""
    names = [name for text in os.listdir(_events_folder(house)) if (name := layout.parse_tail(text))]
    mine = [name for name in names if name.stream == house.engine.publisher.stream]
    return sorted(mine, key=lambda name: (name.last, name.k))


def _place(house: Household, name: FileName) -> Path:
    return _events_folder(house) / layout.tail_name(name)


def _said(house: Household) -> Report:
    me = Me(house.node, house.name, MESH)
    return report(house.state, me, read_peers(str(house.dir)), MountCheck(Availability(available=True)))


def _added(number: int) -> ItemAdded:
    film = FILMS[number]
    folder = f"{film.title} ({film.year})"
    item = Item(
        id=f"tmdb:{number}",
        kind="movie",
        ids={"tmdb": number},
        title=film.title,
        year=film.year,
        folder=folder,
    )
    return ItemAdded(library="movies", item=item)


def _signed(house: Household, seq: int, prev: str, body: Body, *, ms: int = 0) -> codec.Event:
    """Return an event truly signed by a household, which its own database knows nothing of."""
    node, _, inc = house.engine.publisher.stream.rpartition(".")
    draft = codec.UnsignedEvent(
        mesh=MESH,
        node=node,
        inc=inc,
        seq=seq,
        prev=prev,
        hlc=text_of(ms or house.clock(), seq),
        type=body.type_name,
        body=msgspec.json.encode(body),
    )
    return codec.encode(draft, house.key.sign)


def _head(house: Household) -> tuple[int, str]:
    return house.state.streams.cursor(house.engine.publisher.stream)


def _write_tail(house: Household, *events: codec.Event, since: int = 1) -> Path:
    """Put a tail on the store that holds the household's own events from `since` on, then `events`."""
    stream = house.engine.publisher.stream
    own = house.state.streams.since(stream, since)
    until = events[0].seq
    rows = [(row.seq, row.id, row.line) for row in own if row.seq < until]
    rows += [(event.seq, event.id, event.line) for event in events]
    (planned,) = writer.to_write(stream, [writer.Line(*row) for row in rows], ())
    place = house.drive / ".mesharr" / planned.where
    place.write_bytes(planned.content)
    return place


@contextlib.contextmanager
def _frozen(house: Household, peer: Household) -> Iterator[None]:
    """Inside, the house does not trust the peer."""
    before = read_peers(str(house.dir))
    write_peers(str(house.dir), untrusted(before, peer.node, "2026-11-22T18:00:00Z"))
    yield
    write_peers(str(house.dir), before)


def _cursor_of(reader: Household, author: Household) -> tuple[int, str]:
    return reader.state.streams.cursor(author.engine.publisher.stream)


def test_a_gap_is_waited_for_reported_after_a_day_and_the_other_stream_goes_on(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, prev = _head(alice)
    missing = _signed(alice, seq + 1, prev, _added(8))
    after = _signed(alice, seq + 2, missing.id, _added(9))
    stream = alice.engine.publisher.stream
    name = FileName(alice.node, after.inc, after.seq, after.seq, after.id[:8], 0)
    _place(alice, name).write_bytes(after.line + b"\n")
    settle(clock, bob, seconds=23 * HOUR, steps=24)
    assert _cursor_of(bob, alice) == (seq, prev)
    assert _said(bob).asks == ()
    (peer,) = _said(bob).peers
    assert peer.lag == 2
    assert peer.why.startswith("its next events are not readable here since ")
    settle(clock, bob, seconds=2 * HOUR, steps=4)
    (ask,) = _said(bob).asks
    assert ask.startswith(f"{stream}: ")
    assert f"seq {seq + 1}" in ask
    with _frozen(bob, alice):
        assert _said(bob).asks == ()  # nobody waits for what is not read
    bob.radarr.add(7)
    settle(clock, bob)
    alice.engine.follower.step(clock())  # her publisher rests: those two events are not in her database
    assert alice.read_of(bob) == ["item.added"]
    _write_tail(alice, missing, after)
    settle(clock, bob)
    assert _said(bob).asks == ()
    assert bob.movie(9) is not None


def test_a_forged_name_far_ahead_is_no_lag_no_gap_and_no_cost(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    newest = _tails(alice)[-1]
    stream = alice.engine.publisher.stream
    content = _place(alice, newest).read_bytes()
    far = [FileName(alice.node, newest.inc, first, 9_999_999_999, "0" * 8, 0) for first in (1, 9_999_999_998)]
    far.append(FileName(alice.node, "0badc0de", 1, 9_999_999_999, newest.h8, 0))
    for name in far:
        _place(alice, name).write_bytes(content)
    settle(clock, bob, seconds=30 * HOUR, steps=40)
    assert _said(bob).asks == ()
    (peer,) = _said(bob).peers
    assert (peer.lag, peer.why) == (0, "")
    assert [row.stream for row in bob.state.streams.all() if row.stream.startswith(alice.node)] == [stream]
    assert {each.place for each in _said(bob).rejected} == {layout.tail_path(name) for name in far}
    import_on(clock, alice, bob, tmdb=11)
    assert bob.shows(11) == (False, True)


def test_a_file_that_is_listed_and_cannot_be_read_is_reported_after_a_day_until_it_is_gone(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, _ = _head(alice)
    name = FileName(alice.node, _tails(alice)[0].inc, seq + 1, seq + 9, "0" * 8, 0)
    _place(alice, name).symlink_to("nothing")
    settle(clock, bob, seconds=23 * HOUR, steps=24)
    assert _said(bob).asks == ()
    assert _said(bob).peers[0].why.startswith("its next events are not readable here since ")
    settle(clock, bob, seconds=2 * HOUR, steps=4)
    assert f"seq {seq + 1} was not readable on the store for a day" in _said(bob).asks[0]
    _place(alice, name).unlink()
    alice.radarr.add(7)
    settle(clock, alice, bob)
    assert (_said(bob).asks, _said(bob).peers[0].why) == ((), "")
    assert bob.movie(7) is not None


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as server, contextlib.chdir(path.parent):
        server.bind(path.name)


@pytest.mark.parametrize("make", [_make_pipe, _make_socket, Path.mkdir], ids=["pipe", "socket", "folder"])
def test_what_is_no_file_is_never_opened_and_the_other_stream_goes_on(
    alice_and_bob: Pair, clock: Clock, make: Callable[[Path], None]
) -> None:
    """A pipe that nobody writes to would hang its reader for ever."""
    alice, bob = alice_and_bob
    seq, _ = _head(alice)
    name = FileName(alice.node, _tails(alice)[0].inc, seq + 1, seq + 9, "0" * 8, 0)
    make(_place(alice, name))
    settle(clock, bob, seconds=MINUTE)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    assert bob.movie(7) is not None


def test_a_torn_file_is_put_aside_and_taken_once_it_is_whole(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, seconds=4, steps=4)
    place = _place(alice, _tails(alice)[-1])
    whole = place.read_bytes()
    before = _cursor_of(bob, alice)
    for size in (len(whole) - 1, len(whole) // 2, 0):
        place.write_bytes(whole[:size])
        settle(clock, bob, seconds=2 * HOUR, steps=8)
        assert _cursor_of(bob, alice) == before
        assert [each.place for each in _said(bob).rejected] == [f"events/{place.name}"]
    place.write_bytes(whole)
    settle(clock, bob, seconds=3 * HOUR, steps=12)
    assert bob.movie(7) is not None


def test_garbage_under_a_good_name_leaves_the_next_candidate_to_be_read(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, seconds=4, steps=4)
    honest = _tails(alice)[-1]
    further = msgspec.structs.replace(honest, last=honest.last + 3, h8="0badf00d")
    newer = msgspec.structs.replace(honest, k=honest.k + 1)
    _place(alice, further).write_bytes(b"{}\n" * (further.last - further.first + 1))
    _place(alice, newer).write_bytes(os.urandom(500))
    settle(clock, bob)
    assert bob.movie(7) is not None
    assert {each.place for each in _said(bob).rejected} == {
        f"events/{layout.tail_name(name)}" for name in (further, newer)
    }


class _TwoOfEachName:
    """A drive that holds two files of one name: it lists both, and shows the wrong one the first time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def tails(self) -> list[str]:
        return [name for name in self._store.tails() for _ in range(2)]

    def read(self, where: str) -> bytes:
        self.reads[where] += 1
        content = self._store.read(where)
        return content if self.reads[where] > 1 else content.replace(b"Film", b"Fake")


def test_of_two_files_of_one_name_the_one_that_verifies_is_taken_and_none_is_read_twice_a_poll(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    twice = _TwoOfEachName(bob.engine.follower._store)
    bob.engine.follower._store = twice
    alice.radarr.add(7)
    settle(clock, alice)
    bob.once()
    assert bob.movie(7) is None
    assert set(twice.reads.values()) == {1}
    settle(clock, bob, seconds=HOUR, steps=10)
    assert bob.movie(7) is not None
    assert bob.read_of(alice) == ["item.added"]


def test_a_file_of_mine_with_other_content_is_published_again_under_the_next_k(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    alice.once()
    clock.forward(2)
    # the name is taken by what a dying mount left before the file itself is written
    alice.engine.publisher.flush(clock(), alice.engine.tick())
    tail = _tails(alice)[-1]
    _place(alice, tail).write_bytes(b"torn")
    alice.state.db.write("UPDATE files SET confirmed=0 WHERE last=?", (tail.last,))
    alice.engine.auditor.step()
    settle(clock, alice, seconds=60, steps=6)
    again = _tails(alice)[-1]
    assert (again.first, again.last, again.h8, again.k) == (tail.first, tail.last, tail.h8, tail.k + 1)
    settle(clock, bob)
    assert bob.movie(7) is not None


def test_an_old_file_that_comes_back_changes_nothing(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    old = {path: path.read_bytes() for path in _events_folder(alice).iterdir()}
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=2 * HOUR)
    gone = [path for path in old if not path.exists()]
    assert gone
    before, told = _cursor_of(bob, alice), (alice.events(), bob.events())
    for path in gone:
        path.write_bytes(old[path])
    for house in (alice, bob):
        house.radarr.requests.clear()
        house.restart()
    settle(clock, alice, bob, seconds=HOUR)
    assert _cursor_of(bob, alice) >= before
    assert (alice.events(), bob.events()) == told
    assert alice.writes() == bob.writes() == []
    assert _said(bob).rejected == ()
    assert len(alice.state.own_streams.incarnation()) == 8


def test_a_store_that_shows_an_older_state_moves_no_cursor_back(
    alice_and_bob: Pair, clock: Clock, tmp_path: Path
) -> None:
    alice, bob = alice_and_bob
    shutil.copytree(alice.drive / ".mesharr", tmp_path / "older")
    import_on(clock, alice, bob)
    before, stream = _cursor_of(bob, alice), alice.engine.publisher.stream
    shutil.rmtree(alice.drive / ".mesharr")
    shutil.copytree(tmp_path / "older", alice.drive / ".mesharr")
    bob.radarr.requests.clear()
    settle(clock, bob, seconds=2 * HOUR)
    assert _cursor_of(bob, alice) == before
    assert bob.shows(7) == (False, True)
    assert bob.writes() == []
    # the author sees in its own audit that its files are missing, and writes them again
    for _ in range(2):
        alice.engine.exchange(audit=True)
        settle(clock, alice, seconds=60, steps=6)
    assert alice.engine.publisher.stream == stream
    assert _tails(alice)[-1].last >= before[0]


def test_a_deleted_file_of_mine_is_published_again(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, seconds=4, steps=4)
    for name in _tails(alice):
        _place(alice, name).unlink()
    settle(clock, bob, seconds=HOUR, steps=10)
    assert bob.movie(7) is None
    alice.engine.exchange(audit=True)
    assert _tails(alice) == []  # one listing may be old
    alice.engine.exchange(audit=True)
    settle(clock, alice, bob)
    assert bob.movie(7) is not None
    assert alice.state.counters.all()["files_lost"] >= 1


def test_a_fork_is_reported_kept_as_proof_and_its_branch_leaves_the_fold(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, prev = _head(alice)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    assert bob.movie(7) is not None
    other = _signed(alice, seq + 1, prev, _added(9))
    _write_tail(alice, other)
    settle(clock, bob)
    stream = alice.engine.publisher.stream
    assert bob.state.streams.cuts().forks == {stream: seq + 1}
    assert bob.state.db.rows("SELECT line FROM forks") == [(other.line,)]
    held = bob.state.streams.event(stream, seq + 1)
    assert held is not None
    assert held.id != other.id  # the branch that was read first is kept too
    (ask,) = _said(bob).asks
    assert f"{stream}: forked at {seq + 1}" in ask
    assert not bob.state.items.state("movies", "tmdb:7").present
    assert not bob.state.items.state("movies", "tmdb:9").present
    assert bob.movie(7) is not None  # what leaves the fold is removed by nobody


def test_after_a_fork_its_owner_goes_on_as_a_new_incarnation_which_is_followed(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    old = alice.engine.publisher.stream
    seq, prev = _head(alice)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    _write_tail(alice, _signed(alice, seq + 1, prev, _added(9)))
    settle(clock, bob, seconds=60, steps=6)
    alice.restart()
    settle(clock, alice, bob)
    assert alice.engine.publisher.stream != old
    assert "stream.opened" in bob.read_of(alice)
    import_on(clock, alice, bob, tmdb=11)
    assert bob.shows(11) == (False, True)


def test_a_fork_whose_owner_went_on_is_reported_and_nobody_is_asked(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, prev = _head(alice)
    alice.radarr.add(7)
    settle(clock, alice, bob)
    _write_tail(alice, _signed(alice, seq + 1, prev, _added(9)))
    settle(clock, bob, seconds=60, steps=6)
    assert len(_said(bob).asks) == 1
    alice.restart()
    settle(clock, alice, bob)
    assert (_said(bob).asks, _said(alice).asks) == ((), ())
    (peer,) = _said(bob).peers
    assert f"forked at {seq + 1}" in peer.why
    assert peer.why.endswith("; its owner continues in another")
    assert peer.lag == 0


def test_nothing_of_an_unknown_key_is_applied_and_the_node_is_reported(
    alice_and_bob: Pair, clock: Clock, tmp_path: Path
) -> None:
    alice, bob = alice_and_bob
    carol = Household("carol", tmp_path, alice.drive, clock)
    carol.radarr.add(7)
    settle(clock, carol, seconds=60, steps=6)
    for name in _tails(carol):
        _place(carol, name).write_bytes(b"whoever believes this puts it aside")
    settle(clock, alice, bob, seconds=HOUR)
    assert bob.state.quarantine.all() == []
    assert [stranger.node for stranger in _said(bob).unknown] == [carol.node]
    assert not any(row.stream.startswith(carol.node) for row in bob.state.streams.all())


def test_a_peers_clock_that_is_ahead_is_named_and_nothing_is_held_or_dropped(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, prev = _head(alice)
    late = _signed(alice, seq + 1, prev, _added(9), ms=clock() + DAY_MS)
    _write_tail(alice, late)
    settle(clock, bob)
    assert bob.movie(9) is not None
    assert [wrong.node for wrong in _said(bob).clocks] == [alice.node]
    bob.radarr.add(11)
    settle(clock, bob)
    own = bob.state.streams.since(bob.engine.publisher.stream, 1)[-1]
    assert own.hlc < text_of(clock() + 1000)  # it does not follow that clock
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), alice.node, "2026-11-22T18:00:00Z"))
    assert _said(bob).clocks == (), "nobody sets the clock of a node that is gone"


def test_a_peers_clock_a_year_ahead_has_nothing_checked_every_hour_for_a_year(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    seq, prev = _head(alice)
    _write_tail(alice, _signed(alice, seq + 1, prev, _added(9), ms=clock() + 365 * DAY_MS))
    settle(clock, bob)
    assert bob.movie(9) is not None
    bob.forget_requests()
    bob.engine.nightly.hourly(clock())
    assert len(bob.requests()) > 0  # it is news, as anything that came within the day
    clock.forward(25 * HOUR)
    settle(clock, bob)
    bob.forget_requests()
    bob.engine.nightly.hourly(clock())
    assert bob.requests() == []


def test_a_silent_peer_shows_since_when_and_nothing_is_done(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    (peer,) = _said(bob).peers
    bob.radarr.requests.clear()
    settle(clock, bob, seconds=5 * 24 * HOUR, steps=60)
    (silent,) = _said(bob).peers
    assert silent.last_seen == peer.last_seen
    assert silent.last_seen < text_of(clock() - 4 * DAY_MS)
    assert bob.writes() == []
    assert bob.shows(7) == (False, True)


def _undoing(house: Household) -> set[str]:
    """Return the types of its own events that take something from somebody."""
    return {"item.removed", "item.left", "file.removed", "unit.claimed"} & set(house.events())


def test_a_lost_database_is_built_again_from_the_store_and_publishes_nothing_twice(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    old = alice.engine.publisher.stream
    import_on(clock, alice, bob)
    import_on(clock, bob, alice, tmdb=8)
    before = alice.events()
    alice.state.db.close()
    alice.started = False
    for path in alice.dir.glob("mesharr.db*"):
        path.unlink()
    alice.restart()
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert alice.engine.publisher.stream != old
    assert alice.events() == ["stream.opened"]
    assert [row.type for row in alice.state.streams.since(old, 1) if row.type != "node.hello"] == before
    assert bob.state.streams.cuts().forks == {}
    assert _said(alice).events.new_stream.startswith("a new stream since 2026-")
    assert (_said(alice).asks, _said(bob).asks) == ((), ())
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert (alice.shows(8), bob.shows(8)) == ((False, True), (True, True))
    import_on(clock, alice, bob, tmdb=11)
    assert bob.shows(11) == (False, True)


def test_a_restored_database_goes_on_as_a_new_incarnation_and_publishes_no_removal(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    old, saved = alice.engine.publisher.stream, alice.dir / "mesharr.db.saved"
    alice.state.db.close()
    shutil.copy(alice.dir / "mesharr.db", saved)
    alice.started = False
    alice.restart()
    import_on(clock, alice, bob)
    alice.state.db.close()
    alice.started = False
    shutil.copy(saved, alice.dir / "mesharr.db")
    alice.restart()
    settle(clock, alice, bob, seconds=2 * HOUR)
    assert alice.engine.publisher.stream != old
    assert _undoing(alice) == set()
    assert _said(alice).events.new_stream.startswith("a new stream since 2026-")
    assert (_said(alice).asks, _said(bob).asks) == ((), ())
    assert alice.shows(7) == (True, True)
    assert bob.shows(7) == (False, True)
    import_on(clock, alice, bob, tmdb=11)
    assert bob.shows(11) == (False, True)


def test_another_machine_with_my_key_stops_publishing_until_it_is_silent_for_an_hour(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, _bob = alice_and_bob
    first = alice.engine.publisher.stream
    seq, prev = _head(alice)
    hello = NodeHello(name="alice", key=key_text(alice.key.public))
    one = _signed(alice, seq + 1, prev, hello)
    two = _signed(alice, seq + 2, one.id, hello)
    _write_tail(alice, one)
    alice.restart()
    settle(clock, alice, seconds=60, steps=6)
    assert alice.engine.publisher.stream != first  # as after a restore
    content = one.line + b"\n" + two.line + b"\n"
    name = FileName(alice.node, one.inc, one.seq, two.seq, two.id[:8], 0)
    _place(alice, name).write_bytes(content)
    with pytest.raises(Refused, match="another machine writes with the key"):
        alice.engine.exchange(audit=True)
    (ask,) = _said(alice).asks
    assert "another machine writes with the key" in ask
    alice.radarr.add(7)
    settle(clock, alice, seconds=1800, steps=4)
    assert "item.added" not in alice.events()
    settle(clock, alice, seconds=HOUR, steps=4)
    alice.engine.exchange(audit=True)
    assert _said(alice).asks == ()


def test_two_machines_with_one_config_dir_make_no_fork_and_one_of_them_says_so(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    stream = alice.engine.publisher.stream
    seq, prev = _head(alice)
    one = _signed(alice, seq + 1, prev, _added(8))  # the copy goes on where both stood
    two = _signed(alice, seq + 2, one.id, _added(10))
    _write_tail(alice, one)
    alice.radarr.add(9)
    settle(clock, alice, bob)
    assert alice.engine.publisher.stream != stream  # seen at the poll before anything was signed
    assert bob.state.streams.cuts().forks == {}
    assert alice.read_of(alice) == bob.read_of(alice)
    assert alice.events().count("item.added") == 1  # the film that waited to be told, and once
    assert all(bob.movie(film) is not None for film in (7, 8, 9))
    assert _said(alice).events.new_stream.startswith("a new stream since 2026-")
    name = FileName(alice.node, one.inc, one.seq, two.seq, two.id[:8], 0)
    _place(alice, name).write_bytes(one.line + b"\n" + two.line + b"\n")
    with pytest.raises(Refused, match="another machine writes with the key"):
        alice.engine.exchange(audit=True)
    assert "another machine writes with the key" in _said(alice).asks[0]
    assert _undoing(alice) == set()
    settle(clock, bob)
    assert bob.movie(10) is not None  # what the copy told is lost to nobody


def test_a_forged_name_in_my_own_stream_has_me_begin_nothing(alice_and_bob: Pair, clock: Clock) -> None:
    alice, _ = alice_and_bob
    stream = alice.engine.publisher.stream
    inc = stream.rpartition(".")[2]
    _place(alice, FileName(alice.node, inc, 1, 9_999_999_999, "0" * 8, 0)).write_bytes(b"garbage\n")
    settle(clock, alice)
    alice.engine.exchange(audit=True)
    assert alice.engine.publisher.stream == stream
    alice.restart()
    settle(clock, alice)
    assert alice.engine.publisher.stream == stream
    assert _said(alice).asks == ()
