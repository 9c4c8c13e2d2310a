"""A Radarr of a few rows, made by hand: it answers from them and remembers every request."""

import json
from typing import Any

import httpx

from mesharr.arr.base import Arr
from mesharr.arr.radarr import KIND
from tests.arr.contract import connected

Json = Any
FOLDER = "/mnt/media/Movies/Dune (2021)"

DUNE: Json = {
    "id": 12,
    "tmdbId": 438631,
    "imdbId": "tt1160419",
    "title": "Dune",
    "originalTitle": "Dune",
    "year": 2021,
    "path": FOLDER,
    "rootFolderPath": "/mnt/media/Movies",
    "monitored": True,
    "minimumAvailability": "released",
    "status": "released",
    "qualityProfileId": 4,
    "tags": [],
    "added": "2025-11-14T19:00:00Z",
    "hasFile": True,
    "movieFileId": 55,
    "sizeOnDisk": 12884901888,
    "titleSlug": "438631",
    "ratings": {"tmdb": {"votes": 9000, "value": 7.8, "type": "user"}},
    "movieFile": {
        "id": 55,
        "movieId": 12,
        "relativePath": "Dune (2021) Bluray-1080p.mkv",
        "path": f"{FOLDER}/Dune (2021) Bluray-1080p.mkv",
        "size": 12884901888,
        "dateAdded": "2025-11-14T20:01:02Z",
        "releaseGroup": "GRP",
        "languages": [{"id": 1, "name": "English"}, {"id": 2, "name": "French"}],
        "quality": {
            "quality": {"id": 7, "name": "Bluray-1080p", "source": "bluray", "resolution": 1080},
            "revision": {"version": 1, "real": 0, "isRepack": False},
        },
    },
}
HEAT: Json = {
    "id": 13,
    "tmdbId": 949,
    "title": "Heat",
    "year": 1995,
    "path": "/mnt/media/Movies/Heat (1995)",
    "monitored": False,
    "qualityProfileId": 4,
    "hasFile": False,
    "tags": [3],
    "addOptions": {"monitor": "none", "searchForMovie": True, "addMethod": "manual"},
}

Answer = tuple[int, Json]


class HandMade:
    """Answers of GETs by path, and of everything else by method and path; `asked` is what came in."""

    def __init__(self) -> None:
        self.movies: list[Json] = [DUNE, HEAT]
        self.lists: dict[str, Json] = {
            "qualityprofile": [{"id": 1, "name": "Any"}, {"id": 4, "name": "HD-1080p"}],
            "tag": [{"id": 3, "label": "mesharr-bob"}],
            "config/importlist": {"id": 1, "listSyncLevel": "disabled"},
            "config/naming": {
                "renameMovies": True,
                "standardMovieFormat": "{Movie Title} {Quality Full}",
                "movieFolderFormat": "{Movie Title} ({Release Year})",
            },
            "system/status": {"appName": "Radarr", "version": "6.1.0.10000"},
            "config/mediamanagement": {"deleteEmptyFolders": False, "rescanAfterRefresh": "always"},
            "rootfolder": [{"id": 1, "path": "/mnt/media/Movies/", "accessible": True}],
            "exclusions": [{"id": 1, "tmdbId": 7, "movieTitle": "Seven"}],
            "queue/details": [],
            "command": [],
            "history/since": [],
        }
        self.answers: dict[str, Answer] = {
            "POST movie": (201, DUNE),
            "POST movie/import": (200, [DUNE]),
            "PUT movie/editor": (202, [DUNE]),
            "PUT movie/12": (202, DUNE),
            "DELETE movie/12": (200, {}),
            "POST tag": (201, {"id": 9, "label": "mesharr-alice"}),
            "POST command": (201, {"id": 77, "name": "RescanMovie", "status": "queued"}),
        }
        self.asked: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        path = request.url.path.split("/api/v3/")[1]
        found = self.answers.get(f"{request.method} {path}") or self._got(request, path)
        return httpx.Response(found[0], json=found[1]) if found[1] is not None else httpx.Response(found[0])

    def _got(self, request: httpx.Request, path: str) -> Answer:
        if request.method != "GET":
            return 405, None
        if path in self.lists:
            return 200, self.lists[path]
        if path == "movie":
            wanted = request.url.params.get("tmdbId")
            return 200, [movie for movie in self.movies if wanted in {None, str(movie["tmdbId"])}]
        by_path = {f"movie/{movie['id']}": movie for movie in self.movies}
        by_path |= {f"command/{command['id']}": command for command in self.lists["command"]}
        return (200, by_path[path]) if path in by_path else (404, {"message": "NotFound"})

    def arr(self) -> Arr:
        """The adapter, talking to this."""
        return connected(KIND, self.handle)

    def lines(self) -> list[str]:
        """What came in: method, path and query, one line each."""
        return [f"{request.method} {self.tail(request)}" for request in self.asked]

    def body(self, line: str) -> Json:
        """The body of the one request that came in as this line."""
        [request] = [
            request for request in self.asked if f"{request.method} {self.tail(request)}".startswith(line)
        ]
        return json.loads(request.content)

    @staticmethod
    def tail(request: httpx.Request) -> str:
        """A request's path below the root of the API, with its query."""
        return str(request.url).split("/api/v3/")[1]
