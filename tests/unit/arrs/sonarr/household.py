"""A Sonarr with a folder on disk, a clock that stands still and a receiver of its webhooks."""

from pathlib import Path
from typing import Any

import httpx

from tests.arrs.sonarr.app import Broadcast, Show, SimulatedSonarr, weekly
from tests.support.receiver import KEY, Receiver

OFFICE = Show(
    73244,
    "The Office",
    2005,
    weekly(73244, {0: 2, 1: 3, 2: 4}, "2005-03-24"),
    status="ended",
    imdb_id="tt0386676",
)
SEVERANCE = Show(371980, "Severance", 2022, weekly(371980, {1: 2, 2: 2}, "2022-02-18"), tmdb_id=95396)
DAILY = Show(71256, "The Daily Show", 1996, weekly(71256, {29: 3}, "2023-01-17"), type="daily")
ANIME = Show(81797, "One Piece", 1999, weekly(81797, {1: 8, 2: 4}, "1999-10-20", absolute=True), type="anime")
SHOWS = (OFFICE, SEVERANCE, DAILY, ANIME)
ON = (
    "onGrab",
    "onDownload",
    "onUpgrade",
    "onImportComplete",
    "onRename",
    "onSeriesAdd",
    "onSeriesDelete",
    "onEpisodeFileDelete",
    "onEpisodeFileDeleteForUpgrade",
)


def announced(season: int, number: int, air_date: str | None = "2006-01-01") -> Broadcast:
    """An episode that the metadata server did not know before."""
    return Broadcast(season, number, "New", 900_000 + season * 100 + number, air_date)


class SonarrHousehold(Receiver):
    """One Sonarr and what its webhook told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "TV")
        self.catalogue = {show.tvdb_id: show for show in SHOWS}
        self.sonarr = SimulatedSonarr(
            roots=[str(self.root)],
            api_key=KEY,
            catalogue=self.catalogue,
            now=lambda: self.time,
            post=self.receive,
        )
        self.client = self.client_of(self.sonarr)

    def connect(self, **changes: Any) -> httpx.Response:
        return self.register(self.client, ON, **changes)

    def post_series(self, show: Show = OFFICE, **changes: Any) -> httpx.Response:
        body = {
            "tvdbId": show.tvdb_id,
            "title": show.title,
            "qualityProfileId": 1,
            "path": str(self.root / show.title),
            "seasonFolder": True,
            "seriesType": show.type,
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [],
            "addOptions": {"monitor": "none"},
            **changes,
        }
        return self.client.post("/series", json={k: v for k, v in body.items() if v is not ...})

    def added(self, show: Show = OFFICE, **changes: Any) -> int:
        """Post a series and let its refresh and first scan run; its id."""
        response = self.post_series(show, **changes)
        assert response.status_code == 201, response.text
        self.sonarr.run_commands()
        return int(response.json()["id"])

    def put_file(self, name: str, size: int = 10, show: Show = OFFICE) -> Path:
        path = self.root / show.title / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        return path

    def command(self, name: str, **body: Any) -> str:
        """Run a command and what it queues; how it ended."""
        command = self.client.post("/command", json={"name": name, **body})
        self.sonarr.run_commands()
        return str(self.client.get(f"/command/{command.json()['id']}").json()["status"])

    def rescan(self, series_id: int) -> None:
        assert self.command("RescanSeries", seriesId=series_id) == "completed"

    def refresh(self, series_id: int) -> None:
        assert self.command("RefreshSeries", seriesIds=[series_id]) == "completed"

    def get(self, series_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/series/{series_id}").json()
        return found

    def episodes(self, series_id: int, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(
            "/episode", params={"seriesId": series_id, **query}
        ).json()
        return found

    def places(self, series_id: int, flag: str) -> list[tuple[int, int]]:
        """The places of the episodes for which a property is true."""
        rows = [row for row in self.episodes(series_id) if row[flag]]
        return sorted((row["seasonNumber"], row["episodeNumber"]) for row in rows)

    def files(self, series_id: int) -> dict[str, list[tuple[int, int]]]:
        """By file name the places that the file is linked to."""
        files = self.client.get("/episodefile", params={"seriesId": series_id}).json()
        rows = self.episodes(series_id)
        return {
            file["relativePath"].rpartition("/")[2]: [
                (row["seasonNumber"], row["episodeNumber"])
                for row in rows
                if row["episodeFileId"] == file["id"]
            ]
            for file in files
        }

    def settings(self, **changes: object) -> None:
        page = "/config/mediamanagement"
        self.client.put(page, json={**self.client.get(page).json(), **changes})
