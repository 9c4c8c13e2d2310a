"""Notice that another program uploads the files of a library too."""

import logging
import posixpath
from typing import Final

from mesharr.core.errors import Refused
from mesharr.node.model import Library
from mesharr.state.queues.uploads import Upload
from mesharr.state.state import State

log = logging.getLogger(__name__)

SECOND_UPLOADER: Final = "second_uploader:"
"""What the subject of a refusal begins with, before the name of the library."""
ONE_UPLOADER: Final = (
    "let one program upload: set uploads.mode: none, or take the folder out of the other's configuration "
    "(cloudplow, rclone move in cron, another mesharr)"
)
"""What the user can do about it."""


def note_second_uploader(state: State, upload: Upload, library: Library, now: int) -> None:
    """Report that a local file is on the drive now, though this node did not send it."""
    folder = library.storage.local_path(upload.path).removesuffix(f"/{upload.path}")
    what = f"another program uploads from {folder} too: it brought {upload.path} to the drive"
    _note(state, library, Refused(what, ONE_UPLOADER), now)


def note_further_files(state: State, upload: Upload, library: Library, further: int, now: int) -> None:
    """Report that the drive has further files under the name of an upload.

    They have its content, or are what it replaced.
    """
    folder, name = posixpath.split(upload.path)
    what = f"the drive has {further + 1} files named {name} in {folder}: it was uploaded twice at one time"
    fix = (
        f'rclone dedupe skip "{library.remote}/{folder}" deletes all but one of those that are alike; then: '
        f"mesharr retry --uploads. If no other household imported the same file: {ONE_UPLOADER}"
    )
    _note(state, library, Refused(what, fix), now)


def _note(state: State, library: Library, refused: Refused, now: int) -> None:
    known = {subject for subject, *_ in state.refusals.all()}
    if state.refusals.note(f"{SECOND_UPLOADER}{library.name}", refused, now):
        level = logging.INFO if f"{SECOND_UPLOADER}{library.name}" in known else logging.ERROR
        log.log(level, "%s: %s: %s", library.name, refused.what, refused.fix)
