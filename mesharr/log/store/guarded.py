"""A store that is used only while it is proven to be this node's, whatever comes and goes at its path.

What a path lies on changes while a node runs: its mount comes late, dies, is made again, is another.
A mount that is not there looks like an empty folder, in which files would be made that nobody ever sees.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.disk.child import Exists, Missing
from mesharr.log import mesh
from mesharr.log.store.folder import Store

Value = TypeVar("Value")
_DEAD = "store unavailable: "


class StoreMount(msgspec.Struct, frozen=True):
    """What the store's path lies on now: its kind, a mark that differs after each mount, and its options.

    `text` is how it is remembered, "" for a local disk.
    """

    kind: str
    mark: str
    text: str
    read_only: bool = False


class StoreMounts(Protocol):
    """What knows the ground, opens the store that fits it, and remembers where it was seen alive."""

    def now(self) -> StoreMount:
        """Return what the path lies on.

        Raises `Unavailable` while its mount is not there, `Refused` where no store can be.
        """
        ...

    def same(self, mount: StoreMount) -> bool:
        """Return whether the path still lies on that ground, without touching it."""
        ...

    def open(self, mount: StoreMount) -> Store:
        """Return the store that fits the ground; `Refused` when no peer's file would ever be seen there."""
        ...

    def remember(self, mount: StoreMount) -> None:
        """Remember where the store was seen alive."""
        ...


class GuardedStore:
    """The store at a path, of the kind that fits what is there now.

    Its first use, and each one after a failure or after another mount came, proves it first: alive, and
    of the right mesh. What fails is `Unavailable("store unavailable: why")`.
    """

    def __init__(self, grounds: StoreMounts, mesh_id: Callable[[], str] = str) -> None:
        """`mesh_id` tells the mesh this node belongs to, "" while it belongs to none."""
        self._grounds: Final = grounds
        self._mesh_id: Final = mesh_id
        self._proven: tuple[StoreMount, Store] | None = None

    @property
    def kind(self) -> str:
        """What the store was proven to be: `directory` or `mount`; "" while it is not."""
        return self._proven[0].kind if self._proven else ""

    def tails(self) -> list[str]:
        return self._used(lambda store: store.tails())

    def streams(self) -> list[str]:
        return self._used(lambda store: store.streams())

    def segments(self, stream: str) -> list[str]:
        return self._used(lambda store: store.segments(stream))

    def read(self, where: str) -> bytes:
        return self._used(lambda store: store.read(where))

    def write(self, where: str, content: bytes) -> bool:
        return self._used(lambda store: store.write(where, content))

    def is_confirmed(self, where: str, size: int) -> bool:
        return self._used(lambda store: store.is_confirmed(where, size))

    def queued_uploads(self) -> frozenset[str]:
        return self._used(lambda store: store.queued_uploads())

    def delete(self, where: str) -> None:
        self._used(lambda store: store.delete(where))

    def mesh(self) -> bytes:
        return self._told(self._fitting()[1].mesh)

    def check_available(self) -> None:
        self._proven = None
        mount, _ = self._prove()
        if mount.read_only:
            raise Unavailable(f"{_DEAD}its mount is read-only", "mount it without --read-only")

    def create(self, mesh_json: bytes) -> bool:
        return self._told(lambda: self._fitting()[1].create(mesh_json))

    def _used(self, use: Callable[[Store], Value]) -> Value:
        proven = self._proven
        if proven is None or not self._grounds.same(proven[0]):
            proven = self._prove()
        store = proven[1]
        return self._told(lambda: use(store))

    def _told(self, ask: Callable[[], Value]) -> Value:
        """Ask; a failure of the store, not of one file, has it proven anew before its next use."""
        try:
            return ask()
        except (Missing, Exists):
            raise
        except Unavailable as error:
            self._proven = None
            raise _dead(error) from error

    def _fitting(self) -> tuple[StoreMount, Store]:
        try:
            mount = self._grounds.now()
            return mount, self._grounds.open(mount)
        except (Unavailable, Refused) as error:
            raise _dead(error) from error

    def _prove(self) -> tuple[StoreMount, Store]:
        self._proven = None
        mount, store = self._fitting()
        try:
            store.check_available()
            found = mesh.decode(store.mesh())
        except (Unavailable, Refused) as error:
            raise _dead(error) from error
        known = self._mesh_id()
        if known and found.id != known:
            raise Refused(
                f"{_DEAD}it belongs to the mesh {found.name} ({found.id}), this node to {known}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        self._grounds.remember(mount)
        self._proven = (mount, store)
        return mount, store


def _dead(error: MesharrError) -> MesharrError:
    """Return the error as one of the whole store; a missing `mesh.json` is no file of a peer."""
    if error.what.startswith(_DEAD) and not isinstance(error, Missing | Exists):
        return error
    kind = Refused if isinstance(error, Refused) else Unavailable
    return kind(f"{_DEAD}{error.what.removeprefix(_DEAD)}", error.fix)
