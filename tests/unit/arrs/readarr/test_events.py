"""Which events Readarr sends, to webhooks and scripts, under which ids."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    EARTHSEA_PAPER,
    LE_GUIN,
    LEGUIN_FOLDER,
    TEHANU,
    ReadarrHousehold,
)


def test_an_import_tells_author_work_and_edition_by_three_families_of_ids(
    readarr: ReadarrHousehold,
) -> None:
    readarr.le_guin(tags=[1])
    readarr.connect()
    readarr.arr.download(EARTHSEA, size=77)
    [body] = readarr.received
    assert (body["eventType"], body["isUpgrade"]) == ("Download", False)
    assert body["author"]["goodreadsId"] == LE_GUIN
    assert (body["book"]["goodreadsId"], body["book"]["edition"]["goodreadsId"]) == (EARTHSEA, EARTHSEA_PAPER)
    assert Path(body["bookFiles"][0]["path"]).stat().st_size == 77
    assert not {"applicationUrl", "deletedFiles"} & set(body)
    assert "tags" not in body["author"]


def test_an_upgrade_replaces_every_file_of_the_book(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    readarr.arr.download(EARTHSEA, suffix=".mp3", parts=2)
    readarr.connect(onBookFileDeleteForUpgrade=False)
    readarr.arr.download(EARTHSEA, suffix=".m4b")
    [body] = readarr.received
    assert body["isUpgrade"] is True
    assert len(body["deletedFiles"]) == 2
    assert readarr.names() == [f"{LEGUIN_FOLDER} - A Wizard of Earthsea.m4b"]
    assert readarr.reasons() == ["Upgrade", "Upgrade"]


def test_with_its_second_flag_an_upgrade_also_tells_the_deletes_first(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    readarr.arr.download(EARTHSEA, suffix=".mobi")
    readarr.connect()
    readarr.arr.download(EARTHSEA)
    assert readarr.events() == ["BookFileDelete", "Download"]


def test_an_upgrade_to_another_edition_looks_like_a_plain_import(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    old = readarr.arr.download(EARTHSEA, suffix=".mobi")
    readarr.connect(onUpgrade=False, onBookFileDeleteForUpgrade=False)
    readarr.arr.download(EARTHSEA, edition=EARTHSEA_GERMAN)
    [body] = readarr.received
    assert (body["isUpgrade"], "deletedFiles" in body) == (False, False)
    assert body["book"]["edition"]["goodreadsId"] == EARTHSEA_GERMAN
    assert not Path(old[0].path).exists()


def test_the_webhook_of_a_deleted_book_likely_fails_and_the_scripts_does_not(
    readarr: ReadarrHousehold,
) -> None:
    readarr.le_guin()
    readarr.connect()
    readarr.arr.delete(EARTHSEA)
    assert readarr.received == []
    assert [name for name, _ in readarr.arr.notifications.failures] == ["mesharr"]
    readarr.arr.editions_go_first = False
    readarr.arr.delete(TEHANU)
    [body] = readarr.received
    assert (body["eventType"], body["deletedFiles"]) == ("BookDelete", False)


def test_the_delete_of_an_author_tells_each_book_and_no_file(readarr: ReadarrHousehold) -> None:
    readarr.arr.editions_go_first = False
    author = readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    readarr.connect()
    assert readarr.client.delete(f"/author/{author}?deleteFiles=true").status_code == 200
    assert [(body["eventType"], body["deletedFiles"]) for body in readarr.received] == [
        ("AuthorDelete", True),
        ("BookDelete", False),
        ("BookDelete", False),
    ]
    readarr.arr.run_commands()
    assert not Path(readarr.author).exists()
    assert readarr.arr.deleted_media == [file.path]


def test_a_book_deleted_with_its_files_tells_no_file(readarr: ReadarrHousehold) -> None:
    readarr.arr.editions_go_first = False
    readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    readarr.connect()
    readarr.client.delete(f"/book/{readarr.book_id()}?deleteFiles=true")
    assert (readarr.events(), Path(file.path).exists()) == (["BookDelete"], False)


def test_a_file_deleted_by_a_person_is_told_and_gone(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    [file] = readarr.arr.download(EARTHSEA)
    readarr.connect()
    readarr.arr.delete_file(EARTHSEA)
    assert (readarr.events(), readarr.reasons()) == (["BookFileDelete"], ["Manual"])
    assert not Path(file.path).exists()
    assert readarr.arr.deleted_media == []


def test_rename_retag_and_grab(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.arr.download(EARTHSEA, suffix=".m4b", parts=2)
    readarr.connect()
    readarr.arr.rename(EARTHSEA, "e")
    assert len(readarr.received[0]["renamedBookFiles"]) == 2
    readarr.command("RenameAuthor", authorIds=[author])
    assert {Path(file["path"]).parent.name for file in readarr.received[1]["renamedBookFiles"]} == {
        "A Wizard of Earthsea"
    }
    readarr.command("RetagAuthor", authorIds=[author])
    assert readarr.events()[2:] == ["Retag", "Retag"]
    assert "book" not in readarr.received[2]
    readarr.arr.grab(TEHANU)
    assert [book["goodreadsId"] for book in readarr.received[4]["books"]] == [TEHANU]


def test_no_file_is_renamed_onto_another(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    first, second = readarr.arr.download(EARTHSEA, suffix=".m4b", parts=2)
    readarr.connect()
    name = f"e/{Path(first.path).name}"
    renamed = readarr.arr.rename_files(EARTHSEA, {first.id: name, second.id: name})
    assert [file.id for file in renamed] == [first.id]
    assert second in readarr.arr.files(EARTHSEA)
    assert Path(second.path).exists()
    assert len(readarr.received[0]["renamedBookFiles"]) == 1


def test_a_file_that_is_gone_keeps_its_name_and_the_others_are_renamed(readarr: ReadarrHousehold) -> None:
    readarr.le_guin()
    first, second = readarr.arr.download(EARTHSEA, suffix=".m4b", parts=2)
    readarr.connect()
    Path(first.path).unlink()
    names = {first.id: f"e/{Path(first.path).name}", second.id: f"e/{Path(second.path).name}"}
    renamed = readarr.arr.rename_files(EARTHSEA, names)
    assert [file.id for file in renamed] == [second.id]
    assert first in readarr.arr.files(EARTHSEA)


def test_edits_send_nothing(readarr: ReadarrHousehold) -> None:
    author = readarr.le_guin()
    readarr.connect()
    book = readarr.book_id()
    readarr.client.put("/author/editor", json={"authorIds": [author], "monitored": True, "tags": [1]})
    readarr.client.put("/book/monitor", json={"bookIds": [book], "monitored": True})
    readarr.client.put("/book/editor", json={"bookIds": [book], "monitored": False})
    readarr.client.post("/bookshelf", json={"authors": [{"id": author, "monitored": False}]})
    assert readarr.received == []


def test_a_connection_with_rename_alone_is_not_enabled_and_so_not_tested(
    readarr: ReadarrHousehold,
) -> None:
    readarr.answer = 500
    off = dict.fromkeys(readarr.arr.definition.triggers, False)
    assert readarr.connect(**{**off, "onRename": True}).status_code == 201
    assert readarr.connect(name="other", **{**off, "onGrab": True}).status_code == 400


def test_a_webhook_has_no_headers_and_shows_its_password(readarr: ReadarrHousehold) -> None:
    readarr.arr.connect("http://mesharr/hook", {"X-Mesh": "1"})
    [connection] = readarr.get("/notification")
    assert "headers" not in {field["name"] for field in connection["fields"]}
    fields = [{"name": "url", "value": "http://mesharr/hook"}, {"name": "password", "value": "secret"}]
    changed = {**connection, "fields": fields}
    readarr.client.put(f"/notification/{connection['id']}", json=changed)
    shown = readarr.get(f"/notification/{connection['id']}")["fields"]
    assert {"password": "secret"}.items() <= {field["name"]: field["value"] for field in shown}.items()
    assert readarr.connect(name="MESHARR").status_code == 201, "names differ by their case"


@pytest.fixture
def script(readarr: ReadarrHousehold, tmp_path: Path) -> Callable[[], list[dict[str, str]]]:
    """Connects a script; calling it gives the variables of each run, without the arr's prefix."""
    return readarr.script(tmp_path)


def test_scripts_call_ids_otherwise_and_mean_other_things_by_them(
    readarr: ReadarrHousehold, script: Callable[[], list[dict[str, str]]]
) -> None:
    readarr.le_guin()
    readarr.arr.download(EARTHSEA, suffix=".mobi")
    readarr.arr.download(EARTHSEA)
    readarr.arr.rename(EARTHSEA, "e")
    readarr.arr.retag(EARTHSEA)
    readarr.arr.grab(EARTHSEA)
    readarr.arr.delete_file(EARTHSEA)
    readarr.arr.delete(EARTHSEA)
    readarr.arr.delete(LE_GUIN)
    test, added, first, dropped, upgrade, renamed, retagged, grabbed, manual, book, author, _ = script()
    assert test == {"eventtype": "Test"}
    assert (added["eventtype"], added["author_grid"]) == ("AuthorAdded", LE_GUIN)
    assert (first["eventtype"], first["book_grid"]) == ("Download", EARTHSEA_PAPER)
    assert EARTHSEA not in first.values(), "the work's id is not told"
    assert (dropped["delete_reason"], dropped["book_goodreadsid"]) == ("Upgrade", EARTHSEA)
    assert dropped["bookfile_edition_goodreadsid"] == EARTHSEA_PAPER
    assert upgrade["deletedpaths"] == first["addedbookpaths"]
    assert set(renamed) == {"eventtype", "author_id", "author_name", "author_grid", "author_path"}
    assert (retagged["eventtype"], retagged["book_grid"]) == ("TrackRetag", EARTHSEA_PAPER)
    assert grabbed["release_grids"] == EARTHSEA_PAPER
    assert (manual["delete_reason"], "author_path" in manual) == ("Manual", False)
    assert (book["eventtype"], book["book_goodreadsid"]) == ("BookDelete", EARTHSEA)
    assert (author["eventtype"], author["author_goodreadsid"]) == ("AuthorDelete", LE_GUIN)
