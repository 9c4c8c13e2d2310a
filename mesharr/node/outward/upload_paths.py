"""Prove the paths of a library's uploads before they are used: nobody sees a wrong one."""

from collections.abc import Callable
from contextlib import suppress

from mesharr.core.errors import Refused, Unavailable
from mesharr.node.model import Library
from mesharr.uploads.base import Uploader

ANCHOR = ".mesharr-anchor"
_LIMIT = 4096


class RemoteProof:
    """Proves once for each library that its `remote`, its mount and its `path` show one folder."""

    def __init__(self, uploader: Uploader | None) -> None:
        self._uploader = uploader
        self._proven: set[tuple[str, str]] = set()

    def check(self, library: Library) -> None:
        """Return when `remote` and `path` have this library's anchor; raise `Refused` if not."""
        place = library.name, library.remote
        if self._uploader is not None and place not in self._proven:
            check_remote(self._uploader.read, library)
            _check_union(library)
            self._proven.add(place)

    def forget(self, library: Library) -> None:
        """Have the remote of a library proven again."""
        self._proven.discard((library.name, library.remote))


def check_remote(read: Callable[[str, int], bytes | None], library: Library) -> None:
    """Return when the library's `remote` has its anchor; raise `Refused` if not."""
    content = read(f"{library.remote}/{ANCHOR}", _LIMIT)
    wrong = f"{library.remote} is not the folder of library {library.name}"
    if content is None:
        raise Refused(f"{wrong}: it has no anchor", _remote_fix(library))
    try:
        library.storage.check_anchor(content)
    except (Refused, Unavailable) as error:
        raise Refused(f"{wrong}: {error.what}", _remote_fix(library)) from error


def _remote_fix(library: Library) -> str:
    """Return what `remote` has to be: what the mount says, unless that is what it is already."""
    shown = ""
    with suppress(Unavailable):
        shown = library.storage.remote_shown()
    if shown and shown != library.remote:
        return f"set remote of library {library.name} to {shown}: that is what the mount of its `cloud` shows"
    return (
        f"set remote of library {library.name} to the folder of the drive that its `cloud` shows: "
        f"`rclone cat REMOTE/{ANCHOR}` prints the anchor there"
    )


def _check_union(library: Library) -> None:
    """Raise `Refused` when the library's `path` lacks what is on the drive.

    Where it is the local branch alone, the app would lose each file once that is uploaded.
    """
    if library.storage.sizes((ANCHOR,))[ANCHOR] is None:
        raise Refused(
            f"path of library {library.name} does not show what is on its drive: {ANCHOR} is missing there",
            "set it to the union of local and cloud, as the app uses it; mesharr doctor proves it",
        )


def check_local(library: Library, path: str) -> None:
    """Raise `Refused` when a file is in the library's `path` only: its `local` is wrong then.

    It is asked of a file that is neither on the local branch nor on the drive.
    """
    if library.remote and library.storage.sizes((path,))[path] is not None:
        local = library.storage.local_path(path).removesuffix(f"/{path}")
        raise Refused(
            f"{path} is in the library's path, but neither on the drive nor in local ({local})",
            f"set local of library {library.name} to the folder below path that takes new files; "
            "mesharr doctor proves it",
        )
