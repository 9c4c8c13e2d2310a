"""Two real daemons over a real rclone mount of a loopback cloud, one of them under a mergerfs union.

Each `uploads.mode` is played over one kind of cloud, `move` over both.
"""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.household import Household, introduce
from tests.support.cloudplow import StandIn
from tests.support.mounts import mount, need_mounts, rclone_binary, serve, union, until

pytestmark = pytest.mark.mount

PATIENCE = 90.0


class Pair:
    """Alice imports under a union and uploads as her `mode` says; Bob only has his own mount."""

    def __init__(
        self,
        stack: ExitStack,
        kind: str,
        cache: str,
        folder: Path,
        *,
        mode: str = "move",
        bwlimit: str = "",
    ) -> None:
        self.mode = mode
        movies = folder / "cloud" / ("bucket/Movies" if kind == "s3" else "Movies")
        movies.mkdir(parents=True)
        (movies / "readme.txt").write_text("a bucket has no empty folders")
        cloud = stack.enter_context(serve(kind, folder / "cloud"))
        flags = ("--vfs-cache-mode", cache, "--vfs-write-back", "1s")
        self.mounts = {
            name: stack.enter_context(mount(cloud, folder / f"mnt-{name}", flags=flags))
            for name in ("alice", "bob")
        }
        merged = stack.enter_context(union(folder / "union", folder / "local", self.mounts["alice"].point))
        self.union = merged.point / "Movies"
        self.local = folder / "local" / "Movies"
        self.cloud = cloud.folder / "Movies"
        self.config = cloud.config
        self.remote = f"{cloud.remote.removesuffix(':')}{':' if kind == 'webdav' else '/'}Movies"
        self.alice = self._household(
            "alice",
            folder,
            self.union,
            {"local": str(self.local), "remote": "gdrive:Movies" if mode == "cloudplow" else self.remote},
            {"uploads": self._uploads(folder, bwlimit)},
        )
        self.bob = self._household(
            "bob", folder, self.mounts["bob"].point / "Movies", {}, {"uploads": {"mode": "none"}}
        )
        stack.callback(self.alice.close)
        stack.callback(self.bob.close)

    def _uploads(self, folder: Path, bwlimit: str) -> dict[str, Any]:
        """Return the settings of Alice's uploads."""
        if self.mode == "none":
            return {"mode": "none"}
        if self.mode == "cloudplow":
            plow = StandIn(folder / "cloudplow", self.local.parent, self.cloud.parent)
            plow.settings.pop("nzbget")  # it was updated: its first start only completes its configuration
            plow.write()
            program = {"binary": str(plow.binary), "config": str(plow.config), "start": "always"}
            return {"mode": "cloudplow", "cloudplow": program}
        rclone = {"binary": rclone_binary(), "config": str(self.config)}
        return {"mode": self.mode, "bwlimit": bwlimit, "rclone": rclone}

    def another_program_moves(self) -> None:
        """Move what Alice imported, where mesharr neither does that nor starts what does."""
        if self.mode == "none":
            command = [rclone_binary(), "move", str(self.local), self.remote, "--config", str(self.config)]
            subprocess.run(command, check=True, capture_output=True, timeout=60)

    def _household(
        self, name: str, folder: Path, movies: Path, library: dict[str, str], config: dict[str, Any]
    ) -> Household:
        point = self.mounts[name].point
        places = {"path": str(movies), "cloud": str(point / "Movies"), **library}
        store = {"path": str(point / ".mesharr"), "poll": "1s", "rc": self.mounts[name].rc}
        # a file that a better one replaces is not told as removed, however long the better one is on its way
        policy = {"gone_after": "2m", "quiet_after": "3s", "replaced_after": "2s"}
        return Household(
            name, folder / "config", movies, places, {"store": store, "policy": policy, **config}
        )

    def join(self, *, by_commands: bool) -> None:
        """Make the mesh on Alice's side, trust each other, start both, and register the webhooks."""
        if not by_commands:
            introduce(self.alice, self.bob)
        self.alice.cli("init", "--new-mesh", "home")
        until((self.cloud.parent / ".mesharr" / "mesh.json").exists, "mesh.json is in the cloud")
        until((self.cloud / ".mesharr-anchor").exists, "the anchor is in the cloud")
        if by_commands:
            self.bob.cli("init")
        self.alice.start()
        self.bob.start()
        if by_commands:
            tokens = {each.name: self._token(each) for each in (self.alice, self.bob)}
            self.alice.cli("trust", tokens["bob"])
            self.bob.cli("trust", tokens["alice"])
        self.alice.connect()
        self.bob.connect()
        self.alice.looks()
        self.bob.looks()

    def _token(self, household: Household) -> str:
        found: list[str] = []

        def printed() -> bool:
            found[:] = [household.cli("token").strip()]
            return found[0].startswith("mesharr1:")

        until(printed, f"the token of {household.name}")
        return found[0]

    def logs(self) -> str:
        places = {"the drive": self.cloud, "alice's local branch": self.local}
        films = [
            f"--- on {place}: {', '.join(sorted(path.name for path in at.rglob('*.mkv')))}"
            for place, at in places.items()
        ]
        said = [f"--- {each.name}\n{each.log()}" for each in (self.alice, self.bob)]
        waits = [f"{each.name} waits: {why}" for each in (self.alice, self.bob) for why in each.waits()]
        return "\n".join(["", *said, *waits, *films])


class Watcher:
    """Looks at a file again and again; `missed` counts the looks that did not find it."""

    def __init__(self, path: str) -> None:
        self.missed = 0
        self.looks = 0
        self._path = path
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._end.wait(0.01):
            self.looks += 1
            self.missed += not os.path.exists(self._path)

    def end(self) -> None:
        self._end.set()
        self._thread.join()


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Two households on mounts of one kind; those that are looked at each time join as people do.

    They are new for each test: a fourth file of events in a row is held back for seconds, as on any drive.
    """
    need_mounts()
    kind, cache, mode = request.param
    with ExitStack() as stack:
        made = Pair(stack, kind, cache, tmp_path, mode=mode)
        try:
            made.join(by_commands=(kind, cache) == ("webdav", "full"))
            yield made
        finally:
            print(made.logs())


SUBTITLES = "Film 1 (2001) Bluray-1080p.en.srt"


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or not any(folder.iterdir())


@pytest.mark.campaign
@pytest.mark.parametrize(
    "pair",
    [
        ("webdav", "full", "move"),
        ("s3", "off", "copy"),
        ("s3", "full", "none"),
        # the stand-in of cloudplow writes into the folder, and an S3 server would not see that
        ("webdav", "off", "cloudplow"),
    ],
    indirect=True,
    ids="-".join,
)
def test_an_import_under_a_union_is_uploaded_and_appears_at_the_peer(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    alice.radarr.add(1)
    alice.radarr.download(1, size=200_000, extras={SUBTITLES: b"1\n00:00:01 --> 00:00:02\nHi\n"})
    watcher = Watcher(alice.movie(1)["movieFile"]["path"])
    pair.another_program_moves()
    until(lambda: bob.has_file(1, monitored=False), "bob has the film", PATIENCE, every=0.2)
    here = pair.local / "Film 1 (2001)"
    if pair.mode == "copy":
        assert sorted(path.suffix for path in here.iterdir()) == [".mkv", ".srt"]
    else:
        until(lambda: _is_empty(here), "alice let go of her local files", PATIENCE, every=0.1)
    scans = [str(bob.movies / "Film 1 (2001)")]
    until(lambda: bob.plex.scans == scans, "bob's Plex is notified of the folder", PATIENCE)
    watcher.end()
    assert watcher.looks > 10
    if pair.mode in {"move", "copy"}:  # another program takes the file away before a mount shows the cloud's
        assert watcher.missed == 0
        assert (bob.movies / "Film 1 (2001)" / SUBTITLES).exists()
    assert bob.tags(1) == ["mesharr-alice"]
    assert (pair.cloud / "Film 1 (2001)" / SUBTITLES).exists()
    assert alice.movie(1)["hasFile"]
    assert alice.movie(1)["monitored"]
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.events() == []
    assert (alice.stop(), bob.stop()) == (0, 0)


@pytest.mark.campaign
@pytest.mark.parametrize("pair", [("s3", "full", "move")], indirect=True, ids="-".join)
def test_a_peer_that_was_off_catches_up_and_a_killed_node_says_everything_once(pair: Pair) -> None:
    alice, bob = pair.alice, pair.bob
    assert bob.stop() == 0
    alice.radarr.add(2)
    alice.radarr.download(2, size=300_000)
    alice.kill()  # anywhere between the webhook's answer and the unlinking of the local file
    alice.start()
    until(lambda: alice.events() == ["item.added", "file.imported"], "alice published", PATIENCE)
    alice.kill()
    alice.start()
    until(lambda: _is_empty(pair.local / "Film 2 (2002)"), "alice let go of her local file", PATIENCE)
    bob.start()
    until(lambda: bob.has_file(2, monitored=False), "bob has the film", PATIENCE, every=0.2)
    assert bob.tags(2) == ["mesharr-alice"]
    assert alice.movie(2)["hasFile"]
    assert alice.events() == ["item.added", "file.imported"]
    assert bob.events() == []
    alice.radarr.download(2, size=500_000, quality="Bluray-2160p")
    until(lambda: bob.movie(2).get("sizeOnDisk") == 500_000, "bob has the better file", PATIENCE)
    assert bob.movie(2)["monitored"] is False
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
