"""Run a household in one process: a node with its stages, simulated apps, a Plex, and real files.

A `LibrarySetup` names each of its libraries and the arr that keeps it: one Radarr with its films unless
others are given. Nothing runs by itself: `settle` drives everything that is due, `clock` is moved by hand.
The drive is a directory all households share, and each household's library folders too.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec

from mesharr.bootstrap.engine import Runtime, build_engine, open_apps, run_dry
from mesharr.config import Config, parse_config
from mesharr.core.errors import Unavailable
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.demo.radarr.app import Film, SimulatedRadarr
from mesharr.disk.child import Disk, LocalDisk
from mesharr.log import keys, layout, mesh
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.passes.dry_run import DryRunReport
from mesharr.node.passes.engine import Engine
from mesharr.notify.base import Message, Notifier, NotifierSettings
from mesharr.scanners.base import Scanner
from mesharr.state.db import Database
from mesharr.state.peers import Peer, read_peers, trusted, write_peers
from mesharr.state.state import State
from mesharr.uploads.base import FileRefused, Occupied, Progress, Quota, Uploaded, UploadedBatch, Uploader

MESH = "7f3a9c21d0e4b655"
LONGEST_IDLE_MS = 1_800_000
"""After so long a household makes a pass though nothing is due: some stages count time by themselves."""
FILMS = {
    number: Film(tmdb_id=number, title=f"Film {number}", year=2000 + number % 20)
    for number in range(1, 20_001)
}


class Clock:
    """Wall time in ms, moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_790_000_000_000

    def __call__(self) -> int:
        return self.ms

    def seconds(self) -> float:
        return self.ms / 1000

    def forward(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


class CopyUploader:
    """Uploads by copying into the drive's folder; `remote:` stands for it."""

    def __init__(self, drive: Path) -> None:
        self.drive = drive
        self.sent: list[str] = []
        self.fail: Exception | None = None

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        if self.fail:
            raise self.fail
        place = self.drive / target.partition(":")[2]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.exists(source):
            raise Unavailable(f"{source} is gone")
        there = place.exists() and place.read_bytes() == Path(source).read_bytes()
        if place.exists() and not there and not replaces:
            raise Occupied(target, place.stat().st_size)
        if not there:
            shutil.copyfile(source, place)
            self.sent.append(target)
        size = place.stat().st_size
        report(Progress(size, size, size))
        return Uploaded(size, sent=not there)

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        done = {}
        for path, source in files.items():
            try:
                if self.find(f"{root}/{path}") is None:
                    done[path] = self.upload(source, f"{root}/{path}", lambda _progress: None)
            except Quota:
                raise
            except (Unavailable, FileRefused):
                continue
        return UploadedBatch(done)

    def find(self, target: str) -> Uploaded | None:
        place = self.drive / target.partition(":")[2]
        return Uploaded(place.stat().st_size, sent=False) if place.is_file() else None

    def read(self, target: str, limit: int) -> bytes | None:
        if self.fail:
            raise self.fail
        place = self.drive / target.partition(":")[2]
        return place.read_bytes()[:limit] if place.is_file() else None

    def take_back(self, target: str, size: int) -> bool:
        return False

    def is_half(self, target: str, size: int, source: str) -> bool:
        content = self.read(target, size)
        return content is not None and Path(source).read_bytes().startswith(content)

    def sweep(self, target: str) -> None:
        return None

    def stop(self) -> None:
        return None


Make = Callable[[str, str, Clock, Post], SimulatedApp]
"""Makes an arr from its name, its root folder, its clock and what sends its webhooks; its key is `key`."""


class LibrarySetup(msgspec.Struct, frozen=True):
    """A library of a household, and the arr that keeps it; `app` is also the name of its host."""

    library: str
    app: str
    make: Make


def make_radarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    """Return a Radarr that knows `FILMS`."""
    return SimulatedRadarr(
        name=name,
        roots=[root],
        api_key="key",
        catalogue=FILMS,
        now=clock.seconds,
        post=post,
        workers=False,
    )


MOVIES = LibrarySetup("movies", "radarr", make_radarr)


def make_drive(drive: Path, libraries: tuple[str, ...] = ("movies",)) -> None:
    """Make a shared drive with a mesh and the anchors of its libraries."""
    (drive / ".mesharr").mkdir(parents=True)
    store = DirectoryStore(str(drive / ".mesharr"), LocalDisk())
    store.create(mesh.encode(mesh.Mesh(name="test", id=MESH, made="2026-11-22T18:00:00Z")))
    for library in libraries:
        (drive / library).mkdir()
        (drive / library / ".mesharr-anchor").write_bytes(mesh.anchor(MESH, library))


class Recorder:
    """A notifier that appends to the household's `notified`; while the household is `mute` it fails."""

    def __init__(self, house: "Household") -> None:
        self._house = house

    def send(self, message: Message) -> None:
        if self._house.mute:
            raise Unavailable("nobody takes it")
        self._house.notified.append(message)


class Answering:
    """A media server, asked whether it answers only when the answer may be another than yes.

    That request is a quarter of what a pass costs in which nothing is due.
    """

    def __init__(self, scanner: Scanner, plex: SimulatedPlex) -> None:
        self._scanner = scanner
        self._plex = plex
        self.scan = scanner.scan
        self.scan_many = scanner.scan_many

    def check_available(self) -> None:
        """Return when the scanner answers and accepts the credentials."""
        if self._plex._failure is not None:
            self._scanner.check_available()


class Passed(msgspec.Struct, frozen=True):
    """The last pass of a household: when it was (ms), and how the database and the store were before it."""

    at: int = 0
    mark: tuple[int, int] = (0, 0)
    store: int = 0


class Household:
    """One node over a shared drive. `restart` builds its stages again over the same database.

    While `down`, its webhook is refused; while `deaf`, it is taken and forgotten: what happens then
    happened before there was a mesharr. `hooks` holds every body that was taken.
    """

    alone = False
    """Whether no other process opens the database, such as a command."""

    def __init__(
        self,
        name: str,
        root: Path,
        drive: Path,
        clock: Clock,
        setups: Sequence[LibrarySetup] = (MOVIES,),
        **changes: Any,
    ) -> None:
        """`changes` are merged into the config."""
        self.setups = tuple(setups)
        self.name = name
        self.clock = clock
        self.drive = drive
        self._events = str(drive / ".mesharr" / "events")
        self.dir = root / name
        self.dir.mkdir(parents=True)
        self.key = keys.generate(str(self.dir / "node.key"))
        self.node = layout.node_id(name, self.key.public)
        self.changes = changes
        self.folders = {setup.library: self.make_library(setup.library) for setup in self.setups}
        self.uploader = CopyUploader(drive)
        self.arrs = {
            setup.app: setup.make(name, str(self.folders[setup.library]), clock, self._webhook)
            for setup in self.setups
        }
        sections = [
            PlexSection(str(number), library.capitalize(), (str(folder),))
            for number, (library, folder) in enumerate(self.folders.items(), 1)
        ]
        self.plex = SimulatedPlex(token="token", sections=sections)
        self.down = False
        self.deaf = False
        self.hooks: list[bytes] = []
        self.notified: list[Message] = []
        self.mute = False
        self.started = False
        self._dues: list[int] | None = None
        self.restart()
        self.connect()

    @property
    def radarr(self) -> SimulatedRadarr:
        """The Radarr of a household that has one."""
        return cast(SimulatedRadarr, self.arrs["radarr"])

    @property
    def library(self) -> Path:
        """The folder of the first library, as mesharr and its arr see it."""
        return next(iter(self.folders.values()))

    def connect(self) -> None:
        """Register the webhook in every arr."""
        for app, arr in self.arrs.items():
            arr.connect(f"http://mesharr/hook/{app}", {})

    def _webhook(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        del headers
        if self.down:
            raise httpx.ConnectError("connection refused")
        if b'"eventType": "Test"' not in body and b'"eventType":"Test"' not in body:
            self.hooks.append(body)
            if self.deaf:
                return 200
            self.state.inbox.put(url.rpartition("/")[2], "webhook", body, self.clock())
        return 200

    # -- what a test may make otherwise

    def make_library(self, library: str) -> Path:
        """Return the folder of a library as mesharr and its arr see it."""
        return self.drive / library

    def make_disk(self) -> Disk:
        """Return the disk a new process has."""
        return LocalDisk()

    def make_database(self) -> Database:
        """Return the database a new process opens."""
        kind = LockedDatabase if self.alone else QuickDatabase
        return kind(str(self.dir / "mesharr.db"))

    def make_uploader(self) -> Uploader:
        """Return what uploads."""
        return self.uploader

    def make_notifier(self, settings: NotifierSettings) -> Notifier:
        """Return a notifier that puts each message into `notified`."""
        return Recorder(self)

    def run(self, work: Callable[[], bool]) -> object:
        """Run one transfer."""
        return work()

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        """Answer a request of mesharr to the program at `url`."""
        arr = self.arrs.get(url.removeprefix("http://"))
        return (arr or self.plex).handle(request)

    def config(self) -> Config:
        """Return the config of this household."""
        base: dict[str, Any] = {
            "node": self.name,
            "store": {"path": str(self.drive / ".mesharr")},
            "apps": {app: {"url": f"http://{app}", "api_key": "key"} for app in self.arrs},
            "libraries": {
                setup.library: {
                    "app": setup.app,
                    "root": str(self.folders[setup.library]),
                    "path": str(self.folders[setup.library]),
                    "quality_profile": "Any",
                }
                for setup in self.setups
            },
            "uploads": {"mode": "none"},
            "scanners": [{"kind": "plex", "url": "http://plex", "token": "token", "pause": "0s"}],
        }
        return parse_config(_merged(base, self.changes), f"{self.name}.yml")

    def restart(self) -> None:
        """Build the stages over the database, as a new process would."""
        if self.started:
            self.state.db.close()
        self.started = True
        self.state: State = State(self.make_database())
        self.engine = self._engine()
        self._passed, self._dues = Passed(), None

    def _engine(self) -> Engine:
        runtime = self._runtime(self.state)
        self.links = open_apps(runtime)
        engine, _ = build_engine(runtime, MESH, self.key)
        if not {"scanners", "answer"} & {*self.changes, *vars(self)}:  # else a test has its own server
            checked = engine.watch._scanners
            checked.update({at: (name, Answering(each, self.plex)) for at, (name, each) in checked.items()})
        return engine

    def dry_run(self) -> DryRunReport:
        """Return what a sync would publish and do now."""
        database = self.state.db
        with database.shared() if isinstance(database, LockedDatabase) else contextlib.nullcontext():
            copy = State(Database.copy_of(str(self.dir / "mesharr.db")))
        try:
            return run_dry(self._runtime(copy), MESH, self.key)
        finally:
            copy.db.close()

    def _runtime(self, state: State) -> Runtime:
        def uploader(config: Config, node: str) -> Uploader | None:
            assert node == self.node
            return self.make_uploader() if config.uploads.sends else None

        return Runtime(
            config_dir=str(self.dir),
            config=self.config(),
            state=state,
            disk=self.make_disk(),
            clock=self.clock,
            transport=lambda url: httpx.MockTransport(partial(self.answer, url)),
            uploader=uploader,
            notifier=self.make_notifier,
            run=self.run,
        )

    def trust(self, *peers: "Household") -> None:
        """Trust other households."""
        known = read_peers(str(self.dir))
        for peer in peers:
            known = trusted(
                known,
                Peer(node=peer.node, name=peer.name, key=keys.key_text(peer.key.public), since="2026-11-22"),
            )
        write_peers(str(self.dir), known)

    # -- driving

    def once(self, *, compare: bool = False) -> None:
        """One pass of the stages, and of the arrs' own commands before and after."""
        self.run_commands()
        self.engine.tick()
        self.begin_pass()
        self.engine.once(compare=compare)
        self.run_commands()

    def begin_pass(self) -> None:
        """Note how everything is before a pass: what it changes makes another one due."""
        self._passed = Passed(self.clock(), self.state.db.mark(), self._store_changed_at())
        self._dues = None

    def tick(self) -> None:
        """Let the running time go on. That it is kept makes no pass due."""
        before = self.state.db.mark()
        self.engine.tick()
        if self._passed.mark == before:
            self._passed = msgspec.structs.replace(self._passed, mark=self.state.db.mark())

    def once_when_due(self) -> None:
        """Make a pass if one would do anything; else only the arrs work, and the running time goes on."""
        self.run_commands()
        if self.is_due():
            self.once()
        else:
            self.tick()

    def is_due(self) -> bool:
        """Return whether there is work: something was written, the store changed, or something is due."""
        now, last = self.clock(), self._passed
        if last.mark != self.state.db.mark() or last.store != self._store_changed_at():
            return True
        if now - last.at >= LONGEST_IDLE_MS:
            return True
        if self._dues is None:  # they stay, as nothing was written since
            ready = self.state.outbox.ready(limit=1)
            dues = (0 if ready else None, self.engine.next_due(), self.engine.grabs.next_due())
            self._dues = [due for due in dues if due is not None]
        return any(due <= now for due in self._dues)

    def _store_changed_at(self) -> int:
        """Return when a file came into the store or went (ns), 0 when it is not there."""
        try:
            return os.stat(self._events).st_mtime_ns
        except OSError:
            return 0

    def run_commands(self) -> object:
        """Have every arr run what it has queued."""
        for arr in self.arrs.values():
            arr.run_commands()
        return None

    def events(self) -> list[str]:
        """Return the types of this node's own events, hellos left out."""
        rows = self.state.streams.since(self.engine.publisher.stream, 1)
        return [row.type for row in rows if row.type != "node.hello"]

    def read_of(self, peer: "Household") -> list[str]:
        """Return the types of a peer's events as this node has read them, hellos left out."""
        mine = (row.stream for row in self.state.streams.all() if row.stream.startswith(f"{peer.node}."))
        rows = [row for stream in mine for row in self.state.streams.since(stream, 1)]
        return [row.type for row in rows if row.type != "node.hello"]

    def waits(self) -> dict[str, int]:
        """Return how much is left to do in each queue, hellos left out: {} when all is done."""
        tables = ("inbox", "outbox WHERE type!='node.hello'", "uploads", "dirty", "scans")
        counts = {
            table.split()[0]: self.state.db.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables
        }
        return {table: count for table, count in counts.items() if count}

    def writes(self) -> list[str]:
        """Return what was asked of the arrs beyond reading, as `METHOD path`, since the logs were emptied."""
        return [f"{method} {path}" for method, path in self.requests() if method != "GET"]

    def requests(self) -> list[tuple[str, str]]:
        """Return (method, path with query) of what was asked of the arrs since their logs were emptied."""
        return [request for arr in self.arrs.values() for request in arr.requests]

    def forget_requests(self) -> None:
        """Empty the logs of requests of all arrs."""
        for arr in self.arrs.values():
            arr.forget_requests()

    @contextlib.contextmanager
    def unseen(self) -> Iterator[None]:
        """Requests made inside are in no log."""
        before = {app: list(arr.requests) for app, arr in self.arrs.items()}
        try:
            yield
        finally:
            for app, arr in self.arrs.items():
                arr.requests[:] = before[app]

    def ask(self, path: str, app: str = "radarr") -> Any:
        """Return what an arr's API answers to a GET, without counting the request."""
        return self.tell("GET", path, app).json()

    def tell(self, method: str, path: str, app: str = "radarr") -> httpx.Response:
        """Return what an arr's API answers, without counting the request: a client of the user asks."""
        arr = self.arrs[app]
        url = f"http://{app}{arr.definition.api}/{path}"
        request = httpx.Request(method, url, headers={"X-Api-Key": "key"})
        with self.unseen():
            fail, arr.fail = arr.fail, None
            try:
                return arr.handle(request)
            finally:
                arr.fail = fail

    def movie(self, tmdb: int) -> dict[str, Any] | None:
        """Return what the arr's API shows of a film."""
        found = self.ask(f"movie?tmdbId={tmdb}")
        return found[0] if found else None

    def shows(self, tmdb: int) -> tuple[bool, bool]:
        """Return whether a film that is in the arr is monitored there, and has a file."""
        movie = self.movie(tmdb)
        assert movie is not None, f"{self.name} does not have film {tmdb}"
        return movie["monitored"], movie["hasFile"]

    def tags(self, tmdb: int) -> list[str]:
        """Return the tag labels of a film."""
        labels = {tag["id"]: tag["label"] for tag in self.ask("tag")}
        movie = self.movie(tmdb)
        assert movie is not None
        return [labels[tag] for tag in movie["tags"]]


class QuickDatabase(Database):
    """A database that does not wait for the platter: no test here cuts the power."""

    def __init__(self, path: str) -> None:
        if path != ":memory:" and not os.path.exists(path):
            Path(path).write_bytes(_new_database())
        super().__init__(path)
        self._connection.execute("PRAGMA synchronous=OFF")

    def _sync(self, level: str) -> None:
        """Leave it so."""


@cache
def _new_database() -> bytes:
    """Return the file of a new database: to copy it takes a fifth of making its tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mesharr.db"
        Database(str(path)).close()
        return path.read_bytes()


class LockedDatabase(QuickDatabase):
    """A database that locks its file once and not for each statement: nobody opens it beside this process."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Let others read the file meanwhile."""
        self._connection.execute("PRAGMA locking_mode=NORMAL")
        self.row("SELECT count(*) FROM sqlite_master")  # the lock goes with the next read
        yield
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")


def pair(root: Path, clock: Clock, **changes: Any) -> tuple[Household, Household]:
    """Return two households that trust each other, over a drive below `root`; the first hellos are out."""
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock, **changes)
    bob = Household("bob", root, root / "drive", clock, **changes)
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    return alice, bob


def settle(clock: Clock, *households: Household, seconds: float = 20 * 60, steps: int = 60) -> None:
    """Let virtual time pass, every household doing what is due, until `seconds` are over.

    Of the steps of time, those in which nothing is due are skipped, but for the first and the last.
    """
    for step in range(steps + 1):
        if step:
            clock.forward(seconds / steps)
        for household in households:
            if step in {0, steps}:
                household.once()
            else:
                household.once_when_due()


def import_on(clock: Clock, house: Household, *others: Household, tmdb: int = 7, size: int = 4096) -> None:
    """Add a film and import it on one household, and let all others follow to the end."""
    if house.movie(tmdb) is None:
        house.radarr.add(tmdb)
        settle(clock, house, *others, seconds=10, steps=5)
    house.radarr.download(tmdb, size=size)
    settle(clock, house, *others)


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
