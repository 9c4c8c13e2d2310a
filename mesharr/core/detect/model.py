"""The values of a comparison: the evidence it reads, and the changes that come of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from mesharr.core.arr.snapshot import Baseline, Snapshot
from mesharr.core.detect.pending import Pending
from mesharr.core.events.schema import Body
from mesharr.core.registry.item_state import ItemState

NOT_LISTED = "missing in the app without a delete event"
"""Why the user has to decide on an item that the app no longer lists."""

DELETED_BY_ARR = "deleted in the app, which deletes items without files when its metadata server fails"
"""Why the user has to decide on an item without files that the user, or the app by itself, deleted."""

OUTSIDE_LIBRARY = "the app keeps it outside of the library, in"
"""Why the user has to decide on an item below no `root` of the config; the app's folder of it follows."""

RETURNED = "deleted by this household, and listed again since the app was restarted"
"""Why the user has to decide on an item of an older database of the app."""

FILE_DROPPED = "file deleted in the app"
"""Why the removal of a file that the app dropped is queued."""

UPGRADE = "upgrade"
"""The reason for which an app drops a file for a better one."""

Needs = Literal["", "drive", "gone", "again"]
"""What an unpublished body waits for: "" nothing; "drive" that its copies are on the drive with their sizes;
"gone" the proof, given twice, that its paths (of a removal all paths of the item) are gone; "again" that it
is proven again, as the database may be an old one.
"""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the app's webhooks, scripts and history rows state about one item.

    Paths are library paths, as keys of `same_key` unless said otherwise.
    """

    delete_reason: str = ""
    """Why the item was deleted, "" when no delete event came."""
    files_kept: bool = False
    """Whether it was deleted and its files were left alone, as the app says."""
    deleted_from: str = ""
    """The folder that it had then, not as a key; "" when that is not stated, or is in no library."""
    imported: frozenset[str] = frozenset()
    """The files that were imported."""
    news: frozenset[str] = frozenset()
    """The files that were imported or renamed since mesharr began with the library."""
    retagged: frozenset[str] = frozenset()
    """The files that the app wrote tags into."""
    replaced: frozenset[str] = frozenset()
    """The files that went with an import."""
    renamed: Mapping[str, str] = {}
    """The old path, not as a key, by the key of the new path."""
    drop_reasons: Mapping[str, str] = {}
    """Why the app dropped each file, in the app's own word."""
    imported_unnamed: bool = False
    """Whether files were imported that nothing names: what is new is imported."""
    drop_reason_unnamed: str = ""
    """Why the app dropped files that nothing names, "" when it did not: the reason of all that it dropped."""
    only_local: frozenset[str] = frozenset()
    """The listed files that are on this node's local branch, and not on the cloud branch.

    Of those that an import names only the living copies: the others are uploaded anyway.
    """
    namesakes: frozenset[str] = frozenset()
    """The listed files beside which the one that they would replace is on the drive: their names differ in
    spelling only.
    """
    found_after_add: bool = False
    """Whether this household added the item in its app a short time ago, so that the app finds its files."""
    moved_to: str = ""
    """The library in which the app lists the item now, "" when it is in this one."""
    outside_folder: str = ""
    """The app's folder of an item that is in no library now, "" when it is in one."""
    came_back: bool = False
    """Whether the app lists the item again since it was restarted, and nobody added it."""
    wanted_again: bool = False
    """Whether the user decided that such an item is wanted again, with the files that the app lists."""
    moved_here: bool = False
    """Whether the item came from another library."""


class ComparedItem(msgspec.Struct, frozen=True):
    """All that the comparison of an item is a function of."""

    snapshot: Snapshot | None
    """What the app lists, None when it does not list the item."""
    baseline: Baseline | None
    """What it listed when mesharr last finished with the item, None when it never did."""
    registry: ItemState
    """What the mesh has."""
    evidence: Evidence
    pending: Pending
    """What waits to be published: its copies count as published."""
    me: str
    """This node."""
    now: int
    """The time (ms): it only ages files without evidence."""

    @property
    def before(self) -> Baseline:
        """What the app listed before; of an item that it never listed, nothing."""
        return self.baseline or Baseline(present=False)


class PublishFact(msgspec.Struct, frozen=True):
    """Publish a body, once what it needs is true."""

    body: Body
    needs: Needs
    why: str
    """Why it is published, as a user reads it in the log."""


class Withdraw(msgspec.Struct, frozen=True):
    """Do not publish copies that wait for it, because they are no longer as stated."""

    keys: frozenset[str]
    """The keys of their paths."""
    why: str


class KeepFiles(msgspec.Struct, frozen=True):
    """Do not publish that files are gone, because the app lists them again."""

    keys: frozenset[str]
    """The keys of their paths."""
    why: str


class MarkMissing(msgspec.Struct, frozen=True):
    """Have the user decide on an item that is missing in the app without a clear deletion."""

    why: str


class AskReturned(msgspec.Struct, frozen=True):
    """Have the user decide on an item that came back with an older database of the app."""

    why: str


Change = PublishFact | Withdraw | KeepFiles | MarkMissing | AskReturned


class Comparison(msgspec.Struct, frozen=True):
    """The result of one comparison."""

    changes: tuple[Change, ...]
    """What has to be published, withdrawn or decided."""
    baseline: Baseline
    """The baseline to store together with the queued changes."""
