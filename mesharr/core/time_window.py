"""A daily window of time, in minutes after midnight."""

from typing import Final

DAY: Final = 24 * 60


def in_window(minute: int, window: tuple[int, int]) -> bool:
    """Return whether a minute of the day lies in (first, last); a window may span midnight."""
    first, last = window
    if first <= last:
        return first <= minute < last
    return minute >= first or minute < last


def until_open(minute: int, window: tuple[int, int]) -> int:
    """Return in how many minutes the window opens, 0 while it is open; an empty one has to be asked again."""
    if in_window(minute, window):
        return 0
    return (window[0] - minute) % DAY or DAY
