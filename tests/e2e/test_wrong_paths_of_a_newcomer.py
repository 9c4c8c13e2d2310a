"""A newcomer's wrong paths and key on real mounts: doctor names each with its fix, and a restart mends it."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.household import Household
from tests.support.mounts import mount, need_mounts, rclone_binary, serve, union, until

pytestmark = [pytest.mark.mount, pytest.mark.campaign]

FILM = "Film 1 (2001)"
PATIENCE = 90.0


class Newcomer:
    """A household alone in its mesh: a cloud, its mount, and a union of that with a local branch."""

    def __init__(self, stack: ExitStack, kind: str, folder: Path) -> None:
        content = folder / "cloud" / ("bucket" if kind == "s3" else "")
        for name in ("Movies", "Films"):
            (content / name).mkdir(parents=True)
            (content / name / "readme.txt").write_text("a bucket has no empty folders")
        self.cloud = stack.enter_context(serve(kind, folder / "cloud"))
        remote = stack.enter_context(mount(self.cloud, folder / "remote"))
        merged = stack.enter_context(union(folder / "union", folder / "local", remote.point))
        self.movies, self.local = merged.point / "Movies", folder / "local" / "Movies"
        self.other = folder / "other"
        self.other.mkdir()
        self.local.mkdir()
        self.slash = ":" if kind == "webdav" else "/"
        self.remote = self.cloud.remote.removesuffix(":") + self.slash
        places = {
            "path": str(self.movies),
            "cloud": str(remote.point / "Movies"),
            "local": str(self.local),
            "remote": f"{self.remote}Movies",
        }
        rclone = {"binary": rclone_binary(), "config": str(self.cloud.config)}
        config: dict[str, Any] = {
            "store": {"path": str(remote.point / ".mesharr"), "poll": "1s", "rc": remote.rc},
            "uploads": {"mode": "move", "rclone": rclone},
        }
        self.house = Household("alice", folder / "config", self.movies, places, config)
        stack.callback(self.house.close)

    def set(self, section: str, name: str, **changes: str) -> None:
        """Write these values into mesharr.yml."""
        file = self.house.config_dir / "mesharr.yml"
        tree = yaml.safe_load(file.read_text())
        tree[section][name] |= changes
        file.write_text(yaml.safe_dump(tree))

    def wrong(self) -> list[str]:
        """Return the errors that doctor finds, with their fixes."""
        found = json.loads(self.house.cli("doctor", "--json"))["found"]
        return [f"{each['what']} -> {each['mend']}" for each in found if each["level"] == "wrong"]

    def restart(self) -> None:
        assert self.house.stop() == 0
        self.house.start()


@pytest.fixture
def newcomer(kind: str, tmp_path: Path) -> Iterator[Newcomer]:
    need_mounts()
    with ExitStack() as stack:
        made = Newcomer(stack, kind, tmp_path)
        made.house.cli("init", "--new-mesh", "home")
        until((made.cloud.folder / "Movies/.mesharr-anchor").exists, "the anchor is in the cloud")
        yield made
        print(made.house.log())


CASES = {
    "remote": ("it has no anchor", "set remote of library movies"),
    "local": ("is not below path", "set local to the branch of the union"),
    "root": ("Radarr does not see", "have to be one folder, also inside Radarr's container"),
    "key": ("refuses the API key", "api_key"),
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [*(("webdav", case) for case in CASES), ("s3", "remote")],  # the others are wrong on this machine
)
def test_what_is_wrong_is_found_by_doctor_and_mended_by_a_restart(newcomer: Newcomer, case: str) -> None:
    house, other = newcomer.house, str(newcomer.other)
    house.radarr.common.roots[99] = other  # another root folder that Radarr has, too
    section, name, key, wrong, right = {
        "remote": ("libraries", "movies", "remote", f"{newcomer.remote}Films", f"{newcomer.remote}Movies"),
        "local": ("libraries", "movies", "local", other, str(newcomer.local)),
        "root": ("libraries", "movies", "root", other, str(newcomer.movies)),
        "key": ("apps", "radarr", "api_key", "wrong", "key"),
    }[case]
    newcomer.set(section, name, **{key: wrong})
    house.start()
    house.connect()
    what, fix = CASES[case]
    found = newcomer.wrong()
    assert any(what in line and fix in line for line in found), found
    house.radarr.add(1)
    house.radarr.download(1, size=200_000)
    assert "file.imported" not in house.events()
    assert not (newcomer.cloud.folder / "Films" / FILM).exists()

    newcomer.set(section, name, **{key: right})
    newcomer.restart()
    assert newcomer.wrong() == []
    assert [each for each in os.listdir(newcomer.local) if each.startswith(".mesharr")] == []
    if case == "root":
        house.looks()  # the film was in no library then, as far as mesharr was told
        return
    until(lambda: house.events().count("file.imported") == 1, "the import is published", PATIENCE)
    stored = newcomer.cloud.folder / "Movies" / FILM
    until(lambda: any(each.suffix == ".mkv" for each in stored.iterdir()), "it is in the cloud", PATIENCE)
    assert house.has_file(1, monitored=True)
