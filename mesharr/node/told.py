"""What the media servers were told of an item, so that each change is told once."""

from mesharr.core.registry import ItemState
from mesharr.state.state import State


def scan_goal(wanted: ItemState) -> frozenset[str]:
    """Return what a media server should know of an item, as lines `<size or -> <path>`."""
    living = {f"{each.copy.size} {each.copy.path}" for each in wanted.copies.values()}
    return frozenset(living | {f"- {path}" for path in wanted.ended.values()})


def told_of(state: State, library: str, item: str) -> frozenset[str]:
    """Return what the media servers were told of an item, as such lines."""
    return frozenset(state.notes.get(f"told:{library}:{item}").split("\n")) - {""}


def note_told(state: State, library: str, item: str, goal: frozenset[str]) -> None:
    """Remember what they were told."""
    state.notes.set(f"told:{library}:{item}", "\n".join(sorted(goal)))
