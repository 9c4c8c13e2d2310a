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
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.paths import same_key
from mesharr.disk.child import FileStat
from mesharr.node.model import Library
from mesharr.node.outward.dropped_files import DroppedFileScans
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.upload_paths import RemoteProof, check_local
from mesharr.node.outward.uploading.allowance import Allowance, Budget
from mesharr.node.outward.uploading.failures import Failures, check_not_linked_out, withdrawn
from mesharr.node.outward.uploading.local_copies import LocalCopies
from mesharr.node.outward.uploading.replaced_files import TRIES, publish_replaced
from mesharr.node.outward.uploading.second_uploader import note_second_uploader
from mesharr.node.outward.uploading.sidecars import LateSidecars, Sidecars
from mesharr.node.outward.uploading.swept_uploader import SweptUploader
from mesharr.node.outward.uploading.taken_files import TakenFiles
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Progress, Uploaded, Uploader

log = logging.getLogger(__name__)


class Transfer:
    """The second outward stage."""

    def __init__(
        self,
        libraries: Mapping[str, Library],
        uploader: Uploader | None,
        allowance: Allowance,
        state: State,
        proofs: RemovalProofs,
        clock: Callable[[], int],
        run: Callable[[Callable[[], bool]], object] = lambda work: work(),
    ) -> None:
        """Begin nothing yet.

        `uploader` None: files reach the drive by other means. `run` runs one transfer, at once or later in a
        thread of its own; the transfer returns whether the file got any further.
        """
        self._clock = clock
        self._run = run
        self._running: set[tuple[str, str]] = set()
        self._libraries = libraries
        self._swept = SweptUploader(uploader, state, clock) if uploader else None
        self._uploader = uploader = self._swept
        self._remotes = RemoteProof(uploader)
        self._budget = Budget(allowance, state.uploads)
        self._failures = Failures(state)
        self._local_copies = LocalCopies(uploader, self._remotes, state)
        self._sidecars = Sidecars(uploader, self._remotes, state, self._failures)
        self._taken = TakenFiles(libraries, state, clock)
        self._late_sidecars = LateSidecars(libraries if uploader else {}, state, clock)
        self._state = state
        self._proofs = proofs
        self._dropped = DroppedFileScans(libraries, state)

    def step(self, now: int) -> None:
        """Advance every upload and every proof that is due."""
        self._late_sidecars.step(now)
        if self._uploader is None:
            self._taken.step(now)
        if self._swept:
            self._swept.step(self._run)
        for upload in self._state.uploads.due(now):
            place = upload.library, upload.path
            if place not in self._running:  # two facts may state the same file
                self._running.add(place)
                self._run(partial(self._transfer, upload))
        for entry in self._state.outbox.on_drive():
            sizes = {upload.path: upload.size for upload in self._state.uploads.of(entry.n)}
            self._state.outbox.make_ready(entry.n, entry.body.with_sizes(sizes), now)
        self._dropped.step(now)
        self._proofs.step(now)
        self._failures.clear_overtaken()

    def next_due(self) -> int | None:
        """Return when the next upload, proof or look is due (ms), None when there is none."""
        dues = (
            self._state.outbox.next_due(),
            self._state.uploads.next_due(),
            self._state.dropped_files.next_due(),
            self._late_sidecars.next_due(),
            self._swept.next_due() if self._swept else None,
            self._taken.next_due() if self._uploader is None else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def _transfer(self, queued: Upload) -> bool:
        """Advance an upload as it is now: it may have waited for a thread for hours."""
        try:
            upload = self._state.uploads.get(queued.n)
            return upload is not None and self._try(upload, self._clock())
        finally:
            self._running.discard((queued.library, queued.path))

    def _try(self, upload: Upload, now: int) -> bool:
        """Advance an upload by one phase; return whether that worked."""
        library = None
        try:
            library = self._library_of(upload)
            library.storage.check_available()
            if upload.phase == "waiting":
                self._bring_to_drive(upload, library, now)
            elif upload.phase == "sent":
                self._local_copies.check_shown(upload, library)
            elif upload.phase == "shown":
                self._local_copies.remove(upload, library)
        except (Unavailable, Refused) as error:
            self._failed(upload, library, error, now)
            return False
        except Exception as error:
            log.exception("%s: %s failed; tried again later", upload.library, upload.path)
            self._failed(upload, library, Unavailable(f"failed: {error!r}"), now)
            return False
        return True

    def _library_of(self, upload: Upload) -> Library:
        library = self._libraries.get(upload.library)
        if library is None:
            raise Refused(f"there is no library {upload.library} any more", "name it in mesharr.yml again")
        return library

    def _failed(self, upload: Upload, library: Library | None, error: MesharrError, now: int) -> None:
        if self._state.uploads.get(upload.n) is None:
            return  # it was withdrawn meanwhile
        self._failures.note(upload, library, error, now)
        imminent = self._uploader and upload.tries < TRIES
        if library and upload.phase == "waiting" and not imminent:
            with contextlib.suppress(Unavailable):
                publish_replaced(self._state, upload, library, now)

    # -- to the drive

    def _bring_to_drive(self, upload: Upload, library: Library, now: int) -> None:
        """Upload a local file, or wait for one that another program brings to the drive."""
        local = library.storage.local_stat(upload.path) if library.remote else None
        if self._uploader and local:
            if upload.outbox and not upload.stat:  # whoever takes it away from now on is another uploader
                self._state.uploads.note_local(upload, msgspec.json.encode(local))
            self._failures.check_paused(library, now)
            with self._budget.sending(upload, local.size, now):
                self._upload(upload, library, local, now)
        elif not upload.outbox:
            self._sidecars.advance(upload, library, now)
        else:
            self._check_drive(upload, library, now)

    def _upload(self, upload: Upload, library: Library, local: FileStat, now: int) -> None:
        if not upload.outbox:
            self._sidecars.advance(upload, library, now)
            return
        self._remotes.check(library)
        sent = self._send(upload, library, local, now)
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
        log.info("%s: uploaded %s (%d bytes)", upload.library, upload.path, sent.size)

    def _send(self, upload: Upload, library: Library, local: FileStat, now: int) -> Uploaded:
        """Upload a file; return how it is on the drive."""
        assert self._uploader is not None

        def report(progress: Progress) -> None:
            if not self._state.uploads.has(upload.library, upload.path):
                raise withdrawn(upload)
            self._state.uploads.note_progress(upload, progress.done, progress.speed)

        source, target = library.storage.local_path(upload.path), f"{library.remote}/{upload.path}"
        with self._failures.sending(library, now):
            sent = self._uploader.upload(source, target, report)
        if sent.size != local.size:
            raise Unavailable(f"{upload.path} is {sent.size} bytes on the drive and {local.size} here")
        return sent

    def _check_drive(self, upload: Upload, library: Library, now: int) -> None:
        """Finish an upload whose file is on the drive; raise `Unavailable` with why it is not."""
        size = library.storage.size_on_drive(upload.path)
        if size is None:
            raise Unavailable(self._why_not_on_drive(upload, library, now))
        if size == upload.size:
            self._state.uploads.advance(upload, "done", size=size)
            if upload.stat and self._uploader and library.remote:
                note_second_uploader(self._state, upload, library, now)
        elif not self._withdraw_overtaken(upload, size):
            self._note_other_size(upload, library, size, now)
            raise Unavailable(f"{size} bytes on the drive, {upload.size} when it was imported")

    def _note_other_size(self, upload: Upload, library: Library, size: int, now: int) -> None:
        """Note since when the drive has another file in the place of one that is not published.

        A file that another program is still uploading grows, and is on the local branch meanwhile. After a
        while the app has to look at the file again: it was overwritten, e.g. by a program that converts it.
        """
        is_replaced = library.storage.local_stat(upload.path) is None
        if not is_replaced or size != upload.other_size:
            self._state.uploads.note_other_size(upload, size if is_replaced else -1, now)
        elif now - upload.other_since >= library.policy.gone_after:
            entry = self._state.outbox.get(upload.outbox)
            if entry:
                self._state.dirty.mark([(entry.library, entry.item)], now)

    def _withdraw_overtaken(self, upload: Upload, size: int) -> bool:
        """Withdraw a file in whose place its app, or else the registry, has the `size` on the drive.

        Returns whether that is so.
        """
        entry = self._state.outbox.get(upload.outbox)
        if entry is None:
            return False
        baseline = self._state.items.baseline(entry.library, entry.item)
        living = self._state.items.state(entry.library, entry.item).copies.get(same_key(upload.path))
        listed = baseline is not None and baseline.files.get(upload.path) == size
        # what was known when the file was decided on is what it takes the place of: the drive is behind
        if not listed and (living is None or living.copy.size != size or living.is_seen(entry.body.seen)):
            return False
        keys = frozenset({same_key(upload.path)})
        self._state.outbox.withdraw(entry.library, entry.item, keys, only=entry.n)
        log.info(
            "%s: %s was replaced on the drive: the earlier file is not published", upload.library, upload.path
        )
        return True

    def _why_not_on_drive(self, upload: Upload, library: Library, now: int) -> str:
        """Return why a file is not on the drive; note since when it is absent everywhere."""
        storage, path = library.storage, upload.path
        local = storage.local_stat(path)
        if local is None:
            check_not_linked_out(library, path)
        if local and self._uploader is None and not upload.stat:
            self._state.uploads.note_local(upload, msgspec.json.encode(local))
        if local is None and upload.tries:  # at the first look it may be on its way
            check_local(library, path)
        if local or storage.sizes((path,))[path] is not None or not storage.all_absent((path,)):
            self._state.uploads.note_gone(upload, 0)
            return "not on the drive yet"
        if not upload.gone_since:
            self._state.uploads.note_gone(upload, now)
            self._check_item(upload, library, now)
        if not upload.gone_since or now - upload.gone_since < library.policy.gone_after:
            return "neither here nor on the drive; to be confirmed by a second check"
        return "neither here nor on the drive any more: its app rescans the item"

    def _check_item(self, upload: Upload, library: Library, now: int) -> None:
        """Have the item of a file that is nowhere compared: no app reports that its folder moved."""
        entry = self._state.outbox.get(upload.outbox)
        if entry and library.app:
            self._state.inbox.put_check(library.app, entry.item, now)
