"""Find the program that serves a FUSE mount, if it sees the same mounts as this process."""

import os

from mesharr.disk.mounts import Mount, parse


def is_served_here(mount: Mount) -> bool:
    """Return whether a program that sees the same mounts as this process serves a mount.

    Such a program (rclone, mergerfs) was started in the same container, so what it mounts anew shows up here;
    whether the host's mounts do is another question. It names the mount point in its command line, and the
    kernel's number of a mount is in no other mount namespace.
    """
    if not mount.fstype.startswith("fuse.") or not mount.id:
        return False
    return any(
        _names(f"/proc/{pid}/cmdline", mount.point) and _sees(f"/proc/{pid}/mountinfo", mount)
        for pid in os.listdir("/proc")
        if pid.isdecimal() and int(pid) != os.getpid()
    )


def _names(file: str, point: str) -> bool:
    arguments = _read(file).split("\0")
    program = os.path.basename(arguments[0])
    serves = "rclone" in program or "mergerfs" in program or "fuse" in program or "mount" in program
    return serves and any(argument.rstrip("/") == point for argument in arguments[1:])


def _sees(file: str, mount: Mount) -> bool:
    return any((each.id, each.point) == (mount.id, mount.point) for each in parse(_read(file)))


def _read(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            return opened.read()
    except OSError:  # it ended meanwhile, or is another user's
        return ""
