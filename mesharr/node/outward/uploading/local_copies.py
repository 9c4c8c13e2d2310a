"""The end of a local copy: it is removed once the drive has the file for good."""

import logging

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Busy, FileStat
from mesharr.node.model import Library
from mesharr.node.outward.upload_paths import RemoteProof
from mesharr.node.outward.uploading.drive_look import DriveLook
from mesharr.state.queues.uploads import READ_ELSEWHERE, Phase, Upload
from mesharr.state.state import State
from mesharr.uploads.base import Uploader

log = logging.getLogger(__name__)

READ_BEFORE = "uploaded; looked at once more before the local file is removed"
"""Why a local copy is not removed yet: another program has read it until now."""
READERS_TRIES = 300
"""How often a reader is waited for: about a day. A torrent client may have its file open for ever."""
UNSEEN_TRIES = 3
"""After how many looks at the mount the drive itself is asked for a file that the mount does not show."""

_stat = msgspec.json.Decoder(FileStat).decode


class LocalCopies:
    """Removes the local copies of files that are uploaded."""

    def __init__(self, uploader: Uploader | None, remotes: RemoteProof, state: State) -> None:
        self._uploader = uploader
        self._remotes = remotes
        self._state = state

    def remove(self, upload: Upload, library: Library, look: DriveLook) -> None:
        """Unlink an uploaded local file while the cloud branch shows all of it.

        Raises `Unavailable` with why it stays for now.
        """
        if library.storage.local_stat(upload.path) is not None and not self._may_go(upload, library, look):
            return
        is_removed = self._unlink(upload, library)
        if not is_removed and library.storage.local_stat(upload.path) is not None:
            log.warning("%s: %s changed after its upload; the local file stays", upload.library, upload.path)
        library.storage.local.drop_empty_folders(upload.path)
        with self._state.transaction():  # a crash between the two would leave the row for ever
            self._state.uploads.advance(upload, "done", size=upload.size, stat=upload.stat)
            if not self._state.outbox.has(upload.outbox):
                self._state.uploads.drop(upload)

    def _unlink(self, upload: Upload, library: Library) -> bool:
        """Unlink a local copy that is still what was uploaded; return whether it was."""
        even_open = upload.tries >= READERS_TRIES
        try:
            return library.storage.unlink_local(upload.path, _stat(upload.stat), even_open=even_open)
        except Busy as error:  # opened since it was looked at
            raise Unavailable(READ_ELSEWHERE) from error

    def check_shown(self, upload: Upload, library: Library, look: DriveLook) -> None:
        """Have an uploaded file published once this node's own mount shows all of it."""
        if look.size(upload.path) != upload.size:
            self._wait_for_mount(upload, library)
            return
        phase: Phase = "done" if library.keep_local else "shown"
        self._state.uploads.advance(upload, phase, size=upload.size, stat=upload.stat, target=upload.target)
        if phase == "shown":
            self.remove(upload, library, look)

    def _wait_for_mount(self, upload: Upload, library: Library) -> None:
        """Upload a file again that was sent elsewhere or imported again; else raise `Unavailable`."""
        local = library.storage.local_stat(upload.path)
        if upload.target != library.remote:
            why = f"was uploaded to {upload.target}, which is not the library's remote"
        elif local and local.size == upload.size and _identity(local) != _identity(_stat(upload.stat)):
            self._again(upload, "was imported again", upload.target)
            return
        elif local and (upload.tries < UNSEEN_TRIES or self._is_on_remote(upload, library, alone=True)):
            self._remotes.forget(library)
            raise Unavailable("uploaded; waiting until this node's mount shows it")
        else:
            why = "was uploaded, and is not on the drive any more"
        self._again(upload, why)

    def _again(self, upload: Upload, why: str, target: str = "") -> None:
        """Upload a file again; `target` is where an earlier upload of it is still, "": nowhere."""
        log.info("%s: %s %s: it is checked and uploaded again", upload.library, upload.path, why)
        self._state.uploads.advance(upload, "waiting", size=upload.size, target=target)

    def _may_go(self, upload: Upload, library: Library, look: DriveLook) -> bool:
        """Return whether a local copy is needed no more, False when it has to be uploaded again."""
        path = upload.path
        if look.size(path) != upload.size:
            self._wait_for_mount(upload, library)
            return False
        local, noted = library.storage.local_stat(path), _stat(upload.stat)
        if self._uploader and library.remote and local and 0 < noted.ctime_ns != local.ctime_ns:
            # a tool that keeps size and times may have written other content: the upload compares it
            self._again(upload, "was touched since its upload", upload.target)
            return False
        if upload.tries < READERS_TRIES and library.storage.local.is_open_elsewhere(path):
            raise Unavailable(READ_ELSEWHERE)
        if upload.why == READ_ELSEWHERE:
            raise Unavailable(READ_BEFORE)
        if upload.why == READ_BEFORE and not self._is_on_remote(upload, library):
            self._again(upload, "was uploaded, and another program took it off the drive")
            return False
        return True

    def _is_on_remote(self, upload: Upload, library: Library, *, alone: bool = False) -> bool:
        """Return whether the remote itself has an uploaded file.

        With `alone` it may have no other under its name.

        A second uploader whose upload fails deletes the file, while a mount may go on showing it.
        """
        if self._uploader is None or not library.remote:
            return True
        found = self._uploader.find(f"{library.remote}/{upload.path}")
        return found is not None and found.size == upload.size and not (alone and found.further)


def _identity(found: FileStat) -> tuple[int, int, int, int]:
    return found.size, found.mtime_ns, found.inode, found.device
