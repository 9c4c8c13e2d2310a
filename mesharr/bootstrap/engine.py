"""Build the stages of a node, and the clients that its config names."""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256

import httpx
import msgspec

import mesharr
from mesharr.arr import kind as arr_kind
from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.files import open_library
from mesharr.bootstrap.identity import peer_list
from mesharr.bootstrap.store import open_store
from mesharr.bootstrap.uploaders import allowance, open_folder_uploader, open_folder_uploads, open_uploader
from mesharr.bounded_http import LIBRARY_BYTES, BoundedClient
from mesharr.core.planning.actions import Policy
from mesharr.core.planning.limits import LIMITS, Amounts, LimitKind
from mesharr.disk.child import Disk
from mesharr.disk.free_space import why_not_writable
from mesharr.disk.library import LibraryDisk, MountMemory
from mesharr.log import keys, layout
from mesharr.log.keys import NodeKey
from mesharr.log.store.guarded import GuardedStore
from mesharr.node.inward.empty_trash import EmptyTrash, forget_others
from mesharr.node.inward.reconcile import Reconciler
from mesharr.node.inward.scan import Pacing, ScanStage
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.inward.streams.refold import refold
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.joining.first_day import FirstDay
from mesharr.node.limits import Guard
from mesharr.node.model import AppLink, Library, LibraryStorage, LocalNode, Me, Trusted
from mesharr.node.outward.arr_history import ArrHistory
from mesharr.node.outward.compare.full_compare import FullComparison
from mesharr.node.outward.compare.item_compare import ItemComparer
from mesharr.node.outward.downloads.grabs import Grabs
from mesharr.node.outward.intake import Intake
from mesharr.node.outward.last_look import LastLook
from mesharr.node.outward.own_files import OwnFileWatch
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.stream.hello import LibraryDescriptions
from mesharr.node.outward.stream.incarnation import Incarnations
from mesharr.node.outward.stream.publish import Publisher
from mesharr.node.outward.stream.store_audit import Auditor
from mesharr.node.outward.transfer import Transfer, UploadMeans
from mesharr.node.passes.dry_run import ActionLog, DryClock, DryRunReport, dry_run
from mesharr.node.passes.engine import Engine
from mesharr.node.passes.recording import Edges, recording_edges
from mesharr.node.passes.running_time import RunningTime
from mesharr.node.status.connections import ConnectionWatch
from mesharr.node.status.notices import Notices, NotificationTarget
from mesharr.node.status.watch import Watch, WatchedStorage
from mesharr.notify import kind as notifier_kind
from mesharr.notify.base import Notifier, NotifierSettings
from mesharr.scanners import kind as scanner_kind
from mesharr.scanners.base import Scanner, ScannerSettings, TrashScanner
from mesharr.settings.certificates import trusted
from mesharr.settings.definition import Secret
from mesharr.settings.formats.value_formats import seconds
from mesharr.settings.models import AppSettings, Config
from mesharr.state.state import State
from mesharr.uploads.base import FolderUploader, Uploader


def app_of(config: Config, prefix: str) -> str | None:
    """Return the app whose script variables begin with `prefix`; None for none or several."""
    apps = [
        name for name, app in config.apps.items() if arr_kind(app.kind).script_prefix.rstrip("_") == prefix
    ]
    return apps[0] if len(apps) == 1 else None


def hold_limits(config: Config) -> dict[LimitKind, Amounts]:
    """Return how much of each kind one peer may cause before the user is asked."""
    return {row.kind: row.amounts(partial(getattr, config.policy.holds)) for row in LIMITS}


def open_notifier(settings: NotifierSettings) -> Notifier:
    """Return the notifier of an entry under `notify:`. Raises `Refused` when it can never work."""
    return notifier_kind(settings.kind).open(settings)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What the stages are built from. A test replaces what would reach a network or a program."""

    config_dir: str
    config: Config
    state: State
    disk: Disk
    """Reads the libraries."""
    clock: Callable[[], int] = wall_ms
    """Returns the time in ms since the epoch."""
    run: Callable[[Callable[[], bool]], object] = lambda work: work()
    """Runs a transfer: here, or in a thread."""
    transport: Callable[[str], httpx.BaseTransport | None] = lambda _url: None
    """Returns the HTTP transport for a URL; None for the network."""
    uploader: Callable[[Config, str], Uploader | None] = open_uploader
    """Returns what uploads files for a node, by its id; None when another program does."""
    folder_uploader: Callable[[Config], FolderUploader | None] = open_folder_uploader
    """Returns that other program, where mesharr starts it; None for any else."""
    notifier: Callable[[NotifierSettings], Notifier] = open_notifier
    """Returns what sends notifications."""
    store_disk: Disk | None = None
    """Reads the store, so that its mount may hang and the libraries are still read; None for `disk`."""
    count_request: Callable[[str, str], None] = lambda _program, _outcome: None
    """Counts a request to an app or a media server, by its name, and how it ended."""
    connection_problem: Callable[[str], str] | None = None
    """Asks an app, by name, what is wrong with mesharr's connection in it; None: nobody asks."""
    edges: Edges = Edges()
    """Wrap everything outside of the node: a dry run only records there."""

    def open_store(self) -> GuardedStore:
        """Return the store of the config; each caller has one of its own."""
        return open_store(self.config, self.store_disk or self.disk, self.state)

    def close(self) -> None:
        """Close its disks and its database."""
        self.disk.close()
        if self.store_disk:
            self.store_disk.close()
        self.state.db.close()


def open_apps(runtime: Runtime) -> dict[str, AppLink]:
    """Return the client of each configured app, by its name in the config."""
    return {
        name: AppLink(
            name,
            kind,
            runtime.edges.arr(
                kind.connect(
                    app_client(app, runtime.transport(app.url), partial(runtime.count_request, name))
                )
            ),
        )
        for name, app in runtime.config.apps.items()
        if (kind := arr_kind(app.kind))
    }


def app_client(
    app: AppSettings,
    transport: httpx.BaseTransport | None = None,
    count: Callable[[str], None] = lambda _outcome: None,
) -> httpx.Client:
    """Return the HTTP client of one app; it sends the API key and counts how requests end."""
    headers = {"X-Api-Key": app.api_key.get_secret_value()}
    return BoundedClient(
        max_bytes=LIBRARY_BYTES,
        count=count,
        base_url=app.url,
        headers=headers,
        timeout=app.timeout,
        transport=transport,
        verify=trusted(app.ca_file),
    )


def open_scanners(runtime: Runtime) -> dict[str, tuple[ScannerSettings, Scanner]]:
    """Return the configured media servers, by the names of `scanner_names`."""
    opened: dict[str, tuple[ScannerSettings, Scanner]] = {}
    for name, settings in scanner_names(runtime.config).items():
        client = BoundedClient(
            base_url=settings.url,
            timeout=30.0,
            transport=runtime.transport(settings.url),
            count=partial(runtime.count_request, name),
            verify=trusted(settings.ca_file),
        )
        scanner = scanner_kind(settings.kind).connect(client, settings)
        opened[name] = (settings, runtime.edges.scanner(scanner))
    return opened


def scanner_names(config: Config) -> dict[str, ScannerSettings]:
    """Return the settings of the media servers by name, or by kind with a number."""
    named: dict[str, ScannerSettings] = {}
    for settings in config.scanners:
        name, count = settings.name or settings.kind, 2
        while name in named:
            name, count = f"{settings.name or settings.kind}-{count}", count + 1
        named[name] = settings
    return named


def _pacing(settings: ScannerSettings) -> Pacing:
    again, pause = (int(seconds(text or "0") * 1000) for text in (settings.again_after, settings.pause))
    return Pacing(again_ms=again, pause_ms=pause, batch=scanner_kind(settings.kind).batch)


def _scan_stages(
    runtime: Runtime,
    scanners: Mapping[str, tuple[ScannerSettings, Scanner]],
    libraries: Mapping[str, Library],
) -> tuple[ScanStage, ...]:
    forget_others(runtime.state, {name for library in libraries.values() for name in library.trash_of})
    return tuple(
        ScanStage(
            name,
            scanner,
            libraries,
            runtime.state,
            _pacing(settings),
            _trash(runtime, name, scanner, libraries),
        )
        for name, (settings, scanner) in scanners.items()
    )


def _trash(
    runtime: Runtime, name: str, scanner: Scanner, libraries: Mapping[str, Library]
) -> EmptyTrash | None:
    """Return what empties the trash of a media server, None where that is not wanted."""
    if not any(name in library.trash_of for library in libraries.values()):
        return None
    if not isinstance(scanner, TrashScanner):
        return None
    # a store of its own, for the thread that scans
    return EmptyTrash(name, scanner, libraries, runtime.state, runtime.open_store().check_available)


def _empties_trash(settings: ScannerSettings) -> bool:
    return getattr(settings, "empty_trash", "never") == "after_removal"


def notification_targets(runtime: Runtime) -> list[NotificationTarget]:
    """Return the targets of notifications; an id is part of a hash, not the secret URL."""
    targets = {_target_id(settings): settings for settings in runtime.config.notify}
    return [
        NotificationTarget(
            id=name,
            on=frozenset(settings.on),
            libraries=frozenset(settings.libraries),
            peers=frozenset(settings.peers),
            gather_ms=int(seconds(settings.gather or "0") * 1000),
            most_per_hour=settings.most_per_hour,
            open=partial(runtime.notifier, settings),
        )
        for name, settings in targets.items()
    ]


def _target_id(settings: NotifierSettings) -> str:
    """Return the id of a target: it stays when only `on` or its pace changes."""
    plain = {
        name: value.get_secret_value() if isinstance(value, Secret) else str(value)
        for name, value in vars(settings).items()
        if name not in {"on", "gather", "most_per_hour"}
    }
    return sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:8]


def open_libraries(
    runtime: Runtime, mesh_id: str, scanners: Mapping[str, ScannerSettings]
) -> dict[str, Library]:
    """Return the libraries of the config, for the stages, by name."""
    config = runtime.config
    known = {app: arr_kind(settings.kind) for app, settings in config.apps.items()}
    titles = {app: kind.title for app, kind in known.items()}
    importing = {app for app, kind in known.items() if kind.imports_files}
    libraries: dict[str, Library] = {}
    for name, library in config.libraries.items():
        libraries[name] = Library(
            name=name,
            storage=runtime.edges.storage(_library_disk(runtime, name, mesh_id)),
            policy=_policy(config, name),
            app=library.app or "",
            app_title=titles.get(library.app or "", ""),
            root=library.root or library.path,
            remote=library.remote or "" if config.uploads.sends and library.local else "",
            keep_local=config.uploads.mode == "copy",
            profile=library.quality_profile,
            imports_files=library.app in importing,
            scan_roots={
                scanner: settings.paths.get(name, library.scan)
                for scanner, settings in scanners.items()
                if not settings.only or name in settings.only
            },
            trash_of=tuple(
                scanner
                for scanner, settings in scanners.items()
                if _empties_trash(settings) and (not settings.only or name in settings.only)
            ),
        )
    return libraries


def _library_disk(runtime: Runtime, name: str, mesh_id: str) -> LibraryDisk:
    known = runtime.state.libraries
    memory = MountMemory(known.mount(name), partial(known.note_mount, name))
    return open_library(runtime.config, name, mesh_id, runtime.disk, memory)


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


def build_engine(runtime: Runtime, mesh_id: str, key: NodeKey) -> tuple[Engine, Uploader | None]:
    """Return this node's stages, and its uploader, which has to be stopped with the node.

    Stored events are folded again first when an older mesharr folded them, which may take a while.
    """
    config, state = runtime.config, runtime.state
    refold(state, runtime.clock())
    me = Me(layout.node_id(config.node, key.public), config.node, mesh_id)
    apps, scanners = open_apps(runtime), open_scanners(runtime)
    libraries = _watched(
        runtime,
        open_libraries(runtime, mesh_id, {name: settings for name, (settings, _) in scanners.items()}),
    )
    store = runtime.edges.store(runtime.open_store())
    uploader = runtime.edges.uploader(runtime.uploader(config, me.node))
    program = runtime.edges.folder_uploader(runtime.folder_uploader(config))
    folder_uploads = open_folder_uploads(config, program, state, runtime.clock)
    allowed = allowance(config)
    state.node.note_uploads_limit(allowed.daily)
    means = UploadMeans(uploader, allowed, config.uploads.transfers, folder_uploads)
    peers = peer_list(runtime.config_dir)
    own = Trusted(me.node, me.name, key.public, keys.verifier(key.public))
    guard = Guard(me.node, state, hold_limits(config), ask_first=config.policy.first_contact == "ask")
    proofs = RemovalProofs(libraries, state, guard)
    node = LocalNode(me, libraries, apps, state)
    comparer = ItemComparer(node)
    grabs = Grabs(node, comparer)
    notes = LibraryDescriptions(node)
    incarnations = Incarnations(me, key, store, state)
    incarnations.begin()
    publisher = Publisher(incarnations, key, store, peers, state, notes.describe, mesharr.__version__)
    follower = Follower(me, own, store, peers, state, lambda: publisher.stream)
    first_day = FirstDay(node, guard, follower.behind, follower.trusted)
    visits = VisitContext(
        me=me, libraries=libraries, state=state, guard=guard, now=runtime.clock, watcher=runtime.edges.watcher
    )
    state.node.join(mesh_id)
    engine = Engine(
        state=state,
        clock=runtime.clock,
        tick=RunningTime(state, runtime.clock).tick,
        first_day=first_day,
        intake=Intake(node, comparer, grabs),
        grabs=grabs,
        history=ArrHistory(node, int(config.schedule.history * 1000)),
        transfer=Transfer(me, libraries, means, state, proofs, runtime.clock, runtime.run),
        own_files=OwnFileWatch(node),
        last_look=LastLook(libraries, proofs, state),
        publisher=publisher,
        follower=follower,
        auditor=Auditor(me, own, store, state, lambda: publisher.stream),
        reconciler=Reconciler(visits, apps, first_day.opened),
        watch=_watch(runtime, libraries, {name: scanner for name, (_, scanner) in scanners.items()}),
        notices=Notices(
            me, notification_targets(runtime), peers, state, partial(why_not_writable, runtime.config_dir)
        ),
        nightly=FullComparison(node, comparer, notes),
        scanners=_scan_stages(runtime, scanners, libraries),
    )
    return engine, uploader


def _watched(runtime: Runtime, libraries: Mapping[str, Library]) -> dict[str, Library]:
    """Return the libraries with storages that keep whether they are available."""

    def watched(library: Library) -> LibraryStorage:
        return WatchedStorage(library.name, library.storage, runtime.state, runtime.clock)

    return {
        name: msgspec.structs.replace(library, storage=watched(library))
        for name, library in libraries.items()
    }


def _watch(runtime: Runtime, libraries: Mapping[str, Library], scanners: Mapping[str, Scanner]) -> Watch:
    """Return the stage that checks mounts, media servers and connections in apps."""
    ask, apps = runtime.connection_problem, runtime.config.apps
    connections = ConnectionWatch(apps, ask, runtime.state) if ask else None
    return Watch(libraries, scanners, runtime.state, connections)


def run_dry(runtime: Runtime, mesh_id: str, key: NodeKey) -> DryRunReport:
    """Run a sync of a runtime whose state is a copy; return what it would publish and do.

    Nothing outside of that state is changed.
    """
    log, clock = ActionLog(), DryClock(runtime.clock)
    dry = msgspec.structs.replace(runtime, clock=clock, edges=recording_edges(log))
    engine, _ = build_engine(dry, mesh_id, key)
    libraries = {name: bool(library.app) for name, library in runtime.config.libraries.items()}
    return dry_run(engine, log, clock, libraries)
