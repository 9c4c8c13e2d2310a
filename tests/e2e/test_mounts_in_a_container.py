"""Mounts as a container sees them: who serves one, and whether one that is made again shows up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.doctor.mount_server import is_served_here
from tests.support.mounts import mount, need_mounts, serve, union, unmount

pytestmark = pytest.mark.mount

LOOK = """
import sys
from mesharr.doctor.mount_server import is_served_here
from mesharr.disk.mounts import mount_of, read_mountinfo
print(*(is_served_here(mount_of(path, read_mountinfo())) for path in sys.argv[1:]))
"""


def test_mounts_made_here_are_told_from_mounts_made_outside(tmp_path: Path) -> None:
    need_mounts()
    with (
        serve("webdav", tmp_path / "store") as cloud,
        mount(cloud, tmp_path / "remote") as remote,
        union(tmp_path / "union", tmp_path / "local", remote.point) as merged,
    ):
        points = [str(each.point.resolve()) for each in (remote, merged)]
        assert [is_served_here(mount_of(point, read_mountinfo())) for point in points] == [True, True]
        # another container: it sees the mounts as they are now, and not those that are made later
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", LOOK, *points]
        inside = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if "unshare failed" in inside.stderr and not os.environ.get("CI"):
            pytest.skip("a mount namespace cannot be made here")
        assert inside.stdout.split() == ["False", "False"]
    assert not is_served_here(mount_of(str(tmp_path), read_mountinfo()))


CONTAINER = "mount -t tmpfs tmpfs /run && touch /run/.containerenv && echo made && exec sleep 600"
"""What a mount namespace does that takes itself for a container."""


@contextmanager
def container(propagation: str) -> Iterator[list[str]]:
    """Keep a mount namespace while the block runs; yield what enters it, before a command."""
    command = ["unshare", "--mount", "--propagation", propagation, "sh", "-c", CONTAINER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        if process.stdout.readline() != b"made\n" and not os.environ.get("CI"):
            pytest.skip("a mount namespace cannot be made here")
        try:
            yield ["nsenter", f"--mount=/proc/{process.pid}/ns/mnt"]
        finally:
            process.kill()


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Have what is mounted below a folder show up in the namespaces that are its slaves."""
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "--make-shared", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.campaign  # each doctor takes a second
@pytest.mark.skipif(os.geteuid() != 0 and not os.environ.get("CI"), reason="it mounts: run it as root")
def test_a_container_without_rslave_is_told_from_a_mount_that_is_down(tmp_path: Path) -> None:
    need_mounts()
    host, config = tmp_path / "mnt", tmp_path / "config"
    point = host / "remote"
    for folder in (host, config, tmp_path / "cloud" / "Movies"):
        folder.mkdir(parents=True)
    places = {"path": f"{point}/Movies", "cloud": f"{point}/Movies"}
    content = {"node": "alice", "store": {"path": f"{point}/.mesharr"}, "libraries": {"movies": places}}
    (config / "mesharr.yml").write_text(yaml.safe_dump(content))

    def mesharr(*words: str, inside: list[str] | None = None) -> str:
        command = [*(inside or ()), sys.executable, "-m", "mesharr", "--config-dir", str(config), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60).stdout

    def found(inside: list[str]) -> tuple[str, str]:
        """Return what doctor says of the container, and why the store is unavailable."""
        results = json.loads(mesharr("doctor", "--json", inside=inside))["found"]
        of = {
            name: [each["what"] for each in results if each["subject"] == name]
            for name in ("container", "store")
        }
        return of["container"][0], next((what for what in of["store"] if "unavailable" in what), "")

    with ExitStack() as stack:
        stack.enter_context(shared(host))
        cloud = stack.enter_context(serve("webdav", tmp_path / "cloud"))
        before = stack.enter_context(mount(cloud, point))
        assert "created the mesh" in mesharr("init", "--new-mesh", "home")
        private, slave = (stack.enter_context(container(how)) for how in ("private", "slave"))
        sees = "when the host mounts the drive again, this container sees it"
        before.die()
        assert found(slave)[0] == sees
        assert "the mount died" in found(slave)[1]

        unmount(point)
        stack.enter_context(mount(cloud, point))
        assert found(slave) == (sees, "")
        what, why = found(private)
        assert (
            what == f"it is down, and this container would not see it if the host mounted it again: {point}"
        )
        assert "the mount died" in why
