"""What a real Radarr was seen to do, each fact as the simulated one does it."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.demo.household import ALIEN, DUNE, HEAT, Household

NAME = "Dune (2021) Bluray-1080p.mkv"


def rows(house: Household, movie_id: int) -> list[str]:
    files = house.client.get("/moviefile", params={"movieId": movie_id}).json()
    return [Path(row["path"]).name for row in files]


def queue_both_scans(house: Household, movie_id: int) -> None:
    house.client.post("/command", json={"name": "RefreshMovie", "movieIds": [movie_id]})
    house.client.post("/command", json={"name": "RescanMovie", "movieId": movie_id})


# -- scans that overlap -----------------------------------------------------------------------------


def test_a_refresh_and_a_rescan_of_one_movie_in_parallel_make_two_rows_for_one_file(house: Household) -> None:
    movie_id = house.added()
    path = house.put_file(NAME)
    house.connect()
    house.radarr.library.facts.overlapping_scans = "two rows"
    queue_both_scans(house, movie_id)
    house.radarr.run_commands()
    assert rows(house, movie_id) == [NAME, NAME]
    house.rescan(movie_id)
    assert rows(house, movie_id) == [NAME, NAME]
    assert house.received == []
    path.unlink()
    house.rescan(movie_id)
    assert rows(house, movie_id) == []


def test_scans_that_do_not_overlap_make_one_row(house: Household) -> None:
    movie_id = house.added()
    house.put_file(NAME)
    queue_both_scans(house, movie_id)
    house.radarr.run_commands()
    assert rows(house, movie_id) == [NAME]


def test_a_later_scan_drops_the_row_of_the_first_for_manual_override_and_adds_it_again(
    house: Household,
) -> None:
    movie_id = house.added(monitored=True)
    path = house.put_file(NAME)
    house.connect()
    house.radarr.library.facts.overlapping_scans = "row again"
    queue_both_scans(house, movie_id)
    house.radarr.run_commands()
    assert [(body["eventType"], body["deleteReason"]) for body in house.received] == [
        ("MovieFileDelete", "manualOverride")
    ]
    assert rows(house, movie_id) == [NAME]
    assert (house.get(movie_id)["hasFile"], house.get(movie_id)["monitored"]) == (True, True)
    assert path.stat().st_size == 10


# -- a slow refresh ---------------------------------------------------------------------------------


def import_three(house: Household) -> list[int]:
    bodies = [
        {
            "tmdbId": film.tmdb_id,
            "qualityProfileId": 1,
            "path": str(house.root / f"{film.title} ({film.year})"),
            "addOptions": {"searchForMovie": False},
        }
        for film in (DUNE, HEAT, ALIEN)
    ]
    return [row["id"] for row in house.client.post("/movie/import", json=bodies).json()]


def test_a_refresh_of_each_film_follows_a_bulk_add(house: Household) -> None:
    ids = import_three(house)
    commands = house.client.get("/command").json()
    assert [(each["name"], each["body"]["movieIds"]) for each in commands] == [
        ("RefreshMovie", [movie_id]) for movie_id in ids
    ]


def test_files_appear_as_the_refreshes_after_a_bulk_add_go_on(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesharr.demo.arr.commands.THREADS", 1)
    for film in (DUNE, HEAT, ALIEN):
        house.put_file(f"{film.title} ({film.year}).mkv", film=film)
    house.radarr.library.facts.refresh_seconds = 0.45
    ids = import_three(house)
    seen: list[tuple[list[bool], list[str]]] = []
    for _ in range(4):
        house.radarr.run_commands()
        statuses = [command["status"] for command in house.client.get("/command").json()]
        seen.append(([house.get(movie_id)["hasFile"] for movie_id in ids], statuses))
        house.time += 0.5
    assert seen == [
        ([False, False, False], ["started", "queued", "queued"]),
        ([True, False, False], ["completed", "started", "queued"]),
        ([True, True, False], ["completed", "completed", "started"]),
        ([True, True, True], ["completed", "completed", "completed"]),
    ]


def test_one_manual_import_runs_at_a_time_and_goes_before_the_refreshes(house: Household) -> None:
    ids = import_three(house)
    files = [house.put_file(f"{film.title} ({film.year}).mkv", film=film) for film in (DUNE, HEAT, ALIEN)]
    facts = house.radarr.library.facts
    facts.refresh_seconds, facts.import_seconds = 0.45, 0.03
    for movie_id, path in zip(ids[1:], files[1:], strict=True):
        given = {"path": str(path), "movieId": movie_id, "quality": {"quality": {"id": 7}}}
        house.client.post("/command", json={"name": "ManualImport", "files": [given]})
    statuses: list[list[str]] = []
    for _ in range(3):
        house.radarr.run_commands()
        statuses.append([command["status"] for command in house.client.get("/command").json()])
        house.time += 0.04
    assert statuses == [
        ["started", "started", "queued", "started", "queued"],
        ["started", "started", "queued", "completed", "started"],
        ["started", "started", "started", "completed", "completed"],
    ]


def test_a_rescan_beside_the_slow_refresh_of_an_add_makes_two_rows(house: Household) -> None:
    house.put_file(NAME)
    facts = house.radarr.library.facts
    facts.refresh_seconds, facts.overlapping_scans = 0.45, "two rows"
    movie_id = house.added()
    house.rescan(movie_id)
    assert rows(house, movie_id) == [NAME]
    house.time += 0.5
    house.radarr.run_commands()
    assert rows(house, movie_id) == [NAME, NAME]


def test_a_rescan_waits_behind_the_refreshes_of_three_adds(house: Household) -> None:
    house.put_file(NAME)
    ids = [house.added(film) for film in (DUNE, HEAT, ALIEN)]
    house.radarr.library.facts.refresh_seconds = 0.45
    for movie_id in ids:
        house.client.post("/command", json={"name": "RefreshMovie", "movieIds": [movie_id]})
    house.client.post("/command", json={"name": "RescanMovie", "movieId": ids[0]})
    house.radarr.run_commands()
    assert [row["status"] for row in house.client.get("/command").json()][-4:] == [
        "started",
        "started",
        "started",
        "queued",
    ]
    house.time += 0.5
    house.radarr.run_commands()
    assert {row["status"] for row in house.client.get("/command").json()} == {"completed"}


def test_a_slow_refresh_that_fails_is_a_failed_command(house: Household) -> None:
    movie_id = house.added()
    house.radarr.library.facts.refresh_seconds = 0.45
    command = house.client.post("/command", json={"name": "RefreshMovie", "movieIds": [movie_id]}).json()

    def broken(_stage: str, _number: int) -> None:
        raise OSError

    house.radarr.between = broken
    house.radarr.run_commands()
    house.time += 0.5
    house.radarr.run_commands()
    assert house.client.get(f"/command/{command['id']}").json()["status"] == "failed"


def test_a_restart_forgets_a_refresh_that_is_under_way(house: Household) -> None:
    movie_id = house.added()
    house.radarr.library.facts.refresh_seconds = 0.45
    house.client.post("/command", json={"name": "RefreshMovie", "movieIds": [movie_id]})
    house.radarr.run_commands()
    house.radarr.restore(house.radarr.snapshot())
    house.put_file(NAME)
    house.time += 0.5
    house.radarr.run_commands()
    assert rows(house, movie_id) == []


# -- adds -------------------------------------------------------------------------------------------


def test_an_add_while_somebody_else_adds_the_film_breaks_a_constraint_and_works_seconds_later(
    house: Household,
) -> None:
    house.radarr.library.facts.busy_until[HEAT.tmdb_id] = house.time + 2
    both = [
        {"tmdbId": film.tmdb_id, "qualityProfileId": 1, "path": str(house.root / film.title)}
        for film in (DUNE, HEAT)
    ]
    for answer in (house.post_movie(HEAT), house.client.post("/movie/import", json=both)):
        assert answer.status_code == 409
        assert answer.json() == {
            "message": "constraint failed\nUNIQUE constraint failed: MovieMetadata.TmdbId"
        }
    assert house.client.get("/movie").json() == []
    house.time += 3
    assert house.client.post("/movie/import", json=both).status_code == 200


# -- moves, imports, downloads ----------------------------------------------------------------------


def test_a_move_changes_the_path_at_once_and_the_files_follow_later_without_a_webhook(
    house: Household,
) -> None:
    movie_id = house.added()
    house.put_file(NAME)
    house.rescan(movie_id)
    house.connect()
    target = str(house.root / "Dune Part One (2021)")
    house.client.put(f"/movie/{movie_id}?moveFiles=true", json={**house.get(movie_id), "path": target})
    movie = house.get(movie_id)
    assert (movie["path"], movie["movieFile"]["path"]) == (target, f"{target}/{NAME}")
    assert not Path(target).exists()
    house.radarr.run_commands()
    assert [path.name for path in Path(target).iterdir()] == [NAME]
    assert house.received == []


def test_the_same_release_again_is_a_delete_and_an_import_of_one_path(house: Household) -> None:
    house.added(monitored=True)
    house.radarr.download(DUNE.tmdb_id, name=NAME)
    house.connect()
    house.radarr.download(DUNE.tmdb_id, name=NAME)
    path = str(house.root / "Dune (2021)" / NAME)
    deleted, imported = house.received
    assert (deleted["eventType"], deleted["deleteReason"]) == ("MovieFileDelete", "upgrade")
    assert (imported["eventType"], imported["isUpgrade"]) == ("Download", True)
    assert deleted["movieFile"]["path"] == imported["movieFile"]["path"] == path
    assert [file["path"] for file in imported["deletedFiles"]] == [path]


def history(house: Household) -> list[str]:
    listed: list[dict[str, Any]] = house.client.get("/history?sortDirection=ascending").json()["records"]
    return [row["eventType"] for row in listed]


def test_a_download_that_fails_sends_no_webhook_and_has_a_row_in_the_history(house: Household) -> None:
    house.added()
    release = house.radarr.grab(DUNE.tmdb_id)
    house.connect()
    house.radarr.fail_download(release)
    assert house.received == []
    assert house.client.get("/queue/details").json() == []
    assert history(house) == ["grabbed", "downloadFailed"]


def test_a_download_that_is_removed_sends_no_webhook_and_leaves_only_its_grab(house: Household) -> None:
    house.added()
    release = house.radarr.grab(DUNE.tmdb_id)
    house.connect()
    house.radarr.remove_download(release)
    assert house.received == []
    assert house.client.get("/queue/details").json() == []
    assert history(house) == ["grabbed"]


def test_the_queue_is_empty_while_the_client_is_away_and_health_says_nothing(house: Household) -> None:
    house.added()
    house.radarr.grab(DUNE.tmdb_id)
    house.radarr.library.facts.client_away = True
    assert house.client.get("/queue/details").json() == []
    assert house.client.get("/queue").json()["records"] == []
    assert house.client.get("/health").json() == []
    assert history(house) == ["grabbed"]
    house.radarr.library.facts.client_away = False
    assert len(house.client.get("/queue/details").json()) == 1
    house.radarr.download(DUNE.tmdb_id)
    assert history(house) == ["grabbed", "downloadFolderImported"]


def test_a_worse_download_that_ends_late_stays_in_the_queue_as_pending(house: Household) -> None:
    house.added()
    release = house.radarr.grab(DUNE.tmdb_id, quality="HDTV-720p")
    house.connect()
    house.radarr.leave_pending(release)
    [row] = house.client.get("/queue/details").json()
    assert (row["trackedDownloadState"], row["status"]) == ("importPending", "completed")
    assert house.received == []


def test_a_scan_sees_the_quality_of_the_picture_and_not_that_of_the_name(house: Household) -> None:
    house.put_file(NAME)
    house.radarr.library.facts.probed_quality = "Bluray-480p"
    movie = house.get(house.added())
    assert movie["movieFile"]["quality"]["quality"]["name"] == "Bluray-480p"


def test_the_mass_editor_with_the_same_root_and_move_files_rebuilds_the_folders_name(
    house: Household,
) -> None:
    movie_id = house.added(path=str(house.root / "odd name"))
    body = {"movieIds": [movie_id], "rootFolderPath": str(house.root)}
    house.client.put("/movie/editor", json={**body, "moveFiles": False})
    assert house.get(movie_id)["path"] == str(house.root / "odd name")
    house.client.put("/movie/editor", json={**body, "moveFiles": True})
    assert house.get(movie_id)["path"] == str(house.root / "Dune (2021)")


# -- a restored database ----------------------------------------------------------------------------


def test_a_restored_database_brings_rows_back_with_a_start_of_the_app(house: Household) -> None:
    house.added()
    backup = house.radarr.snapshot()
    house.radarr.delete(DUNE.tmdb_id)
    started = house.client.get("/system/status").json()["startTime"]
    house.time += 60
    house.radarr.restore(backup)
    assert [row["tmdbId"] for row in house.client.get("/movie").json()] == [DUNE.tmdb_id]
    assert house.client.get("/system/status").json()["startTime"] > started
    assert house.client.get("/command").json() == []
