"""The port to a program that uploads files to the drive."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from mesharr.core.errors import Refused, Unavailable
from mesharr.core.text import size_text


class Quota(Unavailable):
    """The remote, or a limit set in rclone, accepts no more for now; other remotes may."""


class FileRefused(Refused):
    """This one file cannot be uploaded until the user acts; others of the same remote can."""


class Occupied(Unavailable):
    """Another file is in the place of an upload that may not replace it."""

    def __init__(self, target: str, size: int, *, is_twin: bool = False) -> None:
        """Take the size of the other file.

        `is_twin`: both are there under one name, as some drives allow.
        """
        super().__init__(f"the drive has another file at {target} ({size_text(size)})")
        self.size = size
        self.is_twin = is_twin


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
    sent: bool = True
    """Whether this call sent it; False: it was there."""
    further: int = 0
    """How many further files have its name, on a drive that allows several."""


class UploadedBatch(msgspec.Struct, frozen=True):
    """What became of small files that were sent together."""

    sent: Mapping[str, Uploaded]
    """Those that arrived, by their path."""
    was_killed: bool = False
    """Whether what sent them was killed: it may have left half of one that did not arrive."""


class Uploader(Protocol):
    """Uploads files to a remote.

    Raises `Unavailable` (try later; `Quota` when the remote takes nothing for now) or `Refused` (the user
    must act on the remote; `FileRefused` on this file).
    """

    def upload(
        self, source: str, target: str, report: Callable[[Progress], None], *, replaces: bool = False
    ) -> Uploaded:
        """Copy `source` (absolute local path) to `target` (`remote:path`) and verify it there.

        Holds after the call: the remote lists `target` with the size of `source`, and the same hash where
        both sides have one; `source` is untouched. What is there with the size of `source`, and its hash, is
        not sent. Another file that is there is replaced only if the upload `replaces` it; else `Occupied` is
        raised and nothing is sent. On a drive that allows several files of one name `Occupied` also says
        that another one came there meanwhile, as its twin. The upload ends well also when another program
        moves `source` away meanwhile. `report` is called about every second; what it raises ends the upload.
        Raises `Unavailable` also when the source changed meanwhile.
        """
        ...

    def upload_new(self, root: str, files: Mapping[str, str]) -> UploadedBatch:
        """Copy small files to where the remote has none yet, as many as possible by one run.

        `files` has their absolute local paths by the path of each below `root` (`remote:path`). Returns
        which arrived, by that path; all holds of them that holds after `upload`. What becomes of the
        others `upload` finds out. Nothing that is there is replaced, and no file is lost that another
        program takes away meanwhile. Raises as `upload` does when the remote
        takes none of them.
        """
        ...

    def find(self, target: str) -> Uploaded | None:
        """Return the file as the remote itself lists it, None when it lists none."""
        ...

    def take_back(self, target: str, size: int) -> bool:
        """Delete the file of a size at `target` while one of another size is there as its twin.

        Returns whether it did: not where there is no twin, nor where one has the same size.
        """
        ...

    def is_half(self, target: str, size: int, source: str) -> bool:
        """Return whether the remote file of a size is the beginning of a local file.

        That is told by its first and its last bytes.
        """
        ...

    def read(self, target: str, limit: int) -> bytes | None:
        """Return at most `limit` bytes of a remote file; None when the remote has no such file."""
        ...

    def sweep(self, target: str) -> None:
        """Delete what an interrupted upload of this node to `target` left beside it.

        No upload to `target` may be running. What other nodes left there stays.
        """
        ...

    def stop(self) -> None:
        """End all running transfers; their calls raise `Unavailable`."""
        ...


class FolderUploader(Protocol):
    """A program of the household that uploads whole folders by its own configuration.

    Nothing that it returns proves an upload: only the drive does.
    """

    def check(self, library: str) -> None:
        """Return when it uploads the local branch of a library to its remote.

        Raises `Refused` otherwise.
        """
        ...

    def start(self) -> None:
        """Have it upload all its folders now, without waiting for the end; a run under way goes on.

        Raises `Unavailable` while a run that was started elsewhere is under way, `Refused` when the user has
        to act.
        """
        ...

    def is_running(self) -> bool:
        """Return whether a run that was started here is not over."""
        ...
