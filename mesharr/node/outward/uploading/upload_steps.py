"""Advance each upload by a phase: to the drive, shown there, without its local copy.

What was uploaded is published, and in mode `move` its local file removed, only when this node's own mount
shows the cloud copy with its size: before that nothing proves that the peers see it, the merged view would
lose the file, and the app would download it again.
What lies beside a film goes with it, or alone (`mesharr.node.outward.uploading.sidecars`).
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.text import size_text, unequal_sizes
from mesharr.disk.child import FileStat
from mesharr.node.model import Library, Me
from mesharr.node.outward.upload_paths import RemoteProof
from mesharr.node.outward.uploading.allowance import Allowance, Budget
from mesharr.node.outward.uploading.drive_look import DriveLook
from mesharr.node.outward.uploading.failures import Failures, withdrawn
from mesharr.node.outward.uploading.local_copies import LocalCopies
from mesharr.node.outward.uploading.others.awaited_files import AwaitedFiles
from mesharr.node.outward.uploading.others.second_uploader import note_further_files, note_second_uploader
from mesharr.node.outward.uploading.replaced_files import TRIES_BEFORE_END, publish_replaced
from mesharr.node.outward.uploading.same_path.answers import ConflictAnswers
from mesharr.node.outward.uploading.same_path.conflicts import PathConflicts
from mesharr.node.outward.uploading.sidecars import Sidecars
from mesharr.node.outward.uploading.small_files import SmallFiles
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Occupied, Progress, Uploaded, Uploader

log = logging.getLogger(__name__)


class Attempt(msgspec.Struct, frozen=True):
    """One try to advance one upload."""

    upload: Upload
    library: Library
    look: DriveLook
    """What mount and drive have of it and of what is advanced with it."""
    now: int
    """When it began (ms)."""
    sent: Uploaded | None = None
    """How it is on the drive, where it was just sent together with others."""


class UploadSteps:
    """The steps of every upload; each may run twice, and be the last before a kill."""

    def __init__(
        self, me: Me, uploader: Uploader | None, allowance: Allowance, failures: Failures, state: State
    ) -> None:
        self._uploader = uploader
        self._state = state
        self._failures = failures
        self._remotes = RemoteProof(uploader)
        self._budget = Budget(allowance, state.uploads)
        self._local_copies = LocalCopies(uploader, self._remotes, state)
        self._sidecars = Sidecars(uploader, self._remotes, state, failures)
        self._small_files = (
            SmallFiles(uploader, self._remotes, self._budget, state, failures) if uploader else None
        )
        self._conflicts = PathConflicts(me, state, uploader)
        self._answers = ConflictAnswers(me, state)
        self._awaited = AwaitedFiles(state, uploads_here=uploader is not None)

    def advance(self, queued: Sequence[Upload], library: Library | None, now: int) -> bool:
        """Advance uploads of one folder by one phase; return whether that worked for any of them.

        What was queued may be hours old: only what is still waited for is advanced, as it is now.
        """
        uploads = self._present(queued)
        if not uploads:
            return False
        if not self._worked(uploads, library, now, partial(_check_available, uploads[0], library)):
            return False
        assert library
        look = DriveLook(library.storage, [each.path for each in uploads])
        sent: dict[int, Uploaded] = {}
        if len(uploads) > 1 and self._small_files and uploads[0].phase == "waiting":
            send = partial(self._send_together, uploads, library, now, sent)
            if not self._worked(uploads, library, now, send):
                return False
            uploads = self._present(uploads)
        worked = [
            self._worked(
                (each,), library, now, partial(self._try, Attempt(each, library, look, now, sent.get(each.n)))
            )
            for each in uploads
        ]
        return any(worked)

    def _send_together(
        self, uploads: Sequence[Upload], library: Library, now: int, sent: dict[int, Uploaded]
    ) -> None:
        """Send small files, and add to `sent` those that were."""
        assert self._small_files
        sent.update(self._small_files.send(uploads, library, now))

    def _present(self, uploads: Sequence[Upload]) -> list[Upload]:
        """Return uploads as they are now, without those that nothing waits for any more."""
        return [now for each in uploads if (now := self._state.uploads.get(each.n))]

    def _worked(
        self, uploads: Sequence[Upload], library: Library | None, now: int, work: Callable[[], None]
    ) -> bool:
        """Do some work for uploads; return whether it worked. A failure is noted for each."""
        failure: MesharrError
        try:
            work()
            return True
        except (Unavailable, Refused) as error:
            failure = error
        except Exception as error:
            log.exception("%s: %s failed; tried again later", uploads[0].library, uploads[0].path)
            failure = Unavailable(f"failed: {error!r}")
        for upload in uploads:
            self._failed(upload, library, failure, now)
        return False

    def _try(self, attempt: Attempt) -> None:
        """Advance an upload by one phase."""
        upload, library, look = attempt.upload, attempt.library, attempt.look
        if upload.phase == "waiting":
            self._bring_to_drive(attempt)
        elif upload.phase == "sent":
            self._local_copies.check_shown(upload, library, look)
        elif upload.phase == "shown":
            self._local_copies.remove(upload, library, look)

    def _failed(self, upload: Upload, library: Library | None, error: MesharrError, now: int) -> None:
        if self._state.uploads.get(upload.n) is None:
            return  # it was withdrawn meanwhile
        self._failures.note(upload, library, error, now)
        imminent = self._uploader and upload.tries < TRIES_BEFORE_END
        if library and upload.phase == "waiting" and not imminent:
            with contextlib.suppress(Unavailable):
                publish_replaced(self._state, upload, library, now)

    # -- to the drive

    def _bring_to_drive(self, attempt: Attempt) -> None:
        """Upload a local file, or wait for one that another program brings to the drive."""
        upload, library, look, now = attempt.upload, attempt.library, attempt.look, attempt.now
        is_open = self._uploader and upload.outbox and attempt.sent is None
        if is_open and self._answers.carry_out(upload, library, look, now):
            return
        local = library.storage.local_stat(upload.path) if library.remote else None
        if self._uploader and local:
            if upload.outbox and not upload.stat:  # whoever takes it away from now on is another uploader
                self._state.uploads.note_local(upload, msgspec.json.encode(local))
            self._failures.check_paused(library, now)
            with self._budget.sending(upload, local.size, now):
                self._upload(attempt, local)
        elif not upload.outbox:
            self._sidecars.advance(upload, library, now)
        else:
            self._awaited.check(upload, library, look, now)

    def _upload(self, attempt: Attempt, local: FileStat) -> None:
        upload, library, now = attempt.upload, attempt.library, attempt.now
        if not upload.outbox:
            self._sidecars.advance(upload, library, now)
            return
        self._remotes.check(library)
        sent = attempt.sent or self._send(attempt, local)
        if sent.size != local.size:
            found, here = unequal_sizes(sent.size, local.size)
            raise Unavailable(f"{upload.path} has {found} on the drive and {here} here")
        self._sidecars.send_with(upload, library, now)
        taken = not sent.sent and library.storage.local_stat(upload.path) is None
        with self._state.transaction():
            self._state.uploads.advance(
                upload, "sent", size=sent.size, stat=msgspec.json.encode(local), target=library.remote
            )
            if sent.sent:
                self._state.uploads.note_sent(sent.size, now)
            self._state.counters.add("uploaded")
            self._failures.ended(upload, library)
            if taken:
                note_second_uploader(self._state, upload, library, now)
            if sent.further:
                note_further_files(self._state, upload, library, sent.further, now)
        log.info("%s: uploaded %s (%s)", upload.library, upload.path, size_text(sent.size))

    def _send(self, attempt: Attempt, local: FileStat) -> Uploaded:
        """Upload a file; return how it is on the drive."""
        assert self._uploader is not None
        upload, library, now = attempt.upload, attempt.library, attempt.now

        def report(progress: Progress) -> None:
            if not self._state.uploads.has(upload.library, upload.path):
                raise withdrawn(upload)
            self._failures.check_paused_by_user(now)
            if progress.done < progress.total:  # the end of it is noted with its next phase
                self._state.uploads.note_progress(upload, progress.done, progress.speed)

        source, target = library.storage.local_path(upload.path), f"{library.remote}/{upload.path}"
        replaces = self._conflicts.may_replace(upload)
        if upload.target != library.remote:
            self._state.uploads.note_target(upload, library.remote)
        with self._failures.pausing(library, now):
            try:
                return self._uploader.upload(source, target, report, replaces=replaces)
            except Occupied as occupied:
                if occupied.is_twin or not self._conflicts.is_left_over(
                    upload, library, local, occupied.size, now
                ):
                    raise self._conflicts.note(upload, library, local, occupied, now) from occupied
                return self._uploader.upload(source, target, report, replaces=True)


def _check_available(upload: Upload, library: Library | None) -> None:
    """Return when the library of an upload is there and available."""
    if library is None:
        raise Refused(f"there is no library {upload.library} any more", "name it in mesharr.yml again")
    library.storage.check_available()
