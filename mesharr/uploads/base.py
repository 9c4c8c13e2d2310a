"""The port to a program that uploads files to the drive."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """The progress of one transfer."""

    done: int
    """Bytes."""
    total: int
    """Bytes."""
    speed: int
    """Bytes a second."""


class Uploaded(msgspec.Struct, frozen=True):
    """A file as the remote itself lists it after the upload."""

    size: int
    """Bytes."""
    hash: str = ""
    """In hex; "" where the remote has none."""


class Uploader(Protocol):
    """Uploads files to a remote.

    Raises `Unavailable` (try later) or `Refused` (the user must act).
    """

    def upload(self, source: str, target: str, report: Callable[[Progress], None]) -> Uploaded:
        """Copy `source` (absolute local path) to `target` (`remote:path`) and verify it there.

        Holds after the call: the remote lists `target` with the size of `source`, and the same hash where
        both sides have one; `source` is untouched. A second call is no error and sends nothing. `report` is
        called about every second. Raises `Unavailable` also when the source changed meanwhile.
        """
        ...

    def stop(self) -> None:
        """End all running transfers; their calls raise `Unavailable`."""
        ...
