"""The events about a node itself: its hello, its new incarnation and its departure."""

from typing import ClassVar, Final

from mesharr.core.events.base import ActivityKind, Body, Heads, Part


class LibraryInfo(Part, frozen=True, kw_only=True):
    """How a node keeps one library, so that peers can warn of differences."""

    app: str = ""
    """The kind of app, e.g. radarr."""
    version: str = ""
    """The version of the app."""
    naming: str = ""
    """The app's naming format."""
    profiles: tuple[str, ...] = ()
    """The names of the app's quality profiles."""


class UploadsInfo(Part, frozen=True, kw_only=True):
    """How much of its daily limit of uploads a node has used, in bytes, as it is told to peers."""

    limit: int = 0
    """How much it may upload in 24 hours, 0: any number."""
    sent: int = 0
    """How much it has uploaded in the last 24 hours: more than the limit where files replaced others."""
    waiting: int = 0
    """How much waits to be uploaded."""


NO_LIMIT: Final = UploadsInfo()
"""The uploads of a node that has no limit, or tells none: no member is written."""


class PathConflict(Part, frozen=True, kw_only=True):
    """A file of a node that waits because the drive has another one at its path."""

    library: str
    id: str
    """The id of the item."""
    path: str
    size: int = 0
    """Of the file that waits, in bytes."""


class NodeHello(Body, frozen=True, kw_only=True):
    """A node's description of itself, with what it has applied of its peers' streams."""

    type_name: ClassVar[str] = "node.hello"
    activity: ClassVar[ActivityKind] = "hello"
    found_by_type: ClassVar[bool] = True

    name: str
    version: str = ""
    """The version of mesharr."""
    key: str
    """The public key, as base64url text."""
    trusts: tuple[str, ...] = ()
    """The nodes whose events it applies."""
    heads: Heads = {}
    """The last event it has applied of each stream."""
    libraries: dict[str, LibraryInfo] = {}
    joined: tuple[str, ...] = ()
    """The libraries of which it has published what it had before mesharr: its inventory."""
    uploads: UploadsInfo = NO_LIMIT
    conflicts: tuple[PathConflict, ...] = ()

    def deed(self, title: str) -> str:
        """Return that the author runs."""
        return "said that it is running"


class StreamOpened(Body, frozen=True, kw_only=True):
    """A node begins a new incarnation."""

    type_name: ClassVar[str] = "stream.opened"
    activity: ClassVar[ActivityKind] = "node"
    found_by_type: ClassVar[bool] = True

    closes: dict[str, int] = {}
    """The earlier incarnations it closes, each with the last seq that the node knew of it."""

    def deed(self, title: str) -> str:
        """Return that the author's stream is a new one."""
        return "continues in a new stream of events"


class NodeLeft(Body, frozen=True, kw_only=True):
    """A node leaves the mesh: what it owned has no owner any more."""

    type_name: ClassVar[str] = "node.left"
    activity: ClassVar[ActivityKind] = "node"
    found_by_type: ClassVar[bool] = True

    def deed(self, title: str) -> str:
        """Return that the author left."""
        return "left the mesh"
