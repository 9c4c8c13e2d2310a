"""ManualImport of Readarr: files registered for an edition of a book by its ids."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.manual_import import manual_import
from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    EARTHSEA_PAPER,
    LE_GUIN,
    LEGUIN_FOLDER,
    TEHANU,
    TEHANU_PAPER,
    ReadarrHousehold,
)


def run(readarr: ReadarrHousehold, *files: dict[str, Any], **changes: Any) -> str:
    body = manual_import("readarr", *files, **changes)
    return str(readarr.command(body.pop("name"), **body)["status"])


def given(
    readarr: ReadarrHousehold, path: Path, book: str = EARTHSEA, edition: str | None = EARTHSEA_PAPER
) -> dict[str, Any]:
    row = readarr.arr.book(book)
    return {
        "path": str(path),
        "authorId": row.creator_id,
        "bookId": row.id,
        "foreignEditionId": edition,
    }


@pytest.mark.parametrize("mode", ["move", "auto"])
def test_a_file_that_no_scan_takes_is_registered_where_and_as_it_is(
    readarr: ReadarrHousehold, mode: str
) -> None:
    author_id = readarr.le_guin()
    [path] = readarr.put(f"{LEGUIN_FOLDER}/x.epub", size=77)
    readarr.rescan(readarr.author, author_id)
    assert [row["path"] for row in readarr.get("/bookfile?unmapped=true")] == [str(path)]
    readarr.connect()
    assert run(readarr, given(readarr, path), importMode=mode) == "completed"
    assert readarr.names() == ["x.epub"]
    assert readarr.get("/bookfile?unmapped=true") == []
    assert path.stat().st_size == 77
    assert readarr.received == []
    assert readarr.get("/history")["records"] == []
    assert readarr.arr.book(EARTHSEA).monitored is False


def test_the_edition_of_the_file_becomes_the_monitored_one(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [path] = readarr.put(f"{LEGUIN_FOLDER}/x.epub")
    run(readarr, given(readarr, path, edition=EARTHSEA_GERMAN))
    edition = readarr.arr.book(EARTHSEA).edition()
    assert edition is not None
    assert edition.known.id == EARTHSEA_GERMAN


def test_without_an_edition_the_monitored_one_stays(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [path] = readarr.put(f"{LEGUIN_FOLDER}/x.epub")
    assert run(readarr, given(readarr, path, edition=None)) == "completed"
    assert readarr.names() == ["x.epub"]


def test_a_file_of_another_book_is_assigned_anew_with_a_delete_for_the_old_row(
    readarr: ReadarrHousehold,
) -> None:
    author_id = readarr.le_guin()
    path = readarr.earthsea()
    readarr.rescan(readarr.author, author_id)
    assert readarr.names() == [path.name]
    readarr.connect()
    run(readarr, given(readarr, path, TEHANU, TEHANU_PAPER))
    assert (readarr.names(), readarr.names(TEHANU), path.exists()) == ([], [path.name], True)
    [body] = readarr.received
    assert (body["eventType"], body["book"]["goodreadsId"]) == ("BookFileDelete", EARTHSEA)
    readarr.rescan(readarr.author, author_id)
    readarr.arr.daily_rescan()
    readarr.arr.run_commands()
    assert (readarr.names(), readarr.names(TEHANU)) == ([], [path.name])


def test_an_unknown_edition_fails_the_command(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [path] = readarr.put(f"{LEGUIN_FOLDER}/x.epub")
    assert run(readarr, given(readarr, path, edition="1")) == "failed"


def test_a_file_outside_is_moved_in_and_sends_a_download_without_a_client(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [path] = readarr.put("Stanislaw Lem/x.epub", size=77)
    readarr.connect()
    assert run(readarr, given(readarr, path)) == "completed"
    assert (path.exists(), (Path(readarr.author) / "x.epub").stat().st_size) == (False, 77)
    [body] = readarr.received
    assert (body["eventType"], body["author"]["goodreadsId"]) == ("Download", LE_GUIN)
    assert not {"downloadId", "downloadClient", "downloadClientType"} & set(body)
    [row] = readarr.get("/history")["records"]
    assert (row["eventType"], row["data"]["downloadClient"]) == ("bookFileImported", None)


def test_qualities_are_listed_with_their_own_ids(readarr: ReadarrHousehold) -> None:
    listed = [row["quality"] for row in readarr.get("/qualitydefinition")]
    for quality in ({"id": 3, "name": "EPUB"}, {"id": 0, "name": "Unknown Text"}):
        assert quality in listed
