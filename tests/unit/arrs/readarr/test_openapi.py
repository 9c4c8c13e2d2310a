"""Every property the simulated Readarr sends or takes has to be one that Readarr's API document names."""

import pytest

from tests.support.openapi import V1_READS, OpenApi, document_or_skip
from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    EARTHSEA_GERMAN,
    LE_GUIN,
    LEM,
    SOLARIS,
    ReadarrHousehold,
)


@pytest.fixture(scope="module")
def document() -> OpenApi:
    return document_or_skip("readarr")


SINCE = "/history/since?date=2020-01-01T00:00:00Z&includeAuthor=true&includeBook=true"
READS: dict[str, tuple[str, str | None]] = {
    **V1_READS,
    "/author": ("AuthorResource", "/api/v1/author"),
    "/author/1": ("AuthorResource", "/api/v1/author/{id}"),
    f"/author/lookup?term=author:{LE_GUIN}": ("AuthorResource", None),
    f"/author/lookup?term=author:{LEM}": ("AuthorResource", None),
    "/book": ("BookResource", "/api/v1/book"),
    "/book/1": ("BookResource", "/api/v1/book/{id}"),
    f"/book/lookup?term=work:{SOLARIS}": ("BookResource", None),
    f"/book/lookup?term=edition:{EARTHSEA_GERMAN}": ("BookResource", None),
    "/edition?bookId=1": ("EditionResource", "/api/v1/edition"),
    "/bookfile?authorId=1&unmapped=true": ("BookFileResource", "/api/v1/bookfile"),
    "/bookfile/1": ("BookFileResource", "/api/v1/bookfile/{id}"),
    SINCE: ("HistoryResource", None),
    "/history/author?authorId=1": ("HistoryResource", "/api/v1/history/author"),
    "/wanted/missing": ("BookResourcePagingResource", "/api/v1/wanted/missing"),
    "/config/development": ("DevelopmentConfigResource", None),
}


@pytest.fixture
def lived_in(readarr: ReadarrHousehold) -> ReadarrHousehold:
    readarr.connect()
    readarr.client.post("/tag", json={"label": "a"})
    readarr.le_guin(tags=[1])
    readarr.arr.download(EARTHSEA)
    readarr.put("x/y/z.epub")
    readarr.rescan(readarr.root)
    readarr.arr.add(LEM)
    readarr.arr.run_commands()
    readarr.arr.grab(SOLARIS)
    readarr.client.post("/importlistexclusion", json={"foreignId": "5", "authorName": "x"})
    return readarr


@pytest.mark.parametrize("path", READS)
def test_what_is_sent_is_in_the_document(document: OpenApi, lived_in: ReadarrHousehold, path: str) -> None:
    answer = lived_in.client.get(path)
    assert answer.json() or path == "/health", "an empty list proves nothing"
    document.check_answer(answer, *READS[path])


def test_what_waits_for_its_first_scan_is_in_the_document(
    document: OpenApi, readarr: ReadarrHousehold
) -> None:
    author = readarr.body(LE_GUIN, "x", addOptions={"monitor": "none"})
    editions = [{"foreignEditionId": EARTHSEA_GERMAN, "monitored": True}]
    body = {"foreignBookId": EARTHSEA, "author": author, "addOptions": {}, "editions": editions}
    document.check([readarr.client.post("/book", json=body).json()], "BookResource")
    document.check(readarr.get("/author"), "AuthorResource")


AUTHOR = {
    "authorName": "x",
    "foreignAuthorId": "1",
    "qualityProfileId": 1,
    "metadataProfileId": 1,
    "path": "/x",
    "rootFolderPath": "/",
    "monitored": False,
    "monitorNewItems": "none",
    "tags": [1],
    "addOptions": {"monitor": "none", "booksToMonitor": ["1"], "searchForMissingBooks": False},
}
BODIES = {
    "AuthorResource": AUTHOR,
    "BookResource": {
        "foreignBookId": "1",
        "monitored": False,
        "anyEditionOk": True,
        "editions": [{"foreignEditionId": "1", "monitored": True}],
        "addOptions": {"searchForNewBook": False},
        "author": AUTHOR,
    },
    "AuthorEditorResource": {
        "authorIds": [1],
        "monitored": False,
        "monitorNewItems": "none",
        "qualityProfileId": 1,
        "metadataProfileId": 1,
        "rootFolderPath": "/",
        "tags": [1],
        "applyTags": "add",
        "moveFiles": False,
        "deleteFiles": False,
    },
    "BooksMonitoredResource": {"bookIds": [1], "monitored": False},
    "BookEditorResource": {
        "bookIds": [1],
        "monitored": False,
        "deleteFiles": False,
        "addImportListExclusion": False,
    },
    "BookshelfResource": {
        "authors": [{"id": 1, "monitored": False}],
        "monitoringOptions": {"monitor": "none", "booksToMonitor": ["1"]},
        "monitorNewItems": "none",
    },
    "BookFileListResource": {"bookFileIds": [1]},
    "ImportListExclusionResource": {"foreignId": "1", "authorName": "x"},
    "TagResource": {"label": "a"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_taken_is_in_the_document(document: OpenApi, name: str) -> None:
    document.check([BODIES[name]], name)


def test_every_route_is_in_the_document(document: OpenApi, readarr: ReadarrHousehold) -> None:
    assert document.routes_beside(readarr.arr) == []
