"""What a real Readarr was seen to do, each fact as the simulated one does it."""

from pathlib import Path

import pytest

from tests.arrs.readarr.app import KnownCreator, KnownEdition, KnownWork
from tests.support.manual_import import manual_import
from tests.unit.arrs.readarr.household import LE_GUIN, LEGUIN_FOLDER, ReadarrHousehold

AMBER, EMBER = "7001", "7002"
AMBER_GATE, EMBER_GATE = "70010", "70020"
FILE = "Ines Ember/The Ember Gate/Ines Ember - The Ember Gate.epub"


@pytest.fixture
def gates(readarr: ReadarrHousehold) -> ReadarrHousehold:
    """A Readarr whose metadata server knows two authors with similar books; it knows only one of them."""
    for author, name, book, title in (
        (AMBER, "Odile Amber", AMBER_GATE, "The Amber Gate"),
        (EMBER, "Ines Ember", EMBER_GATE, "The Ember Gate"),
    ):
        work = KnownWork(book, title, (KnownEdition(f"{book}1", title),), "1990-01-01")
        readarr.catalogue[author] = KnownCreator(author, name, (work,))
    readarr.added(AMBER, "Odile Amber")
    return readarr


def test_a_file_goes_to_another_author_by_likeness_while_its_own_is_not_known(
    gates: ReadarrHousehold,
) -> None:
    gates.arr.library.facts.fuzzy_matches = True
    [path] = gates.put(FILE)
    gates.connect()
    gates.rescan(gates.root)
    assert gates.names(AMBER_GATE) == [path.name]
    assert gates.received == []


def test_a_file_in_the_table_is_not_analysed_again_when_its_own_author_is_known(
    gates: ReadarrHousehold,
) -> None:
    gates.arr.library.facts.fuzzy_matches = True
    [path] = gates.put(FILE)
    gates.rescan(gates.root)
    author_id = gates.added(EMBER, "Ines Ember")
    gates.rescan(gates.root / "Ines Ember", author_id)
    assert (gates.names(AMBER_GATE), gates.names(EMBER_GATE)) == ([path.name], [])


def test_an_import_by_ids_gives_the_file_to_its_own_author_and_rescans_keep_it(
    gates: ReadarrHousehold,
) -> None:
    gates.arr.library.facts.fuzzy_matches = True
    [path] = gates.put(FILE)
    gates.rescan(gates.root)
    author_id = gates.added(EMBER, "Ines Ember")
    gates.connect()
    book = {"authorId": author_id, "bookId": gates.book_id(EMBER_GATE), "foreignEditionId": f"{EMBER_GATE}1"}
    body = manual_import("readarr", {"path": str(path), **book})
    assert gates.command(body.pop("name"), **body)["status"] == "completed"
    [deleted] = gates.received
    assert (deleted["eventType"], deleted["author"]["goodreadsId"]) == ("BookFileDelete", AMBER)
    for folder, creator in (("Odile Amber", gates.arr.author(AMBER).id), ("Ines Ember", author_id)):
        gates.rescan(gates.root / folder, creator)
    assert (gates.names(AMBER_GATE), gates.names(EMBER_GATE)) == ([], [path.name])
    assert path.exists()


def test_a_title_that_fits_goes_before_likeness(gates: ReadarrHousehold) -> None:
    gates.arr.library.facts.fuzzy_matches = True
    gates.added(EMBER, "Ines Ember")
    [path] = gates.put(FILE)
    gates.rescan(gates.root)
    assert (gates.names(AMBER_GATE), gates.names(EMBER_GATE)) == ([], [path.name])


def test_without_likeness_a_file_of_no_known_author_is_unmapped(gates: ReadarrHousehold) -> None:
    [path] = gates.put(FILE)
    gates.rescan(gates.root)
    assert [Path(row["path"]).name for row in gates.get("/bookfile?unmapped=true")] == [path.name]


def test_an_add_while_somebody_else_adds_the_author_breaks_a_constraint(readarr: ReadarrHousehold) -> None:
    readarr.arr.library.facts.busy_until[LE_GUIN] = readarr.time + 1
    answer = readarr.post(LE_GUIN, LEGUIN_FOLDER)
    assert answer.status_code == 409
    assert "UNIQUE constraint failed: AuthorMetadata.TitleSlug" in answer.json()["message"]
    readarr.time += 2
    assert readarr.post(LE_GUIN, LEGUIN_FOLDER).status_code == 201
