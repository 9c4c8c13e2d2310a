"""Many small files to a drive: what they take here, and what one `rclone copy` of the tree takes.

The stage that uploads runs as in the daemon, with its database on the disk, over rclone against an S3 server
on this machine. Both use as many transfers, and are run in turn; the least of the runs counts.
"""

import argparse
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, cast

from mesharr.bootstrap.clock import wall_ms
from mesharr.bootstrap.identity import open_state
from mesharr.bootstrap.uploaders import open_uploader
from mesharr.config import parse_config
from mesharr.core.planning.actions import Policy
from mesharr.disk.child import LocalDisk
from mesharr.disk.library import LibraryDisk, LibraryPaths
from mesharr.node.model import Library, Me
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.node.outward.transfer import Transfer, UploadMeans
from mesharr.node.outward.uploading.allowance import Allowance
from mesharr.state.state import State
from mesharr.uploads.base import Uploader
from tests.support.mounts import Served, rclone_binary, serve

BOUND: Final = 1.3
"""How much longer than one `rclone copy` it may take."""
_ALL_S: Final = 600.0
_LOOKS: Final = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=2**20)
    parser.add_argument("--transfers", type=int, default=4)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument(
        "--processes", action="store_true", help="a process for each file instead of one rclone"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Upload the files by `rclone copy`, and here."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paths = _files(place / "local", options.files, options.bytes)
        rclone = here = float("inf")
        with serve("s3", place / "store") as served:
            for number in range(options.runs):
                rclone = min(rclone, _copied(served, place / "local", f"rclone{number}", options.transfers))
                here = min(here, _uploaded(served, place, f"here{number}", paths, options))
    return {
        "bench": "uploads",
        "files": options.files,
        "bytes": options.bytes,
        "transfers": options.transfers,
        "rclone_s": round(rclone, 2),
        "here_s": round(here, 2),
        "ratio": round(here / rclone, 2),
        "bound": BOUND,
        "ok": options.processes or here <= BOUND * rclone,
    }


def _files(folder: Path, count: int, size: int) -> list[str]:
    paths = [f"Show {number // 20}/Season 01/{number}.mkv" for number in range(count)]
    for number, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(number.to_bytes(4, "big") * (size // 4))
    return paths


def _copied(served: Served, local: Path, name: str, transfers: int) -> float:
    command = [rclone_binary(), "--config", str(served.config), "copy", "--transfers", str(transfers)]
    begin = time.monotonic()
    subprocess.run([*command, str(local), f"{served.remote}/{name}"], check=True, capture_output=True)
    return time.monotonic() - begin


def _uploaded(served: Served, place: Path, name: str, paths: list[str], options: argparse.Namespace) -> float:
    rclone = {"binary": rclone_binary(), "config": str(served.config)}
    if not options.processes:
        rclone["rc"] = "own"
    settings = {"node": "bench", "store": {"path": "/none"}, "uploads": {"mode": "copy", "rclone": rclone}}
    uploader = open_uploader(parse_config(settings, "mesharr.yml"), f"bench-{name}")
    assert uploader
    served.put(f"{name}/.mesharr-anchor", b"anchor")
    (place / name).mkdir()
    state = open_state(str(place / name))
    state.uploads.put(1, "tv", [(path, options.bytes) for path in paths], replaces=False, since=wall_ms())
    places = LibraryPaths(str(served.folder / name), str(served.folder / name), str(place / "local"))
    library = Library(
        name="tv",
        storage=LibraryDisk("tv", places, LocalDisk(), lambda _content: None, lambda: ""),
        policy=Policy(),
        remote=f"{served.remote}/{name}",
        keep_local=True,
    )
    try:
        return _all_sent(state, library, uploader, options.transfers)
    finally:
        uploader.stop()
        state.db.close()


def _all_sent(state: State, library: Library, uploader: Uploader, transfers: int) -> float:
    """Return how long the stage takes until nothing waits any more."""
    wake = threading.Event()
    pool = ThreadPoolExecutor(transfers + _LOOKS)

    def run(work: Any) -> None:
        pool.submit(work).add_done_callback(lambda _future: wake.set())

    means = UploadMeans(uploader, Allowance(), transfers)
    stage = Transfer(
        Me("bench-00000000", "bench", "0"),
        {"tv": library},
        means,
        state,
        cast(RemovalProofs, _NoProofs()),
        wall_ms,
        run,
    )
    begin = time.monotonic()
    while state.uploads.next_due() is not None:
        assert time.monotonic() - begin < _ALL_S
        wake.clear()
        stage.step(wall_ms())
        wake.wait(1.0)
    took = time.monotonic() - begin
    pool.shutdown()
    return took


class _NoProofs:
    """Nothing was deleted."""

    def step(self, now: int) -> None:
        """Do nothing."""
