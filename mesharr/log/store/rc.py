"""Use an rclone mount's remote control for fresh listings and confirmed writes."""

from collections.abc import Callable
from typing import Final, TypeVar

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk, Exists, Missing
from mesharr.disk.rclone_rc import RcUnavailable, RemoteControl
from mesharr.log.layout import MESH
from mesharr.log.store.folder import NO_MESH, MountStore, ignore, no_guard

Value = TypeVar("Value")


class RcStore(MountStore):
    """A store on a mount with remote control.

    Files are read through the mount, and written past it.

    While the remote control does not answer, it works as a `MountStore`: listings are as old as the mount's,
    and writes are not confirmed.
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
        """Take the arguments of a `MountStore`, the remote control, and the path in the mount.

        `prefix` is the path of the store inside its mount. `source` is what is mounted (`gdrive:Media`): it
        selects one of several mounts of the rclone process. `report` is called with the reason when the
        remote control fails, and with "" when it answers again.
        """
        super().__init__(root, disk, guard, self._refresh_folder)
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
            # a file that another node has just created is not in the mount's cached listing
            if not self._root_refreshed():
                raise
            return super().mesh()

    def check_available(self) -> None:
        self._folders.clear()
        super().check_available()

    def create(self, mesh_json: bytes) -> bool:
        return super().create(mesh_json) or self.is_confirmed(MESH, len(mesh_json))

    def is_confirmed(self, where: str, size: int) -> bool:
        if where != MESH:
            self._absolute(where)
        found = self._ask(lambda vfs: self._control.stat(vfs, self._within(where)), None)
        return found is not None and not found.is_dir and found.size == size

    def queued_uploads(self) -> frozenset[str]:
        inside = f"{self._prefix}/" if self._prefix else ""
        try:
            queue: list[str] = self._ask(self._control.queue, [])
        except Unavailable:
            return frozenset()
        return frozenset(name.removeprefix(inside) for name in queue if name.startswith(inside))

    def _put(self, path: str, content: bytes) -> bool:
        where = path.removeprefix(f"{self._root}/")
        if where == MESH:
            # through the mount: its arrival proves that remote control and mount are of one drive
            return super()._put(path, content)
        self._need_folder(path.rpartition("/")[0])
        if not self._ask(lambda vfs: self._uploaded(vfs, where, content), default=False):
            return super()._put(path, content)
        self._ask(lambda _: self._refresh_folder(where.rpartition("/")[0]), None)
        return True

    def _need_folder(self, folder: str) -> None:
        """Raise `Missing` when the folder does not exist: an upload would create it anywhere."""
        if folder not in self._folders and self._disk.stat(folder) is None:
            raise Missing(f"there is no folder {folder}")
        self._folders.add(folder)

    def _uploaded(self, vfs: str, where: str, content: bytes) -> bool:
        """Upload a new file and return True; raise `Exists` when the drive has the name."""
        if self._control.stat(vfs, self._within(where)) is not None:
            self._refreshed(where.rpartition("/")[0], vfs)
            raise Exists(f"{where} is in the store already")
        self._control.upload(vfs, self._within(where), content)
        return True

    def _same(self, where: str, content: bytes) -> bool:
        return super()._same(where, content) or self.is_confirmed(where, len(content))

    def _refresh_folder(self, folder: str) -> None:
        """Refresh a folder of the store in the mount; a failing remote control is no error."""
        self._ask(lambda vfs: self._refreshed(folder, vfs), default=False)

    def _refreshed(self, folder: str, vfs: str) -> bool:
        return self._control.refresh_with_parents(self._within(folder), vfs)

    def _root_refreshed(self) -> bool:
        try:
            return self._control.refresh_with_parents(self._prefix, self._own_mount(self._control.mounts()))
        except Unavailable:
            return False

    def _within(self, where: str) -> str:
        return "/".join(part for part in (self._prefix, where) if part)

    # -- failures of the remote control

    def _ask(self, ask: Callable[[str], Value], default: Value) -> Value:
        """Return the remote control's answer, `default` while it does not answer."""
        try:
            if self._why:
                self._control.ping()
            if not self._vfs:
                self._vfs = self._known_mount()
            answer = ask(self._vfs)
        except RcUnavailable as error:
            self._vfs = ""
            self._note_state(str(error))
            return default
        self._note_state("")
        return answer

    def _note_state(self, why: str) -> None:
        if why == self._why:
            return
        self._why = why
        late = "" if self._polls else ", once the mount's --dir-cache-time is over"
        self._report(f"store.rc: {why}; until it is back, events of peers arrive later{late}" if why else "")

    def _known_mount(self) -> str:
        """Return the remote control's name of the mount that the store is on.

        Raises `RcUnavailable` when it has no such mount, or its mount is of another drive.
        """
        vfs = self._own_mount(self._control.mounts())
        # Its size only: opening a file in the upload queue restarts its wait.
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
                f"it lists no {MESH} of this store in {vfs}",
                "check that rc is the --rc-addr of the very mount that store.path is on",
            )
        self._polls = self._control.supports_polling(vfs)
        return vfs

    def _own_mount(self, mounts: list[str]) -> str:
        if len(mounts) == 1:
            return mounts[0]
        if self._source in mounts:
            return self._source
        listed = ", ".join(sorted(mounts))[:200] or "none"
        raise RcUnavailable(f"it has the mounts {listed}, and not {self._source}", "check the rc url")
