"""The commands of Lidarr and Readarr: their parameters, and what each does."""

from collections.abc import Callable, Mapping, Sequence

from mesharr.demo.arr.commands import Command
from mesharr.demo.arr.manual_import import given_files
from mesharr.demo.wire import JsonObject
from tests.arrs.works.downloads import WorksDownloads
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.manual_import import WorksManualImport
from tests.arrs.works.model import MediaFile
from tests.arrs.works.refresh import Refresh
from tests.arrs.works.scan import Scan
from tests.arrs.works.traits import WorksTraits

Format = Callable[[MediaFile], str]


def parameters(traits: WorksTraits) -> dict[str, Mapping[str, object]]:
    """Return the commands that both have, each with its parameters and their defaults."""
    creator, creators = traits.name("{creator}Id"), traits.name("{creator}Ids")
    files = {creator: 0, "files": []}
    return {
        "RescanFolders": {
            "folders": None,
            "filter": "known",
            traits.name("addNew{Creator}s"): True,
            creators: [],
        },
        traits.name("BulkRefresh{Creator}"): {creators: [], traits.name("areNew{Creator}s"): False},
        "RenameFiles": dict(files),
        traits.name("Rename{Creator}"): {creators: []},
        "RetagFiles": dict(files),
        traits.name("Retag{Creator}"): {creators: []},
        traits.name("{Work}Search"): {traits.name("{work}Ids"): []},
        traits.name("{Creator}Search"): {creator: 0},
        traits.name("Missing{Work}Search"): {},
        traits.name("Downloaded{Work}sScan"): {
            "path": None,
            "downloadClientId": None,
            "importMode": "auto",
        },
        "ManualImport": {"files": [], "importMode": "auto", "replaceExistingFiles": False},
        "Housekeeping": {},
    }


class WorksCommands:
    """Runs commands.

    `formatted` returns the name that a file should have below its creator's folder.
    """

    def __init__(
        self,
        library: WorksLibrary,
        scan: Scan,
        downloads: WorksDownloads,
        manual_import: WorksManualImport,
        formatted: Format,
    ) -> None:
        self._library = library
        self._scan = scan
        self._refresh = Refresh(library)
        self._downloads = downloads
        self._manual_import = manual_import
        self._formatted = formatted
        traits = library.traits
        self._handlers: Mapping[str, Callable[[JsonObject, str], None]] = {
            "RescanFolders": self._rescan,
            traits.name("Refresh{Creator}"): self._refresh_creators,
            traits.name("BulkRefresh{Creator}"): self._refresh_creators,
            traits.name("Refresh{Work}"): self._refresh_works,
            traits.name("BulkRefresh{Work}"): self._refresh_works,
            "RenameFiles": self._rename,
            traits.name("Rename{Creator}"): self._rename,
            "ManualImport": self._import,
            "RetagFiles": self._retag,
            traits.name("Retag{Creator}"): self._retag,
            traits.name("{Work}Search"): self._search,
            traits.name("{Creator}Search"): self._search,
            traits.name("Missing{Work}Search"): self._search_missing,
            "Housekeeping": lambda _body, _trigger: library.arr.housekeeping(),
        }

    def run(self, command: Command) -> None:
        """Run one command; those that need a download client or the user do nothing."""
        handler = self._handlers.get(command.name)
        if handler is not None:
            handler(command.body, command.trigger)

    def refresh_all(self) -> None:
        """Refresh every creator as scheduled; scan every root once if the settings say so."""
        creator_ids = [creator.id for creator in self._library.creators()]
        self._refresh.creators(creator_ids, new=False, trigger="scheduled")

    def _rescan(self, body: JsonObject, _trigger: str) -> None:
        traits = self._library.traits
        self._scan.run(
            body["folders"],
            str(body["filter"]).lower(),
            body[traits.name("{creator}Ids")],
            add_new=bool(body[traits.name("addNew{Creator}s")]),
        )

    def _refresh_creators(self, body: JsonObject, trigger: str) -> None:
        traits = self._library.traits
        new = body.get(traits.name("isNew{Creator}")) or body.get(traits.name("areNew{Creator}s"))
        ids = self._creator_ids(body) or [creator.id for creator in self._library.creators()]
        self._refresh.creators(ids, new=bool(new), trigger=trigger)

    def _refresh_works(self, body: JsonObject, _trigger: str) -> None:
        traits = self._library.traits
        one, several = body.get(traits.name("{work}Id")), body.get(traits.name("{work}Ids"), [])
        for work_id in [*several, *([one] if one else [])]:
            self._refresh.work(work_id, new=bool(body.get(traits.name("isNew{Work}"))))

    def _rename(self, body: JsonObject, _trigger: str) -> None:
        for creator_id in self._creator_ids(body):
            files = self._files(body, creator_id)
            names = {file.id: self._formatted(file) for file in files}
            self._downloads.rename(self._library.creator(creator_id), names)

    def _import(self, body: JsonObject, _trigger: str) -> None:
        self._manual_import.run(given_files(body), replace_existing=bool(body["replaceExistingFiles"]))

    def _retag(self, body: JsonObject, _trigger: str) -> None:
        for creator_id in self._creator_ids(body):
            for file in self._files(body, creator_id):
                self._library.retag(file)

    def _search(self, body: JsonObject, _trigger: str) -> None:
        works = [work.id for number in self._creator_ids(body) for work in self._library.works(number)]
        self._library.search([*body.get(self._library.traits.name("{work}Ids"), []), *works])

    def _search_missing(self, _body: JsonObject, _trigger: str) -> None:
        works = [work.id for work in self._library.works() if work.monitored]
        self._library.search([work_id for work_id in works if not self._library.files_of(work_id)])

    def _creator_ids(self, body: JsonObject) -> list[int]:
        traits = self._library.traits
        one, several = body.get(traits.name("{creator}Id")), body.get(traits.name("{creator}Ids"), [])
        return [*several, *([one] if one else [])]

    def _files(self, body: JsonObject, creator_id: int) -> Sequence[MediaFile]:
        files = self._library.files_of_creator(creator_id)
        return [file for file in files if "files" not in body or file.id in body["files"]]
