"""ManualImport of Sonarr: a file registered for episodes by their ids."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.manual_import import manual_import
from tests.unit.arrs.sonarr.household import OFFICE, SEVERANCE, SonarrHousehold

ODD = "Season 01/the one with the boat.mkv"


def run(tv: SonarrHousehold, *files: dict[str, Any], **changes: Any) -> str:
    body = manual_import("sonarr", *files, **changes)
    return tv.command(body.pop("name"), **body)


def episode(tv: SonarrHousehold, season: int, number: int) -> int:
    return tv.sonarr.episode(OFFICE.tvdb_id, season, number).id


@pytest.mark.parametrize("mode", ["move", "auto"])
def test_a_file_that_no_scan_takes_is_registered_where_and_as_it_is(tv: SonarrHousehold, mode: str) -> None:
    series_id = tv.added()
    path = tv.put_file(ODD, 77)
    tv.rescan(series_id)
    assert tv.files(series_id) == {}
    tv.connect()
    flags = tv.places(series_id, "monitored")
    ids = [episode(tv, 1, 2), episode(tv, 1, 3)]
    given = {"path": str(path), "seriesId": series_id, "episodeIds": ids}
    assert run(tv, given, importMode=mode) == "completed"
    assert tv.files(series_id) == {path.name: [(1, 2), (1, 3)]}
    [row] = tv.client.get("/episodefile", params={"seriesId": series_id}).json()
    assert (row["path"], row["size"], row["quality"]["quality"]["id"]) == (str(path), 77, 3)
    assert tv.received == []
    assert tv.places(series_id, "monitored") == flags
    assert tv.client.get("/history").json()["records"] == []


def test_later_scans_keep_it(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    path = tv.put_file(ODD)
    run(tv, {"path": str(path), "seriesId": series_id, "episodeIds": [episode(tv, 1, 2)]})
    tv.connect()
    tv.rescan(series_id)
    tv.refresh(series_id)
    assert tv.files(series_id) == {path.name: [(1, 2)]}
    assert tv.received == []


@pytest.mark.parametrize(
    ("mode", "events"), [("move", ["EpisodeFileDelete", "Download"]), ("auto", ["EpisodeFileDelete"])]
)
def test_a_file_of_another_episode_is_assigned_anew_with_its_echoes(
    tv: SonarrHousehold, mode: str, events: list[str]
) -> None:
    series_id = tv.added()
    path = tv.put_file("Season 01/The Office - S01E01.mkv")
    tv.rescan(series_id)
    tv.connect()
    given = {"path": str(path), "seriesId": series_id, "episodeIds": [episode(tv, 1, 2)]}
    run(tv, given, importMode=mode)
    assert tv.files(series_id) == {path.name: [(1, 2)]}
    assert path.exists()
    assert tv.events() == events
    deleted = tv.received[0]
    assert (deleted["deleteReason"], deleted["episodes"][0]["episodeNumber"]) == ("manualOverride", 1)
    for download in tv.received[1:]:
        assert [told["episodeNumber"] for told in download["episodes"]] == [2]
        assert download["release"] == {"indexerFlags": [], "releaseType": "singleEpisode"}
    tv.rescan(series_id)
    assert tv.files(series_id) == {path.name: [(1, 2)]}


def test_a_file_outside_is_moved_and_named_as_the_settings_say(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    outside = tv.put_file("x.mkv", 77, show=SEVERANCE)
    tv.connect()
    given = {"path": str(outside), "seriesId": series_id, "episodeIds": [episode(tv, 1, 1)]}
    assert run(tv, given) == "completed"
    assert not outside.exists()
    [(name, places)] = tv.files(series_id).items()
    assert (name, places) == ("The Office - S01E01 - Episode 1-1 WEBDL-1080p.mkv", [(1, 1)])
    [body] = tv.received
    assert (body["eventType"], Path(body["episodeFile"]["path"]).stat().st_size) == ("Download", 77)
    assert not {"downloadId", "downloadClient", "downloadClientType"} & set(body)
    [row] = tv.client.get("/history").json()["records"]
    assert row["data"]["downloadClient"] is None


def test_an_import_onto_a_name_that_is_taken_fails_and_the_file_stays(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    there = tv.put_file("Season 01/The Office - S01E01 - Episode 1-1 WEBDL-1080p.mkv", 5)
    outside = tv.put_file("x.mkv", 77, show=SEVERANCE)
    given = {"path": str(outside), "seriesId": series_id, "episodeIds": [episode(tv, 1, 1)]}
    assert run(tv, given) == "failed"
    assert (outside.stat().st_size, there.stat().st_size) == (77, 5)


def test_an_unknown_episode_fails_the_command(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    path = tv.put_file(ODD)
    assert run(tv, {"path": str(path), "seriesId": series_id, "episodeIds": [999]}) == "failed"
    assert tv.files(series_id) == {}


def test_qualities_are_listed_with_their_own_ids(tv: SonarrHousehold) -> None:
    listed = [row["quality"] for row in tv.client.get("/qualitydefinition").json()]
    assert {"id": 3, "name": "WEBDL-1080p", "source": "web", "resolution": 1080} in listed
