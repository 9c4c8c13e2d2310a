"""Transfer: a fact about files is published only when the drive agrees.

Files on the local branch are uploaded and verified; files that another program brings to the drive are
waited for (`mesharr.node.outward.uploading`); files that were deleted are proven to be gone
(`mesharr.node.outward.removal_proofs`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from mesharr.node.model import Library, Me
from mesharr.node.outward.dropped_files import DroppedFileScans
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.uploading.allowance import Allowance
from mesharr.node.outward.uploading.failures import UPLOADER, Failures
from mesharr.node.outward.uploading.others.folder_uploads import CLOUDPLOW, FolderUploads
from mesharr.node.outward.uploading.others.taken_files import TakenFiles
from mesharr.node.outward.uploading.sidecars import LateSidecars
from mesharr.node.outward.uploading.swept_uploader import SweptUploader
from mesharr.node.outward.uploading.turns import Turns
from mesharr.node.outward.uploading.upload_steps import UploadSteps
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State
from mesharr.uploads.base import Uploader


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
        self._libraries = libraries
        self._state = state
        self._clock = clock
        self._run = run
        self._swept = SweptUploader(means.uploader, state, clock) if means.uploader else None
        self._turns = Turns(state.uploads, means.transfers, sends=self._swept is not None)
        self._failures = Failures(state)
        self._steps = UploadSteps(me, self._swept, means.allowance, self._failures, state)
        self._late_sidecars = LateSidecars(libraries if self._swept else {}, state, clock)
        self._taken = TakenFiles(libraries, state, clock) if self._swept is None else None
        self._folder_uploads = means.folder_uploads
        if self._folder_uploads is None:
            state.refusals.clear_all(CLOUDPLOW)
        if self._swept is None:
            state.outages.end(UPLOADER)
        self._proofs = proofs
        self._dropped = DroppedFileScans(libraries, state)

    def step(self, now: int) -> None:
        """Advance every upload and every proof that is due."""
        self._late_sidecars.step(now)
        if self._taken:
            self._taken.step(now)
        if self._folder_uploads:
            self._folder_uploads.step(now)
        if self._swept:
            self._swept.step(self._run)
        for due in self._turns.begin(now):
            self._run(partial(self._transfer, due))
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
            self._taken.next_due() if self._taken else None,
            self._folder_uploads.next_due() if self._folder_uploads else None,
        )
        return min((due for due in dues if due is not None), default=None)

    def _transfer(self, due: Sequence[Upload]) -> bool:
        """Advance uploads whose turn it is; return whether any got further."""
        try:
            return self._steps.advance(due, self._libraries.get(due[0].library), self._clock())
        finally:
            self._turns.end(due)
