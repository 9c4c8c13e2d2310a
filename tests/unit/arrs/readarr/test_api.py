"""What Readarr's API answers, and what it silently does instead of what was meant."""

from pathlib import Path

import httpx
import pytest

from tests.support.receiver import KEY
from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    EARTHSEA_PAPER,
    LE_GUIN,
    LEGUIN_FOLDER,
    LEM,
    SOLARIS,
    TEHANU,
    ReadarrHousehold,
)


def delete(readarr: ReadarrHousehold, path: str, **body: object) -> httpx.Response:
    """A DELETE with a body, which httpx offers no shorter way for."""
    return readarr.client.request("DELETE", path, json=body)


def test_it_says_that_it_is_readarr_and_wants_its_key(readarr: ReadarrHousehold) -> None:
    assert readarr.get("/system/status")["appName"] == "Readarr"
    assert readarr.client.get(f"/author?apikey={KEY}x").status_code == 401


def test_authors_cannot_be_asked_for_by_their_foreign_id(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    readarr.added(LEM, "Stanislaw Lem")
    assert len(readarr.get(f"/author?foreignAuthorId={LEM}")) == 2


def test_books_are_asked_for_by_their_slug_which_is_the_works_id(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.added(LEM, "Stanislaw Lem")
    assert len(readarr.get(f"/book?foreignBookId={EARTHSEA}")) == 3
    [book] = readarr.get(f"/book?titleSlug={EARTHSEA}")
    assert (book["foreignBookId"], book["foreignEditionId"]) == (EARTHSEA, EARTHSEA_PAPER)
    assert not {"editions", "author"} & set(book)
    assert "author" in readarr.get(f"/book/{book['id']}")
    assert len(readarr.get(f"/book?titleSlug={EARTHSEA}&includeAllAuthorBooks=true")) == 2
    assert len(readarr.get(f"/book?authorId={author}")) == 2
    assert [one["id"] for one in readarr.get(f"/book?bookIds={book['id']}")] == [book["id"]]
    assert readarr.get("/book?titleSlug=1") == []
    assert readarr.get(f"/book/{book['id']}/overview")["id"] == book["id"]


def test_editions_come_only_from_their_own_route(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    assert readarr.client.get("/edition").status_code == 400
    editions = readarr.get(f"/edition?bookId={readarr.book_id()}")
    assert [(one["foreignEditionId"], one["monitored"]) for one in editions] == [
        (EARTHSEA_PAPER, True),
        (EARTHSEA_GERMAN, False),
    ]


def test_files_need_to_be_told_of_what(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    assert readarr.client.get("/bookfile").status_code == 400
    for query in (f"bookId={readarr.book_id()}", f"bookFileIds={file.id}"):
        [shown] = readarr.get(f"/bookfile?{query}")
        assert shown["path"] == file.path
    assert "editionId" not in shown


def test_any_root_folder_will_do_for_an_add(readarr: ReadarrHousehold, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    author = readarr.le_guin(path=..., rootFolderPath=other)
    assert readarr.get(f"/author/{author}")["path"] == f"{other}/{LEGUIN_FOLDER}"


def test_a_path_that_the_naming_makes_twice_gets_a_number_and_a_given_one_is_refused(
    readarr: ReadarrHousehold,
) -> None:
    readarr.added(LEM, "Stanislaw Lem", path=readarr.author)
    [taken] = readarr.post(LE_GUIN, LEGUIN_FOLDER).json()
    assert taken["errorMessage"] == f"Path '{readarr.author}' is already configured for another author"
    author = readarr.le_guin(path=..., rootFolderPath=str(readarr.root))
    assert readarr.get(f"/author/{author}")["path"] == f"{readarr.author} (1)"


def test_a_new_path_leaves_the_rows_of_files_where_they_were(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    body = {**readarr.get(f"/author/{author}"), "path": str(readarr.root / "Le Guin")}
    assert readarr.client.put(f"/author/{author}", json=body).status_code == 202
    assert readarr.get(f"/bookfile?authorId={author}")[0]["path"] == file.path
    moved = {**body, "path": str(readarr.root / "UKL")}
    readarr.arr.edit(LE_GUIN, path=readarr.author)
    readarr.client.put(f"/author/{author}?moveFiles=true", json=moved)
    readarr.arr.run_commands()
    assert Path(readarr.get(f"/bookfile?authorId={author}")[0]["path"]).exists()


def test_a_bulk_delete_of_authors_never_takes_files_and_one_of_books_does(
    readarr: ReadarrHousehold,
) -> None:
    author = readarr.le_guin()
    [first] = readarr.arr.download(EARTHSEA)
    [second] = readarr.arr.download(TEHANU)
    book = readarr.book_id()
    assert delete(readarr, "/book/editor", bookIds=[book], deleteFiles=True).status_code == 200
    assert delete(readarr, "/author/editor", authorIds=[author], deleteFiles=True).status_code == 200
    readarr.arr.run_commands()
    assert (Path(first.path).exists(), Path(second.path).exists()) == (False, True)
    assert readarr.get("/author") == []


def test_flags_of_books_have_two_safe_ways(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    both = [readarr.book_id(), readarr.book_id(TEHANU)]
    body = {"bookIds": both, "monitored": True}
    assert readarr.client.put("/book/monitor", json=body).status_code == 202
    assert {book["monitored"] for book in readarr.get("/book")} == {True}
    assert readarr.client.put("/book/editor", json={"bookIds": both}).status_code == 202
    assert {book["monitored"] for book in readarr.get("/book")} == {True}
    unknown = {"bookIds": [*both, 99], "monitored": False}
    assert readarr.client.put("/book/monitor", json=unknown).status_code == 500
    assert readarr.arr.author(LE_GUIN).monitored is False


def test_a_put_of_a_book_as_it_was_read_is_a_500(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    book = readarr.get(f"/book/{readarr.book_id()}")
    assert readarr.client.put(f"/book/{book['id']}", json=book).status_code == 500
    editions = readarr.get(f"/edition?bookId={book['id']}")
    for edition in editions:
        edition["monitored"] = edition["foreignEditionId"] == EARTHSEA_GERMAN
    whole = {**book, "monitored": True, "editions": editions}
    assert readarr.client.put(f"/book/{book['id']}", json=whole).status_code == 202
    shown = readarr.get(f"/book/{book['id']}")
    assert (shown["monitored"], shown["foreignEditionId"]) == (True, EARTHSEA_GERMAN)


def test_the_bookshelf_applies_an_option_at_once(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    body = {"authors": [{"id": author}], "monitoringOptions": {"monitor": "first"}}
    assert readarr.client.post("/bookshelf", json=body).status_code == 202
    assert [readarr.arr.book(one).monitored for one in (EARTHSEA, TEHANU)] == [True, False]


def test_the_editor_changes_only_what_it_is_given(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin(tags=[1])
    body = {"authorIds": [author], "tags": [2], "monitorNewItems": "new"}
    [edited] = readarr.client.put("/author/editor", json=body).json()
    assert (edited["tags"], edited["monitorNewItems"], edited["monitored"]) == ([1, 2], "new", False)


@pytest.mark.parametrize("path", ["/author/9", "/book/9", "/bookfile/9"])
def test_unknown_ids_are_404(readarr: ReadarrHousehold, path: str) -> None:
    assert readarr.client.get(path).status_code == 404
    assert readarr.client.delete(path).status_code == 404


def test_the_delete_of_a_file_is_refused_when_the_root_looks_empty(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    Path(readarr.author).rename(readarr.root.parent / "away")
    assert readarr.client.delete(f"/bookfile/{file.id}").status_code == 409
    (readarr.root.parent / "away").rename(readarr.author)
    assert delete(readarr, "/bookfile/bulk", bookFileIds=[file.id]).status_code == 200
    assert readarr.arr.deleted_media == [file.path]


def test_the_metadata_source_is_a_development_setting(readarr: ReadarrHousehold) -> None:
    readarr.settings("development", metadataSource="https://api.bookinfo.pro")
    assert readarr.get("/config/development")["metadataSource"] == "https://api.bookinfo.pro"
    assert "metadataSource" not in readarr.get("/config/metadataprovider")


def test_history_has_one_row_per_file(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.arr.grab(EARTHSEA)
    readarr.arr.download(EARTHSEA, suffix=".m4b", parts=2)
    readarr.arr.rename(EARTHSEA, "e")
    rows = readarr.get("/history/since?date=2020-01-01T00:00:00Z")
    kinds = [row["eventType"] for row in rows]
    assert kinds == ["grabbed"] + ["bookFileImported"] * 2 + ["downloadImported"] + ["bookFileRenamed"] * 2
    assert set(rows[1]["data"]) >= {"importedPath", "droppedPath"}
    assert set(rows[4]["data"]) == {"sourcePath", "path"}
    assert len(readarr.get("/history?eventType=3")["records"]) == 2
    assert len(readarr.get(f"/history/author?authorId={author}&bookId={readarr.book_id()}")) == 6


def test_searches_and_wanted(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin(monitorNewItems="all")
    readarr.arr.download(EARTHSEA)
    assert [book["title"] for book in readarr.get("/wanted/missing")["records"]] == ["Tehanu"]
    readarr.command("BookSearch", bookIds=[readarr.book_id()])
    readarr.command("AuthorSearch", authorId=author)
    readarr.command("MissingBookSearch")
    assert readarr.arr.searches == [EARTHSEA, EARTHSEA, TEHANU, TEHANU]


def test_exclusions_are_forgotten_by_the_add_of_a_book_alone(readarr: ReadarrHousehold) -> None:
    for excluded in (LEM, SOLARIS):
        body = {"foreignId": excluded, "authorName": "Lem"}
        assert readarr.client.post("/importlistexclusion", json=body).status_code == 201
    readarr.added(LEM, "Stanislaw Lem")
    assert len(readarr.get("/importlistexclusion")) == 2
    book = {
        "foreignBookId": SOLARIS,
        "addOptions": {},
        "editions": [{"foreignEditionId": "95558", "monitored": True}],
        "author": readarr.body(LEM, "Stanislaw Lem"),
    }
    assert readarr.client.post("/book", json=book).status_code == 201
    assert readarr.get("/importlistexclusion") == []


def test_a_person_adds_one_book(readarr: ReadarrHousehold) -> None:
    readarr.le_guin(metadataProfileId=2)
    book = readarr.arr.add_work(EARTHSEA)
    readarr.arr.run_commands()
    assert [one["foreignBookId"] for one in readarr.get("/book")] == [EARTHSEA]
    assert (book.monitored, book.manual) == (True, True)


def test_a_restored_backup_brings_old_rows_back(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    backup = readarr.arr.snapshot()
    readarr.added(LEM, "Stanislaw Lem")
    readarr.arr.restore(backup)
    assert [author["foreignAuthorId"] for author in readarr.get("/author")] == [LE_GUIN]
    with pytest.raises(KeyError):
        readarr.arr.book(SOLARIS)
