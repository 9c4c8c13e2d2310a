"""Read from an rclone mount's process how soon it shows the peers' files.

A mount without remote control answers no questions. What matters is for how long it caches directory
listings, and whether its drive reports changes: some backends never do, and then a peer's file is not
visible until the listing has expired.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

import msgspec

from mesharr.core.errors import Refused
from mesharr.core.text import span

NO_CHANGE_NOTIFY = frozenset(
    {"webdav", "s3", "sftp", "b2", "jottacloud", "google cloud storage", "azureblob", "mega", "local"}
)
"""Backends without change notification, as rclone names them in `type`."""
WRAPPERS = frozenset({"alias", "archive", "cache", "chunker", "compress", "crypt", "hasher"})
"""Backends that wrap another remote, named by `remote` in their own section."""
PROMPT_S = 60.0
"""Listings that expire this soon need no warning."""
LONGEST_S = 600.0
"""Listings that are cached for longer, without change notification, make the mount unusable."""
DEFAULT_CACHE_S = 300.0
"""For how long rclone caches directory listings by default."""
_UNITS = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "M": 2_592_000.0,
    "y": 31_536_000.0, "": 1.0,
}  # fmt: skip
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdwMy]|)")
_VALUED = ("--dir-cache-time", "--poll-interval", "--config", "--rc-addr", "--rc-user", "--rc-htpasswd")
_RC_ADDRESS = "127.0.0.1:5572"
"""Where rclone's remote control listens by default."""


class MountProcess(msgspec.Struct, frozen=True):
    """The arguments of an `rclone mount` process."""

    remote: str
    """What it mounts, such as `gdrive:Media`."""
    point: str
    """Where, as an absolute path."""
    dir_cache_s: float | None
    """--dir-cache-time in seconds; None when it is not given."""
    config: str
    """--config as an absolute path; "" when it is not given."""
    poll_s: float | None = None
    """--poll-interval in seconds; None when it is not given."""
    rc: str = ""
    """The URL of its remote control, "" without one, or where a login is needed for it."""


def mount_process_at(point: str, proc: str = "/proc") -> MountProcess | None:
    """Return the rclone mount process of a mount point, None when no such process is visible."""
    for arguments, folder in _processes(proc):
        found = parse_mount_process(arguments, folder)
        if found is not None and os.path.normpath(found.point) == os.path.normpath(point):
            return found
    return None


def _processes(proc: str) -> Iterator[tuple[list[str], str]]:
    """Yield arguments and working directory of every visible rclone process."""
    with suppress(OSError):
        for name in os.listdir(proc):
            if name.isdigit():
                with suppress(OSError):
                    with open(f"{proc}/{name}/cmdline", "rb") as file:
                        raw = file.read(65_536)
                    if b"rclone" in raw:
                        parts = raw.decode("utf-8", "replace").rstrip("\0").split("\0")
                        yield parts, os.readlink(f"{proc}/{name}/cwd")


def parse_mount_process(arguments: Sequence[str], folder: str) -> MountProcess | None:
    """Return the mount that a process with these arguments makes, None when it makes none.

    Relative paths are relative to `folder`, the working directory of the process.
    """
    if len(arguments) < 2 or os.path.basename(arguments[0]) != "rclone" or "mount" not in arguments[1:]:
        return None
    values = dict(_flags(arguments))
    rest = list(arguments[arguments.index("mount") + 1 :])
    # the mount point follows the remote, which contains a colon
    for remote, place in pairwise(rest):
        if ":" in remote and not remote.startswith("-") and not place.startswith("-"):
            config = values.get("--config", "")
            return MountProcess(
                remote,
                os.path.join(folder, place),
                seconds(values.get("--dir-cache-time", "")),
                os.path.join(folder, config) if config else "",
                seconds(values.get("--poll-interval", "")),
                _rc_url(arguments, values),
            )
    return None


def _rc_url(arguments: Sequence[str], values: Mapping[str, str]) -> str:
    """Return the URL at which the remote control is reached from this machine."""
    on = not {"--rc", "--rc=true"}.isdisjoint(arguments)
    if not on or {"--rc-user", "--rc-htpasswd"} & values.keys():
        return ""
    address = values.get("--rc-addr", _RC_ADDRESS)
    if address.startswith("unix://") or "/" in address:
        return f"unix://{address.removeprefix('unix://')}"
    host, _, port = address.rpartition(":")
    return f"http://{'127.0.0.1' if host in {'', '0.0.0.0', '[::]'} else host}:{port}"  # noqa: S104 - it is compared


def _flags(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in _VALUED and equals:
            yield name, value
        elif name in _VALUED and index + 1 < len(arguments):
            yield name, arguments[index + 1]


def seconds(text: str) -> float | None:
    """Return the seconds of a duration of rclone (`1h30m`, `20`); None for another text."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def backend_of(remote: str, config: str) -> str:
    """Return the backend of a remote, from its text or the rclone config; "" if unknown.

    For a remote that wraps another one (`crypt`) it is the backend of the inner remote. Nothing else is read
    from the rclone config, which contains passwords.
    """
    for _ in range(5):
        if remote.startswith(":"):
            return re.split(r"[,:]", remote[1:], maxsplit=1)[0]
        backend, inner = _section(remote.partition(":")[0], config)
        if backend not in WRAPPERS:
            return backend
        remote = inner
    return ""


def _section(name: str, config: str) -> tuple[str, str]:
    """Return `type` and `remote` of a section of the rclone config; "" for a missing key."""
    section, found = "", {"type": "", "remote": ""}
    for line in _lines(config):
        if line.startswith("["):
            section = line.strip("[]")
        key, _, value = line.partition("=")
        if section == name and key.strip() in found:
            found[key.strip()] = value.strip()
    return found["type"], found["remote"]


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file.read(1_000_000).splitlines()]
    except OSError:
        return []


def why_peers_are_late(process: MountProcess, backend: str) -> str:
    """Return why a mount shows peers' events late, with a fix; "" when it does not.

    `backend` is the backend of the mount's remote, "" when it is unknown.

    Raises:
        Refused: listings are cached for over ten minutes, and the drive or the mount reports no changes.

    """
    cached_s = DEFAULT_CACHE_S if process.dir_cache_s is None else process.dir_cache_s
    no_notify = f"{backend} reports no changes" if backend in NO_CHANGE_NOTIFY else ""
    if backend and process.poll_s == 0:
        no_notify = "--poll-interval 0 turns change notification off"
    if cached_s <= PROMPT_S or (backend and not no_notify):
        return ""
    cached = f"the mount at {process.point} caches directory listings for {span(cached_s)}"
    fix = "start it with --rc and set store.rc, or with --dir-cache-time 1m, or mount .mesharr by itself so"
    if no_notify and cached_s > LONGEST_S:
        raise Refused(f"{cached}, and {no_notify}: peers' events would not be received", fix)
    if no_notify:
        return f"{cached}, and {no_notify}: peers' events are received up to that late: {fix}"
    if cached_s > LONGEST_S:
        return f"{cached}: unless its drive reports changes, peers' events are received that late: {fix}"
    return ""
