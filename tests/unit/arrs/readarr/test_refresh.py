"""What adds and refreshes of Readarr queue, add and delete, above all while its metadata server fails."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    EARTHSEA_PAPER,
    LE_GUIN,
    LEGUIN_FOLDER,
    LEM,
    SOLARIS,
    TEHANU,
    TEHANU_PAPER,
    ReadarrHousehold,
)


def book_body(
    readarr: ReadarrHousehold, book: str = EARTHSEA, edition: str = EARTHSEA_GERMAN, **changes: object
) -> dict[str, Any]:
    body = {
        "foreignBookId": book,
        "monitored": False,
        "anyEditionOk": True,
        "addOptions": {"searchForNewBook": False},
        "editions": [{"foreignEditionId": edition, "monitored": True}],
        "author": readarr.body(LE_GUIN, LEGUIN_FOLDER, addOptions={"monitor": "none"}),
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def scans(readarr: ReadarrHousehold) -> list[str]:
    """The names of the folders of all scans that can still be asked for."""
    commands = [command for command in readarr.get("/command") if command["name"] == "RescanFolders"]
    return [Path(folder).name for command in commands for folder in command["body"]["folders"]]


# -- adds


@pytest.mark.parametrize("options", [{"addOptions": {"monitor": "none"}}, {}])
def test_an_add_is_told_before_its_reply_whatever_its_options(
    readarr: ReadarrHousehold, options: dict[str, object]
) -> None:
    readarr.connect()
    assert readarr.post(LE_GUIN, LEGUIN_FOLDER, **options).status_code == 201
    assert readarr.events() == ["AuthorAdded"]
    assert readarr.get("/book") == []
    readarr.arr.run_commands()
    assert readarr.events() == ["AuthorAdded"]
    assert len(readarr.get("/book")) == 2


@pytest.mark.parametrize("policy", ["always", "never"])
def test_a_new_author_leads_to_a_scan_of_every_root_whatever_the_setting(
    readarr: ReadarrHousehold, policy: str
) -> None:
    readarr.settings("mediamanagement", rescanAfterRefresh=policy)
    readarr.le_guin()
    assert scans(readarr) == ["Library"]


def test_options_are_applied_after_the_scan_and_the_option_is_all_without_one(
    readarr: ReadarrHousehold,
) -> None:
    author = readarr.le_guin(addOptions={}, monitored=True)
    assert {book["monitored"] for book in readarr.get("/book")} == {True}
    assert "addOptions" not in readarr.get(f"/author/{author}")


def test_the_option_unknown_makes_the_scan_fail_and_stays_pending(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin(addOptions={"monitor": "unknown"})
    [scan] = [one for one in readarr.get("/command") if one["name"] == "RescanFolders"]
    assert scan["status"] == "failed"
    assert readarr.get(f"/author/{author}")["addOptions"]["monitor"] == "unknown"


def test_without_options_nothing_is_monitored_by_them(readarr: ReadarrHousehold) -> None:
    readarr.le_guin(monitorNewItems="all", monitored=True)
    assert {book["monitored"] for book in readarr.get("/book")} == {True}, "that was the new item's rule"


def test_a_book_of_a_new_author_is_told_as_his_add(readarr: ReadarrHousehold) -> None:
    readarr.connect()
    added = readarr.client.post("/book", json=book_body(readarr))
    assert added.status_code == 201
    assert readarr.events() == ["AuthorAdded"]
    assert added.json()["foreignEditionId"] == EARTHSEA_GERMAN
    readarr.arr.run_commands()
    assert readarr.arr.book(EARTHSEA).manual is True


def test_the_refresh_after_a_book_scans_only_if_it_brought_news(readarr: ReadarrHousehold) -> None:
    author = readarr.body(LE_GUIN, LEGUIN_FOLDER, addOptions={"monitor": "none"}, metadataProfileId=2)
    readarr.client.post("/book", json=book_body(readarr, author=author))
    readarr.arr.run_commands()
    assert scans(readarr) == []
    assert readarr.arr.author(LE_GUIN).add_options is not None, "its options wait"
    readarr.rescan(readarr.author, readarr.arr.author(LE_GUIN).id)
    assert readarr.arr.author(LE_GUIN).add_options is None


def test_a_book_that_is_there_is_answered_201_and_keeps_its_flag(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    readarr.arr.set_monitored(EARTHSEA, True)
    before = readarr.book_id()
    readarr.connect()
    again = readarr.client.post("/book", json=book_body(readarr))
    assert (again.status_code, again.json()["id"]) == (201, before)
    assert (again.json()["monitored"], again.json()["foreignEditionId"]) == (True, EARTHSEA_GERMAN)
    assert readarr.received == []
    editions = readarr.get(f"/edition?bookId={before}")
    assert sum(edition["monitored"] for edition in editions) == 1


def test_a_book_of_a_known_author_refreshes_all_of_him(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.time += 301
    readarr.client.post("/book", json=book_body(readarr))
    [command] = readarr.get("/command")
    assert (command["name"], command["body"]["authorId"]) == ("RefreshAuthor", author)
    assert command["body"]["isNewAuthor"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"addOptions": ...},
        {"author": ...},
        {"editions": ...},
        {"editions": []},
        {"editions": [{"foreignEditionId": TEHANU_PAPER, "monitored": True}]},
        {
            "editions": [
                {"foreignEditionId": EARTHSEA_PAPER, "monitored": True},
                {"foreignEditionId": EARTHSEA_GERMAN, "monitored": True},
            ]
        },
    ],
)
def test_what_a_book_lacks_is_a_500(readarr: ReadarrHousehold, changes: dict[str, Any]) -> None:
    assert readarr.client.post("/book", json=book_body(readarr, **changes)).status_code == 500
    assert (readarr.get("/author"), readarr.get("/book")) == ([], [])


def test_profiles_inside_a_book_are_checked(readarr: ReadarrHousehold) -> None:
    author = readarr.body(LE_GUIN, LEGUIN_FOLDER, qualityProfileId=99)
    [refusal] = readarr.client.post("/book", json=book_body(readarr, author=author)).json()
    assert refusal["propertyName"] == "Author.QualityProfileId"


def test_a_second_add_is_refused_with_the_words_of_readarr(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [refusal] = readarr.post(LE_GUIN, LEGUIN_FOLDER, path="/x/y").json()
    assert refusal["errorMessage"] == "This author has already been added"
    assert refusal["errorCode"] == "AuthorExistsValidator"


# -- refreshes


def test_a_refresh_takes_one_id_and_ignores_a_list(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.added(LEM, "Stanislaw Lem")
    for one in (LE_GUIN, LEM):
        readarr.catalogue[one] = replace(readarr.catalogue[one], overview="new")
    readarr.command("RefreshAuthor", authorId=author)
    assert [readarr.arr.author(one).known.overview for one in (LE_GUIN, LEM)] == ["new", ""]
    body = readarr.command("RefreshAuthor", authorIds=[author])["body"]
    assert "authorIds" not in body
    assert readarr.arr.author(LEM).known.overview == "new", "without an id it is all of them"


def test_a_refresh_without_news_scans_nothing(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.time += 301
    readarr.command("RefreshAuthor", authorId=author)
    assert scans(readarr) == []
    known = readarr.catalogue[LE_GUIN]
    readarr.catalogue[LE_GUIN] = replace(known, overview="new")
    readarr.command("RefreshAuthor", authorId=author)
    assert scans(readarr) == ["Library"]


def test_the_refresh_of_a_book_never_scans(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    readarr.time += 301
    readarr.command("RefreshBook", bookId=readarr.book_id())
    readarr.command("BulkRefreshBook", bookIds=[readarr.book_id()])
    assert scans(readarr) == []


def test_an_outage_and_a_refresh_delete_every_author_without_files_with_his_folder(
    readarr: ReadarrHousehold,
) -> None:
    """The worst trap of all: what a peer put there and nobody scanned is gone from the drive."""
    readarr.arr.editions_go_first = False
    readarr.le_guin()
    readarr.added(LEM, "Stanislaw Lem")
    solaris = readarr.put("Stanislaw Lem/Solaris/x.epub")[0]
    readarr.rescan(solaris.parent.parent, readarr.arr.author(LEM).id)
    unseen = readarr.earthsea()
    readarr.connect()
    readarr.arr.metadata_down = True
    readarr.arr.daily_refresh()
    readarr.arr.run_commands()
    assert [author["foreignAuthorId"] for author in readarr.get("/author")] == [LEM]
    assert [(body["eventType"], body["deletedFiles"]) for body in readarr.received] == [
        ("AuthorDelete", True),
        ("BookDelete", False),
        ("BookDelete", False),
    ]
    assert (unseen.exists(), solaris.exists()) == (False, True)
    assert readarr.arr.author(LEM).known.name == "Stanislaw Lem"


def test_an_outage_right_after_an_add_deletes_what_was_added(readarr: ReadarrHousehold) -> None:
    readarr.arr.editions_go_first = False
    readarr.connect()
    book = readarr.earthsea()
    assert readarr.post(LE_GUIN, LEGUIN_FOLDER).status_code == 201
    readarr.arr.metadata_down = True
    readarr.arr.run_commands()
    assert readarr.events() == ["AuthorAdded", "AuthorDelete"]
    assert (readarr.get("/author"), book.exists()) == ([], False)
    assert readarr.arr.deleted_media == [str(book)], "the request that added is to blame"


def test_a_dead_line_to_the_metadata_server_deletes_nothing(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.arr.library.metadata_unreachable = True
    readarr.command("RefreshAuthor", authorId=author)
    assert len(readarr.get("/author")) == 1
    assert readarr.post(LEM, "Stanislaw Lem").status_code == 500


def test_an_outage_is_answered_to_an_add_as_an_unknown_id(readarr: ReadarrHousehold) -> None:
    readarr.arr.metadata_down = True
    refused = readarr.post(LE_GUIN, LEGUIN_FOLDER)
    assert refused.status_code == 400
    down = refused.json()
    readarr.arr.metadata_down = False
    unknown = readarr.post("1", "x").json()
    assert down[0]["errorMessage"] == unknown[0]["errorMessage"] == "An author with this ID was not found"
    assert down[0]["propertyName"] == "MusicbrainzId"
    readarr.arr.metadata_down = True
    [book] = readarr.client.post("/book", json=book_body(readarr)).json()
    assert (book["propertyName"], book["errorMessage"]) == (
        "GoodreadsId",
        "A book with this ID was not found",
    )
    assert readarr.client.get("/author/lookup?term=lem").status_code == 503


def test_a_recycle_bin_saves_the_folder(readarr: ReadarrHousehold, tmp_path: Path) -> None:
    readarr.settings("mediamanagement", recycleBin=str(tmp_path / "bin"))
    author = readarr.le_guin()
    readarr.earthsea()
    readarr.arr.metadata_down = True
    readarr.command("RefreshAuthor", authorId=author)
    assert len(list((tmp_path / "bin" / LEGUIN_FOLDER).rglob("*.epub"))) == 1


def test_a_book_that_is_gone_upstream_is_deleted_unless_by_hand_or_with_files(
    readarr: ReadarrHousehold,
) -> None:
    readarr.arr.editions_go_first = False
    author = readarr.le_guin()
    readarr.client.post("/book", json=book_body(readarr))
    known = readarr.catalogue[LE_GUIN]
    readarr.catalogue[LE_GUIN] = replace(known, works=())
    readarr.connect()
    readarr.command("RefreshAuthor", authorId=author)
    assert [book["foreignBookId"] for book in readarr.get("/book")] == [EARTHSEA]
    [body] = readarr.received
    assert (body["book"]["goodreadsId"], body["deletedFiles"]) == (TEHANU, True)


def test_lookup_knows_authors_works_and_editions_by_their_own_ids(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    [found] = readarr.get(f"/author/lookup?term=author:{LE_GUIN}")
    assert found["id"] == author
    [found] = readarr.get(f"/author/lookup?term=work:{SOLARIS}")
    assert (found["foreignAuthorId"], found.get("id")) == (LEM, None)
    for term in (f"work:{EARTHSEA}", f"edition:{EARTHSEA_GERMAN}", "isbn:9780553383041", "asin:B00XYZ"):
        [book] = readarr.get(f"/book/lookup?term={term}")
        assert book["foreignBookId"] == EARTHSEA
    assert readarr.get("/book/lookup?term=work:1") == []


def test_a_refresh_writes_back_the_flag_of_a_book_it_read(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin(monitored=True)
    readarr.arr.set_monitored(EARTHSEA, True)

    def edit(stage: str, refreshed: int) -> None:
        if (stage, refreshed) == ("works", author):
            readarr.arr.set_monitored(EARTHSEA, False)

    readarr.arr.between = edit
    readarr.arr.queue_refresh()
    readarr.arr.run_commands()
    assert readarr.arr.book(EARTHSEA).monitored is True
