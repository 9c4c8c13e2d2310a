"""Report what needs approval and what is uploaded; each is also a command of its own."""

from mesharr.core.hlc import time_text
from mesharr.node.backoff import DAY_MS
from mesharr.node.status.model import HeldItem, HoldReport, UploadLimits, UploadReport
from mesharr.state.state import State


def holds(state: State) -> tuple[HoldReport, ...]:
    """Return every hold, also the approved ones whose actions are not all done."""
    return tuple(
        HoldReport(
            n=hold.n,
            peer=hold.peer,
            library=hold.library,
            kind=hold.kind,
            since=time_text(hold.since),
            why=hold.why,
            approved=hold.approved,
            rejected=hold.rejected,
            items=tuple(HeldItem(item, title) for item, title in hold.items),
        )
        for hold in state.holds.all()
    )


def uploads_of(state: State) -> tuple[UploadReport, ...]:
    """Return the files on their way to the drive."""
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
        for upload in state.uploads.all()
    )


def upload_limits(state: State, now: int) -> UploadLimits:
    """Return what holds uploads back as a whole, now (ms)."""
    node = state.node.get()
    return UploadLimits(
        paused=time_text(node.uploads_paused) if node.uploads_paused else "",
        sent=state.uploads.sent_bytes(now - DAY_MS),
        limit=node.uploads_limit,
    )
