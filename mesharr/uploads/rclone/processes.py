"""Run rclone: the processes that are running now, and what one of them logs."""

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import Refused, Unavailable
from mesharr.core.secrets import masked_output
from mesharr.uploads.base import Progress

_TERMINATE_S = 5.0
_ERRORS_KEPT = 20
_ERRORS_SHOWN = 3


class Stats(msgspec.Struct, frozen=True, rename="camel"):
    """How far rclone is: bytes, bytes a second, and files that were sent."""

    bytes: int = 0
    total_bytes: int = 0
    speed: float = 0.0
    transfers: int = 0


class _Line(msgspec.Struct, frozen=True):
    level: str = ""
    msg: str = ""
    object: str = ""
    stats: Stats | None = None


class Programs:
    """The running processes. After a `stop`, an upload that was running starts none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take what each is given beside this program's own environment."""
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.generation = 0

    def start(
        self, generation: int, command: Sequence[str], handles: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start rclone, which inherits `handles`.

        Raises `Unavailable` when there was a `stop` since `generation`.
        """
        with self._lock:
            if generation != self.generation:
                raise Unavailable("the upload was stopped")
            try:
                child = subprocess.Popen(  # noqa: S603 - a list, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if command[1] in {"copyto", "copy"} else subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    pass_fds=handles,
                    env={**os.environ, **self._environment},
                )
            except OSError as error:
                raise Refused(
                    f"rclone cannot be started ({error.strerror})",
                    "install rclone, or name it in uploads.rclone.binary",
                ) from error
            self._running.add(child)
        return child

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """Drop a process; one that still runs because its caller failed is ended."""
        if child.poll() is None:
            _end(child)
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
        with self._lock:
            self._running.discard(child)

    def stop(self) -> None:
        """End all of them."""
        with self._lock:
            self.generation += 1
            running = tuple(self._running)
        for child in running:
            child.terminate()
        for child in running:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process: asked first, rclone takes a half upload off the drive."""
    child.terminate()
    try:
        child.wait(_TERMINATE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Transcript:
    """The log of one run of rclone: progress, the last errors, whether bytes were sent."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._usage: list[str] = []
        self._errors: deque[str] = deque(maxlen=_ERRORS_KEPT)
        self._objects: set[str] = set()
        """The files that failed, by their path below the folder that is copied."""
        self.sent = False
        self.copied: set[str] = set()
        """The files that were sent, by their path below the folder that is copied."""

    def read(self, raw: bytes) -> None:
        """Read one line of the log; a line that is no JSON is usage text."""
        try:
            line = decoded(raw, _Line)
        except msgspec.MsgspecError:
            text = raw.decode(errors="replace").strip()
            if text and not self._usage:
                self._usage.append(text)
            return
        # some commands give their only reason as a notice
        bad = line.level in {"error", "critical"} or line.msg.startswith("Failed to ")
        if bad and line.msg not in self._errors:
            self._errors.append(line.msg)
            self._objects.add(line.object)
        if line.msg.startswith("Copied (") and line.object:
            self.copied.add(line.object)
        if line.stats is not None:
            self.sent = line.stats.transfers > 0
            if line.stats.total_bytes:
                self._report(Progress(line.stats.bytes, line.stats.total_bytes, int(line.stats.speed)))

    @property
    def errors(self) -> str:
        """The last errors of rclone without the names of files, perhaps with secrets."""
        text = "; ".join(self._errors or self._usage)
        for path in self._objects - {""}:
            text = text.replace(path, "")
        return text

    @property
    def shown(self) -> str:
        """The last errors as one line without secrets."""
        return without_secrets("; ".join([*self._errors][-_ERRORS_SHOWN:] or self._usage))


def without_secrets(text: str) -> str:
    """Return what rclone wrote as one line without secrets."""
    return " ".join(masked_output(text).split())[:500]
