"""Notice that another program uploads the files of a library too."""

import logging
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
    known = {subject for subject, *_ in state.refusals.all()}
    if state.refusals.note(f"{SECOND_UPLOADER}{library.name}", Refused(what, ONE_UPLOADER), now):
        level = logging.INFO if f"{SECOND_UPLOADER}{library.name}" in known else logging.ERROR
        log.log(level, "%s: %s: %s", library.name, what, ONE_UPLOADER)
