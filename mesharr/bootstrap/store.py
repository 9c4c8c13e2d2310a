"""Open the store of the config, and check how soon it shows peers' events."""

import logging
from collections.abc import Callable
from functools import partial

from mesharr.bootstrap import rclone_process
from mesharr.bootstrap.files import open_disk, open_rc
from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.mounts import Mount, mount_of, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl
from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.detect import PathMounts, StoreMemory, no_probe
from mesharr.log.store.folder import Store
from mesharr.log.store.guarded import GuardedStore
from mesharr.settings.models import Config
from mesharr.state.state import State

log = logging.getLogger(__name__)


def open_store(config: Config, disk: Disk, state: State | None = None, storage: str = "") -> GuardedStore:
    """Return the store at `store.path`; its kind is detected at each use.

    With a state, the store accepts only the mesh this node belongs to, remembers the mount on which it was
    available, and a problem with its remote control or mount is logged once and kept for `status`. Without
    one, `storage` is that remembered mount.
    """
    if state is None:
        return GuardedStore(_path_mounts(config, disk, StoreMemory(lambda: storage)))
    return GuardedStore(
        _mounts_of(config, disk, state), lambda: state.node.get().mesh, state.node.note_mesh_name
    )


def check_store(config: Config, state: State) -> None:
    """Raise `Refused` when `store.path` cannot be a store, and waiting does not fix it.

    A missing mount is no such reason where the store was available before; a mount that does not answer
    within seconds is checked again when the store is used.
    """
    disk = open_disk(5.0)
    mounts = _mounts_of(config, disk, state)
    try:
        mounts.open(mounts.now())
    except Unavailable as error:
        log.debug("the store is not checked before the start: %s", error)
    finally:
        disk.close()


def _mounts_of(config: Config, disk: Disk, state: State) -> PathMounts:
    memory = StoreMemory(
        lambda: state.store.get().storage, state.store.note_storage, partial(_note_problem, state)
    )
    return _path_mounts(config, disk, memory, partial(_probe, config))


def _path_mounts(
    config: Config, disk: Disk, memory: StoreMemory, probe: Callable[[Mount], str] = no_probe
) -> PathMounts:
    rc = config.store.rc
    control = RemoteControl(open_rc(rc, config.store.rc_ca_file)) if rc else None
    return PathMounts(config.store.path, disk, memory, control, probe)


def _note_problem(state: State, why: str) -> None:
    before = state.store.note_lack(why)
    if why == before:
        return
    if why:
        log.warning("%s", why)
    else:
        log.info("the store is fine again (before: %s)", before)


def why_peers_are_late(config: Config, disk: Disk) -> str:
    """Return why the store's mount shows the peers' events late, "" when it does not.

    Raises:
        Refused: the mount would not show them.

    """
    if config.store.rc is not None:
        return ""
    return _probe(config, mount_of(disk.realpath(config.store.path), read_mountinfo()))


def _probe(config: Config, mount: Mount) -> str:
    found = rclone_process.mount_process_at(mount.point) if mount.fstype == "fuse.rclone" else None
    if found is None:
        return ""
    backend = rclone_process.backend_of(found.remote, found.config or config.uploads.rclone.config)
    return rclone_process.why_peers_are_late(found, backend)


def read_mesh(store: Store) -> Mesh:
    """Return the mesh of a store; raise `Unavailable` or, when damaged, `Rejected`."""
    return mesh.decode(store.mesh())


def mesh_of(config: Config, storage: str = "") -> Mesh:
    """Return the mesh of the store; raise `Unavailable` when the store is not available.

    `storage` is the mount on which the store was seen last, "" for none.
    """
    disk = open_disk()
    try:
        return read_mesh(open_store(config, disk, storage=storage))
    finally:
        disk.close()
