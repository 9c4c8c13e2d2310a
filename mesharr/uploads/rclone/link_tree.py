"""Lay out links to local files as they shall lie on the remote, for one rclone to copy."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from mesharr.core.errors import MesharrError
from mesharr.core.paths import folder_of
from mesharr.uploads.rclone.source import HeldSource


class LinkTree:
    """Files that are held open, and a folder of links to them that bear their targets' names."""

    def __init__(self, root: str, files: Mapping[str, str], handles: str) -> None:
        """Open the files, and link to them.

        `files` has their absolute paths by the path of each below `root` (`remote:path`); `handles` is the
        folder in which rclone finds what is open here. A file that cannot be opened is left out, and one
        whose target is a name that this disk does not take.
        """
        below = os.path.commonpath([f"/{folder_of(path)}" for path in files]).strip("/") if files else ""
        self.root: Final = f"{root}/{below}" if below else root
        """The deepest folder of the remote in which all of them are."""
        self.held: Final[dict[str, HeldSource]] = {}
        """The files by their path below `root`."""
        self._open = contextlib.ExitStack()
        self.folder: Final = self._open.enter_context(tempfile.TemporaryDirectory(prefix="mesharr-upload-"))
        for path, source in files.items():
            with contextlib.suppress(MesharrError, OSError):
                self._link(path[len(below) + 1 if below else 0 :], source, handles)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def handles(self) -> tuple[int, ...]:
        """The handles a child needs to read the files."""
        return tuple(handle for held in self.held.values() for handle in held.handles)

    def _link(self, path: str, source: str, handles: str) -> None:
        held = self._open.enter_context(HeldSource(source))
        link = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(f"{handles}/{held.handles[0]}", link)
        self.held[path] = held
