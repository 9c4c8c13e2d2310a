"""Look at files as their file system shows them now, past what the kernel remembers of them.

The kernel answers `stat` from its own memory for as long as a FUSE mount allows it (`--attr-timeout`, a
second by default), also when the mount has learned since that the file is another one, or gone. A listing
always asks the mount, and so does `statx` with `AT_STATX_FORCE_SYNC`, which Python has not before 3.15.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache

from mesharr.core.paths import same_key

_AT_FDCWD = -100
_FORCE_SYNC = 0x2000
_MASK = 0x1 | 0x200  # type and size
_LENGTH = 256
_MODE_AT, _SIZE_AT = 28, 40


class Folder:
    """The names that a folder has in a listing made at once."""

    def __init__(self, path: str) -> None:
        self._names = frozenset(os.listdir(path))
        self._keys: frozenset[str] | None = None

    def lists(self, name: str) -> bool:
        """Return whether the folder has this name, or one that a drive may take for the same."""
        if name in self._names:
            return True
        if self._keys is None:
            self._keys = frozenset(same_key(each) for each in self._names)
        return same_key(name) in self._keys


def mode_and_size_now(path: str) -> tuple[int, int]:
    """Return mode and size of what is at the path, as its file system says now; raise `OSError`."""
    statx = _statx()
    if statx is None:
        found = os.stat(path)
        return found.st_mode, found.st_size
    buffer = ctypes.create_string_buffer(_LENGTH)
    if statx(_AT_FDCWD, os.fsencode(path), _FORCE_SYNC, _MASK, buffer):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    raw = buffer.raw
    mode = int.from_bytes(raw[_MODE_AT : _MODE_AT + 2], sys.byteorder)
    return mode, int.from_bytes(raw[_SIZE_AT : _SIZE_AT + 8], sys.byteorder)


@cache
def _statx() -> Callable[..., int] | None:
    """Return the function of the C library; None on a system without it."""
    try:
        found: Callable[..., int] = ctypes.CDLL(None, use_errno=True).statx
    except (AttributeError, OSError):
        return None
    return found
