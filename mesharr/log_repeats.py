"""Limit how often a warning is written to the log within a minute, and count the others.

The log files are a few MiB in all: whoever can cause a warning as often as they like would otherwise push out
of them what the user needs to read.
"""

import logging
import threading
from collections import OrderedDict

import msgspec

WINDOW_S = 60.0
SAME = 10
"""How often a warning of exactly the same words is written within a window."""
ALIKE = 200
"""How often one that differs in its values alone, such as a file's name, is written within a window."""
MAX_KEYS = 1024


class LeftOut(msgspec.Struct, frozen=True):
    """Warnings of one kind that were not written."""

    count: int
    text: str
    """The words of the first one left out."""


class _Window(msgspec.Struct):
    began: float
    limit: int
    seen: int = 0
    text: str = ""


class RepeatLimit(logging.Filter):
    """Passes a handler's records, except warnings and errors that repeat too often.

    Before the next record after a window has ended, the handler writes how many were left out of it. Time is
    the records' own.
    """

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler
        self._windows: OrderedDict[tuple[str, int, str], _Window] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write the record; first write what has been left out of ended windows."""
        with self._lock:
            ended = self._take_ended(record.created)
            admitted = record.levelno < logging.WARNING or self._admits(record)
        for left_out in ended:
            self._handler.handle(_summary(left_out, record))
        return admitted

    def _admits(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        same = self._count(record, f"same: {message}", SAME, message)
        return same and self._count(record, f"alike: {record.msg}", ALIKE, message)

    def _count(self, record: logging.LogRecord, key: str, limit: int, message: str) -> bool:
        window = self._windows.setdefault((record.name, record.levelno, key), _Window(record.created, limit))
        window.seen += 1
        if window.seen == limit + 1:
            window.text = message
        return window.seen <= limit

    def _take_ended(self, now: float) -> list[LeftOut]:
        """Forget the windows that have ended, and the oldest of too many; return what they left out."""
        ended: list[LeftOut] = []
        while self._windows:
            key, window = next(iter(self._windows.items()))  # the oldest is the first
            is_over = not window.began <= now < window.began + WINDOW_S
            if not is_over and len(self._windows) <= MAX_KEYS:
                break
            del self._windows[key]
            if window.seen > window.limit:
                ended.append(LeftOut(window.seen - window.limit, window.text))
        return ended


def _summary(left_out: LeftOut, record: logging.LogRecord) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": "%d more lines like this one were left out within a minute: %s",
            "args": (left_out.count, left_out.text),
            "created": record.created,
        }
    )
