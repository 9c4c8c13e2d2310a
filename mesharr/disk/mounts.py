"""What is mounted where, from the text of `/proc/self/mountinfo`; nothing here touches a mount."""

import posixpath
import re
from pathlib import Path
from typing import Literal

import msgspec

from mesharr.core.errors import Refused, Unavailable

Kind = Literal["rclone", "mergerfs", "other"]

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "glusterfs", "afs"})
_OCTAL = re.compile(r"\\([0-7]{3})")
# where the usual set-ups mount their cloud drives, one folder each
_CLOUD_PLACE = "/mnt/remote/"


class Mount(msgspec.Struct, frozen=True):
    """One line of mountinfo: where, of which type, from what, with which options.

    `root` is the folder of the file system that is seen at the point: not "/" where a part of a mount
    is bound elsewhere, as containers do. `id` tells a mount from the one that was there before it.
    `propagates`: what is mounted below its original appears below it too.
    """

    point: str
    fstype: str
    source: str
    options: tuple[str, ...]
    root: str = "/"
    id: str = ""
    propagates: bool = False


def read_mountinfo(file: str = "/proc/self/mountinfo") -> str:
    """Return the kernel's list of mounts, "" where the system keeps none (it is no Linux)."""
    try:
        return Path(file).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unavailable(f"cannot read {file}: {error.strerror}") from error


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
        _plain(fields[4]),
        fields[dash + 1],
        _plain(fields[dash + 2]),
        (*fields[5].split(","), *fields[dash + 3].split(",")),
        _plain(fields[3]),
        fields[0],
        any(field.startswith(("master:", "shared:")) for field in fields[6:dash]),
    )


def _plain(field: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)


def mount_of(path: str, mountinfo: str) -> Mount:
    """Return the mount an absolute path (links resolved) lies on: the longest prefix, the newest of equals.

    With no mountinfo at all everything lies on an unknown `/`.
    """
    clean = posixpath.normpath(path)
    best = Mount("/", "unknown", "", ())
    for mount in parse(mountinfo):
        if _holds(mount.point, clean) and len(mount.point) >= len(best.point):
            best = mount
    return best


def propagates_mounts(path: str, mountinfo: str) -> bool:
    """Return whether a mount that is made at a path from outside of this container would be seen in it.

    That is so below a folder that is bound with rslave (or rshared). What is mounted at the path now
    does not count: it is the folder above that has to pass on what comes in its place.
    """
    above = [
        mount
        for mount in parse(mountinfo)
        if _holds(mount.point, posixpath.normpath(path)) and not is_remote(mount)
    ]
    best = max(above, key=lambda mount: len(mount.point), default=None)
    return best is not None and best.point != "/" and best.propagates


def _holds(point: str, path: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def kind_of(mount: Mount) -> Kind:
    """Return which of the programs that matter here made the mount."""
    match mount.fstype:
        case "fuse.rclone":
            return "rclone"
        case "fuse.mergerfs":
            return "mergerfs"
        case _:
            return "other"


def is_remote(mount: Mount) -> bool:
    """Return whether the mount is something that can vanish and leave a plain directory behind."""
    return mount.fstype.startswith("fuse.") or mount.fstype in _NETWORK


def in_mount(path: str, mountinfo: str) -> str:
    """Return a path relative to the root of the file system it lies on, "" for that root itself.

    That is what a mount's remote control calls it, also where only a part of the mount is bound here.
    """
    mount = mount_of(path, mountinfo)
    return below_root(path, mount) if is_remote(mount) else _below(path, mount.point)


def below_root(path: str, mount: Mount) -> str:
    """Return an absolute path that lies on this mount relative to the root of its file system."""
    return "/".join(part for part in (mount.root.strip("/"), _below(path, mount.point)) if part)


def _below(path: str, point: str) -> str:
    relative = posixpath.relpath(posixpath.normpath(path), point)
    return "" if relative == "." else relative


def mount_text(mount: Mount) -> str:
    """Return a mount as it is remembered, so that its absence can be told later: its type and its point.

    "" for what cannot vanish and leave a plain folder behind.
    """
    return f"{mount.fstype} {mount.point}" if is_remote(mount) else ""


def check_mount(path: str, mount: Mount, known: str) -> None:
    """Return when what a path lies on now may be what it lay on before (`known`, see `mount_text`).

    Raises `Unavailable` when that was a mount and is not there now: what is seen in its place is the
    folder below it.
    """
    fstype, _, point = known.partition(" ")
    if not point:
        return
    now = mount.point if is_remote(mount) else ""
    if _holds(point, path) and len(now) < len(point):
        raise Unavailable(
            f"nothing is mounted at {point}, where {fstype} was",
            f"start that mount (if {path} is to be a plain folder from now on, use another path for it)",
        )


def check_store_path(
    path: str, mountinfo: str, *, expect_mount: bool = False
) -> Literal["mount", "directory"]:
    """Return the kind of store that fits an absolute path, links resolved.

    A `mount` takes files under their final names only; a `directory` (local disk, NFS) also links.
    Raises `Refused` for a path on a mergerfs union, whose new files stay on the local branch, and for
    one that should be on a mount and is not (`expect_mount`, or a folder of `/mnt/remote`).
    """
    mount = mount_of(path, mountinfo)
    if kind_of(mount) == "mergerfs":
        raise Refused(
            f"{path} is on the mergerfs union {mount.point}: what is written there stays on the local branch",
            "set store.path to the cloud branch itself, e.g. /mnt/remote/<name>/.mesharr",
        )
    if not is_remote(mount) and (expect_mount or _is_bare_cloud_place(path, mount)):
        raise Refused(
            f"{path} should be on a mount, but only the disk of {mount.point} ({mount.fstype}) is there",
            "start the rclone mount (in a container, also bind its parent folder with rslave), "
            "and keep the folder it is mounted on empty",
        )
    return "mount" if mount.fstype.startswith("fuse.") else "directory"


def _is_bare_cloud_place(path: str, mount: Mount) -> bool:
    return posixpath.normpath(path).startswith(_CLOUD_PLACE) and not _holds(
        _CLOUD_PLACE.rstrip("/"), mount.point
    )
