"""A daily window of time, in minutes after midnight."""


def in_window(minute: int, window: tuple[int, int]) -> bool:
    """Return whether a minute of the day lies in (first, last); a window may span midnight."""
    first, last = window
    if first <= last:
        return first <= minute < last
    return minute >= first or minute < last
