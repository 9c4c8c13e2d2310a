"""What the stages know of this node and its libraries."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.planning.actions import Policy
from mesharr.disk.child import FileStat

UPLOADING = "store:uploading"
"""The note of which own files wait in the upload queue of the store's mount."""


class Me(msgspec.Struct, frozen=True):
    """This node: its label (`alice-4b1e0f77`), its name, and the mesh it belongs to."""

    node: str
    name: str
    mesh: str


class LibraryStorage(Protocol):
    """The files of one library, as this node sees them. Paths are library paths.

    Every method raises `Unavailable` when the mount does not answer.
    """

    def check_available(self) -> None:
        """Return when the library is mounted and is the right one; raise `Unavailable` with why not."""
        ...

    def sizes(self, paths: Sequence[str]) -> dict[str, int | None]:
        """Return sizes on the merged view, as fresh as the mount allows; None: not there."""
        ...

    def cloud_sizes(self, paths: Sequence[str]) -> dict[str, int | None]:
        """Return sizes on the cloud branch, as fresh as the mount allows; None: not there."""
        ...

    def all_absent(self, paths: Sequence[str]) -> bool:
        """Return whether no path is on the cloud branch, the library being alive all the while."""
        ...

    def local_stat(self, path: str) -> FileStat | None:
        """Return the file on the local branch, None when there is no such file or no such branch."""
        ...

    def local_path(self, path: str) -> str:
        """Return the absolute path of a file on the local branch."""
        ...

    def sidecars(self, path: str) -> Sequence[str]:
        """Return the files beside a local one that share its stem and are no media."""
        ...

    def unlink_local(self, path: str, was: FileStat) -> bool:
        """Unlink a local file if it still is what it was; return whether it did."""
        ...


class AppLink(msgspec.Struct, frozen=True):
    """A configured arr: its name in the config, what is known of its kind, and the way to talk to it."""

    name: str
    kind: ArrKind
    arr: Arr


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """One library of this node. `app` names its arr, "" when only media servers look at it.

    `root` is its root folder as the arr sees it, `remote` where uploads go ("" when nothing is
    uploaded), `scan_roots` its root as each scanner sees it (scanners that do not see it are absent).
    """

    name: str
    storage: LibraryStorage
    policy: Policy
    app: str = ""
    root: str = ""
    remote: str = ""
    keep_local: bool = False
    profile: str = ""
    scan_roots: Mapping[str, str] = {}
