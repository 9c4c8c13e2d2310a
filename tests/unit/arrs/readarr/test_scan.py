"""What RescanFolders of Readarr takes and drops, and how much noise it makes."""

import shutil
from pathlib import Path

import pytest

from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    LE_GUIN,
    LEGUIN_FOLDER,
    LEM,
    SOLARIS,
    TEHANU,
    ReadarrHousehold,
)

EPUB = f"{LEGUIN_FOLDER} - A Wizard of Earthsea.epub"


def test_a_file_is_matched_to_an_unmonitored_book_without_a_word(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.connect()
    readarr.earthsea()
    readarr.rescan(readarr.author, author)
    assert readarr.names() == [EPUB]
    assert readarr.get(f"/book/{readarr.book_id()}")["monitored"] is False
    assert (readarr.received, readarr.get("/history")["records"]) == ([], [])


def test_a_missing_file_is_told_without_a_reason_and_recorded_with_one(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    gone = readarr.earthsea()
    readarr.put(f"{LEGUIN_FOLDER}/Tehanu/Tehanu.epub")
    readarr.rescan(readarr.author, author)
    readarr.connect()
    gone.unlink()
    readarr.rescan(readarr.author, author)
    [body] = readarr.received
    assert (body["eventType"], body["bookFile"]["path"]) == ("BookFileDelete", str(gone))
    assert (body["book"]["goodreadsId"], body["author"]["goodreadsId"]) == (EARTHSEA, LE_GUIN)
    assert not {"deleteReason", "reason"} & set(body)
    assert readarr.reasons() == ["MissingFromDisk"]
    [row] = readarr.get("/history/since?date=2020-01-01T00:00:00Z&eventType=bookFileDeleted")
    assert row["sourceTitle"] == str(gone)


def test_a_folder_without_any_book_keeps_its_stale_rows(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    book = readarr.earthsea()
    readarr.rescan(readarr.author, author)
    readarr.connect()
    book.unlink()
    readarr.rescan(readarr.author, author)
    assert (readarr.names(), readarr.received) == ([EPUB], [])
    shutil.rmtree(readarr.author)
    readarr.rescan(readarr.author, author)
    assert (readarr.names(), readarr.events()) == ([], ["BookFileDelete"])


def test_a_root_that_is_missing_or_empty_drops_nothing(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.earthsea()
    readarr.rescan(readarr.author, author)
    shutil.rmtree(readarr.root)
    readarr.rescan(readarr.author, author)
    readarr.root.mkdir()
    readarr.rescan(readarr.author, author)
    assert readarr.names() == [EPUB]


def test_a_file_that_was_changed_in_place_is_told_as_deleted_though_it_is_there(
    readarr: ReadarrHousehold,
) -> None:
    author = readarr.le_guin()
    book = readarr.earthsea()
    readarr.rescan(readarr.author, author)
    readarr.connect()
    readarr.earthsea(size=99)
    readarr.rescan(readarr.author, author)
    assert readarr.events() == ["BookFileDelete"]
    assert Path(readarr.received[0]["bookFile"]["path"]) == book
    assert book.exists()
    assert readarr.reasons() == [], "ManualOverride is not recorded"
    [file] = readarr.get(f"/bookfile?authorId={author}")
    assert (file["size"], file["id"]) == (99, readarr.received[0]["bookFile"]["id"] + 1)


def test_a_scan_without_filter_tells_every_file_as_deleted(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.earthsea()
    readarr.rescan(readarr.author, author)
    readarr.connect()
    readarr.rescan(readarr.author, author, filter="none")
    assert (readarr.events(), readarr.names()) == (["BookFileDelete"], [EPUB])


def test_the_removal_of_a_root_tells_every_file_as_deleted_by_hand(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    book = readarr.earthsea()
    readarr.rescan(readarr.author, author)
    readarr.connect()
    assert readarr.client.delete("/rootfolder/1").status_code == 200
    assert readarr.events() == ["BookFileDelete"]
    assert (readarr.reasons(), book.exists(), readarr.names()) == (["Manual"], True, [])


@pytest.mark.parametrize("cause", ["missing", "changed"])
def test_extra_files_of_a_dropped_row_are_deleted_from_the_shared_disk(
    readarr: ReadarrHousehold, cause: str
) -> None:
    author = readarr.le_guin()
    book = readarr.earthsea()
    readarr.put(f"{LEGUIN_FOLDER}/Tehanu/Tehanu.epub")
    cover = book.with_suffix(".jpg")
    cover.touch()
    readarr.rescan(readarr.author, author)
    if cause == "missing":
        book.unlink()
    else:
        readarr.earthsea(size=99)
    readarr.rescan(readarr.author, author)
    assert not cover.exists()


def test_known_leaves_an_unmapped_file_alone_and_matched_tries_again(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin(metadataProfileId=2)
    readarr.earthsea()
    readarr.rescan(readarr.author, author)
    assert len(readarr.get("/bookfile?unmapped=true")) == 1
    readarr.arr.edit(LE_GUIN, metadata_profile_id=1)
    readarr.settings("mediamanagement", rescanAfterRefresh="never")
    readarr.command("RefreshAuthor", authorId=author)
    readarr.rescan(readarr.author, author, filter="known")
    assert readarr.names() == []
    readarr.rescan(readarr.author, author)
    assert readarr.names() == [EPUB]


def test_files_that_match_nothing_are_asked_about_even_if_nothing_may_be_added(
    readarr: ReadarrHousehold,
) -> None:
    author = readarr.le_guin()
    readarr.earthsea()
    before = readarr.arr.library.metadata_requests
    readarr.rescan(readarr.author, author)
    assert readarr.arr.library.metadata_requests == before
    readarr.put(f"{LEGUIN_FOLDER}/Unheard Of/x.epub")
    readarr.rescan(readarr.author, author)
    assert readarr.arr.library.metadata_requests == before + 1


@pytest.mark.parametrize(
    ("name", "book"),
    [
        ("Tehanu/whatever.epub", TEHANU),
        ("Tehanu (1990)/x.m4b", TEHANU),
        (f"{LEGUIN_FOLDER} - Tehanu.mobi", TEHANU),
        (f"{LEGUIN_FOLDER} - Tehanu (2).mp3", TEHANU),
        ("tehanu.pdf", TEHANU),
        ("Der Magier der Erdsee/x.epub", EARTHSEA),
    ],
)
def test_folder_or_name_tell_the_book(readarr: ReadarrHousehold, name: str, book: str) -> None:
    author = readarr.le_guin()
    readarr.put(f"{LEGUIN_FOLDER}/{name}")
    readarr.rescan(readarr.author, author)
    assert len(readarr.arr.files(book)) == 1


def test_a_file_of_another_edition_makes_it_the_monitored_one(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.put(f"{LEGUIN_FOLDER}/Der Magier der Erdsee/x.epub")
    readarr.rescan(readarr.author, author)
    editions = readarr.get(f"/edition?bookId={readarr.book_id()}")
    assert [one["foreignEditionId"] for one in editions if one["monitored"]] == [EARTHSEA_GERMAN]


def test_an_ebook_beside_an_audiobook_stays_unmapped(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.earthsea(".m4b")
    readarr.rescan(readarr.author, author)
    ebook = readarr.earthsea()
    readarr.rescan(readarr.author, author)
    assert readarr.arr.unmapped() == [str(ebook)]


def test_the_daily_scan_adds_unknown_authors_and_tells(readarr: ReadarrHousehold) -> None:
    readarr.connect()
    readarr.put("Stanislaw Lem/Solaris/x.epub")
    readarr.arr.daily_rescan()
    readarr.arr.run_commands()
    assert readarr.events() == ["AuthorAdded"]
    assert (readarr.arr.author(LEM).monitored, readarr.arr.book(SOLARIS).monitored) == (True, True)
    assert len(readarr.arr.files(SOLARIS)) == 1


def test_root_defaults_of_none_add_unmonitored(readarr: ReadarrHousehold) -> None:
    wished = {"defaultMonitorOption": "none", "defaultNewItemMonitorOption": "none"}
    readarr.client.put("/rootfolder/1", json={**readarr.get("/rootfolder")[0], **wished})
    readarr.put("Stanislaw Lem/Solaris/x.epub")
    readarr.arr.daily_rescan()
    readarr.arr.run_commands()
    assert (readarr.arr.author(LEM).monitored, readarr.arr.book(SOLARIS).monitored) == (False, False)


def test_only_audio_is_retagged_by_a_scan(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.settings("metadataprovider", writeAudioTags="allFiles")
    readarr.earthsea()
    readarr.put(f"{LEGUIN_FOLDER}/Tehanu/Tehanu.m4b")
    readarr.connect()
    readarr.rescan(readarr.author, author)
    assert [body["eventType"] for body in readarr.received] == ["Retag"]
    assert readarr.received[0]["bookFile"]["path"].endswith(".m4b")


def test_there_is_no_command_to_rescan_one_author(readarr: ReadarrHousehold) -> None:
    assert readarr.client.post("/command", json={"name": "RescanAuthor"}).status_code == 500
    body = readarr.command("RescanFolders")["body"]
    assert (body["filter"], body["addNewAuthors"]) == ("known", True)
