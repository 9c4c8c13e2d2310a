"""Adapt Readarr (API v1): an author is an item, a book (Goodreads work) a unit.

A book may have several files. Readarr downloads it when it and its author are monitored. Readarr deletes
authors and books by itself when its metadata server fails, and its webhook of a deleted file has no reason:
no delete event proves that the user wanted it. Its ids are of three families, all numbers: authors, works
(books), and editions. No request made here deletes, moves or renames a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi, Payload, ServerError
from mesharr.arr.shared.file_import import Ids, RecentAnswers
from mesharr.arr.shared.setting_checks import (
    RECOMMENDED_FOR_WORKS,
    RecommendedSetting,
    SettingsApi,
    recommended_settings,
)
from mesharr.arr.shared.signal_parsing import ScriptVariables
from mesharr.arr.shared.works_arr import WorksArr
from mesharr.arr.shared.works_rows import (
    CreatorRow,
    Work,
    WorkFile,
    WorkHistoryRow,
    WorkQueueRow,
    WorksVocabulary,
)
from mesharr.arr.shared.works_signals import WorksEvents, parse_signals
from mesharr.core.arr.model import (
    ArrHistory,
    ArrItem,
    ArrScans,
    Download,
    FileToImport,
    NewItem,
    SettingProblem,
    Signal,
    SignalKind,
)
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events.schema import LibraryInfo

_ID: Final = re.compile(r"goodreads:([1-9][0-9]{0,17})")
_API: Final = "/api/v1"
_AUTHOR: Final = f"{_API}/author"
_BOOK: Final = f"{_API}/book"


_EVENTS: Final = WorksEvents(
    id_prefix="goodreads",
    events={
        "AuthorAdded": "Added",
        "AuthorDelete": "Deleted",
        "BookDelete": "WorkDeleted",
        "Download": "Imported",
        "Retag": "Retagged",
        "Rename": "Renamed",
        "BookFileDelete": "FileDeleted",
    },
    members={
        "author": "creator",
        "goodreadsId": "foreignId",
        "bookFiles": "files",
        "bookFile": "file",
        "renamedBookFiles": "renamedFiles",
    },
)


def _parse_webhook(payload: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    return tuple(signal for signal in parse_signals(payload, _EVENTS) if _ID.fullmatch(signal.id))


def _parse_script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    variables = ScriptVariables(env, "readarr_")
    get = variables.get
    event = get("eventtype")
    payload = {
        "eventType": "Retag" if event == "TrackRetag" else event,
        # with an author both names mean the same; of a book, GRId is an edition and GoodreadsId a work
        "author": {
            "goodreadsId": get("author_grid") or get("author_goodreadsid"),
            "path": get("author_path"),
        },
        "bookFiles": variables.files("addedbookpaths") or [],
        "deletedFiles": variables.files("deletedpaths") or get("author_deletedfiles") or [],
        "bookFile": {"path": get("bookfile_path")},
        "renamedBookFiles": [],  # its variables name no files
        "deleteReason": get("delete_reason"),
    }
    return _parse_webhook(payload)


_HISTORY_KINDS: Final[Mapping[str, SignalKind]] = {
    "bookFileImported": "imported",
    "bookFileRetagged": "retagged",
    "bookFileRenamed": "renamed",
    "bookFileDeleted": "file_deleted",
}


class _Row(CreatorRow, frozen=True, kw_only=True):
    id_prefix = "goodreads"
    foreign_id: str = msgspec.field(name="foreignAuthorId", default="")
    name: str = msgspec.field(name="authorName", default="")


class _Book(Work, frozen=True, kw_only=True):
    unit: str = msgspec.field(name="foreignBookId", default="")
    foreign_edition_id: str = ""

    @property
    def release(self) -> str:
        """The monitored edition: an import makes that of its file the monitored one."""
        return self.foreign_edition_id


class _Edition(Payload, frozen=True):
    foreign_edition_id: str = ""


class _BookFile(WorkFile, frozen=True, kw_only=True):
    work: int = msgspec.field(name="bookId", default=0)


class _HistoryEntry(WorkHistoryRow, frozen=True, kw_only=True):
    creator: _Row | None = msgspec.field(name="author", default=None)
    work: _Book | None = msgspec.field(name="book", default=None)


class _QueueEntry(WorkQueueRow, frozen=True, kw_only=True):
    creator: _Row | None = msgspec.field(name="author", default=None)
    work: _Book | None = msgspec.field(name="book", default=None)


_VOCABULARY: Final = WorksVocabulary(
    creator="author",
    work="book",
    file="book",
    row=_Row,
    rows=list[_Row],
    works=list[_Book],
    files=list[_BookFile],
    history=list[_HistoryEntry],
    history_kinds=_HISTORY_KINDS,
    queue=list[_QueueEntry],
)


class Readarr:
    """A running Readarr. `mesharr.arr.base.Arr` documents each method."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Readarr", _API)
        self._settings = SettingsApi(self._api)
        self._works_arr = WorksArr(self._api, _VOCABULARY, clock)
        self._imports = self._works_arr.imports(self._import_ids)
        self._editions: RecentAnswers[int, frozenset[str]] = RecentAnswers(
            self._api, self._ask_editions, clock
        )
        self._refs: dict[str, int] = {}

    def read(self, item: str) -> ArrItem | None:
        row = self._row(item) if _ID.fullmatch(item) else None
        return self._works_arr.read(row) if row else None

    def _row(self, item: str) -> _Row | None:
        """Return the author of an item id: by the known ref, else from the whole list (no query)."""
        ref = self._refs.get(item)
        row = None if ref is None else self._api.find(_Row, f"{_AUTHOR}/{ref}")
        if row is not None and row.item_id == item:
            return row
        return next((row for row in self._rows() if row.item_id == item), None)

    def _rows(self) -> list[_Row]:
        rows = self._works_arr.rows()
        self._refs = {row.item_id: row.id for row in rows}
        return rows

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        return frozenset(ids) - self._refs.keys()

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        return self._works_arr.read_all(self._rows(), recent=recent)

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:  # noqa: ARG002 - a book has none
        return item

    def check_settings(self) -> None:
        self._settings.check_root_monitoring("all books of the authors that peers add")

    def setting_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.problems(_RECOMMENDED, "metadataprovider", "development")

    def roots(self) -> Mapping[str, bool]:
        return self._settings.roots()

    def has_file(self, path: str) -> bool:
        return self._settings.has_file(path)

    def add(self, item: NewItem) -> None:
        self._add(item)

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        for item in items:
            self._add(item, recent=True)
        return ()

    def _add(self, item: NewItem, *, recent: bool = False) -> None:
        if not (goodreads := _ID.fullmatch(item.id)):
            raise Refused(f"Readarr cannot add {item.id}: that is not the Goodreads id of an author")
        try:
            made = self._api.add(_AUTHOR, self._works_arr.new_item_body(item, goodreads[1], recent=recent))
        except Refused as refused:
            if "with this ID was not found" in refused.what:
                raise _unknown_or_outage(refused) from refused
            raise
        if isinstance(made, dict) and isinstance(ref := made.get("id"), int):
            self._refs[item.id] = ref

    def exclusions(self) -> frozenset[str]:
        return self._works_arr.exclusions()

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        self._works_arr.set_monitored(ref, units, monitored=monitored)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        return self._works_arr.rescan(ref, paths, units, self._add_book)

    def _add_book(self, author: _Row, work: str) -> None:
        """Add a book by one of its editions, which only a lookup finds."""
        found = self._api.ask(list[_Book], "GET", f"{_BOOK}/lookup", params={"term": f"work:{work}"})
        edition = next((book.foreign_edition_id for book in found if book.unit == work), "")
        if not edition:
            raise Refused(f"Readarr's metadata server knows no edition of the work {work}", _SOURCE)
        body = {
            **self._works_arr.new_work_body(author, work),
            "anyEditionOk": True,
            "editions": [{"foreignEditionId": edition, "monitored": True}],
        }
        try:
            self._api.add(_BOOK, body)
        except ServerError as failing:
            if "Sequence contains" in failing.what:  # its message for an edition that does not exist
                raise Refused(failing.what, _SOURCE) from failing
            raise

    def importable(self, file: FileToImport) -> bool:
        return self._imports.importable(file)

    def import_files(self, files: Sequence[FileToImport]) -> int:
        return self._imports.run(files)

    def _import_ids(self, file: FileToImport, book: _Book) -> Ids | None:
        """Name the file's edition, or the one that Readarr chose for the book.

        That one is named where no edition is stated, or Readarr lacks the stated one: which editions it has
        depends on its metadata profile, and a scan might take the file for another book.
        """
        edition: str | None = file.release
        if edition not in {"", book.foreign_edition_id}:
            edition = self._editions.find(book.id, lambda ids: file.release if file.release in ids else None)
        return {"bookId": book.id, "foreignEditionId": edition or book.foreign_edition_id}

    def _ask_editions(self, book: int) -> frozenset[str]:
        listed = self._api.ask(list[_Edition], "GET", f"{_API}/edition", params={"bookId": str(book)})
        return frozenset(each.foreign_edition_id for each in listed)

    def command_ended(self, command: int) -> bool:
        return self._works_arr.commands.ended(command)

    def scans(self) -> ArrScans:
        return self._works_arr.commands.scans(
            frozenset(
                {
                    "RescanFolders",
                    "RefreshAuthor",
                    "BulkRefreshAuthor",
                    "RefreshBook",
                    "BulkRefreshBook",
                    "ManualImport",
                }
            )
        )

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no author has one
        self._works_arr.move(ref, folder)

    def remove(self, ref: int) -> None:
        self._works_arr.remove(ref)

    def history_since(self, since_ms: int) -> ArrHistory:
        return self._works_arr.history_since(since_ms)

    def downloads(self) -> tuple[Download, ...]:
        return self._works_arr.downloads()

    def download_client_problems(self) -> tuple[SettingProblem, ...]:
        return self._settings.download_client_problems()

    def forget_cached(self) -> None:
        self._api.forget_cached()

    def start_time(self) -> str:
        return self._settings.start_time()

    def library_info(self) -> LibraryInfo:
        formats = ("authorFolderFormat", "standardBookFormat")
        return self._settings.library_info(self._works_arr.labels.profiles, formats)


def _unknown_or_outage(refused: Refused) -> Unavailable:
    return Unavailable(
        f"{refused.what} - Readarr answers so for an id that does not exist, and also while its metadata "
        "server does not answer",
        f"check whether a search in Readarr finds any author; {_SOURCE}",
    )


_SOURCE: Final = "its metadata source is set on its page /settings/development, the same in all households"
_RECOMMENDED: Final[Mapping[str, RecommendedSetting]] = {
    **recommended_settings("Author"),
    **RECOMMENDED_FOR_WORKS,
    "writeBookTags": RecommendedSetting(
        ("newFiles",),
        "it rewrites files of the peers in a Calibre library",
        "set Send Metadata to Calibre to For new downloads only in Settings > Metadata",
    ),
    "metadataSource": RecommendedSetting(
        (),
        "unless it is a fork with another one built in, its metadata server is gone for good",
        _SOURCE,
        harmful=("", None),
    ),
}
_TRIGGERS: Final = (
    "onReleaseImport",
    "onUpgrade",
    "onRename",
    "onAuthorAdded",
    "onAuthorDelete",
    "onBookFileDelete",
    "onBookRetag",
)
KIND: Final = ArrKind(
    "readarr",
    "Readarr",
    "readarr_",
    Readarr,
    _parse_webhook,
    _parse_script,
    frozenset(_EVENTS.events),
    triggers=_TRIGGERS,
    api_root=_API,
    imports_files=True,
    webhook_headers=False,
    item="author",
)
