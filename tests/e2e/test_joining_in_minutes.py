"""Two households mesh by the commands of the README, line by line, and nothing is restarted for it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mesharr.config import load_config
from mesharr.demo.http import serve
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.demo.radarr.app import Film, SimulatedRadarr
from mesharr.state.db import Database
from mesharr.state.state import State
from tests.support.loopback import ask
from tests.support.mounts import free_port, mount, need_mounts, union, until
from tests.support.mounts import serve as serve_cloud
from tests.support.terminal import run_in_terminal

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
MOST_COMMANDS = 5
FILMS = {1: Film(tmdb_id=1, title="Film 1", year=2001)}


def commands_after(heading: str) -> list[str]:
    """Return the commands of the shell block below a line of the README, without their comments."""
    block = README.partition(heading)[2].partition("```sh\n")[2].partition("```")[0]
    return [line.partition("#")[0].strip() for line in block.splitlines() if line.strip()]


class Newcomer:
    """A household with a Radarr, a Plex and a drive, in which nobody has done anything yet."""

    def __init__(self, name: str, folder: Path, open_: ExitStack) -> None:
        self.name = name
        self.drive, self.config = folder / "drive", folder / name
        self.movies = self.drive / "Movies"
        self.movies.mkdir(parents=True, exist_ok=True)
        self.radarr = SimulatedRadarr(
            name=name, roots=[str(self.movies)], api_key="radarr-key", catalogue=FILMS, workers=True
        )
        open_.callback(self.radarr.close)
        plex = SimulatedPlex(token="plex-token", sections=[PlexSection("1", "Movies", (str(self.movies),))])
        self.radarr_url = open_.enter_context(serve(self.radarr.handle)).url
        self.plex_url = open_.enter_context(serve(plex.handle)).url
        self.port = free_port()
        self.environ = {
            **os.environ,
            "MESHARR_CONFIG_DIR": str(self.config),
            # two households on one machine: the rest is as the wizard writes it
            "MESHARR__SERVER__LISTEN": f"127.0.0.1:{self.port}",
            "MESHARR__STORE__POLL": "1s",
        }
        self.daemon: subprocess.Popen[bytes] | None = None
        self._open = open_

    def answers(self) -> list[tuple[str, str]]:
        """Return what this household answers the wizard and the questions about words."""
        return [
            ("name of this household", self.name),
            ("URL of Radarr", self.radarr_url),
            ("API key", "radarr-key"),
            ("URL of Sonarr", "-"),
            ("URL of Lidarr", "-"),
            ("URL of Readarr", "-"),
            ("URL of Plex", self.plex_url),
            ("X-Plex-Token", "plex-token"),
            ("URL of Jellyfin", "-"),
            ("URL of Emby", "-"),
            ("directory on the shared drive", str(self.drive / ".mesharr")),
            ("first household", "home"),
            ("same words", "y"),
        ]

    def do(self, command: str) -> str:
        """Run a line of the README as a user would; return what it printed."""
        words = shlex.split(command)
        assert words[0] == "mesharr"
        argv = [sys.executable, "-m", "mesharr", *words[1:]]
        if words[1] == "run":
            self._start(argv)
            return ""
        done = run_in_terminal(argv, self.environ, self.answers())
        assert done.code == 0, done.out
        return done.out

    def _start(self, argv: list[str]) -> None:
        self.config.mkdir(exist_ok=True)
        log = self._open.enter_context((self.config / "stderr.log").open("ab"))
        self.daemon = subprocess.Popen(argv, env=self.environ, stdout=log, stderr=log)
        self._open.callback(self._stop)
        until(self._answers_ping, f"{self.name} answers")

    def _stop(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()

    def _answers_ping(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.poll() is None, self.log()
        try:
            return ask("GET", f"http://127.0.0.1:{self.port}/ping", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        """Return what the daemon said."""
        return (self.config / "stderr.log").read_text()

    def follows(self) -> set[str]:
        """Return the names of the nodes whose events are in the database."""
        state = State(Database(str(self.config / "mesharr.db")))
        try:
            return {row.stream.partition("-")[0] for row in state.streams.all() if row.seq}
        finally:
            state.db.close()

    def film(self) -> dict[str, object]:
        """Return the film as Radarr lists it, {} when it does not."""
        answer = ask(
            "GET", f"{self.radarr_url}/api/v3/movie?tmdbId=1", headers={"X-Api-Key": "radarr-key"}, timeout=30
        )
        return dict(answer.json()[0]) if answer.json() else {}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Newcomer, Newcomer]]:
    with ExitStack() as open_:
        yield Newcomer("alice", tmp_path, open_), Newcomer("bob", tmp_path, open_)


@pytest.mark.campaign
def test_two_households_mesh_by_the_lines_of_the_readme(pair: tuple[Newcomer, Newcomer]) -> None:
    alice, bob = pair
    first, further = commands_after("The first household"), commands_after("Every further household")
    assert 0 < len(first) <= MOST_COMMANDS
    assert 0 < len(further) <= MOST_COMMANDS
    *before, accept = first
    assert accept == "mesharr accept bob"

    said = "".join(alice.do(command) for command in before)
    token, words = (
        re.findall(r"^mesharr1:\S+", said, re.MULTILINE)[0],
        re.findall(r"alice-\w{8}: (\S+)", said)[0],
    )
    until(lambda: "here already" in alice.log() or "first day" in alice.log(), "alice's first look", 60)
    said = "".join(bob.do(command.replace("mesharr1:…", token)) for command in further)
    assert words in said, "bob can compare what alice's node calls itself"
    bobs_words = re.findall(r"this node, bob-\w{8}: (\S+)", said)[0]
    alice.radarr.add(1)
    alice.radarr.download(1)
    assert bobs_words in alice.do(accept)

    until(lambda: bob.film().get("hasFile") is True, "bob has alice's film", 60, every=0.2)
    assert bob.film()["monitored"] is False
    until(lambda: bob.name in alice.follows(), "alice applies bob's events", 30, every=0.2)
    config = (alice.config / "mesharr.yml").read_bytes()
    assert "replace it?" in alice.do("mesharr init")
    assert (alice.config / "mesharr.yml").read_bytes() == config, "only a yes replaces a config that is there"
    for house in pair:
        assert house.daemon is not None
        assert house.daemon.poll() is None


@pytest.mark.campaign
@pytest.mark.mount
def test_the_wizard_proposes_a_union_of_real_mounts_and_proves_it(tmp_path: Path) -> None:
    need_mounts()
    local, merged = tmp_path / "local", tmp_path / "unionfs"
    (local / "Movies").mkdir(parents=True)
    with ExitStack() as open_:
        cloud = open_.enter_context(serve_cloud("webdav", tmp_path / "cloud"))
        (cloud.folder / "Movies").mkdir()
        drive = open_.enter_context(mount(cloud, tmp_path / "remote", rc=True))
        open_.enter_context(union(merged, local, drive.point))
        radarr = SimulatedRadarr(
            name="alice", roots=[f"{merged}/Movies"], api_key="key", catalogue={}, workers=False
        )
        url = open_.enter_context(serve(radarr.handle)).url
        command = ["init", "--yes", "--node", "alice", "--app", f"radarr={url}", "--new-mesh", "home"]
        config_dir = str(tmp_path / "config")
        done = subprocess.run(
            [sys.executable, "-m", "mesharr", "--config-dir", config_dir, *command],
            env={**os.environ, "RADARR_API_KEY": "key"},
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        movies = load_config(config_dir, {}).libraries["movies"]
        assert (movies.path, movies.cloud) == (f"{merged}/Movies", f"{drive.point}/Movies")
        # where the union does not say its branches, the folder beside it is proposed: it is the same here
        assert movies.local == f"{local}/Movies"
        assert f"ok     library movies: a file in {local}/Movies shows in {merged}/Movies" in done.stdout
        assert "ERROR" not in done.stdout
        assert (cloud.folder / "Movies" / ".mesharr-anchor").exists()
        assert (cloud.folder / ".mesharr" / "mesh.json").exists()
