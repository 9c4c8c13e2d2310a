"""Readarr: an author is an item, a book a unit (the Goodreads id of its work). API v1.

A book may be made of several files. It would be downloaded when it and its author are monitored. Readarr
deletes authors and books by itself when its metadata server fails, and its webhook of a deleted file names
no reason: no deletion it tells of proves that a person wanted it. Its ids come in three families, all
numbers: authors, works, and editions, which say nothing here. No call made here deletes, moves or renames
a file.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import httpx
import msgspec

from mesharr.arr.api import ArrApi, Commands, Failing, File, Place, Queued, Said, date_of
from mesharr.arr.base import ArrKind
from mesharr.arr.flags import Flags
from mesharr.arr.heard import Moved, Past, Script, downloads_of, event_of, merged, renamed
from mesharr.arr.lately import Lately
from mesharr.arr.settings import (
    Wish,
    check_roots,
    described,
    findings_in,
    roots_of,
    started_of,
    wishes_for,
)
from mesharr.arr.shelf import WISHES, Shelf, Shelved, folders_to_scan
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.events import LibraryInfo
from mesharr.core.held import UNSURE, Download, Finding, Held, NewItem, Scans, Signal, SignalKind

_ID: Final = re.compile(r"goodreads:([1-9][0-9]{0,17})")
_API: Final = "/api/v1"
_AUTHOR: Final = f"{_API}/author"
_BOOK: Final = f"{_API}/book"
_with = msgspec.structs.replace


class _Author(Said, frozen=True):
    goodreads_id: str
    path: str | None = None


class _Event(Said, frozen=True, tag_field="eventType"):
    kind: ClassVar[SignalKind]
    reason: ClassVar[str] = ""
    author: _Author

    def signal(self) -> Signal:
        id_, folder = f"goodreads:{self.author.goodreads_id}", self.author.path or ""
        return Signal(kind=self.kind, id=id_, folder=folder, reason=self.reason)

    def paths(self, files: Sequence[Place]) -> tuple[str, ...]:
        return tuple(file.named(self.author.path) for file in files)


class _Added(_Event, frozen=True, tag="AuthorAdded"):
    kind = "added"


class _Deleted(_Event, frozen=True, tag="AuthorDelete"):
    kind = "deleted"
    reason = UNSURE


class _BookDeleted(_Event, frozen=True, tag="BookDelete"):
    kind = "file_deleted"  # of which files it does not say: a reason to look at the author
    reason = UNSURE


class _Imported(_Event, frozen=True, tag="Download"):
    kind = "imported"
    book_files: tuple[Place, ...]
    deleted_files: tuple[Place, ...] = ()

    def signal(self) -> Signal:
        paths, replaced = self.paths(self.book_files), self.paths(self.deleted_files)
        return _with(_Event.signal(self), paths=paths, replaced=replaced)


class _Retagged(_Event, frozen=True, tag="Retag"):
    kind = "retagged"
    book_file: Place

    def signal(self) -> Signal:
        return _with(_Event.signal(self), paths=self.paths([self.book_file]))


class _Renamed(_Event, frozen=True, tag="Rename"):
    kind = "renamed"
    renamed_book_files: tuple[Moved, ...]

    def signal(self) -> Signal:
        return renamed(_Event.signal(self), self.renamed_book_files)


class _FileDeleted(_Event, frozen=True, tag="BookFileDelete"):
    kind = "file_deleted"
    book_file: Place
    delete_reason: str | None = None  # the webhook never says it

    def signal(self) -> Signal:
        reason = (self.delete_reason or UNSURE).lower()
        if reason == "manualoverride":  # a scan read a changed file anew: it is still there
            reason = UNSURE
        return _with(_Event.signal(self), paths=self.paths([self.book_file]), reason=reason)


_Known = _Added | _Deleted | _BookDeleted | _Imported | _Retagged | _Renamed | _FileDeleted
_KNOWN: Final = frozenset(
    {"AuthorAdded", "AuthorDelete", "BookDelete", "Download", "Retag", "Rename", "BookFileDelete"}
)


def _signals(said: bytes | Mapping[str, Any]) -> tuple[Signal, ...]:
    event: _Known | None = event_of(said, _KNOWN, _Known)
    signal = event.signal() if event else None
    return (signal,) if signal and _ID.fullmatch(signal.id) else ()


def _script(env: Mapping[str, str]) -> tuple[Signal, ...]:
    script = Script(env, "readarr_")
    said = script.get
    event = said("eventtype")
    payload = {
        "eventType": "Retag" if event == "TrackRetag" else event,
        # with an author both names mean the same; of a book, GRId is an edition and GoodreadsId a work
        "author": {
            "goodreadsId": said("author_grid") or said("author_goodreadsid"),
            "path": said("author_path"),
        },
        "bookFiles": script.files("addedbookpaths") or [],
        "deletedFiles": script.files("deletedpaths") or [],
        "bookFile": {"path": said("bookfile_path")},
        "renamedBookFiles": [],  # it does not say which
        "deleteReason": said("delete_reason"),
    }
    return _signals(payload)


_TOLD: Final[Mapping[str, SignalKind]] = {
    "bookFileImported": "imported",
    "bookFileRetagged": "retagged",
    "bookFileRenamed": "renamed",
    "bookFileDeleted": "file_deleted",
}


class _Row(Shelved, frozen=True, kw_only=True):
    foreign_author_id: str = ""
    author_name: str = ""

    @property
    def item(self) -> str:
        return f"goodreads:{self.foreign_author_id}"

    @property
    def name(self) -> str:
        return self.author_name


class _Book(Said, frozen=True):
    id: int = 0
    foreign_book_id: str = ""
    foreign_edition_id: str = ""
    monitored: bool = False

    @property
    def unit(self) -> str:
        return self.foreign_book_id


class _BookFile(File, frozen=True):
    book_id: int = 0

    @property
    def work(self) -> int:
        return self.book_id


class _Past(Past, frozen=True):
    author: _Row | None = None

    def signals(self) -> tuple[Signal, ...]:
        if self.author is None or not self.author.foreign_author_id:
            return ()
        return self.told(Signal(kind="imported", id=self.author.item, folder=self.author.path), _TOLD)


class _Queued(Queued, frozen=True):
    author: _Row | None = None
    book: _Book | None = None


class Readarr:
    """A running Readarr. The contract of each method is the port's (`mesharr.arr.base.Arr`)."""

    def __init__(self, client: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = ArrApi(client, "Readarr")
        self._commands = Commands(self._api, f"{_API}/command", ("authorId", "authorIds"))
        self._shelf = Shelf(self._api, _API, "author")
        self._flags = Flags(self._api, (f"{_BOOK}/monitor", "bookIds"), (f"{_AUTHOR}/editor", "authorIds"))
        self._lately: Lately[_Row] = Lately(
            self._api,
            lambda row: self._shelf.held(row, self._books(row.id), self._files(row.id)),
            lambda row: self._shelf.held(row, (), ()),
            "bookFileCount",
            clock,
        )
        self._refs: dict[str, int] = {}

    def read(self, id: str) -> Held | None:  # noqa: A002 - the port's word
        row = self._found(id) if _ID.fullmatch(id) else None
        if row is None:
            return None
        self._shelf.labels.learn([row])
        return self._lately.asked(row)

    def _found(self, item: str) -> _Row | None:
        """The author of an id, which Readarr cannot be asked for: by the ref it had, else from the list."""
        ref = self._refs.get(item)
        row = None if ref is None else self._api.find(_Row, f"{_AUTHOR}/{ref}")
        if row is not None and row.item == item:
            return row
        return next((row for row in self._listed() if row.item == item), None)

    def _listed(self) -> list[_Row]:
        rows = [row for row in self._api.ask(list[_Row], "GET", _AUTHOR) if row.foreign_author_id]
        self._refs = {row.item: row.id for row in rows}
        return rows

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        return frozenset(ids) - self._refs.keys()

    def read_all(self) -> Iterator[Held]:
        rows = self._listed()
        self._shelf.labels.learn(rows, anew=True)
        yield from self._lately.every(rows)

    def _books(self, ref: int) -> list[_Book]:
        listed = self._api.ask(list[_Book], "GET", _BOOK, params={"authorId": str(ref)})
        return [book for book in listed if book.foreign_book_id]

    def _files(self, ref: int) -> list[_BookFile]:
        return self._api.ask(list[_BookFile], "GET", f"{_API}/bookfile", params={"authorId": str(ref)})

    def check(self) -> None:
        check_roots(self._api, _API, "all books of the authors that peers bring")

    def findings(self) -> tuple[Finding, ...]:
        return findings_in(self._api, _API, _WISHES, "metadataprovider", "development")

    def roots(self) -> Mapping[str, bool]:
        return roots_of(self._api, _API)

    def add(self, item: NewItem) -> None:
        self._add(item)

    def add_many(self, items: Sequence[NewItem]) -> None:
        for item in items:
            self._add(item, recent=True)

    def _add(self, item: NewItem, *, recent: bool = False) -> None:
        if not (goodreads := _ID.fullmatch(item.id)):
            raise Refused(f"Readarr cannot add {item.id}: that is not the Goodreads id of an author")
        # what the metadata say takes the place of the name, but it may not be empty
        named = {"foreignAuthorId": goodreads[1], "authorName": item.title or item.id}
        try:
            made = self._api.add(_AUTHOR, {**named, **self._shelf.new(item, recent=recent)})
        except Refused as refused:
            if "with this ID was not found" in refused.what:
                raise _nobody_or_nothing(refused) from refused
            raise
        if isinstance(made, dict) and isinstance(ref := made.get("id"), int):
            self._refs[item.id] = ref

    def exclusions(self) -> frozenset[str]:
        return frozenset(f"goodreads:{each}" for each in self._shelf.excluded())

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        books = self._books(ref)
        if not monitored:
            self._flags.off(units, books)
        elif author := self._api.find(_Row, f"{_AUTHOR}/{ref}"):
            self._flags.on(ref, author.monitored, units, books)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        author = self._api.ask(_Row, "GET", f"{_AUTHOR}/{ref}")
        if units:
            known = {book.unit for book in self._books(ref)}
            self._shelf.tell_of(ref, units, known, lambda unit: self._add_book(author, unit))
        shown = [file.path for file in self._files(ref) if file.path] if paths else []
        folders = folders_to_scan(author.path, shown, paths)
        body = {"filter": "matched", "addNewAuthors": False, "authorIds": [ref]}
        return self._commands.run({"name": "RescanFolders", "folders": folders, **body})

    def _add_book(self, author: _Row, work: str) -> None:
        """Add a book by one of its editions: which, only a lookup says."""
        found = self._api.ask(list[_Book], "GET", f"{_BOOK}/lookup", params={"term": f"work:{work}"})
        edition = next((book.foreign_edition_id for book in found if book.unit == work), "")
        if not edition:
            raise Refused(f"Readarr's metadata server knows no edition of the work {work}", _SOURCE)
        named = {"foreignAuthorId": author.foreign_author_id, "authorName": author.author_name}
        body = {
            "foreignBookId": work,
            "monitored": False,
            "anyEditionOk": True,
            "addOptions": {"searchForNewBook": False},
            "editions": [{"foreignEditionId": edition, "monitored": True}],
            "author": {**named, **author.described()},
        }
        try:
            self._api.add(_BOOK, body)
        except Failing as failing:
            if "Sequence contains" in failing.what:  # its words for an edition that is not there
                raise Refused(failing.what, _SOURCE) from failing
            raise

    def command_ended(self, command: int) -> bool:
        return self._commands.ended(command)

    def scans(self) -> Scans:
        return self._commands.scans(
            frozenset(
                {"RescanFolders", "RefreshAuthor", "BulkRefreshAuthor", "RefreshBook", "BulkRefreshBook"}
            )
        )

    def move(self, ref: int, folder: str, series_type: str = "") -> None:  # noqa: ARG002 - no author has one
        self._api.edit(f"{_AUTHOR}/{ref}", {"moveFiles": "false"}, {"path": folder})

    def remove(self, ref: int) -> None:
        query = {"deleteFiles": "false", "addImportListExclusion": "false"}
        self._api.request("DELETE", f"{_AUTHOR}/{ref}", params=query)

    def signals_since(self, since_ms: int) -> tuple[Signal, ...]:
        query = {"date": date_of(since_ms), "includeAuthor": "true"}
        rows = self._api.ask(list[_Past], "GET", f"{_API}/history/since", params=query)
        return merged(signal for row in rows for signal in row.signals())

    def downloads(self) -> tuple[Download, ...]:
        query = {"includeAuthor": "true", "includeBook": "true"}
        rows = self._api.ask(list[_Queued], "GET", f"{_API}/queue/details", params=query)
        return downloads_of(
            (row.author.item, row.book.unit) for row in rows if row.author and row.book and not row.over
        )

    def started(self) -> str:
        return started_of(self._api, _API)

    def describe(self) -> LibraryInfo:
        formats = ("authorFolderFormat", "standardBookFormat")
        return described(self._api, _API, self._shelf.labels.profiles, formats)


def _nobody_or_nothing(refused: Refused) -> Unavailable:
    return Unavailable(
        f"{refused.what} - which Readarr says of an id that does not exist, and also while its metadata "
        "server does not answer",
        f"look whether a search in Readarr finds anybody; {_SOURCE}",
    )


_SOURCE: Final = "its metadata source is set on its page /settings/development, the same in all households"
_WISHES: Final[Mapping[str, Wish]] = {
    **wishes_for("Author"),
    **WISHES,
    "writeBookTags": Wish(
        ("newFiles",),
        "it rewrites files of the peers in a Calibre library",
        "set Send Metadata to Calibre to For new downloads only in Settings > Metadata",
    ),
    "metadataSource": Wish(
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
    _signals,
    _script,
    _KNOWN,
    triggers=_TRIGGERS,
    api=_API,
    headers=False,
)
