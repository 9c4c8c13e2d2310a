"""kill -9 of mesharr, of what uploads, and of the mount, while a film waits, is sent, and is published.

Four households, one for each `uploads.mode`, each alone in its mesh, share one real mount and go through it
together. Which test has which cell:

| killed | waits | is sent | sent, not shown by the mount | published |
|---|---|---|---|---|
| mesharr | here | here | here; `behaviour/crashes/test_import_crashes.py` at each step | here |
| what uploads | nothing runs | here; `contract/uploader` | nothing runs | nothing runs |
| the mount | here | here | here; `behaviour/outages/test_lost_mounts.py` | here |

A full disk, 403, 429, 500 and a limit that is hit: `behaviour/outages/test_refused_uploads.py`, and with real
rclones `contract/uploader`. Half a file under its own name, which only drives without partial names have:
`behaviour/files/test_one_path_two_files.py`, with a real rclone `contract/uploader/test_rclone_upload.py`.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mesharr.demo.http import serve as serve_http
from mesharr.log import mesh
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.e2e.house_on_mount import HOME
from tests.e2e.household import Household, introduce
from tests.support.cloudplow import StandIn
from tests.support.household import MESH
from tests.support.mounts import (
    Mounted,
    Served,
    free_port,
    mount,
    need_mounts,
    rclone_binary,
    serve,
    union,
    unmount,
    until,
)

pytestmark = [pytest.mark.mount, pytest.mark.campaign, pytest.mark.timeout(600)]

FILM = "Film 1 (2001)/Film 1 (2001) Bluray-1080p.mkv"
SIZE = 17 * 2**20
"""More than is sent together with others."""
SLOW, FAST = "64k", "off"
"""rclone's bandwidth: while something is killed no upload ends by itself."""


class Control:
    """The remote control of the mount; while it is not `willing` the mount shows nothing new."""

    def __init__(self, rc: str) -> None:
        self._rc = rc
        self.willing = True

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/vfs/refresh" and not self.willing:
            folder = json.loads(request.content).get("dir", "")
            return httpx.Response(200, json={"result": {folder: "OK"}})
        headers = {name: value for name, value in request.headers.items() if name == "content-type"}
        found = httpx.post(
            f"{self._rc}{request.url.path}", content=request.content, headers=headers, timeout=30
        )
        return httpx.Response(found.status_code, content=found.content)


class Uploads:
    """One household, and whatever uploads its film."""

    def __init__(
        self, stack: ExitStack, mode: str, folder: Path, cloud: Served, mounted: Mounted, rc: str
    ) -> None:
        self.mode = mode
        self.local, self.drive = folder / "local" / mode / "Movies", cloud.folder / mode / "Movies"
        for each in (
            self.local,
            self.drive,
            *(cloud.folder / mode / ".mesharr" / name for name in ("events", "archive")),
        ):
            each.mkdir(parents=True)
        (self.drive.parent / ".mesharr" / "mesh.json").write_bytes(HOME)
        (self.drive / ".mesharr-anchor").write_bytes(mesh.anchor(MESH, "movies"))
        self.shown = shown = mounted.point / mode
        merged = stack.enter_context(union(folder / "union" / mode, self.local.parent, shown))
        self.plow = (
            StandIn(folder / "cloudplow", self.local.parent, self.drive.parent)
            if mode == "cloudplow"
            else None
        )
        self.remote = f"{'gdrive' if self.plow else 'cloud'}:{'' if self.plow else f'{mode}/'}Movies"
        rclone = {"binary": rclone_binary(), "config": str(cloud.config)}
        self._move = [rclone_binary(), "move", str(self.local), self.remote, "--config", str(cloud.config)]
        self._other: subprocess.Popen[bytes] | None = None
        self._speed = SLOW
        stack.callback(self.end)
        uploads: dict[str, Any] = {"mode": mode, "bwlimit": SLOW, "rclone": rclone}
        if self.plow:
            plow = {"binary": str(self.plow.binary), "config": str(self.plow.config), "start": "always"}
            uploads = {"mode": mode, "bwlimit": SLOW, "cloudplow": plow}
        places = {
            "path": str(merged.point / "Movies"),
            "cloud": str(shown / "Movies"),
            "local": str(self.local),
            "remote": self.remote,
            "rc": rc,
        }
        store = {"path": str(shown / ".mesharr"), "poll": "1s", "rc": mounted.rc}
        # what another program has moved, and the mount does not show, is nowhere: that is to last for a while
        config = {"store": store, "uploads": uploads, "policy": {"gone_after": "10m", "quiet_after": "3s"}}
        self.house = Household(mode, folder / "config", merged.point / "Movies", places, config)
        stack.callback(self.house.close)
        introduce(self.house)

    def let(self, *, send: bool) -> None:
        """Let what uploads begin, or have it wait; mesharr looks at that when it starts."""
        state = State(Database(str(self.house.config_dir / "mesharr.db")))
        with state.transaction():
            state.node.pause_uploads(0 if send else 1)
            state.uploads.hurry(0)
        state.db.close()
        if self.plow and send:
            self.plow.will("stalled")

    def hasten(self) -> None:
        """Lift the limit of what is sent from now on; mesharr looks at that when it starts."""
        file = self.house.config_dir / "mesharr.yml"
        config = yaml.safe_load(file.read_text())
        config["uploads"]["bwlimit"] = self._speed = FAST
        file.write_text(yaml.safe_dump(config))

    def send(self) -> None:
        """Have the other program begin, where there is one that mesharr does not start."""
        if self.mode == "none" and not self.sending():
            self._other = subprocess.Popen([*self._move, "--bwlimit", self._speed], stderr=subprocess.DEVNULL)

    def end_sending(self) -> None:
        """Have what is not mesharr's own send on, without a limit."""
        if self.plow:
            self.plow.will_not("stalled")
        self.end_other()
        self.send()

    def sending(self) -> list[int]:
        """Return the processes that send the film now."""
        if self.plow:
            return [self.plow.sending] if self.plow.sending else []
        if self.mode == "none":
            return [self._other.pid] if self._other and self._other.poll() is None else []
        return [pid for pid, words in _programs() if "copyto" in words and f"{self.remote}/{FILM}" in words]

    def kill_sending(self) -> None:
        """Kill what sends the film; the lock that cloudplow leaves is deleted, as its user has to."""
        for pid in self.sending():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.end_other()
        if self.plow:
            self.plow.lock.unlink(missing_ok=True)
            self.house.cli("uploads", "--retry")

    def end(self) -> None:
        """Leave nothing running, however the test ends."""
        if self.plow:
            self.plow.will_not("stalled")
        self.end_other()

    def end_other(self) -> None:
        if self._other:
            self._other.kill()
            self._other.wait()

    def waits(self) -> bool:
        """Return whether the film is to be uploaded."""
        state = State(Database(str(self.house.config_dir / "mesharr.db")))
        try:
            return [each.path for each in state.uploads.all()] == [FILM]
        finally:
            state.db.close()

    def is_sent(self) -> bool:
        """Return whether the drive has all of the film, and mesharr waits for its mount."""
        if self.mode in {"none", "cloudplow"}:
            return not (self.local / FILM).exists() and _size(self.drive / FILM) == SIZE
        state = State(Database(str(self.house.config_dir / "mesharr.db")))
        try:
            return [each.phase for each in state.uploads.all()] == ["sent"]
        finally:
            state.db.close()

    def is_published(self) -> bool:
        """Return whether the import is; what it states is true then, and the file is nowhere half."""
        published = "file.imported" in self.house.events()
        here, stored = (
            _size(self.local / FILM),
            _size(self.drive / FILM),
        )  # it goes from here when it is there
        assert not published or stored == SIZE, f"{self.mode}: published before it was there"
        assert SIZE in {here, stored}, f"{self.mode}: lost"
        return published

    def is_done(self) -> bool:
        """Return whether nothing waits any more."""
        return self.is_published() and self.house.waits() == []


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return -1


def _programs() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")


class Street:
    """The four households and their mount."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.cloud = stack.enter_context(serve("sftp", folder / "cloud"))
        self._point, self._port, self._mount = folder / "remote", free_port(), ExitStack()
        stack.callback(self._mount.close)
        mounted = self._mount_again()
        self.control = Control(mounted.rc)
        rc = stack.enter_context(serve_http(self.control.handle)).url
        self.every = [
            Uploads(stack, mode, folder, self.cloud, mounted, rc)
            for mode in ("move", "copy", "cloudplow", "none")
        ]

    def _mount_again(self) -> Mounted:
        self._mounted = self._mount.enter_context(mount(self.cloud, self._point, rc_port=self._port))
        return self._mounted

    def until(self, holds: Callable[[Uploads], bool], what: str) -> None:
        for each in self.every:
            until(partial(holds, each), f"{each.mode}: {what}", 90, every=0.05)

    def start_mesharr(self) -> None:
        with ThreadPoolExecutor(len(self.every)) as pool:
            list(pool.map(lambda each: each.house.start(), self.every))

    def kill_mesharr(self, *, hasten: bool = False) -> None:
        """Kill and start each mesharr, which may send from then on."""
        for each in self.every:
            each.house.kill()
            each.let(send=True)
            if hasten:
                each.hasten()
        self.start_mesharr()

    def kill_mount(self) -> None:
        """Kill the mount and make it again."""
        self._mounted.die()
        unmount(self._point)
        self._mount.close()
        self._mount_again()

    def hide(self) -> None:
        """Have the mount show what it has read by now, and nothing that comes later."""
        self.control.willing = False
        for each in self.every:
            list((each.shown / "Movies").rglob("*"))

    def sends(self) -> None:
        """Return once each film is being sent."""
        for each in self.every:
            each.send()
        self.until(lambda each: bool(each.sending()), "the film is being sent")

    def check(self) -> None:
        for each in self.every:
            each.is_published()

    def logs(self) -> str:
        return "".join(f"\n--- {each.mode}\n{each.house.log()}\n{each.house.waits()}" for each in self.every)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    need_mounts()
    with ExitStack() as stack:
        made = Street(stack, tmp_path)
        try:
            yield made
        finally:
            print(made.logs())


def test_whatever_is_killed_at_whatever_stage_the_film_is_published_once_and_whole(street: Street) -> None:
    street.start_mesharr()
    for each in street.every:
        each.house.connect()
        each.house.looks()
        each.let(send=False)
        each.house.radarr.add(1)
        each.house.radarr.download(1, size=SIZE)
    street.until(Uploads.waits, "the film waits")
    street.kill_mount()
    street.kill_mesharr()

    street.sends()
    for each in street.every:
        each.kill_sending()
    street.check()
    street.sends()
    street.kill_mount()
    street.check()
    street.sends()
    street.hide()
    street.kill_mesharr(hasten=True)
    street.check()
    for each in street.every:
        each.end_sending()
    street.until(Uploads.is_sent, "the film is on the drive and not shown")

    street.kill_mesharr()
    street.check()
    street.until(Uploads.is_sent, "the film is on the drive and not shown")
    assert not any(each.is_published() for each in street.every)
    street.kill_mount()  # one that is made again shows what is there
    street.control.willing = True
    street.until(Uploads.is_done, "the film is published")

    street.kill_mount()
    street.kill_mesharr()
    for each in street.every:
        each.house.radarr.add(2)
    told = ["item.added", "file.imported", "item.added"]  # nothing of the first film again
    street.until(lambda each: each.house.events() == told, "the next film is published after it")
    for each in street.every:
        assert (each.local / FILM).exists() is (each.mode == "copy")
        assert [path.name for path in each.drive.rglob("Film*.mkv")] == [Path(FILM).name]
        assert each.house.has_file(1, monitored=True)
