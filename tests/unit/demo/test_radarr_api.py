"""What Radarr's API answers, and what it silently does instead of what was meant."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.receiver import KEY
from tests.unit.demo.household import ALIEN, DUNE, HEAT, Household


def test_a_bad_key_is_401_with_an_empty_body_and_ping_needs_none(house: Household) -> None:
    stranger = httpx.Client(transport=httpx.MockTransport(house.radarr.handle), base_url="http://radarr")
    refused = stranger.get("/api/v3/movie", headers={"X-Api-Key": "wrong"})
    assert (refused.status_code, refused.content) == (401, b"")
    assert stranger.get("/ping").json() == {"status": "OK"}
    assert stranger.get(f"/api/v3/movie?apikey={KEY}").status_code == 200
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert stranger.get("/api/v3/movie", headers=bearer).status_code == 200


def test_monitored_is_true_when_a_post_omits_it(house: Household) -> None:
    assert house.post_movie(monitored=...).json()["monitored"] is True


def test_a_duplicate_add_is_a_400_array(house: Household) -> None:
    house.added()
    refused = house.post_movie(path=str(house.root / "elsewhere"))
    assert refused.status_code == 400
    [failure] = refused.json()
    assert failure["propertyName"] == "TmdbId"
    assert failure["errorMessage"] == "This movie has already been added"
    assert failure["errorCode"] == "MovieExistsValidator"
    assert failure["attemptedValue"] == DUNE.tmdb_id


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("Movies/Heat", "Invalid Path"),
        ("{root}", "already configured as a root folder"),
        ("{root}/Dune (2021)", "already configured for an existing movie"),
        ("{above}", "is an ancestor of an existing movie"),
        ("/bin/heat", "system folder"),
    ],
)
def test_a_path_that_breaks_a_rule_is_refused(house: Household, path: str, words: str) -> None:
    house.added()
    path = path.format(root=house.root, above=house.root.parent)
    refused = house.post_movie(HEAT, path=path)
    assert refused.status_code == 400
    assert words in refused.json()[0]["errorMessage"]
    assert refused.json()[0]["propertyName"] == "Path"


def test_an_unknown_profile_root_or_film_is_a_400_array(house: Household) -> None:
    def message(**changes: Any) -> str:
        response = house.post_movie(**changes)
        assert response.status_code == 400
        return str(response.json()[0]["errorMessage"])

    assert message(qualityProfileId=99) == "Quality Profile does not exist"
    assert "does not exist" in message(path=..., rootFolderPath="/nowhere")
    assert message(tmdbId=7).startswith("A movie with this ID was not found")


def test_a_root_folder_alone_takes_the_folder_name_from_the_naming_settings(
    house: Household,
) -> None:
    movie = house.post_movie(path=..., rootFolderPath=str(house.root)).json()
    assert movie["path"] == str(house.root / "Dune (2021)")


def test_nothing_is_added_while_the_metadata_server_is_down(house: Household) -> None:
    house.radarr.metadata_down = True
    refused = house.post_movie()
    assert refused.status_code == 500
    assert set(refused.json()) == {"message", "description"}
    assert house.client.get("/movie").json() == []


def test_put_resets_what_it_omits(house: Household) -> None:
    movie_id = house.added(tags=[4], minimumAvailability="announced")
    body = {"path": str(house.root / "Dune (2021)"), "qualityProfileId": 1}
    answer = house.client.put(f"/movie/{movie_id}", json=body)
    assert answer.status_code == 202
    changed = answer.json()
    assert (changed["monitored"], changed["tags"]) == (True, [])
    assert changed["minimumAvailability"] == "released"


def test_the_editor_leaves_alone_what_it_omits_and_fails_whole_on_an_unknown_id(
    house: Household,
) -> None:
    movie_id = house.added(monitored=True, tags=[4])
    body = {"movieIds": [movie_id], "monitored": False, "tags": [7], "applyTags": "add"}
    assert house.client.put("/movie/editor", json=body).status_code == 202
    assert (house.get(movie_id)["monitored"], house.get(movie_id)["tags"]) == (False, [4, 7])
    wrong = {"movieIds": [movie_id, 99], "monitored": True}
    assert house.client.put("/movie/editor", json=wrong).status_code == 500
    assert house.get(movie_id)["monitored"] is False


def test_a_bulk_import_with_a_known_film_is_a_409_and_adds_nothing(house: Household) -> None:
    house.added()
    batch = [
        {"tmdbId": film.tmdb_id, "qualityProfileId": 1, "path": f"{house.root}/x{film.tmdb_id}"}
        for film in (HEAT, DUNE)
    ]
    refused = house.client.post("/movie/import", json=batch)
    assert refused.status_code == 409
    assert len(house.client.get("/movie").json()) == 1
    assert house.client.post("/movie/import", json=batch[:1]).status_code == 200


def test_lookup_by_tmdb_hides_that_the_film_is_in_the_library_and_by_term_shows_it(
    house: Household,
) -> None:
    movie_id = house.added()
    one = house.client.get("/movie/lookup/tmdb", params={"tmdbId": DUNE.tmdb_id}).json()
    assert "id" not in one
    [found] = house.client.get("/movie/lookup", params={"term": f"tmdb:{DUNE.tmdb_id}"}).json()
    assert (found["id"], found["folder"]) == (movie_id, "Dune (2021)")
    assert house.client.get("/movie/lookup/tmdb?tmdbId=7").status_code == 500


def test_an_unknown_movie_is_a_404_object(house: Household) -> None:
    answer = house.client.get("/movie/5")
    assert answer.status_code == 404
    assert answer.json()["message"] == "Movie with ID 5 does not exist"


def test_a_deleted_movie_keeps_its_files_and_loses_its_history(house: Household) -> None:
    house.radarr.add(DUNE.tmdb_id)
    file = house.radarr.download(DUNE.tmdb_id)
    movie = house.radarr.movie(DUNE.tmdb_id)
    assert house.client.get("/history").json()["totalRecords"] == 1
    assert house.client.delete(f"/movie/{movie.id}?addImportExclusion=true").status_code == 200
    house.radarr.run_commands()
    assert Path(file.path_in(movie.path)).exists()
    assert house.radarr.deleted_media == []
    assert house.client.get("/history").json()["records"] == []
    assert house.client.get("/exclusions").json()[0]["tmdbId"] == DUNE.tmdb_id
    assert house.client.delete(f"/movie/{movie.id}").status_code == 404


def test_delete_with_files_takes_the_folder_after_the_reply(house: Household) -> None:
    house.radarr.add(DUNE.tmdb_id)
    file = house.radarr.download(DUNE.tmdb_id)
    movie = house.radarr.movie(DUNE.tmdb_id)
    house.client.delete(f"/movie/{movie.id}?deleteFiles=true")
    assert Path(movie.path).exists()
    house.radarr.run_commands()
    assert not Path(movie.path).exists()
    assert house.radarr.deleted_media == [file.path_in(movie.path)]


def test_deleting_a_file_needs_a_folder_with_folders_above_the_movie(house: Household) -> None:
    movie_id = house.added()
    file = house.put_file("Dune (2021) Bluray-1080p.mkv")
    house.rescan(movie_id)
    file_id = house.get(movie_id)["movieFileId"]
    file.unlink()
    file.parent.rmdir()
    assert house.client.delete(f"/moviefile/{file_id}").status_code == 409
    house.put_file("Dune (2021) Bluray-1080p.mkv")
    assert house.client.delete(f"/moviefile/{file_id}").status_code == 200
    assert house.radarr.deleted_media == [str(file)]


def test_tag_labels_are_limited_lower_cased_and_found_only_as_written(house: Household) -> None:
    first = house.client.post("/tag", json={"label": "Node-A"})
    assert (first.status_code, first.json()["label"]) == (201, "node-a")
    again = house.client.post("/tag", json={"label": "node-a"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert house.client.post("/tag", json={"label": "NODE-a"}).status_code == 409
    wrong = house.client.post("/tag", json={"label": "node_a"})
    assert (wrong.status_code, wrong.json()[0]["propertyName"]) == (400, "Label")


def test_housekeeping_deletes_unused_tags_so_that_ids_change(house: Household) -> None:
    used, unused = (house.client.post("/tag", json={"label": label}).json()["id"] for label in ("a1", "b2"))
    house.added(tags=[used])
    assert house.client.delete(f"/tag/{used}").status_code == 409
    house.radarr.cleanup_tags()
    assert [tag["label"] for tag in house.client.get("/tag").json()] == ["a1"]
    assert house.client.post("/tag", json={"label": "b2"}).json()["id"] > unused


def test_settings_are_replaced_as_a_whole(house: Household) -> None:
    page = "/config/mediamanagement"
    assert house.client.get(page).json()["enableMediaInfo"] is True
    assert house.client.put(page, json={"rescanAfterRefresh": "never"}).status_code == 202
    settings = house.client.get(page).json()
    assert settings["rescanAfterRefresh"] == "never"
    assert settings["enableMediaInfo"] is False
    assert house.client.get("/config/importlist").json()["listSyncLevel"] == "disabled"


def test_a_root_folder_shows_what_it_holds_and_whether_it_is_there(house: Household) -> None:
    house.added()
    house.put_file("Dune (2021).mkv")
    house.put_file("Heat (1995).mkv", film=HEAT)
    [root] = house.client.get("/rootfolder").json()
    assert [folder["name"] for folder in root["unmappedFolders"]] == ["Heat (1995)"]
    house.root.rename(house.root.with_name("gone"))
    [root] = house.client.get("/rootfolder").json()
    assert root["accessible"] is False
    assert house.client.get("/health").json()[0]["source"] == "RootFolderCheck"


def test_history_since_is_inclusive_ascending_and_filtered(house: Household) -> None:
    house.radarr.add(DUNE.tmdb_id)
    house.radarr.grab(DUNE.tmdb_id)
    assert house.client.get("/queue").json()["totalRecords"] == 1
    house.time += 60
    house.radarr.download(DUNE.tmdb_id)
    house.time += 60
    house.radarr.rename(DUNE.tmdb_id, "Dune.2021.mkv")
    assert house.client.get("/queue/details").json() == []
    since = {"date": "2023-11-14T22:14:20Z"}
    rows = house.client.get("/history/since", params=since).json()
    assert [row["eventType"] for row in rows] == ["downloadFolderImported", "movieFileRenamed"]
    only = {**since, "eventType": "8", "includeMovie": "true"}
    [renamed] = house.client.get("/history/since", params=only).json()
    assert renamed["data"]["relativePath"] == "Dune.2021.mkv"
    assert renamed["movie"]["title"] == "Dune"
    page = house.client.get("/history?page=1&pageSize=1").json()
    assert (page["totalRecords"], page["records"][0]["eventType"]) == (3, "movieFileRenamed")


def test_exclusions_do_not_stop_an_add_and_cannot_be_doubled(house: Household) -> None:
    body = {"tmdbId": DUNE.tmdb_id, "movieTitle": "Dune", "movieYear": 2021}
    assert house.client.post("/exclusions", json=body).status_code == 201
    doubled = house.client.post("/exclusions", json=body)
    assert doubled.json()[0]["errorMessage"] == "This exclusion has already been added."
    assert house.post_movie().status_code == 201


def test_a_restored_backup_brings_old_rows_and_old_ids_back(house: Household) -> None:
    house.added()
    backup = house.radarr.snapshot()
    later = house.added(HEAT)
    house.radarr.set_monitored(DUNE.tmdb_id, True)
    house.radarr.restore(backup)
    [movie] = house.client.get("/movie").json()
    assert (movie["tmdbId"], movie["monitored"]) == (DUNE.tmdb_id, False)
    assert house.added(ALIEN) == later


def test_requests_are_logged_and_faults_can_be_put_in_their_place(house: Household) -> None:
    house.client.get("/movie?tmdbId=1")
    assert house.radarr.requests == [("GET", "/api/v3/movie?tmdbId=1")]
    house.radarr.forget_requests()
    house.radarr.fail = lambda request: httpx.Response(503)
    assert house.client.get("/movie").status_code == 503
    assert len(house.radarr.requests) == 1
