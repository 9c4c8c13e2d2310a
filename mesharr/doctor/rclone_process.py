"""How an rclone mount was started, read from the arguments of its process where that can be seen.

A mount without remote control tells nothing of itself. What matters is for how long it keeps a list
of names, and whether its drive reports changes: some backends never do, and then a peer's file is not
seen until the list has run out.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

import msgspec

from mesharr.core.errors import Refused

# Backends without change notification, as rclone names them in `type`.
SILENT = frozenset(
    {"webdav", "s3", "sftp", "b2", "jottacloud", "google cloud storage", "azureblob", "mega", "local"}
)
# Backends that show another remote, named by `remote` in their own section.
WRAPPERS = frozenset({"alias", "archive", "cache", "chunker", "compress", "crypt", "hasher"})
PROMPT_S = 60.0
LONGEST_S = 600.0
USUAL_S = 300.0
"""For how long rclone keeps its lists when nothing is said."""
_UNITS = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "M": 2_592_000.0,
    "y": 31_536_000.0, "": 1.0,
}  # fmt: skip
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdwMy]|)")
_VALUED = ("--dir-cache-time", "--poll-interval", "--config")


class MountProcess(msgspec.Struct, frozen=True):
    """An `rclone mount`: what it shows, where, and what its arguments say ("" and None: nothing)."""

    remote: str
    point: str
    dir_cache_s: float | None
    config: str
    poll_s: float | None = None


def started_at(point: str, proc: str = "/proc") -> MountProcess | None:
    """Return how the rclone mount at a mount point was started, None when its process cannot be seen."""
    for arguments, folder in _processes(proc):
        found = started(arguments, folder)
        if found is not None and os.path.normpath(found.point) == os.path.normpath(point):
            return found
    return None


def _processes(proc: str) -> Iterator[tuple[list[str], str]]:
    """Yield arguments and working directory of every process that can be seen."""
    with suppress(OSError):
        for name in os.listdir(proc):
            if name.isdigit():
                with suppress(OSError):
                    with open(f"{proc}/{name}/cmdline", "rb") as file:
                        raw = file.read(65_536)
                    if b"rclone" in raw:
                        parts = raw.decode("utf-8", "replace").rstrip("\0").split("\0")
                        yield parts, os.readlink(f"{proc}/{name}/cwd")


def started(arguments: Sequence[str], folder: str) -> MountProcess | None:
    """Return what the arguments of a process say of the mount it makes, None when it makes none.

    `folder` is its working directory, which relative paths are relative to.
    """
    if len(arguments) < 2 or os.path.basename(arguments[0]) != "rclone" or "mount" not in arguments[1:]:
        return None
    values = dict(_flags(arguments))
    rest = list(arguments[arguments.index("mount") + 1 :])
    # The remote holds a colon and is followed by the place it is shown at.
    for remote, place in pairwise(rest):
        if ":" in remote and not remote.startswith("-") and not place.startswith("-"):
            config = values.get("--config", "")
            return MountProcess(
                remote,
                os.path.join(folder, place),
                seconds(values.get("--dir-cache-time", "")),
                os.path.join(folder, config) if config else "",
                seconds(values.get("--poll-interval", "")),
            )
    return None


def _flags(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in _VALUED and equals:
            yield name, value
        elif name in _VALUED and index + 1 < len(arguments):
            yield name, arguments[index + 1]


def seconds(text: str) -> float | None:
    """Return a duration as rclone writes it (`1h30m`, `5m0s`, `20`) in seconds; None for another text."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def backend_of(remote: str, config: str) -> str:
    """Return the backend of a remote, from its own text (`:sftp,host=x:`) or the rclone config; "" unknown.

    Of a remote that shows another one (`crypt`) it is the backend of that. Nothing else is taken from that
    file, which holds passwords.
    """
    for _ in range(5):
        if remote.startswith(":"):
            return re.split(r"[,:]", remote[1:], maxsplit=1)[0]
        backend, shown = _section(remote.partition(":")[0], config)
        if backend not in WRAPPERS:
            return backend
        remote = shown
    return ""


def _section(name: str, config: str) -> tuple[str, str]:
    """Return `type` and `remote` of a section, "" for what it does not say."""
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


def check_hears_peers(found: MountProcess, backend: str) -> str:
    """Return what to say of a mount without remote control: "" when peers are heard through it soon.

    Else it says how late they are heard, and how to fix that. Raises `Refused` when it keeps its lists for
    more than ten minutes over a drive that reports nothing.
    """
    kept_s = USUAL_S if found.dir_cache_s is None else found.dir_cache_s
    silent = f"{backend} reports no changes" if backend in SILENT else ""
    if backend and found.poll_s == 0:
        silent = "--poll-interval 0 lets it hear of none"
    if kept_s <= PROMPT_S or (backend and not silent):
        return ""
    kept = f"the mount at {found.point} keeps its lists for {kept_s / 60:.0f} minutes"
    fix = "start it with --rc and set store.rc, or with --dir-cache-time 1m, or mount .mesharr by itself so"
    if silent and kept_s > LONGEST_S:
        raise Refused(f"{kept}, and {silent}: peers would not be heard", fix)
    if silent:
        return f"{kept}, and {silent}: peers are heard up to that late: {fix}"
    if kept_s > LONGEST_S:
        return f"{kept}: unless its drive reports changes, peers are heard that late: {fix}"
    return ""
