"""Transfer: a fact about files is published only when the drive agrees.

Files on the local branch are uploaded and verified; files that another program brings to the drive are
waited for; files that were deleted are proven to be gone (`mesharr.node.outward.removal_proofs`). What was
uploaded is published, and in mode `move` its local file removed, only when this node's own mount shows the
cloud copy with its size: before that nothing proves that the peers see it, the merged view would lose the
file, and the app would download it again.
What lies beside a film goes with it, or alone (`mesharr.node.outward.uploading.sidecars`).
"""

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.paths import folder_of
from mesharr.core.text import size_text, unequal_sizes
from mesharr.disk.child import FileStat
from mesharr.node.model import Library, Me
from mesharr.node.outward.dropped_files import DroppedFileScans
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.upload_paths import RemoteProof
from mesharr.node.outward.uploading.allowance import Allowance, Budget
from mesharr.node.outward.uploading.awaited_files import AwaitedFiles
from mesharr.node.outward.uploading.drive_look import DriveLook
from mesharr.node.outward.uploading.failures import Failures, withdrawn
from mesharr.node.outward.uploading.folder_uploads import CLOUDPLOW, FolderUploads
from mesharr.node.outward.uploading.local_copies import LocalCopies
from mesharr.node.outward.uploading.replaced_files import TRIES, publish_replaced
from mesharr.node.outward.uploading.same_path.answers import ConflictAnswers
from mesharr.node.outward.uploading.same_path.conflicts import PathConflicts
from mesharr.node.outward.uploading.second_uploader import note_further_files, note_second_uploader
from mesharr.node.outward.uploading.sidecars import LateSidecars, Sidecars
from mesharr.node.outward.uploading.small_files import MOST_FILES, SmallFiles, first_batch
from mesharr.node.outward.uploading.swept_uploader import SweptUploader
from mesharr.node.outward.uploading.taken_files import TakenFiles
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Occupied, Progress, Uploaded, Uploader

log = logging.getLogger(__name__)


class UploadMeans(msgspec.Struct, frozen=True):
    """How files get to the drive."""

    uploader: Uploader | None
    """What this node uploads with; None: another program does."""
    allowance: Allowance
    """When this node may upload, and how much."""
    transfers: int = 2
    """How many files are sent at the same time."""
    folder_uploads: FolderUploads | None = None
    """What starts that other program; None: nothing does."""


class Transfer:
    """The second outward stage."""

    def __init__(
        self,
        me: Me,
        libraries: Mapping[str, Library],
        means: UploadMeans,
        state: State,
        proofs: RemovalProofs,
        clock: Callable[[], int],
        run: Callable[[Callable[[], bool]], object] = lambda work: work(),
    ) -> None:
        """Begin nothing yet.

        `run` runs one transfer, at once or later in a thread of its own; the transfer returns whether the
        file got any further.
        """
        self._clock = clock
        self._run = run
        self._running: set[tuple[str, str]] = set()
        self._free = means.transfers
        self._slots = threading.Lock()
        self._libraries = libraries
        self._swept = SweptUploader(means.uploader, state, clock) if means.uploader else None
        self._uploader = uploader = self._swept
        self._remotes = RemoteProof(uploader)
        self._budget = Budget(means.allowance, state.uploads)
        self._failures = Failures(state)
        self._local_copies = LocalCopies(uploader, self._remotes, state)
        self._sidecars = Sidecars(uploader, self._remotes, state, self._failures)
        self._small_files = (
            SmallFiles(uploader, self._remotes, self._budget, state, self._failures) if uploader else None
        )
        self._conflicts = PathConflicts(me, state, uploader)
        self._answers = ConflictAnswers(me, state)
        self._awaited = AwaitedFiles(state, uploads_here=uploader is not None)
        self._taken = TakenFiles(libraries, state, clock)
        self._late_sidecars = LateSidecars(libraries if uploader else {}, state, clock)
        self._folder_uploads = means.folder_uploads
        if self._folder_uploads is None:
            state.refusals.clear_all(CLOUDPLOW)
        self._state = state
        self._proofs = proofs
        self._dropped = DroppedFileScans(libraries, state)

    def step(self, now: int) -> None:
        """Advance every upload and every proof that is due."""
        self._late_sidecars.step(now)
        if self._uploader is None:
            self._taken.step(now)
        if self._folder_uploads:
            self._folder_uploads.step(now)
        if self._swept:
            self._swept.step(self._run)
        for uploads in self._in_turn(now):
            self._running.update((each.library, each.path) for each in uploads)
            self._count_free(-int(self._is_to_send(uploads[0])))
            self._run(partial(self._transfer, uploads))
        for entry in self._state.outbox.on_drive():
            sizes = {upload.path: upload.size for upload in self._state.uploads.of(entry.n)}
            self._state.outbox.make_ready(entry.n, entry.body.with_sizes(sizes), now)
        self._dropped.step(now)
        self._proofs.step(now)
        self._failures.clear_overtaken()
        self._state.upload_conflicts.drop_ended()

    def next_due(self) -> int | None:
        """Return when the next upload, proof or look is due (ms), None when there is none."""
        dues = (
            self._state.outbox.next_due(),
            self._state.uploads.next_due(),
            self._state.dropped_files.next_due(),
            self._late_sidecars.next_due(),
            self._swept.next_due() if self._swept else None,
            self._taken.next_due() if self._uploader is None else None,
            self._folder_uploads.next_due() if self._folder_uploads else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def _in_turn(self, now: int) -> Iterator[list[Upload]]:
        """Yield the uploads that are due: what is sent at once, or looked for in one folder.

        No more are sent than there are free transfers: a file that replaces another one is the next.
        What waits for another program is looked for together with what waits beside it, due or not: one
        listing shows all of it.
        """
        taken = set(self._running)  # two facts may state the same file
        yield from self._to_send(taken, now)
        folders: dict[tuple[str, str], list[Upload]] = defaultdict(list)
        uploads = self._state.uploads
        for upload in uploads.due_after_sending(now) if self._uploader else uploads.due(now):
            if (upload.library, upload.path) not in taken:
                taken.add((upload.library, upload.path))
                folders[upload.library, folder_of(upload.path)].append(upload)
        for upload in uploads.all() if folders and self._uploader is None else ():
            beside = folders.get((upload.library, folder_of(upload.path)))
            if beside and (upload.library, upload.path) not in taken:
                taken.add((upload.library, upload.path))
                beside.append(upload)
        yield from folders.values()

    def _to_send(self, taken: set[tuple[str, str]], now: int) -> Iterator[list[Upload]]:
        """Yield what is due to be sent, once for each free transfer; of thousands few are read."""
        while self._uploader and self._free > 0:
            due: dict[tuple[str, str], Upload] = {}
            for each in self._state.uploads.due_to_send(now, self._free * MOST_FILES + len(taken)):
                if (each.library, each.path) not in taken:
                    due.setdefault((each.library, each.path), each)
            found = first_batch(list(due.values()), self._free)
            if not found:
                return
            taken.update((each.library, each.path) for each in found)
            yield found

    def _transfer(self, queued: Sequence[Upload]) -> bool:
        """Advance uploads of one folder as they are now, which may be hours later."""
        try:
            uploads = self._present(queued)
            return self._advance(uploads, self._clock()) if uploads else False
        finally:
            self._running.difference_update((each.library, each.path) for each in queued)
            self._count_free(int(self._is_to_send(queued[0])))

    def _present(self, uploads: Sequence[Upload]) -> list[Upload]:
        """Return uploads as they are now, without those that nothing waits for any more."""
        return [now for each in uploads if (now := self._state.uploads.get(each.n))]

    def _is_to_send(self, upload: Upload) -> bool:
        return upload.phase == "waiting" and self._uploader is not None

    def _count_free(self, change: int) -> None:
        with self._slots:
            self._free += change

    def _advance(self, uploads: Sequence[Upload], now: int) -> bool:
        """Advance each upload by one phase; return whether that worked for any of them."""
        library = self._libraries.get(uploads[0].library)
        if not self._worked(uploads, library, now, partial(_check_available, uploads[0], library)):
            return False
        assert library
        look = DriveLook(library.storage, [each.path for each in uploads])
        sent: dict[int, Uploaded] = {}
        if len(uploads) > 1 and self._is_to_send(uploads[0]):
            send = partial(self._send_together, uploads, library, now, sent)
            if not self._worked(uploads, library, now, send):
                return False
            uploads = self._present(uploads)
        worked = [
            self._worked(
                (each,), library, now, partial(self._try, each, library, look, now, sent.get(each.n))
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

    def _try(
        self, upload: Upload, library: Library, look: DriveLook, now: int, sent: Uploaded | None
    ) -> None:
        """Advance an upload by one phase; one that was `sent` together with others is only noted."""
        if upload.phase == "waiting":
            self._bring_to_drive(upload, library, look, now, sent)
        elif upload.phase == "sent":
            self._local_copies.check_shown(upload, library, look)
        elif upload.phase == "shown":
            self._local_copies.remove(upload, library, look)

    def _failed(self, upload: Upload, library: Library | None, error: MesharrError, now: int) -> None:
        if self._state.uploads.get(upload.n) is None:
            return  # it was withdrawn meanwhile
        self._failures.note(upload, library, error, now)
        imminent = self._uploader and upload.tries < TRIES
        if library and upload.phase == "waiting" and not imminent:
            with contextlib.suppress(Unavailable):
                publish_replaced(self._state, upload, library, now)

    # -- to the drive

    def _bring_to_drive(
        self, upload: Upload, library: Library, look: DriveLook, now: int, sent: Uploaded | None
    ) -> None:
        """Upload a local file, or wait for one that another program brings to the drive."""
        is_open = self._uploader and upload.outbox and sent is None
        if is_open and self._answers.carry_out(upload, library, look, now):
            return
        local = library.storage.local_stat(upload.path) if library.remote else None
        if self._uploader and local:
            if upload.outbox and not upload.stat:  # whoever takes it away from now on is another uploader
                self._state.uploads.note_local(upload, msgspec.json.encode(local))
            self._failures.check_paused(library, now)
            with self._budget.sending(upload, local.size, now):
                self._upload(upload, library, local, now, sent)
        elif not upload.outbox:
            self._sidecars.advance(upload, library, now)
        else:
            self._awaited.check(upload, library, look, now)

    def _upload(
        self, upload: Upload, library: Library, local: FileStat, now: int, sent: Uploaded | None
    ) -> None:
        if not upload.outbox:
            self._sidecars.advance(upload, library, now)
            return
        self._remotes.check(library)
        sent = sent or self._send(upload, library, local, now)
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

    def _send(self, upload: Upload, library: Library, local: FileStat, now: int) -> Uploaded:
        """Upload a file; return how it is on the drive."""
        assert self._uploader is not None

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
        with self._failures.sending(library, now):
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
