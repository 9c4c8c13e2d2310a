"""The catalogue has each item as its events say, and lists are read of it without a fold."""

from collections.abc import Iterator

import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    Item,
    ItemAdded,
    ItemMoved,
    ItemRemoved,
    UnitClaimed,
)
from mesharr.node.ownership import items_named
from mesharr.node.reports.catalogue import LibraryDocument, library_document, refresh
from mesharr.node.reports.item_document import item_document
from mesharr.state.events.catalogue import CatalogueSearch
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.state import State
from tests.unit.state.samples import ALICE, BOB, DUNE, MOVIES, NOW, A, B, added, aliased, opened, stored
from tests.unit.state.test_many_rows import steps_of


def named(n: int, title: str, size: int = 100) -> FileImported:
    item = Item(id=f"tmdb:{n}", kind="movie", title=title, year=2000, folder=title)
    copy = Copy(path=f"{title}/a.mkv", size=size, units=("movie",))
    return FileImported(library=MOVIES, item=item, copies=(copy,), term=1)


class Log:
    """A state, and events that are applied to it."""

    def __init__(self) -> None:
        self.state = opened()
        self._seqs = {A: 0, B: 0}

    def apply(self, stream: str, *bodies: Body) -> None:
        first = self._seqs[stream] + 1
        self._seqs[stream] += len(bodies)
        self.state.streams.apply([stored(first + n, body, stream) for n, body in enumerate(bodies)], NOW)

    def listed(self, text: str = "", **more: str) -> LibraryDocument:
        while refresh(self.state):
            pass
        return library_document(self.state, ALICE, CatalogueSearch(text, **more))


@pytest.fixture
def log() -> Iterator[Log]:
    found = Log()
    yield found
    found.state.db.close()


def titles(found: LibraryDocument) -> list[str]:
    return [each.title for each in found.items]


def test_items_are_listed_by_title_with_their_owner_and_size(log: Log) -> None:
    log.apply(A, named(1, "Zodiac"))
    log.apply(B, named(2, "alien", 7), added(DUNE))
    found = log.listed()
    assert titles(found) == ["alien (2000)", "Dune (2021)", "Zodiac (2000)"]
    assert [(each.owners, each.has, each.size) for each in found.items] == [
        ((BOB,), (BOB,), 7),
        ((), (BOB,), 0),
        ((ALICE,), (ALICE,), 100),
    ]
    assert [(each.owner, each.items, each.size) for each in found.owners] == [
        ("", 1, 0), (ALICE, 1, 100), (BOB, 1, 7),
    ]  # fmt: skip
    assert (found.count, found.complete) == (3, True)


def test_who_has_an_item_counts_its_owner_and_this_nodes_own_app(log: Log) -> None:
    log.apply(B, named(1, "Alien"), added(DUNE), named(2, "Zodiac"))
    log.apply(A, UnitClaimed(library=MOVIES, id="tmdb:2", units=("movie",), term=2))
    log.state.items.set_baselines(MOVIES, [("tmdb:1", Baseline()), (DUNE, Baseline(present=False))])
    both = (ALICE, BOB)
    assert [each.has for each in log.listed().items] == [both, (BOB,), both]
    shown = item_document(log.state, ALICE, (), MOVIES, "tmdb:1")
    assert shown is not None
    assert shown.has == both


def test_a_search_takes_a_part_of_the_title_literally(log: Log) -> None:
    log.apply(A, named(1, "100% Wolf"), named(2, "1000 Wolves"))
    assert titles(log.listed("100%")) == ["100% Wolf (2000)"]
    assert titles(log.listed("WOLVES")) == ["1000 Wolves (2000)"]
    assert titles(log.listed("tmdb:1")) == ["100% Wolf (2000)"]
    assert titles(log.listed("wolf", owner=BOB)) == []
    assert titles(log.listed("' OR 1=1 --")) == []


def test_a_search_takes_an_id_of_any_source(log: Log) -> None:
    ids: dict[str, int | str] = {"tmdb": 603, "imdb": "tt0133093"}
    matrix = Item(id="tmdb:603", kind="movie", ids=ids, title="The Matrix", year=1999, folder="m")
    log.apply(A, ItemAdded(library=MOVIES, item=matrix), named(1, "Mission: Impossible"))
    for text in ("tt0133093", "TT0133093", " tt0133093", "imdb:tt0133093", "tmdb:603"):
        assert titles(log.listed(text)) == ["The Matrix (1999)"]
        assert list(items_named(log.state, MOVIES, text.strip().lower())) == [
            ("tmdb:603", "The Matrix (1999)")
        ]
    for text in ("tt013309", "imdb:tt013309", "t0133093", "tmdb:60"):
        assert titles(log.listed(text)) == []
    assert titles(log.listed("mission: imp")) == ["Mission: Impossible (2000)"]


def test_what_is_removed_or_moved_is_listed_where_it_is_now(log: Log) -> None:
    log.apply(A, added(DUNE), named(1, "Alien"))
    assert len(log.listed().items) == 2
    log.apply(
        A, ItemMoved(library=MOVIES, id=DUNE, to="kids"), ItemRemoved(library=MOVIES, id="tmdb:1", seen={})
    )
    assert DUNE not in [each.item for each in log.listed(library=MOVIES).items]


def test_an_item_with_two_ids_is_one_row(log: Log) -> None:
    log.apply(A, added(DUNE))
    log.listed()
    log.apply(A, aliased(DUNE, "tmdb:9"))
    assert len(log.listed().items) == 1


def test_a_later_event_folds_only_the_item_it_is_about(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.apply(A, *(named(n, f"Film {n}") for n in range(1, 120)))
    log.listed()
    folds: list[str] = []
    fold = ItemFacts.folded

    def counted(facts: ItemFacts) -> object:
        folds.append(facts.version.aliases.item)
        return fold(facts)

    monkeypatch.setattr(ItemFacts, "folded", counted)
    log.apply(B, added("tmdb:200"))
    assert log.listed().count == 120
    assert folds == ["tmdb:200"]


def test_a_departure_makes_every_item_again(log: Log) -> None:
    from mesharr.core.events.schema import NodeLeft

    log.apply(A, named(1, "Alien"))
    assert log.listed().items[0].owners == (ALICE,)
    log.apply(A, NodeLeft())
    assert [each.owners for each in log.listed().items] in ([()], [])


def test_a_page_of_many_items_costs_little_more_than_of_few(log: Log) -> None:
    def filled(count: int) -> State:
        other = Log()
        other.apply(A, *(named(n, f"Film {n:05}") for n in range(1, count + 1)))
        other.listed()
        return other.state

    few, many = (
        steps_of(state, lambda state=state: state.catalogue.search(CatalogueSearch(), 20))  # type: ignore[misc]  # bound now
        for state in (filled(100), filled(800))
    )
    assert many < 20_000
    assert few < many


def test_an_item_is_shown_with_its_files_and_its_history(log: Log) -> None:
    log.apply(A, named(1, "Alien", 7))
    found = item_document(log.state, ALICE, (), MOVIES, "tmdb:1")
    assert found is not None
    assert (found.title, found.present, found.listed_here) == ("Alien (2000)", True, False)
    assert [(file.path, file.size, file.owners, file.node) for file in found.files] == [
        ("Alien/a.mkv", 7, (ALICE,), ALICE)
    ]
    assert [each.text for each in found.history] == ["imported Alien (2000)"]
    assert item_document(log.state, ALICE, (), MOVIES, "tmdb:404") is None
