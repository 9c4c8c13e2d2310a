"""Compute with a daily window of time, in minutes after midnight."""

from typing import Final

DAY: Final = 24 * 60


def in_window(minute: int, window: tuple[int, int]) -> bool:
    """Return whether a minute of the day is in the window (first, last).

    The window may span midnight.
    """
    first, last = window
    if first <= last:
        return first <= minute < last
    return minute >= first or minute < last


def until_open(minute: int, window: tuple[int, int]) -> int:
    """Return in how many minutes the window opens, 0 while it is open.

    An empty window never opens: it has to be asked again after that time.
    """
    if in_window(minute, window):
        return 0
    return (window[0] - minute) % DAY or DAY
