"""The rclone and mergerfs command lines of the example files, run as they stand.

Only names are replaced: the remote by a served cloud, `/mnt` and the other folders by ones of the test.
"""

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
import yaml

from mesharr.config import Config, load_config
from mesharr.core.errors import MesharrError
from mesharr.disk.mounts import mount_of, read_mountinfo
from mesharr.disk.rclone_rc import RemoteControl, rc_client
from tests.support.mounts import (
    Served,
    free_port,
    need_mounts,
    rclone_binary,
    running,
    serve,
    unmount,
    until,
)

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"
pytestmark = [pytest.mark.mount, pytest.mark.campaign]
_TAG = re.compile(r"!env_var (\w+)")


def commands_of(setup: str) -> list[list[str]]:
    """Return the words of the commands that make the mounts of a set-up, the drive's first."""
    folder = EXAMPLES / setup
    if (folder / "compose.yml").exists() and not list(folder.glob("*.service")):
        services = yaml.safe_load((folder / "compose.yml").read_text())["services"]
        texts = [services[name]["command"][0].rpartition("exec ")[2] for name in ("rclone", "mergerfs")]
    elif (folder / "mount.sh").exists():
        lines = (folder / "mount.sh").read_text().replace("\\\n", " ").splitlines()
        texts = [line for line in lines if re.match(r"(\w+=\S+ )*(rclone|mergerfs) ", line)]
    else:
        units = sorted(folder.glob("*.service"), key=lambda unit: "mergerfs" in unit.name)
        found = (
            re.search(r"^ExecStart=(.*)$", unit.read_text().replace("\\\n", " "), re.MULTILINE)
            for unit in units
        )
        texts = [match[1] for match in found if match]
    return [shlex.split(text) for text in texts]


class Place:
    """Where a set-up is tried: its folders below a directory, its remote control on a free port or socket."""

    def __init__(self, root: Path, run: Path, cloud: Served) -> None:
        """Take `run` in place of `/run`: it has to be short, for the path of a socket."""
        self._folders = {"mnt": root / "mnt", "var": root / "var", "cache": root / "cache", "run": run}
        self._port = free_port()
        self.root = root
        self.cloud = cloud
        (run / "rclone").mkdir()

    def here(self, text: str) -> str:
        """Return a word of a command, or a config, as it is here."""
        text = re.sub(r"(?:(?<=unix://)|(?<![\w/]))/(mnt|var|run|cache)(?=[/\s]|$)", self._folder, text)
        return re.sub(r"(127\.0\.0\.1|172\.17\.0\.1|rclone|(?<!\w)):5572", f"127.0.0.1:{self._port}", text)

    def _folder(self, found: re.Match[str]) -> str:
        return str(self._folders[found[1]])

    def command(self, words: Sequence[str]) -> tuple[list[str], dict[str, str], Path]:
        """Return a command as it is run here, its environment, and its mount point."""
        environ = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        program, *rest = [self.here(word) for word in words[len(environ) :]]
        if program.endswith("mergerfs"):
            branches = [Path(branch.partition("=")[0]) for branch in rest[-2].split(":")]
            for folder in (branches[0], Path(rest[-1])):
                folder.mkdir(parents=True, exist_ok=True)
            return ["mergerfs", "-f", *(word for word in rest if word != "-f")], environ, Path(rest[-1])
        point = Path(rest[2])
        point.mkdir(parents=True, exist_ok=True)
        rest[1] = f"{self.cloud.remote}{rest[1].partition(':')[2]}"
        rest[rest.index("--config") + 1] = str(self.cloud.config)
        return [rclone_binary(), *(word for word in rest if word != "--daemon")], environ, point


@contextlib.contextmanager
def mounted(place: Place, setup: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the mounts of a set-up while the block runs."""
    with contextlib.ExitStack() as stack:
        if setup == "full-stack":  # of its `environment`
            monkeypatch.setenv("RCLONE_RC_USER", "mesharr")
            monkeypatch.setenv("RCLONE_RC_PASS", "p4ss")
        for number, words in enumerate(commands_of(setup)):
            command, environ, point = place.command(words)
            for name, value in environ.items():
                monkeypatch.setenv(name, value)
            stack.enter_context(running(command, place.root / f"{number}.log"))
            stack.callback(unmount, point)
            kind = "fuse.mergerfs" if number else "fuse.rclone"
            until(partial(_has_kind, point, kind), f"{kind} at {point}")
        yield


def _has_kind(point: Path, kind: str) -> bool:
    return kind_at(str(point)) == kind


def kind_at(path: str) -> str:
    """Return the kind of the file system that has a path."""
    return mount_of(os.path.realpath(path), read_mountinfo()).fstype


def config_here(place: Place, setup: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return the config of a set-up, with the folders and the remote control as they are here."""
    text = (EXAMPLES / setup / "mesharr.yml").read_text()
    folder = place.root / "config"
    folder.mkdir()
    (folder / "mesharr.yml").write_text(place.here(text))
    environ = dict.fromkeys(_TAG.findall(text), "k")
    if setup == "full-stack":
        environ["MESHARR__STORE__RC"] = place.here("http://mesharr:p4ss@rclone:5572")
    return load_config(str(folder), environ)


@pytest.mark.parametrize("setup", ["saltbox", "plain-mount", "full-stack", "unraid", "receiver"])
def test_the_mounts_of_a_setup_are_as_its_config_says(
    setup: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_mounts()
    with serve("webdav", tmp_path / "cloud") as cloud, tempfile.TemporaryDirectory() as run:
        (cloud.folder / "Media" / "Movies" / "Old").mkdir(parents=True)
        (cloud.folder / "Media" / "Movies" / "Old" / "old.mkv").write_bytes(b"old")
        place = Place(tmp_path, Path(run), cloud)
        with mounted(place, setup, monkeypatch):
            config = config_here(place, setup, monkeypatch)
            library = config.libraries["movies"]
            assert kind_at(config.store.path) == "fuse.rclone"
            assert kind_at(library.cloud) == "fuse.rclone"
            assert (Path(library.path) / "Old" / "old.mkv").read_bytes() == b"old"
            assert config.store.rc is not None
            control = RemoteControl(rc_client(config.store.rc.get_secret_value()))
            until(lambda: answers(control), "the remote control answers at the url of the config")
            if library.local:
                assert kind_at(library.path) == "fuse.mergerfs"
                _is_local_first(Path(library.path), Path(library.local), Path(library.cloud))
            (cloud.folder / "Media" / "Movies" / "new.mkv").write_bytes(b"new")
            assert control.refresh("Movies")
            assert (Path(library.path) / "new.mkv").exists()


def answers(control: RemoteControl) -> bool:
    """Return whether a remote control answers."""
    try:
        control.ping()
    except MesharrError:
        return False
    return True


def _is_local_first(union: Path, local: Path, cloud: Path) -> None:
    """Assert that what is new is local, and that what is deleted of the drive goes there."""
    (union / "Old" / "better.mkv").write_bytes(b"better")
    assert (local / "Old" / "better.mkv").exists()
    assert not (cloud / "Old" / "better.mkv").exists()
    (cloud / "Old" / "gone.mkv").write_bytes(b"gone")
    (union / "Old" / "gone.mkv").unlink()
    assert not (cloud / "Old" / "gone.mkv").exists()
