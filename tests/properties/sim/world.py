"""One drive as several mounts show it: true for nobody at once, and damaged now and then.

Time is a number that the run moves. The *drive* holds the truth; each node has a `FaultyStore`, its own
view of it, that lists late, shows its own files before they are there, loses and tears what it was given,
and says that it failed when it did not. All chance comes from one seeded `Random`.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Final, Literal

import msgspec

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.disk.child import Missing
from mesharr.log import layout, mesh
from mesharr.log.chain import MAX_FILE
from mesharr.log.layout import ARCHIVE, EVENTS
from mesharr.log.store.folder import Occupied

MESH: Final = "7f3a9c21d0e4b655"
OTHER_MESH: Final = "00112233445566ff"
START_MS: Final = 1_790_000_000_000
SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
YEAR: Final = 365 * 24 * HOUR

StoreKind = Literal["directory", "off", "caching"]


class Faults(msgspec.Struct):
    """How badly a store behaves: probabilities per call, and the longest delays in milliseconds."""

    error: float = 0.0
    ambiguous: float = 0.0
    torn: float = 0.0
    lost: float = 0.0
    stuck: float = 0.0
    late: float = 0.0
    late_ms: int = 0
    stale_ms: int = 0
    write_back_ms: int = 0


class DriveFile(msgspec.Struct):
    """A file on the drive. `hidden` says until when a node's account does not show it (ms)."""

    content: bytes
    hidden: dict[str, int] = {}


class Counts(msgspec.Struct):
    """What a store was asked for since the last `take`."""

    lists: int = 0
    reads: int = 0
    writes: int = 0
    deletes: int = 0
    junk: int = 0
    """How many of the reads were of files that nobody may believe."""


class World:
    """The clock, the chance, the drive, and what is to happen next."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.now = START_MS
        self.faults = Faults()
        self.files: dict[str, DriveFile] = {}
        self.damaged: set[str] = set()
        self.foreign: set[str] = set()
        self.trace: list[str] = []
        self.halted: Callable[[], bool] = lambda: False
        self.deleting: Callable[[str, Callable[[], None]], None] = lambda _, delete: delete()
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, ms: int, what: Callable[[], None]) -> None:
        """Have `what` happen in so many milliseconds."""
        self._count += 1
        heapq.heappush(self._due, (self.now + ms, self._count, what))

    def run_until(self, end: int) -> None:
        """Let everything happen that is due by `end`, in order, and stand there."""
        while self._due and self._due[0][0] <= end and not self.halted():
            self.now, _, what = heapq.heappop(self._due)
            what()
        self.now = end

    def chance(self, probability: float) -> bool:
        """Return whether something of this probability happens now."""
        return probability > 0 and self.rng.random() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number between the two, both included."""
        return self.rng.randint(low, max(low, high))

    def say(self, text: str) -> None:
        """Keep a line for whoever reads a failed run."""
        self.trace.append(f"{(self.now - START_MS) / 1000:10.1f} {text}")

    def put(self, where: str, content: bytes, writer: str = "") -> None:
        """Put a file on the drive; others than its writer may see it late."""
        self.files[where] = self.file(content, writer)
        if writer:
            self.foreign.discard(where)  # a stranger had put something there before

    def file(self, content: bytes, writer: str = "") -> DriveFile:
        """Return a file that others than its writer may see late."""
        return DriveFile(content, _Late(self, writer) if self.faults.late else {})


class _Late(dict[str, int]):
    """Until when each node does not see a file, drawn when the node first looks."""

    def __init__(self, world: World, writer: str) -> None:
        super().__init__({writer: 0})
        self._world = world

    def __missing__(self, node: str) -> int:
        world = self._world
        late = world.chance(world.faults.late)
        self[node] = world.now + world.between(1, world.faults.late_ms) if late else 0
        return self[node]


class FaultyStore:
    """A node's view of the drive, as `mesharr.log.store.folder.Store` asks for it.

    A *directory* confirms what it wrote; *off* is a mount without a write cache, that may tear a file while
    it dies, and confirms what it closed; *caching* returns at once, confirms nothing, and uploads later,
    torn, or never. `pending` is what only this view has. `at` is told before and after each call.
    """

    def __init__(self, world: World, node: str, kind: StoreKind, at: Callable[[str], None]) -> None:
        self.world = world
        self.node = node
        self.kind = kind
        self.at = at
        self.down = False
        self.calls = Counts()
        self.pending: dict[str, bytes] = {}
        self._listed_at: dict[str, int] = {}
        self._names: dict[str, set[str]] = {}

    def take(self) -> Counts:
        """Return what was asked since the last time."""
        taken, self.calls = self.calls, Counts()
        return taken

    def mount_again(self, *, keep_pending: bool) -> None:
        """Forget what the mount remembers of the drive; what waited for upload is uploaded now, or lost."""
        self._listed_at.clear()
        for where, content in self.pending.items() if keep_pending else ():
            self.world.put(where, content, self.node)
        self.pending.clear()

    # -- the port

    def tails(self) -> list[str]:
        return self._list(EVENTS)

    def streams(self) -> list[str]:
        return self._list(ARCHIVE)

    def segments(self, stream: str) -> list[str]:
        return self._list(layout.segment_folder(stream))

    def read(self, where: str) -> bytes:
        self.at("before read")
        self.calls.reads += 1
        self.calls.junk += where in self.world.foreign
        self._fail()
        content = self._shown(where)
        if content is None:
            raise Missing(f"{where} is not there")
        if len(content) > MAX_FILE:
            raise Rejected(f"{where} is larger than {MAX_FILE} bytes")
        return content

    def write(self, where: str, content: bytes) -> bool:
        assert layout.parse_path(where) is not None
        self.at("before write")
        self.calls.writes += 1
        self._fail()
        there = self._shown(where)
        if there is not None:
            if there != content:
                raise Occupied(f"there is other content at {where}")
            return self._confirms(where, content)
        self._put(where, content)
        self.at("after write")
        if self.world.chance(self.world.faults.ambiguous):
            raise Unavailable("the connection broke after the write")
        return self._confirms(where, content)

    def is_confirmed(self, where: str, size: int) -> bool:
        self.at("before holds")
        self._fail()
        content = self._shown(where)
        return self.kind != "caching" and content is not None and len(content) == size

    def queued_uploads(self) -> frozenset[str]:
        return frozenset()

    def delete(self, where: str) -> None:
        self.at("before delete")
        self.calls.deletes += 1
        self._fail()
        self.pending.pop(where, None)
        self.world.deleting(where, lambda: self._forget(where))
        self.at("after delete")
        if self.world.chance(self.world.faults.ambiguous):
            raise Unavailable("the connection broke after the delete")

    def _forget(self, where: str) -> None:
        self.world.files.pop(where, None)
        folder, _, name = where.rpartition("/")
        self._names.get(folder, set()).discard(name)

    def mesh(self) -> bytes:
        self._fail()
        return mesh.encode(mesh.Mesh(name="simulated", id=MESH, made="2026-11-22T18:00:00Z"))

    def check_available(self) -> None:
        self._fail()

    def create(self, mesh_json: bytes) -> bool:
        raise Refused(f"there is a mesh already, these {len(mesh_json)} bytes make none")

    # -- what it does

    def _fail(self) -> None:
        if self.down or self.world.chance(self.world.faults.error):
            raise Unavailable("the store does not answer")

    def _confirms(self, where: str, content: bytes) -> bool:
        file = self.world.files.get(where)
        return self.kind != "caching" and file is not None and file.content == content

    def _list(self, folder: str) -> list[str]:
        self.at("before list")
        self.calls.lists += 1
        self._fail()
        listed_at = self._listed_at.get(folder)
        if listed_at is None or self.world.now >= listed_at:
            stale = self.world.between(0, self.world.faults.stale_ms) if self.kind != "directory" else 0
            self._listed_at[folder] = self.world.now + stale
            self._names[folder] = self._true_names(folder)
        own = {name for place in self.pending if (name := _name_in(folder, place))}
        names = sorted(self._names[folder] | own)
        self.world.rng.shuffle(names)
        return names

    def _true_names(self, folder: str) -> set[str]:
        return {name for where in self.world.files if (name := _name_in(folder, where)) and self._sees(where)}

    def _sees(self, where: str) -> bool:
        file = self.world.files[where]
        return not file.hidden or file.hidden[self.node] <= self.world.now

    def _shown(self, where: str) -> bytes | None:
        """Return the content as this view has it: what an old listing lacks cannot be opened."""
        if where in self.pending:
            return self.pending[where]
        folder, _, name = where.rpartition("/")
        if self.world.now < self._listed_at.get(folder, 0) and name not in self._names[folder]:
            return None
        file = self.world.files.get(where)
        return file.content if file is not None and self._sees(where) else None

    def _put(self, where: str, content: bytes) -> None:
        faults, world = self.world.faults, self.world
        if self.kind == "caching":
            self.pending[where] = content
            if not world.chance(faults.stuck):
                world.after(world.between(0, faults.write_back_ms), lambda: self._upload(where, content))
            return
        if self.kind == "off" and world.chance(faults.torn):
            self._land(where, content[: world.between(0, len(content) - 1)])
            raise Unavailable("the mount died in the middle of a write")
        self._land(where, content)

    def _upload(self, where: str, content: bytes) -> None:
        """What the write cache does later: the file arrives, or only a part of it, or nothing."""
        if self.pending.get(where) != content:
            return
        del self.pending[where]
        if self.world.chance(self.world.faults.lost):
            return
        torn = self.world.chance(self.world.faults.torn)
        self._land(where, content[: self.world.between(0, len(content) - 1)] if torn else content)

    def _land(self, where: str, content: bytes) -> None:
        self.world.put(where, content, self.node)
        folder, _, name = where.rpartition("/")
        if folder in self._names:
            self._names[folder].add(name)


def _name_in(folder: str, where: str) -> str:
    """Return the name that a listing of `folder` shows for a file at `where`, "" when it shows none."""
    if not where.startswith(f"{folder}/"):
        return ""
    return where[len(folder) + 1 :].partition("/")[0] if folder == ARCHIVE else where[len(folder) + 1 :]
