"""The store on an rclone mount whose remote control can be asked: lists are fresh, writes are confirmed."""

from collections.abc import Callable
from typing import Final, TypeVar

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk, Exists, Missing
from mesharr.disk.rclone_rc import RcUnavailable, RemoteControl
from mesharr.log.layout import MESH
from mesharr.log.store.folder import NO_MESH, MountStore, no_guard

Value = TypeVar("Value")


def ignore(why: str) -> None:
    """Say nothing: for who does not report."""
    del why


class RcStore(MountStore):
    """A store on a mount with remote control. Files are read through the mount, and written past it.

    While the remote control is of no use it is as good as the plain mount: its lists are as old as the
    mount's, and what it writes waits for a witness. `report` is called with why at each change, and with
    "" when the remote control is back.
    """

    def __init__(
        self,
        root: str,
        disk: Disk,
        control: RemoteControl,
        prefix: str = "",
        *,
        source: str = "",
        report: Callable[[str], None] = ignore,
        guard: Callable[[], None] = no_guard,
    ) -> None:
        """`prefix` is the path of the store inside its mount, `source` what the mount shows, as the list of
        mounts has it: it names one of several mounts of one rclone process.
        """
        super().__init__(root, disk, guard, self._fresh)
        self._control: Final = control
        self._prefix: Final = prefix.strip("/")
        self._source: Final = source
        self._report: Final = report
        self._vfs = ""
        self._polls = True
        self._why: str | None = None
        self._folders: Final[set[str]] = set()

    def mesh(self) -> bytes:
        try:
            return super().mesh()
        except Missing:
            # made a moment ago elsewhere, it is in no list that the mount keeps
            if not self._root_seen_anew():
                raise
            return super().mesh()

    def check_available(self) -> None:
        self._folders.clear()
        super().check_available()

    def create(self, mesh_json: bytes) -> bool:
        return super().create(mesh_json) or self.is_confirmed(MESH, len(mesh_json))

    def is_confirmed(self, where: str, size: int) -> bool:
        if where != MESH:
            self._place(where)
        found = self._asked(lambda vfs: self._control.stat(vfs, self._within(where)), None)
        return found is not None and not found.is_dir and found.size == size

    def queued_uploads(self) -> frozenset[str]:
        inside = f"{self._prefix}/" if self._prefix else ""
        try:
            queue: list[str] = self._asked(self._control.queue, [])
        except Unavailable:
            return frozenset()
        return frozenset(name.removeprefix(inside) for name in queue if name.startswith(inside))

    def _put(self, path: str, content: bytes) -> bool:
        where = path.removeprefix(f"{self._root}/")
        if where == MESH:
            # by the mount's own way: that it arrives proves that control and mount are of one drive
            return super()._put(path, content)
        self._need_folder(path.rpartition("/")[0])
        if not self._asked(lambda vfs: self._uploaded(vfs, where, content), default=False):
            return super()._put(path, content)
        self._asked(lambda _: self._fresh(where.rpartition("/")[0]), None)
        return True

    def _need_folder(self, folder: str) -> None:
        """Raise `Missing` when the folder is not there: an upload would make it, in whatever is mounted."""
        if folder not in self._folders and self._disk.stat(folder) is None:
            raise Missing(f"there is no folder {folder}")
        self._folders.add(folder)

    def _uploaded(self, vfs: str, where: str, content: bytes) -> bool:
        """Upload a file that is not there; `Exists` when it is."""
        if self._control.stat(vfs, self._within(where)) is not None:
            self._refreshed(where.rpartition("/")[0], vfs)
            raise Exists(f"{where} is in the store already")
        self._control.upload(vfs, self._within(where), content)
        return True

    def _same(self, where: str, content: bytes) -> bool:
        return super()._same(where, content) or self.is_confirmed(where, len(content))

    def _fresh(self, folder: str) -> None:
        """Have the mount look at a folder of the store; without remote control its list is merely older."""
        self._asked(lambda vfs: self._refreshed(folder, vfs), default=False)

    def _refreshed(self, folder: str, vfs: str) -> bool:
        """Refresh one folder, from the deepest known one on when the mount does not know it."""
        return self._down_to(self._within(folder), vfs)

    def _down_to(self, folder: str, vfs: str) -> bool:
        if self._control.refresh(folder, vfs):
            return True
        if not folder:
            return False
        return self._down_to(folder.rpartition("/")[0], vfs) and self._control.refresh(folder, vfs)

    def _root_seen_anew(self) -> bool:
        try:
            return self._down_to(self._prefix, self._only(self._control.mounts()))
        except Unavailable:
            return False

    def _within(self, where: str) -> str:
        return "/".join(part for part in (self._prefix, where) if part)

    # -- whether the remote control is of use

    def _asked(self, ask: Callable[[str], Value], default: Value) -> Value:
        """Return what the remote control answers, `default` while it is of no use."""
        try:
            if self._why:
                self._control.ping()
            if not self._vfs:
                self._vfs = self._known_mount()
            answer = ask(self._vfs)
        except RcUnavailable as error:
            self._vfs = ""
            self._is(str(error))
            return default
        self._is("")
        return answer

    def _is(self, why: str) -> None:
        if why == self._why:
            return
        self._why = why
        late = "" if self._polls else ", once the mount's --dir-cache-time is over"
        self._report(f"store.rc: {why}; until it is back, peers are heard later{late}" if why else "")

    def _known_mount(self) -> str:
        """Return the name of the mount the store lies on, as the remote control has it.

        Raises `RcUnavailable` when it shows no such mount, or another drive.
        """
        vfs = self._only(self._control.mounts())
        # Its size only: to open a file that waits for its upload has it wait anew.
        expected = self._disk.sizes([f"{self._root}/{MESH}"])[0]
        if expected is None:
            raise Unavailable(f"store unavailable: No such file: {self._root}/{MESH}", NO_MESH)
        try:
            found = self._control.stat(vfs, self._within(MESH))
        except RcUnavailable:
            raise
        except Unavailable as error:
            raise RcUnavailable(f"it cannot ask the drive: {error.what}", error.fix) from error
        if found is None or found.size != expected:
            raise RcUnavailable(
                f"it shows no {MESH} of this store in {vfs}",
                "check that rc is the --rc-addr of the very mount that store.path lies on",
            )
        self._polls = self._control.polls(vfs)
        return vfs

    def _only(self, mounts: list[str]) -> str:
        if len(mounts) == 1:
            return mounts[0]
        if self._source in mounts:
            return self._source
        shown = ", ".join(sorted(mounts))[:200] or "none"
        raise RcUnavailable(f"it shows the mounts {shown}, and not {self._source}", "check the rc url")
