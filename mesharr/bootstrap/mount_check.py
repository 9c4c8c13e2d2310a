"""Check that the store and the libraries answer, together where no mount hangs."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final

from mesharr.bootstrap.store_look import error_of, look_at_store
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.disk.child import ChildDisk, Disk
from mesharr.disk.free_space import why_not_writable
from mesharr.disk.library import LibraryDisk, LibraryPaths, MountMemory
from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from mesharr.node.status.model import Availability, MountCheck
from mesharr.settings.outline import LibraryOutline, Outline
from mesharr.state.state import State

TOGETHER_S: Final = 2.0
"""Within which time a mount answers that does not hang, as a rule."""


def check_mounts(outline: Outline, state: State, config_dir: str = "") -> tuple[Mesh | None, MountCheck]:
    """Return the mesh, None while unavailable, and whether store and libraries answer.

    All are checked at once by one process, as to start one takes longer than to check. What fails there has
    another try in a process of its own: a mount that hangs must not make another seem to. Remote controls,
    which may take a minute to answer, are not asked. `state` knows the mesh, and on which mounts they were
    available before; `config_dir` is looked at, too, unless it is "".
    """
    mesh_id, storage = state.node.get().mesh, state.store.get().storage
    mounts = {name: state.libraries.mount(name) for name in outline.libraries}
    info = read_mountinfo()
    with (
        closing(ChildDisk(TOGETHER_S)) as together,
        ThreadPoolExecutor(max_workers=1 + len(outline.libraries)) as pool,
    ):
        store = pool.submit(look_at_store, outline.store, storage, together)
        if not mesh_id:
            found = store.result()[0]
            mesh_id = found.id if found else ""
        pending = {
            name: pool.submit(_library, outline.libraries[name], MountMemory(mount), name, mesh_id, together)
            for name, mount in mounts.items()
        }
        mesh, answer = store.result()
        answers = {f"library:{name}": future.result() for name, future in pending.items()} | {"store": answer}
    places = {f"library:{name}": each.cloud for name, each in outline.libraries.items()}
    places["store"] = outline.store
    seen = {subject: _availability(error) for subject, error in answers.items()}
    return mesh, MountCheck(
        store=seen["store"],
        mesh_name=mesh.name if mesh else "",
        libraries={name: seen[f"library:{name}"] for name in outline.libraries},
        points={subject: mount_of(path, info).point for subject, path in places.items()},
        refused=frozenset(subject for subject, error in answers.items() if isinstance(error, Refused)),
        full_disk=why_not_writable(config_dir) if config_dir else "",
    )


def _library(
    library: LibraryOutline, memory: MountMemory, name: str, mesh_id: str, together: Disk
) -> MesharrError | None:
    if not mesh_id:
        return Unavailable("the mesh is not known yet: the store has to be available first")
    places = LibraryPaths(path=library.path, cloud=library.cloud, local=library.local)

    def check_anchor(content: bytes) -> None:
        mesh.check_anchor(content, mesh_id, name)

    def check(disk: Disk) -> None:
        LibraryDisk(name, places, disk, check_anchor, read_mountinfo, None, memory).check_available()

    return error_of(check, together)


def _availability(error: MesharrError | None) -> Availability:
    return Availability(available=error is None, why=str(error) if error else "")
