"""What a scan of a series folder takes, refuses, drops and writes over."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.arrs.sonarr.app import Broadcast
from tests.unit.arrs.sonarr.household import ANIME, DAILY, OFFICE, SEVERANCE, SonarrHousehold, announced

E101 = "Season 01/The Office - S01E01 WEBDL-1080p.mkv"
E102 = "Season 01/The Office - S01E02 WEBDL-1080p.mkv"


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def test_an_add_finds_the_files_that_are_there_without_a_word(tv: SonarrHousehold) -> None:
    tv.settings(rescanAfterRefresh="never")
    tv.connect()
    tv.put_file(E101, 77)
    series_id = tv.added()
    assert tv.files(series_id) == {name_of(E101): [(1, 1)]}
    assert tv.places(series_id, "monitored") == []
    assert tv.events() == ["SeriesAdd"]
    assert tv.client.get("/history").json()["records"] == []


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("The.Office.S01E02.720p.WEB-DL.mkv", [(1, 2)]),
        ("The Office - S01E01E02.mkv", [(1, 1), (1, 2)]),
        ("The Office - S01E02-E03.mkv", [(1, 2), (1, 3)]),
        ("The Office - S01E01-03.mkv", [(1, 1), (1, 2), (1, 3)]),
        ("The Office - S01E01 - S01E03.mkv", [(1, 1), (1, 2), (1, 3)]),
        ("The Office - 1x02 - Title.mkv", [(1, 2)]),
        ("2x01x02.mkv", [(2, 1), (2, 2)]),
        ("Another Show S02E04.mkv", [(2, 4)]),
        ("Specials/The Office - S00E01 - Blooper.mkv", [(0, 1)]),
        ("anywhere/deep/below/S02E03.mkv", [(2, 3)]),
    ],
)
def test_a_file_is_attached_by_the_places_in_its_name(
    tv: SonarrHousehold, name: str, places: list[tuple[int, int]]
) -> None:
    tv.put_file(name)
    assert tv.files(tv.added()) == {name_of(name): places}


@pytest.mark.parametrize(
    "name",
    [
        "The Office - S09E01.mkv",
        "The Office S01.mkv",
        "The Office - S01E01a .mkv",
        "The Office.mkv",
        "The Office - S01E01-trailer.mkv",
        "The Office - S01E01.nfo",
        "The Office - S01E01.mkv.partial",
        "trailers/The Office - S01E01.mkv",
        ".grab/The Office - S01E01.mkv",
        "Other/The Office - S01E01.mkv",
    ],
)
def test_extras_whole_seasons_and_unknown_episodes_are_not_attached(tv: SonarrHousehold, name: str) -> None:
    tv.put_file(name)
    assert tv.files(tv.added()) == {}


def test_a_daily_show_is_read_by_its_date(tv: SonarrHousehold) -> None:
    tv.put_file("The Daily Show - 2023-01-24 - Guest.mkv", show=DAILY)
    assert list(tv.files(tv.added(DAILY)).values()) == [[(29, 2)]]


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ([announced(0, 1, "2023-03-01")], [(0, 1)]),
        ([announced(0, 1, "2023-03-01"), announced(29, 9, "2023-03-01")], [(29, 9)]),
        ([announced(29, 8, "2023-03-01"), announced(29, 9, "2023-03-01")], None),
    ],
)
def test_of_several_episodes_on_a_day_it_is_the_one_that_is_no_special(
    tv: SonarrHousehold, more: list[Broadcast], places: list[tuple[int, int]] | None
) -> None:
    tv.catalogue[DAILY.tvdb_id] = DAILY.with_episodes(*more)
    tv.put_file("The Daily Show 2023.03.01.mkv", show=DAILY)
    assert list(tv.files(tv.added(DAILY)).values()) == ([] if places is None else [places])


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("One Piece - 010.mkv", [(2, 2)]),
        ("[Group] One Piece - 010 [1080p].mkv", [(2, 2)]),
        ("One Piece - 008-009 HDTV-720p.mkv", [(1, 8), (2, 1)]),
        ("One Piece - S01E03 - 003.mkv", [(1, 3)]),
    ],
)
def test_an_anime_is_read_by_numbers_counted_through_all_seasons(
    tv: SonarrHousehold, name: str, places: list[tuple[int, int]]
) -> None:
    tv.put_file(name, show=ANIME)
    assert list(tv.files(tv.added(ANIME)).values()) == [places]


def test_a_whole_season_is_no_absolute_number(tv: SonarrHousehold) -> None:
    tv.put_file("One Piece Season 02.mkv", show=ANIME)
    assert tv.files(tv.added(ANIME)) == {}


def test_a_show_without_absolute_numbers_has_no_file_for_them(tv: SonarrHousehold) -> None:
    tv.put_file("The Office - 003.mkv")
    assert tv.files(tv.added()) == {}


def test_an_episode_that_the_metadata_does_not_know_is_attached_after_a_refresh(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.put_file("The Office - S02E05.mkv")
    tv.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(announced(2, 5))
    tv.rescan(series_id)
    assert tv.files(series_id) == {}
    tv.refresh(series_id)
    assert tv.files(series_id) == {"The Office - S02E05.mkv": [(2, 5)]}


def test_a_double_episode_scanned_before_its_second_half_is_known_stays_a_single_one(
    tv: SonarrHousehold,
) -> None:
    tv.put_file("The Office - S02E04E05.mkv")
    series_id = tv.added()
    tv.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(announced(2, 5))
    tv.refresh(series_id)
    assert tv.files(series_id) == {"The Office - S02E04E05.mkv": [(2, 4)]}


def test_a_lower_quality_is_refused_while_the_old_file_is_there_and_taken_when_it_is_gone(
    tv: SonarrHousehold,
) -> None:
    old = tv.put_file(E101)
    series_id = tv.added()
    tv.put_file("Season 01/The Office - S01E01 SDTV.avi", 99)
    tv.rescan(series_id)
    assert tv.files(series_id) == {old.name: [(1, 1)]}
    old.unlink()
    tv.rescan(series_id)
    assert tv.files(series_id) == {"The Office - S01E01 SDTV.avi": [(1, 1)]}, "judged after the clean-up"


def test_a_better_file_beside_the_old_one_takes_over_and_the_old_row_goes_in_the_next_scan(
    tv: SonarrHousehold,
) -> None:
    tv.connect()
    tv.put_file(E101)
    series_id = tv.added()
    better = tv.put_file("The Office - S01E01 Bluray-2160p.mkv")
    tv.rescan(series_id)
    assert tv.files(series_id) == {name_of(E101): [], better.name: [(1, 1)]}
    tv.rescan(series_id)
    assert tv.files(series_id) == {better.name: [(1, 1)]}
    assert tv.events() == ["SeriesAdd"], "a file without episodes goes without an event"


def test_two_files_of_one_quality_take_turns_with_every_other_scan(tv: SonarrHousehold) -> None:
    first = tv.put_file("The Office - S01E01 WEBDL-1080p a.mkv")
    series_id = tv.added()
    second = tv.put_file("The Office - S01E01 WEBDL-1080p b.mkv")
    held = []
    for _ in range(5):
        tv.rescan(series_id)
        held.append([name for name, places in tv.files(series_id).items() if places])
    assert held == [[second.name], [first.name], [second.name], [first.name], [second.name]]


def test_housekeeping_drops_the_rows_of_files_that_hold_no_episode(tv: SonarrHousehold) -> None:
    tv.put_file(E101)
    series_id = tv.added()
    better = tv.put_file("The Office - S01E01 Bluray-2160p.mkv")
    tv.rescan(series_id)
    assert tv.command("Housekeeping") == "completed"
    assert tv.files(series_id) == {better.name: [(1, 1)]}


def test_of_several_new_files_the_largest_is_taken_whatever_its_quality(tv: SonarrHousehold) -> None:
    tv.put_file("The Office - S01E01 Bluray-1080p.mkv", 10)
    tv.put_file("The Office - S01E01 HDTV-720p.mkv", 99)
    assert tv.files(tv.added()) == {"The Office - S01E01 HDTV-720p.mkv": [(1, 1)]}


def test_a_file_that_holds_more_episodes_is_not_replaced_by_one_that_holds_fewer(tv: SonarrHousehold) -> None:
    both = tv.put_file("The Office - S01E01E02 SDTV.avi")
    series_id = tv.added()
    tv.put_file("The Office - S01E01 Bluray-1080p.mkv")
    tv.rescan(series_id)
    assert tv.files(series_id) == {both.name: [(1, 1), (1, 2)]}


def test_a_renamed_file_is_dropped_with_an_event_and_attached_with_a_new_id_in_one_scan(
    tv: SonarrHousehold,
) -> None:
    tv.connect()
    old = tv.put_file(E101)
    series_id = tv.added()
    [before] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    old.rename(old.with_name("S01E01.mkv"))
    tv.rescan(series_id)
    [after] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    assert (after["relativePath"], after["id"] > before["id"]) == ("Season 01/S01E01.mkv", True)
    assert tv.events() == ["SeriesAdd", "EpisodeFileDelete"]
    assert tv.received[-1]["deleteReason"] == "missingFromDisk"


def test_a_file_overwritten_under_its_name_changes_its_size_only(tv: SonarrHousehold) -> None:
    tv.put_file(E101, 10)
    series_id = tv.added()
    [before] = tv.client.get(f"/episodefile?seriesId={series_id}").json()
    tv.time += 60
    tv.put_file(E101, 99)
    tv.rescan(series_id)
    assert tv.client.get(f"/episodefile?seriesId={series_id}").json() == [{**before, "size": 99}]


def test_a_missing_root_and_an_empty_root_drop_nothing(tv: SonarrHousehold) -> None:
    tv.put_file(E101)
    series_id = tv.added()
    shutil.rmtree(tv.root)
    tv.rescan(series_id)
    tv.root.mkdir()
    tv.rescan(series_id)
    assert tv.files(series_id) == {name_of(E101): [(1, 1)]}


def test_one_other_entry_in_the_root_makes_a_lost_mount_a_removal_of_every_file(tv: SonarrHousehold) -> None:
    tv.connect()
    tv.put_file(E101)
    file = tv.put_file(E102)
    series_id = tv.added()
    shutil.rmtree(file.parents[1])
    tv.sonarr.daily_refresh()
    assert tv.files(series_id) == {}
    assert tv.events() == ["SeriesAdd", "EpisodeFileDelete", "EpisodeFileDelete"]
    assert not file.parents[1].exists(), "a missing folder is made only if the settings say so"


def test_a_missing_folder_is_made_if_the_settings_say_so_and_an_empty_one_removed(
    tv: SonarrHousehold,
) -> None:
    tv.settings(createEmptySeriesFolders=True)
    series_id = tv.added()
    folder = tv.root / OFFICE.title
    assert folder.is_dir()
    tv.settings(createEmptySeriesFolders=True, deleteEmptyFolders=True)
    tv.rescan(series_id)
    assert not folder.exists()
    tv.rescan(series_id)
    assert not folder.exists(), "deleting wins over making"


def test_a_season_folder_that_must_not_be_read_looks_empty_and_other_errors_abort_the_scan(
    tv: SonarrHousehold,
) -> None:
    tv.put_file(E101)
    file = tv.put_file("Season 02/The Office - S02E01.mkv")
    series_id = tv.added()

    def forbidden(path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        if path.endswith("Season 02"):
            raise PermissionError(13, "denied", path)
        return os.scandir(path)

    def broken(path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        raise OSError(107, "Transport endpoint is not connected", path)

    tv.sonarr.library.scandir = broken
    assert tv.command("RescanSeries", seriesId=series_id) == "failed"
    assert len(tv.files(series_id)) == 2
    tv.sonarr.library.scandir = forbidden
    tv.rescan(series_id)
    assert tv.files(series_id) == {name_of(E101): [(1, 1)]}
    assert file.exists()


def test_a_first_scan_that_fails_leaves_the_add_unfinished_until_the_next(tv: SonarrHousehold) -> None:
    tv.connect()

    def broken(path: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        raise OSError(107, "Transport endpoint is not connected", path)

    tv.put_file(E101)
    tv.sonarr.library.scandir = broken
    series_id = tv.added(seasons=[{"seasonNumber": 1, "monitored": True}])
    assert (tv.events(), "addOptions" in tv.get(series_id)) == ([], True)
    assert [command["status"] for command in tv.client.get("/command").json()] == ["completed"]
    assert tv.places(series_id, "monitored") != []
    tv.sonarr.library.scandir = os.scandir
    tv.rescan(series_id)
    assert (tv.events(), "addOptions" in tv.get(series_id)) == (["SeriesAdd"], False)
    assert tv.places(series_id, "monitored") == []


def test_a_removal_unmonitors_an_episode_at_the_end_of_the_scan_if_nothing_replaced_its_file(
    tv: SonarrHousehold,
) -> None:
    lost, renamed = tv.put_file(E101), tv.put_file(E102)
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    lost.rename(tv.root / "out.mkv")
    tv.rescan(series_id)
    assert (1, 1) in tv.places(series_id, "monitored"), "the setting is off"
    (tv.root / "out.mkv").rename(lost)
    tv.rescan(series_id)
    tv.settings(autoUnmonitorPreviouslyDownloadedEpisodes=True)
    lost.unlink()
    renamed.rename(renamed.with_name("S01E02.mkv"))
    tv.rescan(series_id)
    monitored = tv.places(series_id, "monitored")
    assert ((1, 1) in monitored, (1, 2) in monitored) == (False, True)


def test_a_delete_by_a_person_unmonitors_at_once_if_the_setting_says_so(tv: SonarrHousehold) -> None:
    tv.put_file(E101)
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    tv.settings(autoUnmonitorPreviouslyDownloadedEpisodes=True)
    tv.sonarr.delete_file(OFFICE.tvdb_id, 1, 1)
    assert (1, 1) not in tv.places(series_id, "monitored")


def test_an_upgrade_keeps_the_flag_whatever_the_setting_says(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    tv.settings(autoUnmonitorPreviouslyDownloadedEpisodes=True)
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1, quality="SDTV")
    tv.sonarr.download(OFFICE.tvdb_id, 1, 1)
    assert (1, 1) in tv.places(series_id, "monitored")


def test_a_scan_writes_no_flags_so_edits_during_it_stay(tv: SonarrHousehold) -> None:
    series_id = tv.added(monitored=True, addOptions={"monitor": "all"})
    tv.put_file(E101)

    def edit(stage: str, scanned: int) -> None:
        assert (stage, scanned) == ("scan", series_id)
        tv.sonarr.set_monitored(OFFICE.tvdb_id, False)
        tv.sonarr.set_monitored(OFFICE.tvdb_id, False, season=1, number=1)

    tv.sonarr.between = edit
    tv.rescan(series_id)
    assert tv.get(series_id)["monitored"] is False
    assert tv.episodes(series_id, seasonNumber=1)[0]["monitored"] is False
    assert tv.files(series_id) == {name_of(E101): [(1, 1)]}


def test_a_series_deleted_during_its_scan_stays_deleted(tv: SonarrHousehold) -> None:
    series_id = tv.added()
    tv.put_file(E101)
    tv.sonarr.between = lambda stage, scanned: tv.sonarr.delete(OFFICE.tvdb_id)
    tv.command("RescanSeries", seriesId=series_id)
    assert tv.client.get("/series").json() == []
    assert tv.episodes(series_id) == []


def test_a_rescan_without_a_series_scans_all_and_a_misspelt_parameter_is_none(tv: SonarrHousehold) -> None:
    ids = [tv.added(OFFICE), tv.added(SEVERANCE)]
    for show in (OFFICE, SEVERANCE):
        tv.put_file(f"{show.title} - S01E01.mkv", show=show)
    tv.command("RescanSeries", seriesIds=[ids[0]])
    assert [len(tv.files(series_id)) for series_id in ids] == [1, 1]


def test_a_file_that_appears_after_the_listing_is_missed_by_a_deduplicated_rescan(
    tv: SonarrHousehold,
) -> None:
    series_id = tv.added()
    tv.put_file("note.txt")
    posted: list[int] = []

    def appear(stage: str, scanned: int) -> None:
        tv.put_file(E101)
        command = {"name": "RescanSeries", "seriesId": series_id}
        posted.append(tv.client.post("/command", json=command).json()["id"])

    tv.sonarr.between = appear
    tv.rescan(series_id)
    assert tv.files(series_id) == {}
    assert [command["id"] for command in tv.client.get("/command").json()][-1] == posted[0]
