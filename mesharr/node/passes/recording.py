"""Record the changes that stages ask for outside of the node, instead of making them.

A recorder passes each reading on and keeps each change to itself. It reflects a change in what it reads just
enough that the stages go on as after a real one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.model import (
    ArrItem,
    ArrScans,
    FileToImport,
    NewItem,
)
from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import FileStat
from mesharr.log.store.folder import Store
from mesharr.node.inward.visited_item import NoWatcher, Watcher
from mesharr.node.model import LibraryStorage, LocalFiles, StorageReads
from mesharr.scanners.base import Scanner
from mesharr.uploads.base import FolderUploader, Progress, Uploaded, UploadedBatch, Uploader

_with = msgspec.structs.replace


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """What is put around everything that a node's stages talk to. By default nothing is."""

    arr: Callable[[Arr], Arr] = lambda arr: arr
    """Around an app."""
    scanner: Callable[[Scanner], Scanner] = lambda scanner: scanner
    """Around a media server."""
    storage: Callable[[LibraryStorage], LibraryStorage] = lambda storage: storage
    """Around the files of a library."""
    store: Callable[[Store], Store] = lambda store: store
    """Around the mesh's store."""
    uploader: Callable[[Uploader | None], Uploader | None] = lambda uploader: uploader
    """Around what uploads."""
    folder_uploader: Callable[[FolderUploader | None], FolderUploader | None] = lambda program: program
    """Around the program that uploads whole folders."""
    watcher: Watcher = NoWatcher()
    """What learns what visits do."""


def recording_edges(watcher: Watcher) -> Edges:
    """Return edges through which nothing outside of the node is changed."""
    return Edges(
        arr=RecordingArr,
        scanner=RecordingScanner,
        storage=RecordingStorage,
        store=RecordingStore,
        uploader=lambda uploader: RecordingUploader() if uploader else None,
        folder_uploader=lambda _program: None,
        watcher=watcher,
    )


class RecordingArr:
    """An app that lists itself as after the changes it was asked for, and makes none of them."""

    def __init__(self, arr: Arr) -> None:
        self._arr = arr
        self.check_settings = arr.check_settings
        self.setting_problems = arr.setting_problems
        self.roots = arr.roots
        self.has_file = arr.has_file
        self.exclusions = arr.exclusions
        self.history_since = arr.history_since
        self.download_client_problems = arr.download_client_problems
        self.forget_cached = arr.forget_cached
        self.downloads = arr.downloads
        self.start_time = arr.start_time
        self.library_info = arr.library_info
        self._changed: dict[str, ArrItem | None] = {}
        self._ids: dict[int, str] = {}
        self._read: dict[str, ArrItem] = {}
        self._scanned: set[int] = set()
        self._commands = 0

    # -- readings

    def read(self, item: str) -> ArrItem | None:
        """Return an item as it would be."""
        if item in self._changed:
            return self._changed[item]
        return self._seen(self._arr.read(item))

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these the app would not list either."""
        return self._arr.unlisted(ids) - {item for item, changed in self._changed.items() if changed}

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        """Yield every item the app would list."""
        listed: set[str] = set()
        for arr_item in self._arr.read_all(recent=recent):
            self._seen(arr_item)
            listed.add(arr_item.id)
            present = self._changed.get(arr_item.id, arr_item)
            if present:
                yield present
        yield from (added for item, added in self._changed.items() if added and item not in listed)

    def with_parts(self, item: ArrItem, paths: Collection[str]) -> ArrItem:
        """Ask the app; an item that was only recorded has no files."""
        return self._arr.with_parts(item, paths) if item.ref > 0 else item

    def importable(self, file: FileToImport) -> bool:
        """Ask the app; what it would say of an item that was only recorded is not known."""
        return file.ref > 0 and self._arr.importable(file)

    def command_ended(self, command: int) -> bool:
        """Ask the app; a scan that was only recorded never ends."""
        return command > 0 and self._arr.command_ended(command)

    def scans(self) -> ArrScans:
        """Ask the app; what was to be scanned is being scanned."""
        scans = self._arr.scans()
        return _with(scans, running=scans.running | self._scanned)

    # -- changes

    def add(self, item: NewItem) -> None:
        """Record an add: the item is listed, unmonitored, and its folder being scanned."""
        ref = -1 - len(self._ids)
        self._ids[ref] = item.id
        self._scanned.add(ref)
        self._changed[item.id] = ArrItem(
            ref=ref,
            id=item.id,
            kind=next((each.kind for each in self._read.values()), ""),
            ids=item.ids,
            title=item.title,
            year=item.year,
            folder=item.folder,
            profile=item.profile,
            tags=(item.tag,) if item.tag else (),
            monitored=dict.fromkeys(item.units, False),
            files=(),
            series_type=item.series_type,
        )

    def add_many(self, items: Sequence[NewItem]) -> tuple[ArrItem, ...]:
        """Record several adds."""
        for item in items:
            self.add(item)
        return ()

    def set_monitored(self, ref: int, units: tuple[str, ...], monitored: bool) -> None:
        """Record flags."""
        if arr_item := self._of(ref):
            flags = {**arr_item.monitored, **dict.fromkeys(units, monitored)}
            self._changed[arr_item.id] = _with(arr_item, monitored=flags)

    def rescan(self, ref: int, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> int:
        """Record a scan; return a number that no command of the app has."""
        del paths, units
        self._scanned.add(ref)
        self._commands -= 1
        return self._commands

    def import_files(self, files: Sequence[FileToImport]) -> int:
        """Record an import as a scan; return a number that no command of the app has."""
        self._scanned.update(file.ref for file in files)
        self._commands -= 1
        return self._commands

    def move(self, ref: int, folder: str, series_type: str = "") -> None:
        """Record another folder, or another series type."""
        if arr_item := self._of(ref):
            changed = _with(arr_item, folder=folder, series_type=series_type or arr_item.series_type)
            self._changed[arr_item.id] = changed

    def remove(self, ref: int) -> None:
        """Record that the item is not listed any more."""
        if arr_item := self._of(ref):
            self._changed[arr_item.id] = None

    def _seen(self, arr_item: ArrItem | None) -> ArrItem | None:
        if arr_item:
            self._ids[arr_item.ref] = arr_item.id
            self._read[arr_item.id] = arr_item
        return arr_item

    def _of(self, ref: int) -> ArrItem | None:
        item = self._ids.get(ref, "")
        return self._changed[item] if item in self._changed else self._read.get(item)


class RecordingScanner:
    """A media server that is asked for nothing."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    def scan(self, folder: str) -> None:
        """Do nothing: the visit has reported the folder."""

    def scan_many(self, folders: Sequence[str]) -> None:
        """Do nothing: the visits have reported the folders."""

    def check_available(self) -> None:
        """Ask the server."""
        self._scanner.check_available()


class RecordingStorage(StorageReads):
    """The files of a library, of which none is unlinked."""

    def __init__(self, storage: LibraryStorage) -> None:
        super().__init__(storage)
        self.check_available = storage.check_available
        self.local = RecordingLocalFiles(storage.local)

    def unlink_local(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        """Unlink nothing; return that it was done."""
        del path, was, even_open
        return True


class RecordingLocalFiles:
    """The local branch of a library, of which no folder is removed."""

    def __init__(self, local: LocalFiles) -> None:
        self.files = local.files
        self.unreadable = local.unreadable
        self.missing = local.missing
        self.link_target = local.link_target
        self.is_open_elsewhere = local.is_open_elsewhere

    def move(self, path: str, to: str) -> None:
        """Move nothing."""

    def drop_empty_folders(self, path: str) -> None:
        """Remove nothing."""


class RecordingUploader:
    """Uploads nothing: what waits for an upload waits on."""

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        """Raise `Unavailable`."""
        del source, target, report, replaces
        raise Unavailable("a dry run uploads nothing")

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        """Send nothing."""
        del root, files
        return UploadedBatch({})

    def find(self, target: str) -> Uploaded | None:
        """Raise `Unavailable`."""
        del target
        raise Unavailable("a dry run does not ask the remote")

    def read(self, target: str, limit: int) -> bytes | None:
        """Raise `Unavailable`."""
        del target, limit
        raise Unavailable("a dry run does not ask the remote")

    def take_back(self, target: str, size: int) -> bool:
        """Delete nothing."""
        del target, size
        return False

    def is_half(self, target: str, size: int, source: str) -> bool:
        """Compare nothing."""
        del target, size, source
        return False

    def sweep(self, target: str) -> None:
        """Return: nothing is left."""

    def stop(self) -> None:
        """Return: nothing runs."""


class RecordingStore:
    """A store that shows what was written to it, and nothing of which is on the drive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[str, bytes] = {}
        self.tails = store.tails
        self.streams = store.streams
        self.segments = store.segments
        self.queued_uploads = store.queued_uploads
        self.mesh = store.mesh
        self.check_available = store.check_available

    def read(self, where: str) -> bytes:
        """Return what was written under the name, or is there."""
        return self._written[where] if where in self._written else self._store.read(where)

    def write(self, where: str, content: bytes) -> bool:
        """Keep the file in memory."""
        self._written[where] = content
        return True

    def is_confirmed(self, where: str, size: int) -> bool:
        """Return whether the file was written, or is there."""
        return where in self._written or self._store.is_confirmed(where, size)

    def delete(self, where: str) -> None:
        """Delete nothing on the drive."""
        self._written.pop(where, None)

    def create(self, mesh_json: bytes) -> bool:
        """Raise `Refused`: no mesh is made by a dry run."""
        del mesh_json
        raise Refused("a dry run makes no mesh", "run mesharr init")
