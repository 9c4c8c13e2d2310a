"""Send many small files together: what one run of rclone costs is paid once."""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.disk.child import FileStat
from mesharr.node.model import Library
from mesharr.node.outward.upload_paths import RemoteProof
from mesharr.node.outward.uploading.allowance import Budget
from mesharr.node.outward.uploading.failures import Failures
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import FileRefused, Quota, Uploaded, UploadedBatch, Uploader

log = logging.getLogger(__name__)

LARGEST = 16 * 2**20
"""Up to so many bytes a file is small: it shows no progress."""
MOST_FILES = 32
MOST_BYTES = 64 * 2**20
"""How much is sent together: a pause or a new limit waits for the end of it."""


def first_batch(due: Sequence[Upload], batches: int) -> list[Upload]:
    """Return what is to be sent next, of files in their turn of which `batches` are begun now.

    A large file goes alone, a sidecar too.
    """
    most = min(MOST_FILES, -(-len(due) // batches))
    batch, size = list(due[:1]), sum(each.size for each in due[:1])
    for upload in due[1:most]:
        size += upload.size
        alike = (upload.library, upload.replaces) == (batch[0].library, batch[0].replaces)
        if not (alike and _is_small(batch[0]) and _is_small(upload) and size <= MOST_BYTES):
            break
        batch.append(upload)
    return batch


class SmallFiles:
    """Sends those of a batch that the remote has not yet; each other is tried alone later."""

    def __init__(
        self, uploader: Uploader, remotes: RemoteProof, budget: Budget, state: State, failures: Failures
    ) -> None:
        self._uploader = uploader
        self._remotes = remotes
        self._budget = budget
        self._state = state
        self._failures = failures

    def send(self, uploads: Sequence[Upload], library: Library, now: int) -> Mapping[int, Uploaded]:
        """Send what may be sent now; return what was, by the number of its upload.

        Raises `Quota` or `Refused` when the remote takes nothing.
        """
        try:
            self._failures.check_paused(library, now)
            self._remotes.check(library)
            here = [
                (each, local)
                for each in uploads
                if (local := library.storage.local_stat(each.path)) and local.size == each.size
            ]
            with self._failures.pausing(library, now), contextlib.ExitStack() as sending:
                allowed = list(self._allowed(sending, library, here, now))
                files = {each.path: library.storage.local_path(each.path) for each in allowed}
                batch = (
                    self._uploader.upload_new(library.remote, files) if len(files) > 1 else UploadedBatch({})
                )
                sent = batch.sent
                if not batch.was_killed:
                    self._note_unsent(each for each in allowed if each.path not in sent)
        except (Quota, Refused) as error:
            if not isinstance(error, FileRefused):
                raise
            return {}
        except Unavailable as error:
            log.debug("%s: %d files are not sent together: %s", library.name, len(uploads), error)
            return {}
        return {each.n: sent[each.path] for each in allowed if each.path in sent}

    def _allowed(
        self,
        sending: contextlib.ExitStack,
        library: Library,
        here: Sequence[tuple[Upload, FileStat]],
        now: int,
    ) -> Iterator[Upload]:
        """Yield what may be sent now; count it as being sent, and note the files as they are here."""
        with self._state.transaction():
            for upload, local in here:
                try:
                    sending.enter_context(self._budget.sending(upload, local.size, now))
                except MesharrError:
                    return
                if not upload.stat:
                    self._state.uploads.note_local(upload, msgspec.json.encode(local))
                self._state.uploads.note_target(upload, library.remote)
                yield upload

    def _note_unsent(self, uploads: Iterable[Upload]) -> None:
        """Note that nothing of these was sent: what the remote has in their place is not theirs."""
        with self._state.transaction():
            for upload in uploads:
                self._state.uploads.note_target(upload, upload.target)


def _is_small(upload: Upload) -> bool:
    return 0 < upload.size <= LARGEST and upload.outbox > 0
