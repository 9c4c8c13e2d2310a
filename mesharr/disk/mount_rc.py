"""Use the remote control of the rclone mount that a folder is on at the moment."""

from collections.abc import Mapping
from typing import Final

import httpx

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.mounts import in_mount, mount_of, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl, VfsRefresh

MANY: Final = 20
"""From how many folders on a listing of all that is below the root may be worth it."""


class MountRc:
    """The remote control of one folder's mount.

    The mount is found at each call, as it may come and go.
    """

    def __init__(self, client: httpx.Client, root: str, disk: Disk, beside: str = "") -> None:
        """Take the folder `root`.

        With `beside`, the remote control is that of this other path's mount.
        """
        self._client: Final = client
        self._root: Final = root
        self._disk: Final = disk
        self._beside: Final = beside

    def refresh(self, folder: str) -> bool:
        """Refresh a folder below the root; return whether it exists, or is on another mount."""
        within = self._within()
        return within is None or VfsRefresh(self._client, within).refresh(folder)

    def refresh_most(self, folders: int) -> bool:
        """Read all below the root again if so many folders are most of it; return whether it was.

        One such listing takes a drive that lists recursively few requests, and rclone makes several at a time
        of any other, where a refresh of each folder is one request after the other.
        """
        within = self._within()
        if within is None:
            return False
        if folders < MANY or 2 * folders < len(self._disk.listdir(self._root)):
            return False
        return VfsRefresh(self._client, within).refresh("", below=True)

    def listed(self, sizes: Mapping[str, int]) -> frozenset[str]:
        """Return which files the drive lists with their sizes; all of them on another mount."""
        within = self._within()
        return frozenset(sizes) if within is None else VfsRefresh(self._client, within).listed(sizes)

    def stored(self, name: str, size: int) -> bool:
        """Return whether the drive itself lists a file of this size (bytes) in the root.

        False also when the remote control does not answer.
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
        """Return the path of the root inside its mount, None when `beside` is on another mount."""
        mounts = read_mountinfo()
        root = self._disk.realpath(self._root)
        if self._beside:
            other = self._disk.realpath(self._beside)
            if mount_of(root, mounts).point != mount_of(other, mounts).point:
                return None
        return in_mount(root, mounts)
