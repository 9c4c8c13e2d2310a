"""`mesharr init --yes` on a real directory, with a Radarr that answers over HTTP."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.cli.app import run
from mesharr.cli.wizard import look
from mesharr.config import Config, load_config
from mesharr.demo.http import serve
from mesharr.demo.radarr.app import SimulatedRadarr
from mesharr.log.mesh import check_anchor, decode

Output = pytest.CaptureFixture[str]


class Newcomer:
    """A household with a drive and a Radarr, and nothing of mesharr's yet."""

    def __init__(self, folder: Path, capture: Output) -> None:
        self.drive = folder / "drive"
        self.movies = self.drive / "Movies"
        self.movies.mkdir(parents=True)
        self.config = folder / "config"
        self.radarr = SimulatedRadarr(
            name="alice", roots=[str(self.movies)], api_key="key", catalogue={}, workers=False
        )
        self.url = ""
        self.out = self.err = ""
        self._capture = capture

    def init(self, *words: str, key: str = "key") -> int:
        """Run `init` as a script does; keys come by the environment."""
        store = ["--store", str(self.drive / ".mesharr")]
        argv = ["--config-dir", str(self.config), "init", "--node", "alice", *store, *words]
        code = run(argv, {"RADARR_API_KEY": key} if key else {})
        self.out, self.err = self._capture.readouterr()
        return code

    def read_config(self) -> Config:
        return load_config(str(self.config), {})


@pytest.fixture
def alice(tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    # what runs on this machine is no part of the test
    monkeypatch.setattr(look, "APP_PORTS", {})
    monkeypatch.setattr(look, "SERVER_PORTS", {})
    found = Newcomer(tmp_path, capsys)
    with serve(found.radarr.handle) as server:
        found.url = server.url
        yield found


def test_one_command_of_a_script_sets_a_node_up_and_makes_the_mesh(alice: Newcomer) -> None:
    assert alice.init("--app", f"radarr={alice.url}", "--new-mesh", "home") == 0
    config = alice.read_config()
    movies = config.libraries["movies"]
    assert (movies.root, movies.path, movies.app) == (str(alice.movies), str(alice.movies), "radarr")
    assert config.apps["radarr"].api_key.get_secret_value() == "key"
    assert config.server.api_key is not None
    assert len(config.server.api_key.get_secret_value()) == 32
    assert stat.S_IMODE((alice.config / "mesharr.yml").stat().st_mode) == 0o600
    mesh = decode((alice.drive / ".mesharr/mesh.json").read_bytes())
    check_anchor((alice.movies / ".mesharr-anchor").read_bytes(), mesh.id, "movies")
    assert f"mesharr1:{mesh.id}:alice:" in alice.out
    assert "the fingerprint words of this node" in alice.out
    assert (
        f"ok     library movies: {alice.movies} in Radarr shows what {alice.movies} shows here" in alice.out
    )
    assert "next: mesharr run" in alice.out
    assert [path.name for path in alice.movies.iterdir()] == [".mesharr-anchor"], "its own file is gone again"


def test_a_config_that_is_there_is_never_replaced_by_a_script(alice: Newcomer) -> None:
    alice.config.mkdir()
    text = f"node: alice\nstore: {{path: {alice.drive}/.mesharr}}\n"
    (alice.config / "mesharr.yml").write_text(text)
    assert alice.init("--yes", "--app", f"radarr={alice.url}") == 0
    assert (alice.config / "mesharr.yml").read_text() == text
    assert "is there and stays as it is; what is given of apps, servers and the store is not" in alice.err


@pytest.mark.parametrize(
    ("words", "key", "code", "why"),
    [
        (("--app", "radarr={url}"), "wrong", 1, "Radarr refuses the API key"),
        (("--app", "radarr=nonsense"), "key", 1, "nonsense is no URL of Radarr"),
        (("--app", "sonarr={url}"), "key", 2, "export SONARR_API_KEY"),
        (("--server", "plex=http://localhost:1"), "key", 2, "export PLEX_TOKEN"),
        (("--yes",), "", 0, ""),
        (("--app", "raddar={url}"), "key", 2, "--app raddar="),
        (("--server", "plex"), "key", 2, "--server plex is no KIND=URL"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(
    alice: Newcomer, words: tuple[str, ...], key: str, code: int, why: str
) -> None:
    assert alice.init(*(word.format(url=alice.url) for word in words), key=key) == code
    assert why in alice.err
    assert (alice.config / "mesharr.yml").exists() is (code == 0)


def test_an_app_of_another_kind_is_named(alice: Newcomer) -> None:
    argv = ["--config-dir", str(alice.config), "init", "--store", str(alice.drive / ".mesharr")]
    assert run([*argv, "--app", f"sonarr={alice.url}"], {"SONARR_API_KEY": "key"}) == 1


def test_a_folder_that_is_not_seen_here_is_named_before_a_mesh_is_made_of_it(alice: Newcomer) -> None:
    alice.radarr.common.roots = {1: "/data/of/another/container"}
    assert alice.init("--app", f"radarr={alice.url}", "--new-mesh", "home") == 1
    assert "ERROR  library movies: " in alice.out
    assert "there is no folder /data/of/another/container" in alice.err
    assert not (alice.drive / ".mesharr").exists()


def test_a_newcomer_finds_the_mesh_and_the_libraries_that_are_there(alice: Newcomer) -> None:
    alice.init("--app", f"radarr={alice.url}", "--new-mesh", "home")
    anchor = (alice.movies / ".mesharr-anchor").read_text().replace("movies", "films")
    (alice.movies / ".mesharr-anchor").write_text(anchor)
    (alice.config / "mesharr.yml").unlink()
    assert alice.init("--app", f"radarr={alice.url}") == 0
    assert list(alice.read_config().libraries) == ["films"]
    assert "the mesh home is there" in alice.out
    assert "next: mesharr join TOKEN" in alice.out
