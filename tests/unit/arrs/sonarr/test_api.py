"""What Sonarr's API answers, and what it silently does instead of what was meant."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.arrs.sonarr.app import Show
from tests.unit.arrs.sonarr.household import ANIME, DAILY, OFFICE, SEVERANCE, SonarrHousehold, announced


def test_a_bad_key_is_401_with_an_empty_body(tv: SonarrHousehold) -> None:
    refused = tv.client.get("/series", headers={"X-Api-Key": "wrong"})
    assert (refused.status_code, refused.content) == (401, b"")
    assert tv.client.get("/system/status").json()["appName"] == "Sonarr"


def test_what_a_post_omits_is_not_monitored_has_no_season_folders_and_monitors_new_seasons(
    tv: SonarrHousehold,
) -> None:
    names = ("monitored", "seasonFolder", "seriesType", "monitorNewItems", "tags")
    series = tv.post_series(OFFICE, **dict.fromkeys(names, ...)).json()
    assert (series["monitored"], series["seasonFolder"]) == (False, False)
    assert (series["seriesType"], series["monitorNewItems"], series["tags"]) == ("standard", "all", [])


def test_title_and_slug_are_those_of_the_metadata_and_the_options_are_shown_until_the_first_scan(
    tv: SonarrHousehold,
) -> None:
    answer = tv.post_series(title="the ofice", addOptions={"monitor": "future"})
    assert answer.status_code == 201
    series = answer.json()
    assert (series["title"], series["titleSlug"]) == ("The Office", "the-office")
    assert series["addOptions"]["monitor"] == "future"
    assert tv.client.get(f"/episode?seriesId={series['id']}").json() == []
    tv.sonarr.run_commands()
    assert "addOptions" not in tv.get(series["id"])


def test_seasons_in_a_post_replace_those_of_the_metadata_until_the_refresh(tv: SonarrHousehold) -> None:
    answer = tv.post_series(seasons=[{"seasonNumber": 2, "monitored": True}], addOptions={"monitor": "skip"})
    assert [season["seasonNumber"] for season in answer.json()["seasons"]] == [2]
    tv.sonarr.run_commands()
    assert tv.places(answer.json()["id"], "monitored") == [(2, 1), (2, 2), (2, 3), (2, 4)]


def test_a_duplicate_add_is_a_400_array(tv: SonarrHousehold) -> None:
    tv.added()
    refused = tv.post_series(path=str(tv.root / "elsewhere"))
    assert refused.status_code == 400
    [failure] = refused.json()
    assert failure["propertyName"] == "TvdbId"
    assert failure["errorMessage"] == "This series has already been added"


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"tvdbId": 0}, "TvdbId", "greater than"),
        ({"tvdbId": 7}, "TvdbId", "A series with this ID was not found. Path: "),
        ({"title": ""}, "Title", "must not be empty"),
        ({"qualityProfileId": 99}, "QualityProfileId", "does not exist"),
        ({"path": ..., "rootFolderPath": "/nowhere"}, "RootFolderPath", "does not exist"),
        ({"path": "TV/x"}, "Path", "Invalid Path"),
        ({"path": "{root}"}, "Path", "already configured as a root folder"),
        ({"path": "{root}/The Office"}, "Path", "already configured for another series"),
        ({"path": "{above}"}, "Path", "is an ancestor of an existing series"),
        ({"path": "/bin/x"}, "Path", "system folder"),
    ],
)
def test_an_add_that_breaks_a_rule_is_a_400_array(
    tv: SonarrHousehold, changes: dict[str, Any], name: str, words: str
) -> None:
    tv.added()
    if isinstance(path := changes.get("path"), str):
        changes = {**changes, "path": path.format(root=tv.root, above=tv.root.parent)}
    refused = tv.post_series(SEVERANCE, **changes)
    assert refused.status_code == 400
    assert refused.json()[0]["propertyName"] == name
    assert words in refused.json()[0]["errorMessage"]


def test_two_shows_with_one_slug_cannot_both_be_added(tv: SonarrHousehold) -> None:
    tv.added()
    british = Show(78107, "The Office", 2001, OFFICE.episodes[:3])
    tv.catalogue[british.tvdb_id] = british
    refused = tv.post_series(british, path=str(tv.root / "The Office (UK)"))
    assert (refused.status_code, refused.json()[0]["propertyName"]) == (400, "TitleSlug")


def test_a_word_that_the_api_does_not_know_is_a_400_object(tv: SonarrHousehold) -> None:
    for changes in ({"addOptions": {"monitor": "some"}}, {"seriesType": "weekly"}):
        refused = tv.post_series(**changes)
        assert (refused.status_code, isinstance(refused.json(), dict)) == (400, True)


def test_a_root_folder_alone_takes_the_folder_name_from_the_naming_settings(tv: SonarrHousehold) -> None:
    series = tv.post_series(path=..., rootFolderPath=str(tv.root)).json()
    assert (series["path"], series["rootFolderPath"]) == (str(tv.root / "The Office"), str(tv.root))


def test_nothing_is_added_while_the_metadata_server_is_down(tv: SonarrHousehold) -> None:
    tv.sonarr.metadata_down = True
    refused = tv.post_series()
    assert (refused.status_code, set(refused.json())) == (500, {"message", "description"})
    assert tv.client.get("/series").json() == []


def test_a_series_is_found_by_its_tvdb_id_and_an_unknown_one_is_an_empty_list(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    [found] = tv.client.get("/series", params={"tvdbId": OFFICE.tvdb_id}).json()
    assert found["id"] == series_id
    assert tv.client.get("/series?tvdbId=5").json() == []
    assert tv.client.get("/series/5").status_code == 404


def test_lookup_needs_the_metadata_server_only_for_what_is_not_in_the_library(tv: SonarrHousehold) -> None:
    series_id = tv.added()

    def lookup(term: str) -> httpx.Response:
        return tv.client.get("/series/lookup", params={"term": term})

    [stranger] = lookup(f"tvdb:{SEVERANCE.tvdb_id}").json()
    assert ("id" in stranger, stranger["folder"]) == (False, "Severance")
    assert lookup("tvdb:5").json() == []
    assert [show["tvdbId"] for show in lookup("office").json()] == [OFFICE.tvdb_id]
    tv.sonarr.metadata_down = True
    [known] = lookup(f"tvdb:{OFFICE.tvdb_id}").json()
    assert (known["id"], len(known["seasons"])) == (series_id, 3)
    assert lookup(f"tvdb:{SEVERANCE.tvdb_id}").status_code == 503


def batch_of(tv: SonarrHousehold, *shows: Show) -> list[dict[str, Any]]:
    return [
        {
            "tvdbId": show.tvdb_id,
            "title": show.title,
            "qualityProfileId": 1,
            "path": str(tv.root / show.title),
            "addOptions": {"monitor": "none"},
        }
        for show in shows
    ]


def test_a_bulk_import_skips_what_stands_in_it_twice_and_queues_one_refresh_each(tv: SonarrHousehold) -> None:
    tv.connect()
    answer = tv.client.post("/series/import", json=batch_of(tv, OFFICE, SEVERANCE, OFFICE))
    assert answer.status_code == 200
    assert {series["tvdbId"] for series in answer.json()} == {OFFICE.tvdb_id, SEVERANCE.tvdb_id}
    assert [command["name"] for command in tv.client.get("/command").json()] == ["RefreshSeries"] * 2
    tv.sonarr.run_commands()
    assert tv.events() == ["SeriesAdd", "SeriesAdd"]


def test_one_wrong_entry_fails_a_whole_bulk_import_and_one_in_the_library_is_wrong_too(
    tv: SonarrHousehold,
) -> None:
    """Its path, or else its slug, is that of a series in the library: of itself."""
    tv.added()
    known, stranger = batch_of(tv, OFFICE, SEVERANCE)
    for wrong, name in (
        ({**known}, "Path"),
        ({**known, "path": str(tv.root / "x")}, "TitleSlug"),
        ({**stranger, "tvdbId": 5}, "TvdbId"),
        ({**stranger, "path": "TV"}, "Path"),
    ):
        refused = tv.client.post("/series/import", json=[stranger, wrong])
        assert (refused.status_code, refused.json()[0]["propertyName"]) == (400, name)
    tv.sonarr.metadata_down = True
    assert tv.client.post("/series/import", json=[stranger]).status_code == 500
    assert len(tv.client.get("/series").json()) == 1


def test_put_resets_what_it_omits_and_empties_the_seasons(tv: SonarrHousehold) -> None:
    series_id = tv.added(SEVERANCE, tags=[4], monitored=True, addOptions={"monitor": "firstSeason"})
    body = {"path": str(tv.root / "Severance"), "qualityProfileId": 1}
    answer = tv.client.put(f"/series/{series_id}", json=body)
    assert answer.status_code == 202
    series = answer.json()
    assert (series["monitored"], series["tags"], series["seasons"]) == (False, [], [])
    assert (series["monitorNewItems"], series["seasonFolder"], series["tvdbId"]) == ("all", False, 0)
    assert tv.places(series_id, "monitored") == [(1, 1), (1, 2)], "no season was toggled"
    tv.client.put(f"/series/{series_id}", json={**body, "tvdbId": SEVERANCE.tvdb_id})
    tv.refresh(series_id)
    flags = [(season["seasonNumber"], season["monitored"]) for season in tv.get(series_id)["seasons"]]
    assert flags == [(1, True), (2, True)], "the seasons are new ones"


def test_put_needs_a_path_and_a_profile_and_an_id_that_is_there(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    body = tv.get(series_id)
    assert tv.client.put(f"/series/{series_id}", json={**body, "path": ""}).status_code == 400
    assert tv.client.put(f"/series/{series_id}", json={**body, "qualityProfileId": 9}).status_code == 400
    assert tv.client.put("/series/99", json=body).status_code == 404


def test_a_season_that_put_toggles_takes_all_its_episodes_along(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.sonarr.set_monitored(OFFICE.tvdb_id, True, season=1, number=2)
    body = tv.get(series_id)
    assert [season["seasonNumber"] for season in body["seasons"]] == [0, 1, 2]
    body["seasons"][2]["monitored"] = True
    assert tv.client.put(f"/series/{series_id}", json=body).status_code == 202
    assert tv.places(series_id, "monitored") == [(1, 2), (2, 1), (2, 2), (2, 3), (2, 4)]


def test_put_with_move_files_moves_the_folder_after_the_reply(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.put_file("S01E01.mkv")
    moved = tv.root / "Office"
    tv.client.put(f"/series/{series_id}?moveFiles=true", json={**tv.get(series_id), "path": str(moved)})
    assert not moved.exists()
    tv.sonarr.run_commands()
    assert (moved / "S01E01.mkv").exists()


def test_the_editor_changes_only_what_is_sent_and_no_episode(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, tags=[4], addOptions={"monitor": "firstSeason"})
    body = {"seriesIds": [series_id], "monitored": False, "tags": [7], "applyTags": "add"}
    before = tv.get(series_id)
    assert tv.client.put("/series/editor", json=body).status_code == 202
    assert tv.get(series_id) == {**before, "monitored": False, "tags": [4, 7]}
    assert tv.places(series_id, "monitored") == [(1, 1), (1, 2), (1, 3)]
    wrong = {"seriesIds": [series_id, 99], "monitored": True}
    assert tv.client.put("/series/editor", json=wrong).status_code == 500
    assert tv.get(series_id)["monitored"] is False


def test_a_season_pass_without_options_sets_flags_of_seasons_but_no_episodes(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    one = {"id": series_id, "seasons": [{"seasonNumber": 2, "monitored": False}]}
    answer = tv.client.post("/seasonpass", json={"series": [one]})
    assert (answer.status_code, answer.json()) == (202, {})
    flags = {season["seasonNumber"]: season["monitored"] for season in tv.get(series_id)["seasons"]}
    assert (flags[2], len(tv.places(series_id, "monitored"))) == (False, 7)
    options = {"monitor": "none"}
    tv.client.post("/seasonpass", json={"series": [{"id": series_id}], "monitoringOptions": options})
    assert (tv.get(series_id)["monitored"], tv.places(series_id, "monitored")) == (False, [])
    assert tv.client.post("/seasonpass", json={"series": [{"id": 99}]}).status_code == 500


def test_episodes_are_read_by_series_season_ids_or_file(tv: SonarrHousehold) -> None:
    tv.put_file("S01E01E02.mkv")
    series_id = tv.added()
    first, second = tv.episodes(series_id, seasonNumber=1)[:2]
    assert (first["hasFile"], first["episodeFileId"]) == (True, second["episodeFileId"])
    assert "episodeFile" not in first
    with_file = tv.episodes(series_id, seasonNumber=1, includeEpisodeFile="true")[0]
    assert with_file["episodeFile"]["relativePath"] == "S01E01E02.mkv"
    by_file = tv.client.get("/episode", params={"episodeFileId": first["episodeFileId"]}).json()
    assert [row["id"] for row in by_file] == [first["id"], second["id"]]
    by_ids = tv.client.get("/episode", params={"episodeIds": [second["id"]]}).json()
    assert by_ids == [second]
    assert tv.client.get(f"/episode/{first['id']}").json()["series"]["id"] == series_id
    assert tv.client.get("/episode").status_code == 400
    assert tv.client.get("/episode/999").status_code == 404
    assert tv.client.get("/episode?episodeIds=1&episodeIds=999").status_code == 500
    assert tv.client.get("/episode?seriesId=999").json() == []


def test_anime_episodes_carry_absolute_numbers(tv: SonarrHousehold) -> None:
    rows = tv.episodes(tv.added(ANIME), seasonNumber=2)
    assert [row["absoluteEpisodeNumber"] for row in rows] == [9, 10, 11, 12]
    assert "absoluteEpisodeNumber" not in tv.episodes(tv.added(DAILY))[0]


def test_monitoring_episodes_touches_neither_season_nor_series(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    before = tv.get(series_id)
    ids = [row["id"] for row in tv.episodes(series_id, seasonNumber=1)]
    answer = tv.client.put("/episode/monitor", json={"episodeIds": ids, "monitored": False})
    assert answer.status_code == 202
    assert [row["monitored"] for row in answer.json()] == [False] * 3
    assert tv.get(series_id)["seasons"][1]["monitored"] is before["seasons"][1]["monitored"] is True
    one = tv.client.put(f"/episode/{ids[0]}", json={"monitored": True, "title": "no"})
    assert (one.status_code, one.json()["title"]) == (202, "Episode 1-1")


def test_an_unknown_episode_alone_is_a_404_and_among_others_a_500_that_has_set_the_others(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    known = tv.episodes(series_id)[0]["id"]
    alone = {"episodeIds": [999], "monitored": True}
    assert tv.client.put("/episode/monitor", json=alone).status_code == 404
    both = {"episodeIds": [known, 999], "monitored": True}
    assert tv.client.put("/episode/monitor", json=both).status_code == 500
    assert tv.client.get(f"/episode/{known}").json()["monitored"] is True


def test_statistics_count_files_monitored_episodes_and_all_per_season_and_series(tv: SonarrHousehold) -> None:
    tv.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(announced(2, 5, "2099-01-01"))
    tv.put_file("S01E01E02.mkv", 100)
    tv.put_file("S02E01-GRP.mkv", 7)
    answer = tv.post_series(monitored=True, addOptions={"monitor": "firstSeason"}).json()
    assert answer["statistics"]["totalEpisodeCount"] == 0
    [listed] = tv.client.get("/series").json()
    assert "statistics" not in listed, "a list shows none of a series without episodes"
    tv.sonarr.run_commands()
    [listed] = tv.client.get("/series").json()

    def counts(statistics: dict[str, Any]) -> tuple[int, ...]:
        names = ("episodeFileCount", "episodeCount", "totalEpisodeCount", "sizeOnDisk")
        return tuple(statistics[name] for name in names)

    assert counts(listed["statistics"]) == (3, 4, 10, 107)
    assert [counts(season["statistics"]) for season in listed["seasons"]] == [
        (0, 0, 2, 0),
        (2, 3, 3, 100),
        (1, 1, 5, 7),
    ]
    assert (listed["statistics"]["seasonCount"], listed["statistics"]["releaseGroups"]) == (2, ["GRP"])
    assert tv.get(answer["id"])["statistics"] == listed["statistics"]


def test_a_deleted_series_keeps_its_files_and_loses_its_history_and_the_radarr_word_is_ignored(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    file = tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    path = Path(file.path_in(str(tv.root / OFFICE.title)))
    assert tv.client.delete(f"/series/{series_id}?addImportExclusion=true").status_code == 200
    tv.sonarr.run_commands()
    assert path.exists()
    assert tv.client.get("/history").json()["records"] == []
    assert tv.client.get("/importlistexclusion").json() == []
    again = tv.added()
    tv.client.delete(f"/series/{again}?addImportListExclusion=true")
    assert tv.client.get("/importlistexclusion").json()[0]["tvdbId"] == OFFICE.tvdb_id
    assert tv.client.delete(f"/series/{again}").status_code == 500, "asked for as one of a list"


def test_a_delete_with_files_takes_the_folder_after_the_reply(tv: SonarrHousehold) -> None:
    ids = [tv.added(OFFICE), tv.added(SEVERANCE)]
    files = [tv.put_file("S01E01.mkv", show=show) for show in (OFFICE, SEVERANCE)]
    body = {"seriesIds": ids, "deleteFiles": True, "addImportListExclusion": True}
    assert tv.client.request("DELETE", "/series/editor", json=body).status_code == 200
    assert all(file.exists() for file in files)
    tv.sonarr.run_commands()
    assert not any(file.parent.exists() for file in files)
    assert tv.sonarr.deleted_media == [str(file) for file in files]
    assert tv.client.get("/importlistexclusion/paged").json()["totalRecords"] == 2
    assert tv.client.request("DELETE", "/series/editor", json=body).status_code == 500


def test_deleting_a_file_needs_a_root_with_folders(tv: SonarrHousehold) -> None:
    file = tv.put_file("S01E01.mkv")
    series_id = tv.added()
    [row] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    file.unlink()
    file.parent.rmdir()
    assert tv.client.delete(f"/episodefile/{row['id']}").status_code == 409
    tv.put_file("S01E01.mkv")
    assert tv.client.delete(f"/episodefile/{row['id']}").status_code == 200
    assert tv.sonarr.deleted_media == [str(file)]
    assert tv.client.delete(f"/episodefile/{row['id']}").status_code == 404


def test_files_of_two_series_in_one_bulk_delete_are_looked_for_in_the_first_ones_folder(
    tv: SonarrHousehold,
) -> None:
    paths = [tv.put_file("S01E01.mkv", show=OFFICE), tv.put_file("S01E02.mkv", show=SEVERANCE)]
    ids = [tv.added(OFFICE), tv.added(SEVERANCE)]
    rows = [tv.client.get(f"/episodefile?seriesId={series_id}").json()[0]["id"] for series_id in ids]
    assert len(tv.client.get("/episodefile", params={"episodeFileIds": rows}).json()) == 2
    body = {"episodeFileIds": rows}
    assert tv.client.request("DELETE", "/episodefile/bulk", json=body).status_code == 200
    assert [path.exists() for path in paths] == [False, True]
    assert [tv.files(series_id) for series_id in ids] == [{}, {}]
    assert tv.client.request("DELETE", "/episodefile/bulk", json=body).status_code == 500


def test_the_quality_of_files_can_be_corrected_in_bulk(tv: SonarrHousehold) -> None:
    tv.put_file("S01E01.mkv")
    series_id = tv.added()
    [row] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    assert row["quality"]["quality"]["name"] == "HDTV-720p"
    better = {"id": row["id"], "quality": {"quality": {"id": 7, "name": "Bluray-1080p"}}}
    assert tv.client.put("/episodefile/bulk", json=[better]).status_code == 202
    [row] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    assert row["quality"]["quality"]["name"] == "Bluray-1080p"
    assert tv.client.get("/episodefile").status_code == 400
    assert tv.client.get("/episodefile?seriesId=99").status_code == 404


def test_a_file_with_two_episodes_has_two_rows_of_history_with_numbers_that_are_not_radarrs(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2)
    tv.time += 60
    file = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2)
    tv.time += 60
    tv.sonarr.rename(OFFICE.tvdb_id, 1, 1, "b.mkv")
    tv.time += 60
    tv.sonarr.delete_file(OFFICE.tvdb_id, 1, 1)
    since = {"date": "2023-11-14T22:14:20Z"}
    rows = tv.client.get("/history/since", params=since).json()
    kinds = ("downloadFolderImported", "episodeFileRenamed", "episodeFileDeleted")
    assert [row["eventType"] for row in rows] == [kind for kind in kinds for _ in range(2)]
    assert {row["data"]["fileId"] for row in rows[:2]} == {str(file.id)}
    assert rows[0]["data"]["releaseType"] == "MultiEpisode"
    deleted = tv.client.get("/history/since", params={**since, "eventType": "5"}).json()
    assert {row["data"]["reason"] for row in deleted} == {"Manual"}
    assert deleted[0]["sourceTitle"] == str(tv.root / OFFICE.title / "b.mkv")
    wide = {**since, "eventType": "3", "includeSeries": "true", "includeEpisode": "true"}
    imported = tv.client.get("/history/since", params=wide).json()
    assert [row["episode"]["episodeNumber"] for row in imported] == [1, 2]
    assert imported[0]["series"]["id"] == series_id
    assert tv.client.get("/history?pageSize=1&eventType=1").json()["totalRecords"] == 2
    of_season = {"seriesId": series_id, "seasonNumber": 2}
    assert tv.client.get("/history/series", params=of_season).json() == []


def test_a_download_under_way_has_one_queue_row_per_episode(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    release = tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2)
    page = tv.client.get("/queue").json()
    assert page["totalRecords"] == 2
    assert {row["downloadId"] for row in page["records"]} == {release.download_id}
    assert [row["seasonNumber"] for row in page["records"]] == [1, 1]
    first = page["records"][0]["episodeId"]
    wide = "includeSeries=true&includeEpisode=true"
    rows = tv.client.get(f"/queue/details?seriesId={series_id}&{wide}").json()
    assert [(row["series"]["id"], row["episode"]["episodeNumber"]) for row in rows] == [
        (series_id, 1),
        (series_id, 2),
    ]
    assert len(tv.client.get("/queue/details", params={"episodeIds": [first]}).json()) == 1
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2)
    assert tv.client.get("/queue/details").json() == []


def test_deleting_one_row_of_the_queue_deletes_its_whole_download(tv: SonarrHousehold) -> None:
    tv.added()
    tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2)
    tv.sonarr.grab(OFFICE.tvdb_id, 1, 3)
    first = tv.client.get("/queue").json()["records"][0]["id"]
    assert tv.client.delete(f"/queue/{first}").status_code == 200
    assert tv.client.delete(f"/queue/{first}").status_code == 404
    assert len(tv.client.get("/queue/details").json()) == 1


def test_an_episode_is_wanted_only_if_its_series_is_monitored_too(tv: SonarrHousehold) -> None:
    tv.put_file("S01E01.mkv")
    tv.added(monitored=True, addOptions={"monitor": "firstSeason"})
    tv.added(SEVERANCE, monitored=False, addOptions={"monitor": "all"})

    def wanted(monitored: str) -> int:
        total = tv.client.get("/wanted/missing", params={"monitored": monitored}).json()["totalRecords"]
        return int(total)

    assert (wanted("true"), wanted("false")) == (2, 2 + 4 + 4)
    page = tv.client.get("/wanted/missing?includeSeries=true&pageSize=1").json()
    assert page["records"][0]["series"]["title"] == "The Office"


def test_exclusions_do_not_stop_an_add_and_cannot_be_doubled(tv: SonarrHousehold) -> None:
    body = {"tvdbId": OFFICE.tvdb_id, "title": "The Office"}
    created = tv.client.post("/importlistexclusion", json=body)
    assert created.status_code == 201
    doubled = tv.client.post("/importlistexclusion", json=body)
    assert doubled.json()[0]["errorMessage"] == "This exclusion has already been added."
    assert tv.client.post("/importlistexclusion", json={"tvdbId": 5}).status_code == 400
    assert tv.post_series().status_code == 201
    assert tv.client.delete(f"/importlistexclusion/{created.json()['id']}").status_code == 200
    assert tv.client.delete("/importlistexclusion/9").status_code == 404


def test_tags_in_use_are_shown_and_kept_by_housekeeping(tv: SonarrHousehold) -> None:
    used, unused = (tv.client.post("/tag", json={"label": label}).json()["id"] for label in ("a1", "b2"))
    series_id = tv.added(tags=[used])
    details = {tag["id"]: tag for tag in tv.client.get("/tag/detail").json()}
    assert (details[used]["seriesIds"], "seriesIds" in details[unused]) == ([series_id], False)
    assert tv.client.delete(f"/tag/{used}").status_code == 409
    assert tv.command("Housekeeping") == "completed"
    assert [tag["label"] for tag in tv.client.get("/tag").json()] == ["a1"]


def test_settings_are_replaced_as_a_whole(tv: SonarrHousehold) -> None:
    page = "/config/mediamanagement"
    assert tv.client.put(page, json={"rescanAfterRefresh": "never"}).status_code == 202
    settings = tv.client.get(page).json()
    assert (settings["rescanAfterRefresh"], settings["enableMediaInfo"]) == ("never", False)
    assert settings["episodeTitleRequired"] == "always"
    assert "Season {season:00}" in tv.client.get("/config/naming").json()["seasonFolderFormat"]
    assert tv.client.get("/config/importlist").json()["listSyncLevel"] == "disabled"


def test_a_root_folder_shows_what_is_not_in_the_library(tv: SonarrHousehold) -> None:
    tv.added()
    for show in (OFFICE, SEVERANCE):
        tv.put_file("S01E01.mkv", show=show)
    [root] = tv.client.get("/rootfolder").json()
    assert [folder["name"] for folder in root["unmappedFolders"]] == ["Severance"]


@pytest.mark.parametrize(
    ("body", "searched"),
    [
        ({"name": "SeriesSearch", "seriesId": 1}, [(1, 1), (1, 2), (1, 3)]),
        ({"name": "SeasonSearch", "seriesId": 1, "seasonNumber": 2}, []),
        ({"name": "EpisodeSearch", "episodeIds": [1]}, [(0, 1)]),
        ({"name": "MissingEpisodeSearch", "seriesId": 1}, [(1, 2), (1, 3)]),
        ({"name": "MissingEpisodeSearch"}, []),
    ],
)
def test_searches_are_noted(
    tv: SonarrHousehold, body: dict[str, Any], searched: list[tuple[int, int]]
) -> None:
    tv.put_file("S01E01.mkv")
    tv.added(monitored=False, addOptions={"monitor": "firstSeason"})
    tv.client.post("/command", json=body)
    tv.sonarr.run_commands()
    assert tv.sonarr.searches == [(OFFICE.tvdb_id, *place) for place in searched]


def test_an_unknown_command_is_a_500_and_an_unknown_series_fails_one(tv: SonarrHousehold) -> None:
    assert tv.client.post("/command", json={"name": "RescanMovie"}).status_code == 500
    assert tv.command("RescanSeries", seriesId=99) == "failed"
    assert tv.command("RefreshSeries", seriesId=tv.added()) == "completed", "the old name is taken, too"


def test_a_restored_backup_brings_old_rows_and_old_ids_back(tv: SonarrHousehold) -> None:
    tv.put_file("S01E01.mkv")
    series_id = tv.added()
    backup = tv.sonarr.snapshot()
    later = tv.added(SEVERANCE)
    tv.sonarr.set_monitored(OFFICE.tvdb_id, True, season=1)
    tv.sonarr.delete_file(OFFICE.tvdb_id, 1, 1)
    tv.sonarr.restore(backup)
    assert [series["tvdbId"] for series in tv.client.get("/series").json()] == [OFFICE.tvdb_id]
    assert (tv.places(series_id, "monitored"), tv.places(series_id, "hasFile")) == ([], [(1, 1)])
    assert tv.added(SEVERANCE) == later


def test_requests_are_logged_and_faults_can_be_put_in_their_place(tv: SonarrHousehold) -> None:
    tv.client.get("/series?tvdbId=1")
    assert tv.sonarr.requests == [("GET", "/api/v3/series?tvdbId=1")]
    tv.sonarr.fail = lambda request: httpx.Response(503)
    assert tv.client.get("/series").status_code == 503
