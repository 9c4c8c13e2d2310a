"""Use a store only while its path leads to the store of this node's mesh.

The mount at a path changes while a node runs: it comes late, fails, is mounted again, is another one. Without
its mount a path looks like an empty folder, in which files would be created that no peer ever sees.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.disk.child import Exists, Missing
from mesharr.log import mesh
from mesharr.log.store.folder import Store

Value = TypeVar("Value")
_PREFIX = "store unavailable: "


class StoreMount(msgspec.Struct, frozen=True):
    """The mount that the store's path is on now."""

    kind: str
    """`directory` or `mount`."""
    mark: str
    """Text that differs after each mount."""
    text: str
    """Type and mount point, to be stored; "" for a local disk."""
    read_only: bool = False


class StoreMounts(Protocol):
    """What finds the store's mount, opens the store that fits, and remembers the mount."""

    def now(self) -> StoreMount:
        """Return the mount that the path is on.

        Raises `Unavailable` while the mount is missing, `Refused` where no store can be.
        """
        ...

    def same(self, mount: StoreMount) -> bool:
        """Return whether the path is still on that mount, without touching the mount."""
        ...

    def open(self, mount: StoreMount) -> Store:
        """Return the store that fits the mount; `Refused` when it would never list a peer's file."""
        ...

    def remember(self, mount: StoreMount) -> None:
        """Store the mount on which the store was available."""
        ...


class GuardedStore:
    """The `Store` at a path, of the kind that fits its present mount.

    The first use, and each use after a failure or a change of mount, first checks that the store is available
    and of the right mesh. A failure of the store is `Unavailable("store unavailable: …")` or `Refused`.
    """

    def __init__(
        self,
        mounts: StoreMounts,
        mesh_id: Callable[[], str] = str,
        note_name: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """Take what finds mounts.

        `mesh_id` returns the id of this node's mesh, "" while it has none; `note_name` is called with the
        mesh's name when the store was found to be available.
        """
        self._note_name: Final = note_name
        self._mounts: Final = mounts
        self._mesh_id: Final = mesh_id
        self._checked: tuple[StoreMount, Store] | None = None

    @property
    def kind(self) -> str:
        """The kind of store at the last check: `directory` or `mount`, "" without one."""
        return self._checked[0].kind if self._checked else ""

    def tails(self) -> list[str]:
        return self._use(lambda store: store.tails())

    def streams(self) -> list[str]:
        return self._use(lambda store: store.streams())

    def segments(self, stream: str) -> list[str]:
        return self._use(lambda store: store.segments(stream))

    def read(self, where: str) -> bytes:
        return self._use(lambda store: store.read(where))

    def write(self, where: str, content: bytes) -> bool:
        return self._use(lambda store: store.write(where, content))

    def is_confirmed(self, where: str, size: int) -> bool:
        return self._use(lambda store: store.is_confirmed(where, size))

    def queued_uploads(self) -> frozenset[str]:
        return self._use(lambda store: store.queued_uploads())

    def delete(self, where: str) -> None:
        self._use(lambda store: store.delete(where))

    def mesh(self) -> bytes:
        return self._guarded(self._open()[1].mesh)

    def check_available(self) -> None:
        self._checked = None
        mount, _ = self._check()
        if mount.read_only:
            raise Unavailable(f"{_PREFIX}its mount is read-only", "mount it without --read-only")

    def create(self, mesh_json: bytes) -> bool:
        return self._guarded(lambda: self._open()[1].create(mesh_json))

    def _use(self, use: Callable[[Store], Value]) -> Value:
        checked = self._checked
        if checked is None or not self._mounts.same(checked[0]):
            checked = self._check()
        store = checked[1]
        return self._guarded(lambda: use(store))

    def _guarded(self, call: Callable[[], Value]) -> Value:
        """Return the result of a call; after a failure of the store, the next use checks it."""
        try:
            return call()
        except (Missing, Exists):
            raise
        except Unavailable as error:
            self._checked = None
            raise _unavailable(error) from error

    def _open(self) -> tuple[StoreMount, Store]:
        try:
            mount = self._mounts.now()
            return mount, self._mounts.open(mount)
        except (Unavailable, Refused) as error:
            raise _unavailable(error) from error

    def _check(self) -> tuple[StoreMount, Store]:
        self._checked = None
        mount, store = self._open()
        try:
            store.check_available()
            found = mesh.decode(store.mesh())
        except (Unavailable, Refused) as error:
            raise _unavailable(error) from error
        known = self._mesh_id()
        if known and found.id != known:
            raise Refused(
                f"{_PREFIX}it belongs to the mesh {found.name} ({found.id}), this node to {known}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        self._note_name(found.name)
        self._mounts.remember(mount)
        self._checked = (mount, store)
        return mount, store


def _unavailable(error: MesharrError) -> MesharrError:
    """Return the error as one of the whole store, also when the missing file is `mesh.json`."""
    if error.what.startswith(_PREFIX) and not isinstance(error, Missing | Exists):
        return error
    kind = Refused if isinstance(error, Refused) else Unavailable
    return kind(f"{_PREFIX}{error.what.removeprefix(_PREFIX)}", error.fix)
