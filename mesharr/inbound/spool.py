"""The spool: where custom scripts leave their events, and how these reach the inbox."""

import logging
import os
import re
import stat
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.inbound.inbox import MAX_BODY, Inbox

log = logging.getLogger(__name__)

_NAME = re.compile(r"[^.].*\.(?P<app>[A-Za-z0-9_-]+)\.env")
_EVENT = re.compile(r"([a-z0-9]+)_eventtype")
_LANDED = frozenset({"created", "modified", "moved", "closed"})


class Watch(Protocol):
    """A running watch of a directory."""

    def stop(self) -> None:
        """End it: the callback is not called after this returns."""
        ...


def drain(spool_dir: str, inbox: Inbox, app_of: Callable[[str], str | None]) -> int:
    """Move every finished file of the spool into the inbox, oldest first; return how many went.

    The app is the one in the file's name, else `app_of` the variables' prefix (`radarr`), which
    returns None when no app or more than one is of that kind. A file that is no event, or whose app
    the inbox refuses, goes to `bad/` with a log line. A file is deleted after `put` returned; a
    crash between the two puts it again. Raises `Unavailable` as `inbox.put` does, with this file and
    all later ones still there, or when the spool cannot be read. A missing spool is an empty one.
    """
    moved = 0
    for path in _finished(spool_dir):
        try:
            app, body = _event_of(path, app_of)
        except FileNotFoundError:
            continue  # another drain was faster
        except (Rejected, OSError) as error:
            _set_aside(path, error)
            continue
        try:
            inbox.put(app, "script", body)
        except Refused as error:
            _set_aside(path, error)
            continue
        _forget(path)
        log.info("%s: an event from the spool", app)
        moved += 1
    return moved


def watch(spool_dir: str, wake: Callable[[], None]) -> Watch:
    """Call `wake` whenever a finished file lands in the spool, which is made if it is missing.

    `wake` runs on a thread of the watch, may be called more than once per file, and must neither
    raise nor wait. Raises `Unavailable` when the directory cannot be watched.
    """
    try:
        os.makedirs(spool_dir, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the spool cannot be made: {error}") from error
    return _watched(spool_dir, wake, _lands)


def watch_directory(path: str, wake: Callable[[], None]) -> Watch:
    """Call `wake` whenever a file of this local directory appears or changes.

    For `wake` and errors see `watch`. It sees only what this machine does: never rely on it for a
    directory that others write into through a network.
    """
    return _watched(path, wake, lambda _name: True)


def variables_of(content: bytes) -> dict[str, str]:
    """Return the variables of a spool file with lower-case names: those that share their prefix
    with an `…_eventtype`, without the arr's own settings (`radarr__…`).

    Raises `Rejected` when there is no event in it.
    """
    found: dict[str, str] = {}
    for pair in content.split(b"\0"):
        name, equals, value = pair.partition(b"=")
        if equals:
            # A file name need not be UTF-8; the event stays a hint with the odd bytes replaced.
            found[name.decode("utf-8", "replace").lower()] = value.decode("utf-8", "replace")
    prefixes = prefixes_of(found)
    if not prefixes:
        raise Rejected("it holds no *_eventtype variable")
    return {name: value for name, value in found.items() if _belongs(name, prefixes)}


def prefixes_of(variables: Mapping[str, str]) -> frozenset[str]:
    """Return the words before `_eventtype` among these lower-case names."""
    matches = (_EVENT.fullmatch(name) for name, value in variables.items() if value)
    return frozenset(match[1] for match in matches if match)


def _lands(name: str) -> bool:
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
        raise Rejected(f"no one app is meant by {words}_eventtype: name it, as in `mesharr hook radarr-4k`")
    prefix, app = apps.popitem()
    kept = {name: value for name, value in variables.items() if _belongs(name, frozenset({prefix}))}
    return app, msgspec.json.encode(kept)


def _content_of(path: str) -> bytes:
    # Neither a link nor a pipe that somebody left here is opened, or waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Rejected("it is not a file")
        content = file.read(MAX_BODY + 1)
    if len(content) > MAX_BODY:
        raise Rejected(f"it has more than {MAX_BODY} bytes")
    return content


def _finished(spool_dir: str) -> list[str]:
    """Return the paths of the finished files by age. A script's clock has seconds, so mtime leads."""
    try:
        with os.scandir(spool_dir) as entries:
            found = [(_age(entry), entry.name, entry.path) for entry in entries if _lands(entry.name)]
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


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(f"an event of the spool was kept but cannot be deleted: {error}") from error


def _set_aside(path: str, error: Exception) -> None:
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
        # Being opened or read is no news: the reader of the directory would wake itself for ever.
        path = os.fsdecode(event.dest_path or event.src_path)
        if event.event_type in _LANDED and not event.is_directory and self._matters(os.path.basename(path)):
            self._wake()


class _Watched:
    def __init__(self, observer: Any) -> None:
        self._observer = observer

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()


def _watched(path: str, wake: Callable[[], None], matters: Callable[[str], bool]) -> Watch:
    observer = Observer()
    observer.schedule(_Wakes(wake, matters), path, recursive=False)
    try:
        observer.start()
    except OSError as error:
        raise Unavailable(f"{path} cannot be watched: {error}") from error
    return _Watched(observer)
