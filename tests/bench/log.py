"""How fast a node catches up with a long log, beside the floor: reading, hashing and decoding its bytes.

The floor is what any reader of these files has to do. The product verifies the signature and the chain,
checks every body, and stores each event with its index in SQLite, fully synchronous.
"""

import argparse
import hashlib
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mesharr.core import hlc
from mesharr.core.events.schema import Copy, FileImported, Item
from mesharr.disk.child import LocalDisk
from mesharr.log import codec, keys, layout, mesh, writer
from mesharr.log.keys import NodeKey
from mesharr.log.store.folder import DirectoryStore
from mesharr.node.inward.streams import budget, follow
from mesharr.node.inward.streams.follow import Follower
from mesharr.node.model import Me, Trusted
from mesharr.state.db import Database
from mesharr.state.state import State

MESH = "7f3a9c21d0e4b655"
NOW = 1_790_000_000_000
PEAK_MIB = 150


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure; the bounds are counts and memory, never a time."""
    with tempfile.TemporaryDirectory() as folder:
        key = NodeKey(hashlib.sha256(b"bench").digest())
        store = DirectoryStore(str(Path(folder) / ".mesharr"), _CountingDisk())
        store.create(mesh.encode(mesh.Mesh(name="bench", id=MESH, made="2026-11-22T18:00:00Z")))
        stream = f"{layout.node_id('alice', key.public)}.00000001"
        bound = _requests_bound(write_history(store, stream, key, options.events))
        floor = _floor(Path(folder))
        requests, spent, state = _catch_up(store, stream, key, folder)
        floor = floor.least(_floor(Path(folder)))  # the machine is shared: the quieter one counts
        singles = _one_file_each(Path(folder), min(options.events, 20_000))
        applied = state.streams.cursor(stream)[0]
        storing = _storing(state, stream, folder)
        folded = _fold_all(state)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "bench": "log",
        "events": options.events,
        "floor_events_per_s": round(options.events / floor.wall),
        "events_per_s": round(applied / spent.wall),
        "share_of_floor": round(floor.wall / spent.wall, 2),
        "share_of_floor_cpu": round(floor.cpu / spent.cpu, 2),
        "cpu_us_per_event": round(spent.cpu / applied * 1e6, 1),
        "cpu_us_floor": round(floor.cpu / applied * 1e6, 1),
        "cpu_us_storing": round(storing.cpu / applied * 1e6, 1),
        "folds_per_s": round(folded),
        "one_file_each_events_per_s": round(singles),
        "requests": requests,
        "requests_bound": bound,
        "peak_mib": peak,
        "ok": applied == options.events and requests <= bound and peak <= PEAK_MIB,
    }


class Spent(msgspec.Struct, frozen=True):
    """Seconds by the wall, and of this process's own work, which neighbours disturb less."""

    wall: float
    cpu: float

    def least(self, other: "Spent") -> "Spent":
        """Return the smaller of each."""
        return Spent(min(self.wall, other.wall), min(self.cpu, other.cpu))


class _Watch:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        return Spent(time.perf_counter() - self._wall, time.process_time() - self._cpu)


def _requests_bound(lengths: Sequence[int]) -> int:
    """Return how many requests catching up may cost, from the rule by which its owner seals segments.

    One read for each segment (256 events or 128 KiB, whichever comes first) and one for the tail; and
    three listings in each poll, which takes 16 MiB: the tails, the segments, the tails again.
    """
    segments = count = size = 0
    for length in lengths:
        count, size = count + 1, size + length + 1
        if count >= writer.SEAL_EVENTS or size >= writer.SEAL_BYTES:
            segments, count, size = segments + 1, 0, 0
    polls = 1 + sum(lengths) // budget.MAX_PEER_BYTES
    return segments + 1 + 3 * polls


def _events(stream: str, key: NodeKey, count: int, items: int) -> Iterator[writer.Line]:
    node, _, inc = stream.rpartition(".")
    previous = codec.ZEROS
    for seq in range(1, count + 1):
        number = (seq - 1) % items + 1
        title = f"A film of some length {number}"
        item = Item(
            id=f"tmdb:{number}",
            kind="movie",
            ids={"tmdb": number, "imdb": f"tt{number:07d}"},
            title=title,
            year=2000 + number % 25,
            folder=f"{title} (2001)",
            profile="HD-1080p",
        )
        copy = Copy(
            path=f"{title} (2001)/{title} (2001) Bluray-1080p.mkv",
            size=8_000_000_000 + seq,
            units=("movie",),
            quality="Bluray-1080p",
            group="GRP",
            languages=("English",),
        )
        body = FileImported(library="movies", item=item, copies=(copy,), term=1)
        draft = codec.UnsignedEvent(
            mesh=MESH,
            node=node,
            inc=inc,
            seq=seq,
            prev=previous,
            hlc=hlc.text_of(NOW - 86_400_000 + seq),
            type="file.imported",
            body=msgspec.json.encode(body),
        )
        event = codec.encode(draft, key.sign)
        previous = event.id
        yield writer.Line(seq, event.id, event.line)


def write_history(store: DirectoryStore, stream: str, key: NodeKey, count: int, items: int = 0) -> list[int]:
    """Publish a whole history as its owner would: segments, then one tail; return the lines' lengths.

    It is about so many items; 0: each event is about another one.
    """
    lengths: list[int] = []
    files: list[writer.OwnFile] = []
    lines: list[writer.Line] = []
    for line in _events(stream, key, count, items or count):
        lines.append(line)
        lengths.append(len(line.text))
        if len(lines) < 4 * writer.SEAL_EVENTS and line.seq < count:
            continue
        for planned in writer.to_write(stream, lines, files):
            is_tail = planned.where.startswith(f"{layout.EVENTS}/")
            if is_tail and line.seq < count:
                continue
            store.write(planned.where, planned.content)
            files.append(
                writer.OwnFile(
                    planned.where, planned.first, planned.last, planned.k, confirmed=True, running_s=0
                )
            )
        needed = writer.needed_from(files)
        lines = [line for line in lines if line.seq >= needed]
    return lengths


class _Envelope(msgspec.Struct):
    seq: int
    type: str
    body: dict[str, Any]


def _floor(folder: Path) -> Spent:
    """Return what it takes to read, hash and decode every line of the segments and the tail once."""
    decode = msgspec.json.Decoder(_Envelope).decode
    watch = _Watch()
    for path in sorted((folder / ".mesharr").rglob("*.jsonl")):
        for line in path.read_bytes()[:-1].split(b"\n"):
            hashlib.sha256(line).hexdigest()
            decode(line)
    return watch.spent()


def _one_file_each(folder: Path, count: int) -> float:
    """Return events a second when each lies in a file of its own: what the segments save."""
    apart = folder / "apart"
    apart.mkdir()
    lines = (
        line
        for path in sorted((folder / ".mesharr").rglob("*.jsonl"))
        for line in path.read_bytes()[:-1].split(b"\n")
    )
    for number, line in zip(range(count), lines, strict=False):
        (apart / f"{number:08d}.json").write_bytes(line)
    decode = msgspec.json.Decoder(_Envelope).decode
    begun = time.perf_counter()
    for name in sorted(os.listdir(apart)):
        line = (apart / name).read_bytes()
        hashlib.sha256(line).hexdigest()
        decode(line)
    return count / (time.perf_counter() - begun)


def _catch_up(store: DirectoryStore, stream: str, key: NodeKey, folder: str) -> tuple[int, Spent, State]:
    """Return (requests to the store, what it took, the state) of a new node's catching up."""
    state = State(Database(str(Path(folder) / "bob.db")))
    peer = Trusted(stream.rpartition(".")[0], "alice", key.public, keys.verifier(key.public))
    own = Trusted("bob-00000000", "bob", b"", keys.verifier(key.public))
    me = Me("bob-00000000", "bob", MESH)
    follower = Follower(me, own, store, lambda: {peer.node: peer}, state, lambda: "bob-00000000.00000001")
    disk = store._disk
    assert isinstance(disk, _CountingDisk)
    disk.requests.clear()
    watch = _Watch()
    while follower.step(NOW):
        pass
    return len(disk.requests) - 1, watch.spent(), state  # the last poll finds nothing


def _storing(state: State, stream: str, folder: str) -> Spent:
    """Return what it takes to only store the same events: nothing read, nothing checked."""
    copy = State(Database(str(Path(folder) / "copy.db")))
    total = Spent(0, 0)
    seq = 1
    while some := state.streams.since(stream, seq, follow.BATCH_EVENTS):
        rows = [msgspec.structs.replace(row, items=(("movies", f"tmdb:{row.seq}"),)) for row in some]
        watch = _Watch()
        with copy.transaction():
            copy.streams.apply(rows, NOW)
            copy.dirty.mark([item for row in rows for item in row.items], NOW)
        spent = watch.spent()
        total = Spent(total.wall + spent.wall, total.cpu + spent.cpu)
        seq = rows[-1].seq + 1
    return total


def _fold_all(state: State) -> float:
    """Return items folded a second, as a whole-library comparison does it."""
    items = state.items.all("movies")[:5000]
    cuts = state.streams.cuts()
    begun = time.perf_counter()
    for item in items:
        state.items.state("movies", item, cuts)
    return len(items) / (time.perf_counter() - begun)


class _CountingDisk(LocalDisk):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def listdir(self, path: str) -> list[str]:
        self.requests.append(path)
        return super().listdir(path)

    def read(self, path: str, limit: int) -> bytes:
        self.requests.append(path)
        return super().read(path, limit)
