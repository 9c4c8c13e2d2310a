"""Move events from the spool, the directory where custom scripts store them, into the inbox."""

import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.core.text import size_text
from mesharr.inbound.inbox import MAX_BODY, Inbox

log = logging.getLogger(__name__)

_NAME = re.compile(r"[^.].*\.(?P<app>[A-Za-z0-9_-]+)\.env")
_EVENT = re.compile(r"([a-z0-9]+)_eventtype")
_APPEARED: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileClosedEvent,
]
"""What the kernel is asked to tell; not what is only read, or the reader of a directory would wake itself."""


class Watch(Protocol):
    """A running watch of a directory."""

    def stop(self) -> None:
        """End the watch: the callback is not called after this returns."""
        ...


def drain(spool_dir: str, inbox: Inbox, app_of: Callable[[str], str | None]) -> int:
    """Move every complete file of the spool into the inbox, oldest first; return how many.

    The app is the one in the file's name, else `app_of` the variables' prefix (`radarr`), which returns
    None when no app or more than one is of that kind. A file that is no event, or that the inbox refuses,
    is moved to `bad/` with a log line. A file is deleted after `put` returned; a crash between the two
    stores it again. A missing spool is an empty one.

    Raises:
        Unavailable: the inbox cannot store an event, or the spool cannot be read; remaining files stay.

    """
    moved = 0
    for path in _complete_files(spool_dir):
        try:
            app, body = _event_of(path, app_of)
        except FileNotFoundError:
            continue  # another drain was faster
        except (Rejected, OSError) as error:
            _move_to_bad(path, error)
            continue
        try:
            inbox.put(app, "script", body)
        except Refused as error:
            _move_to_bad(path, error)
            continue
        _delete(path)
        log.debug("%s: an event from the spool", app)
        moved += 1
    return moved


def watch(spool_dir: str, wake: Callable[[], None], also: str = "") -> Watch:
    """Call `wake` whenever a complete file appears in the spool, or the one named `also`.

    Creates a missing spool.

    `wake` runs on a thread of the watch, may be called more than once per file, and must neither raise nor
    block.

    Raises:
        Unavailable: the directory cannot be created or watched.

    """
    try:
        os.makedirs(spool_dir, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the spool cannot be created: {error}") from error
    return _watched(spool_dir, wake, lambda name: name == also or _is_complete(name))


def watch_directory(
    path: str, wake: Callable[[], None], matters: Callable[[str], bool] = lambda _name: True
) -> Watch:
    """Call `wake` whenever a file of a local directory appears or changes whose name matters.

    For `wake` and errors see `watch`. Only changes by this machine are noticed: a directory that others
    write into through a network has to be polled.
    """
    return _watched(path, wake, matters)


def variables_of(content: bytes) -> dict[str, str]:
    """Return the variables of an event in a spool file, by lower-case name.

    They share their prefix with an `…_eventtype`; the app's own settings (`radarr__…`) are not among them.

    Raises:
        Rejected: the file contains no event.

    """
    found: dict[str, str] = {}
    for pair in content.split(b"\0"):
        name, equals, value = pair.partition(b"=")
        if equals:
            # a file name need not be UTF-8; the event is useful without those bytes
            found[name.decode("utf-8", "replace").lower()] = value.decode("utf-8", "replace")
    prefixes = prefixes_of(found)
    if not prefixes:
        raise Rejected("it contains no *_eventtype variable")
    return {name: value for name, value in found.items() if _belongs(name, prefixes)}


def prefixes_of(variables: Mapping[str, str]) -> frozenset[str]:
    """Return the words before `_eventtype` among these lower-case names."""
    matches = (_EVENT.fullmatch(name) for name, value in variables.items() if value)
    return frozenset(match[1] for match in matches if match)


def _is_complete(name: str) -> bool:
    return name.endswith(".env") and not name.startswith(".")


def _belongs(name: str, prefixes: frozenset[str]) -> bool:
    prefix, _, rest = name.partition("_")
    return prefix in prefixes and not rest.startswith("_")


def _event_of(path: str, app_of: Callable[[str], str | None]) -> tuple[str, bytes]:
    variables = variables_of(_content_of(path))
    match = _NAME.fullmatch(os.path.basename(path))
    named = match["app"] if match else "auto"
    if named != "auto":
        return named, msgspec.json.encode(variables)
    prefixes = prefixes_of(variables)
    apps = {prefix: app for prefix in prefixes if (app := app_of(prefix)) is not None}
    if len(apps) != 1:
        words = ", ".join(sorted(prefixes))
        raise Rejected(
            f"{words}_eventtype is of no app or of several: name the app, as in `mesharr hook radarr-4k`"
        )
    prefix, app = apps.popitem()
    kept = {name: value for name, value in variables.items() if _belongs(name, frozenset({prefix}))}
    return app, msgspec.json.encode(kept)


def _content_of(path: str) -> bytes:
    # a link or a pipe in the spool must not be followed, or block
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Rejected("it is not a file")
        content = file.read(MAX_BODY + 1)
    if len(content) > MAX_BODY:
        raise Rejected(f"it has more than {size_text(MAX_BODY)}")
    return content


def _complete_files(spool_dir: str) -> list[str]:
    """Return the paths of the complete files, oldest first by mtime."""
    try:
        with os.scandir(spool_dir) as entries:
            found = [(_age(entry), entry.name, entry.path) for entry in entries if _is_complete(entry.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Unavailable(f"the spool cannot be read: {error}") from error
    return [path for _, _, path in sorted(found)]


def _age(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except FileNotFoundError:
        return 0


def _delete(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(f"an event of the spool was stored but cannot be deleted: {error}") from error


def _move_to_bad(path: str, error: Exception) -> None:
    directory, name = os.path.split(path)
    bad = os.path.join(directory, "bad")
    log.warning("spool: %r goes to bad/: %s", name, error)
    try:
        os.makedirs(bad, exist_ok=True)
        os.replace(path, os.path.join(bad, name))
    except OSError as problem:
        log.warning("spool: %r stays, it cannot be moved: %s", name, problem)


class _Wakes(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None], matters: Callable[[str], bool]) -> None:
        self._wake = wake
        self._matters = matters

    def on_any_event(self, event: FileSystemEvent) -> None:
        path = os.fsdecode(event.dest_path or event.src_path)
        if self._matters(os.path.basename(path)):
            self._wake()


class _Watched:
    def __init__(self, observer: Any) -> None:
        self._observer = observer

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()


def _watched(path: str, wake: Callable[[], None], matters: Callable[[str], bool]) -> Watch:
    observer = Observer()
    observer.schedule(_Wakes(wake, matters), path, recursive=False, event_filter=_APPEARED)
    try:
        observer.start()
    except OSError as error:
        raise Unavailable(f"{path} cannot be watched: {error}") from error
    return _Watched(observer)
