"""Find out whether the disk of this node's own directory takes any more writes."""

import os

from mesharr.core.text import size_text

LEAST_FREE = 20_000_000
"""With fewer bytes than these free a disk counts as full: a database needs some for its journal."""


def why_not_writable(folder: str) -> str:
    """Return why nothing can be written in a directory, with what to do; "" when something can."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        return f"the config directory {folder} cannot be read ({error.strerror}): see that its disk is there"
    if found.f_flag & os.ST_RDONLY:
        return (
            f"the disk of the config directory {folder} is read-only: nothing is received or published; "
            "mount it writable again"
        )
    free = found.f_bavail * found.f_frsize
    if free < LEAST_FREE:
        return (
            f"the disk of the config directory {folder} is full ({size_text(free)} free): nothing is "
            "received or published; free some space"
        )
    return ""
