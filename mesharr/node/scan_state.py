"""What the media servers were told of an item, so that each change is told once.

Kept is a mark for each of its folders, which stands for all that the mesh says of the files there: an artist
or a series of thousands of files has a note as long as its folders are many.
"""

from collections import defaultdict
from hashlib import blake2b

from mesharr.core.paths import folder_of
from mesharr.core.registry.fold import ItemState
from mesharr.state.state import State

MARK_BYTES = 8


def scan_targets(wanted: ItemState) -> dict[str, str]:
    """Return what a media server should know of an item: its folders, by the mark of what is in each."""
    said: dict[str, list[str]] = defaultdict(list)
    for each in wanted.copies.values():
        said[folder_of(each.copy.path)].append(f"{each.copy.size} {each.copy.path}")
    for path in wanted.ended.values():
        said[folder_of(path)].append(f"- {path}")
    return {_mark(lines): folder for folder, lines in said.items()}


def _mark(lines: list[str]) -> str:
    return blake2b("\n".join(sorted(lines)).encode(), digest_size=MARK_BYTES).hexdigest()


def unscanned(
    state: State, library: str, item: str, goal: dict[str, str], *, lives: bool = True
) -> list[str]:
    """Return the folders of which the media servers were told something else, sorted.

    Of an item without living copies (`lives` False) that they were never told of there is nothing to tell.
    """
    told = state.scan_marks.of(library, item)
    if not told and not lives:
        return []
    return sorted(folder for mark, folder in goal.items() if mark not in told)


def note_scanned(state: State, library: str, item: str, goal: dict[str, str]) -> None:
    """Remember what they were told."""
    state.scan_marks.put(library, item, goal)
