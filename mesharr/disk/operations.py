"""Implement the file operations of `Disk`, each as one function that raises `OSError`.

The same functions run in this process and in the child that may hang; the imports are few, so that the child
starts fast and stays small. What they take and return is plain, as it goes from one process to the other.
"""

import errno
import fcntl
import os
import stat as modes

# `collections.abc` would load all of `collections`; `os` has loaded this one already.
from _collections_abc import Callable, Sequence
from _signal import SIGURG  # type: ignore[import-not-found]  # typeshed has no stub; `signal` would load `enum`
from errno import ENAMETOOLONG

# the errors that mean "no such file"; all others mean that the file system does not answer
_NO_SUCH = (FileNotFoundError, NotADirectoryError)

Stat = tuple[int, int, int, int, bool, int]
"""The members of `FileStat` in its order."""


def listdir(path: str) -> list[str]:
    """Return the names in a folder, sorted; names that are no UTF-8 are left out."""
    return sorted(name for name in os.listdir(path) if _is_text(name))


def read(path: str, limit: int) -> bytes:
    """Return at most `limit` + 1 bytes of a file that is no link.

    The one byte too many tells the caller that the file is longer. A pipe, a device or a socket is an error:
    to open one may hang, or do something.
    """
    _check_regular(os.lstat(path).st_mode)
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_regular(os.fstat(handle).st_mode)  # it may be another one than a moment ago
        parts: list[bytes] = []
        missing = limit + 1
        while missing and (part := os.read(handle, missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def _check_regular(mode: int) -> None:
    if modes.S_ISLNK(mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not modes.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")


def create(path: str, content: bytes) -> None:
    """Create the file under its final name; raise `FileExistsError` when it exists."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        _write(handle, content)
    except OSError:
        _close_quietly(handle)
        raise
    os.close(handle)  # on an uncached mount the close is the upload: its error is the answer


def create_atomic(path: str, content: bytes) -> None:
    """Create a whole, durable file in one step; raise `FileExistsError` when it exists."""
    folder, name = os.path.split(path)
    temp = os.path.join(folder, f".{name[:80]}.{os.urandom(4).hex()}.tmp")
    handle = os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        try:
            _write(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        _link(temp, path)
    finally:
        os.unlink(temp)
    _sync_folder(folder or ".")


def unlink(path: str) -> None:
    """Delete the file; a missing one is no error."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def mkdir(path: str) -> None:
    """Create one folder; an existing one is no error, a missing parent is."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise


def stat(path: str) -> Stat | None:
    """Return size, times and kind of what is at the path, links followed; None when nothing is."""
    try:
        return _members(os.stat(path))
    except OSError as error:
        if _means_absent(error):
            return None
        raise


def sizes(paths: Sequence[str]) -> list[int | None]:
    """Return the size of each file, None where there is no file."""
    return [_size(path, _mode_and_size) for path in paths]


def sizes_below(root: str, paths: Sequence[str]) -> list[int | None]:
    """Return the size of each file as its file system says now, None where there is no file.

    None also where a link leads the path out of `root`. What the kernel remembers of the files is not used.
    """
    from mesharr.disk.uncached import Folder, mode_and_size_now  # noqa: PLC0415 - the child starts faster without

    def listing(folder: str) -> Folder | None:
        """Return what a folder lists, None for one that is not there or outside of the root."""
        try:
            return Folder(folder) if _inside(real, folder) else None
        except OSError as error:
            if _means_absent(error):
                return None
            raise

    real = os.path.realpath(root)
    folders: dict[str, Folder | None] = {}
    found: list[int | None] = []
    for path in paths:
        where, name = os.path.split(path)
        if where not in folders:
            folders[where] = listing(where)
        folder = folders[where]
        # what a listing lacks is gone, although the kernel may still know it
        listed = folder is not None and folder.lists(name)
        inside = listed and (not os.path.islink(path) or _inside(real, path))
        found.append(_size(path, mode_and_size_now) if inside else None)
    return found


def unlink_same(path: str, size: int, mtime_ns: int, inode: int, even_open: bool) -> bool:
    """Delete the file if it still has that size, mtime and inode; return whether it was deleted.

    Unless `even_open`, raise EBUSY while another program has it open. One that opens it in this moment waits
    in its `open`, and gets a file that is still there.
    """
    handle = -1 if even_open else _leased(path)
    try:
        # a link goes with what it leads to: that stays
        now = os.stat(path)
        is_same = (now.st_size, now.st_mtime_ns, now.st_ino) == (size, mtime_ns, inode)
        if modes.S_ISDIR(now.st_mode) or not is_same:
            return False
        if handle >= 0 and fcntl.fcntl(handle, fcntl.F_GETLEASE) != fcntl.F_WRLCK:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        os.unlink(path)
    except _NO_SUCH:
        return False
    finally:
        if handle >= 0:
            os.close(handle)
    return True


def move_new(path: str, target: str) -> None:
    """Give a file another path on its disk, in folders that are made; that may not be taken."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    os.rename(path, target)


def rmdir_empty(path: str) -> bool:
    """Remove a folder if it is empty; return whether it is not there any more."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # not empty, a mount point, or not ours to remove
    return True


def files_below(root: str) -> list[tuple[str, int, int]]:
    """Return every file below a folder: its path relative to it, its size, its mtime (ns).

    A link has those of the link itself. Names that are no UTF-8, names with a dot first, and folders that
    cannot be read are left out.
    """
    found: list[tuple[str, int, int]] = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and _is_text(name))
        for name in sorted(name for name in names if not name.startswith(".") and _is_text(name)):
            path = os.path.join(folder, name)
            try:
                seen = os.lstat(path)
            except OSError:
                continue  # it went meanwhile
            found.append((os.path.relpath(path, root), seen.st_size, seen.st_mtime_ns))
    return found


def unreadable_below(root: str) -> list[str]:
    """Return the paths below a folder that `files_below` leaves out as their names are no UTF-8.

    Each is relative to it, with U+FFFD in place of what is no text, as an app lists it.
    """
    return sorted(
        os.path.relpath(os.path.join(folder, name), root)
        .encode(errors="surrogateescape")
        .decode(errors="replace")
        for folder, below, names in os.walk(root)
        for name in (*below, *names)
        if not name.startswith(".") and not _is_text(name)
    )


def is_open_elsewhere(path: str) -> bool:
    """Return whether another program has a file open, as far as the system tells."""
    try:
        handle = _leased(path)
    except OSError:
        return True
    if handle >= 0:
        os.close(handle)
    return False


def _leased(path: str) -> int:
    """Return a handle that keeps others from opening a file while it is open, -1 for none.

    The kernel grants a lease only on a file that nobody else has open, in any container: EBUSY is raised when
    somebody has. Where it grants none at all (a network disk, another user's file), nothing is known.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return -1
    try:
        # a program that waits in its `open` is announced by a signal, and the usual one ends this process
        fcntl.fcntl(handle, fcntl.F_SETSIG, SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        os.close(handle)
        if error.errno == errno.EAGAIN:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error
        return -1
    return handle


def realpath(path: str) -> str:
    """Return the path with every link followed, as far as it exists."""
    return os.path.realpath(path)


OPERATIONS: dict[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        listdir, read, create, create_atomic, unlink, mkdir, stat, sizes, sizes_below, unlink_same, realpath,
        rmdir_empty, move_new, files_below, unreadable_below, is_open_elsewhere,
    )
}  # fmt: skip


def _means_absent(error: OSError) -> bool:
    """Return whether there is no such file, also as its name is too long for the disk."""
    return isinstance(error, _NO_SUCH) or error.errno == ENAMETOOLONG


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _close_quietly(handle: int) -> None:
    try:
        os.close(handle)
    except OSError:
        return


def _link(temp: str, path: str) -> None:
    try:
        os.link(temp, path)
    except FileExistsError:
        # over NFS a repeated request may get EEXIST because its own first try succeeded
        if os.stat(temp).st_nlink < 2:
            raise


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _members(raw: os.stat_result) -> Stat:
    is_dir = modes.S_ISDIR(raw.st_mode)
    return raw.st_size, raw.st_mtime_ns, raw.st_ino, raw.st_dev, is_dir, raw.st_ctime_ns


def _mode_and_size(path: str) -> tuple[int, int]:
    raw = os.stat(path)
    return raw.st_mode, raw.st_size


def _size(path: str, look: Callable[[str], tuple[int, int]]) -> int | None:
    """Return the size of the file that a look finds, None where there is no file."""
    try:
        mode, size = look(path)
    except OSError as error:
        if _means_absent(error):
            return None
        raise
    return size if modes.S_ISREG(mode) else None


def _inside(root: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip("/") + "/")
