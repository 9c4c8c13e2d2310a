"""Find the mount of a path in `/proc/self/mountinfo`, without touching any mount."""

import contextlib
import os
import posixpath
import re
import select
import time
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Literal, Protocol

import msgspec

from mesharr.core.errors import Refused, Unavailable

Kind = Literal["rclone", "mergerfs", "other"]

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "glusterfs", "afs"})
_OCTAL = re.compile(r"\\([0-7]{3})")
MOUNTINFO_S = 1.0
"""So long the list of mounts is believed though the kernel says nothing of a change."""
# the folder in which the usual set-ups mount their cloud drives
_CLOUD_MOUNTS = "/mnt/remote/"


class Mount(msgspec.Struct, frozen=True):
    """One line of mountinfo."""

    point: str
    """The folder it is mounted on."""
    fstype: str
    source: str
    """What is mounted: a device, or rclone's `remote:path`."""
    options: tuple[str, ...]
    """The options of the mount and of its file system."""
    root: str = "/"
    """The folder of the file system that appears at the point; not "/" for a bind mount of a part."""
    id: str = ""
    """The kernel's number, which differs from that of an earlier mount on the same point."""
    propagates: bool = False
    """Whether mounts made later below its original appear below it too (rslave, rshared)."""


class MountControl(Protocol):
    """The remote control of a library's mount. See `mesharr.disk.mount_rc.MountRc`."""

    def refresh(self, folder: str) -> bool:
        """Read the folder again; return False when the remote has no such folder."""
        ...

    def refresh_most(self, folders: int) -> bool:
        """Read all of the library again if so many folders are most of it; return whether it was."""
        ...

    def listed(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """Return which files the drive itself lists with these sizes; all where it is not asked."""
        ...


class MountTable:
    """The kernel's list of mounts, read again when the kernel says that it changed.

    Where a kernel says so of nothing, such as that of a sandbox, it is read again after `MOUNTINFO_S`.
    """

    def __init__(self, file: str) -> None:
        """Open nothing yet."""
        self._file = file
        self._lock = Lock()
        self._process = 0
        self._open = -1
        self._changed = select.poll()
        self._text = ""
        self._read_at = 0.0

    def read(self) -> str:
        """Return the list as text. Raises `OSError`."""
        with self._lock:
            if self._process != os.getpid():
                self._reopen()
            now = time.monotonic()
            # asked before it is read: a mount made in between is said the next time
            if self._changed.poll(0) or not self._text or now - self._read_at >= MOUNTINFO_S:
                self._text = self._read()
                self._read_at = now
            return self._text

    def _reopen(self) -> None:
        """Open the list of this process: one that was forked may have mounts of its own."""
        if self._open >= 0:
            with contextlib.suppress(OSError):
                os.close(self._open)
        self._open, self._text = -1, ""
        self._open = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        self._changed = select.poll()
        self._changed.register(self._open, select.POLLPRI)  # POLLERR comes with it
        self._process = os.getpid()

    def _read(self) -> str:
        os.lseek(self._open, 0, os.SEEK_SET)
        parts = []
        while part := os.read(self._open, 1 << 16):
            parts.append(part)
        return b"".join(parts).decode(errors="surrogateescape")


_TABLES: dict[str, MountTable] = {}


def read_mountinfo(file: str = "/proc/self/mountinfo") -> str:
    """Return the kernel's list of mounts as text, "" on a system without one (not Linux)."""
    try:
        return _TABLES.setdefault(file, MountTable(file)).read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unavailable(f"cannot read {file}: {error.strerror}") from error


# Read before each use of a library and seldom changed: the same text has the same mounts.
@lru_cache(maxsize=2)
def parse(mountinfo: str) -> tuple[Mount, ...]:
    """Return every mount in the order of the text; lines of another form are left out."""
    return tuple(mount for line in mountinfo.splitlines() if (mount := _mount(line)) is not None)


def _mount(line: str) -> Mount | None:
    fields = line.split(" ")
    # the optional fields before the lone dash differ in number
    if len(fields) < 10 or "-" not in fields[6:]:
        return None
    dash = fields.index("-", 6)
    if len(fields) < dash + 4:
        return None
    return Mount(
        _unescaped(fields[4]),
        fields[dash + 1],
        _unescaped(fields[dash + 2]),
        (*fields[5].split(","), *fields[dash + 3].split(",")),
        _unescaped(fields[3]),
        fields[0],
        any(field.startswith(("master:", "shared:")) for field in fields[6:dash]),
    )


def _unescaped(field: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)


@lru_cache(maxsize=32)
def mount_of(path: str, mountinfo: str) -> Mount:
    """Return the mount of an absolute path, links resolved.

    It is the one with the longest prefix, of equal ones the newest.

    With an empty `mountinfo` every path is on an unknown `/`.
    """
    clean = posixpath.normpath(path)
    best = Mount("/", "unknown", "", ())
    for mount in parse(mountinfo):
        if _contains(mount.point, clean) and len(mount.point) >= len(best.point):
            best = mount
    return best


def propagates_mounts(path: str, mountinfo: str) -> bool:
    """Return whether a mount made at a path outside of this container would appear inside.

    It does below a folder that is bound with rslave (or rshared). The present mount at the path does not
    count: the folder above has to propagate the one that replaces it.
    """
    above = [
        mount
        for mount in parse(mountinfo)
        if _contains(mount.point, posixpath.normpath(path)) and not is_remote(mount)
    ]
    best = max(above, key=lambda mount: len(mount.point), default=None)
    return best is not None and best.point != "/" and best.propagates


def _contains(point: str, path: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def kind_of(mount: Mount) -> Kind:
    """Return the program that serves the mount."""
    match mount.fstype:
        case "fuse.rclone":
            return "rclone"
        case "fuse.mergerfs":
            return "mergerfs"
        case _:
            return "other"


def is_remote(mount: Mount) -> bool:
    """Return whether the mount can vanish and leave a plain folder behind."""
    return mount.fstype.startswith("fuse.") or is_network(mount)


def is_network(mount: Mount) -> bool:
    """Return whether its files are those of another machine, such as a NAS."""
    return mount.fstype in _NETWORK


def in_mount(path: str, mountinfo: str) -> str:
    """Return a path relative to the root of its file system, "" for that root itself.

    The mount's remote control knows the path by that name, also when only a part of the mount is bound here.
    """
    mount = mount_of(path, mountinfo)
    return below_root(path, mount) if is_remote(mount) else _below(path, mount.point)


def below_root(path: str, mount: Mount) -> str:
    """Return an absolute path on this mount relative to the root of its file system."""
    return "/".join(part for part in (mount.root.strip("/"), _below(path, mount.point)) if part)


def _below(path: str, point: str) -> str:
    relative = posixpath.relpath(posixpath.normpath(path), point)
    return "" if relative == "." else relative


def remote_at(path: str, mount: Mount) -> str:
    """Return a path on an rclone mount as rclone names it, "" on any other mount."""
    remote = re.sub(r"{[^}]*}", "", mount.source)  # where flags change a remote, rclone adds a {hash}
    if kind_of(mount) != "rclone" or not re.match(r"[^:,=/]+:", remote):
        return ""  # a remote without a name (`:sftp,pass=…:`) may have a password in it
    below = below_root(path, mount)
    return remote + ("/" if below and not remote.endswith((":", "/")) else "") + below


def mount_text(mount: Mount) -> str:
    """Return type and point of a mount as text to be stored.

    With it `check_mount` notices later that the mount is missing.

    "" for a mount that cannot vanish and leave a plain folder behind.
    """
    return f"{mount.fstype} {mount.point}" if is_remote(mount) else ""


def point_of(text: str) -> str:
    """Return the point of a mount of which `mount_text` was kept, "" for none."""
    return text.partition(" ")[2]


def check_mount(path: str, mount: Mount, known: str) -> None:
    """Return unless the mount that a path was on before is missing; `known` is its `mount_text`.

    Raises `Unavailable` when it is missing: the path then leads to the folder below its mount point.
    """
    fstype, _, point = known.partition(" ")
    if not point:
        return
    now = mount.point if is_remote(mount) else ""
    if _contains(point, path) and len(now) < len(point):
        raise Unavailable(
            f"nothing is mounted at {point}, where {fstype} was",
            "start that mount; a plain folder in its place has to have another path",
        )


def check_store_path(path: str, mountinfo: str) -> Literal["mount", "directory"]:
    """Return the kind of store that fits an absolute path, links resolved.

    In a `mount` files are written under their final names only; a `directory` (local disk, NFS) can link.
    Raises `Refused` for a path on a mergerfs union, whose new files stay on the local branch, and for one
    that should be on a mount and is not: a folder of `/mnt/remote`.
    """
    mount = mount_of(path, mountinfo)
    if kind_of(mount) == "mergerfs":
        raise Refused(
            f"{path} is on the mergerfs union {mount.point}: what is written there stays on the local branch",
            "set store.path to the cloud branch itself, e.g. /mnt/remote/<name>/.mesharr",
        )
    if not is_remote(mount) and is_unmounted_cloud_folder(path, mount):
        raise Refused(
            f"{path} should be on a mount, but only the disk of {mount.point} ({mount.fstype}) is there",
            "start the rclone mount (in a container, also bind its parent folder with rslave), "
            "and keep the folder it is mounted on empty",
        )
    return "mount" if mount.fstype.startswith("fuse.") else "directory"


def is_unmounted_cloud_folder(path: str, mount: Mount) -> bool:
    """Return whether a path is in the usual place of cloud mounts, and none is there."""
    return posixpath.normpath(path).startswith(_CLOUD_MOUNTS) and not _contains(
        _CLOUD_MOUNTS.rstrip("/"), mount.point
    )
