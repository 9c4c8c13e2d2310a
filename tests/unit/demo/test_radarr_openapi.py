"""Every property the simulated Radarr sends or takes has to be one that Radarr's API document names."""

import pytest

from tests.support.openapi import V3_READS, OpenApi, document_or_skip
from tests.unit.demo.household import DUNE, HEAT, Household


@pytest.fixture(scope="module")
def document() -> OpenApi:
    return document_or_skip("radarr")


READS: dict[str, tuple[str, str | None]] = {
    **V3_READS,
    "/movie": ("MovieResource", "/api/v3/movie"),
    "/movie/1": ("MovieResource", "/api/v3/movie/{id}"),
    f"/movie/lookup?term=tmdb:{DUNE.tmdb_id}": ("MovieResource", None),
    f"/movie/lookup/tmdb?tmdbId={DUNE.tmdb_id}": ("MovieResource", None),
    "/moviefile?movieId=1": ("MovieFileResource", "/api/v3/moviefile"),
    "/history/since?date=2020-01-01T00:00:00Z&includeMovie=true": ("HistoryResource", None),
    "/exclusions": ("ImportListExclusionResource", "/api/v3/exclusions"),
    "/wanted/missing": ("MovieResourcePagingResource", "/api/v3/wanted/missing"),
}


@pytest.fixture
def lived_in(house: Household) -> Household:
    house.connect()
    house.client.post("/tag", json={"label": "a"})
    house.added(tags=[1])
    house.radarr.download(DUNE.tmdb_id)
    house.radarr.add(HEAT.tmdb_id)
    house.radarr.grab(HEAT.tmdb_id)
    body = {"tmdbId": 5, "movieTitle": "x", "movieYear": 2000}
    house.client.post("/exclusions", json=body)
    return house


@pytest.mark.parametrize("path", READS)
def test_what_is_sent_is_in_the_document(document: OpenApi, lived_in: Household, path: str) -> None:
    document.check_answer(lived_in.client.get(path), *READS[path])


BODIES = {
    "MovieResource": {
        "tmdbId": 1,
        "qualityProfileId": 1,
        "path": "/x",
        "rootFolderPath": "/",
        "monitored": False,
        "minimumAvailability": "released",
        "tags": [1],
        "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
    },
    "MovieEditorResource": {
        "movieIds": [1],
        "monitored": False,
        "qualityProfileId": 1,
        "minimumAvailability": "released",
        "rootFolderPath": "/",
        "tags": [1],
        "applyTags": "add",
        "moveFiles": False,
        "deleteFiles": False,
        "addImportExclusion": False,
    },
    "ImportListExclusionResource": {"tmdbId": 1, "movieTitle": "x", "movieYear": 2000},
    "TagResource": {"label": "a"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_taken_is_in_the_document(document: OpenApi, name: str) -> None:
    document.check([BODIES[name]], name)


def test_every_route_is_in_the_document(document: OpenApi, house: Household) -> None:
    assert document.routes_beside(house.radarr) == []
