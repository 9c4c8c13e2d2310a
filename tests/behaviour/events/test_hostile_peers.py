"""What a hostile or broken drive, or a hostile peer, writes leaves its victim at work and says so."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Item,
    ItemAdded,
    ItemAliased,
    ItemRemoved,
    Renamed,
    UnitClaimed,
    Vector,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.hlc import text_of
from mesharr.log import codec, layout, writer
from mesharr.node.inward.streams.forget import forget_removals
from mesharr.node.ownership import claimable, queue_claims
from mesharr.state.peers import read_peers, untrusted, write_peers
from tests.support.household import MESH, Clock, Household, import_on, settle

MINUTE = 60.0
Pair = tuple[Household, Household]
ELSEWHERE = "0123456789abcdef"


def _newest_tail(house: Household) -> Path:
    folder = house.drive / ".mesharr" / "events"
    names = [name for text in os.listdir(folder) if (name := layout.parse_tail(text))]
    newest = max((name for name in names if name.node == house.node), key=lambda name: (name.last, name.k))
    return folder / layout.tail_name(newest)


def _alter(content: bytes) -> bytes:
    middle = content.index(b'"type":"item.added"')
    return content[: middle + 10] + b"x" + content[middle + 11 :]


def _cut(content: bytes) -> bytes:
    return content[: len(content) - 40]


def _empty(_content: bytes) -> bytes:
    return b""


def _rubbish(_content: bytes) -> bytes:
    return b"\x00\xff{]" * 100


@pytest.mark.parametrize("damage", [_alter, _cut, _empty, _rubbish])
def test_a_damaged_tail_is_put_aside_and_the_next_event_brings_all(
    alice_and_bob: Pair, clock: Clock, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    settle(clock, alice, seconds=4, steps=4)
    tail = _newest_tail(alice)
    tail.write_bytes(damage(tail.read_bytes()))
    settle(clock, bob, seconds=30 * MINUTE)
    assert bob.movie(7) is None
    quarantine = bob.state.quarantine.all()
    assert [place for place, _, _ in quarantine] == [f"events/{tail.name}"]
    assert bob.state.counters.all()["files_rejected"] == 1
    told = [record.getMessage() for record in caplog.records if "does not verify" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith(f"alice: events/{tail.name} does not verify: ")
    alice.radarr.download(7)
    settle(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    assert bob.read_of(alice) == ["item.added", "file.imported"]


def test_a_file_under_another_nodes_name_is_not_believed(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    bob.radarr.add(9)
    settle(clock, bob, seconds=4, steps=4)
    mine = layout.parse_tail(_newest_tail(bob).name)
    seq, _ = alice.state.streams.cursor(alice.engine.publisher.stream)
    node, _, inc = alice.engine.publisher.stream.rpartition(".")
    assert mine is not None
    name = msgspec.structs.replace(mine, node=node, inc=inc, last=mine.last, k=3)
    assert name.last > seq
    forged = bob.drive / ".mesharr" / "events" / layout.tail_name(name)
    forged.write_bytes(_newest_tail(bob).read_bytes())
    settle(clock, alice, bob, seconds=60, steps=6)
    why = {place: why for place, why, _ in bob.state.quarantine.all()}
    assert "event of node" in why[f"events/{forged.name}"]
    import_on(clock, alice, bob)
    assert bob.shows(7) == (False, True)


def _tail_of(house: Household, mesh: str, *bodies: Body, ahead_ms: int = 0) -> Path:
    """Write a tail that goes on with a household's stream, signed with its key, saying `bodies`."""
    stream = house.engine.publisher.stream
    node, _, inc = stream.rpartition(".")
    lines = [writer.Line(row.seq, row.id, row.line) for row in house.state.streams.since(stream, 1)]
    seq, prev = house.state.streams.cursor(stream)
    for number, body in enumerate(bodies, 1):
        draft = codec.UnsignedEvent(
            mesh=mesh,
            node=node,
            inc=inc,
            seq=seq + number,
            prev=prev,
            hlc=text_of(house.clock() + ahead_ms, number),
            type=body.type_name,
            body=msgspec.json.encode(body),
        )
        event = codec.encode(draft, house.key.sign)
        prev = event.id
        lines.append(writer.Line(event.seq, event.id, event.line))
    (planned,) = writer.to_write(stream, lines, ())
    place = house.drive / ".mesharr" / planned.where
    place.write_bytes(planned.content)
    return place


def _import_of(path: str, folder: str = "Film 9 (2009)") -> FileImported:
    item = Item(id="tmdb:9", kind="movie", ids={"tmdb": 9}, title="Film 9", year=2009, folder=folder)
    copy = Copy(path=path, size=7, units=("movie",))
    return FileImported(library="movies", item=item, copies=(copy,), term=1)


def test_an_event_of_another_mesh_is_not_believed(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    item = Item(id="tmdb:9", kind="movie", folder="Film 9 (2009)")
    place = _tail_of(alice, ELSEWHERE, ItemAdded(library="movies", item=item))
    settle(clock, bob, seconds=60, steps=6)
    ((where, why, _),) = bob.state.quarantine.all()
    assert where == f"events/{place.name}"
    assert f"event of mesh {ELSEWHERE}" in why
    assert bob.movie(9) is None
    import_on(clock, alice, bob)
    assert bob.shows(7) == (False, True)


@pytest.mark.parametrize(
    "path",
    [
        "../outside/Film 9.mkv",
        "/etc/passwd",
        "Film 9 (2009)/../../x.mkv",
        "Film 9 (2009)/a\nb.mkv",
    ],
)
def test_a_signed_event_with_a_hostile_path_is_kept_counted_and_never_applied(
    alice_and_bob: Pair, clock: Clock, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = alice_and_bob
    good = Item(id="tmdb:8", kind="movie", ids={"tmdb": 8}, title="Film 8", year=2008, folder="Film 8 (2008)")
    _tail_of(alice, MESH, _import_of(path), ItemAdded(library="movies", item=good))
    settle(clock, bob)
    assert bob.read_of(alice) == ["file.imported", "item.added"]  # kept in the chain
    assert bob.state.counters.all()["events_rejected"] == 1
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "is kept and not applied" in told[0]
    assert bob.movie(9) is None
    assert bob.shows(8) == (False, False)  # what came after it is followed
    assert bob.waits() == {}


def test_a_hostile_folder_is_never_handed_to_the_arr(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    item = Item(id="tmdb:9", kind="movie", ids={"tmdb": 9}, title="x", year=2009, folder="../../etc")
    _tail_of(alice, MESH, ItemAdded(library="movies", item=item))
    settle(clock, bob)
    assert bob.state.counters.all()["events_rejected"] == 1
    assert bob.writes() == []


def test_a_file_that_a_link_leads_out_of_the_library_is_not_visible(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    secret = alice.drive.parent / "secret"
    secret.mkdir()
    (secret / "Film 9 (2009).mkv").write_bytes(b"private")
    (alice.library / "Film 9 (2009)").symlink_to(secret)
    _tail_of(alice, MESH, _import_of("Film 9 (2009)/Film 9 (2009).mkv"))
    settle(clock, bob, seconds=60 * MINUTE)
    assert bob.movie(9) is None
    assert bob.plex.scans == []
    (waiting,) = bob.state.dirty.all()
    assert "not visible here yet" in waiting.why
    # and what is visible to nobody blocks nothing
    bob.trust(alice)
    (alice.library / "Film 9 (2009)").unlink()
    (alice.library / "Film 9 (2009)").mkdir()
    (alice.library / "Film 9 (2009)" / "Film 9 (2009).mkv").write_bytes(b"no more")
    settle(clock, bob, seconds=60 * MINUTE)
    assert bob.shows(9) == (False, True)


def test_names_that_are_no_tails_are_counted_and_ignored(alice_and_bob: Pair, clock: Clock) -> None:
    alice, bob = alice_and_bob
    events = alice.drive / ".mesharr" / "events"
    tail = _newest_tail(alice).name
    for name in ("desktop.ini", f"{tail}.partial", tail.replace(".jsonl", " (conflicted copy).jsonl")):
        (events / name).write_bytes(b"x")
    import_on(clock, alice, bob)
    assert bob.shows(7) == (False, True)
    assert bob.state.store.get().ignored_names == 3
    assert bob.state.quarantine.all() == []


def test_a_webhook_that_is_no_event_is_counted_and_the_next_is_taken(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    for body in (b"", b"[]", b'{"eventType":"Download"}', b"\xff\xfe", b'{"eventType":1}'):
        alice.state.inbox.put("radarr", "webhook", body, clock())
    import_on(clock, alice, bob)
    assert alice.state.counters.all()["hints_rejected"] == 5
    assert bob.shows(7) == (False, True)
    assert alice.waits() == {}


def test_a_claim_with_the_highest_term_there_is_is_outdone_by_one_claim(
    alice_and_bob: Pair, clock: Clock
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice, bob)
    _tail_of(alice, MESH, UnitClaimed(library="movies", id="tmdb:7", units=("movie",), term=MAX_TERM))
    settle(clock, bob)
    held = bob.state.items.state("movies", "tmdb:7")
    assert (held.owners["movie"].term, held.owner_of("movie")) == (MAX_TERM, alice.node)
    queue_claims(bob.state, [claimable(bob.state, "movies", "tmdb:7", bob.node, ())], "claimed", clock())
    settle(clock, bob)
    held = bob.state.items.state("movies", "tmdb:7")
    assert (held.owners["movie"].term, held.owner_of("movie")) == (2, bob.node)
    assert bob.shows(7) == (True, True)


PATH_7 = "Film 7 (2007)/Film 7 (2007) Bluray-1080p.mkv"
NOWHERE = Copy(path="Film 7 (2007)/nowhere.mkv", size=7, units=("movie",))
FILM_7 = Item(id="tmdb:7", kind="movie", ids={"tmdb": 7}, title="Film 7", year=2007, folder="Film 7 (2007)")


def _all_that_will_be(house: Household) -> Vector:
    """Return a vector that claims to have seen all that a household will ever publish."""
    return {house.engine.publisher.stream: (9_999_999_999, "f" * 64)}


def _removed(seen: Vector) -> Body:
    return ItemRemoved(library="movies", id="tmdb:7", seen=seen)


def _file_removed(seen: Vector) -> Body:
    return FileRemoved(library="movies", id="tmdb:7", paths=(PATH_7,), reason="deleted", seen=seen)


def _renamed_to_nowhere(seen: Vector) -> Body:
    files = (Renamed(old=PATH_7, new=NOWHERE),)
    return FileRenamed(library="movies", id="tmdb:7", files=files, seen=seen)


def _replaced_by_nothing(seen: Vector) -> Body:
    copies, replaced = (NOWHERE,), (PATH_7,)
    return FileImported(library="movies", item=FILM_7, copies=copies, replaced=replaced, term=1, seen=seen)


@pytest.mark.parametrize("ending", [_removed, _file_removed, _renamed_to_nowhere, _replaced_by_nothing])
def test_an_ending_of_events_that_are_not_published_yet_hides_no_later_import(
    alice_and_bob: Pair, clock: Clock, ending: Callable[[Vector], Body]
) -> None:
    alice, bob = alice_and_bob
    _tail_of(alice, MESH, ending(_all_that_will_be(bob)))
    settle(clock, bob)
    import_on(clock, bob, alice)
    for house in (alice, bob):
        held = house.state.items.state("movies", "tmdb:7")
        assert PATH_7 in {living.copy.path for living in held.copies.values()}


YEAR_MS = 365 * 24 * 3_600_000
EVIL = Item(id="tmdb:9", kind="movie", ids={"tmdb": 9}, title="Film 9", year=2009, folder="Film 9 (2009)")
LIES = {
    "add": (ItemAdded(library="movies", item=msgspec.structs.replace(EVIL, id="tmdb:7")),),
    "alias": (ItemAliased(library="movies", id="tmdb:7", alias="tmdb:9"),),
    "alias and add": (
        ItemAliased(library="movies", id="tmdb:7", alias="tmdb:9"),
        ItemAdded(library="movies", item=EVIL),
    ),
}


@pytest.mark.parametrize("lies", LIES)
def test_a_third_party_stamped_far_ahead_has_nobody_add_another_film_or_folder(
    alice_and_bob: Pair, clock: Clock, tmp_path: Path, lies: str
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice)
    _tail_of(bob, MESH, *LIES[lies], ahead_ms=YEAR_MS)
    carol = Household("carol", tmp_path, alice.drive, clock)
    carol.trust(alice, bob)
    settle(clock, carol)
    assert [(movie["tmdbId"], Path(movie["path"]).name) for movie in carol.ask("movie")] == [
        (7, "Film 7 (2007)")
    ]
    assert carol.shows(7) == (False, True)


ONE_FILM = {
    "at once": (ItemAliased(library="movies", id="tmdb:7", alias="tmdb:9"),),
    "by an id that nobody has": (
        ItemAliased(library="movies", id="tmdb:7", alias="tmdb:70"),
        ItemAliased(library="movies", id="tmdb:70", alias="tmdb:9"),
    ),
}


@pytest.mark.parametrize("lies", ONE_FILM)
@pytest.mark.parametrize("said", ["before", "afterwards"])
def test_a_peer_that_says_two_films_are_one_takes_nobody_the_second(
    alice_and_bob: Pair, clock: Clock, tmp_path: Path, lies: str, said: str
) -> None:
    alice, bob = alice_and_bob
    import_on(clock, alice)
    if said == "before":
        _tail_of(bob, MESH, *ONE_FILM[lies])
        settle(clock, alice)
    alice.radarr.add(9)
    settle(clock, alice)
    assert alice.shows(9) == (True, False)  # an add of its own that waits for a file
    alice.radarr.download(9, size=900)
    settle(clock, alice, seconds=60, steps=6)
    if said == "afterwards":
        _tail_of(bob, MESH, *ONE_FILM[lies])
    settle(clock, alice)
    alice.engine.nightly.step(clock())
    settle(clock, alice)
    assert (alice.shows(7), alice.shows(9)) == ((True, True), (True, True))
    carol = Household("carol", tmp_path, alice.drive, clock)
    carol.trust(alice, bob)
    settle(clock, carol)
    assert (carol.shows(7), carol.shows(9)) == ((False, True), (False, True))


@pytest.mark.parametrize("ending", [_removed, _file_removed])
def test_what_a_malicious_peer_removed_is_back_once_a_household_forgets_its_removals(
    alice_and_bob: Pair, clock: Clock, tmp_path: Path, ending: Callable[[Vector], Body]
) -> None:
    alice, bob = alice_and_bob
    carol = Household("carol", tmp_path, alice.drive, clock)
    carol.trust(alice, bob)
    bob.trust(carol)
    import_on(clock, alice, bob, carol)
    assert bob.shows(7) == (False, True)
    # the last event about the film, so that the vector is true
    film = alice.state.streams.about("movies", ["tmdb:7"])[-1]
    _tail_of(carol, MESH, ending({film.stream: (film.seq, film.id)}))
    settle(clock, bob)
    assert not bob.state.items.state("movies", "tmdb:7").copies
    write_peers(str(bob.dir), untrusted(read_peers(str(bob.dir)), carol.node, "2026-11-23T00:00:00Z"))
    before = bob.events()
    assert forget_removals(bob.state, carol.node, clock()) == [("movies", "tmdb:7")]
    settle(clock, bob)
    assert bob.state.items.state("movies", "tmdb:7").present
    assert bob.shows(7) == (False, True)
    assert bob.events() == before
