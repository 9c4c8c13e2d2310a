"""Every property the simulated Lidarr sends or takes has to be one that Lidarr's API document names."""

import pytest

from tests.support.openapi import V1_READS, OpenApi, document_or_skip
from tests.unit.arrs.lidarr.household import APHEX, BOC, DRUKQS, GEOGADDI, LidarrHousehold


@pytest.fixture(scope="module")
def document() -> OpenApi:
    return document_or_skip("lidarr")


SINCE = "/history/since?date=2020-01-01T00:00:00Z&includeArtist=true&includeAlbum=true&includeTrack=true"
READS: dict[str, tuple[str, str | None]] = {
    **V1_READS,
    "/artist": ("ArtistResource", "/api/v1/artist"),
    "/artist/1": ("ArtistResource", "/api/v1/artist/{id}"),
    f"/artist?mbId={BOC}": ("ArtistResource", "/api/v1/artist"),
    f"/artist/lookup?term=lidarr:{APHEX}": ("ArtistResource", None),
    f"/artist/lookup?term=lidarr:{BOC}": ("ArtistResource", None),
    "/album": ("AlbumResource", "/api/v1/album"),
    "/album/1": ("AlbumResource", "/api/v1/album/{id}"),
    f"/album/lookup?term=lidarr:{DRUKQS}": ("AlbumResource", None),
    "/search?term=a": ("SearchResource", None),
    "/track?artistId=1": ("TrackResource", "/api/v1/track"),
    "/trackfile?artistId=1&unmapped=true": ("TrackFileResource", "/api/v1/trackfile"),
    "/trackfile/1": ("TrackFileResource", "/api/v1/trackfile/{id}"),
    SINCE: ("HistoryResource", None),
    "/history/artist?artistId=1": ("HistoryResource", "/api/v1/history/artist"),
    "/wanted/missing": ("AlbumResourcePagingResource", "/api/v1/wanted/missing"),
}


@pytest.fixture
def lived_in(lidarr: LidarrHousehold) -> LidarrHousehold:
    lidarr.connect()
    lidarr.client.post("/tag", json={"label": "a"})
    lidarr.boards(tags=[1])
    lidarr.arr.download(GEOGADDI)
    lidarr.put("x/y/01 z.flac")
    lidarr.rescan(lidarr.root)
    lidarr.arr.add(APHEX)
    lidarr.arr.run_commands()
    lidarr.arr.grab(DRUKQS)
    lidarr.client.post("/importlistexclusion", json={"foreignId": "5", "artistName": "x"})
    return lidarr


@pytest.mark.parametrize("path", READS)
def test_what_is_sent_is_in_the_document(document: OpenApi, lived_in: LidarrHousehold, path: str) -> None:
    answer = lived_in.client.get(path)
    assert answer.json() or path == "/health", "an empty list proves nothing"
    document.check_answer(answer, *READS[path])


def test_what_waits_for_its_first_scan_is_in_the_document(document: OpenApi, lidarr: LidarrHousehold) -> None:
    artist = lidarr.body(BOC, "Boards of Canada", addOptions={"monitor": "none"})
    body = {"foreignAlbumId": GEOGADDI, "artist": artist, "addOptions": {}}
    album = lidarr.client.post("/album", json=body).json()
    assert {"addType", "searchForNewAlbum"} == set(album["addOptions"])
    document.check([album], "AlbumResource")
    document.check(lidarr.get("/artist"), "ArtistResource")


ARTIST = {
    "artistName": "x",
    "foreignArtistId": "x",
    "qualityProfileId": 1,
    "metadataProfileId": 1,
    "path": "/x",
    "rootFolderPath": "/",
    "monitored": False,
    "monitorNewItems": "none",
    "tags": [1],
    "addOptions": {"monitor": "none", "albumsToMonitor": ["x"], "searchForMissingAlbums": False},
}
BODIES = {
    "ArtistResource": ARTIST,
    "AlbumResource": {
        "foreignAlbumId": "x",
        "monitored": False,
        "anyReleaseOk": True,
        "releases": [{"foreignReleaseId": "x", "monitored": True}],
        "addOptions": {"searchForNewAlbum": False},
        "artist": ARTIST,
    },
    "ArtistEditorResource": {
        "artistIds": [1],
        "monitored": False,
        "monitorNewItems": "none",
        "qualityProfileId": 1,
        "metadataProfileId": 1,
        "rootFolderPath": "/",
        "tags": [1],
        "applyTags": "add",
        "moveFiles": False,
        "deleteFiles": False,
        "addImportListExclusion": False,
    },
    "AlbumsMonitoredResource": {"albumIds": [1], "monitored": False},
    "AlbumStudioResource": {
        "artist": [{"id": 1, "monitored": False}],
        "monitoringOptions": {"monitor": "none", "albumsToMonitor": ["x"]},
        "monitorNewItems": "none",
    },
    "RootFolderResource": {
        "name": "x",
        "path": "/x",
        "defaultQualityProfileId": 1,
        "defaultMetadataProfileId": 1,
        "defaultMonitorOption": "none",
        "defaultNewItemMonitorOption": "none",
        "defaultTags": [1],
    },
    "TrackFileListResource": {"trackFileIds": [1]},
    "ImportListExclusionResource": {"foreignId": "x", "artistName": "x"},
    "TagResource": {"label": "a"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_taken_is_in_the_document(document: OpenApi, name: str) -> None:
    document.check([BODIES[name]], name)


def test_every_route_is_in_the_document(document: OpenApi, lidarr: LidarrHousehold) -> None:
    assert document.routes_beside(lidarr.arr) == []
