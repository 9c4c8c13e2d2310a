"""Run file operations with a deadline, so that a hung mount does not block the program.

A call into a FUSE file system can block for ever and outlive SIGKILL, so `ChildDisk` makes it in a child
process with a deadline; a child that does not answer is abandoned, and the next call starts another. Several
calls run at a time: each waits for a drive, not for the others. `LocalDisk` makes the same calls in this
process, for directories that cannot hang.
"""

import errno
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk import operations
from mesharr.disk.child_connection import ChildConnection
from mesharr.disk.operations import FileStat
from mesharr.disk.worker import Answer

__all__ = ["ChildDisk", "Disk", "Exists", "FileStat", "LocalDisk", "Missing"]

Value = TypeVar("Value")
_CHUNK = 256  # paths a call, so that a slow mount keeps within the deadline
_CLOSE_S = 1.0
AT_ONCE = 8
"""Calls that run on one mount at a time: more do not speed up a drive, and each may take 4 MiB."""

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
    """The file or folder does not exist (ENOENT, or a file where a folder should be)."""


class Exists(Unavailable):
    """A file of that name exists already (EEXIST)."""


class Disk(Protocol):
    """File operations by absolute path.

    Every method raises `Unavailable`, or its subclasses `Missing` and `Exists`.
    """

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder, sorted; names that are no UTF-8 are left out."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """Return at most `limit` + 1 bytes of a file; never open a link.

        The one byte too many tells the caller that the file is longer.
        """
        ...

    def create(self, path: str, content: bytes) -> None:
        """Create a file under its final name, for mounts; raise `Exists` when it exists."""
        ...

    def create_atomic(self, path: str, content: bytes) -> None:
        """Create a whole, durable file in one step, not on FUSE; raise `Exists` when it exists."""
        ...

    def unlink(self, path: str) -> None:
        """Delete a file; a missing one is no error."""
        ...

    def mkdir(self, path: str) -> None:
        """Create one folder without its parents; an existing one is no error."""
        ...

    def stat(self, path: str) -> FileStat | None:
        """Return size, times and kind of what is at the path, links followed; None when nothing is."""
        ...

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        """Return the size of each file (bytes) in the order of `paths`, None where there is no file."""
        ...

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        """Return `sizes` past what the kernel remembers; None also where a link leads out of `root`."""
        ...

    def unlink_same(self, path: str, was: FileStat) -> bool:
        """Delete the file if it still has that size, mtime and inode; return whether it was deleted."""
        ...

    def rmdir_empty(self, path: str) -> bool:
        """Remove a folder if it is empty; return whether it is not there any more."""
        ...

    def files_below(self, root: str) -> list[tuple[str, int, int]]:
        """Return every file below a folder: its path relative to it, its size, its mtime (ns)."""
        ...

    def is_open_elsewhere(self, path: str) -> bool:
        """Return whether another program has a file open, as far as the system tells."""
        ...

    def realpath(self, path: str) -> str:
        """Return the path with every link followed, as far as it exists."""
        ...

    def close(self) -> None:
        """Release the child process; a later call starts another."""
        ...


class _Calls(ABC):
    """The operations as one kind of call, which a subclass makes."""

    @abstractmethod
    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value: ...

    def listdir(self, path: str) -> list[str]:
        return self._call("listdir", [path], list[str])

    def read(self, path: str, limit: int) -> bytes:
        return self._call("read", [path, limit], bytes)

    def create(self, path: str, content: bytes) -> None:
        self._call("create", [path, content], type(None))

    def create_atomic(self, path: str, content: bytes) -> None:
        self._call("create_atomic", [path, content], type(None))

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

    def rmdir_empty(self, path: str) -> bool:
        return self._call("rmdir_empty", [path], bool)

    def files_below(self, root: str) -> list[tuple[str, int, int]]:
        return self._call("files_below", [root], list[tuple[str, int, int]])

    def is_open_elsewhere(self, path: str) -> bool:
        return self._call("is_open_elsewhere", [path], bool)

    def realpath(self, path: str) -> str:
        return self._call("realpath", [path], str)

    def _in_chunks(self, operation: str, first: list[Any], paths: Sequence[str]) -> list[int | None]:
        found: list[int | None] = []
        for start in range(0, len(paths), _CHUNK):
            chunk = list(paths[start : start + _CHUNK])
            found += self._call(operation, [*first, chunk], list[int | None])
        return found


class LocalDisk(_Calls):
    """Runs the operations in this process: for local directories, where nothing hangs."""

    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value:  # noqa: ARG002 - no bytes to decode here
        try:
            value: Value = operations.OPERATIONS[operation](*arguments)
        except OSError as error:
            raise _disk_error(
                error.errno or -1, error.strerror or str(error), operation, arguments
            ) from error
        return value

    def close(self) -> None:
        """Do nothing: there is no child process."""


class ChildDisk(_Calls):
    """Runs the operations in a child process, each within `deadline` seconds.

    It is safe to share between threads.

    The child starts with the first call and ends with this process. At most `AT_ONCE` calls run; another one
    waits for its turn within its deadline. A call that misses the deadline raises `Unavailable` and abandons
    the child, and so do the calls that wait for the same child.
    """

    def __init__(self, deadline: float = 30.0, python: str = sys.executable) -> None:
        self._deadline = deadline
        self._python = python
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._connection: ChildConnection | None = None

    @property
    def child_pid(self) -> int | None:
        """The process id of the running child, None when there is none."""
        connection = self._connection
        return connection.pid if connection else None

    def close(self) -> None:
        """End the child; one that does not end within a second is abandoned, also during a call."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.end(_CLOSE_S)

    def _call(self, operation: str, arguments: list[Any], kind: type[Value]) -> Value:
        about = _description(operation, arguments)
        if not self._slots.acquire(timeout=self._deadline):
            raise Unavailable(f"{about}: an earlier call still waits for the mount")
        try:
            answer = self._answer(operation, arguments, about)
        finally:
            self._slots.release()
        if answer.errno:
            raise _disk_error(answer.errno, answer.text, operation, arguments)
        return msgspec.msgpack.decode(answer.value, type=kind)

    def _answer(self, operation: str, arguments: list[Any], about: str) -> Answer:
        """Return the child's answer; after any failure the child is not used again."""
        connection = self._current()
        try:
            return connection.ask(operation, arguments, self._deadline)
        except TimeoutError as error:
            raise Unavailable(
                f"{about} did not answer within {self._deadline:g} s: the mount hangs"
            ) from error
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            if connection.hung:
                raise Unavailable(f"{about}: another call did not answer in time: the mount hangs") from error
            raise Unavailable(f"{about}: the process that reads the disk ended") from error
        finally:
            with self._lock:
                if self._connection is connection and not connection.is_open():
                    self._connection = None

    def _current(self) -> ChildConnection:
        with self._lock:
            if self._connection is not None and not self._connection.is_open():
                self._connection.abandon()
                self._connection = None
            if self._connection is None:
                self._connection = ChildConnection(self._python)
            return self._connection


def _description(operation: str, arguments: list[Any]) -> str:
    where = arguments[-1] if operation.startswith("sizes") else arguments[0]
    if isinstance(where, list):
        where = where[0] if where else "nothing"
    return f"{operation.partition('_')[0]} {where}"


def _disk_error(number: int, text: str, operation: str, arguments: list[Any]) -> Unavailable:
    kinds: dict[int, Callable[[str], Unavailable]] = {
        errno.ENOENT: Missing,
        errno.ENOTDIR: Missing,
        errno.ENAMETOOLONG: Missing,
        errno.EEXIST: Exists,
    }
    meaning = f": {_MEANINGS[number]}" if number in _MEANINGS else ""
    return kinds.get(number, Unavailable)(f"{text}{meaning}: {_description(operation, arguments)}")
