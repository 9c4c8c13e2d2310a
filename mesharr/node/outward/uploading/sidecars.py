"""Upload what lies beside films: subtitles, metadata. It holds no film back."""

import logging
import posixpath
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from mesharr.core.durations import DAY_MS
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.paths import folder_of, stem_of
from mesharr.core.text import size_text
from mesharr.disk.local_branch import is_media, sidecar_names
from mesharr.node.model import Library
from mesharr.node.outward.upload_paths import RemoteProof
from mesharr.node.outward.uploading.failures import Failures, check_not_linked_out
from mesharr.node.outward.uploading.unreadable_names import clear_unreadable, note_unreadable
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Occupied, Uploaded, Uploader

log = logging.getLogger(__name__)

LOOK_MS = 60_000
"""How often the local branch is searched for sidecars that came after their film."""
LARGE_LOOK_MS = 15 * 60_000
"""How often a local branch of many files is searched."""
MANY_FILES = 2000
FOLDERS_AT_ONCE = 50
"""How many folders of the drive are listed in one search."""
AGAIN_MS = DAY_MS
"""When a file that is left on the local branch is looked at again."""

_File = tuple[str, int, int]
"""A local file: its path, its size, its mtime (ns)."""


class Sidecars:
    """Sends the sidecars of films, with their films and alone."""

    def __init__(
        self, uploader: Uploader | None, remotes: RemoteProof, state: State, failures: Failures
    ) -> None:
        self._uploader = uploader
        self._remotes = remotes
        self._state = state
        self._failures = failures

    def send_with(self, film: Upload, library: Library, now: int) -> None:
        """Send the sidecars of a film that was just sent; one that fails is tried again alone."""
        beside = library.storage.sidecars(film.path)
        waiting = set(self._state.uploads.unfinished(library.name)) if beside else ()
        for path in beside:
            if path not in waiting:
                self._send_one(path, film, library, now)

    def _send_one(self, path: str, film: Upload, library: Library, now: int) -> None:
        size = 0
        try:
            # what was there belonged to the film that was there before
            size, stat = self._send(path, library, now, replaces=True)
        except (Unavailable, Refused) as error:
            sidecar = self._state.uploads.put_sidecar(library.name, path, size, film.since, replaces=True)
            self._failures.note(sidecar, library, error, now)
            return
        if not library.keep_local:
            with self._state.transaction():
                sidecar = self._state.uploads.put_sidecar(library.name, path, size, film.since)
                self._state.uploads.advance(sidecar, "sent", size=size, stat=stat, target=library.remote)

    def advance(self, sidecar: Upload, library: Library, now: int) -> None:
        """Send a sidecar that waits alone; one that is not here any more is forgotten.

        One in whose place the drive has another household's stays here, where its household sees it.
        """
        gone = library.storage.local_stat(sidecar.path) is None
        if self._uploader is None or (gone and not library.storage.local.link_target(sidecar.path)):
            self._state.uploads.drop(sidecar)
            return
        begun = sidecar.target == library.remote
        if not begun:
            self._state.uploads.note_target(sidecar, library.remote)
        try:
            size, stat = self._send(sidecar.path, library, now, replaces=sidecar.replaces, begun=begun)
        except Occupied:
            self._state.uploads.drop(sidecar)
            log.info("%s: %s stays here: the drive has another household's", sidecar.library, sidecar.path)
            return
        self._failures.ended(sidecar, library)
        if library.keep_local:
            self._state.uploads.drop(sidecar)
        else:
            self._state.uploads.advance(sidecar, "sent", size=size, stat=stat, target=library.remote)
        log.info("%s: uploaded %s (%s)", sidecar.library, sidecar.path, size_text(size))

    def _send(
        self, path: str, library: Library, now: int, *, replaces: bool, begun: bool = False
    ) -> tuple[int, bytes]:
        """Send one sidecar; return its size, and the local file as it was sent (JSON).

        `begun` says that an earlier upload of this node may have left half of it. Raises `Occupied` when
        the drive has a file there that is not this node's, unless it `replaces` whatever is there.
        """
        check_not_linked_out(library, path)
        self._remotes.check(library)
        local = library.storage.local_stat(path)
        if local is None:
            raise Unavailable(f"{path} is gone")
        with self._failures.pausing(library, now):
            try:
                sent = self._upload(path, library, replaces=replaces)
            except Occupied as occupied:
                if occupied.is_twin:
                    self._take_back(path, library, local.size)
                    raise
                is_half = begun and self._is_half(path, library, occupied.size)
                if not (is_half or self._is_own(path, library)):
                    raise
                sent = self._upload(path, library, replaces=True)
        if sent.sent:
            self._state.uploads.note_sent_sidecar(library.name, path, sent.size, sent.hash)
        if sent.size != local.size:
            raise Unavailable(f"{path} changed while uploading")
        return sent.size, msgspec.json.encode(local)

    def _upload(self, path: str, library: Library, *, replaces: bool) -> Uploaded:
        assert self._uploader is not None
        source, target = library.storage.local_path(path), f"{library.remote}/{path}"
        return self._uploader.upload(source, target, lambda _progress: None, replaces=replaces)

    def _take_back(self, path: str, library: Library, size: int) -> None:
        """Take a sidecar off the drive again that came beside another household's: it stays here."""
        assert self._uploader is not None
        self._uploader.take_back(f"{library.remote}/{path}", size)

    def _is_half(self, path: str, library: Library, size: int) -> bool:
        """Return whether the drive has the beginning of a sidecar in its place."""
        assert self._uploader is not None
        source, target = library.storage.local_path(path), f"{library.remote}/{path}"
        return self._uploader.is_half(target, size, source)

    def _is_own(self, path: str, library: Library) -> bool:
        """Return whether the drive has in the place of a sidecar what this node last sent.

        An app renames and moves a sidecar with its film: then it is gone from where it was sent to.
        """
        assert self._uploader is not None
        found, uploads = self._uploader.find(f"{library.remote}/{path}"), self._state.uploads
        if found is None:
            return False
        if uploads.was_sent_as_sidecar(library.name, path, found.size, found.hash):
            return True
        for former in uploads.sidecars_sent_like(library.name, path, found.size, found.hash):
            if self._uploader.find(f"{library.remote}/{former}") is None:
                uploads.move_sent_sidecar(library.name, former, path)
                return True
        return False


class LateSidecars:
    """Finds the sidecars that came after their film was uploaded."""

    def __init__(self, libraries: Mapping[str, Library], state: State, clock: Callable[[], int]) -> None:
        self._libraries = {name: library for name, library in libraries.items() if library.remote}
        self._state = state
        clear_unreadable(state, self._libraries)
        self._due = dict.fromkeys(self._libraries, clock() + LOOK_MS)
        self._seen: dict[tuple[str, str, int, int], int] = {}
        """When files were looked at that wait for no film of theirs (ms)."""

    def next_due(self) -> int | None:
        """Return when the next search is due (ms), None without a local branch."""
        return min(self._due.values(), default=None)

    def step(self, now: int) -> None:
        """Search each local branch whose turn it is, and queue what is found."""
        for name, library in self._libraries.items():
            if not now < self._due[name] <= now + LARGE_LOOK_MS:
                self._due[name] = now + LARGE_LOOK_MS
                try:
                    files = library.storage.local.files()
                    library.storage.check_available()
                    self._queue(library, files, now)
                    note_unreadable(self._state, library, now)
                except Unavailable as error:
                    log.debug("%s: no search for sidecars: %s", name, error)
                    continue
                self._due[name] = now + (LOOK_MS if len(files) < MANY_FILES else LARGE_LOOK_MS)

    def _queue(self, library: Library, files: Sequence[_File], now: int) -> None:
        waiting = set(self._state.uploads.unfinished(library.name))
        folders: dict[str, list[_File]] = defaultdict(list)
        for each in files:
            folders[folder_of(each[0])].append(each)
        listed = 0
        for folder, within in folders.items():
            new = [each for each in within if each[0] not in waiting and self._is_new(library, each, now)]
            if new and listed < FOLDERS_AT_ONCE:
                listed += 1
                self._queue_folder(library, folder, [path for path, *_ in within], new, now)

    def _is_new(self, library: Library, file: _File, now: int) -> bool:
        seen = self._seen.get((library.name, *file))
        return not is_media(file[0]) and (seen is None or not seen <= now < seen + AGAIN_MS)

    def _queue_folder(
        self, library: Library, folder: str, paths: Sequence[str], new: Sequence[_File], now: int
    ) -> None:
        """Queue the new files of a folder that belong to a film of the drive.

        One whose film is here too goes with it, unless the film stays here.
        """
        here = [posixpath.basename(path) for path in paths]
        on_drive = [name for name in library.storage.cloud_names(folder) if is_media(name)]
        to_go = {stem_of(name) for name in here if is_media(name)} if not library.keep_local else set()
        belong = {
            each: stem_of(film) in to_go
            for film in {*on_drive, *(name for name in here if is_media(name))}
            for each in sidecar_names(film, [*here, *on_drive])
            if film in on_drive or stem_of(film) in to_go
        }
        for path, size, mtime in new:
            name, file = posixpath.basename(path), (library.name, path, size, mtime)
            if belong.get(name, False):
                continue
            is_news = file not in self._seen
            self._seen[file] = now
            if name in belong and not self._is_on_drive(library, path, size):
                self._state.uploads.put_sidecar(library.name, path, size, now)
                if is_news:
                    self._state.scans.put(library.scan_roots, library.name, folder, now)

    def _is_on_drive(self, library: Library, path: str, size: int) -> bool:
        """Return whether a sidecar is done: it stays here, and the drive has it too."""
        return library.keep_local and library.storage.cloud_sizes((path,))[path] == size
