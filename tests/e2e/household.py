"""A household for the end-to-end tests: the real daemon as a process, a simulated Radarr and Plex over
HTTP, and its own view of a cloud.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import yaml

from mesharr.demo.http import serve
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.demo.radarr.app import Film, SimulatedRadarr
from mesharr.demo.radarr.model import Movie
from mesharr.log import keys, layout
from mesharr.state.db import Database
from mesharr.state.peers import Peer, trusted, write_peers
from mesharr.state.state import State
from tests.support.loopback import ask
from tests.support.mounts import free_port, until

FILMS = {n: Film(tmdb_id=n, title=f"Film {n}", year=2000 + n) for n in range(1, 20)}


class PatientRadarr(SimulatedRadarr):
    """A Radarr whose user lets the scan of an added film end before he downloads it.

    A scan that listed the folder before the import, and ends after it, takes the file for missing.
    """

    def add(self, tmdb: int, monitored: bool = True, *, path: str | None = None) -> Movie:
        """Add a film as the web page does; return once its folder was scanned."""
        movie = super().add(tmdb, monitored, path=path)

        def is_scanned() -> bool:
            return not any(
                command.status in {"queued", "started"} and self.library.scans(command, movie.id)
                for command in self.commands.listed()
            )

        until(is_scanned, f"the new film {tmdb} is scanned")
        return movie


class Household:
    """A node and its programs; `view` is where it sees the cloud, `library` changes its one library."""

    def __init__(
        self, name: str, folder: Path, movies: Path, library: Mapping[str, str], config: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.config_dir = folder / name
        self.config_dir.mkdir(parents=True)
        self.movies = movies
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.radarr = PatientRadarr(
            name=name, roots=[str(movies)], api_key="key", catalogue=FILMS, workers=True
        )
        self.plex = SimulatedPlex(token="token", sections=[PlexSection("1", "Movies", (str(movies),))])
        self._open = ExitStack()
        self._radarr = self._open.enter_context(serve(self.radarr.handle))
        self._plex = self._open.enter_context(serve(self.plex.handle))
        self._open.callback(self.radarr.close)
        self._write_config(library, config)

    def _write_config(self, library: Mapping[str, str], config: Mapping[str, Any]) -> None:
        content = {
            "node": self.name,
            "apps": {"radarr": {"url": self._radarr.url, "api_key": "key"}},
            "libraries": {"movies": {"app": "radarr", "root": str(self.movies), **library}},
            "scanners": [{"kind": "plex", "url": self._plex.url, "token": "token"}],
            "policy": {"gone_after": "2s", "quiet_after": "3s", "replaced_after": "2s"},
            "server": {"listen": f"127.0.0.1:{self.port}", "api_key": "hook"},
            "log": {"level": "debug"},
            **config,
        }
        (self.config_dir / "mesharr.yml").write_text(yaml.safe_dump(content))

    def cli(self, *argv: str) -> str:
        """Run a command of the program; return what it printed."""
        command = [sys.executable, "-m", "mesharr", "--config-dir", str(self.config_dir), *argv]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in {0, 3, 4}, f"{' '.join(argv)}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        command = [sys.executable, "-m", "mesharr", "--config-dir", str(self.config_dir), "run"]
        log = self._open.enter_context((self.config_dir / "stderr.log").open("ab"))
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, f"{self.name} answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.config_dir / "stderr.log").read_text()[-3000:]
        try:
            return ask("GET", f"http://127.0.0.1:{self.port}/ping", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def connect(self) -> None:
        """Register the webhook in Radarr."""
        self.radarr.connect(f"http://127.0.0.1:{self.port}/hook/radarr", {"X-Api-Key": "hook"})

    def looks(self) -> None:
        """Return once it took as known what its arr holds: what is added before that is nothing new."""
        until(
            lambda: "here already; nothing of them changes" in self.log(),
            f"the first look of {self.name}",
            120,
            every=0.1,
        )

    def kill(self) -> None:
        """End the daemon as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Stop the daemon as a container runtime does; return its exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def close(self) -> None:
        """End everything."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._open.close()

    # -- looking

    def _api(self, method: str, path: str, body: object = None) -> Any:
        answer = ask(
            method, f"{self._radarr.url}/api/v3/{path}", json=body, headers={"X-Api-Key": "key"}, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def movie(self, tmdb: int) -> dict[str, Any]:
        """Return the film as Radarr shows it, {} when it does not list it."""
        found = self._api("GET", f"movie?tmdbId={tmdb}")
        return dict(found[0]) if found else {}

    def tags(self, tmdb: int) -> list[str]:
        """Return the labels of the film's tags."""
        labels = {tag["id"]: tag["label"] for tag in self._api("GET", "tag")}
        return [labels[tag] for tag in self.movie(tmdb).get("tags", [])]

    def has_file(self, tmdb: int, monitored: bool) -> bool:
        """Return whether Radarr shows the film with a file that can be read here, and so monitored."""
        movie = self.movie(tmdb)
        if not movie or not movie["hasFile"] or movie["monitored"] is not monitored:
            return False
        return bool(os.path.getsize(movie["movieFile"]["path"]) == movie["movieFile"]["size"])

    def events(self) -> list[str]:
        """Return the types of all own events in the database, hellos left out."""
        state = State(Database(str(self.config_dir / "mesharr.db")))
        try:
            rows = [
                event
                for row in state.streams.all()
                if row.stream.startswith(f"{self.name}-")
                for event in state.streams.since(row.stream, 1)
            ]
            return [row.type for row in rows if row.type != "node.hello"]
        finally:
            state.db.close()

    def waits(self) -> list[str]:
        """Return what waits in the daemon's queues, and why, for a failure's message."""
        if not (self.config_dir / "mesharr.db").exists():
            return []
        state = State(Database(str(self.config_dir / "mesharr.db")))
        try:
            return [
                *(f"upload {each.path}: {each.phase}, {each.why}" for each in state.uploads.all()),
                *(f"event {each.body.type_name} of {each.item}: {each.why}" for each in state.outbox.all()),
                *(f"item {each.title or each.item}: {each.why}" for each in state.dirty.all()),
            ]
        finally:
            state.db.close()

    def log(self) -> str:
        """Return the end of what the daemon said, for a failure's message."""
        path = self.config_dir / "stderr.log"
        return path.read_text()[-4000:] if path.exists() else ""


def introduce(*households: Household) -> None:
    """Have households trust each other before they begin, as `init`, `token` and `trust` would."""
    peers: dict[str, Peer] = {}
    for house in households:
        key = keys.generate(str(house.config_dir / "node.key")).public
        node = layout.node_id(house.name, key)
        peers[house.name] = Peer(node=node, name=house.name, key=keys.key_text(key), since="2026-11-22")
    for house in households:
        known: tuple[Peer, ...] = ()
        for name in peers.keys() - {house.name}:
            known = trusted(known, peers[name])
        write_peers(str(house.config_dir), known)
