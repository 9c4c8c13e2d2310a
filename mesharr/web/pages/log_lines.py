"""Read the end of this node's log file, which has no secret in it (`mesharr.logs`)."""

import json
import os
import re

import msgspec

READ = 256 * 1024
"""Bytes of the end of the file that are read."""
LINES = 300
"""Lines that are shown at most, the newest."""
LEVELS = ("debug", "info", "warning", "error")
_LINE = re.compile(r"(\S+) (DEBUG|INFO|WARNING|ERROR|CRITICAL) +([\w. -]*): (.*)", re.DOTALL)


class LogLine(msgspec.Struct, frozen=True):
    """One record of the log."""

    at: str
    level: str
    """In small letters, "" for a line that is none of mesharr's, such as of a traceback."""
    origin: str
    message: str


def read_log(config_dir: str, level: str = "info", search: str = "") -> list[LogLine]:
    """Return the newest records of at least a level, the newest first; none without a file."""
    path = os.path.join(config_dir, "logs", "mesharr.log")
    try:
        with open(path, "rb") as stream:
            stream.seek(0, os.SEEK_END)
            start = max(0, stream.tell() - READ)
            stream.seek(start)
            text = stream.read(READ).decode("utf-8", "replace")
    except OSError:
        return []
    lines = text.splitlines()[1 if start else 0 :]
    least = LEVELS.index(level) if level in LEVELS else 1
    found = [
        line
        for line in map(_parsed, lines)
        if _rank(line) >= least and search.casefold() in f"{line.origin}: {line.message}".casefold()
    ]
    return found[: -LINES - 1 : -1]


def _rank(line: LogLine) -> int:
    return LEVELS.index(line.level) if line.level in LEVELS else len(LEVELS)


def _parsed(line: str) -> LogLine:
    if line.startswith("{"):
        try:
            fields = json.loads(line)
            return LogLine(*(str(fields.get(name, "")) for name in ("time", "level", "logger", "message")))
        except (ValueError, AttributeError):
            pass
    found = _LINE.match(line)
    return LogLine(found[1], found[2].lower(), found[3], found[4]) if found else LogLine("", "", "", line)
