"""Transfer: a fact about files is published only when the drive agrees.

Files on the local branch are uploaded and verified; files that another program brings to the drive are
waited for; files that were deleted are proven to be gone (`mesharr.node.outward.removal_proofs`). What was
uploaded is published, and in mode `move` its local file removed, only when this node's own mount shows the
cloud copy with its size: before that nothing proves that the peers see it, the merged view would lose the
file, and the app would download it again.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from mesharr.core.errors import MesharrError, Outage, Refused, Unavailable
from mesharr.core.paths import same_key
from mesharr.disk.child import FileStat
from mesharr.node.backoff import DAY_MS, STORE_MS, wait_ms
from mesharr.node.model import Library
from mesharr.node.outward.dropped_files import DroppedFileScans
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.signals import request_check
from mesharr.node.outward.upload_paths import RemoteProof, check_local
from mesharr.state.queues.uploads import Phase, Upload
from mesharr.state.state import State
from mesharr.uploads.base import Progress, Uploader

log = logging.getLogger(__name__)

_stat = msgspec.json.Decoder(FileStat).decode

UPLOAD = "upload:"
"""What the subject of a refusal begins with, before the name of the library."""
WINDOW = "waiting for the upload window"
"""Why an upload waits outside the upload window."""


class _WindowClosed(Unavailable):
    """Uploads may not run before `until` (ms)."""

    def __init__(self, until: int) -> None:
        super().__init__(WINDOW)
        self.until = until


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """When uploads may run, and how much."""

    opens_at: Callable[[int], int] = lambda now: now
    """Returns the first time at or after a time (both ms) at which uploads may run."""
    daily: int = 0
    """How many bytes may be uploaded in 24 hours, 0: any number."""


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
        self._uploader = uploader
        self._remotes = RemoteProof(uploader)
        self._allowance = allowance
        self._state = state
        self._proofs = proofs
        self._dropped = DroppedFileScans(libraries, state)

    def step(self, now: int) -> None:
        """Advance every upload and every proof that is due."""
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
        self._clear_refusals()

    def next_due(self) -> int | None:
        """Return when the next upload, proof or look is due (ms), None when there is none."""
        state = self._state
        dues = state.outbox.next_due(), state.uploads.next_due(), state.dropped_files.next_due()
        return min((due for due in dues if due is not None), default=None)

    def _clear_refusals(self) -> None:
        """Clear the refusals of libraries of which no upload waits any more."""
        refusals = self._state.refusals
        refused = [subject for subject, *_ in refusals.all() if subject.startswith(UPLOAD)]
        waiting = {f"{UPLOAD}{each.library}" for each in self._state.uploads.all()} if refused else set()
        for subject in set(refused) - waiting:
            refusals.clear(subject)

    def _transfer(self, queued: Upload) -> bool:
        """Advance an upload as it is now: it may have waited for a thread for hours."""
        try:
            upload = self._state.uploads.get(queued.n)
            return upload is not None and self._try(upload, self._clock())
        finally:
            self._running.discard((queued.library, queued.path))

    def _try(self, upload: Upload, now: int) -> bool:
        """Advance an upload by one phase; return whether that worked."""
        try:
            library = self._library_of(upload)
            library.storage.check_available()
            if upload.phase == "waiting":
                self._bring_to_drive(upload, library, now)
            elif upload.phase == "sent":
                self._check_shown(upload, library)
            elif upload.phase == "shown":
                self._remove_local(upload, library)
        except (Unavailable, Refused) as error:
            self._failed(upload, error, now)
            return False
        except Exception as error:
            log.exception("%s: %s failed; tried again later", upload.library, upload.path)
            self._failed(upload, Unavailable(f"failed: {error!r}"), now)
            return False
        return True

    def _library_of(self, upload: Upload) -> Library:
        library = self._libraries.get(upload.library)
        if library is None:
            raise Refused(f"there is no library {upload.library} any more", "name it in mesharr.yml again")
        return library

    def _failed(self, upload: Upload, error: MesharrError, now: int) -> None:
        if isinstance(error, Refused):
            if self._state.refusals.note(f"{UPLOAD}{upload.library}", error, now):
                log.error("%s: %s", upload.library, error)
        elif upload.tries == 0 and not (isinstance(error, Outage) and error.noted):
            log.warning("%s: %s: %s; tried again later", upload.library, upload.path, error)
        until = error.until if isinstance(error, _WindowClosed) else now + wait_ms(upload.tries, STORE_MS)
        self._state.uploads.later(upload, until, str(error))

    # -- to the drive

    def _bring_to_drive(self, upload: Upload, library: Library, now: int) -> None:
        """Upload a local file, or wait for one that another program brings to the drive."""
        local = library.storage.local_stat(upload.path) if library.remote else None
        if local is None or self._uploader is None:
            self._check_drive(upload, library, now)
            return
        self._require_allowance(upload, local, now)
        self._remotes.check(library)
        sent = self._send(upload, library, local)
        with self._state.transaction():
            self._state.uploads.advance(
                upload, "sent", size=sent, stat=msgspec.json.encode(local), target=library.remote
            )
            self._state.uploads.note_sent(sent, now)
            self._state.counters.add("uploaded")
            self._state.refusals.clear(f"{UPLOAD}{upload.library}")
        log.info("%s: uploaded %s (%d bytes)", upload.library, upload.path, sent)

    def _send(self, upload: Upload, library: Library, local: FileStat) -> int:
        """Upload a file and its sidecars; return its size on the drive."""
        assert self._uploader is not None

        def report(progress: Progress) -> None:
            self._state.uploads.note_progress(upload, progress.done, progress.speed)

        sent = self._uploader.upload(
            library.storage.local_path(upload.path), f"{library.remote}/{upload.path}", report
        )
        if sent.size != local.size:
            raise Unavailable(f"{upload.path} is {sent.size} bytes on the drive and {local.size} here")
        for beside in library.storage.sidecars(upload.path):
            self._uploader.upload(library.storage.local_path(beside), f"{library.remote}/{beside}", report)
        return sent.size

    def _require_allowance(self, upload: Upload, local: FileStat, now: int) -> None:
        if upload.replaces:
            return  # until it is on the drive, peers keep a file that this app has already replaced
        opens = self._allowance.opens_at(now)
        if opens > now:
            raise _WindowClosed(opens)
        daily = self._allowance.daily
        if daily and self._state.uploads.sent_bytes(now - DAY_MS) + local.size > daily:
            raise Unavailable("waiting: the daily upload limit is reached")

    def _check_drive(self, upload: Upload, library: Library, now: int) -> None:
        """Finish an upload whose file is on the drive; raise `Unavailable` with why it is not."""
        size = library.storage.size_on_drive(upload.path)
        if size is None:
            raise Unavailable(self._why_not_on_drive(upload, library, now))
        if size == upload.size:
            self._state.uploads.advance(upload, "done", size=size)
        elif not self._withdraw_overtaken(upload, size):
            raise Unavailable(f"{size} bytes on the drive, {upload.size} when it was imported")

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
        if not listed and (living is None or living.copy.size != size):
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
            request_check(self._state, library.app, entry.item, now)

    # -- what was uploaded

    def _check_shown(self, upload: Upload, library: Library) -> None:
        """Have an uploaded file published once this node's own mount shows all of it."""
        if library.storage.size_on_drive(upload.path) != upload.size:
            self._wait_for_mount(upload, library)
            return
        phase: Phase = "done" if library.keep_local else "shown"
        self._state.uploads.advance(upload, phase, size=upload.size, stat=upload.stat, target=upload.target)
        if phase == "shown":
            self._remove_local(upload, library)

    def _wait_for_mount(self, upload: Upload, library: Library) -> None:
        """Upload a file again that was sent elsewhere or imported again; else raise `Unavailable`."""
        local = library.storage.local_stat(upload.path)
        if upload.target != library.remote:
            why = f"was uploaded to {upload.target}, which is not the library's remote"
        elif local and local.size == upload.size and local != _stat(upload.stat):
            why = "was imported again"
        elif local:
            self._remotes.forget(library)
            raise Unavailable("uploaded; waiting until this node's mount shows it")
        else:
            why = "was uploaded, and is neither here nor on the drive"
        log.info("%s: %s %s: it is looked at again", upload.library, upload.path, why)
        self._state.uploads.advance(upload, "waiting", size=upload.size)

    def _remove_local(self, upload: Upload, library: Library) -> None:
        """Unlink an uploaded local file while the cloud branch shows all of it."""
        local = library.storage.local_stat(upload.path)
        if local is not None and library.storage.size_on_drive(upload.path) != upload.size:
            self._wait_for_mount(upload, library)
            return
        is_removed = library.storage.unlink_local(upload.path, _stat(upload.stat))
        if not is_removed and library.storage.local_stat(upload.path) is not None:
            log.warning("%s: %s changed after its upload; the local file stays", upload.library, upload.path)
        for sidecar in library.storage.sidecars(upload.path):
            local = library.storage.local_stat(sidecar)
            if local and library.storage.cloud_sizes((sidecar,))[sidecar] == local.size:
                library.storage.unlink_local(sidecar, local)
        with self._state.transaction():  # a crash between the two would leave the row for ever
            self._state.uploads.advance(upload, "done", size=upload.size, stat=upload.stat)
            if not self._state.outbox.has(upload.outbox):
                self._state.uploads.drop(upload)
