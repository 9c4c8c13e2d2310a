"""What a real Sonarr was seen to do, each fact as the simulated one does it."""

from pathlib import Path

import pytest

from mesharr.demo.arr.manual_import import DestinationExistsError
from tests.unit.arrs.sonarr.household import ANIME, OFFICE, SonarrHousehold

NAME = "Season 01/The Office - S01E01.mkv"


def queue_both_scans(tv: SonarrHousehold, series_id: int) -> None:
    tv.client.post("/command", json={"name": "RefreshSeries", "seriesIds": [series_id]})
    tv.client.post("/command", json={"name": "RescanSeries", "seriesId": series_id})
    tv.sonarr.run_commands()


def rows(tv: SonarrHousehold, series_id: int) -> list[str]:
    files = tv.client.get("/episodefile", params={"seriesId": series_id}).json()
    return [file["relativePath"] for file in files]


def test_a_refresh_and_a_rescan_of_one_series_in_parallel_make_two_rows_for_one_file(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    tv.put_file(NAME)
    tv.connect()
    tv.sonarr.library.facts.overlapping_scans = "two rows"
    queue_both_scans(tv, series_id)
    assert rows(tv, series_id) == [NAME, NAME]
    assert tv.received == []


def test_no_download_is_imported_onto_a_name_that_a_file_of_another_episode_has(
    tv: SonarrHousehold,
) -> None:
    series_id, office = tv.added(), OFFICE.tvdb_id
    taken = "Season 01/The Office - S01E02 - swapped.mkv"
    tv.sonarr.download(office, 1, 1, name=taken, size=77)
    tv.sonarr.download(office, 1, 2)
    tv.connect()
    with pytest.raises(DestinationExistsError):
        tv.sonarr.download(office, 1, 2, name=taken)
    tv.sonarr.run_commands()
    assert tv.files(series_id) == {Path(taken).name: [(1, 1)]}
    assert (tv.root / OFFICE.title / taken).stat().st_size == 77
    assert tv.events() == ["EpisodeFileDelete"]


def test_a_later_scan_drops_the_row_of_the_first_for_manual_override_and_adds_it_again(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    path = tv.put_file(NAME)
    tv.connect()
    tv.sonarr.library.facts.overlapping_scans = "row again"
    queue_both_scans(tv, series_id)
    assert rows(tv, series_id) == [NAME]
    assert [(body["eventType"], body["deleteReason"]) for body in tv.received] == [
        ("EpisodeFileDelete", "manualOverride")
    ]
    assert path.exists()


def test_the_add_of_a_series_is_sent_twice_when_two_scans_overlap(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.sonarr.library.facts.overlapping_scans = "two rows"
    series_id = int(tv.post_series().json()["id"])
    tv.client.post("/command", json={"name": "RescanSeries", "seriesId": series_id})
    tv.sonarr.run_commands()
    assert tv.events() == ["SeriesAdd", "SeriesAdd"]


def test_files_appear_when_the_slow_refresh_of_an_add_is_done(tv: SonarrHousehold) -> None:
    tv.put_file(NAME)
    tv.sonarr.library.facts.refresh_seconds = 0.45
    series_id = tv.added()
    assert rows(tv, series_id) == []
    tv.time += 0.5
    tv.sonarr.run_commands()
    assert rows(tv, series_id) == [NAME]


@pytest.mark.parametrize(
    "name", ["the one with the boat.mkv", "The Office - 004 - x.mkv", "The Office 101.mkv"]
)
def test_a_standard_series_takes_no_file_without_a_season_and_a_number(
    tv: SonarrHousehold, name: str
) -> None:
    series_id = tv.added()
    tv.put_file(f"Season 01/{name}")
    tv.rescan(series_id)
    assert rows(tv, series_id) == []


def test_a_standard_series_takes_no_absolute_number_though_its_episodes_have_them(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added(ANIME, seriesType="standard")
    tv.put_file("One Piece - 004.mkv", show=ANIME)
    tv.rescan(series_id)
    assert rows(tv, series_id) == []


def test_a_move_changes_the_path_at_once_and_the_files_follow_later_without_a_webhook(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    tv.put_file(NAME)
    tv.rescan(series_id)
    tv.connect()
    target = str(tv.root / "The Office (US)")
    tv.client.put(f"/series/{series_id}?moveFiles=true", json={**tv.get(series_id), "path": target})
    [file] = tv.client.get("/episodefile", params={"seriesId": series_id}).json()
    assert (tv.get(series_id)["path"], file["path"]) == (target, f"{target}/{NAME}")
    assert not Path(target).exists()
    tv.sonarr.run_commands()
    assert Path(target, NAME).exists()
    assert tv.received == []


def test_the_same_release_again_is_a_delete_and_an_import_of_one_path(tv: SonarrHousehold) -> None:
    tv.added()
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, name=NAME)
    tv.connect(onImportComplete=False)
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, name=NAME)
    deleted, imported = tv.received
    assert (deleted["eventType"], imported["eventType"]) == ("EpisodeFileDelete", "Download")
    assert deleted["episodeFile"]["path"] == imported["episodeFile"]["path"]


def test_a_download_that_fails_sends_no_webhook_and_has_rows_in_the_history(tv: SonarrHousehold) -> None:
    tv.added()
    release = tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2)
    tv.connect()
    tv.sonarr.fail_download(release)
    assert tv.received == []
    assert tv.client.get("/queue/details").json() == []
    kinds = [row["eventType"] for row in tv.client.get("/history?sortDirection=ascending").json()["records"]]
    assert kinds == ["grabbed", "grabbed", "downloadFailed", "downloadFailed"]


def test_a_scan_sees_the_quality_of_the_picture_and_not_that_of_the_name(tv: SonarrHousehold) -> None:
    tv.put_file("Season 01/The Office - S01E01 WEBDL-1080p.mkv")
    tv.sonarr.library.facts.probed_quality = "WEBDL-480p"
    series_id = tv.added()
    [file] = tv.client.get("/episodefile", params={"seriesId": series_id}).json()
    assert file["quality"]["quality"]["name"] == "WEBDL-480p"


def test_the_queue_is_empty_while_the_client_is_away(tv: SonarrHousehold) -> None:
    tv.added()
    tv.sonarr.grab(OFFICE.tvdb_id, 1, 1)
    tv.sonarr.library.facts.client_away = True
    assert tv.client.get("/queue/details").json() == []
    tv.sonarr.library.facts.client_away = False
    assert len(tv.client.get("/queue/details").json()) == 1
