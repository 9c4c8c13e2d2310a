"""The programs that run on this machine, as far as this process may see them."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

_UPLOADING: Final = frozenset({"move", "moveto", "copy", "copyto", "sync"})


def running_programs() -> Iterator[Sequence[str]]:
    """Yield the command line of every program; none where the system does not list them."""
    try:
        numbers = [name for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return
    for number in numbers:
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if line := [word.decode(errors="replace") for word in words if word]:
            yield line


def uploads_from(line: Sequence[str], folder: str) -> bool:
    """Return whether a command line is an rclone that uploads a folder, or one around it."""
    if not os.path.basename(line[0]).startswith("rclone") or not _UPLOADING & set(line[1:3]):
        return False
    words = [os.path.normpath(word) for word in line[1:] if word.startswith("/")]
    mine = os.path.normpath(folder)
    return any(f"{word}/".startswith(f"{mine}/") or f"{mine}/".startswith(f"{word}/") for word in words)


def is_cloudplow(line: Sequence[str]) -> bool:
    """Return whether a command line is a cloudplow."""
    return any(os.path.basename(word) in {"cloudplow", "cloudplow.py"} for word in line[:3])
