"""Open what commands read: config, state, key, mesh, and a check of the mounts."""

import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from tempfile import TemporaryDirectory

import msgspec

from mesharr.bootstrap import identity
from mesharr.bootstrap.files import open_disk, open_library
from mesharr.bootstrap.store import open_store, read_mesh
from mesharr.cli.context import Misuse, Session
from mesharr.config import CONFIG_NAME, Config, load_config, no_config
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.disk.child import Disk
from mesharr.disk.free_space import why_not_writable
from mesharr.disk.library import MountMemory
from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.log import layout
from mesharr.log.keys import NodeKey, Token, token_text
from mesharr.log.mesh import Mesh
from mesharr.node.model import Me
from mesharr.node.status.model import Availability, MountCheck, Report
from mesharr.node.status.report import report
from mesharr.state.db import Database
from mesharr.state.peers import read_peers
from mesharr.state.state import State

DEADLINE_S = 5.0


def open_state(config_dir: str) -> State:
    """Return this node's state; an empty one in memory while the node has never run.

    Raises:
        ConfigError: there is no node in this directory; an empty state would look like a healthy one.

    """
    if os.path.exists(os.path.join(config_dir, identity.DB_NAME)):
        return identity.open_state(config_dir)
    if not os.path.exists(os.path.join(config_dir, CONFIG_NAME)):
        raise no_config(config_dir)
    return State(Database(":memory:"))


def readable_state(config_dir: str) -> State:
    """Return this node's state to read; a copy of it while the disk takes no writes.

    To open the database needs some room beside it, and what is wrong has to be said all the same.
    """
    try:
        return open_state(config_dir)
    except Unavailable:
        if not why_not_writable(config_dir):
            raise
    with TemporaryDirectory(prefix="mesharr-") as folder:
        for name in (identity.DB_NAME, f"{identity.DB_NAME}-wal"):
            if os.path.exists(path := os.path.join(config_dir, name)):
                shutil.copyfile(path, os.path.join(folder, name))
        return State(Database.copy_of(os.path.join(folder, identity.DB_NAME)))


def copied_state(config_dir: str) -> State:
    """Return a copy of this node's state in memory; writes to it are lost."""
    return State(Database.copy_of(os.path.join(config_dir, identity.DB_NAME)))


class KnownMounts(msgspec.Struct, frozen=True):
    """The mounts (`mount_text`) on which this node saw its store and its libraries last."""

    store: str = ""
    libraries: Mapping[str, str] = {}

    def of_library(self, name: str) -> MountMemory:
        """Return the mount of a library as its storage takes it; what it sees now is not kept."""
        return MountMemory(self.libraries.get(name, ""))


def known_mounts(session: Session, config: Config) -> KnownMounts:
    """Return what this node remembers of its mounts; nothing while it has never run."""
    state = readable_state(session.config_dir)
    with closing(state.db):
        libraries = {name: state.libraries.mount(name) for name in config.libraries}
        return KnownMounts(state.store.get().storage, libraries)


def load(session: Session) -> Config:
    """Return the config of a session."""
    return load_config(session.config_dir, session.environ)


def check_library(config: Config, library: str) -> None:
    """Raise `Misuse` unless mesharr.yml has a library of this name with an app."""
    with_app = [name for name, each in config.libraries.items() if each.app]
    if library not in with_app:
        listed = ", ".join(with_app) or "none"
        raise Misuse(f"mesharr.yml has no library {library} with an app", f"known: {listed}")


def node_of(session: Session, config: Config) -> str:
    """Return this node's id; raise `BadKey` when it has no key."""
    return layout.node_id(config.node, identity.load_key(session.config_dir).public)


def node_if_known(session: Session) -> str:
    """Return this node's id, "" while config or key are missing or unusable."""
    try:
        return node_of(session, load(session))
    except MesharrError:
        return ""


def check_mounts(config: Config, state: State, config_dir: str = "") -> tuple[Mesh | None, MountCheck]:
    """Return the mesh, None while unavailable, and whether store and libraries answer.

    Each is checked by a process of its own, all at once: a mount that hangs costs some seconds and does not
    delay another. `state` knows the mesh, and on which mounts they were available before; `config_dir` is
    looked at, too, unless it is "".
    """
    mesh_id, storage = state.node.get().mesh, state.store.get().storage
    mounts = {name: state.libraries.mount(name) for name in config.libraries}
    without_rc, info = _without_rc(config), read_mountinfo()
    with ThreadPoolExecutor(max_workers=1 + len(config.libraries)) as pool:
        store = pool.submit(_store, without_rc, storage)
        if not mesh_id:
            found = store.result()[0]
            mesh_id = found.id if found else ""
        pending = {
            name: pool.submit(_library, without_rc, name, mesh_id, mount) for name, mount in mounts.items()
        }
        mesh, answer = store.result()
        answers = {f"library:{name}": future.result() for name, future in pending.items()} | {"store": answer}
    places = {f"library:{name}": each.cloud for name, each in config.libraries.items()}
    places["store"] = config.store.path
    seen = {subject: _availability(error) for subject, error in answers.items()}
    return mesh, MountCheck(
        store=seen["store"],
        mesh_name=mesh.name if mesh else "",
        libraries={name: seen[f"library:{name}"] for name in config.libraries},
        points={subject: mount_of(path, info).point for subject, path in places.items()},
        refused=frozenset(subject for subject, error in answers.items() if isinstance(error, Refused)),
        full_disk=why_not_writable(config_dir) if config_dir else "",
    )


def _store(config: Config, storage: str) -> tuple[Mesh | None, MesharrError | None]:
    found: list[Mesh] = []

    def check(disk: Disk) -> None:
        store = open_store(config, disk, storage=storage)
        store.check_available()
        found.append(read_mesh(store))

    answer = _error_of(check)
    return (found[0] if found else None), answer


def _library(config: Config, name: str, mesh_id: str, mount: str) -> MesharrError | None:
    if not mesh_id:
        return Unavailable("the mesh is not known yet: the store has to be available first")
    return _error_of(
        lambda disk: open_library(config, name, mesh_id, disk, MountMemory(mount)).check_available()
    )


def _error_of(check: Callable[[Disk], None]) -> MesharrError | None:
    """Return why a check fails on a disk of its own, None when it does not."""
    disk = open_disk(DEADLINE_S)
    try:
        check(disk)
    except MesharrError as error:
        return error
    finally:
        disk.close()
    return None


def _availability(error: MesharrError | None) -> Availability:
    return Availability(available=error is None, why=str(error) if error else "")


def _without_rc(config: Config) -> Config:
    """Return the config without remote controls, which may take a minute to answer."""
    libraries = {name: each.model_copy(update={"rc": None}) for name, each in config.libraries.items()}
    store = config.store.model_copy(update={"rc": None})
    return config.model_copy(update={"store": store, "libraries": libraries})


def mesh_of(config: Config, storage: str = "") -> Mesh:
    """Return the mesh of the store; raise `Unavailable` when the store is not available.

    `storage` is the mount on which the store was seen last, "" for none.
    """
    disk = open_disk()
    try:
        return read_mesh(open_store(config, disk, storage=storage))
    finally:
        disk.close()


def token_of(config: Config, key: NodeKey, mesh: Mesh) -> str:
    """Return the token that peers trust this node with."""
    return token_text(Token(mesh.id, config.node, key.public))


def report_of(session: Session) -> Report:
    """Return the report that `mesharr status` prints."""
    config = load(session)
    node = node_of(session, config)
    state = readable_state(session.config_dir)
    with closing(state.db):
        known = state.node.get().mesh
        mesh, seen = check_mounts(config, state, session.config_dir)
        me = Me(node, config.node, known or (mesh.id if mesh else ""))
        many = config.policy.holds.removals
        return report(state, me, read_peers(session.config_dir), seen, many, identity.wall_ms())
