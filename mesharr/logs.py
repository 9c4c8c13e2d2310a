"""Set up the log of this process: to stderr and to `logs/mesharr.log`, never with a secret.

Modules log by the standard library, as the libraries in this process do: so a record of any of them goes
through the same formatter, and nothing is written that was not scrubbed.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from logging.handlers import RotatingFileHandler
from typing import Literal, TextIO

from mesharr.core.errors import Refused
from mesharr.core.secrets import Scrubber
from mesharr.log_repeats import RepeatLimit

MAX_FILE = 1024 * 1024
OLD_FILES = 5
LEVELS = ("debug", "info", "warning", "error")
Format = Literal["text", "json"]

_LEVELS_OF_LIBRARIES = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "apscheduler": logging.WARNING,
    # a job that is still running when its time comes again is normal here
    "apscheduler.scheduler": logging.ERROR,
    "watchdog": logging.WARNING,
}
_CONTROLS = {number: f"\\x{number:02x}" for number in (*range(32), *range(127, 160)) if number != 9}
_JSON_CONTROLS = {number: f"\\u{number:04x}" for number in range(127, 160)}
_MINE = "mesharr."


class _Formatter(logging.Formatter):
    """Describes a record, masks the secrets in it, and writes it as a line."""

    def __init__(self, fmt: Format, scrubber: Scrubber) -> None:
        super().__init__()
        self._written = _as_json if fmt == "json" else _as_text
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, then the traceback of the record where it has one."""
        fields = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name.removeprefix(_MINE),
            "message": record.getMessage(),
        }
        trace = [self.formatException(record.exc_info)] if record.exc_info else []
        if record.stack_info:
            trace.append(record.stack_info)
        if trace:
            fields["traceback"] = "\n".join(trace)
        return self._written({name: self._scrubber.scrub(value) for name, value in fields.items()})


def _as_text(fields: Mapping[str, str]) -> str:
    """Write a record as one line, then its traceback.

    Control characters, which a peer's title may contain, are escaped, so that no message looks like two.
    """
    message = fields["message"].translate(_CONTROLS)
    line = f"{fields['time']} {fields['level'].upper():<7} {fields['logger']}: {message}"
    return f"{line}\n{fields['traceback']}" if "traceback" in fields else line


def _as_json(fields: Mapping[str, str]) -> str:
    """Write a record as one JSON object: time, level, logger, message, traceback."""
    return json.dumps(fields, ensure_ascii=False).translate(_JSON_CONTROLS)


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to the current `sys.stderr`: a progress bar replaces it, to print above the bar."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # the base keeps it in an attribute
        return sys.stderr


def setup(level: str, fmt: Format, log_dir: str | None, secrets: Collection[str]) -> Callable[[], None]:
    """Send every record of this process to stderr and, with a `log_dir`, to `mesharr.log` in it.

    Returns a function that undoes it; another call replaces it. The file is rotated at 1 MiB, and five old
    ones are kept; only one process may use a directory. Times have the offset of the zone `TZ`. When the
    directory cannot be written there is no file, and a warning. A warning that repeats many times a minute is
    counted instead of written (`mesharr.log_repeats`).

    Raises:
        Refused: there is no such level.

    """
    if level not in LEVELS:
        raise Refused(f"unknown log.level {level!r}", f"use one of {', '.join(LEVELS)}")
    formatter = _Formatter(fmt, Scrubber(secrets))
    handlers: list[logging.Handler] = [_ToStderr()]
    problem = None
    if log_dir is not None:
        try:
            handlers.append(_file_in(log_dir))
        except OSError as error:
            problem = error
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", *_LEVELS_OF_LIBRARIES)}
    _take_down(root)
    for handler in handlers:
        handler.set_name(f"{_MINE}{type(handler).__name__}")
        handler.setFormatter(formatter)
        handler.addFilter(RepeatLimit(handler))
        root.addHandler(handler)
    root.setLevel(level.upper())
    for name, threshold in _LEVELS_OF_LIBRARIES.items():
        logging.getLogger(name).setLevel(threshold)
    if problem is not None:
        logging.getLogger(__name__).warning("cannot write a log file: %s", problem)

    def take_down() -> None:
        _take_down(root)
        for name, level_before in before.items():
            logging.getLogger(name).setLevel(level_before)

    return take_down


def _file_in(log_dir: str) -> logging.Handler:
    os.makedirs(log_dir, exist_ok=True)
    path = os.path.join(log_dir, "mesharr.log")
    # "replace": a file name need not be valid Unicode
    return RotatingFileHandler(
        path, maxBytes=MAX_FILE, backupCount=OLD_FILES, encoding="utf-8", errors="replace"
    )


def _take_down(root: logging.Logger) -> None:
    for handler in [found for found in root.handlers if (found.name or "").startswith(_MINE)]:
        root.removeHandler(handler)
        handler.close()
