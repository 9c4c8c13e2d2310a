"""What the Readarr adapter asks, what it makes of the answers, and what it never does."""

from typing import Any

import msgspec
import pytest

from mesharr.arr.readarr import KIND
from mesharr.core.arr.model import ArrFile, ArrItem, Download, Signal
from mesharr.core.errors import Refused, Unavailable
from tests.contract.arr.contract import sample
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import (
    BOOKS,
    EARTHSEA,
    GUIN,
    LE_GUIN,
    MORT,
    PRATCHETT,
    TERRY,
    TOMBS,
    book,
    book_file,
)

NEW = sample(KIND).new
ID = f"goodreads:{GUIN}"
ONE = f"{BOOKS}/A Wizard of Earthsea/A Wizard of Earthsea.epub"
TWO = f"{BOOKS}/The Tombs of Atuan/The Tombs of Atuan.epub"
OTHER = "13661"
_with = msgspec.structs.replace


@pytest.fixture
def readarr() -> HandMade:
    return HandMade(KIND)


def _read(readarr: HandMade, id_: str = ID) -> ArrItem:
    item = readarr.arr().read(id_)
    assert item is not None
    return item


# -- reading ------------------------------------------------------------------------------------


def test_an_author_is_an_item_and_the_work_of_a_book_a_unit(readarr: HandMade) -> None:
    item = _read(readarr)
    assert (item.ref, item.id, item.kind, item.multi_file_units) == (12, ID, "author", True)
    assert (item.ids, item.title, item.folder) == ({"goodreads": GUIN}, "Ursula K. Le Guin", BOOKS)
    assert (item.profile, item.tags) == ("HD-1080p", ())
    assert item.monitored == {EARTHSEA: True, TOMBS: False}
    edition = f"{EARTHSEA}7"
    file = ArrFile(path=ONE, size=512_000, units=(EARTHSEA,), quality="EPUB", release=edition, ref=90)
    assert item.files == (file, _with(file, path=TWO, units=(TOMBS,), release=f"{TOMBS}7", ref=91))


def test_a_monitored_book_of_an_unmonitored_author_would_not_be_downloaded(readarr: HandMade) -> None:
    assert set(_read(readarr, f"goodreads:{PRATCHETT}").monitored.values()) == {False}


def test_an_audiobook_of_several_files_is_one_unit(readarr: HandMade) -> None:
    readarr.lists["bookfile"] = [book_file(n, 12, 31, f"{BOOKS}/{n}.m4b") for n in (1, 2)]
    assert [file.units for file in _read(readarr).files] == [(EARTHSEA,), (EARTHSEA,)]


def test_files_that_belong_to_no_book_satisfy_nothing(readarr: HandMade) -> None:
    readarr.lists["bookfile"] = [book_file(1, 12, 0, ONE), book_file(2, 12, 999, TWO)]
    assert _read(readarr).files == ()


def test_an_author_is_searched_in_the_list_once_and_requested_by_number_then(readarr: HandMade) -> None:
    arr = readarr.arr()
    arr.read(ID)
    assert [line for line in readarr.lines() if "author" in line.split("?")[0]] == ["GET author"]
    readarr.requests.clear()
    arr.read(ID)
    assert readarr.lines() == ["GET author/12", "GET book?authorId=12", "GET bookfile?authorId=12"]


def test_a_full_read_finds_the_numbers_of_all(readarr: HandMade) -> None:
    arr = readarr.arr()
    list(arr.read_all())
    readarr.requests.clear()
    arr.read(f"goodreads:{PRATCHETT}")
    assert readarr.lines()[0] == "GET author/13"


def test_an_author_that_went_and_came_back_under_another_number_is_found(readarr: HandMade) -> None:
    arr = readarr.arr()
    arr.read(ID)
    readarr.lists["author"] = [TERRY | {"id": 12}, LE_GUIN | {"id": 13}]
    readarr.requests.clear()
    item = arr.read(ID)
    assert item is not None
    assert item.ref == 13
    assert readarr.lines()[:2] == ["GET author/12", "GET author"]
    readarr.lists["author"] = []
    assert arr.read(ID) is None


def test_what_was_just_added_is_not_searched_in_the_list(readarr: HandMade) -> None:
    arr = readarr.arr()
    arr.add(NEW())
    readarr.requests.clear()
    arr.read(ID)
    assert readarr.lines()[0] == "GET author/12"


def test_after_a_vain_read_of_one_author_it_is_known_which_others_are_missing(readarr: HandMade) -> None:
    arr = readarr.arr()
    assert arr.read("goodreads:1") is None
    readarr.requests.clear()
    assert arr.unlisted([ID, "goodreads:1", "goodreads:2"]) == {"goodreads:1", "goodreads:2"}
    assert readarr.requests == []


def test_reading_everything_requests_nothing_that_is_unmonitored_and_unchanged(readarr: HandMade) -> None:
    bare = TERRY | {"id": 14, "foreignAuthorId": OTHER, "statistics": {"bookFileCount": 0}}
    readarr.lists["author"].append(bare)
    arr = readarr.arr()
    first = list(arr.read_all())
    assert [len(item.files) for item in first] == [2, 1, 0]
    assert len(readarr.requests) == 3 + 2 * 2
    readarr.requests.clear()
    assert list(arr.read_all()) == first
    assert readarr.lines() == [
        "GET author",
        "GET qualityprofile",
        "GET tag",
        "GET book?authorId=12",
        "GET bookfile?authorId=12",
    ]


def test_its_webhooks_carry_no_headers() -> None:
    assert KIND.webhook_headers is False


def test_of_deleted_files_those_of_upgrades_are_not_requested_since_they_would_look_like_deletions() -> None:
    assert "onBookFileDelete" in KIND.triggers
    assert "onBookFileDeleteForUpgrade" not in KIND.triggers


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["defaultMonitorOption", "defaultNewItemMonitorOption"])
def test_a_root_folder_that_monitors_what_it_finds_is_refused(readarr: HandMade, member: str) -> None:
    readarr.arr().check_settings()
    readarr.lists["rootfolder"][0][member] = "all"
    with pytest.raises(Refused, match=r"monitors all: it would download all books") as refused:
        readarr.arr().check_settings()
    assert "/mnt/lib/books/ to None" in refused.value.fix


def test_settings_that_hurt_on_a_shared_drive_are_found_each_with_its_fix(readarr: HandMade) -> None:
    readarr.lists["config/metadataprovider"] = {"writeAudioTags": "newFiles", "writeBookTags": "sync"}
    readarr.lists["config/development"] = {"metadataSource": ""}
    readarr.lists["config/mediamanagement"] = {
        "watchLibraryForChanges": True,
        "createEmptyAuthorFolders": True,
        "recycleBin": "/config/bin",
    }
    found = readarr.arr().setting_problems()
    assert {finding.what.split(": ")[0].removeprefix("Readarr's ") for finding in found} == {
        "createEmptyAuthorFolders is True",
        "watchLibraryForChanges is True",
        "writeBookTags is sync",
        "metadataSource is empty",
    }
    assert all(finding.fix for finding in found)


def test_without_a_recycling_bin_folders_of_the_peers_are_lost_in_an_outage(readarr: HandMade) -> None:
    readarr.lists["config/mediamanagement"] = {"recycleBin": ""}
    [found] = readarr.arr().setting_problems()
    assert "recycleBin is empty" in found.what
    assert "Recycling Bin" in found.fix


# -- adding ---------------------------------------------------------------------------------------


def test_an_add_is_unmonitored_and_leaves_nothing_for_a_later_scan_to_undo(readarr: HandMade) -> None:
    readarr.arr().add(NEW())
    assert readarr.body("POST author") == {
        "foreignAuthorId": GUIN,
        "authorName": "Ursula K. Le Guin",
        "qualityProfileId": 4,
        "metadataProfileId": 2,
        "path": BOOKS,
        "monitored": False,
        "monitorNewItems": "none",
        "tags": [9],
    }


def test_many_are_added_one_by_one_and_request_names_once(readarr: HandMade) -> None:
    readarr.arr().add_many([NEW(), NEW(id=f"goodreads:{PRATCHETT}")])
    assert readarr.changes() == ["POST tag", "POST author", "POST author"]
    assert len(readarr.requests) == 5


def _invalid(message: str) -> list[dict[str, Any]]:
    return [{"propertyName": "X", "errorMessage": message, "severity": "error"}]


def test_not_found_is_the_answer_to_a_wrong_id_and_in_an_outage_so_it_is_tried_again(
    readarr: HandMade,
) -> None:
    readarr.answers["POST author"] = (400, _invalid("An author with this ID was not found"))
    with pytest.raises(Unavailable) as unavailable:
        readarr.arr().add(NEW())
    said = str(unavailable.value)
    assert "An author with this ID was not found" in said
    assert "id that does not exist" in said
    assert "metadata server does not answer" in said
    assert "/settings/development" in said


def test_a_fork_that_answers_503_is_for_later_too(readarr: HandMade) -> None:
    readarr.answers["POST author"] = (503, {"message": "Unable to communicate with BookInfo"})
    with pytest.raises(Unavailable, match="BookInfo"):
        readarr.arr().add(NEW())


def test_another_refusal_stays_one(readarr: HandMade) -> None:
    readarr.answers["POST author"] = (400, _invalid("Path '/x' is already configured for another author"))
    with pytest.raises(Refused, match="another author"):
        readarr.arr().add(NEW())


# -- scans ----------------------------------------------------------------------------------------

SCAN = {"name": "RescanFolders", "filter": "matched", "addNewAuthors": False, "authorIds": [12]}


def test_a_rescan_is_of_the_authors_folder_and_adds_nobody(readarr: HandMade) -> None:
    assert readarr.arr().rescan(12, (ONE, f"{BOOKS}/New/new.epub")) == 77
    assert readarr.body("POST command") == SCAN | {"folders": [BOOKS]}


def test_when_all_books_went_readarr_is_led_to_the_folders_they_were_in(readarr: HandMade) -> None:
    readarr.arr().rescan(12, (ONE, TWO))
    folders = [f"{BOOKS}/A Wizard of Earthsea", f"{BOOKS}/The Tombs of Atuan"]
    assert readarr.body("POST command") == SCAN | {"folders": folders}


def test_a_book_that_readarr_does_not_know_is_added_by_one_of_its_editions(readarr: HandMade) -> None:
    readarr.lists["book/lookup"] = [book(0, 0, "1", False), book(0, 0, OTHER, False)]
    arr = readarr.arr()
    arr.rescan(12, (), (EARTHSEA, OTHER))
    arr.rescan(12, (), (EARTHSEA, OTHER))
    assert readarr.changes() == ["POST book", "POST command", "POST command"]
    assert f"GET book/lookup?term=work%3A{OTHER}" in readarr.lines()
    assert readarr.body("POST book") == {
        "foreignBookId": OTHER,
        "monitored": False,
        "anyEditionOk": True,
        "addOptions": {"searchForNewBook": False},
        "editions": [{"foreignEditionId": f"{OTHER}7", "monitored": True}],
        "author": {
            "foreignAuthorId": GUIN,
            "authorName": "Ursula K. Le Guin",
            "qualityProfileId": 4,
            "metadataProfileId": 2,
            "path": BOOKS,
            "monitored": True,
            "monitorNewItems": "all",
            "tags": [],
        },
    }


def test_a_book_of_no_edition_is_refused_once_and_the_scan_goes_on_without_it(readarr: HandMade) -> None:
    arr = readarr.arr()
    with pytest.raises(Refused, match=f"no edition of the work {OTHER}"):
        arr.rescan(12, (), (OTHER,))
    arr.rescan(12, (), (OTHER,))
    assert readarr.changes() == ["POST command"]


def test_an_edition_that_is_gone_is_a_refusal_although_readarr_answers_500(readarr: HandMade) -> None:
    readarr.lists["book/lookup"] = [book(0, 0, OTHER, False)]
    readarr.answers["POST book"] = (500, {"message": "Sequence contains no matching element"})
    arr = readarr.arr()
    with pytest.raises(Refused, match="Sequence contains"):
        arr.rescan(12, (), (OTHER,))
    readarr.answers["POST book"] = (500, {"message": "database is locked"})
    with pytest.raises(Unavailable):
        readarr.arr().rescan(12, (), (OTHER,))


# -- history and queue -----------------------------------------------------------------------------


def test_the_history_has_the_reason_of_a_deletion_which_the_webhook_lacks(readarr: HandMade) -> None:
    def row(kind: str, source: str = "", **data: str) -> dict[str, Any]:
        return {"eventType": kind, "sourceTitle": source, "author": LE_GUIN, "data": data}

    readarr.lists["history/since"] = [
        row("grabbed", "x"),
        row("bookFileImported", "x", importedPath=ONE, droppedPath="/downloads/1.epub"),
        row("bookFileImported", "x", importedPath=TWO),
        row("bookFileDeleted", TWO, reason="Manual"),
        row("bookFileRenamed", "x", sourcePath=f"{BOOKS}/a.epub", path=ONE),
        row("bookFileImported", "x", importedPath=ONE) | {"author": None},
    ]
    imported = Signal(kind="imported", id=ID, folder=BOOKS, paths=(ONE, TWO))
    assert readarr.arr().history_since(1_763_150_462_999).signals == (
        imported,
        _with(imported, kind="file_deleted", paths=(TWO,), reason="manual"),
        _with(imported, kind="renamed", paths=(ONE,), renamed={f"{BOOKS}/a.epub": ONE}),
    )


def test_the_queue_is_grouped_by_author(readarr: HandMade) -> None:
    def queued(work: str, state: str, **more: Any) -> dict[str, Any]:
        return {"author": LE_GUIN, "book": book(1, 12, work, True), "trackedDownloadState": state} | more

    readarr.lists["queue/details"] = [
        queued(EARTHSEA, "downloading"),
        queued(TOMBS, "importPending"),
        queued(MORT, "imported"),
        queued(EARTHSEA, "downloading", author=None),
    ]
    assert readarr.arr().downloads() == (Download(ID, (EARTHSEA, TOMBS)),)
