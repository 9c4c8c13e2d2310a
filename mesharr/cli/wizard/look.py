"""Look at the programs and disks of a household, for the wizard."""

import json
import os
import posixpath
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread

import httpx
from pydantic import ValidationError

from mesharr.arr import kinds as arr_kinds
from mesharr.bootstrap.engine import app_client
from mesharr.bootstrap.rclone_process import MountProcess, mount_process_at
from mesharr.bootstrap.uploaders import find_program
from mesharr.bounded_http import BoundedClient
from mesharr.cli.terminal.busy import busy
from mesharr.cli.wizard.places import Drive, Surroundings, Union, drive_of
from mesharr.config import validated
from mesharr.core.errors import MesharrError, Refused
from mesharr.disk.child import Disk, Missing
from mesharr.disk.library import ANCHOR
from mesharr.disk.mounts import Mount, kind_of, parse, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl, VfsRefresh, rc_client
from mesharr.log import mesh
from mesharr.log.layout import MESH
from mesharr.scanners import kinds as scanner_kinds
from mesharr.settings.models import AppSettings
from mesharr.uploads.rclone import Rclone, RcloneSettings

APP_PORTS = {"radarr": 7878, "sonarr": 8989, "lidarr": 8686, "readarr": 8787}
SERVER_PORTS = {"plex": 32400, "jellyfin": 8096, "emby": 8096}
_PAGES = {"plex": "/identity", "jellyfin": "/System/Info/Public", "emby": "/System/Info/Public"}
"""What a media server answers without a key."""
RC_URL = "http://127.0.0.1:5572"
"""Where an rclone that is not visible here may have its remote control."""
_ANSWER_S = 2.0
_LOOK_S = 4.0
_MOST = 64 * 1024


class RealHousehold:
    """The programs and disks that this process reaches."""

    def __init__(self, disk: Disk) -> None:
        """`disk` is asked about whatever may be on a mount."""
        self._disk = disk

    # -- programs

    def app_urls(self) -> Mapping[str, str]:
        """Return where an app of each kind answers: on this machine, or in a container network."""
        with busy("looking for apps"):
            return _first_answering(APP_PORTS, lambda _kind, url: _get(f"{url}/ping").get("status") == "OK")

    def server_urls(self) -> Mapping[str, str]:
        """Return where a media server of each kind answers."""
        with busy("looking for media servers"):
            return _first_answering(SERVER_PORTS, _is_server)

    def open_app(self, kind: str, url: str, api_key: str) -> tuple[str, ...]:
        """Return the root folders of an app; raise when it is none of this kind or refuses the key."""
        known = arr_kinds()[kind]
        try:
            settings = validated(
                AppSettings, {"kind": kind, "url": url, "api_key": api_key, "timeout": "10s"}
            )
        except ValidationError as error:
            raise Refused(f"{url} is no URL of {known.title}", "such as http://localhost:7878") from error
        with busy(f"asking {known.title}"), app_client(settings) as client:
            arr = known.connect(client)
            roots = tuple(sorted(arr.roots()))
            app = _get(f"{url}{known.api_root}/system/status", {"X-Api-Key": api_key}).get("appName")
        if app not in {None, known.title}:
            raise Refused(f"{app} answers at {url}", f"enter the URL of {known.title}")
        return roots

    def check_server(self, kind: str, url: str, token: str) -> None:
        """Return when a media server answers and accepts the token."""
        known = scanner_kinds()[kind]
        try:
            settings = validated(known.settings, {"kind": kind, "url": url, "token": token})
        except ValidationError as error:
            raise Refused(f"{url} is no URL", "such as http://localhost:32400") from error
        with busy(f"asking {url}"), BoundedClient(base_url=url, timeout=10.0) as client:
            known.connect(client, settings).check_available()

    # -- disks

    def surroundings(self) -> Surroundings:
        """Return the mounts and remotes that mesharr sees."""
        with busy("looking at mounts and remotes"):
            return self._look_around()

    def _look_around(self) -> Surroundings:
        mounts = parse(read_mountinfo())
        rclone = [mount for mount in mounts if kind_of(mount) == "rclone"]
        processes = {mount.point: mount_process_at(mount.point) for mount in rclone}
        drives = tuple(_drive(mount, processes[mount.point]) for mount in rclone)
        return Surroundings(
            drives=drives,
            unions=tuple(
                Union(mount.point, _branches(mount.point) or self._named_branches(mount))
                for mount in mounts
                if kind_of(mount) == "mergerfs"
            ),
            remotes=_remotes(found.config for found in processes.values() if found),
            is_folder=self._is_folder,
            anchored=partial(self._anchored, drives),
            mesh_in=partial(self._mesh_in, drives),
        )

    def _named_branches(self, mount: Mount) -> tuple[str, ...]:
        """Return the branches that a mergerfs mount has in its name, as `local:remote/drive`.

        That is each path from where they part; the folder in common is one that the mount point is in, too,
        or nothing is returned.
        """
        names = mount.source.split(":")
        above = posixpath.dirname(mount.point)
        while len(names) > 1 and above != "/":
            branches = tuple(posixpath.join(above, name) for name in names)
            if all(map(self._is_folder, branches)):
                return branches
            above = posixpath.dirname(above)
        return ()

    def _is_folder(self, path: str) -> bool:
        with suppress(MesharrError):
            found = self._disk.stat(path)
            return found is not None and found.is_dir
        return False

    def _anchored(self, drives: Sequence[Drive], folder: str) -> str:
        with suppress(MesharrError, ValueError, AttributeError):
            found = json.loads(self._read(drives, folder, ANCHOR)).get("library")
            return found if isinstance(found, str) else ""
        return ""

    def _mesh_in(self, drives: Sequence[Drive], folder: str) -> str:
        with suppress(MesharrError):
            return mesh.decode(self._read(drives, folder, MESH)).name
        return ""

    def _read(self, drives: Sequence[Drive], folder: str, name: str) -> bytes:
        """Return the content of a file; one that its mount does not list is looked for on the drive."""
        path = os.path.join(folder, name)
        try:
            return self._disk.read(path, _MOST)
        except Missing:
            drive = drive_of(folder, drives)
            if drive is None or not drive.rc:
                raise
            with rc_client(drive.rc) as client:
                below = os.path.relpath(folder, drive.point)
                VfsRefresh(client, "" if below == "." else below).refresh("")
            return self._disk.read(path, _MOST)


def _first_answering(ports: Mapping[str, int], answers: Callable[[str, str], bool]) -> dict[str, str]:
    """Return the first usual address of each kind at which it answers; all are tried at once."""
    tries = [(kind, f"http://{host}:{port}") for kind, port in ports.items() for host in ("localhost", kind)]
    there: set[tuple[str, str]] = set()

    def ask(kind: str, url: str) -> None:
        if answers(kind, url):
            there.add((kind, url))

    # not a pool, whose threads are waited for: a look-up of a name has no time-out
    threads = [Thread(target=ask, args=each, daemon=True) for each in tries]
    for thread in threads:
        thread.start()
    end = time.monotonic() + _LOOK_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    found: dict[str, str] = {}
    for kind, url in tries:
        if (kind, url) in there:
            found.setdefault(kind, url)
    return found


def _is_server(kind: str, url: str) -> bool:
    found = _get(f"{url}{_PAGES[kind]}")
    if kind == "plex":
        return "MediaContainer" in found
    is_jellyfin = str(found.get("ProductName", "")).startswith("Jellyfin")
    return bool(found.get("Version")) and is_jellyfin == (kind == "jellyfin")


def _get(url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, object]:
    """Return the JSON object that a URL answers with, {} for anything else."""
    with (
        suppress(httpx.HTTPError, httpx.InvalidURL, ValueError, MesharrError),
        BoundedClient(timeout=_ANSWER_S, headers={"Accept": "application/json", **(headers or {})}) as client,
    ):
        answer = client.get(url)
        found = answer.json() if answer.is_success else {}
        return found if isinstance(found, dict) else {}
    return {}


def _drive(mount: Mount, process: MountProcess | None) -> Drive:
    # where flags change a remote, rclone adds a {hash} to its name
    source = re.sub(r"{[^}]*}", "", mount.source) if ":" in mount.source else ""
    remote = process.remote if process else source
    below = mount.root.strip("/")
    if below and remote:
        remote += ("" if remote.endswith((":", "/")) else "/") + below
    rc = process.rc if process else RC_URL
    if rc and not _controls(rc, process.remote if process else source):
        rc = ""
    return Drive(point=mount.point, remote=remote, rc=rc, config=process.config if process else "")


def _controls(url: str, remote: str) -> bool:
    """Return whether a remote control answers without a login, and has a mount of this remote."""
    with suppress(MesharrError):
        with rc_client(url) as client:
            mounts = RemoteControl(client).mounts()
        return len(mounts) == 1 or any(re.sub(r"{[^}]*}", "", each) == remote for each in mounts)
    return False


def _branches(point: str) -> tuple[str, ...]:
    """Return the branches of a mergerfs mount; none where it is mounted with `xattr=nosys`."""
    try:
        text = os.getxattr(os.path.join(point, ".mergerfs"), "user.mergerfs.branches").decode()
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(part.partition("=")[0] for part in text.split(":") if part.startswith("/"))


def _remotes(configs: Iterable[str]) -> tuple[str, ...]:
    """Return the names of rclone's remotes, none where it does not run here."""
    names: set[str] = set()
    for config in {"", *configs}:
        with suppress(MesharrError):
            names |= Rclone(RcloneSettings(binary=find_program("rclone"), config=config)).remotes()
    return tuple(sorted(names))
