"""The command queue: what is the same, what is unknown, what is forgotten."""

import threading
import time

import httpx

from tests.arrs.sonarr.app import SimulatedSonarr
from tests.unit.arrs.sonarr.household import OFFICE, SonarrHousehold
from tests.unit.demo.household import DUNE, HEAT, Household


def post(house: Household, **body: object) -> httpx.Response:
    return house.client.post("/command", json=body)


def test_a_command_waits_is_run_and_is_forgotten_after_some_minutes(house: Household) -> None:
    command = post(house, name="rescanmovie", movieId=house.added())
    assert command.status_code == 201
    assert (command.json()["name"], command.json()["status"]) == ("RescanMovie", "queued")
    url = f"/command/{command.json()['id']}"
    assert house.radarr.run_commands() == 1
    done = house.client.get(url).json()
    assert (done["status"], done["result"]) == ("completed", "successful")
    house.time += 301
    assert house.client.get(url).status_code == 404


def test_a_command_equal_to_a_queued_or_started_one_is_that_one(house: Household) -> None:
    movie_id = house.added()
    first = post(house, name="RescanMovie", movieId=movie_id).json()["id"]
    assert post(house, name="RescanMovie", movieId=movie_id).json()["id"] == first
    assert post(house, name="RescanMovie", movieId=movie_id + 1).json()["id"] != first
    during: list[dict[str, object]] = []

    def again(stage: str, scanned: int) -> None:
        during.append(post(house, name="RescanMovie", movieId=movie_id).json())

    house.put_file("Dune (2021).txt")
    house.radarr.between = again
    house.radarr.run_commands()
    assert (during[0]["id"], during[0]["status"]) == (first, "started")
    assert post(house, name="RescanMovie", movieId=movie_id).json()["id"] != first


def test_a_file_that_appears_after_the_listing_is_missed_by_a_deduplicated_rescan(
    house: Household,
) -> None:
    movie_id = house.added()
    house.put_file("note.txt")

    def appear(stage: str, scanned: int) -> None:
        house.put_file("Dune (2021).mkv")
        post(house, name="RescanMovie", movieId=movie_id)

    house.radarr.between = appear
    house.rescan(movie_id)
    assert house.get(movie_id)["hasFile"] is False


def test_a_misspelt_parameter_scans_the_whole_library(house: Household) -> None:
    ids = [house.added(DUNE), house.added(HEAT)]
    for film in (DUNE, HEAT):
        house.put_file(f"{film.title} ({film.year}).mkv", film=film)
    post(house, name="RescanMovie", movieIds=[ids[0]])
    house.radarr.run_commands()
    assert [house.get(movie_id)["hasFile"] for movie_id in ids] == [True, True]


def test_an_unknown_command_is_a_500_and_a_queued_one_can_be_taken_back(house: Household) -> None:
    assert post(house, name="RescanMovies").status_code == 500
    command = post(house, name="RescanMovie", movieId=1).json()["id"]
    assert house.client.delete(f"/command/{command}").status_code == 200
    assert house.radarr.run_commands() == 0
    assert [row["status"] for row in house.client.get("/command").json()] == ["cancelled"]


def test_a_rescan_of_an_unknown_movie_fails_and_the_next_command_runs(house: Household) -> None:
    wrong = post(house, name="RescanMovie", movieId=99).json()["id"]
    post(house, name="RefreshMovie", movieIds=[])
    assert house.radarr.run_commands() == 2
    assert house.client.get(f"/command/{wrong}").json()["status"] == "failed"


def test_with_workers_commands_run_by_themselves(house: Household) -> None:
    from mesharr.demo.radarr.app import SimulatedRadarr

    ran = threading.Event()
    house.put_file("Dune (2021).mkv")
    radarr = SimulatedRadarr(
        roots=[str(house.root)],
        api_key="k",
        catalogue={DUNE.tmdb_id: DUNE},
        workers=True,
        between=lambda stage, movie_id: ran.set(),
    )
    try:
        radarr.add(DUNE.tmdb_id)
        assert ran.wait(10)
        deadline = time.monotonic() + 10
        while radarr.file(DUNE.tmdb_id) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert radarr.file(DUNE.tmdb_id) is not None
    finally:
        radarr.close()


def test_a_sonarr_with_workers_finishes_an_add_by_itself(tv: SonarrHousehold) -> None:
    told = threading.Event()

    def receive(url: str, content: bytes, headers: dict[str, str]) -> int:
        told.set()
        return 200

    sonarr = SimulatedSonarr(
        roots=[str(tv.root)],
        api_key="k",
        catalogue=tv.catalogue,
        workers=True,
        post=receive,
    )
    tv.put_file("S01E01.mkv")
    try:
        sonarr.connect("http://mesharr/hook", {})
        told.clear()
        sonarr.add(OFFICE.tvdb_id)
        assert told.wait(10), "SeriesAdd"
        assert sonarr.file(OFFICE.tvdb_id, 1, 1) is not None
    finally:
        sonarr.close()
