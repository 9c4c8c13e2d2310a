"""The one place that builds real objects from a config: disks, the store, libraries, the key."""

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import httpx
import msgspec

import mesharr
from mesharr.arr import kinds as arr_kinds
from mesharr.config import Config
from mesharr.core.actions import Policy
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.window import in_window
from mesharr.disk.child import ChildDisk, Disk
from mesharr.disk.library import ANCHOR, LibraryDisk, Places
from mesharr.disk.mount_rc import MountRc
from mesharr.disk.mounts import Mount, mount_of, read_mountinfo
from mesharr.disk.rc import RemoteControl, rc_client
from mesharr.disk.rclone_process import backend_of, check_hears_peers, started_at
from mesharr.log import keys, layout, mesh
from mesharr.log.ground import Memory, PathGrounds, no_probe
from mesharr.log.keys import NodeKey
from mesharr.log.living_store import LivingStore
from mesharr.log.mesh import Mesh
from mesharr.log.store import Store
from mesharr.node.audit import Auditor
from mesharr.node.describe import LibraryNotes
from mesharr.node.engine import Engine, Stages
from mesharr.node.first_day import FirstDay
from mesharr.node.follow import Follower
from mesharr.node.grabs import Grabs
from mesharr.node.guard import Guard, Kind
from mesharr.node.history import History
from mesharr.node.intake import Intake
from mesharr.node.library import AppLink, Library, Me
from mesharr.node.nightly import Nightly
from mesharr.node.peers import PeerList, Trusted
from mesharr.node.publish import Publisher
from mesharr.node.reconcile import Reconciler
from mesharr.node.scan import ScanStage
from mesharr.node.transfer import Allowance, Transfer
from mesharr.scanners import kinds as scanner_kinds
from mesharr.scanners.base import Scanner, ScannerSettings
from mesharr.settings.models import AppSettings
from mesharr.settings.units import seconds
from mesharr.state.db import Database
from mesharr.state.peers import PEERS_NAME, Peer, read_peers
from mesharr.state.state import State
from mesharr.uploads.base import Uploader
from mesharr.uploads.rclone import Rclone, RcloneSettings

log = logging.getLogger(__name__)

KEY_NAME = "node.key"
DB_NAME = "mesharr.db"


def app_of(config: Config, prefix: str) -> str | None:
    """Return the app whose script variables begin with `prefix` (`radarr`); None when not just one does."""
    found = arr_kinds()
    apps = [name for name, app in config.apps.items() if found[app.kind].prefix.rstrip("_") == prefix]
    return apps[0] if len(apps) == 1 else None


class BadKey(Refused):
    """The key file is missing, damaged, or readable by others: nothing is signed with it."""


def key_path(config_dir: str) -> str:
    """Return where the key of a config dir lies."""
    return os.path.join(config_dir, KEY_NAME)


def load_key(config_dir: str) -> NodeKey:
    """Return this node's key; raise `BadKey` when there is none that may be used."""
    try:
        return keys.load(key_path(config_dir))
    except Refused as error:
        raise BadKey(error.what, error.mend) from error


def open_disk(deadline: float = 30.0) -> Disk:
    """Return the disk for everything that may lie on a mount: a hang costs a child process, not this one.

    No call takes longer than `deadline` seconds.
    """
    return ChildDisk(deadline)


def open_store(config: Config, disk: Disk, state: State | None = None, ground: str = "") -> LivingStore:
    """Return the store at `store.path`, of whatever kind lies there at each use. Touches nothing yet.

    With a state it knows the mesh this node belongs to, remembers where it was seen alive (the note
    `store:ground`, which is `ground` for who only reads), and what its remote control or its mount
    lacks is logged once and kept for `status`.
    """
    if state is None:
        return LivingStore(_grounds(config, disk, Memory(lambda: ground)))
    return LivingStore(_grounds_of(config, disk, state), lambda: state.notes.get("mesh"))


def check_store(config: Config, state: State) -> None:
    """Raise `Refused` when `store.path` can be no store for a reason that waiting does not mend.

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


def why_peers_are_late(config: Config) -> str:
    """Return why peers are heard later than at the next poll, or never, with what mends it; "" when they are.

    Looks at the store's mount as it is now, for a few seconds. "" also when that is not alive, or cannot be
    looked into: a mount's process on another machine, or outside of this container.
    """
    said = [""]
    disk = open_disk(5.0)
    grounds = _grounds(config, disk, Memory(tell=said.append), partial(_probe, config))
    try:
        grounds.open(grounds.now()).tails()
    except Refused as error:
        return str(error)
    except Unavailable as error:
        log.debug("the store is not alive: %s", error)
    finally:
        disk.close()
    return said[-1]


def _grounds_of(config: Config, disk: Disk, state: State) -> PathGrounds:
    notes = state.notes
    recall, keep = partial(notes.get, "store:ground"), partial(notes.set, "store:ground")
    return _grounds(config, disk, Memory(recall, keep, partial(_lacks, state)), partial(_probe, config))


def _grounds(
    config: Config, disk: Disk, memory: Memory, probe: Callable[[Mount], str] = no_probe
) -> PathGrounds:
    url = config.store.rc
    control = RemoteControl(rc_client(url.get_secret_value())) if url else None
    return PathGrounds(config.store.path, disk, memory, control, probe)


def _lacks(state: State, why: str) -> None:
    before = state.notes.get("store:lacks")
    if why == before:
        return
    state.notes.set("store:lacks", why)
    if why:
        log.warning("%s", why)
    else:
        log.info("the store lacks nothing now (before: %s)", before)


def hears_peers(config: Config, disk: Disk) -> str:
    """Return what keeps the store's mount from showing the peers' files in time, "" for nothing.

    Raises `Refused` when it would never show them.
    """
    if config.store.rc is not None:
        return ""
    return _probe(config, mount_of(disk.realpath(config.store.path), read_mountinfo()))


def _probe(config: Config, mount: Mount) -> str:
    found = started_at(mount.point) if mount.fstype == "fuse.rclone" else None
    if found is None:
        return ""
    return check_hears_peers(found, backend_of(found.remote, found.config or config.uploads.rclone.config))


def read_mesh(store: Store) -> Mesh:
    """Return the mesh of a store; raise `Unavailable` when it cannot be seen, `Rejected` when damaged."""
    return mesh.decode(store.mesh())


def open_library(config: Config, name: str, mesh_id: str, disk: Disk) -> LibraryDisk:
    """Return the files of a library of the config, whose anchor is to name it and this mesh."""
    library = config.libraries[name]

    def check_anchor(content: bytes) -> None:
        mesh.check_anchor(content, mesh_id, name)

    places = Places(path=library.path, cloud=library.cloud, local=library.local or "")
    return LibraryDisk(name, places, disk, check_anchor, read_mountinfo, _mount_rc(config, name, disk))


def anchor_confirmed(config: Config, name: str, size: int, disk: Disk) -> bool:
    """Return whether the anchor of a library is known to be on the drive, and not only in a mount's cache."""
    cloud = config.libraries[name].cloud
    if not mount_of(disk.realpath(cloud), read_mountinfo()).fstype.startswith("fuse."):
        return True
    control = _mount_rc(config, name, disk)
    return control is not None and control.stored(ANCHOR, size)


def _mount_rc(config: Config, name: str, disk: Disk) -> MountRc | None:
    """Return the remote control of a library's mount: its own, or the store's when the mount is the same."""
    library = config.libraries[name]
    if library.rc is not None:
        return MountRc(rc_client(library.rc.get_secret_value()), library.cloud, disk)
    if config.store.rc is not None:
        client = rc_client(config.store.rc.get_secret_value())
        return MountRc(client, library.cloud, disk, beside=config.store.path)
    return None


def open_state(config_dir: str) -> State:
    """Return this node's state; its incarnation is drawn with the database."""
    return State(Database(os.path.join(config_dir, DB_NAME)))


def wall_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def hold_limits(config: Config) -> dict[Kind, int]:
    """Return how much of each kind one peer may cause in an hour before a person is asked."""
    holds = config.policy.holds
    return {
        "removals": holds.removals,
        "own_removals": holds.removals,
        "unmonitors": holds.unmonitors,
        "claims": holds.claims,
        "moves": holds.moves,
        "first_adds": holds.first_adds,
    }


def open_uploader(config: Config) -> Uploader | None:
    """Return what brings files to the drive; None when they get there by other means."""
    return open_rclone(config) if config.uploads.mode in {"move", "copy"} else None


def open_rclone(config: Config) -> Rclone:
    """Return the rclone of the config. Starts nothing yet."""
    uploads = config.uploads
    settings = RcloneSettings(
        binary=_program(uploads.rclone.binary), config=uploads.rclone.config, bwlimit=uploads.bwlimit
    )
    return Rclone(settings)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What a running node is made of beside its config: its state, its disk, its clock (ms).

    `run` runs a transfer here or in a thread. `transport` gives the transport for a URL (None: the
    network), `uploader` what brings files to the drive: a test puts its own there. `store_disk` is the
    store's own disk, so that its mount may hang and the libraries' are still read (None: `disk`).
    """

    config_dir: str
    config: Config
    state: State
    disk: Disk
    clock: Callable[[], int] = wall_ms
    run: Callable[[Callable[[], None]], object] = lambda work: work()
    transport: Callable[[str], httpx.BaseTransport | None] = lambda _url: None
    uploader: Callable[[Config], Uploader | None] = open_uploader
    store_disk: Disk | None = None


def open_apps(runtime: Runtime) -> dict[str, AppLink]:
    """Return a way to talk to each configured arr, by its name in the config."""
    return {
        name: AppLink(name, kind, kind.connect(app_client(app, runtime.transport(app.url))))
        for name, app in runtime.config.apps.items()
        if (kind := arr_kinds()[app.kind])
    }


def app_client(app: AppSettings, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the HTTP client of one arr, which carries its key."""
    headers = {"X-Api-Key": app.api_key.get_secret_value()}
    return httpx.Client(base_url=app.url, headers=headers, timeout=app.timeout, transport=transport)


def open_scanners(runtime: Runtime) -> dict[str, tuple[ScannerSettings, Scanner]]:
    """Return each configured scanner by name: its own, or its kind, counted when there are several."""
    opened: dict[str, tuple[ScannerSettings, Scanner]] = {}
    for settings in runtime.config.scanners:
        name, count = settings.name or settings.kind, 2
        while name in opened:
            name, count = f"{settings.name or settings.kind}-{count}", count + 1
        client = httpx.Client(base_url=settings.url, timeout=30.0, transport=runtime.transport(settings.url))
        opened[name] = (settings, scanner_kinds()[settings.kind].connect(client, settings))
    return opened


def _again_ms(settings: ScannerSettings) -> int:
    return int(seconds(settings.again_after) * 1000) if settings.again_after else 0


def open_libraries(
    runtime: Runtime, mesh_id: str, scanners: Mapping[str, ScannerSettings]
) -> dict[str, Library]:
    """Return the libraries of the config, as the stages know them."""
    config = runtime.config
    mode = config.uploads.mode
    libraries: dict[str, Library] = {}
    for name, library in config.libraries.items():
        libraries[name] = Library(
            name=name,
            ground=open_library(config, name, mesh_id, runtime.disk),
            policy=_policy(config, name),
            app=library.app or "",
            root=library.root or library.path,
            remote=library.remote or "" if mode in {"move", "copy"} and library.local else "",
            keep_local=mode == "copy",
            profile=library.quality_profile,
            scan_roots={
                scanner: settings.paths.get(name, library.scan)
                for scanner, settings in scanners.items()
                if not settings.only or name in settings.only
            },
        )
    return libraries


def _policy(config: Config, name: str) -> Policy:
    policy = config.policy
    return Policy(
        on_import=policy.on_import,
        on_remove=policy.on_remove,
        on_remonitor=policy.on_remonitor,
        follow=config.libraries[name].follow,
        quiet_after=int(policy.quiet_after * 1000),
        replaced_after=int(policy.replaced_after * 1000),
        gone_after=int(policy.gone_after * 1000),
    )


def _program(name: str) -> str:
    """Return where a program is: on PATH, or beside this Python, where packages put theirs."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if shutil.which(name) is None and os.access(beside, os.X_OK) else name


def _allowance(config: Config) -> Allowance:
    window = config.uploads.window

    def open_at(now: int) -> bool:
        if window is None:
            return True
        local = datetime.fromtimestamp(now / 1000).astimezone()
        return in_window(local.hour * 60 + local.minute, window)

    return Allowance(open_at=open_at, daily=config.uploads.limit or 0)


def peer_list(config_dir: str) -> PeerList:
    """Return what reads the trusted peers, anew whenever their file has changed."""
    held: dict[str, Trusted] = {}
    seen: list[object] = []

    def peers() -> dict[str, Trusted]:
        path = os.path.join(config_dir, PEERS_NAME)
        stat = os.stat(path) if os.path.exists(path) else None
        mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None
        if seen != [mark]:
            found = [_trusted(peer) for peer in read_peers(config_dir)]
            held.clear()
            held.update({peer.node: peer for peer in found})
            seen[:] = [mark]
        return dict(held)

    return peers


def _trusted(peer: Peer) -> Trusted:
    key = keys.parse_key(peer.key)
    if key is None or layout.node_id(peer.name, key) != peer.node:
        raise Refused(
            f"{PEERS_NAME}: the key of {peer.node} is damaged", "untrust it, and trust its token again"
        )
    return Trusted(peer.node, peer.name, key, keys.verifier(key), frozen=bool(peer.frozen))


def build_engine(runtime: Runtime, mesh_id: str, key: NodeKey) -> tuple[Engine, Uploader | None]:
    """Return this node's stages, and its uploader, which is to be told when the node stops."""
    config, state = runtime.config, runtime.state
    me = Me(layout.node_id(config.node, key.public), config.node, mesh_id)
    apps, scanners = open_apps(runtime), open_scanners(runtime)
    libraries = open_libraries(runtime, mesh_id, {name: settings for name, (settings, _) in scanners.items()})
    store = open_store(config, runtime.store_disk or runtime.disk, state)
    uploader = runtime.uploader(config)
    peers = peer_list(runtime.config_dir)
    own = Trusted(me.node, me.name, key.public, keys.verifier(key.public))
    guard = Guard(state, hold_limits(config), ask_first=config.policy.first_contact == "ask")
    grabs = Grabs(me, libraries, apps, state)
    intake = Intake(me, libraries, apps, state, grabs.heard)
    notes = LibraryNotes(state, libraries, apps)
    publisher = Publisher(me, key, store, peers, state, notes.describe, mesharr.__version__)
    follower = Follower(me, own, store, peers, state, lambda: publisher.stream)
    first_day = FirstDay(me, libraries, apps, state, guard, follower.behind, follower.trusted)
    state.notes.set("mesh", mesh_id)
    stages = Stages(
        first_day=first_day,
        intake=intake,
        grabs=grabs,
        history=History(libraries, apps, state, int(config.schedule.history * 1000)),
        transfer=Transfer(libraries, uploader, _allowance(config), state, guard, runtime.run),
        publisher=publisher,
        follower=follower,
        auditor=Auditor(me, own, store, state, lambda: publisher.stream),
        reconciler=Reconciler(me, libraries, apps, state, guard, runtime.clock, first_day.opened),
        nightly=Nightly(me, libraries, apps, intake, notes, state),
        scanners=tuple(
            ScanStage(name, scanner, libraries, state, _again_ms(settings))
            for name, (settings, scanner) in scanners.items()
        ),
    )
    return Engine(state, runtime.clock, stages), uploader
