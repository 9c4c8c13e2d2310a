"""Set up the log of this process: to stderr and to `logs/mesharr.log`, never with a secret."""

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Collection
from datetime import datetime
from logging.handlers import RotatingFileHandler
from typing import Literal, TextIO
from urllib.parse import quote, quote_plus

from mesharr.core.errors import Refused
from mesharr.log_repeats import RepeatLimit

MAX_FILE = 1024 * 1024
OLD_FILES = 5
LEVELS = ("debug", "info", "warning", "error")
Format = Literal["text", "json"]
HIDDEN = "***"

_LEVELS_OF_LIBRARIES = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "apscheduler": logging.WARNING,
    # a job that is still running when its time comes again is normal here
    "apscheduler.scheduler": logging.ERROR,
    "watchdog": logging.WARNING,
}
_KEY_WORDS = r"api_?key|apitoken|(?:access_|auth_)?token|password|passwd|x-plex-token|x-emby-token|x-api-key"
_PARAMETER = re.compile(rf"(?i)(?<![a-z0-9])({_KEY_WORDS})=[^\s&\"'<>,;)]+")
_HEADER = re.compile(
    r"(?i)\b((?:x-api-key|x-plex-token|x-emby-token|authorization)b?['\"]?\s*[:,]\s*b?['\"]?)"
    r"(?:(?:basic|bearer)\s+)?[^\s'\",]+"
)
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#\"'<>]+@")
_CONTROLS = {number: f"\\x{number:02x}" for number in (*range(32), *range(127, 160)) if number != 9}
_JSON_CONTROLS = {number: f"\\u{number:04x}" for number in range(127, 160)}
_MINE = "mesharr."


class Scrubber:
    """Masks secrets in texts."""

    def __init__(self, secrets: Collection[str]) -> None:
        """Mask these secrets, also URL-encoded, and whatever looks like a secret.

        That is `apikey=…`, `X-Plex-Token=…`, the user and password of a URL, and the like.
        """
        spelled = {form for secret in secrets if secret for form in _forms(secret)}
        # the longest first: one secret may be the beginning of another
        alternatives = "|".join(re.escape(form) for form in sorted(spelled, key=len, reverse=True))
        self._known = re.compile(alternatives) if alternatives else None

    def scrub(self, text: str) -> str:
        """Return a text with `***` in place of each secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
        text = _PARAMETER.sub(rf"\1={HIDDEN}", text)
        return _HEADER.sub(rf"\1{HIDDEN}", text)


class _Lines(logging.Formatter):
    """Formats a record as one line, then its traceback.

    Control characters, which a peer's title may contain, are escaped, so that no message looks like two.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        message = self._scrubber.scrub(record.getMessage()).translate(_CONTROLS)
        line = f"{_moment(record)} {record.levelname:<7} {_origin(record)}: {message}"
        trace = self._trace(record)
        return f"{line}\n{trace}" if trace else line

    def _trace(self, record: logging.LogRecord) -> str:
        parts = []
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        if record.stack_info:
            parts.append(self.formatStack(record.stack_info))
        return self._scrubber.scrub("\n".join(parts))


class _JsonLines(_Lines):
    """Formats a record as one JSON object: time, level, logger, message, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": _origin(record),
            "message": self._scrubber.scrub(record.getMessage()),
        }
        trace = self._trace(record)
        if trace:
            fields["traceback"] = trace
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
    scrubber = Scrubber(secrets)
    formatter = _JsonLines(scrubber) if fmt == "json" else _Lines(scrubber)
    handlers: list[logging.Handler] = [_ToStderr()]
    problem = None
    if log_dir is not None:
        try:
            handlers.append(_file_in(log_dir))
        except OSError as error:
            problem = error
    root = logging.getLogger()
    before = root.level
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
        root.setLevel(before)

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


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


def _origin(record: logging.LogRecord) -> str:
    return record.name.removeprefix(_MINE)


def _forms(secret: str) -> set[str]:
    escaped = {repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *escaped}
