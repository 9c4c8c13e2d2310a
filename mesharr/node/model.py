"""This node, the nodes it trusts, its apps and its libraries, as the stages know them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.arr.model import ArrItem
from mesharr.core.planning.actions import Policy
from mesharr.disk.child import FileStat
from mesharr.log.signature import Verify
from mesharr.state.state import State

HANDED_MS = 60_000
"""How old a list may be that is not read again: a pass over many items takes as long."""
HANDED_UNITS = 5_000
"""How many units the items of such a list have at most: a longer one would only fill the memory."""


class Me(msgspec.Struct, frozen=True):
    """The identity of this node."""

    node: str
    """Its label, such as `alice-4b1e0f77`."""
    name: str
    """Its name, such as `alice`."""
    mesh: str
    """The id of the mesh it belongs to."""


class Trusted(msgspec.Struct, frozen=True):
    """A node whose events are read."""

    node: str
    """Its label, such as `alice-4b1e0f77`."""
    name: str
    """Its name, such as `alice`."""
    key: bytes
    """Its public key."""
    verify: Verify
    """Checks a signature against that key."""
    frozen: bool = False
    """Whether it was trusted once: what was applied stays, nothing more of it is read."""


PeerList = Callable[[], dict[str, Trusted]]
"""Returns the trusted nodes by label, as peers.yml holds them at the time of the call."""


class LocalFiles(Protocol):
    """The local branch of one library: the disk that new files are on until they are uploaded."""

    def files(self) -> list[tuple[str, int, int]]:
        """Return every file with its size and mtime (ns); a link has those of the link itself."""
        ...

    def unreadable(self) -> list[str]:
        """Return the paths whose names are no UTF-8, with U+FFFD for what is no text."""
        ...

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return the paths at which there is no file."""
        ...

    def link_target(self, path: str) -> str:
        """Return where a link leads a path out of the branch, "" when none does."""
        ...

    def is_open_elsewhere(self, path: str) -> bool:
        """Return whether another program has a file open, as far as the system tells."""
        ...

    def move(self, path: str, to: str) -> None:
        """Give a file another path on this branch."""
        ...

    def drop_empty_folders(self, path: str) -> None:
        """Remove the folder of a file, and those above it, as far as they are empty."""
        ...


class LibraryStorage(Protocol):
    """The files of one library, as this node sees them. Paths are relative to the library.

    Every method raises `Unavailable` when the mount does not answer.
    """

    @property
    def local(self) -> LocalFiles:
        """The local branch."""
        ...

    def check_available(self) -> None:
        """Return when the library is mounted and is the right one; raise `Unavailable` with why not."""
        ...

    def check_anchor(self, content: bytes) -> None:
        """Return when the bytes are this library's anchor; raise `Unavailable` or `Refused` if not."""
        ...

    def remote_shown(self) -> str:
        """Return what the cloud branch shows as rclone names it, "" where that is not known."""
        ...

    def sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return sizes on the merged view; None: not there.

        With `fresh` the mount reads its folders again first, where it can be asked to.
        """
        ...

    def cloud_sizes(self, paths: Sequence[str], *, fresh: bool = True) -> dict[str, int | None]:
        """Return `sizes` on the cloud branch."""
        ...

    def refresh_most(self, folders: int) -> bool:
        """Have the mount list the whole library again if so many folders are most of it.

        Return whether it did: what is asked for then needs no `fresh`.
        """
        ...

    def sizes_on_drive(self, paths: Sequence[str]) -> dict[str, int | None]:
        """Return the sizes that both mount and drive say now; None when either does not have it so.

        Each folder is listed once.
        """
        ...

    def gone(self, files: Mapping[str, int | None]) -> frozenset[str]:
        """Return the files that are neither `still_on_drive` nor on the way there, in the union."""
        ...

    def still_on_drive(self, files: Mapping[str, int | None]) -> dict[str, dict[str, int | None]]:
        """Return by path where the drive has each of these files, with its size; none that is gone.

        `files` are their sizes, None: any. That is at its path, or in another spelling of it with its size;
        the library is available all the while.
        """
        ...

    def local_stat(self, path: str) -> FileStat | None:
        """Return the file on the local branch, None when there is no such file or no such branch."""
        ...

    def only_local(self, sizes: Mapping[str, int]) -> list[str]:
        """Return the paths (with their sizes) that the local branch has and the cloud branch lacks."""
        ...

    def cloud_names(self, folder: str) -> Sequence[str]:
        """Return the names that the mount lists in a folder of the cloud branch; none without it."""
        ...

    def names(self, folder: str) -> Sequence[str]:
        """Return the names in a folder of the merged view; none without it."""
        ...

    def linked_to(self, path: str) -> str:
        """Return where a link leads a path out of the library, "" when none does."""
        ...

    def local_path(self, path: str) -> str:
        """Return the absolute path of a file on the local branch."""
        ...

    def sidecars(self, path: str) -> Sequence[str]:
        """Return the files beside a local one that share its stem and are no media."""
        ...

    def unlink_local(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        """Unlink a local file if it still is what it was; return whether it did.

        Unless `even_open`, raise `Busy` while another program has it open.
        """
        ...


class StorageReads:
    """The calls that only read a storage: the base of storages that watch or record."""

    def __init__(self, storage: LibraryStorage) -> None:
        self.check_anchor = storage.check_anchor
        self.remote_shown = storage.remote_shown
        self.sizes = storage.sizes
        self.cloud_sizes = storage.cloud_sizes
        self.refresh_most = storage.refresh_most
        self.sizes_on_drive = storage.sizes_on_drive
        self.gone = storage.gone
        self.still_on_drive = storage.still_on_drive
        self.local_stat = storage.local_stat
        self.only_local = storage.only_local
        self.names = storage.names
        self.local_path = storage.local_path
        self.linked_to = storage.linked_to
        self.sidecars = storage.sidecars
        self.cloud_names = storage.cloud_names


class RecentList(msgspec.Struct, frozen=True):
    """All that an app listed at a time."""

    at: int
    """When it was asked (ms)."""
    arr_items: Sequence[ArrItem]


class HandedList:
    """The list of an app that its first day read, kept for the visits that follow at once."""

    def __init__(self) -> None:
        self._kept: RecentList | None = None

    def passing(self, at: int, listed: Iterable[ArrItem]) -> Iterator[ArrItem]:
        """Yield what an app lists that was asked `at` a time (ms), and keep it unless it is long."""
        kept, room = list[ArrItem](), HANDED_UNITS
        for each in listed:
            room -= max(1, len(each.monitored))
            if room >= 0:
                kept.append(each)
            else:
                kept.clear()
            yield each
        self._kept = RecentList(at, kept) if room >= 0 else None

    def take(self, now: int) -> RecentList | None:
        """Return the list and keep it no more; None when there is none, or an old one."""
        kept, self._kept = self._kept, None
        return kept if kept and 0 <= now - kept.at < HANDED_MS else None

    def drop(self) -> None:
        """Keep no list: something is about to be changed that it would not show."""
        self._kept = None


class AppLink(msgspec.Struct, frozen=True):
    """A configured app (Radarr, Sonarr, ...)."""

    name: str
    """Its name in mesharr.yml."""
    kind: ArrKind
    """What is known of its kind without a request."""
    arr: Arr
    """Its API."""
    handed: HandedList = msgspec.field(default_factory=HandedList)
    """What the first day has just read of it."""


class AppRoot(msgspec.Struct):
    """What was seen of a root folder in its app since this process started."""

    spelled: str = ""
    """How the app spells it, "" when that is not known."""


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """One library of this node."""

    name: str
    """Its name in mesharr.yml, the same on every node."""
    storage: LibraryStorage
    """Its files."""
    policy: Policy
    """What is done here when a peer does something."""
    app: str = ""
    """The name of its app, "" when only media servers scan it."""
    app_title: str = ""
    """What users call its app: Radarr."""
    root: str = ""
    """Its root folder, as the app sees it and the config spells it."""
    app_root: AppRoot = msgspec.field(default_factory=AppRoot)
    """The same folder as the app spells it."""
    remote: str = ""
    """Where uploads go, as rclone writes it; "" when nothing is uploaded."""
    keep_local: bool = False
    """Whether the local file stays after its upload."""
    profile: str = ""
    """The quality profile of added items whose own profile is unknown to the app."""
    imports_files: bool = False
    """Whether its app registers files by ids."""
    scan_roots: Mapping[str, str] = {}
    """Its root folder as each scanner sees it, by the scanner's name, without the scanners that do not."""
    trash_of: tuple[str, ...] = ()
    """The scanners whose trash is emptied after files of it were removed."""

    def naming_app(self, text: str) -> str:
        """Return a text about "the app" with its name: what is pure does not know which app it is."""
        return text.replace("the app", self.app_title) if self.app_title else text


class LocalNode(msgspec.Struct, frozen=True):
    """This node with all that is its own: what most stages work on."""

    me: Me
    libraries: Mapping[str, Library]
    """By their names."""
    apps: Mapping[str, AppLink]
    """By their names."""
    state: State
    """What it keeps."""


def libraries_of(libraries: Mapping[str, Library], app: str) -> tuple[Library, ...]:
    """Return the libraries kept by an app."""
    return tuple(library for library in libraries.values() if library.app == app)
