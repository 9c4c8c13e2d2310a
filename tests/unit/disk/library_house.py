"""The folders of one library on a plain disk, with the mounts as text."""

import os
from collections.abc import Mapping
from pathlib import Path

from mesharr.core.errors import Rejected
from mesharr.disk.child import LocalDisk
from mesharr.disk.library import ANCHOR, LibraryDisk, LibraryPaths

ANCHOR_CONTENT = b'{"mesh":"0011223344556677","library":"movies"}\n'
ROOT_ONLY = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


def check_anchor(content: bytes) -> None:
    if content != ANCHOR_CONTENT:
        raise Rejected("the anchor is another library's", "correct `cloud`")


class Rc:
    """A remote control; `appears` is what its next refresh of a folder makes visible.

    `drive` is what the drive itself lists, with sizes; None: what the mount shows.
    """

    def __init__(self) -> None:
        self.drive: dict[str, int] | None = None
        self.refreshed: list[str] = []
        self.appears: dict[str, Path] = {}

    def refresh(self, folder: str) -> bool:
        self.refreshed.append(folder)
        if folder in self.appears:
            self.appears.pop(folder).write_bytes(ANCHOR_CONTENT)
        return True

    def refresh_most(self, folders: int) -> bool:
        return folders > 1

    def listed(self, sizes: Mapping[str, int]) -> frozenset[str]:
        drive = sizes if self.drive is None else self.drive
        return frozenset(path for path, size in sizes.items() if drive.get(path) == size)


class House:
    """The folders of one library and what mountinfo says about them."""

    def __init__(self, root: Path) -> None:
        self.cloud, self.local, self.merged = root / "cloud", root / "local", root / "merged"
        for folder in (self.cloud, self.local, self.merged):
            folder.mkdir()
        (self.cloud / ANCHOR).write_bytes(ANCHOR_CONTENT)
        self.mountinfo = ROOT_ONLY

    def mounted(self, fstype: str = "fuse.rclone") -> str:
        return f"{ROOT_ONLY}97 22 0:45 / {os.path.realpath(self.cloud)} rw - {fstype} gdrive: rw\n"

    def mounted_above(self) -> str:
        """Return the mounts while another one is at the parent folder of the cloud branch."""
        parent = os.path.dirname(os.path.realpath(self.cloud))
        return f"{ROOT_ONLY}97 22 0:45 / {parent} rw - nfs4 host:/ rw\n"

    def disk(self, *, rc: Rc | None = None, local: bool = True) -> LibraryDisk:
        places = LibraryPaths(str(self.merged), str(self.cloud), str(self.local) if local else "")
        return LibraryDisk("movies", places, LocalDisk(), check_anchor, lambda: self.mountinfo, rc)
