"""Find the mount of the store's path in the list of mounts, and open the store that fits it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

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
from mesharr.log.store.folder import DirectoryStore, MountStore, Store, ignore
from mesharr.log.store.guarded import StoreMount

if TYPE_CHECKING:
    from mesharr.disk.rclone_rc import RemoteControl


def _nothing_stored() -> str:
    return ""


class StoreMemory(msgspec.Struct, frozen=True):
    """What a node stores of its store between its processes, and how it reports a problem."""

    recall: Callable[[], str] = _nothing_stored
    """Returns the text that `keep` stored, "" when there is none."""
    keep: Callable[[str], None] = ignore
    """Stores the path and the mount on which the store was available."""
    report: Callable[[str], None] = ignore
    """Takes the problem of the remote control or the mount, "" when there is none any more."""


def no_probe(mount: Mount) -> str:
    """Find no problem with a mount."""
    del mount
    return ""


class PathMounts:
    """The mount of one path: a `StoreMounts`.

    The mount on which the store was available is stored. While that mount is missing the store is
    unavailable, and nothing is created in the folder below its mount point.
    """

    def __init__(
        self,
        root: str,
        disk: Disk,
        memory: StoreMemory,
        control: "RemoteControl | None" = None,
        probe: Callable[[Mount], str] = no_probe,
        mounts: Callable[[], str] = read_mountinfo,
    ) -> None:
        """Take the path and the ways to examine its mount.

        With a remote control, the path has to be on a mount. `probe` returns the problem of a mount without
        one, "" when there is none; it raises `Refused` when the mount would never list a peer's file.
        `mounts` returns the text of mountinfo.
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
        """Return the present mount: `StoreMounts.now`."""
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
        """Return whether the path is still on that mount: `StoreMounts.same`."""
        return _mark(self._real, mount_of(self._real, self._mounts())) == mount.mark

    def open(self, mount: StoreMount) -> Store:
        """Return the store that fits: `StoreMounts.open`."""
        if mount.kind == "directory":
            self._report("")
            return DirectoryStore(self._root, self._disk)
        under = mount_of(self._real, self._mounts())
        if self._control is None:
            self._report(self._probe(under))
            return MountStore(self._root, self._disk)
        from mesharr.log.store.rc import RcStore  # noqa: PLC0415 - httpx, where a remote control is set

        prefix = below_root(self._real, under)
        return RcStore(
            self._root, self._disk, self._control, prefix, source=_source(under), report=self._report
        )

    def remember(self, mount: StoreMount) -> None:
        """Store the mount, unless it is a local disk: `StoreMounts.remember`."""
        text = f"{self._root}\n{mount.text}"
        if mount.text and self._memory.recall() != text:
            self._memory.keep(text)

    def _known(self) -> str:
        root, _, text = self._memory.recall().partition("\n")
        return text if root == self._root else ""


def _mark(real: str, mount: Mount) -> str:
    return "\n".join((real, mount.id, mount.point, mount.fstype, mount.source, ",".join(mount.options)))


def _source(mount: Mount) -> str:
    """Return what is mounted as rclone writes it: without a slash at the end."""
    return mount.source.rstrip("/")
