"""Transfer: a fact about files is told only when the drive agrees.

Files that are on the local branch are uploaded and verified; files that are on the drive already are
waited for; files that went are proven gone, twice. `move` lets go of the local file only when this
node's own mount shows the cloud copy with its size: before that, the union would lose the file and
the arr would download it again.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from mesharr.core.arr.model import UNSURE
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.core.events.schema import (
    FileRemoved,
    ItemLeft,
    ItemRemoved,
)
from mesharr.core.paths import same_key
from mesharr.core.planning.limits import OWN
from mesharr.disk.child import FileStat
from mesharr.node.backoff import DAY_MS, STORE_MS, wait_ms
from mesharr.node.limits import Guard, NeedsApproval
from mesharr.node.model import Library
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Progress, Uploader

log = logging.getLogger(__name__)

_stat = msgspec.json.Decoder(FileStat).decode


UPLOAD = "upload:"
"""What the subject of a refusal begins with, before the name of the library."""
WINDOW = "waiting for the upload window"
"""Why an upload waits until then, and is not looked at before."""


class _Closed(Unavailable):
    """Uploads may not run before `until` (ms)."""

    def __init__(self, what: str, until: int) -> None:
        super().__init__(what)
        self.until = until


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """When uploads may run. `opens_at` says from when on after a time (both ms), that time itself when they
    may then; `daily` is in bytes, 0: no limit.
    """

    opens_at: Callable[[int], int] = lambda now: now
    daily: int = 0


class Transfer:
    """The second outward stage."""

    def __init__(
        self,
        libraries: Mapping[str, Library],
        uploader: Uploader | None,
        allowance: Allowance,
        state: State,
        guard: Guard,
        clock: Callable[[], int],
        run: Callable[[Callable[[], bool]], object] = lambda work: work(),
    ) -> None:
        """`uploader` None: nothing is uploaded, files reach the drive by other means. `run` runs one
        transfer, here and now or some time later in a thread of its own; it returns whether the file came on.
        """
        self._clock = clock
        self._run = run
        self._running: set[tuple[str, str]] = set()
        self._libraries = libraries
        self._uploader = uploader
        self._allowance = allowance
        self._state = state
        self._guard = guard

    def step(self, now: int) -> None:
        """Bring forward every upload and every proof that is due."""
        for upload in self._state.uploads.due(now):
            place = upload.library, upload.path
            if place not in self._running:  # nor twice the same file for two facts that state it
                self._running.add(place)
                self._run(partial(self._bring, upload))
        for unsaid in self._state.outbox.on_drive():
            self._ready(unsaid)
        for unsaid in self._state.outbox.due("gone", now):
            self._prove(unsaid, now)
        self._forgive()

    def next_due(self) -> int | None:
        """Return when the next upload or proof is due (ms), None when there is none."""
        dues = self._state.outbox.next_due(), self._state.uploads.next_due()
        return min((due for due in dues if due is not None), default=None)

    def _forgive(self) -> None:
        """A refusal is over when nothing of its library waits any more: it was deleted, or came otherwise."""
        refusals = self._state.refusals
        refused = [subject for subject, *_ in refusals.all() if subject.startswith(UPLOAD)]
        waiting = {f"{UPLOAD}{each.library}" for each in self._state.uploads.all()} if refused else set()
        for subject in set(refused) - waiting:
            refusals.clear(subject)

    # -- uploads

    def _bring(self, queued: Upload) -> bool:
        """Bring an upload forward. It may have waited for its turn for hours: what holds now counts."""
        try:
            upload = self._state.uploads.get(queued.n)
            return upload is not None and self._brought(upload, self._clock())
        finally:
            self._running.discard((queued.library, queued.path))

    def _brought(self, upload: Upload, now: int) -> bool:
        try:
            library = self._library_of(upload)
            library.storage.check_available()
            if upload.phase == "waiting":
                self._reach(upload, library, now)
            elif upload.phase == "sent":
                self._let_go(upload, library)
        except (Unavailable, Refused) as error:
            self._failed(upload, error, now)
            return False
        except Exception as error:
            log.exception("%s: %s failed; it is tried again later", upload.library, upload.path)
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
        elif upload.tries == 0:
            log.warning("%s: %s: %s; tried again later", upload.library, upload.path, error)
        until = error.until if isinstance(error, _Closed) else now + wait_ms(upload.tries, STORE_MS)
        self._state.uploads.later(upload, until, str(error))

    def _reach(self, upload: Upload, library: Library, now: int) -> None:
        """Bring a file to the drive, or see that it is there."""
        local = library.storage.local_stat(upload.path) if library.remote else None
        if local is None or self._uploader is None:
            self._see(upload, library, now)
            return
        self._may_upload(upload, local, now)
        sent = self._send(upload, library, local)
        with self._state.transaction():
            self._state.uploads.advance(
                upload, "done" if library.keep_local else "sent", size=sent, stat=msgspec.json.encode(local)
            )
            self._state.uploads.note_sent(sent, now)
            self._state.counters.add("uploaded")
            self._state.refusals.clear(f"{UPLOAD}{upload.library}")
        log.info("%s: uploaded %s (%d bytes)", upload.library, upload.path, sent)

    def _send(self, upload: Upload, library: Library, local: FileStat) -> int:
        assert self._uploader is not None
        report = self._reporter(upload)
        sent = self._uploader.upload(
            library.storage.local_path(upload.path), f"{library.remote}/{upload.path}", report
        )
        if sent.size != local.size:
            raise Unavailable(f"{upload.path} is {sent.size} bytes on the drive and {local.size} here")
        for beside in library.storage.sidecars(upload.path):
            self._uploader.upload(library.storage.local_path(beside), f"{library.remote}/{beside}", report)
        return sent.size

    def _reporter(self, upload: Upload) -> Callable[[Progress], None]:
        def report(progress: Progress) -> None:
            self._state.uploads.note_progress(upload, progress.done, progress.speed)

        return report

    def _may_upload(self, upload: Upload, local: FileStat, now: int) -> None:
        if upload.replaces:
            return  # until it is there, peers hold a file that this arr has already replaced
        opens = self._allowance.opens_at(now)
        if opens > now:
            raise _Closed(WINDOW, opens)
        daily = self._allowance.daily
        if daily and self._state.uploads.sent_bytes(now - DAY_MS) + local.size > daily:
            raise Unavailable("waiting: the daily upload limit is reached")

    def _see(self, upload: Upload, library: Library, now: int) -> None:
        size = library.storage.cloud_sizes((upload.path,))[upload.path]
        if size is None:
            raise Unavailable(self._missing(upload, library, now))
        if size == upload.size:
            self._state.uploads.advance(upload, "done", size=size)
        elif not self._overtaken(upload, size):
            raise Unavailable(f"{size} bytes on the drive, {upload.size} in the arr")

    def _overtaken(self, upload: Upload, size: int) -> bool:
        """Tell no more of a file in whose place the arr, too, shows the one that is on the drive now."""
        unsaid = self._state.outbox.get(upload.outbox)
        baseline = self._state.items.baseline(unsaid.library, unsaid.item) if unsaid else None
        if unsaid is None or baseline is None or baseline.files.get(upload.path) != size:
            return False
        keys = frozenset({same_key(upload.path)})
        self._state.outbox.withdraw(unsaid.library, unsaid.item, keys, only=unsaid.n)
        log.info("%s: %s is another file by now: the one before is not told", upload.library, upload.path)
        return True

    def _missing(self, upload: Upload, library: Library, now: int) -> str:
        """Return why a file is not on the drive; note since when it is nowhere: its folder may be deleted."""
        storage, path = library.storage, upload.path
        if (
            storage.local_stat(path)
            or storage.sizes((path,))[path] is not None
            or not storage.all_absent((path,))
        ):
            self._state.uploads.note_gone(upload, 0)
            return "not on the drive yet"
        if not upload.gone_since:
            self._state.uploads.note_gone(upload, now)
        if not upload.gone_since or now - upload.gone_since < library.policy.gone_after:
            return "neither here nor on the drive; looking once more"
        return "neither here nor on the drive any more: the arr is made to look again"

    def _let_go(self, upload: Upload, library: Library) -> None:
        """Unlink an uploaded local file, once the cloud branch shows it whole."""
        size = library.storage.cloud_sizes((upload.path,))[upload.path]
        if size != upload.size:
            raise Unavailable("uploaded; waiting until this node's mount shows it")
        gone = library.storage.unlink_local(upload.path, _stat(upload.stat))
        if not gone and library.storage.local_stat(upload.path) is not None:
            log.warning("%s: %s changed after its upload; the local file stays", upload.library, upload.path)
        for beside in library.storage.sidecars(upload.path):
            self._let_go_beside(library, beside)
        with self._state.transaction():  # together, or a crash between the two leaves the row for ever
            self._state.uploads.advance(upload, "done", size=upload.size, stat=upload.stat)
            self._tidy(upload)

    def _let_go_beside(self, library: Library, path: str) -> None:
        local = library.storage.local_stat(path)
        if local and library.storage.cloud_sizes((path,))[path] == local.size:
            library.storage.unlink_local(path, local)

    def _tidy(self, upload: Upload) -> None:
        if not self._state.outbox.has(upload.outbox):
            self._state.uploads.drop(upload)

    def _ready(self, unsaid: OutboxEntry) -> None:
        """Let a fact be told when each of its copies is on the drive, with the sizes seen there."""
        sizes = {upload.path: upload.size for upload in self._state.uploads.of(unsaid.n)}
        self._state.outbox.make_ready(unsaid.n, unsaid.body.with_sizes(sizes))

    # -- proofs

    def _prove(self, unsaid: OutboxEntry, now: int) -> None:
        library = self._libraries.get(unsaid.library)
        if library is None:
            why = f"there is no library {unsaid.library} any more"
            self._state.outbox.later(unsaid.n, now + DAY_MS, why, unsaid.gone_since)
            return
        paths = self._paths_to_be_gone(unsaid)
        if paths is None:
            self._drop(unsaid)
            return
        try:
            gone = library.storage.all_absent(paths)
        except (Unavailable, Refused) as error:
            self._state.outbox.later(unsaid.n, now + wait_ms(unsaid.tries, STORE_MS), str(error))
            return
        self._proven(unsaid, library, now, gone=gone)

    def _proven(self, unsaid: OutboxEntry, library: Library, now: int, *, gone: bool) -> None:
        after = library.policy.gone_after
        if not gone and now - unsaid.since > DAY_MS:
            log.info("%s: the files of %s stay on the drive: no removal", unsaid.library, unsaid.item)
            self._drop(unsaid)
        elif not gone:
            self._state.outbox.later(
                unsaid.n, now + wait_ms(unsaid.tries, STORE_MS), "its files are still on the drive"
            )
        elif not unsaid.gone_since:
            self._state.outbox.later(unsaid.n, now + after, "gone from the drive; looking once more", now)
        elif now - unsaid.gone_since >= after:
            self._tell_if_few(unsaid, now)

    def _tell_if_few(self, unsaid: OutboxEntry, now: int) -> None:
        """Tell a proven removal; more of them within an hour than a person would make wait for one."""
        library, item = unsaid.library, unsaid.item
        described = self._state.items.state(library, item).item
        title = described.title if described else item
        try:
            self._guard.permit("own_removals", OWN, library, item, title, now)
        except NeedsApproval as held:
            self._state.outbox.later(unsaid.n, now + DAY_MS, str(held), unsaid.gone_since)
            return
        with self._state.transaction():
            self._tell_gone(unsaid, now)
            if not any(other.needs == "gone" for other in self._state.outbox.of(library, item)):
                self._guard.done("own_removals", OWN, library, item, now)  # an item counts once

    def _drop(self, unsaid: OutboxEntry) -> None:
        with self._state.transaction():
            self._state.outbox.drop(unsaid.n)
            self._state.holds.release(unsaid.library, unsaid.item, "own_removals")

    def _tell_gone(self, unsaid: OutboxEntry, now: int) -> None:
        """Let a proven removal be told; of an item that the arr lists again, only its files went."""
        baseline = self._state.items.baseline(unsaid.library, unsaid.item)
        paths = self._paths_to_be_gone(unsaid)
        if not isinstance(unsaid.body, ItemRemoved) or baseline is None or not baseline.present or not paths:
            self._state.outbox.make_ready(unsaid.n, unsaid.body)
            return
        files = FileRemoved(
            library=unsaid.library, id=unsaid.body.id, paths=paths, reason="deleted", seen=unsaid.body.seen
        )
        with self._state.transaction():
            self._state.outbox.drop(unsaid.n)
            self._state.outbox.put(unsaid.item, files, "", "its files are gone", now)

    def _paths_to_be_gone(self, unsaid: OutboxEntry) -> tuple[str, ...] | None:
        """Return the paths a removal speaks of; None when it has been overtaken.

        An item without files has nothing to prove; it is gone when nobody's add keeps it.
        """
        if isinstance(unsaid.body, FileRemoved):
            return unsaid.body.paths
        outbox, state = self._state.outbox, self._state.items.state(unsaid.library, unsaid.item)
        leaving = any(
            isinstance(other.body, ItemLeft) for other in outbox.of(unsaid.library, unsaid.item)
        )  # its own leave is not signed yet
        paths = tuple(living.copy.path for living in state.copies.values())
        if not paths and getattr(unsaid.body, "reason", "") == UNSURE:
            return None  # other files of it than those it had prove nothing
        return paths if paths or leaving or not state.adders else None
