"""Whoever takes a file away for a better one owns its unit until that comes."""

from mesharr.core.events.schema import Body, Copy, FileImported, FileRemoved, Item, ItemLeft
from mesharr.core.registry.adoption import units_of
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold

FILM = Item(id="tmdb:7", kind="movie", ids={"tmdb": "7"}, title="Film 7", year=2007, folder="Film 7")
ALICE, BOB = "alice-00000001.aaaaaaaa", "bob-00000002.bbbbbbbb"


def fact(stream: str, seq: int, hour: int, body: Body) -> Fact:
    return Fact(
        stream=stream, seq=seq, hlc=f"2026-01-01T{hour:02}:00:00.000Z-0000", body=body, id=f"{seq:032x}"
    )


def imported(stream: str, seq: int, hour: int, name: str, *replaced: str, term: int = 1) -> Fact:
    copy = Copy(path=f"Film 7/{name}", size=1, units=("movie",))
    body = FileImported(library="movies", item=FILM, copies=(copy,), replaced=replaced, term=term, seen={})
    return fact(stream, seq, hour, body)


def removed(stream: str, seq: int, hour: int, name: str, reason: str, seen: int = 1) -> Fact:
    paths, known = (f"Film 7/{name}",), {ALICE: (seen, f"{seen:032x}")}
    return fact(
        stream, seq, hour, FileRemoved(library="movies", id="tmdb:7", paths=paths, reason=reason, seen=known)
    )


def owner(*facts: Fact) -> str:
    return fold("movies", "tmdb:7", facts).owner_of("movie").partition("-")[0]


def test_the_owner_stays_owner_while_the_better_file_is_on_its_way() -> None:
    old, gone = imported(ALICE, 1, 1, "old.mkv"), removed(ALICE, 2, 2, "old.mkv", "upgrade")
    assert owner(old, gone) == "alice"
    assert owner(old, gone, imported(ALICE, 3, 3, "new.mkv")) == "alice"
    assert units_of(fold("movies", "tmdb:7", (old, gone)), ["alice-00000001"], ownerless=False) == ("movie",)


def test_nobody_owns_a_unit_whose_file_was_deleted() -> None:
    old = imported(ALICE, 1, 1, "old.mkv")
    assert owner(old, removed(ALICE, 2, 2, "old.mkv", "deleted")) == ""
    gone, new = removed(ALICE, 2, 2, "old.mkv", "upgrade"), imported(ALICE, 3, 3, "new.mkv")
    assert owner(old, gone, new, removed(ALICE, 4, 4, "new.mkv", "deleted", 3)) == ""
    assert owner(old, gone, removed(ALICE, 3, 3, "old.mkv", "deleted", 2)) == ""


def test_an_owner_who_left_the_item_owns_nothing_that_is_on_its_way() -> None:
    old, gone = imported(ALICE, 1, 1, "old.mkv"), removed(ALICE, 2, 2, "old.mkv", "upgrade")
    assert owner(old, gone, fact(ALICE, 3, 3, ItemLeft(library="movies", id="tmdb:7"))) == ""


def test_a_peer_makes_itself_no_owner_by_a_removal() -> None:
    old = imported(ALICE, 1, 1, "old.mkv")
    assert owner(old, removed(BOB, 1, 2, "old.mkv", "upgrade")) == ""
