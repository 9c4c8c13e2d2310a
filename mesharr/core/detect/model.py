"""What one comparison is made of besides the arr, the baseline and the registry, and what comes of it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import Body

NOT_LISTED = "the arr no longer lists it, and no delete event came"
"""What is said of an item that only its person can decide on."""

DELETED_BY_ARR = (
    "the arr deleted it, as it does by itself to what has no files when its metadata server fails"
)
"""What is said of an item that had no files when it was deleted, by a person or by the arr itself."""

OUTSIDE_LIBRARY = "the arr keeps it outside of the library, in"
"""What is said of an item, before its folder, that the arr lists below no `root` of the config."""

Needs = Literal["", "drive", "gone"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the app's webhooks, scripts and history rows state about one item.

    Paths are library paths, as keys of `same_key` unless said otherwise.
    """

    delete_reason: str = ""
    """Why the item was deleted, "" when no delete event came."""
    imported: frozenset[str] = frozenset()
    """The files that were imported."""
    retagged: frozenset[str] = frozenset()
    """The files that the app wrote tags into."""
    replaced: frozenset[str] = frozenset()
    """The files that went with an import."""
    renamed: Mapping[str, str] = {}
    """The old path, not as a key, by the key of the new path."""
    drop_reasons: Mapping[str, str] = {}
    """Why the app dropped each file, in the app's own word."""
    moved_to: str = ""
    """The library in which the app lists the item now, "" when it is in this one."""
    outside_folder: str = ""
    """The app's folder of an item that is in no library now, "" when it is in one."""
    moved_here: bool = False
    """Whether the item came from another library."""


class PublishFact(msgspec.Struct, frozen=True):
    """Tell the mesh `body` once what it `needs` holds: "" at once; "drive" its copies are seen on the
    drive with their sizes; "gone" its paths (the item's, for a removal) are proven gone twice.
    """

    body: Body
    needs: Needs
    why: str


class Withdraw(msgspec.Struct, frozen=True):
    """Tell no more of these paths (keys): what was waiting to be told is no longer so."""

    keys: frozenset[str]
    why: str


class MarkMissing(msgspec.Struct, frozen=True):
    """The arr lost an item without saying so: a person decides."""

    why: str


Change = PublishFact | Withdraw | MarkMissing


class Comparison(msgspec.Struct, frozen=True):
    """What to tell, and the baseline to keep when it is queued."""

    changes: tuple[Change, ...]
    baseline: Baseline
