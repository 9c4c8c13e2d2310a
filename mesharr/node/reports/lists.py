"""The documents of approvals and uploads, for `--json` and the API.

They are made of one or two tables each, so that the commands that list them import no more.
"""

import msgspec

from mesharr.node.status.list_model import HoldReport, UploadLimits, UploadReport
from mesharr.node.status.lists import holds, upload_limits, uploads_of
from mesharr.state.holds import Holds
from mesharr.state.queues.uploads import Uploads, UploadTotals
from mesharr.state.records.node import NodeRecord
from mesharr.state.records.nodes import NodeNames


class ApprovalsDocument(msgspec.Struct, frozen=True):
    """What needs approval, and what was rejected."""

    holds: tuple[HoldReport, ...]
    """What needs approval."""
    rejected: tuple[HoldReport, ...]
    """What was rejected, and can be approved after all."""


class UploadsDocument(msgspec.Struct, frozen=True):
    """The files on their way to the drive."""

    uploads: tuple[UploadReport, ...]
    totals: UploadTotals
    limits: UploadLimits


def approvals_document(kept: Holds, names: NodeNames) -> ApprovalsDocument:
    """Return what needs approval, and what was rejected."""
    known = holds(kept, names)
    return ApprovalsDocument(
        holds=tuple(hold for hold in known if hold.waits),
        rejected=tuple(hold for hold in known if hold.rejected),
    )


def uploads_document(uploads: Uploads, record: NodeRecord, now: int, limit: int = -1) -> UploadsDocument:
    """Return the files on their way to the drive, and what holds them back now (ms).

    At most `limit` of them are listed (-1: all).
    """
    limits = upload_limits(uploads, record, now)
    return UploadsDocument(uploads=uploads_of(uploads, limit), totals=uploads.totals(), limits=limits)
