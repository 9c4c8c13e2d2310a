"""What the Sonarr adapter asks, what it makes of the answers, and what it never does."""

from typing import Any

import httpx
import pytest

from mesharr.arr.sonarr import KIND, Sonarr
from mesharr.core.arr.model import ArrItem, Download, Signal
from mesharr.core.errors import Refused
from tests.contract.arr.contract import sample
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import EPISODES, PAIR, QUIET, SEASON, SEVERANCE, episode, episode_file

NEW = sample(KIND).new
ID = "tvdb:371980"


@pytest.fixture
def sonarr() -> HandMade:
    return HandMade(KIND)


def _read(sonarr: HandMade, id_: str = ID) -> ArrItem:
    item = sonarr.arr().read(id_)
    assert item is not None
    return item


# -- reading ------------------------------------------------------------------------------------


def test_a_series_is_an_item_and_an_episode_a_unit(sonarr: HandMade) -> None:
    item = _read(sonarr)
    assert (item.ref, item.id, item.kind, item.series_type) == (12, ID, "series", "standard")
    assert item.ids == {"tvdb": 371980, "tmdb": 95396, "tvmaze": 44933, "imdb": "tt11280740"}
    assert (item.title, item.year, item.folder) == ("Severance", 2022, "/mnt/media/TV/Severance")
    assert (item.profile, item.tags) == ("HD-1080p", ())
    assert item.monitored == {"S02E01": True, "S02E02": True, "S02E03": False, "S02E04": True}


def test_a_file_of_two_episodes_satisfies_both_and_is_one_file(sonarr: HandMade) -> None:
    first, second = _read(sonarr).files
    assert (first.units, first.size, first.quality) == (("S02E01",), 3_221_225_472, "Bluray-1080p")
    assert (first.group, first.languages) == ("GRP", ("English",))
    assert second.units == ("S02E02", "S02E03")
    assert second.path == PAIR["path"]


def test_the_tvdb_ids_of_the_episodes_are_their_checks_where_there_are_any(sonarr: HandMade) -> None:
    item = _read(sonarr)
    assert item.checks == {"S02E01": 10_567_821, "S02E02": 10_567_822, "S02E03": 10_567_823}
    assert item.files[1].checks == {"S02E02": 10_567_822, "S02E03": 10_567_823}


def test_a_monitored_episode_of_an_unmonitored_series_would_not_be_downloaded(sonarr: HandMade) -> None:
    assert _read(sonarr, "tvdb:81189").monitored == {"S02E01": False, "S02E02": False}


def test_specials_and_long_seasons_have_units_of_the_same_form(sonarr: HandMade) -> None:
    sonarr.lists["episode"] = [
        episode(12, 1, True, seasonNumber=0),
        episode(12, 123, True, seasonNumber=2025),
    ]
    assert set(_read(sonarr).monitored) == {"S00E01", "S2025E123"}


@pytest.mark.parametrize("series_type", ["daily", "anime"])
def test_the_type_of_a_series_travels_and_its_units_stay_season_and_number(
    sonarr: HandMade, series_type: str
) -> None:
    sonarr.lists["series"] = [SEVERANCE | {"seriesType": series_type}]
    sonarr.lists["episode"][0] |= {"absoluteEpisodeNumber": 10, "airDate": "2025-01-16"}
    item = _read(sonarr)
    assert item.series_type == series_type
    assert "S02E01" in item.monitored
    sonarr.arr().add(NEW(series_type=series_type))
    assert sonarr.body("POST series")["seriesType"] == series_type


def test_reading_a_series_is_two_requests_when_its_labels_are_known(sonarr: HandMade) -> None:
    arr = sonarr.arr()
    arr.read(ID)
    sonarr.requests.clear()
    arr.read(ID)
    assert sonarr.lines() == [
        "GET series?tvdbId=371980",
        "GET episode?seriesId=12&includeEpisodeFile=true",
    ]


def test_the_files_are_requested_from_a_sonarr_that_does_not_send_them_along(sonarr: HandMade) -> None:
    expected = _read(sonarr).files
    sonarr.lists["episode"] = [
        {name: value for name, value in each.items() if name != "episodeFile"} for each in EPISODES
    ]
    assert _read(sonarr).files == expected
    assert "GET episodefile?seriesId=12" in sonarr.lines()


def test_an_absent_series_is_none_and_its_episodes_are_not_requested(sonarr: HandMade) -> None:
    assert sonarr.arr().read("tvdb:348") is None
    assert sonarr.lines() == ["GET series?tvdbId=348"]


def test_a_sonarr_that_ignores_the_query_does_not_pass_off_another_series(sonarr: HandMade) -> None:
    sonarr.answers["GET series"] = (200, [QUIET, SEVERANCE])
    assert _read(sonarr).title == "Severance"
    assert sonarr.arr().read("tvdb:348") is None


def test_tags_that_were_never_set_are_none(sonarr: HandMade) -> None:
    sonarr.lists["series"] = [SEVERANCE | {"tags": None}]
    assert _read(sonarr).tags == ()


def test_a_row_with_only_its_ids_and_a_row_without_a_tvdb_id_do_no_harm(sonarr: HandMade) -> None:
    sonarr.lists["series"] = [{"id": 1, "tvdbId": 2}, {"id": 3, "tvdbId": 0}]
    [item] = sonarr.arr().read_all()
    assert (item.id, item.title, item.folder, item.files, item.monitored) == ("tvdb:2", "", "", (), {})


# -- reading everything ---------------------------------------------------------------------------


class _Hours:
    """A clock (s) that moves when reported."""

    def __init__(self) -> None:
        self.now = 50_000.0

    def __call__(self) -> float:
        return self.now


def _timed(sonarr: HandMade) -> tuple[Sonarr, _Hours]:
    clock = _Hours()
    client = httpx.Client(base_url="http://arr.test", transport=httpx.MockTransport(sonarr.handle))
    return Sonarr(client, clock), clock


def _asked_episodes(sonarr: HandMade) -> list[str]:
    found = [line for line in sonarr.lines() if line.startswith("GET episode?")]
    sonarr.requests.clear()
    return found


OF_12 = "GET episode?seriesId=12&includeEpisodeFile=true"
OF_13 = "GET episode?seriesId=13&includeEpisodeFile=true"


def test_reading_everything_is_a_list_and_one_request_a_series(sonarr: HandMade) -> None:
    item = list(sonarr.arr().read_all())
    assert [each.id for each in item] == [ID, "tvdb:81189"]
    assert sonarr.lines() == ["GET series", "GET qualityprofile", "GET tag", OF_12, OF_13]


def test_eight_hundred_series_are_read_with_fewer_than_a_thousand_requests(sonarr: HandMade) -> None:
    sonarr.lists["series"] = [SEVERANCE | {"id": n, "tvdbId": n} for n in range(1, 801)]
    assert len(list(sonarr.arr().read_all())) == 800
    assert len(sonarr.requests) == 802


def test_ids_nobody_has_a_name_for_cost_one_request_for_a_whole_library(sonarr: HandMade) -> None:
    sonarr.lists["series"] = [
        SEVERANCE | {"id": n, "tvdbId": n, "qualityProfileId": 99, "tags": [99]} for n in range(1, 50)
    ]
    assert {(each.profile, each.tags) for each in sonarr.arr().read_all()} == {("", ())}
    assert len(sonarr.requests) == 3 + 49


def test_an_unmonitored_series_without_files_is_read_without_its_episodes(sonarr: HandMade) -> None:
    bare = QUIET | {"statistics": {"episodeFileCount": 0}}
    sonarr.lists["series"] = [bare, bare | {"id": 14, "tvdbId": 14, "monitored": True}]
    quiet, _ = sonarr.arr().read_all()
    assert (quiet.monitored, quiet.files, quiet.tags) == ({}, (), ("mesharr-bob",))
    assert _asked_episodes(sonarr) == ["GET episode?seriesId=14&includeEpisodeFile=true"]


def test_an_unmonitored_series_is_not_read_again_within_the_hour_and_a_monitored_one_is(
    sonarr: HandMade,
) -> None:
    arr, clock = _timed(sonarr)
    first = list(arr.read_all())
    assert _asked_episodes(sonarr) == [OF_12, OF_13]
    clock.now += 3599
    assert list(arr.read_all()) == first
    assert _asked_episodes(sonarr) == [OF_12]
    clock.now += 2
    assert list(arr.read_all()) == first
    assert _asked_episodes(sonarr) == [OF_12, OF_13]


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "/mnt/media/TV/Breaking Bad (2008)"},
        {"monitored": True},
        {"tags": []},
        {"qualityProfileId": 1},
        {"seasons": []},
        {"seriesType": "daily"},
        {"statistics": QUIET["statistics"] | {"sizeOnDisk": 8}},
        {"statistics": None},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_unmonitored_series_whose_row_changed_is_read_again(
    sonarr: HandMade, changed: dict[str, Any]
) -> None:
    arr, _ = _timed(sonarr)
    list(arr.read_all())
    sonarr.requests.clear()
    sonarr.lists["series"] = [QUIET | changed]
    list(arr.read_all())
    assert _asked_episodes(sonarr) == [OF_13]


def test_a_read_always_asks_and_what_it_found_is_known_afterwards(sonarr: HandMade) -> None:
    arr, _ = _timed(sonarr)
    list(arr.read_all())
    sonarr.requests.clear()
    sonarr.lists["episode"] = [each for each in EPISODES if each["seriesId"] == 12]
    item = arr.read("tvdb:81189")
    assert _asked_episodes(sonarr) == [OF_13]
    assert item is not None
    assert item.files == ()
    assert item in list(arr.read_all())


# -- settings -------------------------------------------------------------------------------------


def test_lists_that_clean_the_library_are_refused_with_the_fix(sonarr: HandMade) -> None:
    sonarr.arr().check_settings()
    sonarr.lists["config/importlist"]["listSyncLevel"] = "removeAndDelete"
    with pytest.raises(Refused) as refused:
        sonarr.arr().check_settings()
    assert "removes series that no list has, so the peers' too" in refused.value.what
    assert "Import Lists > Clean Library Level" in refused.value.fix


def test_settings_that_hurt_on_a_shared_drive_are_found_each_with_its_fix(sonarr: HandMade) -> None:
    sonarr.lists["config/importlist"]["listSyncLevel"] = "keepAndUnmonitor"
    sonarr.lists["config/mediamanagement"] = {
        "deleteEmptyFolders": True,
        "createEmptySeriesFolders": True,
        "setPermissionsLinux": True,
        "fileDate": "utcAirDate",
        "rescanAfterRefresh": "afterManual",
        "enableMediaInfo": True,
    }
    found = sonarr.arr().setting_problems()
    assert [finding.what.split(": ")[0] for finding in found] == [
        "Sonarr's listSyncLevel is keepAndUnmonitor",
        "Sonarr's deleteEmptyFolders is True",
        "Sonarr's createEmptySeriesFolders is True",
        "Sonarr's setPermissionsLinux is True",
        "Sonarr's fileDate is utcAirDate",
    ]
    assert all(finding.fix for finding in found)


# -- adding ---------------------------------------------------------------------------------------

ADDED = {
    "tvdbId": 371980,
    "title": "Severance",
    "qualityProfileId": 4,
    "path": "/mnt/media/TV/Severance",
    "seriesType": "standard",
    "seasonFolder": True,
    "monitored": False,
    "monitorNewItems": "none",
    "tags": [9],
    "addOptions": {
        "monitor": "none",
        "searchForMissingEpisodes": False,
        "searchForCutoffUnmetEpisodes": False,
    },
}


def test_an_add_is_unmonitored_also_its_later_seasons_and_without_a_search(sonarr: HandMade) -> None:
    sonarr.arr().add(NEW())
    assert sonarr.body("POST series") == ADDED


def test_many_adds_are_one_request_and_request_names_once(sonarr: HandMade) -> None:
    arr = sonarr.arr()
    arr.add_many([NEW(), NEW(id="tvdb:81189")])
    arr.add_many([NEW(id="tvdb:5")])
    first, second = sonarr.bodies("POST series/import")
    assert first == [ADDED, ADDED | {"tvdbId": 81189}]
    assert [each["tvdbId"] for each in second] == [5]
    assert [line for line in sonarr.lines() if line.startswith("GET")] == ["GET qualityprofile"]


def test_a_type_no_sonarr_has_is_added_as_standard(sonarr: HandMade) -> None:
    sonarr.arr().add(NEW(series_type="weekly", title=""))
    sent = sonarr.body("POST series")
    assert (sent["seriesType"], sent["title"]) == ("standard", ID)


def _invalid(message: str) -> list[dict[str, Any]]:
    return [{"propertyName": "X", "errorMessage": message, "severity": "error"}]


@pytest.mark.parametrize(
    "message",
    [
        "Path '/mnt/media/TV/Severance' is already configured for another series",
        "Title slug 'severance' is in use by series 'Severance'",
    ],
)
def test_what_stands_in_the_way_is_refused_in_sonarrs_words(sonarr: HandMade, message: str) -> None:
    sonarr.answers["POST series"] = (400, _invalid(message))
    with pytest.raises(Refused, match=message):
        sonarr.arr().add(NEW())


# -- scans ----------------------------------------------------------------------------------------


def test_a_rescan_names_its_series(sonarr: HandMade) -> None:
    arr = sonarr.arr()
    assert arr.rescan(12) == 77
    assert sonarr.body("POST command") == {"name": "RescanSeries", "seriesId": 12}
    sonarr.requests.clear()
    arr.rescan(12, (PAIR["path"],), ("S02E02", "S02E03"))
    assert sonarr.body("POST command") == {"name": "RescanSeries", "seriesId": 12}
    assert sonarr.lines() == ["GET episode?seriesId=12", "POST command"]


def test_for_an_episode_that_sonarr_does_not_know_yet_its_metadata_are_refreshed(sonarr: HandMade) -> None:
    sonarr.arr().rescan(12, (f"{SEASON}/Severance - S02E04E05.mkv",), ("S02E04", "S02E05"))
    assert sonarr.body("POST command") == {"name": "RefreshSeries", "seriesIds": [12]}


# -- history and queue ----------------------------------------------------------------------------


def _row(kind: str, number: int, **data: str) -> dict[str, Any]:
    return {"eventType": kind, "series": SEVERANCE, "episode": episode(12, number, True), "data": data}


def test_the_rows_of_the_history_are_one_signal_for_all_that_is_alike(sonarr: HandMade) -> None:
    one, pair = (file["path"] for file in (episode_file(901, "S02E01"), PAIR))
    was = f"{SEASON}/severance.s02e02e03.mkv"
    gone = f"{SEASON}/old.mkv"
    sonarr.lists["history/since"] = [
        _row("grabbed", 1),
        _row("grabbed", 2),
        _row("downloadFolderImported", 1, importedPath=one, fileId="901"),
        _row("downloadFolderImported", 2, importedPath=pair, fileId="902"),
        _row("downloadFolderImported", 3, importedPath=pair, fileId="902"),
        _row("downloadFolderImported", 1, importedPath=one) | {"date": "2025-11-14T20:01:02Z"},
        _row("episodeFileRenamed", 2, sourcePath=was, path=pair),
        _row("episodeFileRenamed", 3, sourcePath=was, path=pair),
        _row("episodeFileDeleted", 1, reason="Upgrade") | {"sourceTitle": gone},
        _row("episodeFileDeleted", 1, reason="MissingFromDisk") | {"sourceTitle": one},
        _row("episodeFileDeleted", 1, reason="Manual"),
        _row("seriesFolderImported", 1, importedPath=one),
        _row("downloadIgnored", 1),
        _row("downloadFolderImported", 1),
        _row("grabbed", 1) | {"series": None},
        _row("grabbed", 1) | {"series": SEVERANCE | {"tvdbId": 0}},
    ]
    folder = "/mnt/media/TV/Severance"
    assert sonarr.arr().history_since(1_763_150_462_999).signals == (
        Signal(kind="grabbed", id=ID, folder=folder, units=("S02E01", "S02E02")),
        Signal(kind="imported", id=ID, folder=folder, paths=(one, pair)),
        Signal(kind="imported", id=ID, folder=folder, paths=(one,), at=1_763_150_462_000),
        Signal(kind="renamed", id=ID, folder=folder, paths=(pair,), renamed={was: pair}),
        Signal(kind="file_deleted", id=ID, folder=folder, paths=(gone,), reason="upgrade"),
        Signal(kind="file_deleted", id=ID, folder=folder, paths=(one,), reason="missingfromdisk"),
    )
    [request] = sonarr.requests
    assert dict(request.url.params) == {
        "date": "2025-11-14T20:01:02Z",
        "includeSeries": "true",
        "includeEpisode": "true",
    }


def test_of_several_reasons_for_which_a_file_went_the_last_one_stands(sonarr: HandMade) -> None:
    sonarr.lists["history/since"] = [
        _row("episodeFileDeleted", 1, reason="Manual") | {"sourceTitle": "/a.mkv"},
        _row("episodeFileDeleted", 1, reason="Upgrade") | {"sourceTitle": "/b.mkv"},
        _row("episodeFileDeleted", 1, reason="Manual") | {"sourceTitle": "/b.mkv"},
    ]
    reported = {signal.reason: signal.paths for signal in sonarr.arr().history_since(0).signals}
    assert reported == {"manual": ("/a.mkv", "/b.mkv"), "upgrade": ()}


def test_the_queue_is_grouped_by_series_and_what_is_over_is_no_download(sonarr: HandMade) -> None:
    def queued(number: int, state: str, **more: Any) -> dict[str, Any]:
        row = {"series": SEVERANCE, "episode": episode(12, number, True), "trackedDownloadState": state}
        return row | more

    sonarr.lists["queue/details"] = [
        queued(1, "downloading"),
        queued(2, "importPending"),
        queued(2, "importBlocked"),
        queued(3, "imported"),
        queued(4, "failed"),
        queued(5, "downloading", series=None),
        queued(6, "downloading", episode=None),
        queued(1, "downloading", series=QUIET),
    ]
    assert sonarr.arr().downloads() == (
        Download(ID, ("S02E01", "S02E02")),
        Download("tvdb:81189", ("S02E01",)),
    )
    assert sonarr.lines() == ["GET queue/details?includeSeries=true&includeEpisode=true"]
