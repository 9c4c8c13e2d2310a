"""Uploads by the rclone program: one `rclone copyto` per file, then a look at the remote.

How a file is verified: rclone itself compares size and hash (where source and remote have one in
common) after every transfer and fails when they differ, so after a transfer only the size on the remote
is asked again and nothing is read twice. When rclone sent nothing, it trusted size and mtime; then, and
only then, the local hash is computed and compared with the remote's, and the file is sent again when
they differ.
"""

import os
import re
import stat
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.uploads.base import Progress, Uploaded

_LOOK_TIMEOUT = 600.0
_GRACE = 5.0
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
# what rclone calls an uncategorised failure, but only a person can fix
_FIXES = (
    (
        "didn't find section in config file",
        "name the remote in rclone.conf, or correct the library's `remote`",
    ),
    ("decrypt configuration", "set RCLONE_CONFIG_PASS for mesharr"),
    ("didn't find backend called", "correct the remote's type in rclone.conf"),
)


class Quota(Unavailable):
    """The remote or a limit of rclone's takes no more for now; other remotes may."""


class RcloneSettings(msgspec.Struct, frozen=True):
    """Which rclone and how: `config` "" means rclone's own search; `flags` go to every copy."""

    binary: str = "rclone"
    config: str = ""
    bwlimit: str = ""
    flags: tuple[str, ...] = ()

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
        """Return the hash to ask for, "" when there is none (or, `cheap`, none without reading the file)."""
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
        """Copy `source` to `target` and verify it there; see `Uploader.upload`."""
        turn = self._programs.turn
        before = _look(source)
        sent = self._copy(turn, source, target, report)
        shown = self._verify(turn, target, before.st_size, sent=sent)
        if not sent and shown.hash and not self._same_hash(turn, source, target, shown.hash):
            self._copy(turn, source, target, report, "--ignore-times")
            shown = self._verify(turn, target, before.st_size, sent=True)
        if _identity(_look(source)) != _identity(before):
            raise Unavailable(f"{source} changed while uploading")
        report(Progress(before.st_size, before.st_size, 0))
        return shown

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes that rclone knows."""
        said = self._ask(self._programs.turn, "listremotes", (), ())
        return frozenset(line.rstrip(":") for line in said.decode("utf-8", "replace").split())

    def stop(self) -> None:
        """End running transfers now; what ignores a polite signal for some seconds is killed."""
        self._programs.stop()

    def _copy(
        self, turn: int, source: str, target: str, report: Callable[[Progress], None], *more: str
    ) -> bool:
        """Copy; return whether anything was sent."""
        limit = ("--bwlimit", self._settings.bwlimit) if self._settings.bwlimit else ()
        flags = (*_COPY, *limit, *self._settings.flags, *more)
        child = self._start(turn, "copyto", flags, (source, target))
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

    def _verify(self, turn: int, target: str, size: int, *, sent: bool) -> Uploaded:
        """Return the file as the remote shows it; raises `Unavailable` unless it has that size."""
        kind = self._features(turn, target).hash(cheap=sent)
        hashing = ("--hash", "--hash-type", kind) if kind else ()
        try:
            entry = msgspec.json.decode(
                self._ask(turn, "lsjson", ("--stat", *hashing), (target,)), type=_Entry
            )
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone lsjson said something else than one entry") from error
        if entry.is_dir:  # an object store shows a missing name as an empty folder
            raise Unavailable("the remote does not show the file after its upload")
        if entry.size != size:
            raise Unavailable(f"the remote shows {entry.size} bytes after an upload of {size}")
        return Uploaded(entry.size, entry.hashes.get(kind, ""))

    def _same_hash(self, turn: int, source: str, target: str, expected: str) -> bool:
        """Return whether the local file has the hash the remote shows. Reads the whole file."""
        kind = self._features(turn, target).hash(cheap=False)
        said = self._ask(turn, "hashsum", (kind,), (source,), timeout=None).split()
        return bool(said) and said[0].decode() == expected

    def _features(self, turn: int, target: str) -> _Features:
        remote = _remote_of(target)
        if remote not in self._known:
            try:
                said = self._ask(turn, "backend", ("features",), (remote,))
                self._known[remote] = msgspec.json.decode(said, type=_Features)
            except msgspec.MsgspecError as error:
                raise Unavailable("rclone backend features said something else") from error
        return self._known[remote]

    def _ask(
        self,
        turn: int,
        command: str,
        flags: Sequence[str],
        operands: Sequence[str],
        timeout: float | None = _LOOK_TIMEOUT,
    ) -> bytes:
        """Return what a reading command prints."""
        child = self._start(turn, command, ("--use-json-log", *flags), operands)
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
        self, turn: int, command: str, flags: Sequence[str], operands: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        config = ("--config", self._settings.config) if self._settings.config else ()
        return self._programs.start(
            turn, [self._settings.binary, command, *config, "--ask-password=false", *flags, "--", *operands]
        )


class _Programs:
    """The running processes. After a `stop`, none starts for an upload that was under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.turn = 0

    def start(self, turn: int, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if turn != self.turn:
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
        """Forget a process; one that still runs because its caller failed is killed."""
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
            self.turn += 1
            running = tuple(self._running)
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(_GRACE)
            except subprocess.TimeoutExpired:
                child.kill()


class _Transcript:
    """What one run of rclone said: progress as it comes, whether it sent, its last complaints."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._plain: list[str] = []
        self._complaints: deque[str] = deque(maxlen=3)
        self.sent = False

    def read(self, raw: bytes) -> None:
        """Take one line of the log; a line that is no JSON is usage text."""
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.MsgspecError:
            text = raw.decode(errors="replace").strip()
            if text and not self._plain:
                self._plain.append(text)
            return
        # some commands give their only reason as a notice
        bad = line.level in {"error", "critical"} or line.msg.startswith("Failed to ")
        if bad and line.msg not in self._complaints:
            self._complaints.append(line.msg)
        if line.stats is not None:
            self.sent = line.stats.transfers > 0
            if line.stats.total_bytes:
                self._report(Progress(line.stats.bytes, line.stats.total_bytes, int(line.stats.speed)))

    @property
    def errors(self) -> str:
        """The last complaints as one line without secrets."""
        text = "; ".join(self._complaints or self._plain)
        for secret, instead in _SECRETS:
            text = secret.sub(instead, text)
        return " ".join(text.split())[:500]


def _failed(code: int, errors: str, *, gone: bool) -> MesharrError:
    """Return the error for an exit code of rclone's."""
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
    """Return a folder to ask for the remote's features: its first one, or its root."""
    first, slash, _ = target.partition("/")
    return (first or "/") if slash else target[: target.rfind(":") + 1]


def _look(source: str) -> os.stat_result:
    try:
        found = os.lstat(source)
    except OSError as error:
        raise Unavailable(f"the source is gone: {source} ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode):
        raise Unavailable(f"{source} is not a plain file")
    return found


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino
