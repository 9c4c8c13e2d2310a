"""Say in words what commands, the page and its API show: approvals, queues, uploads."""

from collections.abc import Mapping
from typing import Final

from mesharr.core.planning.limits import LIMITS, OWN, LimitRow
from mesharr.core.text import quantity, size_text, span, speed_text, visible
from mesharr.node.status.list_model import HoldReport, PeerUploads, UploadLimits, UploadReport
from mesharr.state.queues.upload_conflicts import Resolution

_LIMITS: Final[Mapping[str, LimitRow]] = {row.kind: row for row in LIMITS}

_QUEUES = {
    "hints": ("webhook", "webhooks"),
    "to_tell": ("event to publish", "events to publish"),
    "for_the_drive": ("event waiting for an upload", "events waiting for an upload"),
    "to_prove_gone": ("deletion to confirm", "deletions to confirm"),
    "to_prove_again": ("change of an older database to confirm", "changes of an older database to confirm"),
    "uploads": ("upload", "uploads"),
    "items": ("item", "items"),
    "scans": ("scan", "scans"),
    "held": ("item needs approval", "items need approval"),
}
"""What each count of `Report.queue` counts, one and several."""


def changes_text(hold: HoldReport) -> str:
    """Return what needs approval: `61 additions from bob`, `30 deletions of yours`."""
    whose = "of yours" if hold.peer == OWN else f"from {visible(hold.called)}"
    limit = _LIMITS[hold.kind]
    return f"{quantity(len(hold.items), limit.one, limit.many)} {whose}"


_REJECTING: Final[Mapping[str, str]] = {
    "removals": "the items stay in your app",
    "own_removals": "they are added to your app again, once their files are back on the drive",
    "unmonitors": "your app goes on searching for them, and both households may download them",
    "claims": "they are unmonitored in your app again",
    "moves": "the items stay where your app has them; the peer's files are where the peer put them",
    "retypes": "the series keep their type in your app",
    "pauses": "your app goes on searching for them, and both households may download them",
    "first_adds": "they are not added, whoever has them",
}
"""What follows when changes of each kind are rejected."""


def rejecting_text(hold: HoldReport) -> str:
    """Return what follows when changes that need approval are rejected."""
    return _REJECTING[hold.kind]


def rejected_text(hold: HoldReport) -> str:
    """Return what can be done about changes that were rejected."""
    if hold.peer == OWN:
        return "undone here: do it again in your app, if it is wanted after all"
    return f"mesharr approve {hold.n} has it done after all"


def queue_text(kind: str, count: int) -> str:
    """Return what waits in a queue of a report: `3 webhooks`."""
    return quantity(count, *_QUEUES.get(kind, (kind, kind)))


def limit_texts(limits: UploadLimits) -> list[str]:
    """Return what holds uploads back as a whole: `12.0 GB of 700.0 GB sent in 24 hours`."""
    texts = ["uploads are paused: mesharr uploads --resume"] if limits.paused else []
    if limits.limit:
        texts.append(_used_text(limits))
    return texts


def peer_uploads_text(uploads: PeerUploads) -> str:
    """Return what a peer has used of its daily limit, and what waits: `…, 3.0 GB waiting`."""
    waiting = f", {size_text(uploads.waiting)} waiting" if uploads.waiting else ""
    return f"{_used_text(uploads)}{waiting}"


def _used_text(used: UploadLimits | PeerUploads) -> str:
    return f"{size_text(used.sent)} of {size_text(used.limit)} sent in 24 hours"


def progress_text(upload: UploadReport) -> str:
    """Return how far an upload is: `42 %, 3.1 MB/s, 5 min left`."""
    if not upload.size or not (upload.speed or upload.done) or upload.phase != "waiting":
        return upload.phase
    percent = f"{min(100, 100 * upload.done // upload.size)} %"
    if not upload.speed:
        return percent
    left = max(0, upload.size - upload.done) // upload.speed
    return f"{percent}, {speed_text(upload.speed)}, {span(left)} left"


def answer_text(answer: Resolution, waits: bool) -> str:
    """Return what an answer about two files of one item does.

    `waits`: the second one is not on the drive yet.
    """
    return _OF_WAITING[answer] if waits else "both stay, and are not reported any more"


_OF_WAITING: Final[Mapping[Resolution, str]] = {
    "": "",
    "keep-theirs": "theirs stays; yours is moved to .mesharr-set-aside on your disk; your app finds theirs",
    "keep-mine": "your file takes the place of theirs on the drive, as an upgrade does, for all households",
    "keep-both": "your file is uploaded beside theirs, with your node's name at its end",
}
