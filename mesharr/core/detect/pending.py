"""What waits to be published of an item's files.

A path that is withdrawn before it was published hands on what it would have ended: what follows ends that.
"""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.events.schema import Body, Copy, FileImported, FileRenamed
from mesharr.core.paths import same_key


class PendingCopy(msgspec.Struct, frozen=True):
    """A copy that waits to be published."""

    copy: Copy
    renamed_from: str = ""
    """The path of the copy that was renamed, "" for an import."""
    ends: tuple[str, ...] = ()
    """The paths that end with it."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be published of one item's files."""

    copies: Mapping[str, PendingCopy] = {}
    """By the keys of their paths."""
    removals: frozenset[str] = frozenset()
    """The keys of paths that are to be published as gone because the app dropped them."""


def pending_of(bodies: Iterable[Body], dropped: Iterable[Body] = ()) -> Pending:
    """Return what unsigned bodies state of files, the later of two for one path.

    `dropped` are those of the bodies that were queued because the app dropped files.
    """
    copies: dict[str, PendingCopy] = {}
    removals = {same_key(path) for body in dropped for path in body.ended_paths()}
    for body in bodies:
        for each in _stated_by(body):
            key = same_key(each.copy.path)
            earlier = copies[key].ends if key in copies else ()
            copies[key] = msgspec.structs.replace(each, ends=(*earlier, *each.ends))
    return Pending(copies=copies, removals=frozenset(removals))


def _stated_by(body: Body) -> Iterable[PendingCopy]:
    if isinstance(body, FileRenamed):
        return [PendingCopy(each.new, each.old, (each.old,)) for each in body.files]
    ends = body.replaced if isinstance(body, FileImported) else ()
    return [PendingCopy(copy, ends=ends) for copy in body.stated_copies()]
