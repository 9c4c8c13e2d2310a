"""One household of the demo.

A daemon, a simulated Radarr and Plex over HTTP, and the drive's mount.
"""

import os
from contextlib import ExitStack
from typing import Any

import httpx

from mesharr.config import Config, parse_config
from mesharr.daemon.service import Service
from mesharr.demo.http import serve
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.demo.radarr.app import Film, SimulatedRadarr
from mesharr.log import keys, layout
from mesharr.state.peers import Peer, changing_peers, trusted, write_peers

FILM = Film(tmdb_id=27205, title="Inception", year=2010, imdb_id="tt1375666")
API_KEY = "demo"  # every program of the demo listens on loopback only


class DemoHousehold:
    """A household in a folder of its own, with a link to the shared folder `drive` as its mount."""

    def __init__(self, name: str, folder: str, drive: str) -> None:
        self.name = name
        self.config_dir = os.path.join(folder, name, "config")
        self.remote = os.path.join(folder, name, "remote")
        os.makedirs(self.config_dir)
        os.symlink(drive, self.remote)
        self.movies = os.path.join(self.remote, "Movies")
        self.key = keys.generate(os.path.join(self.config_dir, "node.key"))
        self.node = layout.node_id(name, self.key.public)
        self.radarr = SimulatedRadarr(
            name=name, roots=[self.movies], api_key=API_KEY, catalogue={FILM.tmdb_id: FILM}, workers=True
        )
        self.plex = SimulatedPlex(token=API_KEY, sections=[PlexSection("1", "Movies", (self.movies,))])
        self._open = ExitStack()
        self.service: Service | None = None

    def start(self) -> None:
        """Start the programs and the node, and register the node's webhook in Radarr."""
        radarr = self._open.enter_context(serve(self.radarr.handle))
        plex = self._open.enter_context(serve(self.plex.handle))
        self._open.callback(self.radarr.close)
        config = self._config(radarr.url, plex.url)
        self.service = Service(config, self.config_dir, self.key)
        self.service.start()
        self._open.callback(self.service.stop)
        hook = f"http://127.0.0.1:{self.service.port}/hook/radarr"
        self.radarr.connect(hook, {"X-Api-Key": API_KEY})

    def stop(self) -> None:
        """Stop everything, in the reverse order."""
        self._open.close()

    def trust(self, peer: "DemoHousehold") -> None:
        """Trust another household, as `mesharr trust` does."""
        text = keys.key_text(peer.key.public)
        with changing_peers(self.config_dir) as known:
            write_peers(self.config_dir, trusted(known, Peer(peer.node, peer.name, text, "demo")))

    def movie(self) -> dict[str, Any] | None:
        """Return the film's movie resource in this household's Radarr.

        None when Radarr does not list it.
        """
        request = httpx.Request(
            "GET",
            "http://radarr/api/v3/movie",
            params={"tmdbId": FILM.tmdb_id},
            headers={"X-Api-Key": API_KEY},
        )
        found = self.radarr.handle(request).json()
        return found[0] if found else None

    def tags(self) -> list[str]:
        """Return the labels of the film's tags."""
        request = httpx.Request("GET", "http://radarr/api/v3/tag", headers={"X-Api-Key": API_KEY})
        labels = {tag["id"]: str(tag["label"]) for tag in self.radarr.handle(request).json()}
        movie = self.movie()
        return [labels[tag] for tag in movie["tags"]] if movie else []

    def events(self) -> list[str]:
        """Return the types of the events this household has published, hellos left out."""
        if not self.service or not self.service.engine:
            return []
        rows = self.service.state.streams.since(self.service.engine.publisher.stream, 1)
        return [row.type for row in rows if row.type != "node.hello"]

    def applied(self) -> list[str]:
        """Return the types of the peers' events this household has verified, hellos left out."""
        if not self.service or not self.service.engine:
            return []
        mine = self.service.engine.publisher.stream
        streams = [row.stream for row in self.service.state.streams.all() if row.stream != mine]
        rows = [event for stream in streams for event in self.service.state.streams.since(stream, 1)]
        return [row.type for row in rows if row.type != "node.hello"]

    def _config(self, radarr: str, plex: str) -> Config:
        return parse_config(
            {
                "node": self.name,
                "store": {"path": os.path.join(self.remote, ".mesharr"), "poll": "1s"},
                "apps": {"radarr": {"url": radarr, "api_key": API_KEY}},
                "libraries": {"movies": {"app": "radarr", "root": self.movies, "path": self.movies}},
                "uploads": {"mode": "none"},
                "scanners": [{"kind": "plex", "url": plex, "token": API_KEY, "pause": "0s"}],
                "policy": {"gone_after": "1s", "quiet_after": "2s", "replaced_after": "1s"},
                "server": {"listen": "127.0.0.1:0", "api_key": API_KEY},
            },
            f"{self.name}.yml",
        )
