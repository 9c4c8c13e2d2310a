"""The commands of Lidarr and Readarr: their parameters, and what each does."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.demo.arr.commands import Command
from mesharr.demo.wire import JsonObject
from tests.arrs.works.downloads import ShelfDownloads
from tests.arrs.works.library import Shelf
from tests.arrs.works.model import MediaFile
from tests.arrs.works.refresh import Refresh
from tests.arrs.works.scan import Scan
from tests.arrs.works.traits import ShelfWords

Format = Callable[[MediaFile], str]


def parameters(words: ShelfWords) -> dict[str, Mapping[str, object]]:
    """The commands that both have, each with its parameters and their defaults."""
    creator, creators = words.of("{creator}Id"), words.of("{creator}Ids")
    files = {creator: 0, "files": []}
    return {
        "RescanFolders": {
            "folders": None,
            "filter": "known",
            words.of("addNew{Creator}s"): True,
            creators: [],
        },
        words.of("BulkRefresh{Creator}"): {creators: [], words.of("areNew{Creator}s"): False},
        "RenameFiles": dict(files),
        words.of("Rename{Creator}"): {creators: []},
        "RetagFiles": dict(files),
        words.of("Retag{Creator}"): {creators: []},
        words.of("{Work}Search"): {words.of("{work}Ids"): []},
        words.of("{Creator}Search"): {creator: 0},
        words.of("Missing{Work}Search"): {},
        words.of("Downloaded{Work}sScan"): {"path": None, "downloadClientId": None, "importMode": "auto"},
        "ManualImport": {"files": [], "importMode": "auto", "replaceExistingFiles": False},
        "Housekeeping": {},
    }


class ShelfCommands:
    """Runs commands. `formatted` is the name, below its creator's folder, that a file should have."""

    def __init__(self, shelf: Shelf, scan: Scan, downloads: ShelfDownloads, formatted: Format) -> None:
        self._shelf = shelf
        self._scan = scan
        self._refresh = Refresh(shelf)
        self._downloads = downloads
        self._formatted = formatted
        words = shelf.words
        self._handlers: Mapping[str, Callable[[JsonObject, str], None]] = {
            "RescanFolders": self._rescan,
            words.of("Refresh{Creator}"): self._refresh_creators,
            words.of("BulkRefresh{Creator}"): self._refresh_creators,
            words.of("Refresh{Work}"): self._refresh_works,
            words.of("BulkRefresh{Work}"): self._refresh_works,
            "RenameFiles": self._rename,
            words.of("Rename{Creator}"): self._rename,
            "RetagFiles": self._retag,
            words.of("Retag{Creator}"): self._retag,
            words.of("{Work}Search"): self._search,
            words.of("{Creator}Search"): self._search,
            words.of("Missing{Work}Search"): self._search_missing,
            "Housekeeping": lambda _body, _trigger: shelf.arr.housekeeping(),
        }

    def run(self, command: Command) -> None:
        """Run one command; those that need a download client or a person do nothing."""
        handler = self._handlers.get(command.name)
        if handler is not None:
            handler(command.body, command.trigger)

    def refresh_all(self) -> None:
        """The scheduled refresh of every creator, and one scan of every root if the settings say so."""
        creator_ids = [creator.id for creator in self._shelf.creators()]
        self._refresh.creators(creator_ids, new=False, trigger="scheduled")

    def _rescan(self, body: JsonObject, _trigger: str) -> None:
        words = self._shelf.words
        self._scan.run(
            body["folders"],
            str(body["filter"]).lower(),
            body[words.of("{creator}Ids")],
            add_new=bool(body[words.of("addNew{Creator}s")]),
        )

    def _refresh_creators(self, body: JsonObject, trigger: str) -> None:
        words = self._shelf.words
        new = body.get(words.of("isNew{Creator}")) or body.get(words.of("areNew{Creator}s"))
        ids = self._creator_ids(body) or [creator.id for creator in self._shelf.creators()]
        self._refresh.creators(ids, new=bool(new), trigger=trigger)

    def _refresh_works(self, body: JsonObject, _trigger: str) -> None:
        words = self._shelf.words
        one, several = body.get(words.of("{work}Id")), body.get(words.of("{work}Ids"), [])
        for work_id in [*several, *([one] if one else [])]:
            self._refresh.work(work_id, new=bool(body.get(words.of("isNew{Work}"))))

    def _rename(self, body: JsonObject, _trigger: str) -> None:
        for creator_id in self._creator_ids(body):
            files = self._files(body, creator_id)
            names = {file.id: self._formatted(file) for file in files}
            self._downloads.rename(self._shelf.creator(creator_id), names)

    def _retag(self, body: JsonObject, _trigger: str) -> None:
        for creator_id in self._creator_ids(body):
            for file in self._files(body, creator_id):
                self._shelf.retag(file)

    def _search(self, body: JsonObject, _trigger: str) -> None:
        works = [work.id for number in self._creator_ids(body) for work in self._shelf.works(number)]
        self._shelf.search([*body.get(self._shelf.words.of("{work}Ids"), []), *works])

    def _search_missing(self, _body: JsonObject, _trigger: str) -> None:
        works = [work.id for work in self._shelf.works() if work.monitored]
        self._shelf.search([work_id for work_id in works if not self._shelf.files_of(work_id)])

    def _creator_ids(self, body: JsonObject) -> list[int]:
        words = self._shelf.words
        one, several = body.get(words.of("{creator}Id")), body.get(words.of("{creator}Ids"), [])
        return [*several, *([one] if one else [])]

    def _files(self, body: JsonObject, creator_id: int) -> Sequence[MediaFile]:
        files = self._shelf.files_of_creator(creator_id)
        return [file for file in files if "files" not in body or file.id in body["files"]]
