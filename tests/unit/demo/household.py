"""A Radarr with a folder on disk, a clock that stands still and a receiver of its webhooks."""

from pathlib import Path
from typing import Any

import httpx

from mesharr.demo.radarr.app import Film, SimulatedRadarr
from tests.support.receiver import KEY, Receiver

DUNE = Film(438631, "Dune", 2021, "tt1160419", in_cinemas="2021-09-15")
HEAT = Film(949, "Heat", 1995, "tt0113277", physical_release="1999-07-27")
ALIEN = Film(348, "Alien", 1979, "tt0078748")
ON = dict.fromkeys(
    (
        "onGrab",
        "onDownload",
        "onUpgrade",
        "onRename",
        "onMovieAdded",
        "onMovieDelete",
        "onMovieFileDelete",
        "onMovieFileDeleteForUpgrade",
    ),
    True,
)


class Household(Receiver):
    """One Radarr and what its webhook told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "Movies")
        self.radarr = SimulatedRadarr(
            name="Radarr",
            roots=[str(self.root)],
            api_key=KEY,
            catalogue={film.tmdb_id: film for film in (DUNE, HEAT, ALIEN)},
            now=lambda: self.time,
            post=self.receive,
        )
        self.client = self.client_of(self.radarr)

    def connect(self, **changes: Any) -> httpx.Response:
        return self.register(self.client, tuple(ON), **changes)

    def post_movie(self, film: Film = DUNE, **changes: Any) -> httpx.Response:
        body = {
            "tmdbId": film.tmdb_id,
            "qualityProfileId": 1,
            "path": str(self.root / f"{film.title} ({film.year})"),
            "monitored": False,
            "addOptions": {"searchForMovie": False},
            **changes,
        }
        return self.client.post("/movie", json={k: v for k, v in body.items() if v is not ...})

    def added(self, film: Film = DUNE, **changes: Any) -> int:
        response = self.post_movie(film, **changes)
        assert response.status_code == 201, response.text
        self.radarr.run_commands()
        return int(response.json()["id"])

    def put_file(self, name: str, size: int = 10, film: Film = DUNE) -> Path:
        path = self.root / f"{film.title} ({film.year})" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        return path

    def rescan(self, movie_id: int) -> None:
        self.client.post("/command", json={"name": "RescanMovie", "movieId": movie_id})
        self.radarr.run_commands()

    def get(self, movie_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/movie/{movie_id}").json()
        return found
