"""Every property the simulated Sonarr sends or takes has to be one that Sonarr's API document names."""

import pytest

from tests.support.openapi import V3_READS, OpenApi, document_or_skip
from tests.unit.arrs.sonarr.household import ANIME, OFFICE, SEVERANCE, SonarrHousehold


@pytest.fixture(scope="module")
def document() -> OpenApi:
    return document_or_skip("sonarr")


SINCE = "/history/since?date=2020-01-01T00:00:00Z&includeSeries=true&includeEpisode=true"
READS: dict[str, tuple[str, str | None]] = {
    **V3_READS,
    "/series": ("SeriesResource", "/api/v3/series"),
    "/series/1": ("SeriesResource", "/api/v3/series/{id}"),
    f"/series/lookup?term=tvdb:{OFFICE.tvdb_id}": ("SeriesResource", None),
    f"/series/lookup?term=tvdb:{ANIME.tvdb_id}": ("SeriesResource", None),
    "/episode?seriesId=1&includeEpisodeFile=true&includeSeries=true": ("EpisodeResource", "/api/v3/episode"),
    "/episode/1": ("EpisodeResource", "/api/v3/episode/{id}"),
    "/episodefile?seriesId=1": ("EpisodeFileResource", "/api/v3/episodefile"),
    "/episodefile/1": ("EpisodeFileResource", "/api/v3/episodefile/{id}"),
    SINCE: ("HistoryResource", None),
    "/history/series?seriesId=1": ("HistoryResource", "/api/v3/history/series"),
    "/wanted/missing?includeSeries=true": ("EpisodeResourcePagingResource", "/api/v3/wanted/missing"),
    "/importlistexclusion": ("ImportListExclusionResource", "/api/v3/importlistexclusion"),
    "/importlistexclusion/paged": ("ImportListExclusionResourcePagingResource", None),
}


@pytest.fixture
def lived_in(tv: SonarrHousehold) -> SonarrHousehold:
    tv.connect()
    tv.client.post("/tag", json={"label": "a"})
    tv.added(tags=[1])
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2)
    tv.added(SEVERANCE, monitored=True, addOptions={"monitor": "all"})
    tv.sonarr.grab(SEVERANCE.tvdb_id, 1)
    tv.post_series(tv.catalogue[ANIME.tvdb_id], addOptions={"monitor": "future"})
    tv.client.delete("/series/3")
    tv.client.post("/importlistexclusion", json={"tvdbId": 5, "title": "x"})
    tv.command("RescanSeries", seriesId=1)
    return tv


@pytest.mark.parametrize("path", READS)
def test_what_is_sent_is_in_the_document(document: OpenApi, lived_in: SonarrHousehold, path: str) -> None:
    document.check_answer(lived_in.client.get(path), *READS[path])


def test_a_series_that_waits_for_its_first_scan_is_in_the_document(
    document: OpenApi, tv: SonarrHousehold
) -> None:
    document.check([tv.post_series(addOptions={}).json()], "SeriesResource")
    document.check(tv.client.get("/series").json(), "SeriesResource")


SEASON = {"seasonNumber": 1, "monitored": False}
BODIES = {
    "SeriesResource": {
        "tvdbId": 1,
        "title": "x",
        "qualityProfileId": 1,
        "path": "/x",
        "rootFolderPath": "/",
        "monitored": False,
        "monitorNewItems": "none",
        "seasonFolder": True,
        "seriesType": "anime",
        "seasons": [SEASON],
        "tags": [1],
        "addOptions": {
            "monitor": "none",
            "searchForMissingEpisodes": False,
            "searchForCutoffUnmetEpisodes": False,
            "ignoreEpisodesWithFiles": False,
            "ignoreEpisodesWithoutFiles": False,
        },
    },
    "SeriesEditorResource": {
        "seriesIds": [1],
        "monitored": False,
        "monitorNewItems": "none",
        "qualityProfileId": 1,
        "seriesType": "daily",
        "seasonFolder": True,
        "rootFolderPath": "/",
        "tags": [1],
        "applyTags": "add",
        "moveFiles": False,
        "deleteFiles": False,
        "addImportListExclusion": False,
    },
    "SeasonPassResource": {
        "series": [{"id": 1, "monitored": False, "seasons": [SEASON]}],
        "monitoringOptions": {
            "monitor": "skip",
            "ignoreEpisodesWithFiles": False,
            "ignoreEpisodesWithoutFiles": False,
        },
    },
    "EpisodesMonitoredResource": {"episodeIds": [1], "monitored": False},
    "EpisodeResource": {"monitored": False},
    "EpisodeFileListResource": {"episodeFileIds": [1]},
    "ImportListExclusionResource": {"tvdbId": 1, "title": "x"},
    "TagResource": {"label": "a"},
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_taken_is_in_the_document(document: OpenApi, name: str) -> None:
    document.check([BODIES[name]], name)


def test_every_route_is_in_the_document(document: OpenApi, tv: SonarrHousehold) -> None:
    assert document.routes_beside(tv.sonarr) == []
