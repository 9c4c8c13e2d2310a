"""The rclone whose remote control uploads: one that is given, or an own `rclone rcd`."""

import atexit
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import httpx

from mesharr.core.errors import Outage, Refused, Unavailable

_STARTS_S: Final = 30.0
_LOOK_S: Final = 0.02
_TERMINATE_S: Final = 5.0

Connect = Callable[[str], httpx.Client]
"""Returns a client of the remote control at a URL."""


class Server(Protocol):
    """An rclone that listens."""

    reads_handles: bool
    """Whether it may read what this process has open: it runs on this machine, as the same user."""

    generation: int
    """How often it was stopped."""

    def client(self, generation: int) -> httpx.Client:
        """Return a client of it for what began in a generation.

        Raises `Unavailable` or `Refused` when it does not run.
        """
        ...

    def stop(self) -> None:
        """Begin a new generation, and end what runs where that is this node's own."""
        ...


class GivenServer:
    """An rclone of the user's, which goes on."""

    reads_handles = False

    def __init__(self, url: str, connect: Connect) -> None:
        self._client = connect(url)
        self.generation = 0

    def client(self, generation: int) -> httpx.Client:
        """Return the client, also to end a job of an earlier generation."""
        del generation
        return self._client

    def stop(self) -> None:
        """Begin a new generation: whoever waits for a job of the one before ends it."""
        self.generation += 1


class OwnServer:
    """An `rclone rcd` on a socket that only this user may use. It is started when it is needed."""

    reads_handles = os.path.isdir("/proc/self/fd")

    def __init__(self, command: Sequence[str], connect: Connect, node: str = "") -> None:
        """Take the program, and its flags after `rcd`.

        One of the same `node` that a killed mesharr left is ended at the start.
        """
        self._node = node
        self._program, *self._flags = command
        self._connect = connect
        self._lock = threading.Lock()
        self.generation = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._client: httpx.Client | None = None
        self._folder = ""

    def client(self, generation: int) -> httpx.Client:
        """Return a client; rclone is started, also again when it has ended."""
        with self._lock:
            if generation != self.generation:
                raise Unavailable("the upload was stopped")
            if self._client is None or self._process is None or self._process.poll() is not None:
                self._end()
                self._client = self._start()
            return self._client

    def stop(self) -> None:
        """End it: asked first, rclone takes half uploads off the drive."""
        with self._lock:
            self.generation += 1
            self._end()

    def _start(self) -> httpx.Client:
        self._folder = _private_folder(self._node)
        address = f"unix://{self._folder}/socket"
        self._end_leftover(address)
        atexit.register(self.stop)
        # the folder of the socket is this user's alone
        flags = ["--rc-addr", address, "--rc-no-auth", "--rc-serve", "--rc-job-expire-duration", "10m"]
        log = os.path.join(self._folder, "log")
        try:
            with open(log, "wb") as errors:
                self._process = subprocess.Popen(  # noqa: S603 - a list, no shell
                    [self._program, "rcd", *flags, *self._flags],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                )
        except OSError as error:
            raise Refused(
                f"rclone cannot be started ({error.strerror})",
                "install rclone, or name it in uploads.rclone.binary",
            ) from error
        until = time.monotonic() + _STARTS_S
        while time.monotonic() < until and self._process.poll() is None:
            if _listens(f"{self._folder}/socket"):
                return self._connect(address)
            time.sleep(_LOOK_S)
        with open(log, encoding="utf-8", errors="replace") as errors_read:
            why = errors_read.read(10_000).strip().splitlines()
        if self._process.poll() == 2:
            raise Refused(
                f"rclone does not understand its flags: {why[0] if why else ''}", "correct uploads.rclone"
            )
        raise Outage(f"rclone rcd does not answer: {why[-1] if why else 'no reason given'}")

    def _end_leftover(self, address: str) -> None:
        """End the rclone that listens here already."""
        path = f"{self._folder}/socket"
        if _listens(path):
            with suppress(httpx.HTTPError):
                self._connect(address).post("core/quit", json={})
        until = time.monotonic() + _TERMINATE_S
        while _listens(path) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        with suppress(FileNotFoundError):
            os.unlink(path)

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_TERMINATE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._client is not None:
            self._client.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            atexit.unregister(self.stop)
        self._process, self._client, self._folder = None, None, ""


def _private_folder(node: str) -> str:
    """Return a folder that only this user may enter; that of a node is always the same."""
    folder = os.path.join(tempfile.gettempdir(), f"mesharr-rclone-{os.getuid()}-{node}")
    if not node:
        return tempfile.mkdtemp(prefix="mesharr-rclone-")
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    found = os.lstat(folder)
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        return folder
    return tempfile.mkdtemp(prefix="mesharr-rclone-")


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(path) == 0
