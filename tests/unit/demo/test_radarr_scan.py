"""What a scan takes, refuses, drops and overwrites."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mesharr.demo.disk.videos import videos_in
from mesharr.demo.radarr.model import QUALITIES
from mesharr.demo.radarr.scan import IGNORED_FOLDER
from tests.unit.demo.household import DUNE, HEAT, Household

FILE = "Dune (2021) Bluray-1080p.mkv"


def settings(house: Household, **changes: object) -> None:
    page = "/config/mediamanagement"
    house.client.put(page, json={**house.client.get(page).json(), **changes})


def test_an_add_finds_the_file_that_is_there_without_a_word(house: Household) -> None:
    settings(house, rescanAfterRefresh="never")
    house.connect()
    house.put_file(FILE, 77)
    movie = house.get(house.added())
    assert (movie["hasFile"], movie["movieFile"]["size"]) == (True, 77)
    assert movie["movieFile"]["quality"]["quality"]["name"] == "Bluray-1080p"
    assert movie["monitored"] is False
    assert house.events() == ["MovieAdded"]
    assert house.client.get("/history").json()["records"] == []


def test_add_options_are_shown_until_the_first_scan_and_a_search_is_noted(house: Household) -> None:
    answer = house.post_movie(addOptions={"searchForMovie": True}).json()
    assert answer["addOptions"]["searchForMovie"] is True
    assert house.radarr.searches == []
    house.radarr.run_commands()
    assert "addOptions" not in house.get(answer["id"])
    assert house.radarr.searches == [DUNE.tmdb_id]


def test_the_search_of_an_add_runs_though_the_scan_was_skipped(house: Household) -> None:
    shutil.rmtree(house.root)
    house.added(addOptions={"searchForMovie": True})
    assert house.radarr.searches == [DUNE.tmdb_id]


def test_a_command_starts_searches_that_are_noted(house: Household) -> None:
    house.client.post("/command", json={"name": "MoviesSearch", "movieIds": [house.added()]})
    house.radarr.run_commands()
    assert house.radarr.searches == [DUNE.tmdb_id]


@pytest.mark.parametrize(
    "name",
    [
        "trailers/Dune (2021) Bluray-1080p.mkv",
        ".grab/Dune (2021).mkv",
        "Sample/Dune (2021).mkv",
        "Dune (2021)-trailer.mkv",
        "Dune (2021).nfo",
        "Dune (2021).mkv.partial",
        "Dune (2021) cd1.avi",
    ],
)
def test_extras_and_parts_are_not_the_film(house: Household, name: str) -> None:
    house.put_file(name)
    assert house.get(house.added())["hasFile"] is False


def test_a_name_without_title_and_year_is_taken_from_its_folder_or_not_at_all(
    house: Household,
) -> None:
    house.put_file("d.mkv")
    assert house.get(house.added())["hasFile"] is True
    path = house.root / "Heat"
    path.mkdir()
    (path / "h.mkv").touch()
    assert house.get(house.added(HEAT, path=str(path)))["hasFile"] is False


def test_of_several_files_the_best_quality_and_then_the_largest_is_taken(house: Household) -> None:
    house.put_file("Dune (2021) WEBDL-720p.mkv", 900)
    house.put_file("Dune (2021) Bluray-1080p A.mkv", 10)
    house.put_file("Dune (2021) Bluray-1080p B.mkv", 20)
    assert house.get(house.added())["movieFile"]["size"] == 20


def test_a_worse_replacement_is_refused_in_the_first_scan_and_taken_in_the_next(
    house: Household,
) -> None:
    house.connect()
    old = house.put_file(FILE)
    movie_id = house.added()
    old.unlink()
    house.put_file("Dune (2021) WEBDL-720p.mkv")
    house.rescan(movie_id)
    assert house.get(movie_id)["hasFile"] is False
    assert house.received[-1]["deleteReason"] == "missingFromDisk"
    house.rescan(movie_id)
    assert house.get(movie_id)["movieFile"]["relativePath"] == "Dune (2021) WEBDL-720p.mkv"
    assert house.events() == ["MovieAdded", "MovieFileDelete"]


def test_a_better_replacement_is_taken_in_the_same_scan_with_a_new_id(house: Household) -> None:
    old = house.put_file(FILE)
    movie_id = house.added()
    before = house.get(movie_id)["movieFileId"]
    old.rename(old.with_name("Dune (2021) Remux-2160p.mkv"))
    house.rescan(movie_id)
    after = house.get(movie_id)
    assert after["hasFile"] is True
    assert after["movieFileId"] != before


def test_a_file_overwritten_under_its_name_changes_its_size_only(house: Household) -> None:
    house.connect()
    house.put_file(FILE, 10)
    movie_id = house.added()
    before = house.get(movie_id)["movieFile"]
    house.time += 60
    house.put_file(FILE, 99)
    house.rescan(movie_id)
    assert house.get(movie_id)["movieFile"] == {**before, "size": 99}
    assert house.events() == ["MovieAdded"]


def test_a_missing_root_and_an_empty_root_drop_nothing(house: Household) -> None:
    house.put_file(FILE)
    movie_id = house.added()
    shutil.rmtree(house.root)
    house.rescan(movie_id)
    assert house.get(movie_id)["hasFile"] is True
    house.root.mkdir()
    house.rescan(movie_id)
    assert house.get(movie_id)["hasFile"] is True


def test_one_other_entry_in_the_root_makes_a_lost_mount_a_removal(house: Household) -> None:
    house.connect()
    file = house.put_file(FILE)
    movie_id = house.added()
    shutil.rmtree(file.parent)
    house.radarr.daily_refresh()
    assert house.get(movie_id)["hasFile"] is False
    assert house.events()[-1] == "MovieFileDelete"


def test_an_empty_movie_folder_drops_the_file_and_may_be_deleted_itself(house: Household) -> None:
    file = house.put_file(FILE)
    movie_id = house.added()
    file.unlink()
    house.rescan(movie_id)
    assert (house.get(movie_id)["hasFile"], file.parent.exists()) == (False, True)
    settings(house, deleteEmptyFolders=True)
    house.rescan(movie_id)
    assert not file.parent.exists()


def test_what_must_not_be_read_looks_missing_and_other_errors_abort_the_scan(
    house: Household, tmp_path: Path
) -> None:
    house.put_file(FILE)

    def forbidden(path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        raise PermissionError(13, "denied", path)

    def broken(path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        raise OSError(107, "Transport endpoint is not connected", path)

    assert videos_in(str(house.root / "Dune (2021)"), IGNORED_FOLDER, forbidden) == ()
    movie_id = house.added()
    house.radarr.library.scandir = broken
    command = house.client.post("/command", json={"name": "RescanMovie", "movieId": movie_id})
    house.radarr.run_commands()
    assert house.client.get(f"/command/{command.json()['id']}").json()["status"] == "failed"
    assert house.get(movie_id)["hasFile"] is True


def test_a_removal_unmonitors_only_if_the_setting_says_so(house: Household) -> None:
    file = house.put_file(FILE)
    movie_id = house.added(monitored=True)
    file.unlink()
    house.rescan(movie_id)
    assert house.get(movie_id)["monitored"] is True
    house.put_file(FILE)
    house.rescan(movie_id)
    settings(house, autoUnmonitorPreviouslyDownloadedMovies=True)
    file.unlink()
    house.rescan(movie_id)
    assert house.get(movie_id)["monitored"] is False


def test_a_scan_that_attaches_a_file_undoes_edits_made_meanwhile(house: Household) -> None:
    movie_id = house.added(monitored=True)
    house.put_file(FILE)

    def unmonitor(stage: str, scanned: int) -> None:
        assert (stage, scanned) == ("scan", movie_id)
        body = {"movieIds": [movie_id], "monitored": False, "tags": [9], "applyTags": "add"}
        assert house.client.put("/movie/editor", json=body).status_code == 202

    house.radarr.between = unmonitor
    house.rescan(movie_id)
    movie = house.get(movie_id)
    assert (movie["hasFile"], movie["monitored"], movie["tags"]) == (True, True, [])
    house.rescan(movie_id)
    assert house.get(movie_id)["monitored"] is False, "a scan that attaches nothing writes nothing"


def test_a_refresh_scans_with_the_row_it_read_before_it_asked_for_metadata(house: Household) -> None:
    movie_id = house.added(monitored=True)
    house.put_file(FILE)

    def unmonitor(stage: str, _movie: int) -> None:
        if stage == "metadata":
            house.radarr.set_monitored(DUNE.tmdb_id, False)

    house.radarr.between = unmonitor
    house.radarr.queue_refresh()
    house.radarr.run_commands()
    assert (house.get(movie_id)["hasFile"], house.get(movie_id)["monitored"]) == (True, True)
    house.radarr.daily_refresh()
    assert house.get(movie_id)["monitored"] is False, "no file to attach, nothing written"


def test_the_unmonitoring_of_a_removal_is_undone_in_the_same_scan(house: Household) -> None:
    settings(house, autoUnmonitorPreviouslyDownloadedMovies=True)
    old = house.put_file(FILE)
    movie_id = house.added(monitored=True)
    old.rename(old.with_name("Dune (2021) Remux-1080p.mkv"))
    house.rescan(movie_id)
    assert house.get(movie_id)["monitored"] is True


def test_a_movie_deleted_during_its_scan_stays_deleted(house: Household) -> None:
    movie_id = house.added()
    house.put_file(FILE)
    house.radarr.between = lambda stage, scanned: house.radarr.delete(DUNE.tmdb_id)
    house.rescan(movie_id)
    assert house.client.get("/movie").json() == []
    assert house.client.get(f"/moviefile?movieId={movie_id}").json() == []


@pytest.mark.parametrize(
    ("name", "quality"),
    [
        ("Dune (2021) Bluray-1080p.mkv", "Bluray-1080p"),
        ("Dune.2021.2160p.WEB-DL.x265-GRP.mkv", "WEBDL-2160p"),
        ("Dune.2021.1080p.WEBRip.mkv", "WEBRip-1080p"),
        ("Dune.2021.1080p.BluRay.REMUX.mkv", "Remux-1080p"),
        ("Dune (2021) 720p.mkv", "HDTV-720p"),
        ("Dune (2021).mkv", "HDTV-720p"),
        ("Dune (2021).avi", "SDTV"),
        ("Dune (2021) DVDRip.avi", "DVD"),
    ],
)
def test_quality_is_read_from_the_name(name: str, quality: str) -> None:
    assert QUALITIES.read(name).name == quality
