"""File operations that survive a mount which hangs.

A call into a FUSE file system can block for ever and outlive SIGKILL, so `ChildDisk` makes it in a
child process with a deadline; one that does not answer is abandoned, and the next call starts another.
`LocalDisk` does the same things in this process, for directories that cannot hang.
"""

import errno
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk import operations, pipes
from mesharr.disk.operations import FileStat
from mesharr.disk.worker import Answer, Request, frame

__all__ = ["ChildDisk", "Disk", "Exists", "FileStat", "LocalDisk", "Missing"]

Value = TypeVar("Value")
_CHUNK = 256  # paths a trip, so that a slow but living mount keeps within the deadline
_FAREWELL = 1.0

_MEANINGS = {
    errno.ENOTCONN: "the mount died: start it again, after `fusermount3 -uz` on its folder",
    errno.EROFS: "the mount is read-only: mount it without --read-only",
    errno.EIO: "the mount's backend refuses or fails: its own log has the reason",
    errno.ESTALE: "the mount was replaced while in use",
    errno.EACCES: "the user mesharr runs as may not do this",
    errno.EPERM: "the file system does not allow this here",
    errno.ENOSPC: "the disk is full",
    errno.ELOOP: "it is a symbolic link",
}


class Missing(Unavailable):
    """There is no such file or folder (ENOENT, or a file where a folder should be)."""


class Exists(Unavailable):
    """There is a file of that name already (EEXIST)."""


class Disk(Protocol):
    """Files, by absolute path. Every method raises `Unavailable` (or its `Missing`, `Exists`)."""

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder, sorted; names that are no UTF-8 are left out."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """Return at most `limit` + 1 bytes of a file that is not a link."""
        ...

    def create(self, path: str, content: bytes) -> None:
        """Create a file under its final name, once; `Exists` when it is there. For mounts."""
        ...

    def publish(self, path: str, content: bytes) -> None:
        """Make a whole, durable file appear at once; `Exists` when it is there. For local disks and NFS."""
        ...

    def unlink(self, path: str) -> None:
        """Remove a file; one that is missing is fine."""
        ...

    def mkdir(self, path: str) -> None:
        """Make one folder; an existing one is fine; parents are never made."""
        ...

    def stat(self, path: str) -> FileStat | None:
        """Return what is at the path, links followed; None when nothing is."""
        ...

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Return the size of each file, in order, None where there is no file."""
        ...

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        """As `sizes`; None also where a link leads the path out of `root`."""
        ...

    def unlink_same(self, path: str, was: FileStat) -> bool:
        """Remove the file only while it has that size, mtime and inode; return whether it did."""
        ...

    def realpath(self, path: str) -> str:
        """Return the path with every link followed, as far as it exists."""
        ...

    def close(self) -> None:
        """Let go of what the disk holds; a later call takes it up again."""
        ...


class _Calls(ABC):
    """The operations in terms of one call; a subclass says what makes the call."""

    @abstractmethod
    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value: ...

    def listdir(self, path: str) -> list[str]:
        return self._call("listdir", [path], list[str])

    def read(self, path: str, limit: int) -> bytes:
        return self._call("read", [path, limit], bytes)

    def create(self, path: str, content: bytes) -> None:
        self._call("create", [path, content], type(None))

    def publish(self, path: str, content: bytes) -> None:
        self._call("publish", [path, content], type(None))

    def unlink(self, path: str) -> None:
        self._call("unlink", [path], type(None))

    def mkdir(self, path: str) -> None:
        self._call("mkdir", [path], type(None))

    def stat(self, path: str) -> FileStat | None:
        kind: Any = FileStat | None
        found: FileStat | None = self._call("stat", [path], kind)
        return found

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        return self._in_chunks("sizes", [], paths)

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        return self._in_chunks("sizes_below", [root], paths)

    def unlink_same(self, path: str, was: FileStat) -> bool:
        return self._call("unlink_same", [path, was], bool)

    def realpath(self, path: str) -> str:
        return self._call("realpath", [path], str)

    def _in_chunks(self, operation: str, first: list[Any], paths: Sequence[str]) -> list[int | None]:
        found: list[int | None] = []
        for start in range(0, len(paths), _CHUNK):
            chunk = list(paths[start : start + _CHUNK])
            found += self._call(operation, [*first, chunk], list[int | None])
        return found


class LocalDisk(_Calls):
    """The operations in this process: for local directories, where nothing hangs."""

    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value:  # noqa: ARG002 - no bytes to decode here
        try:
            value: Value = operations.OPERATIONS[operation](*arguments)
        except OSError as error:
            raise _named(error.errno or -1, error.strerror or str(error), operation, arguments) from error
        return value

    def close(self) -> None:
        """Nothing is held."""


class ChildDisk(_Calls):
    """The operations in a child process, each within `deadline` seconds. Safe to share between threads.

    The child starts with the first call and ends with this process. A call that misses the deadline
    raises `Unavailable` and leaves its child to its fate.
    """

    def __init__(self, deadline: float = 30.0, python: str = sys.executable) -> None:
        self._deadline = deadline
        self._python = python
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def child_pid(self) -> int | None:
        """The process id of the running child, None when there is none."""
        return self._child.pid if self._child else None

    def close(self) -> None:
        """Let the child end; one that does not end within a second is abandoned, also in mid-call."""
        if not self._lock.acquire(timeout=_FAREWELL):
            # the call that waits for a mount which hangs has its own deadline, and reaps the child
            if (busy := self._child) is not None:
                busy.kill()
            return
        try:
            child, self._child = self._child, None
            if child is None:
                return
            pipes.close(child)
            try:
                child.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                pipes.abandon(child)
        finally:
            self._lock.release()

    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value:
        about = _about(operation, arguments)
        if not self._lock.acquire(timeout=self._deadline):
            raise Unavailable(f"{about}: an earlier call still waits for the mount")
        try:
            answer = self._exchange(frame(Request(operation, arguments)), about)
        finally:
            self._lock.release()
        if answer.errno:
            raise _named(answer.errno, answer.text, operation, arguments)
        return msgspec.msgpack.decode(answer.value, type=kind)

    def _exchange(self, request: bytes, about: str) -> Answer:
        """Send one frame and return the answer; whatever fails, the child is not used again."""
        child = self._running()
        try:
            return pipes.exchange(child, request, self._deadline)
        except TimeoutError as error:
            self._forget(child)
            raise Unavailable(
                f"{about} did not answer within {self._deadline:g} s: the mount hangs"
            ) from error
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self._forget(child)
            raise Unavailable(f"{about}: the process that reads the disk ended") from error
        except BaseException:
            # an interrupt between question and answer: the answer must not be taken for the next one
            self._forget(child)
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._forget(self._child)
        if self._child is None:
            self._child = pipes.start(self._python)
        return self._child

    def _forget(self, child: subprocess.Popen[bytes]) -> None:
        self._child = None
        pipes.abandon(child)


def _about(operation: str, arguments: list[Any]) -> str:
    where = arguments[-1] if operation.startswith("sizes") else arguments[0]
    if isinstance(where, list):
        where = where[0] if where else "nothing"
    return f"{operation.removesuffix('_below')} {where}"


def _named(number: int, text: str, operation: str, arguments: list[Any]) -> Unavailable:
    kinds: dict[int, Callable[[str], Unavailable]] = {
        errno.ENOENT: Missing,
        errno.ENOTDIR: Missing,
        errno.EEXIST: Exists,
    }
    meaning = f": {_MEANINGS[number]}" if number in _MEANINGS else ""
    return kinds.get(number, Unavailable)(f"{text}{meaning}: {_about(operation, arguments)}")
