"""What waits to be published of an item's place and files.

A path that is withdrawn before it was published hands on what it would have ended: what follows ends that.
"""

from collections.abc import Iterable, Mapping

import msgspec

from mesharr.core.events.schema import Body, Copy, FileImported, FileRenamed, ItemChanged
from mesharr.core.paths import same_key


class PendingCopy(msgspec.Struct, frozen=True):
    """A copy that waits to be published."""

    copy: Copy
    renamed_from: str = ""
    """The path of the copy that was renamed, "" for an import."""
    ends: tuple[str, ...] = ()
    """The paths that end with it."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be published of one item."""

    folder: str = ""
    """The folder to which it was moved last, "" when no move waits."""
    series_type: str = ""
    """The series type that it was given last, "" when no such change waits."""
    version: int = 0
    """The highest version of these changes, 0 when none waits."""
    copies: Mapping[str, PendingCopy] = {}
    """By the keys of their paths."""
    removals: frozenset[str] = frozenset()
    """The keys of paths that are to be published as gone because the app dropped them."""


def pending_of(bodies: Iterable[Body], dropped: Iterable[Body] = ()) -> Pending:
    """Return what unsigned bodies state of an item, the later of two for one path.

    `dropped` are those of the bodies that were queued because the app dropped files.
    """
    copies: dict[str, PendingCopy] = {}
    removals = {same_key(path) for body in dropped for path in body.ended_paths()}
    folder, series_type, version = "", "", 0
    for body in bodies:
        if isinstance(body, ItemChanged):
            folder, series_type = body.folder or folder, body.series_type or series_type
            version = max(version, body.version)
        for each in _stated_by(body):
            key = same_key(each.copy.path)
            earlier = copies[key].ends if key in copies else ()
            copies[key] = msgspec.structs.replace(each, ends=(*earlier, *each.ends))
    return Pending(
        folder=folder,
        series_type=series_type,
        version=version,
        copies=copies,
        removals=frozenset(removals),
    )


def _stated_by(body: Body) -> Iterable[PendingCopy]:
    if isinstance(body, FileRenamed):
        return [PendingCopy(each.new, each.old, (each.old,)) for each in body.files]
    ends = body.replaced if isinstance(body, FileImported) else ()
    return [PendingCopy(copy, ends=ends) for copy in body.stated_copies()]
