"""Propose where libraries and store are, from the mounts and the apps' root folders.

Pure: what is on the disks is asked through `Surroundings`. A proposal may be wrong, as a union does not say
what it is made of; the user sees it before it is written, and files prove it afterwards.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

import msgspec

STORE: Final = ".mesharr"
_NAMES: Final = {"radarr": "movies", "sonarr": "tv", "lidarr": "music", "readarr": "books"}
_LOCAL: Final = ("local",)
"""How the folder is called beside a union that takes its new files, where nothing says it."""


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """An rclone mount."""

    point: str
    remote: str = ""
    """What it mounts, such as `gdrive:Media`; "" when that is not known."""
    rc: str = ""
    """Its remote control, "" for none that answers without a login."""
    config: str = ""
    """The config file that its rclone was started with, "" for the usual one."""


class Union(msgspec.Struct, frozen=True):
    """A mergerfs mount."""

    point: str
    branches: tuple[str, ...] = ()
    """The folders it is made of; none when it does not say."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is on this machine, as far as mesharr sees it."""

    drives: tuple[Drive, ...] = ()
    unions: tuple[Union, ...] = ()
    remotes: tuple[str, ...] = ()
    """The names of the remotes in rclone's config."""
    is_folder: Callable[[str], bool]
    anchored: Callable[[str], str] = lambda _folder: ""
    """Returns the library whose anchor is in a folder, "" without one."""
    mesh_in: Callable[[str], str] = lambda _folder: ""
    """Returns the name of the mesh whose store a folder is, "" for none."""


class LibraryPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `libraries:`; "" for what is left out."""

    name: str
    app: str
    root: str
    path: str
    cloud: str = ""
    local: str = ""
    remote: str = ""


class StorePlan(msgspec.Struct, frozen=True):
    """The entry `store:`."""

    path: str
    rc: str = ""
    mesh: str = ""
    """The name of the mesh that is there already, "" for none."""


def plan_library(app: str, kind: str, root: str, here: Surroundings, taken: Collection[str]) -> LibraryPlan:
    """Return the library of an app's root folder; `taken` are names that other libraries have."""
    path = _seen_here(root, here)
    union = _around(path, [each.point for each in here.unions])
    cloud, local = "", ""
    if union:
        cloud, local = _branches(path, next(each for each in here.unions if each.point == union), here)
    on_drive = cloud or path
    return LibraryPlan(
        name=here.anchored(on_drive) or library_name(kind, root, taken),
        app=app,
        root=root,
        path=path,
        cloud=cloud if cloud != path else "",
        local=local,
        remote=remote_of(on_drive, here) if local else "",
    )


def library_name(kind: str, root: str, taken: Collection[str]) -> str:
    """Return the name to propose for a library: by its kind of app, and whether it is 4K."""
    base = _NAMES.get(kind, kind)
    folder = posixpath.basename(root).lower()
    names = [f"{base}-4k" if re.search(r"4k|uhd|2160", folder) else base, _slug(folder) or base]
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*names, *numbered) if name not in taken)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:32].strip("-")


def plan_store(libraries: Sequence[LibraryPlan], here: Surroundings, given: str = "") -> StorePlan:
    """Return where the store is: as given, a mesh that is there, or the first library's drive."""
    if given:
        return StorePlan(given, _rc_of(given, here), here.mesh_in(given))
    places = list(dict.fromkeys(_store_places(libraries, here)))
    for place in places:
        if mesh := here.mesh_in(place):
            return StorePlan(place, _rc_of(place, here), mesh)
    return StorePlan(places[0], _rc_of(places[0], here)) if places else StorePlan("")


def _store_places(libraries: Sequence[LibraryPlan], here: Surroundings) -> Iterator[str]:
    on_drive = [each.cloud or each.path for each in libraries]
    drives = [drive for folder in on_drive if (drive := drive_of(folder, here.drives))]
    # another drive is another household's, or another mesh's, while the libraries are on one
    for drive in drives or here.drives:
        yield posixpath.join(drive.point, STORE)
    for folder in on_drive:
        if not drives:
            yield posixpath.join(posixpath.dirname(folder), STORE)


def remote_of(folder: str, here: Surroundings) -> str:
    """Return a folder of an rclone mount as rclone names it, "" when its mount is not known."""
    drive = drive_of(folder, here.drives)
    if drive is None or ":" not in drive.remote:
        return ""
    below = posixpath.relpath(folder, drive.point)
    if below == ".":
        return drive.remote
    return drive.remote + ("" if drive.remote.endswith((":", "/")) else "/") + below


def rclone_config_of(libraries: Sequence[LibraryPlan], here: Surroundings) -> str:
    """Return the config file of the rclone that mounts the libraries, "" for the usual one."""
    drives = [drive_of(each.cloud or each.path, here.drives) for each in libraries if each.local]
    return next((drive.config for drive in drives if drive and drive.config), "")


def _rc_of(folder: str, here: Surroundings) -> str:
    drive = drive_of(folder, here.drives)
    return drive.rc if drive else ""


def _seen_here(root: str, here: Surroundings) -> str:
    """Return the folder that an app calls `root` as mesharr sees it, `root` when it finds none.

    An app in a container may have it under another path, whose end is the same.
    """
    points = [*(each.point for each in here.unions), *(each.point for each in here.drives)]
    for candidate in (root, *(posixpath.join(point, tail) for tail in _tails(root) for point in points)):
        if here.is_folder(candidate):
            return candidate
    return root


def _tails(path: str) -> list[str]:
    """Return the ends of a path, the longest first: `a/b/c`, `b/c`, `c`."""
    parts = path.strip("/").split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _branches(path: str, union: Union, here: Surroundings) -> tuple[str, str]:
    """Return (cloud, local) of a folder of a union, "" for what is not found."""
    below = posixpath.relpath(path, union.point)
    drives = [each.point for each in here.drives]
    on_drives = [branch for branch in union.branches if _around(branch, drives)]
    disks = [branch for branch in union.branches if branch not in on_drives]
    if not union.branches:
        beside = posixpath.dirname(union.point)
        on_drives = sorted(drives, key=lambda point: -len(posixpath.commonpath([point, beside])))
        disks = [posixpath.join(beside, name) for name in _LOCAL]
    cloud = _first_folder((posixpath.join(base, below) for base in on_drives), here)
    local = _first_folder((posixpath.join(base, below) for base in disks), here)
    return cloud or _on_a_drive(path, here), local


def _on_a_drive(path: str, here: Surroundings) -> str:
    """Return the folder of an rclone mount that ends as a path does, "" for none."""
    tails = (posixpath.join(drive.point, tail) for tail in _tails(path) for drive in here.drives)
    return _first_folder(tails, here)


def _first_folder(candidates: Iterator[str], here: Surroundings) -> str:
    return next((each for each in candidates if here.is_folder(each)), "")


def drive_of(folder: str, drives: Sequence[Drive]) -> Drive | None:
    """Return the innermost rclone mount that a folder is on, None for none."""
    point = _around(folder, [each.point for each in drives])
    return next((each for each in drives if point and each.point == point), None)


def _around(folder: str, points: Sequence[str]) -> str:
    """Return the innermost of some mount points that a folder is at or below, "" for none."""
    found = [point for point in points if folder == point or folder.startswith(point.rstrip("/") + "/")]
    return max(found, key=len, default="")
