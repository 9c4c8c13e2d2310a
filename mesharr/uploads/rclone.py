"""Upload files with rclone: one `rclone copyto` per file, then a check of the remote.

rclone itself compares size and hash (where source and remote have one in common) after every transfer and
fails when they differ, so after a transfer only the size on the remote is read again. When rclone sent
nothing, it trusted size and mtime; only then is the local hash computed and compared with the remote's, and
the file is sent again when they differ.
"""

import os
import re
import stat
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.uploads.base import Progress, Uploaded

_READ_TIMEOUT_S = 600.0
_TERMINATE_S = 5.0
_KNOWN_HASHES = ("md5", "sha1", "sha256")
_COPY = (
    *("--use-json-log", "-v", "--stats", "1s", "--stats-log-level", "NOTICE", "--retries", "1"),
    # a full quota shall end the run (exit 7) instead of being retried for hours
    "--drive-stop-on-upload-limit",
)
_NOTHING_SENT = 9  # --error-on-no-transfer
_SECRETS = (
    (re.compile(r"//[^/@\s\"]*@"), "//"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (
        re.compile(
            r"(?i)([\w-]*(?:pass|token|secret|key|auth|signature)[\w-]*[\"']?\s*[=:]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,&;]+)"
        ),
        r"\1…",
    ),
)
# what rclone reports as an uncategorised failure, but only the user can fix
_FIXES = (
    (
        "didn't find section in config file",
        "name the remote in rclone.conf, or correct the library's `remote`",
    ),
    ("decrypt configuration", "set RCLONE_CONFIG_PASS for mesharr"),
    ("didn't find backend called", "correct the remote's type in rclone.conf"),
)


class Quota(Unavailable):
    """The remote, or a limit set in rclone, accepts no more for now; other remotes may."""


class RcloneSettings(msgspec.Struct, frozen=True):
    """How rclone is run."""

    binary: str = "rclone"
    config: str = ""
    """The path of rclone.conf; "" lets rclone search for it."""
    bwlimit: str = ""
    """rclone's `--bwlimit`; "" for none."""
    flags: tuple[str, ...] = ()
    """Further flags of every copy."""

    def __repr__(self) -> str:
        # a flag may carry a password
        return f"RcloneSettings({self.binary!r}, {self.config!r}, {len(self.flags)} flags)"


class _Stats(msgspec.Struct, frozen=True, rename="camel"):
    bytes: int = 0
    total_bytes: int = 0
    speed: float = 0.0
    transfers: int = 0


class _Line(msgspec.Struct, frozen=True):
    level: str = ""
    msg: str = ""
    stats: _Stats | None = None


class _Features(msgspec.Struct, frozen=True, rename="pascal"):
    hashes: tuple[str, ...] = ()
    features: dict[str, bool] = {}

    def hash(self, *, cheap: bool) -> str:
        """Return the hash to request, "" without one; `cheap` excludes a read of the file."""
        if cheap and self.features.get("SlowHash"):
            return ""
        return next((name for name in (*_KNOWN_HASHES, *self.hashes) if name in self.hashes), "")


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    size: int
    is_dir: bool = False
    hashes: dict[str, str] = {}


class Rclone:
    """An `Uploader`. Safe to share between threads: each upload is a process of its own."""

    def __init__(self, settings: RcloneSettings) -> None:
        self._settings = settings
        self._programs = _Programs()
        self._known: dict[str, _Features] = {}

    def upload(self, source: str, target: str, report: Callable[[Progress], None]) -> Uploaded:
        """Copy `source` to `target` and verify it there: `Uploader.upload`."""
        generation = self._programs.generation
        before = _stat(source)
        sent = self._copy(generation, source, target, report)
        uploaded = self._verify(generation, target, before.st_size, sent=sent)
        if not sent and uploaded.hash and not self._same_hash(generation, source, target, uploaded.hash):
            self._copy(generation, source, target, report, "--ignore-times")
            uploaded = self._verify(generation, target, before.st_size, sent=True)
        if _identity(_stat(source)) != _identity(before):
            raise Unavailable(f"{source} changed while uploading")
        report(Progress(before.st_size, before.st_size, 0))
        return uploaded

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes in rclone's config."""
        printed = self._output(self._programs.generation, "listremotes", (), ())
        return frozenset(line.rstrip(":") for line in printed.decode("utf-8", "replace").split())

    def stop(self) -> None:
        """End all running transfers; a process that ignores SIGTERM for some seconds is killed."""
        self._programs.stop()

    def _copy(
        self, generation: int, source: str, target: str, report: Callable[[Progress], None], *more: str
    ) -> bool:
        """Run one copy; return whether anything was sent."""
        limit = ("--bwlimit", self._settings.bwlimit) if self._settings.bwlimit else ()
        flags = (*_COPY, *limit, *self._settings.flags, *more)
        child = self._start(generation, "copyto", flags, (source, target))
        transcript = _Transcript(report)
        try:
            assert child.stderr is not None
            for line in child.stderr:
                transcript.read(line)
            code = child.wait()
        finally:
            self._programs.end(child)
        if code not in {0, _NOTHING_SENT}:
            raise _failed(code, transcript.errors, gone=not os.path.exists(source))
        return transcript.sent

    def _verify(self, generation: int, target: str, size: int, *, sent: bool) -> Uploaded:
        """Return the file as the remote lists it; raise `Unavailable` unless it has that size."""
        kind = self._features(generation, target).hash(cheap=sent)
        hashing = ("--hash", "--hash-type", kind) if kind else ()
        try:
            entry = decoded(self._output(generation, "lsjson", ("--stat", *hashing), (target,)), _Entry)
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone lsjson printed something else than one entry") from error
        if entry.is_dir:  # an object store lists a missing name as an empty folder
            raise Unavailable("the remote does not list the file after its upload")
        if entry.size != size:
            raise Unavailable(f"the remote lists {entry.size} bytes after an upload of {size}")
        return Uploaded(entry.size, entry.hashes.get(kind, ""))

    def _same_hash(self, generation: int, source: str, target: str, expected: str) -> bool:
        """Return whether the local file has the hash of the remote one. Reads the whole file."""
        kind = self._features(generation, target).hash(cheap=False)
        printed = self._output(generation, "hashsum", (kind,), (source,), timeout=None).split()
        return bool(printed) and printed[0].decode() == expected

    def _features(self, generation: int, target: str) -> _Features:
        remote = _remote_of(target)
        if remote not in self._known:
            try:
                printed = self._output(generation, "backend", ("features",), (remote,))
                self._known[remote] = decoded(printed, _Features)
            except msgspec.MsgspecError as error:
                raise Unavailable("rclone backend features printed something else") from error
        return self._known[remote]

    def _output(
        self,
        generation: int,
        command: str,
        flags: Sequence[str],
        operands: Sequence[str],
        timeout: float | None = _READ_TIMEOUT_S,
    ) -> bytes:
        """Return what a command without side effects prints."""
        child = self._start(generation, command, ("--use-json-log", *flags), operands)
        try:
            printed, log = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"rclone {command} did not end within {timeout:g} s") from error
        finally:
            self._programs.end(child)
        if child.returncode:
            transcript = _Transcript(lambda _progress: None)
            for line in log.splitlines():
                transcript.read(line)
            raise _failed(child.returncode, transcript.errors, gone=False)
        return printed

    def _start(
        self, generation: int, command: str, flags: Sequence[str], operands: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        config = ("--config", self._settings.config) if self._settings.config else ()
        return self._programs.start(
            generation,
            [self._settings.binary, command, *config, "--ask-password=false", *flags, "--", *operands],
        )


class _Programs:
    """The running processes. After a `stop`, an upload that was running starts none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.generation = 0

    def start(self, generation: int, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if generation != self.generation:
                raise Unavailable("the upload was stopped")
            try:
                child = subprocess.Popen(  # noqa: S603 - a list, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if command[1] == "copyto" else subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise Refused(
                    f"rclone cannot be started ({error.strerror})",
                    "install rclone, or name it in uploads.rclone.binary",
                ) from error
            self._running.add(child)
        return child

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """Drop a process; one that still runs because its caller failed is killed."""
        if child.poll() is None:
            child.kill()
            child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
        with self._lock:
            self._running.discard(child)

    def stop(self) -> None:
        with self._lock:
            self.generation += 1
            running = tuple(self._running)
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(_TERMINATE_S)
            except subprocess.TimeoutExpired:
                child.kill()


class _Transcript:
    """The log of one run of rclone: progress, the last errors, whether bytes were sent."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._usage: list[str] = []
        self._errors: deque[str] = deque(maxlen=3)
        self.sent = False

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
        if line.stats is not None:
            self.sent = line.stats.transfers > 0
            if line.stats.total_bytes:
                self._report(Progress(line.stats.bytes, line.stats.total_bytes, int(line.stats.speed)))

    @property
    def errors(self) -> str:
        """The last errors as one line without secrets."""
        text = "; ".join(self._errors or self._usage)
        for secret, instead in _SECRETS:
            text = secret.sub(instead, text)
        return " ".join(text.split())[:500]


def _failed(code: int, errors: str, *, gone: bool) -> MesharrError:
    """Return the error for an exit code of rclone."""
    text = errors or f"exit code {code}"
    for words, fix in _FIXES:
        if words in text:
            return Refused(f"rclone: {text}", fix)
    if code == 2:
        return Refused(f"rclone does not understand its flags: {text}", "correct uploads.rclone")
    if code in {7, 8}:
        return Quota(f"rclone takes no more for now: {text}")
    what = f"rclone failed ({code})"
    if code < 0 or code == 143:
        what = "the upload was stopped"
    elif gone:
        what = "the source is gone"
    elif code == 6 and "being updated" in text:
        what = "the source changed while uploading"
    return Unavailable(f"{what}: {text}")


def _remote_of(target: str) -> str:
    """Return the remote path whose features to request: its first folder, or its root."""
    first, slash, _ = target.partition("/")
    return (first or "/") if slash else target[: target.rfind(":") + 1]


def _stat(source: str) -> os.stat_result:
    try:
        found = os.lstat(source)
    except OSError as error:
        raise Unavailable(f"the source is gone: {source} ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode):
        raise Unavailable(f"{source} is not a plain file")
    return found


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino
