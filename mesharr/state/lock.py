"""The lock of a config dir: one `run` or `sync` at a time works on the database of a node."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mesharr.core.errors import Refused

LOCK_NAME = "mesharr.lock"
_TRIES = 5
_PAUSE_S = 0.1


class Busy(Refused):
    """Another mesharr has the lock of the config dir."""


@contextmanager
def hold_lock(config_dir: str) -> Iterator[None]:
    """Hold the lock of a config dir. The lock ends with the process, however that ends.

    Raises `Busy` when another process holds it, `Refused` when the file of the lock cannot be made.
    """
    path = os.path.join(config_dir, LOCK_NAME)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"cannot make {path} ({error.strerror})", "make the config dir writable") from error
    try:
        _take(handle, path)
        yield
    finally:
        os.close(handle)


def is_held(config_dir: str) -> bool:
    """Return whether another mesharr has the lock of a config dir; make no file."""
    try:
        handle = os.open(os.path.join(config_dir, LOCK_NAME), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in {errno.EWOULDBLOCK, errno.EACCES}
    finally:
        os.close(handle)
    return False


def _take(handle: int, path: str) -> None:
    # Several tries, as `is_held` of another process takes the lock for an instant.
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise Refused(
                    f"{path} cannot be locked ({error.strerror})", "put the config dir on a local disk"
                ) from error
            if not left:
                raise Busy(
                    f"another mesharr runs on this config dir ({os.path.dirname(path)})",
                    "stop it first, or name another with --config-dir",
                ) from error
            time.sleep(_PAUSE_S)
        else:
            return
