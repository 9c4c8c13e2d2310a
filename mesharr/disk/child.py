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
from typing import Any, Protocol

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk import operations
from mesharr.disk.child_connection import ChildConnection
from mesharr.disk.worker import Answer

__all__ = ["Busy", "ChildDisk", "Disk", "Exists", "FileStat", "LocalDisk", "Missing"]

_CHUNK = 50  # paths a call: each may be a listing of a folder by the drive, and all have to end in time
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


class FileStat(msgspec.Struct, frozen=True):
    """A file or folder as the file system lists it."""

    size: int
    """Bytes."""
    mtime_ns: int
    inode: int
    """With `device`, the identity: a file that replaces another of the same name has another one."""
    device: int
    is_dir: bool
    ctime_ns: int = 0
    """When anything was last done to it, which no program can set back; 0 for not known."""


class Missing(Unavailable):
    """The file or folder does not exist (ENOENT, or a file where a folder should be)."""


class Exists(Unavailable):
    """A file of that name exists already (EEXIST)."""


class Busy(Unavailable):
    """Another program has the file open (EBUSY)."""


class Disk(Protocol):
    """File operations by absolute path.

    Every method raises `Unavailable`, or its subclasses `Missing`, `Exists` and `Busy`.
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

    def unlink_same(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        """Delete the file if it still has that size, mtime and inode; return whether it was deleted.

        Unless `even_open`, raise `Busy` while another program has it open, as far as the system tells.
        """
        ...

    def move_new(self, path: str, target: str) -> None:
        """Give a file another path on its disk, in folders that are made; raise `Exists` if taken."""
        ...

    def rmdir_empty(self, path: str) -> bool:
        """Remove a folder if it is empty; return whether it is not there any more."""
        ...

    def files_below(self, root: str) -> list[tuple[str, int, int]]:
        """Return every file below a folder: its path relative to it, its size, its mtime (ns)."""
        ...

    def unreadable_below(self, root: str) -> list[str]:
        """Return the paths below a folder whose names are no UTF-8, with U+FFFD for what is no text."""
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
    def _call(self, operation: str, *arguments: Any) -> Any: ...

    def listdir(self, path: str) -> list[str]:
        names: list[str] = self._call("listdir", path)
        return names

    def read(self, path: str, limit: int) -> bytes:
        content: bytes = self._call("read", path, limit)
        return content

    def create(self, path: str, content: bytes) -> None:
        self._call("create", path, content)

    def create_atomic(self, path: str, content: bytes) -> None:
        self._call("create_atomic", path, content)

    def unlink(self, path: str) -> None:
        self._call("unlink", path)

    def mkdir(self, path: str) -> None:
        self._call("mkdir", path)

    def stat(self, path: str) -> FileStat | None:
        members = self._call("stat", path)
        return FileStat(*members) if members else None

    def sizes(self, paths: Sequence[str]) -> list[int | None]:
        return self._in_chunks("sizes", [], paths)

    def sizes_below(self, root: str, paths: Sequence[str]) -> list[int | None]:
        return self._in_chunks("sizes_below", [root], paths)

    def unlink_same(self, path: str, was: FileStat, *, even_open: bool) -> bool:
        deleted: bool = self._call("unlink_same", path, was.size, was.mtime_ns, was.inode, even_open)
        return deleted

    def move_new(self, path: str, target: str) -> None:
        self._call("move_new", path, target)

    def rmdir_empty(self, path: str) -> bool:
        gone: bool = self._call("rmdir_empty", path)
        return gone

    def files_below(self, root: str) -> list[tuple[str, int, int]]:
        files: list[tuple[str, int, int]] = self._call("files_below", root)
        return files

    def unreadable_below(self, root: str) -> list[str]:
        paths: list[str] = self._call("unreadable_below", root)
        return paths

    def is_open_elsewhere(self, path: str) -> bool:
        is_open: bool = self._call("is_open_elsewhere", path)
        return is_open

    def realpath(self, path: str) -> str:
        real: str = self._call("realpath", path)
        return real

    def _in_chunks(self, operation: str, first: list[str], paths: Sequence[str]) -> list[int | None]:
        found: list[int | None] = []
        for start in range(0, len(paths), _CHUNK):
            found += self._call(operation, *first, list(paths[start : start + _CHUNK]))
        return found


class LocalDisk(_Calls):
    """Runs the operations in this process: for local directories, where nothing hangs."""

    def _call(self, operation: str, *arguments: Any) -> Any:
        try:
            return operations.OPERATIONS[operation](*arguments)
        except OSError as error:
            raise _disk_error(
                error.errno or -1, error.strerror or str(error), operation, arguments
            ) from error

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

    def _call(self, operation: str, *arguments: Any) -> Any:
        about = _description(operation, arguments)
        if not self._slots.acquire(timeout=self._deadline):
            raise Unavailable(f"{about}: an earlier call still waits for the mount")
        try:
            answer = self._answer(operation, arguments, about)
        finally:
            self._slots.release()
        _, number, text, value = answer
        if number:
            raise _disk_error(number, text, operation, arguments)
        return value

    def _answer(self, operation: str, arguments: Sequence[Any], about: str) -> Answer:
        """Return the child's answer; after any failure the child is not used again."""
        connection = self._current()
        try:
            return connection.ask(operation, list(arguments), self._deadline)
        except TimeoutError as error:
            raise Unavailable(
                f"{about} did not answer within {self._deadline:g} s: the mount hangs"
            ) from error
        except (OSError, EOFError, ValueError, TypeError) as error:
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


def _description(operation: str, arguments: Sequence[Any]) -> str:
    where = arguments[-1] if operation.startswith("sizes") else arguments[0]
    if isinstance(where, list):
        where = where[0] if where else "nothing"
    return f"{operation.partition('_')[0]} {where}"


def _disk_error(number: int, text: str, operation: str, arguments: Sequence[Any]) -> Unavailable:
    kinds: dict[int, Callable[[str], Unavailable]] = {
        errno.ENOENT: Missing,
        errno.ENOTDIR: Missing,
        errno.ENAMETOOLONG: Missing,
        errno.EEXIST: Exists,
        errno.EBUSY: Busy,
    }
    meaning = f": {_MEANINGS[number]}" if number in _MEANINGS else ""
    return kinds.get(number, Unavailable)(f"{text}{meaning}: {_description(operation, arguments)}")
