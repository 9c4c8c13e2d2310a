"""Read the mesh of the store at a path, without its remote control and its config."""

from collections.abc import Callable
from contextlib import closing, suppress

from mesharr.core.errors import MesharrError
from mesharr.disk.child import ChildDisk, Disk
from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.detect import PathMounts, StoreMemory
from mesharr.log.store.guarded import GuardedStore

DEADLINE_S = 5.0


def mesh_at(store: str) -> Mesh:
    """Return the mesh of the store at a path, without its remote control.

    Raises:
        Unavailable: the store does not answer, or has no mesh.

    """
    found, error = look_at_store(store, "")
    if error is not None:
        raise error
    assert found is not None
    return found


def look_at_store(
    path: str, storage: str, together: Disk | None = None
) -> tuple[Mesh | None, MesharrError | None]:
    """Return the mesh of the store at a path, None without one, and why it does not answer.

    `storage` is the mount on which it was seen last, "" for none; `together` is a disk that other checks
    share, as `error_of` takes it.
    """
    found: list[Mesh] = []

    def check(disk: Disk) -> None:
        store = GuardedStore(PathMounts(path, disk, StoreMemory(lambda: storage)))
        store.check_available()
        found.append(mesh.decode(store.mesh()))

    answer = error_of(check, together)
    return (found[0] if found else None), answer


def error_of(check: Callable[[Disk], None], together: Disk | None = None) -> MesharrError | None:
    """Return why a check fails, None when it does not.

    It is made on a disk of its own, after it failed on the one that it shares with others (`together`): there
    another mount may hang.
    """
    if together is not None:
        with suppress(MesharrError):
            check(together)
            return None
    with closing(ChildDisk(DEADLINE_S)) as disk:
        try:
            check(disk)
        except MesharrError as error:
            return error
    return None
