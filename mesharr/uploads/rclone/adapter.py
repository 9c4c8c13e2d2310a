"""Upload files with rclone: one `rclone copyto` per file, then a check of the remote.

rclone looks at the target before it sends, and sends nothing when it is there with its size. It compares
size and hash (where source and remote have one in common) after every transfer and fails when they differ, so
after a transfer only the size on the remote is read again. When rclone sent nothing, only the size is known;
then the local hash is computed and compared with the remote's, and the file is sent again when they differ.
After a failure the target is looked at again: another program may have brought it there meanwhile.
"""

import math
import subprocess
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.uploads.base import Progress, Quota, Uploaded
from mesharr.uploads.rclone import partial_names
from mesharr.uploads.rclone.failures import failure, too_long
from mesharr.uploads.rclone.processes import Programs, Transcript
from mesharr.uploads.rclone.source import HeldSource

_READ_TIMEOUT_S = 600.0
_KNOWN_HASHES = ("md5", "sha1", "sha256")
_COPY = (
    *("--use-json-log", "-v", "--stats", "1s", "--stats-log-level", "NOTICE", "--retries", "1"),
    # a full quota shall end the run (exit 7) instead of being retried for hours
    "--drive-stop-on-upload-limit",
    # the name of a held source is a link to it
    "--copy-links",
)
_UNLESS_THERE = "--size-only"
_NOTHING_SENT = 9  # --error-on-no-transfer
_NOT_FOUND = frozenset({3, 4})
_LONGEST_NAME = 255  # bytes
_KEEPS_TIMES_NS = 3_600e9


class RcloneSettings(msgspec.Struct, frozen=True):
    """How rclone is run."""

    binary: str = "rclone"
    config: str = ""
    """The path of rclone.conf; "" lets rclone search for it."""
    bwlimit: str = ""
    """rclone's `--bwlimit`; "" for none."""
    flags: tuple[str, ...] = ()
    """Further flags of every copy."""
    node: str = ""
    """The id of the node whose half files are this one's."""

    def __repr__(self) -> str:
        # a flag may carry a password
        return f"RcloneSettings({self.binary!r}, {self.config!r}, {len(self.flags)} flags)"


class _Features(msgspec.Struct, frozen=True, rename="pascal"):
    hashes: tuple[str, ...] = ()
    features: dict[str, bool] = {}
    precision: float = math.inf
    """Of the modification times, in ns; longer than any difference where the remote keeps none."""

    def hash(self, *, cheap: bool) -> str:
        """Return the hash to request, "" without one; `cheap` excludes a read of the file."""
        if cheap and self.features.get("SlowHash"):
            return ""
        return next((name for name in (*_KNOWN_HASHES, *self.hashes) if name in self.hashes), "")


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    size: int
    is_dir: bool = False
    hashes: dict[str, str] = {}
    mod_time: datetime | None = None


class _Failed(Exception):  # noqa: N818 - caught in this module: a run of rclone with its exit code
    def __init__(self, code: int, transcript: Transcript) -> None:
        super().__init__(code)
        self.code = code
        self.transcript = transcript


class Rclone:
    """An `Uploader`. Safe to share between threads: each upload is a process of its own."""

    def __init__(self, settings: RcloneSettings) -> None:
        self._settings = settings
        self._suffix = partial_names.suffix_of(settings.node)
        self._programs = Programs({partial_names.VARIABLE: self._suffix})
        self._known: dict[str, _Features] = {}

    def upload(self, source: str, target: str, report: Callable[[Progress], None]) -> Uploaded:
        """Copy `source` to `target` and verify it there: `Uploader.upload`."""
        generation = self._programs.generation
        with HeldSource(source) as held:
            sent = self._deliver(generation, held, target, report)
            uploaded = self._verify(generation, target, held.size, sent=sent)
            if not sent and not self._same_content(generation, held, target, uploaded.hash):
                self._copy(generation, held, target, report, "--ignore-times")
                uploaded, sent = self._verify(generation, target, held.size, sent=True), True
            held.check_unchanged()
            if held.was_touched():
                self._check_content(generation, held, target)
            report(Progress(held.size, held.size, 0))
        return msgspec.structs.replace(uploaded, sent=sent)

    def find(self, target: str) -> Uploaded | None:
        """Return the file as the remote lists it: `Uploader.find`."""
        return self._find(self._programs.generation, target, cheap=True)

    def read(self, target: str, limit: int) -> bytes | None:
        """Return at most `limit` bytes of a remote file: `Uploader.read`."""
        try:
            content = self._run(self._programs.generation, "cat", ("--count", str(limit)), (target,))
        except _Failed as failed:
            if failed.code in _NOT_FOUND:
                return None
            raise _error(failed, target) from failed
        return content or None  # an object store takes a missing name for an empty folder

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes in rclone's config."""
        printed = self._output(self._programs.generation, "listremotes", (), ())
        return frozenset(line.rstrip(":") for line in printed.decode("utf-8", "replace").split())

    def has_hash(self, target: str) -> bool:
        """Return whether the remote of a target has a hash of its files; raise as `find` does."""
        return bool(self._features(self._programs.generation, target).hash(cheap=False))

    def sweep(self, target: str) -> None:
        """Delete what an interrupted upload of this node left: `Uploader.sweep`."""
        generation = self._programs.generation
        if not self._features(generation, target).features.get("PartialUploads"):
            return  # a file is there whole or not at all
        folder, slash, name = target.rpartition("/")
        if not slash:
            folder, slash, name = target.rpartition(":")
            folder += slash
        pattern = partial_names.pattern_of(name, self._suffix)
        try:
            self._run(generation, "delete", ("--max-depth", "1", "--include", pattern), (folder or "/",))
        except _Failed as failed:
            if failed.code not in _NOT_FOUND:
                raise _error(failed, target) from failed

    def stop(self) -> None:
        """End all running transfers; a process that ignores SIGTERM for some seconds is killed."""
        self._programs.stop()

    def _deliver(
        self, generation: int, held: HeldSource, target: str, report: Callable[[Progress], None]
    ) -> bool:
        """Bring the file to the target unless it is there with its size; return whether it was sent."""
        try:
            return self._copy(generation, held, target, report, _UNLESS_THERE)
        except (Quota, Refused):
            raise
        except Unavailable:
            try:
                found = self._find(generation, target, cheap=False)
            except MesharrError:
                found = None
            if found is not None and found.size == held.size:
                return False
            if self._name_is_too_long(generation, target):
                raise too_long(target) from None
            if not held.is_gone() or not held.is_held:
                raise
            # The program that took it away may have brought it to the drive, and the failed copy deleted it.
            return self._copy(generation, held, target, report, _UNLESS_THERE)

    def _copy(
        self,
        generation: int,
        held: HeldSource,
        target: str,
        report: Callable[[Progress], None],
        how: str,
    ) -> bool:
        """Run one copy; return whether anything was sent."""
        limit = ("--bwlimit", self._settings.bwlimit) if self._settings.bwlimit else ()
        flags = (*_COPY, *limit, *self._settings.flags, how)
        child = self._start(generation, "copyto", flags, (held.name, target), held.handles)
        transcript = Transcript(report)
        try:
            assert child.stderr is not None
            for line in child.stderr:
                transcript.read(line)
            code = child.wait()
        finally:
            self._programs.end(child)
        if code not in {0, _NOTHING_SENT}:
            raise _error(_Failed(code, transcript), target, gone=held.is_gone())
        return transcript.sent

    def _name_is_too_long(self, generation: int, target: str) -> bool:
        """Return whether a name in the target is longer than drives take, plain or encrypted.

        A drive may answer such a name with any error.
        """
        remote, _, path = target.partition(":")
        longest = max(path.split("/"), key=_length)
        if _length(longest) > _LONGEST_NAME or _length(longest) < _LONGEST_NAME // 2:
            return _length(longest) > _LONGEST_NAME
        try:
            printed = self._output(generation, "cryptdecode", ("--reverse",), (f"{remote}:", longest))
        except MesharrError:
            return False  # no crypt remote
        return _length(printed.decode(errors="replace").split()[-1]) > _LONGEST_NAME

    def _verify(self, generation: int, target: str, size: int, *, sent: bool) -> Uploaded:
        """Return the file as the remote lists it; raise `Unavailable` unless it has that size."""
        found = self._find(generation, target, cheap=sent)
        if found is None:
            raise Unavailable("the remote does not list the file after its upload")
        if found.size != size:
            raise Unavailable(f"the remote lists {found.size} bytes after an upload of {size}")
        return found

    def _find(self, generation: int, target: str, *, cheap: bool) -> Uploaded | None:
        """Return the file as the remote lists it, None when there is none.

        With `cheap` its hash is returned only where no file is read for it.
        """
        kind = self._features(generation, target).hash(cheap=cheap)
        entry = self._entry(generation, target, ("--hash", "--hash-type", kind) if kind else ())
        return None if entry is None else Uploaded(entry.size, entry.hashes.get(kind, ""), sent=False)

    def _entry(self, generation: int, target: str, hashing: Sequence[str]) -> _Entry | None:
        """Return what the remote lists at a path, None when there is no file."""
        try:
            printed = self._run(generation, "lsjson", ("--stat", *hashing), (target,))
            entry = decoded(printed, _Entry)
        except _Failed as failed:
            if failed.code in _NOT_FOUND:
                return None
            raise _error(failed, target) from failed
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone lsjson printed something else than one entry") from error
        # an object store lists a missing name as an empty folder
        return None if entry.is_dir else entry

    def _same_content(self, generation: int, held: HeldSource, target: str, expected: str) -> bool:
        """Return whether a remote file of the right size is this one, as far as the remote can tell.

        By the hash `expected`, for which the whole file is read; without one a file that was written after
        the remote one is another one.
        """
        features = self._features(generation, target)
        if not expected:
            listed = self._entry(generation, target, ()) if features.precision < _KEEPS_TIMES_NS else None
            written = listed.mod_time.timestamp() if listed and listed.mod_time else math.inf
            return held.written <= written + 1 + features.precision / 1e9
        kind = features.hash(cheap=False)
        printed = self._output(
            generation, "hashsum", (kind, "--copy-links"), (held.name,), None, held.handles
        ).split()
        return bool(printed) and printed[0].decode() == expected

    def _check_content(self, generation: int, held: HeldSource, target: str) -> None:
        """Raise `Unavailable` when the remote file has not the content that its source has now."""
        found = self._find(generation, target, cheap=False)
        if found is None or not self._same_content(generation, held, target, found.hash):
            raise Unavailable(f"{held.path} changed while uploading")

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
        handles: Sequence[int] = (),
    ) -> bytes:
        """Return what a command without side effects prints."""
        try:
            return self._run(generation, command, flags, operands, timeout, handles)
        except _Failed as failed:
            raise _error(failed, operands[0] if operands else "") from failed

    def _run(
        self,
        generation: int,
        command: str,
        flags: Sequence[str],
        operands: Sequence[str],
        timeout: float | None = _READ_TIMEOUT_S,
        handles: Sequence[int] = (),
    ) -> bytes:
        child = self._start(generation, command, ("--use-json-log", *flags), operands, handles)
        try:
            printed, log = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"rclone {command} did not end within {timeout:g} s") from error
        finally:
            self._programs.end(child)
        if child.returncode:
            transcript = Transcript(lambda _progress: None)
            for line in log.splitlines():
                transcript.read(line)
            raise _Failed(child.returncode, transcript)
        return printed

    def _start(
        self,
        generation: int,
        command: str,
        flags: Sequence[str],
        operands: Sequence[str],
        handles: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        config = ("--config", self._settings.config) if self._settings.config else ()
        return self._programs.start(
            generation,
            [self._settings.binary, command, *config, "--ask-password=false", *flags, "--", *operands],
            handles,
        )


def _error(failed: _Failed, target: str, *, gone: bool = False) -> MesharrError:
    """Return the error for a failed run, as `Uploader` raises it."""
    transcript = failed.transcript
    return failure(failed.code, transcript.errors, transcript.shown, target.partition(":")[0], gone=gone)


def _length(name: str) -> int:
    return len(name.encode())


def _remote_of(target: str) -> str:
    """Return the remote path whose features to request: its first folder, or its root."""
    first, slash, _ = target.partition("/")
    return (first or "/") if slash else target[: target.rfind(":") + 1]
