"""Which program serves a mount: one in the same container mounts again where mesharr sees it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.doctor.mount_server import is_served_here
from tests.support.mounts import mount, need_mounts, serve, union

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
