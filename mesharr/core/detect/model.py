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
    """What the arr's signals said about one item, in library paths (keys of `same_key`, except
    `renamed`, which maps the key of the new path to the old path). `gone` maps a path's key to the
    arr's reason for dropping the file; `retagged` are files the arr wrote tags into; `deleted` says why the
    item was deleted, "" that nobody said so.
    `moved_to` names the library in which the arr shows it now, `moved_here` says that it came from another.
    `outside` is the arr's folder of an item that is in no library now.
    """

    deleted: str = ""
    imported: frozenset[str] = frozenset()
    retagged: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = {}
    gone: Mapping[str, str] = {}
    moved_to: str = ""
    outside: str = ""
    moved_here: bool = False


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
