"""The remote control of the mount that a folder lies on, wherever that is at the moment."""

from typing import Final

import httpx

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.mounts import in_mount, mount_of, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl, VfsRefresh


class MountRc:
    """Where the folder lies is asked each time: a mount may come after the start.

    With `beside`, the remote control is one of the mount that this other path lies on.
    """

    def __init__(self, client: httpx.Client, root: str, disk: Disk, beside: str = "") -> None:
        self._client: Final = client
        self._root: Final = root
        self._disk: Final = disk
        self._beside: Final = beside

    def refresh(self, folder: str) -> bool:
        """Have the mount read a folder below the root again; True when it is another mount's."""
        within = self._within()
        return within is None or VfsRefresh(self._client, within).refresh(folder)

    def stored(self, name: str, size: int) -> bool:
        """Return whether the drive itself shows a file of this size in the root.

        False also when it cannot be asked.
        """
        within = self._within()
        control = RemoteControl(self._client)
        try:
            mounts = control.mounts() if within is not None else []
            found = [control.stat(vfs, f"{within}/{name}".lstrip("/")) for vfs in mounts]
        except Unavailable:
            return False
        return [each is not None and each.size == size for each in found] == [True]

    def _within(self) -> str | None:
        """Return the path of the root inside its mount, None when that is not the one of `beside`."""
        mounts = read_mountinfo()
        root = self._disk.realpath(self._root)
        if self._beside:
            other = self._disk.realpath(self._beside)
            if mount_of(root, mounts).point != mount_of(other, mounts).point:
                return None
        return in_mount(root, mounts)
