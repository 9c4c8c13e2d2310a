"""What the reading commands open: the node's state, who it is, and a short look at its mounts."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from mesharr.bootstrap import identity
from mesharr.bootstrap.files import open_disk, open_library
from mesharr.bootstrap.store import open_store, read_mesh
from mesharr.cli.context import Misuse, Session
from mesharr.config import CONFIG_NAME, Config, load_config, no_config
from mesharr.core.errors import MesharrError
from mesharr.disk.child import Disk
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

    Raises `ConfigError` where there is no node: what it would say of nothing must not calm anybody.
    """
    if os.path.exists(os.path.join(config_dir, identity.DB_NAME)):
        return identity.open_state(config_dir)
    if not os.path.exists(os.path.join(config_dir, CONFIG_NAME)):
        raise no_config(config_dir)
    return State(Database(":memory:"))


def copied_state(config_dir: str) -> State:
    """Return a copy of this node's state, in memory: what is written to it is forgotten."""
    return State(Database.copy_of(os.path.join(config_dir, identity.DB_NAME)))


def load(session: Session) -> Config:
    """Return the config of a session."""
    return load_config(session.config_dir, session.environ)


def check_library(config: Config, library: str) -> None:
    """Raise `Misuse` when no arr of this node keeps such a library."""
    with_arr = [name for name, each in config.libraries.items() if each.app]
    if library not in with_arr:
        listed = ", ".join(with_arr) or "none"
        raise Misuse(f"there is no library {library} with an arr in mesharr.yml", f"there are: {listed}")


def node_of(session: Session, config: Config) -> str:
    """Return this node's label, as its events carry it; raise `BadKey` when it has no key."""
    return layout.node_id(config.node, identity.load_key(session.config_dir).public)


def node_if_known(session: Session) -> str:
    """Return this node's label, "" while config or key are not there or not usable."""
    try:
        return node_of(session, load(session))
    except MesharrError:
        return ""


def look(config: Config, mesh_id: str, storage: str = "") -> tuple[Mesh | None, MountCheck]:
    """Return the mesh, when the store answers, and whether store and libraries answer, with why not.

    Each is looked at by a process of its own, all at once, so a mount that hangs costs some seconds
    and keeps no other from being seen. `mesh_id` is the mesh this node knows, "" for none yet; `storage`
    what its store was seen to lie on.
    """
    quiet = _without_rc(config)
    with ThreadPoolExecutor(max_workers=1 + len(config.libraries)) as pool:
        store = pool.submit(_store, quiet, storage)
        if not mesh_id:
            found = store.result()[0]
            mesh_id = found.id if found else ""
        asked = {name: pool.submit(_library, quiet, name, mesh_id) for name in config.libraries}
        mesh, answer = store.result()
        libraries = {name: future.result() for name, future in asked.items()}
    return mesh, MountCheck(answer, mesh.name if mesh else "", libraries)


def _store(config: Config, storage: str) -> tuple[Mesh | None, Availability]:
    found: list[Mesh] = []

    def ask(disk: Disk) -> None:
        store = open_store(config, disk, storage=storage)
        store.check_available()
        found.append(read_mesh(store))

    answer = _asked(ask)
    return (found[0] if found else None), answer


def _library(config: Config, name: str, mesh_id: str) -> Availability:
    if not mesh_id:
        return Availability(alive=False, why="the mesh is not known yet: the store has to answer first")
    return _asked(lambda disk: open_library(config, name, mesh_id, disk).check_available())


def _asked(ask: Callable[[Disk], None]) -> Availability:
    disk = open_disk(DEADLINE_S)
    try:
        ask(disk)
    except MesharrError as error:
        return Availability(alive=False, why=str(error))
    finally:
        disk.close()
    return Availability(alive=True)


def _without_rc(config: Config) -> Config:
    """Return the config without remote controls: those may take a minute to answer."""
    libraries = {name: each.model_copy(update={"rc": None}) for name, each in config.libraries.items()}
    store = config.store.model_copy(update={"rc": None})
    return config.model_copy(update={"store": store, "libraries": libraries})


def mesh_of(config: Config) -> Mesh:
    disk = open_disk()
    try:
        return read_mesh(open_store(config, disk))
    finally:
        disk.close()


def token_of(config: Config, key: NodeKey, mesh: Mesh) -> str:
    return token_text(Token(mesh.id, config.node, key.public))


def report_of(session: Session) -> Report:
    """Return what `status` says of the node of a session."""
    config = load(session)
    node = node_of(session, config)
    state = open_state(session.config_dir)
    with closing(state.db):
        known = state.node.get().mesh
        mesh, seen = look(config, known, state.store.get().storage)
        me = Me(node, config.node, known or (mesh.id if mesh else ""))
        many = config.policy.holds.removals
        return report(state, me, read_peers(session.config_dir), seen, many)
