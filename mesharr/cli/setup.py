"""Create the folders, config and key of a node; for a mesh `mesh.json` and the anchors.

One node creates the mesh, once; every other node only reads it. A drive can hold two folders of one name, so
two nodes that create the same thing at once would each see only their own.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

from mesharr.bootstrap.files import anchor_confirmed, open_disk, open_library
from mesharr.bootstrap.node_key import key_path, load_key, lost_key
from mesharr.bootstrap.store import open_store, read_mesh
from mesharr.cli.access.mounts import KnownMounts
from mesharr.cli.context import Misuse, Session, note, say
from mesharr.cli.terminal.busy import busy
from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import Disk, Missing
from mesharr.disk.library import ANCHOR
from mesharr.log import keys, mesh
from mesharr.log.keys import NodeKey
from mesharr.log.layout import MESH
from mesharr.log.mesh import Mesh
from mesharr.log.store.folder import Store
from mesharr.settings.field_types import node_name
from mesharr.settings.models import Config
from mesharr.settings.starter import node_name_from, starter_text, write_schema


def make_folders(session: Session) -> None:
    """Create the config dir with its folders and the schema; raise `Refused` if impossible."""
    try:
        for name in ("", "spool", "logs"):
            os.makedirs(os.path.join(session.config_dir, name), exist_ok=True)
        write_schema(session.config_dir)
    except OSError as error:
        raise Refused(
            f"cannot create {session.config_dir} ({error.strerror})", "name another with --config-dir"
        ) from error


def make_config(session: Session, node: str | None) -> None:
    """Write the starter mesharr.yml unless there is one; `node` None: this host's name."""
    name = node or session.environ.get("MESHARR__NODE") or node_name_from(socket.gethostname())
    try:
        node_name(name)
    except ValueError as error:
        raise Misuse(f"{name!r} cannot name a node", str(error)) from error
    path = os.path.join(session.config_dir, "mesharr.yml")
    try:
        # keys may be written into it
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Refused(f"cannot write {path} ({error.strerror})", "make the config dir writable") from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(starter_text(name))
    say(f"created {path}")


def make_key(session: Session) -> NodeKey:
    """Return this node's key, created now if the node never had one."""
    path = key_path(session.config_dir)
    if os.path.lexists(path) or lost_key(session.config_dir):
        return load_key(session.config_dir)
    key = keys.generate(path)
    say(f"created {path}: keep a copy of it where only you can read it")
    return key


# an rclone mount uploads 5 s after the file was closed, by default
WAIT_S = 20.0

Waiting = dict[str, Callable[[], bool]]
"""Files on their way to the drive: what each is, and whether it has arrived."""


def create_mesh(config: Config, name: str, known: KnownMounts) -> Mesh:
    """Create a mesh of this name in the store of the config, with an anchor in every library.

    `known` are the mounts that this node had before.

    Raises:
        Misuse: the name cannot name a mesh.
        Refused: there is a mesh already, or a library has no folder or another anchor; nothing is created.
        Unavailable: the store or a library is on no mount where it was on one before; nothing is created.

    """
    created = Mesh(name=name, id=secrets.token_hex(8), made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    try:
        content = mesh.encode(created)
    except Rejected as error:
        raise Misuse(f"{name!r} cannot name a mesh", "1 to 64 printable characters") from error
    disk = open_disk()
    try:
        store = open_store(config, disk, storage=known.store)
        if _has_mesh(store):
            raise Refused(
                f"there is a mesh already in {config.store.path}",
                "leave --new-mesh out to join it, or choose another store.path",
            )
        for library in config.libraries:
            _check_unanchored(config, library, disk, known)
        waiting: Waiting = {}
        if not store.create(content):
            waiting[MESH] = lambda: store.is_confirmed(MESH, len(content))
        say(f"created the mesh {name} ({created.id}) in {config.store.path}")
        for library in config.libraries:
            _anchor(config, library, created.id, disk, known)
            waiting[f"the anchor of {library}"] = _anchor_confirmed(config, library, created.id, disk)
        with busy("waiting until it is on the drive"):
            left = _unconfirmed(config, waiting)
        _print_unconfirmed(config, left)
    finally:
        disk.close()
    return created


def anchor_library(config: Config, library: str, known: KnownMounts) -> None:
    """Create the anchor of a library in the existing mesh, unless it is there.

    Raises `Unavailable` while the mount is missing on which this node had store or library before.
    """
    if library not in config.libraries:
        listed = ", ".join(config.libraries) or "none"
        raise Misuse(f"mesharr.yml has no library {library}", f"known: {listed}")
    disk = open_disk()
    try:
        found = read_mesh(open_store(config, disk, storage=known.store))
        _anchor(config, library, found.id, disk, known)
    finally:
        disk.close()


def _anchor_confirmed(config: Config, library: str, mesh_id: str, disk: Disk) -> Callable[[], bool]:
    size = len(mesh.anchor(mesh_id, library))
    return lambda: anchor_confirmed(config, library, size, disk)


def _unconfirmed(config: Config, waiting: Waiting) -> list[str]:
    """Return what is not known to be on the drive, after waiting up to `WAIT_S` for it."""
    asked = config.store.rc or any(library.rc for library in config.libraries.values())
    end = time.monotonic() + (WAIT_S if asked else 0.0)
    while True:
        left = {what: arrived for what, arrived in waiting.items() if not arrived()}
        if not left or time.monotonic() >= end:
            return list(left)
        waiting = left
        time.sleep(0.5)


def _print_unconfirmed(config: Config, left: list[str]) -> None:
    if not left:
        say("confirmed: everything is on the drive")
        return
    note(f"written to the mount, upload to the drive not confirmed: {', '.join(left)}")
    note("a mount that caches writes uploads some seconds later: leave it running until a peer sees the mesh")
    if config.store.rc is None:
        note("with store.rc, the remote control of that mount, mesharr asks the drive itself")


def _has_mesh(store: Store) -> bool:
    try:
        store.mesh()
    except Missing:
        return False
    return True


def _check_unanchored(config: Config, library: str, disk: Disk, known: KnownMounts) -> None:
    cloud = config.libraries[library].cloud
    open_library(config, library, "", disk, known.of_library(library)).check_known_mount()
    try:
        names = disk.listdir(cloud)
    except Missing as error:
        raise Refused(
            f"libraries.{library}: there is no folder {cloud}", "create it on the drive, or correct `cloud`"
        ) from error
    except Unavailable as error:
        raise Unavailable(f"libraries.{library}: {error.what}", error.fix) from error
    if ANCHOR in names:
        raise Refused(
            f"libraries.{library}: {cloud}/{ANCHOR} belongs to another mesh",
            "remove it if that mesh no longer exists, or correct `cloud`",
        )


def _anchor(config: Config, library: str, mesh_id: str, disk: Disk, known: KnownMounts) -> None:
    files = open_library(config, library, mesh_id, disk, known.of_library(library))
    files.init_anchor(mesh.anchor(mesh_id, library))
    say(f"created the anchor of {library} in {config.libraries[library].cloud}")
