"""The store that the config names, wherever it lies, and how soon the peers are heard through it."""

import logging
from collections.abc import Callable
from functools import partial

from mesharr.bootstrap import rclone_process
from mesharr.bootstrap.files import open_disk
from mesharr.config import Config
from mesharr.core.errors import Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.mounts import Mount, mount_of, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from mesharr.log.store.detect import PathMounts, StoreMemory, no_probe
from mesharr.log.store.folder import Store
from mesharr.log.store.guarded import GuardedStore
from mesharr.state.state import State

log = logging.getLogger(__name__)


def open_store(config: Config, disk: Disk, state: State | None = None, storage: str = "") -> GuardedStore:
    """Return the store at `store.path`, of whatever kind lies there at each use. Touches nothing yet.

    With a state it knows the mesh this node belongs to, remembers where it was seen alive (the note
    `store:ground`, which is `storage` for who only reads), and what its remote control or its mount
    lacks is logged once and kept for `status`.
    """
    if state is None:
        return GuardedStore(_grounds(config, disk, StoreMemory(lambda: storage)))
    return GuardedStore(_grounds_of(config, disk, state), lambda: state.node.get().mesh)


def check_store(config: Config, state: State) -> None:
    """Raise `Refused` when `store.path` can be no store for a reason that waiting does not fix.

    A mount that is not there yet is none, where the store was seen alive before; one that does not
    answer within seconds is looked at again when the store is used.
    """
    disk = open_disk(5.0)
    grounds = _grounds_of(config, disk, state)
    try:
        grounds.open(grounds.now())
    except Unavailable as error:
        log.debug("the store is not looked at before the start: %s", error)
    finally:
        disk.close()


def _grounds_of(config: Config, disk: Disk, state: State) -> PathMounts:
    memory = StoreMemory(lambda: state.store.get().storage, state.store.note_storage, partial(_lacks, state))
    return _grounds(config, disk, memory, partial(_probe, config))


def _grounds(
    config: Config, disk: Disk, memory: StoreMemory, probe: Callable[[Mount], str] = no_probe
) -> PathMounts:
    url = config.store.rc
    control = RemoteControl(rc_client(url.get_secret_value())) if url else None
    return PathMounts(config.store.path, disk, memory, control, probe)


def _lacks(state: State, why: str) -> None:
    before = state.store.note_lack(why)
    if why == before:
        return
    if why:
        log.warning("%s", why)
    else:
        log.info("the store lacks nothing now (before: %s)", before)


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
    """Return the mesh of a store; raise `Unavailable` when it cannot be seen, `Rejected` when damaged."""
    return mesh.decode(store.mesh())
