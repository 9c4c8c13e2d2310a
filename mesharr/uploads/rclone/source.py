"""Hold the file to upload open, so that it can be read to its end whoever moves it away."""

import contextlib
import os
import stat
from types import TracebackType
from typing import Final, Self

from mesharr.core.errors import Unavailable
from mesharr.uploads.base import FileRefused

OWN_HANDLES: Final = "/proc/self/fd"
"""The folder in which a process finds what it has open."""


class HeldSource:
    """A local file, open from the first to the last byte of its upload.

    Another uploader that finishes first deletes the file. An upload that reads it by its path fails then,
    and rclone deletes what a failed upload left on the drive: the other's finished file. One that reads the
    handle goes on to its end.
    """

    def __init__(self, path: str) -> None:
        """Open the file.

        Raises `Unavailable` when there is none, `FileRefused` when it cannot be read.
        """
        self.path: Final = path
        self._handle: Final = _opened(path)
        self._before: Final = os.fstat(self._handle)
        if not stat.S_ISREG(self._before.st_mode):
            os.close(self._handle)
            raise FileRefused(f"{path} is not a plain file", "replace it by a plain file, or take it away")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    @property
    def size(self) -> int:
        """The size when it was opened, in bytes."""
        return self._before.st_size

    @property
    def written(self) -> float:
        """When it was last written, in seconds since the epoch."""
        return self._before.st_mtime

    @property
    def handles(self) -> tuple[int, ...]:
        """The handles a child needs to read `name`."""
        return (self._handle,) if self.is_held else ()

    @property
    def is_held(self) -> bool:
        """Whether the system lets a child read the handle by a name."""
        return os.path.isdir(OWN_HANDLES)

    @property
    def name(self) -> str:
        """What a child that inherits `handles` opens."""
        return f"{OWN_HANDLES}/{self._handle}" if self.is_held else self.path

    def read(self, limit: int, begin: int) -> bytes:
        """Return at most `limit` bytes from the byte `begin` on."""
        return os.pread(self._handle, limit, begin)

    def is_gone(self) -> bool:
        """Return whether another program took the file away since it was opened."""
        return not os.path.lexists(self.path)

    def was_touched(self) -> bool:
        """Return whether anything was done to the file since, also with its times kept."""
        return os.fstat(self._handle).st_ctime_ns != self._before.st_ctime_ns

    def check_unchanged(self) -> None:
        """Raise `Unavailable` when the file was written to, or another one stands in its place."""
        found = [os.fstat(self._handle)]
        with contextlib.suppress(OSError):  # gone: what was uploaded is the file as it was
            found.append(os.stat(self.path))
        if any(_identity(each) != _identity(self._before) for each in found):
            raise Unavailable(f"{self.path} changed while uploading")


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Unavailable(f"the source is gone: {path} ({error.strerror})") from error
    except PermissionError as error:
        raise FileRefused(
            f"{path} cannot be read ({error.strerror})", "let the user that mesharr runs as read it"
        ) from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror})") from error


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino
