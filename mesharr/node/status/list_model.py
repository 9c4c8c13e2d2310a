"""The parts of the report that are also lists of their own: approvals and uploads.

Times are text in UTC, "" for never, as in all of the report.
"""

import msgspec


class HeldItem(msgspec.Struct, frozen=True):
    """An item of a hold."""

    item: str
    title: str


class HoldReport(msgspec.Struct, frozen=True, kw_only=True):
    """Actions that need approval as one group, or are approved and being done."""

    n: int
    """The number that `mesharr approve` takes."""
    peer: str
    """The node that is the cause."""
    called: str
    """What people read for it."""
    library: str
    kind: str
    """The kind of action (`mesharr.core.planning.limits`)."""
    since: str
    why: str
    approved: bool
    rejected: bool = False
    """Whether the user rejected it: it is not done."""
    items: tuple[HeldItem, ...]

    @property
    def waits(self) -> bool:
        """Whether the user has not answered yet."""
        return not (self.approved or self.rejected)


class UploadReport(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way to the drive."""

    library: str
    path: str
    size: int
    """In bytes."""
    phase: str
    """ "waiting", "sent" (not shown by the own mount yet), or "shown" (the local file is not removed yet)."""
    done: int
    """How many bytes are uploaded."""
    speed: int
    """In bytes a second, 0 while it is not being uploaded."""
    since: str
    tries: int
    """How often it failed."""
    why: str
    """Why it waits."""


class BlockedUploads(msgspec.Struct, frozen=True):
    """Uploads of one library that wait for the same thing, which is down."""

    library: str
    why: str
    count: int


class UploadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What holds uploads back as a whole."""

    paused: str
    """Since when the user has them paused, "" when they are not."""
    sent: int
    """How many bytes were uploaded in the last 24 hours."""
    limit: int
    """How many may be, 0: any number."""


class PeerUploads(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its daily limit of uploads a peer has used, by its own word."""

    limit: int
    """How many bytes it may upload in 24 hours."""
    sent: int
    """How many it had uploaded in the 24 hours before `at`."""
    waiting: int
    """How many waited to be uploaded."""
    at: str
    """When it said so, by its own clock."""
