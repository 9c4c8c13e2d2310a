"""The port to what brings a file to the drive."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """How far one transfer is: bytes done, bytes in all, bytes a second."""

    done: int
    total: int
    speed: int


class Uploaded(msgspec.Struct, frozen=True):
    """A file as the remote itself shows it after the upload: bytes, and a hash where there is one."""

    size: int
    hash: str = ""


class Uploader(Protocol):
    """Brings one file to the remote. Raises `Unavailable` (try later) or `Refused` (a person must act)."""

    def upload(self, source: str, target: str, report: Callable[[Progress], None]) -> Uploaded:
        """Copy `source` (absolute local path) to `target` (`remote:path`) and verify it there.

        Holds after the call: the remote shows `target` with the size of `source`, and the same hash
        where both sides have one; `source` is untouched. Doing it twice is no error and sends nothing.
        Raises `Unavailable` also when the source changed meanwhile.
        """
        ...

    def stop(self) -> None:
        """End running transfers now; their calls raise `Unavailable`."""
        ...
