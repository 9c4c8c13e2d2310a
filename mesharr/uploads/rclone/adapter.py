"""Drive rclone by processes: one for each copy, and one for each look at the remote."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mesharr.core.answers import decoded
from mesharr.core.errors import MesharrError, Unavailable
from mesharr.uploads.rclone import partial_names
from mesharr.uploads.rclone.failures import failure
from mesharr.uploads.rclone.flow import CopiedTree, Delivery, IfThere, RcloneUpload, place_of
from mesharr.uploads.rclone.link_tree import LinkTree
from mesharr.uploads.rclone.listing import Entry, Features, only_ones
from mesharr.uploads.rclone.processes import Programs, Transcript
from mesharr.uploads.rclone.source import OWN_HANDLES, HeldSource

_READ_TIMEOUT_S = 600.0
_COPY = (
    *("--use-json-log", "-v", "--stats", "1s", "--stats-log-level", "NOTICE", "--retries", "1"),
    # a full quota shall end the run (exit 7) instead of being retried for hours
    "--drive-stop-on-upload-limit",
    # the name of a held source is a link to it
    "--copy-links",
)
_IF_THERE: Mapping[IfThere, str] = {
    "leave": "--ignore-existing",
    "compare size": "--size-only",
    "replace": "--ignore-times",
}
_NOTHING_SENT = 9  # --error-on-no-transfer
_NOT_FOUND = frozenset({3, 4})


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


class _Failed(Exception):  # noqa: N818 - caught in this module: a run of rclone with its exit code
    def __init__(self, code: int, transcript: Transcript) -> None:
        super().__init__(code)
        self.code = code
        self.transcript = transcript


class Rclone(RcloneUpload):
    """An `Uploader`: each upload is a process of its own."""

    def __init__(self, settings: RcloneSettings) -> None:
        super().__init__(settings.node)
        self._settings = settings
        self._programs = Programs({partial_names.VARIABLE: self._suffix})

    def read(self, target: str, limit: int, begin: int = 0) -> bytes | None:
        """Return at most `limit` bytes of a remote file: `Uploader.read`."""
        only = ("--offset", str(begin), "--count", str(limit))
        try:
            content = self._run(self._programs.generation, "cat", only, (target,))
        except _Failed as failed:
            if failed.code in _NOT_FOUND:
                return None
            raise _error(failed, target) from failed
        return content or None  # an object store takes a missing name for an empty folder

    def remotes(self) -> frozenset[str]:
        """Return the names of the remotes in rclone's config."""
        printed = self._output(self._programs.generation, "listremotes", (), ())
        return frozenset(line.rstrip(":") for line in printed.decode("utf-8", "replace").split())

    def stop(self) -> None:
        """End all running transfers; a process that ignores SIGTERM for some seconds is killed."""
        self._programs.stop()

    def _generation(self) -> int:
        """Return the current generation."""
        return self._programs.generation

    def _copy(self, delivery: Delivery, if_there: IfThere) -> bool:
        """Run one copy; return whether anything was sent."""
        transcript, held = Transcript(delivery.report), delivery.held
        operands = (held.name, delivery.target)
        how = (_IF_THERE[if_there],)
        code = self._sent(delivery.generation, "copyto", how, operands, held.handles, transcript)
        if code not in {0, _NOTHING_SENT}:
            raise _error(_Failed(code, transcript), delivery.target, gone=held.is_gone())
        return transcript.sent

    def _handles(self) -> str:
        """Return the folder in which a child finds what it inherits."""
        return OWN_HANDLES if os.path.isdir(OWN_HANDLES) else ""

    def _copy_new(self, generation: int, tree: LinkTree, kind: str) -> CopiedTree:
        """Copy the files of a tree by one process, and list them by another."""
        transcript = Transcript(lambda _progress: None)
        how = ("--ignore-existing", "--transfers", "1")
        code = self._sent(generation, "copy", how, (tree.folder, tree.root), tree.handles, transcript)
        copied = transcript.copied & tree.held.keys()
        if not copied:
            if code not in {0, _NOTHING_SENT}:
                raise _error(_Failed(code, transcript), tree.root)
            return CopiedTree({})
        try:
            listed = self._list(generation, tree.root, copied, kind, "--recursive")
        except _Failed as failed:
            raise _error(failed, tree.root) from failed
        entries = {path: entry for path, entry in only_ones(listed).items() if path in copied}
        return CopiedTree(entries, was_killed=code < 0)

    def _list(
        self, generation: int, folder: str, paths: Iterable[str], kind: str, *flags: str
    ) -> Sequence[Entry]:
        """Return what the remote lists of some paths below a folder, with a hash of a `kind`."""
        hashing = ("--hash", "--hash-type", kind) if kind else ()
        only = [flag for path in paths for flag in ("--include", f"/{partial_names.literal(path)}")]
        printed = self._run(generation, "lsjson", ("--files-only", *flags, *hashing, *only), (folder,))
        try:
            return decoded(printed, list[Entry])
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone lsjson printed something else than a list") from error

    def _twins(self, generation: int, target: str, kind: str) -> Sequence[Entry]:
        """Return all that the remote lists under a name."""
        folder, name = place_of(target)
        try:
            return self._list(generation, folder, (name,), kind)
        except _Failed as failed:
            if failed.code in _NOT_FOUND:
                return []
            raise _error(failed, target) from failed

    def _sent(
        self,
        generation: int,
        command: str,
        how: Sequence[str],
        operands: Sequence[str],
        handles: Sequence[int],
        transcript: Transcript,
    ) -> int:
        """Run a command that sends, and read its log; return its exit code."""
        limit = ("--bwlimit", self._settings.bwlimit) if self._settings.bwlimit else ()
        flags = (*_COPY, *limit, *self._settings.flags, *how)
        child = self._start(generation, command, flags, operands, handles)
        try:
            assert child.stderr is not None
            for line in child.stderr:
                transcript.read(line)
            return child.wait()
        finally:
            self._programs.end(child)

    def _entry(self, generation: int, target: str, kind: str) -> Entry | None:
        """Return what the remote lists at a path, None when there is no file."""
        hashing = ("--hash", "--hash-type", kind) if kind else ()
        try:
            printed = self._run(generation, "lsjson", ("--stat", *hashing), (target,))
            entry = decoded(printed, Entry)
        except _Failed as failed:
            if failed.code in _NOT_FOUND:
                return None
            raise _error(failed, target) from failed
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone lsjson printed something else than one entry") from error
        # an object store lists a missing name as an empty folder
        return None if entry.is_dir else entry

    def _read_features(self, generation: int, remote: str) -> Features:
        """Return what a remote can."""
        try:
            return decoded(self._output(generation, "backend", ("features",), (remote,)), Features)
        except msgspec.MsgspecError as error:
            raise Unavailable("rclone backend features printed something else") from error

    def _local_hash(self, generation: int, held: HeldSource, kind: str) -> str:
        """Return a hash of the local file, in hex."""
        flags = (kind, "--copy-links")
        printed = self._output(generation, "hashsum", flags, (held.name,), None, held.handles).split()
        return printed[0].decode() if printed else ""

    def _encrypted_name(self, generation: int, remote: str, name: str) -> str:
        """Return a name as an encrypted remote writes it, "" for any other remote."""
        try:
            printed = self._output(generation, "cryptdecode", ("--reverse",), (remote, name))
        except MesharrError:
            return ""
        return printed.decode(errors="replace").split()[-1]

    def _delete(self, generation: int, folder: str, pattern: str, size: int | None = None) -> None:
        """Delete the files of a remote folder that rclone's filter selects."""
        sized = () if size is None else ("--min-size", f"{size}B", "--max-size", f"{size}B")
        try:
            self._run(generation, "delete", ("--max-depth", "1", "--include", pattern, *sized), (folder,))
        except _Failed as failed:
            if failed.code not in _NOT_FOUND:
                raise _error(failed, folder) from failed

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
    return failure(failed.code, transcript.errors, transcript.shown, target, gone=gone)
