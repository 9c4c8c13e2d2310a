"""Report what needs approval and what is uploaded; each is also a command of its own."""

from collections.abc import Sequence
from typing import Final

from mesharr.core.durations import DAY_MS
from mesharr.core.hlc import time_text
from mesharr.node.status.list_model import HeldItem, HoldReport, UploadLimits, UploadReport
from mesharr.state.holds import Holds
from mesharr.state.queues.uploads import Uploads
from mesharr.state.records.node import NodeRecord
from mesharr.state.records.nodes import NodeNames

LISTED: Final = 20
"""So many uploads are listed unless all are asked for: there may be thousands."""


def holds(kept: Holds, names: NodeNames) -> tuple[HoldReport, ...]:
    """Return every hold, also the approved ones whose actions are not all done."""
    return tuple(
        HoldReport(
            n=hold.n,
            peer=hold.peer,
            called=names.called(hold.peer),
            library=hold.library,
            kind=hold.kind,
            since=time_text(hold.since),
            why=hold.why,
            approved=hold.approved,
            rejected=hold.rejected,
            items=tuple(HeldItem(item, title) for item, title in hold.items),
        )
        for hold in kept.all()
    )


def uploads_of(uploads: Uploads, limit: int, blocked: Sequence[str] = ()) -> tuple[UploadReport, ...]:
    """Return at most `limit` files on their way to the drive (-1: all).

    Those that wait for a reason that is in `blocked` come last.
    """
    return tuple(
        UploadReport(
            library=upload.library,
            path=upload.path,
            size=upload.size,
            phase=upload.phase,
            done=upload.done,
            speed=upload.speed,
            since=time_text(upload.since),
            tries=upload.tries,
            why=upload.why,
        )
        for upload in uploads.first(limit, blocked)
    )


def upload_limits(uploads: Uploads, record: NodeRecord, now: int) -> UploadLimits:
    """Return what holds uploads back as a whole, now (ms)."""
    node = record.get()
    return UploadLimits(
        paused=time_text(node.uploads_paused) if node.uploads_paused else "",
        sent=uploads.sent_bytes(now - DAY_MS),
        limit=node.uploads_limit,
    )
