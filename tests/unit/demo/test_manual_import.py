"""ManualImport of Radarr: a file registered for a movie by its id."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.manual_import import manual_import
from tests.unit.demo.household import DUNE, HEAT, Household

ODD = "no film's name.mkv"


def run(house: Household, *files: dict[str, Any], **changes: Any) -> str:
    """Run the command; how it ended."""
    answer = house.client.post("/command", json=manual_import("radarr", *files, **changes))
    assert answer.status_code == 201, answer.text
    house.radarr.run_commands()
    return str(house.client.get(f"/command/{answer.json()['id']}").json()["status"])


def rows(house: Household, movie_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.client.get("/moviefile", params={"movieId": movie_id}).json()
    return found


@pytest.mark.parametrize("mode", ["move", "auto"])
def test_a_file_in_the_movies_folder_is_registered_where_and_as_it_is(house: Household, mode: str) -> None:
    movie_id = house.added()
    path = house.put_file(ODD, 77)
    house.connect()
    before = path.stat()
    german = [{"id": 4, "name": "German"}]
    given = {"path": str(path), "movieId": movie_id, "languages": german, "releaseGroup": "GRP"}
    assert run(house, given, importMode=mode) == "completed"
    [row] = rows(house, movie_id)
    assert (row["path"], row["size"], row["releaseGroup"]) == (str(path), 77, "GRP")
    assert row["quality"]["quality"]["name"] == "Bluray-1080p"
    assert row["languages"] == german
    movie = house.get(movie_id)
    assert (movie["hasFile"], movie["movieFileId"], movie["monitored"]) == (True, row["id"], False)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert house.received == []
    assert house.client.get("/history").json()["records"] == []


def test_later_scans_keep_it(house: Household) -> None:
    movie_id = house.added()
    path = house.put_file(ODD)
    run(house, {"path": str(path), "movieId": movie_id})
    house.connect()
    before = rows(house, movie_id)
    house.rescan(movie_id)
    house.radarr.daily_refresh()
    assert rows(house, movie_id) == before
    assert house.received == []


def test_a_file_outside_is_moved_in_and_sends_a_download_without_a_client(house: Household) -> None:
    movie_id = house.added()
    outside = house.put_file("Heat (1995).mkv", 77, film=HEAT)
    house.connect()
    assert run(house, {"path": str(outside), "movieId": movie_id, "releaseGroup": "GRP"}) == "completed"
    target = house.root / "Dune (2021)" / "Heat (1995).mkv"
    assert (outside.exists(), target.stat().st_size) == (False, 77)
    [body] = house.received
    assert (body["eventType"], body["movieFile"]["path"]) == ("Download", str(target))
    assert not {"downloadId", "downloadClient", "downloadClientType"} & set(body)
    assert "sceneName" not in body["movieFile"]
    assert body["release"] == {"indexerFlags": []}
    [row] = house.client.get("/history").json()["records"]
    assert row["data"]["downloadClient"] is None
    assert "downloadId" not in row


def test_an_import_from_outside_replaces_the_movies_file(house: Household) -> None:
    movie_id = house.added()
    house.radarr.download(DUNE.tmdb_id)
    house.connect()
    outside = house.put_file("better.mkv", film=HEAT)
    run(house, {"path": str(outside), "movieId": movie_id})
    assert house.events() == ["MovieFileDelete", "Download"]
    assert [Path(row["path"]).name for row in rows(house, movie_id)] == ["better.mkv"]
    assert [path.name for path in (house.root / "Dune (2021)").iterdir()] == ["better.mkv"]


def test_an_import_from_outside_onto_a_name_that_is_taken_fails_and_the_file_stays(house: Household) -> None:
    movie_id = house.added()
    there = house.put_file("better.mkv", 5)
    outside = house.put_file("better.mkv", 77, film=HEAT)
    assert run(house, {"path": str(outside), "movieId": movie_id}) == "failed"
    assert (outside.stat().st_size, there.stat().st_size) == (77, 5)


def test_a_second_file_beside_makes_two_rows_without_a_word(house: Household) -> None:
    movie_id = house.added()
    house.radarr.download(DUNE.tmdb_id)
    house.connect()
    beside = house.put_file(ODD)
    run(house, {"path": str(beside), "movieId": movie_id})
    assert sorted(Path(row["path"]).name for row in rows(house, movie_id)) == [
        "Dune (2021) Bluray-1080p.mkv",
        ODD,
    ]
    assert house.received == []


def test_a_file_that_has_a_row_gets_a_new_one_with_a_delete_for_manual_override(house: Household) -> None:
    movie_id = house.added(monitored=True)
    path = house.put_file("Dune (2021) Bluray-1080p.mkv")
    house.rescan(movie_id)
    [before] = rows(house, movie_id)
    house.connect()
    run(house, {"path": str(path), "movieId": movie_id})
    [after] = rows(house, movie_id)
    assert (after["id"] != before["id"], after["path"], path.exists()) == (True, str(path), True)
    assert [(body["eventType"], body["deleteReason"]) for body in house.received] == [
        ("MovieFileDelete", "manualOverride")
    ]
    assert house.client.get("/history").json()["records"] == []
    assert house.get(movie_id)["monitored"] is True


def test_it_overtakes_what_is_queued(house: Household) -> None:
    movie_id = house.added()
    path = house.put_file(ODD)
    house.client.post("/command", json={"name": "RescanMovie", "movieId": movie_id})
    house.client.post("/command", json={"name": "RefreshMovie", "movieIds": [movie_id]})
    given = {"path": str(path), "movieId": movie_id}
    answer = house.client.post("/command", json=manual_import("radarr", given)).json()
    assert answer["priority"] == "high"
    seen: list[bool] = []
    house.radarr.between = lambda stage, number: seen.append(house.get(number)["hasFile"])
    house.radarr.run_commands()
    assert seen
    assert all(seen)


def test_a_file_that_is_gone_fails_the_command_and_those_before_it_stay(house: Household) -> None:
    ids = {film: house.added(film) for film in (DUNE, HEAT)}
    there = house.put_file(ODD)
    missing = house.root / "Heat (1995)" / "gone.mkv"
    given = [{"path": str(there), "movieId": ids[DUNE]}, {"path": str(missing), "movieId": ids[HEAT]}]
    assert run(house, *given) == "failed"
    assert [house.get(ids[film])["hasFile"] for film in (DUNE, HEAT)] == [True, False]


def test_qualities_and_languages_are_listed_with_their_ids(house: Household) -> None:
    listed = house.client.get("/qualitydefinition").json()
    assert {"id": 7, "name": "Bluray-1080p", "source": "bluray", "resolution": 1080, "modifier": "none"} in [
        row["quality"] for row in listed
    ]
    assert [row["weight"] for row in listed] == sorted(row["weight"] for row in listed)
    assert {"id": 1, "name": "English", "nameLower": "english"} in house.client.get("/language").json()
