"""What the store's path lies on, from the list of mounts, and the store that fits it."""

from collections.abc import Callable
from typing import Final

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.mounts import (
    Mount,
    below_root,
    check_mount,
    check_store_path,
    is_remote,
    mount_of,
    mount_text,
    read_mountinfo,
)
from mesharr.disk.rclone_rc import RemoteControl
from mesharr.log.store.folder import DirectoryStore, MountStore, Store
from mesharr.log.store.guarded import StoreMount
from mesharr.log.store.rc import RcStore, ignore


def _forgotten() -> str:
    return ""


class StoreMemory(msgspec.Struct, frozen=True):
    """What a node keeps of its store over its processes: what it lay on when it was alive.

    `report` takes what the remote control or the mount lacks, "" when all is well.
    """

    recall: Callable[[], str] = _forgotten
    keep: Callable[[str], None] = ignore
    report: Callable[[str], None] = ignore


def no_probe(mount: Mount) -> str:
    """Find nothing to say of a mount."""
    del mount
    return ""


class PathMounts:
    """What one path lies on. It is remembered where the store was a mount: with that gone it is unavailable,
    and nothing is made in the folder that is seen in its place.
    """

    def __init__(
        self,
        root: str,
        disk: Disk,
        memory: StoreMemory,
        control: RemoteControl | None = None,
        probe: Callable[[Mount], str] = no_probe,
        mounts: Callable[[], str] = read_mountinfo,
    ) -> None:
        """With a remote control the path has to lie on a mount. `probe` says what a mount lacks that has
        none (`Refused` when no peer would be heard through it). `mounts` returns the text of mountinfo.
        """
        self._root: Final = root
        self._disk: Final = disk
        self._memory: Final = memory
        self._control: Final = control
        self._report: Final = memory.report
        self._mounts: Final = mounts
        self._probe: Final = probe
        self._real = ""

    def now(self) -> StoreMount:
        """Return what the path lies on; see `Grounds`."""
        self._real = self._disk.realpath(self._root)
        mountinfo = self._mounts()
        mount = mount_of(self._real, mountinfo)
        check_mount(self._real, mount, self._known())
        kind = check_store_path(self._real, mountinfo)
        if self._control is not None and not is_remote(mount):
            raise Unavailable(
                f"nothing is mounted at {self._root}: it lies on the disk of {mount.point} ({mount.fstype})",
                "start the mount whose remote control store.rc is, or leave store.rc out",
            )
        return StoreMount(kind, _mark(self._real, mount), mount_text(mount), "ro" in mount.options)

    def same(self, mount: StoreMount) -> bool:
        """Return whether the path still lies there."""
        return _mark(self._real, mount_of(self._real, self._mounts())) == mount.mark

    def open(self, mount: StoreMount) -> Store:
        """Return the store that fits; see `Grounds`."""
        if mount.kind == "directory":
            self._report("")
            return DirectoryStore(self._root, self._disk)
        under = mount_of(self._real, self._mounts())
        if self._control is None:
            self._report(self._probe(under))
            return MountStore(self._root, self._disk)
        prefix = below_root(self._real, under)
        return RcStore(
            self._root, self._disk, self._control, prefix, source=_source(under), report=self._report
        )

    def remember(self, mount: StoreMount) -> None:
        """Remember a mount."""
        said = f"{self._root}\n{mount.text}"
        if mount.text and self._memory.recall() != said:
            self._memory.keep(said)

    def _known(self) -> str:
        root, _, text = self._memory.recall().partition("\n")
        return text if root == self._root else ""


def _mark(real: str, mount: Mount) -> str:
    return "\n".join((real, mount.id, mount.point, mount.fstype, mount.source, ",".join(mount.options)))


def _source(mount: Mount) -> str:
    """Return what the mount shows as rclone writes it: without a slash at the end."""
    return mount.source.rstrip("/")
