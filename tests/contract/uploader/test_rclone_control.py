"""rclone driven by its remote control: real rclone against real remotes."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.rclone_rc import rc_client
from mesharr.uploads.base import FileRefused, Occupied, Progress
from mesharr.uploads.rclone import (
    GivenServer,
    OwnServer,
    Rclone,
    RcloneControl,
    RcloneSettings,
    partial_names,
)
from tests.support.mounts import Served, _obscured, need_mounts, rclone_binary, serve, until

pytestmark = pytest.mark.mount
Open = Callable[..., RcloneControl]


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    need_mounts()
    return tmp_path


@pytest.fixture
def control() -> Iterator[Open]:
    """Open uploaders that are stopped at the end."""
    opened: list[RcloneControl] = []

    def make(served: Served, *flags: str, node: str = "") -> RcloneControl:
        command = [rclone_binary(), "--config", str(served.config), *flags]
        opened.append(RcloneControl(OwnServer(command, rc_client), node))
        return opened[-1]

    yield make
    for each in opened:
        each.stop()


def _root(served: Served) -> str:
    return f"{served.remote}{'' if served.remote.endswith(':') else '/'}"


@pytest.mark.parametrize("by_processes", [True, False])
@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_small_files_reach_a_real_remote_by_one_run_and_replace_nothing(
    kind: str, by_processes: bool, cloud: Path, control: Open
) -> None:
    names = ["Show/Season 01/1 [x] {*}?.mkv", "Show/Season 01/2.mkv", "Show/Season 02/ä.mkv", "Show/3.mkv"]
    local = {name: cloud / "local" / name for name in names}
    for number, source in enumerate(local.values()):
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(os.urandom(1000 + number))
    with serve(kind, cloud / "store") as served:
        served.put("TV/Show/3.mkv", b"of a peer")
        served.put("TV/Show/beside.mkv", b"of nobody")
        config = RcloneSettings(rclone_binary(), str(served.config))
        uploader = Rclone(config) if by_processes else control(served)
        local["Show/gone.mkv"] = cloud / "gone.mkv"
        files = {name: str(path) for name, path in local.items()}
        done = uploader.upload_new(f"{_root(served)}TV", files).sent
        assert set(done) == set(names[:3])
        for name, shown in done.items():
            content = local[name].read_bytes()
            assert (served.folder / "TV" / name).read_bytes() == content
            assert (shown.size, bool(shown.hash), shown.sent) == (len(content), kind == "s3", True)
        assert (served.folder / "TV/Show/3.mkv").read_bytes() == b"of a peer"
        assert not uploader.upload_new(f"{_root(served)}TV", {names[1]: str(local[names[1]])}).sent


@pytest.mark.parametrize(("kind", "batches"), [("webdav", True), ("s3", True), ("s3", False)])
def test_a_file_reaches_a_real_remote_and_is_not_sent_twice(
    kind: str, batches: bool, cloud: Path, control: Open
) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve(kind, cloud / "store") as served:
        target = f"{_root(served)}Movies/A [x] (2020)/a.mkv"
        uploader = control(served)
        uploader._has_batches = batches  # an older rclone has none
        shown = uploader.upload(str(source), target, lambda _: None)
        stored = served.folder / "Movies/A [x] (2020)/a.mkv"
        assert stored.read_bytes() == source.read_bytes()
        assert (shown.size, bool(shown.hash), shown.sent) == (3_000_000, kind == "s3", True)
        written = stored.stat().st_mtime_ns
        again: list[Progress] = []
        assert not uploader.upload(str(source), target, again.append).sent
        assert (stored.stat().st_mtime_ns, again) == (written, [Progress(3_000_000, 3_000_000, 0)])
        if kind == "s3":  # it has hashes: another content of the same size is sent
            source.write_bytes(os.urandom(3_000_000))
            with pytest.raises(Occupied):
                uploader.upload(str(source), target, lambda _: None)
            assert uploader.upload(str(source), target, lambda _: None, replaces=True).sent
            assert stored.read_bytes() == source.read_bytes()
        source.write_bytes(os.urandom(2_000_000))
        with pytest.raises(Occupied):
            uploader.upload(str(source), target, lambda _: None)
        assert stored.stat().st_size == 3_000_000
        assert uploader.upload(str(source), target, lambda _: None, replaces=True).sent
        served.put("Movies/.mesharr-anchor", b"anchor")
        assert uploader.read(f"{_root(served)}Movies/.mesharr-anchor", 3) == b"anc"
        assert uploader.read(f"{_root(served)}None/.mesharr-anchor", 100) is None
        assert uploader.find(f"{_root(served)}None/a.mkv") is None
        assert uploader.remotes() == {"cloud"}
        assert uploader.has_hash(_root(served)) == (kind == "s3")
    assert source.exists()


def test_real_failures_have_their_meaning(cloud: Path, control: Open) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(b"film")
    with serve("webdav", cloud / "store") as served:
        uploader = control(served, "--low-level-retries", "1")
        with pytest.raises(Refused, match="name the remote"):
            uploader.upload(str(source), "nope:a.mkv", lambda _: None)
        with pytest.raises(Refused, match="unknown flag"):
            control(served, "--no-such-flag").upload(str(source), "cloud:a.mkv", lambda _: None)
        with served.config.open("a") as config:
            config.write(f"[secret]\ntype = crypt\nremote = cloud:\npassword = {_obscured()}\n")
        with pytest.raises(FileRefused, match="shorter name"):
            uploader.upload(str(source), f"secret:{'x' * 200}.mkv", lambda _: None)
        served.process.kill()
        served.process.wait()
        with pytest.raises(Unavailable, match="connection refused"):
            uploader.upload(str(source), "cloud:a.mkv", lambda _: None)
    with pytest.raises(Unavailable, match="the source is gone"):
        uploader.upload(str(cloud / "none.mkv"), "cloud:a.mkv", lambda _: None)
    missing = RcloneControl(OwnServer([str(cloud / "no rclone")], rc_client))
    with pytest.raises(Refused, match="cannot be started"):
        missing.find("cloud:a.mkv")


@pytest.mark.campaign
def test_a_stopped_upload_ends_and_leaves_the_source_and_one_taken_away_goes_on(
    cloud: Path, control: Open
) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    content = source.read_bytes()
    with serve("webdav", cloud / "store") as served:
        uploader = control(served, "--bwlimit", "1M")
        uploader._has_batches = False
        seen: list[Progress] = []
        ended: list[str] = []

        def stop(progress: Progress) -> None:
            seen.append(progress)
            threading.Thread(target=uploader.stop).start()

        try:
            uploader.upload(str(source), "cloud:a.mkv", stop)
        except Unavailable as error:
            ended.append(str(error))
        assert ended
        assert 0 < seen[0].done < seen[0].total == 3_000_000
        assert source.read_bytes() == content

        def take_away(_progress: Progress) -> None:
            source.unlink(missing_ok=True)

        until(lambda: not _runs(uploader), "the stopped rclone is gone")
        assert uploader.upload(str(source), "cloud:a.mkv", take_away, replaces=True).size == len(content)
        assert (served.folder / "a.mkv").read_bytes() == content


def _runs(uploader: RcloneControl) -> bool:
    return uploader._server._process is not None  # type: ignore[attr-defined]  # an own one


# httpcore leaves a socket on which it found nobody listening to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.campaign
@pytest.mark.parametrize("together", [False, True])
def test_one_that_is_killed_midway_is_started_again_and_the_file_arrives_whole(
    together: bool, cloud: Path, control: Open
) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(2_000_000))
    with serve("sftp", cloud / "store") as served:
        uploader = control(served, "--bwlimit", "1M", node="alice")

        def send() -> None:
            if together:
                uploader.upload_new("cloud:Movies", {"a.mkv": str(source), "b.mkv": str(source)})
            else:
                uploader.upload(str(source), "cloud:Movies/a.mkv", lambda _: None)

        with ThreadPoolExecutor(1) as pool:
            killed = pool.submit(send)
            until(lambda: bool([*served.folder.rglob("*.partial")]), "half a file is on the remote")
            process = uploader._server._process  # type: ignore[attr-defined]  # an own one
            process.kill()
            process.wait()
            assert isinstance(killed.exception(), Unavailable)
        movies = served.folder / "Movies"
        assert not (movies / "a.mkv").exists()
        assert uploader.upload(str(source), "cloud:Movies/a.mkv", lambda _: None).sent
        assert (movies / "a.mkv").read_bytes() == source.read_bytes()
        uploader.sweep("cloud:Movies/a.mkv")
        assert [path.name for path in movies.iterdir()] == ["a.mkv"]


def test_one_that_a_killed_mesharr_left_is_ended_by_the_next(cloud: Path, control: Open) -> None:
    with serve("webdav", cloud / "store") as served:
        command = [rclone_binary(), "--config", str(served.config)]
        killed = OwnServer(command, rc_client, cloud.name)
        RcloneControl(killed).remotes()
        left = killed._process
        assert left
        following = RcloneControl(OwnServer(command, rc_client, cloud.name))
        assert following.remotes() == {"cloud"}
        left.wait(10)
        following.stop()
        killed.stop()


def test_one_that_is_given_is_used_and_left_running(cloud: Path, control: Open) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(b"film")
    with serve("webdav", cloud / "store") as served:
        other = control(served)
        other.remotes()
        folder = other._server._folder  # type: ignore[attr-defined]  # an own one stands for a given one
        given = RcloneControl(GivenServer(f"unix://{folder}/socket", partial(rc_client)))
        assert given.upload(str(source), "cloud:a.mkv", lambda _: None).sent
        given.stop()
        assert _runs(other)
        assert given.find("cloud:a.mkv") is not None


@pytest.mark.parametrize("name", ["A [x] {1}? *.mkv", "Ä" * 70 + ".mkv"])
def test_half_files_of_this_node_are_swept_and_nothing_else(name: str, cloud: Path, control: Open) -> None:
    with serve("sftp", cloud / "store") as served:
        folder = served.folder / "Movies"
        folder.mkdir()
        suffix = partial_names.suffix_of("alice")
        kept = name.encode()[: 255 - len(suffix) - 12].decode(errors="ignore") if len(name) > 60 else name
        own, bobs = f"{kept}.0badf00d{suffix}", f"{kept}.0badf00d.m000000.partial"
        others = [bobs, "Another.mkv", f"x{own}"[:200], "A x 1 .mkv.0badf00d" + suffix]
        for each in (own, *others):
            (folder / each).write_bytes(b"half")
        uploader = control(served, node="alice")
        uploader.sweep(f"cloud:Movies/{name}")
        uploader.sweep(f"cloud:Nowhere/{name}")
        assert sorted(path.name for path in folder.iterdir()) == sorted(others)
