"""Which events Sonarr sends, in which order, with what in them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.arrs.sonarr.household import DAILY, OFFICE, SEVERANCE, SonarrHousehold


def test_the_add_is_told_after_the_first_scan_with_tag_labels_and_without_flags(tv: SonarrHousehold) -> None:
    tv.connect()
    tag = tv.client.post("/tag", json={"label": "mesharr-bob"}).json()["id"]
    tv.post_series(tags=[tag])
    assert tv.events() == [], "the reply came first"
    tv.sonarr.run_commands()
    [added] = tv.received
    series = added["series"]
    assert (added["eventType"], series["tags"], series["type"]) == (
        "SeriesAdd",
        ["mesharr-bob"],
        "standard",
    )
    assert (series["path"], series["tmdbId"]) == (str(tv.root / OFFICE.title), 0)
    assert not {"monitored", "seasons", "qualityProfileId"} & set(series)


def test_the_add_is_told_though_the_scan_was_skipped_or_the_refresh_failed(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.post_series()
    tv.sonarr.metadata_down = True
    tv.sonarr.run_commands()
    assert tv.events() == ["SeriesAdd"]
    tv.sonarr.metadata_down = False
    tv.post_series(SEVERANCE)
    (tv.root / ".keep").unlink()
    tv.sonarr.run_commands()
    assert tv.events() == ["SeriesAdd", "SeriesAdd"]


def test_an_import_is_told_per_file_and_then_as_a_whole_with_the_same_event_type(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.added()
    tv.received.clear()
    file = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2, size=77)
    single, whole = tv.received
    assert (single["eventType"], whole["eventType"]) == ("Download", "Download")
    assert (single["isUpgrade"], single["episodeFile"]["size"]) == (False, 77)
    assert [episode["episodeNumber"] for episode in single["episodes"]] == [1, 2]
    assert single["release"]["releaseType"] == "multiEpisode"
    assert Path(single["episodeFile"]["path"]).stat().st_size == 77
    assert "seasonNumber" not in single["episodeFile"]
    assert not {"absoluteEpisodeNumber", "monitored"} & set(single["episodes"][0])
    assert [told["id"] for told in whole["episodeFiles"]] == [file.id]
    assert not {"isUpgrade", "episodeFile", "deletedFiles", "customFormatInfo"} & set(whole)
    assert not {"sourcePath", "mediaInfo"} & set(whole["episodeFiles"][0])


def test_a_season_pack_is_told_once_per_file_and_once_for_all(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.added(SEVERANCE)
    tv.received.clear()
    tv.sonarr.grab(SEVERANCE.tvdb_id, 2)
    tv.sonarr.download_season(SEVERANCE.tvdb_id, 2)
    assert tv.events() == ["Grab", "Download", "Download", "Download"]
    grab, *files, whole = tv.received
    assert len(grab["episodes"]) == 2
    assert [len(body["episodes"]) for body in files] == [1, 1]
    assert (whole["fileCount"], len(whole["episodes"])) == (2, 2)
    assert whole["release"]["releaseType"] == "seasonPack"
    assert whole["destinationPath"] == str(tv.root / "Severance" / "Season 02")
    assert {body["downloadId"] for body in tv.received} == {grab["downloadId"]}
    assert tv.client.get("/queue/details").json() == []


@pytest.mark.parametrize(
    ("off", "events"),
    [
        ("onImportComplete", ["Download"]),
        ("onDownload", ["Download"]),
    ],
)
def test_each_kind_of_download_has_a_flag_of_its_own(
    tv: SonarrHousehold, off: str, events: list[str]
) -> None:
    tv.added()
    tv.connect(**{off: False})
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    assert tv.events() == events
    assert ("episodeFiles" in tv.received[0]) is (off == "onDownload")


def test_an_upgrade_deletes_first_and_then_tells_both_in_that_order(tv: SonarrHousehold) -> None:
    tv.added()
    tv.connect()
    both = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2, quality="SDTV")
    folder = tv.root / OFFICE.title / "Season 01"
    seen: list[tuple[str, bool, list[str]]] = []

    def receive(url: str, content: bytes, headers: dict[str, str]) -> int:
        body = json.loads(content)
        names = sorted(path.name for path in folder.iterdir())
        seen.append((body["eventType"], "episodeFiles" in body, names))
        return tv.receive(url, content, headers)

    tv.sonarr.notifications.post = receive
    tv.received.clear()
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    name = "The Office - S01E01 - Episode 1-1 WEBDL-1080p.mkv"
    assert seen == [
        ("EpisodeFileDelete", False, []),
        ("Download", False, [name]),
        ("Download", True, [name]),
    ]
    deleted, download, _ = tv.received
    assert deleted["deleteReason"] == "upgrade"
    assert [episode["episodeNumber"] for episode in deleted["episodes"]] == [1, 2]
    assert (download["isUpgrade"], [file["id"] for file in download["deletedFiles"]]) == (True, [both.id])
    assert tv.sonarr.file(OFFICE.tvdb_id, 1, 2) is None, "the other half has lost its file"
    assert tv.sonarr.deleted_media == []


def test_an_upgrade_is_silent_when_its_second_flags_are_off(tv: SonarrHousehold) -> None:
    tv.added()
    tv.connect(onUpgrade=False, onEpisodeFileDeleteForUpgrade=False, onImportComplete=False)
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, quality="SDTV")
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    assert tv.events() == ["Download"]


def test_an_upgraded_file_goes_to_the_recycle_bin_if_there_is_one(
    tv: SonarrHousehold, tmp_path: Path
) -> None:
    tv.added()
    tv.settings(recycleBin=str(tmp_path / "bin"))
    tv.connect()
    old = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, quality="SDTV")
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    recycled = Path(tv.received[-2]["deletedFiles"][0]["recycleBinPath"])
    assert recycled.exists()
    assert recycled.name == old.relative_path.rpartition("/")[2]


def test_edits_and_tags_and_monitoring_and_refreshes_send_nothing(tv: SonarrHousehold) -> None:
    tv.put_file("S01E01.mkv")
    series_id = tv.added()
    tv.connect()
    tv.sonarr.set_monitored(OFFICE.tvdb_id, True)
    tv.sonarr.set_monitored(OFFICE.tvdb_id, True, season=1)
    tv.sonarr.set_monitored(OFFICE.tvdb_id, True, season=2, number=1)
    tv.sonarr.edit(OFFICE.tvdb_id, tags=(3,))
    moved = str(tv.root / "Office")
    tv.client.put(f"/series/{series_id}?moveFiles=true", json={**tv.get(series_id), "path": moved})
    tv.sonarr.run_commands()
    tv.refresh(series_id)
    tv.put_file("S01E02.mkv", show=OFFICE)
    tv.rescan(series_id)
    assert tv.places(series_id, "monitored") == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert tv.events() == []


def test_rename_keeps_the_ids_tells_both_names_and_no_episodes(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.connect(onImportComplete=False, onDownload=False)
    first, second = (
        tv.sonarr.download(OFFICE.tvdb_id, 1, number, name=f"{number}x.mkv") for number in (1, 2)
    )
    files = [first.id, second.id]
    tv.command("RenameFiles", seriesId=series_id, files=files)
    [body] = tv.received
    assert "episodes" not in body
    assert [row["id"] for row in body["renamedEpisodeFiles"]] == files
    assert body["renamedEpisodeFiles"][0]["previousRelativePath"] == "1x.mkv"
    assert Path(body["renamedEpisodeFiles"][0]["path"]).exists()
    tv.command("RenameSeries", seriesIds=[series_id])
    assert tv.events() == ["Rename"], "they have their names already"


def test_no_file_is_renamed_onto_another(tv: SonarrHousehold) -> None:
    tv.added()
    first, second = (tv.sonarr.download(OFFICE.tvdb_id, 1, number) for number in (1, 2))
    tv.connect()
    assert tv.sonarr.rename(OFFICE.tvdb_id, 1, 2, first.relative_path) == second
    assert tv.events() == []


def test_deletes_by_people_tell_reasons_and_a_boolean(tv: SonarrHousehold) -> None:
    tv.added()
    tv.connect()
    tv.sonarr.download_season(OFFICE.tvdb_id, 1)
    tv.sonarr.delete_file(OFFICE.tvdb_id, 1, 1)
    assert (tv.received[-1]["deleteReason"], tv.received[-1]["episodes"][0]["episodeNumber"]) == ("manual", 1)
    tv.received.clear()
    tv.sonarr.delete(OFFICE.tvdb_id, delete_files=True)
    assert [(body["eventType"], body["deletedFiles"]) for body in tv.received] == [("SeriesDelete", True)]
    assert not (tv.root / OFFICE.title).exists()
    assert tv.sonarr.deleted_media == []


def test_a_delete_by_request_is_told_before_its_reply_and_a_file_of_several_episodes_once(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    tv.connect(onImportComplete=False)
    file = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2)
    tv.received.clear()
    tv.client.delete(f"/episodefile/{file.id}")
    assert tv.events() == ["EpisodeFileDelete"]
    tv.client.delete(f"/series/{series_id}")
    assert tv.received[-1]["deletedFiles"] is False


def test_a_connection_with_a_tag_hears_only_of_series_with_it(tv: SonarrHousehold) -> None:
    tag = tv.client.post("/tag", json={"label": "mine"}).json()["id"]
    tv.connect(tags=[tag])
    tv.added(OFFICE)
    tv.added(SEVERANCE, tags=[tag])
    assert [body["series"]["title"] for body in tv.received] == ["Severance"]


def test_the_test_event_is_sent_when_a_connection_is_saved(tv: SonarrHousehold) -> None:
    tv.sonarr.connect("http://mesharr/hook", {"X-Mesharr": "token"})
    assert (tv.events(), tv.received[0]["series"]["tvdbId"]) == (["Test"], 1234)
    assert tv.headers[0]["X-Mesharr"] == "token"
    [connection] = tv.client.get("/notification").json()
    assert (connection["onImportComplete"], connection["supportsOnSeriesAdd"]) == (True, True)
    assert connection["infoLink"] == "https://wiki.servarr.com/sonarr/supported#notifications"


def test_a_grab_of_several_episodes_is_one_event(tv: SonarrHousehold) -> None:
    tv.added()
    tv.connect()
    release = tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2, size=5)
    [grab] = tv.received
    assert (grab["release"]["releaseTitle"], grab["release"]["size"]) == (release.title, 5)
    assert release.title == "The.Office.S01E01E02.1080p.WEBDL.x264-GRP"
    assert len(grab["episodes"]) == 2


@pytest.fixture
def script(tv: SonarrHousehold, tmp_path: Path) -> Path:
    path = tmp_path / "hook.sh"
    path.write_text(f'#!/bin/sh\nenv | grep -i ^sonarr_ >> "{tmp_path}/out"\necho --- >> "{tmp_path}/out"\n')
    path.chmod(0o755)
    fields = [{"name": "path", "value": str(path)}]
    assert tv.connect(implementation="CustomScript", fields=fields).status_code == 201
    return tmp_path / "out"


def runs(out: Path) -> list[dict[str, str]]:
    parts = out.read_text().split("---\n")
    return [dict(line.split("=", 1) for line in part.splitlines()) for part in parts if part]


def test_a_custom_script_gets_lower_case_names_and_can_tell_the_two_downloads_apart(
    tv: SonarrHousehold, script: Path
) -> None:
    tv.added()
    tv.sonarr.grab(OFFICE.tvdb_id, 1, 1, 2)
    file = tv.sonarr.download(OFFICE.tvdb_id, 1, 1, 2)
    test, added, grab, single, whole = runs(script)
    assert [run["sonarr_eventtype"] for run in (test, added, grab, single, whole)] == [
        "Test",
        "SeriesAdd",
        "Grab",
        "Download",
        "Download",
    ]
    assert len(test) == 3
    assert (added["sonarr_series_tvdbid"], added["sonarr_series_type"]) == ("73244", "Standard")
    assert "sonarr_series_path" not in grab
    assert grab["sonarr_release_episodenumbers"] == "1,2"
    assert (single["sonarr_isupgrade"], single["sonarr_episodefile_episodenumbers"]) == ("False", "1,2")
    assert single["sonarr_release_releasetype"] == "MultiEpisode"
    assert Path(single["sonarr_episodefile_path"]).exists()
    assert (whole["sonarr_episodefile_count"], "sonarr_isupgrade" in whole) == ("1", False)
    assert whole["sonarr_episodefile_ids"] == str(file.id)
    assert all(name == name.lower() for name in single | whole)


def test_a_script_is_told_of_upgrades_renames_and_deletes(tv: SonarrHousehold, script: Path) -> None:
    series_id = tv.added()
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, quality="SDTV")
    tv.sonarr.download_season(OFFICE.tvdb_id, 1)
    tv.sonarr.rename(OFFICE.tvdb_id, 1, 1, "a.mkv")
    tv.sonarr.delete_file(OFFICE.tvdb_id, 1, 1)
    tv.sonarr.delete(OFFICE.tvdb_id)
    by_event: dict[str, list[dict[str, str]]] = {}
    for run in runs(script):
        by_event.setdefault(run["sonarr_eventtype"], []).append(run)
    assert [run["sonarr_episodefile_deletereason"] for run in by_event["EpisodeFileDelete"]] == [
        "Upgrade",
        "Manual",
    ]
    upgrades = [run for run in by_event["Download"] if run.get("sonarr_isupgrade") == "True"]
    assert "SDTV" in upgrades[0]["sonarr_deletedpaths"]
    [pack] = [run for run in by_event["Download"] if run.get("sonarr_episodefile_count") == "3"]
    assert pack["sonarr_episodefile_ids"].count("|") == 2
    assert pack["sonarr_destinationpath"].endswith("Season 01")
    assert by_event["Rename"][0]["sonarr_episodefile_relativepaths"] == "a.mkv"
    assert by_event["SeriesDelete"][0]["sonarr_series_deletedfiles"] == "False"
    assert series_id > 0


def test_the_script_event_of_one_file_is_lost_when_files_are_not_analysed(
    tv: SonarrHousehold, script: Path
) -> None:
    tv.added()
    tv.settings(enableMediaInfo=False)
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    assert len(tv.sonarr.notifications.failures) == 1
    assert runs(script)[-1]["sonarr_episodefile_count"] == "1", "that of the whole is sent"


def test_downloads_of_daily_shows_and_odd_names_are_found_again_by_a_scan(tv: SonarrHousehold) -> None:
    series_id = tv.added(DAILY)
    file = tv.sonarr.download(DAILY.tvdb_id, 29, 2)
    assert file.relative_path == "Season 29/The Daily Show - 2023-01-24 - Episode 29-2 WEBDL-1080p.mkv"
    backup: dict[str, Any] = tv.files(series_id)
    tv.client.delete(f"/series/{series_id}")
    assert tv.files(tv.added(DAILY)) == backup


def test_what_lies_beside_a_download_is_written_too(tv: SonarrHousehold) -> None:
    tv.added()
    extras = {"S01E01.en.srt": b"hi"}
    file = tv.sonarr.download(
        OFFICE.tvdb_id, 1, 1, name="Season 01/S01E01.mkv", content=b"abc", extras=extras
    )
    folder = tv.root / OFFICE.title / "Season 01"
    assert (file.size, (folder / "S01E01.en.srt").read_bytes()) == (3, b"hi")
