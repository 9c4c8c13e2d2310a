"""Decide what follows of a failed upload: another try, a report, a pause of the remote."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mesharr.core.durations import HOUR_MS
from mesharr.core.errors import MesharrError, Outage, Refused, Unavailable
from mesharr.node.arr_health import note_down, note_up
from mesharr.node.backoff import STORE_MS, wait_ms
from mesharr.node.model import Library
from mesharr.node.outward.uploading.allowance import Later
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import FileRefused, Quota

log = logging.getLogger(__name__)

UPLOAD = "upload:"
"""What the subject of a refusal begins with, before the name of the library."""
UPLOADER = "uploader:rclone"
"""The subject of an outage of the rclone that uploads."""
PAUSED = "paused: mesharr uploads --resume"
"""Why an upload waits that the user paused."""
REFUSED_MS = 6 * HOUR_MS
"""The longest wait of a file that the user has to change first."""
PAUSE_MS = 5 * 60_000
"""How long a remote is paused first; each failure in a row doubles it, up to an hour."""


class Failures:
    """Notes the failures of uploads, and their ends."""

    def __init__(self, state: State) -> None:
        self._state = state

    def check_paused(self, library: Library, now: int) -> None:
        """Raise `Later` while the user has uploads paused, or the remote of a library is paused."""
        self.check_paused_by_user(now)
        for remote in (_remote(library), library.remote):
            until, _, why = self._state.paused_remotes.get(remote)
            if now < until <= now + HOUR_MS:
                raise Later(f"{_remote(library)}: is paused: {why}", until)

    def check_paused_by_user(self, now: int) -> None:
        """Raise `Later` while the user has uploads paused."""
        if self._state.node.get().uploads_paused:
            raise Later(PAUSED, now + REFUSED_MS)

    @contextmanager
    def pausing(self, library: Library, now: int) -> Iterator[None]:
        """Pause the remote when what the block sends fails for a reason that is not the file's.

        A quota is that of the remote; what the user has to change may be about the library's folder on it.
        """
        try:
            yield
        except FileRefused:
            raise
        except Quota as error:
            self._pause(_remote(library), error, now)
            raise
        except Refused as error:
            self._pause(library.remote, error, now)
            raise

    def note(self, upload: Upload, library: Library | None, error: MesharrError, now: int) -> None:
        """Have a failed upload tried again, and report what the user has to do."""
        until = now + wait_ms(upload.tries, STORE_MS)
        if isinstance(error, Later):
            until = error.until
        elif isinstance(error, FileRefused):
            until = now + wait_ms(upload.tries, REFUSED_MS, HOUR_MS)
        elif isinstance(error, (Refused, Quota)) and library is not None:
            pauses = (self._state.paused_remotes.get(name)[0] for name in (_remote(library), library.remote))
            until = max(until, *pauses)
        if isinstance(error, Refused):
            about = _of_file(upload) if isinstance(error, FileRefused) else _of_library(upload)
            if self._state.refusals.note(about, error, now):
                log.error("%s: %s: %s", upload.library, upload.path, error)
        elif isinstance(error, Outage):
            if not error.noted:
                note_down(self._state, UPLOADER, error, now)
        elif upload.tries == 0:
            log.warning("%s: %s: %s; tried again later", upload.library, upload.path, error)
        self._state.uploads.later(upload, until, str(error))

    def _pause(self, remote: str, error: MesharrError, now: int) -> None:
        _, tries, _ = self._state.paused_remotes.get(remote)
        until = now + wait_ms(tries, HOUR_MS, PAUSE_MS)
        self._state.paused_remotes.pause(remote, until, tries + 1, str(error))

    def ended(self, upload: Upload, library: Library) -> None:
        """Forget what was reported of an upload, or of its remote: it reached the drive."""
        self._state.refusals.clear(_of_file(upload))
        self._state.refusals.clear(_of_library(upload))
        note_up(self._state, UPLOADER, "rclone")
        for remote in (_remote(library), library.remote):
            self._state.paused_remotes.resume(remote)

    def clear_overtaken(self) -> None:
        """Forget the outage and the refusals of which no upload waits any more."""
        if self._state.uploads.next_due() is None:
            self._state.outages.end(UPLOADER)
        for subject, *_ in self._state.refusals.all():
            library, _, path = subject.removeprefix(UPLOAD).partition(":")
            if subject.startswith(UPLOAD) and not self._state.uploads.has(library, path):
                self._state.refusals.clear(subject)


def check_not_linked_out(library: Library, path: str) -> None:
    """Raise `FileRefused` when a link leads a path out of the library."""
    if target := library.storage.linked_to(path):
        raise FileRefused(
            f"{path} is a link to {target}, which is outside of the library: it is not uploaded",
            "replace the link by its file, or set uploads.copy_links, which uploads what it leads to, "
            "or have another program bring that onto the drive",
        )


def withdrawn(upload: Upload) -> Unavailable:
    """Return the error that ends an upload which nothing waits for any more."""
    return Unavailable(f"{upload.path} is to be uploaded no more")


def _of_library(upload: Upload) -> str:
    return f"{UPLOAD}{upload.library}"


def _of_file(upload: Upload) -> str:
    return f"{UPLOAD}{upload.library}:{upload.path}"


def _remote(library: Library) -> str:
    """Return the name of a library's remote: all of it, where it is written out in the config."""
    return library.remote.partition(":")[0] or library.remote
