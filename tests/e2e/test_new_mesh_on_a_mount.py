"""A mesh made on a mount that caches writes: what is said to be on the drive is there, the rest is named."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.mounts import mount, need_mounts, serve

pytestmark = pytest.mark.mount


@pytest.mark.parametrize("asks_the_drive", [True, False], ids=["with-rc", "without-rc"])
def test_what_is_said_of_a_new_mesh_is_true(tmp_path: Path, asks_the_drive: bool) -> None:
    need_mounts()
    flags = ("--vfs-cache-mode", "full", "--vfs-write-back", "2s" if asks_the_drive else "1h")
    with (
        serve("webdav", tmp_path / "cloud") as cloud,
        mount(cloud, tmp_path / "mnt", rc=asks_the_drive, flags=flags) as mounted,
    ):
        (cloud.folder / "Movies").mkdir()
        done = init(tmp_path / "config", mounted.point, mounted.rc)
        stored = [cloud.folder / ".mesharr" / "mesh.json", cloud.folder / "Movies" / ".mesharr-anchor"]
        assert done.returncode == 0, done.stderr
        assert [path.exists() for path in stored] == [asks_the_drive] * 2
        said = "upload to the drive not confirmed: mesh.json, the anchor of movies"
        assert (said in done.stderr) is not asks_the_drive
        assert ("confirmed: everything is on the drive" in done.stdout) is asks_the_drive


def init(config_dir: Path, point: Path, rc: str) -> subprocess.CompletedProcess[str]:
    """Run `init --new-mesh` over a mount."""
    config_dir.mkdir()
    store = {"path": f"{point}/.mesharr", **({"rc": rc} if rc else {})}
    config = {"node": "alice", "store": store, "libraries": {"movies": {"path": f"{point}/Movies"}}}
    (config_dir / "mesharr.yml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "mesharr", "--config-dir", str(config_dir), "init", "--new-mesh", "home"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
