"""What the Radarr adapter asks, what it makes of the answers, and what it never does."""

import json
from typing import Any

import pytest

from mesharr.arr.radarr import KIND
from mesharr.core.arr.model import ArrFile, Download, Signal
from mesharr.core.errors import Refused, Unavailable
from tests.contract.arr.contract import sample
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import DUNE, FOLDER, HEAT

NEW = sample(KIND).new


@pytest.fixture
def radarr() -> HandMade:
    return HandMade(KIND)


# -- reading ------------------------------------------------------------------------------------


def test_a_movie_is_one_item_with_one_unit_and_its_file(radarr: HandMade) -> None:
    item = radarr.arr().read("tmdb:438631")
    assert item is not None
    assert (item.ref, item.id, item.kind) == (12, "tmdb:438631", "movie")
    assert item.ids == {"tmdb": 438631, "imdb": "tt1160419"}
    assert (item.title, item.year, item.folder) == ("Dune", 2021, FOLDER)
    assert (item.profile, item.tags, item.monitored) == ("HD-1080p", (), {"movie": True})
    assert item.files == (
        ArrFile(
            path=f"{FOLDER}/Dune (2021) Bluray-1080p.mkv",
            size=12884901888,
            units=("movie",),
            quality="Bluray-1080p",
            group="GRP",
            languages=("English", "French"),
            ref=55,
        ),
    )


def test_a_movie_without_a_file_or_an_imdb_id_has_none(radarr: HandMade) -> None:
    item = radarr.arr().read("tmdb:949")
    assert item is not None
    assert (item.files, item.ids, item.tags) == ((), {"tmdb": 949}, ("mesharr-bob",))


def test_reading_a_movie_of_a_known_profile_without_tags_is_one_request(radarr: HandMade) -> None:
    arr = radarr.arr()
    arr.read("tmdb:438631")
    radarr.requests.clear()
    arr.read("tmdb:438631")
    assert radarr.lines() == ["GET movie?tmdbId=438631"]


def test_names_of_profiles_and_tags_are_requested_again_when_an_id_is_unknown(radarr: HandMade) -> None:
    arr = radarr.arr()
    list(arr.read_all())
    assert radarr.lines() == ["GET movie?excludeLocalCovers=true", "GET qualityprofile", "GET tag"]
    radarr.lists["movie"] = [DUNE | {"qualityProfileId": 5, "tags": [8, 3]}]
    radarr.lists["qualityprofile"].append({"id": 5, "name": "Ultra-HD"})
    radarr.lists["tag"].append({"id": 8, "label": "kept"})
    item = arr.read("tmdb:438631")
    assert item is not None
    assert (item.profile, item.tags) == ("Ultra-HD", ("kept", "mesharr-bob"))


def test_ids_nobody_has_a_name_for_cost_one_request_for_a_whole_library(radarr: HandMade) -> None:
    radarr.lists["movie"] = [
        DUNE | {"id": n, "tmdbId": n, "qualityProfileId": 99, "tags": [99]} for n in range(1, 50)
    ]
    item = list(radarr.arr().read_all())
    assert len(item) == 49
    assert {(each.profile, each.tags) for each in item} == {("", ())}
    assert len(radarr.requests) == 3


def test_an_absent_movie_is_none(radarr: HandMade) -> None:
    assert radarr.arr().read("tmdb:348") is None


def test_a_radarr_that_ignores_the_query_does_not_pass_off_another_movie(radarr: HandMade) -> None:
    radarr.answers["GET movie"] = (200, [HEAT, DUNE])
    arr = radarr.arr()
    item = arr.read("tmdb:438631")
    assert item is not None
    assert item.title == "Dune"
    assert arr.read("tmdb:348") is None


def test_a_row_with_only_its_ids_and_a_row_without_a_tmdb_id_do_no_harm(radarr: HandMade) -> None:
    radarr.lists["movie"] = [{"id": 1, "tmdbId": 2}, {"id": 3, "tmdbId": 0}]
    [item] = radarr.arr().read_all()
    assert (item.id, item.title, item.folder, item.files) == ("tmdb:2", "", "", ())
    assert item.monitored == {"movie": False}


def test_a_file_without_a_path_lies_below_the_folder_of_its_movie(radarr: HandMade) -> None:
    radarr.lists["movie"] = [DUNE | {"movieFile": {"relativePath": "sub/dune.mkv", "size": 5}}]
    item = radarr.arr().read("tmdb:438631")
    assert item is not None
    assert [(file.path, file.size, file.quality) for file in item.files] == [
        (f"{FOLDER}/sub/dune.mkv", 5, "")
    ]


# -- the setting that would harm the mesh ---------------------------------------------------------


@pytest.mark.parametrize("level", ["removeAndKeep", "removeAndDelete", "RemoveAndSomethingNew"])
def test_lists_that_clean_the_library_are_refused_with_the_fix(radarr: HandMade, level: str) -> None:
    radarr.lists["config/importlist"]["listSyncLevel"] = level
    with pytest.raises(Refused) as refused:
        radarr.arr().check_settings()
    assert "listSyncLevel" in refused.value.what
    assert level in refused.value.what
    assert "removes movies that no list has, so the peers' too" in refused.value.what
    assert "Settings > Lists > Clean Library Level" in refused.value.fix
    assert len(radarr.requests) == 1


@pytest.mark.parametrize("level", ["disabled", "logOnly", "keepAndUnmonitor", None])
def test_lists_that_remove_nothing_are_fine(radarr: HandMade, level: str | None) -> None:
    radarr.lists["config/importlist"]["listSyncLevel"] = level
    radarr.arr().check_settings()
    assert radarr.lines() == ["GET config/importlist"]


# -- adding ---------------------------------------------------------------------------------------


def test_an_add_is_unmonitored_without_a_search_and_under_the_path_given(radarr: HandMade) -> None:
    radarr.arr().add(NEW())
    assert radarr.body("POST movie") == {
        "tmdbId": 438631,
        "title": "Dune",
        "qualityProfileId": 4,
        "path": FOLDER,
        "monitored": False,
        "minimumAvailability": "released",
        "tags": [9],
        "addOptions": {"monitor": "none", "searchForMovie": False, "addMethod": "manual"},
    }


def test_a_tag_is_made_when_it_is_lacking_and_in_lower_case(radarr: HandMade) -> None:
    radarr.arr().add(NEW(tag="Mesharr-Alice"))
    assert radarr.body("POST tag") == {"label": "mesharr-alice"}


def test_the_label_is_resolved_before_each_write_because_ids_do_not_last(radarr: HandMade) -> None:
    arr = radarr.arr()
    radarr.lists["tag"] = [{"id": 3, "label": "mesharr-alice"}]
    arr.add(NEW())
    assert radarr.body("POST movie")["tags"] == [3]
    radarr.lists["tag"] = [{"id": 4, "label": "mesharr-alice"}]
    radarr.requests.clear()
    arr.add(NEW())
    assert radarr.body("POST movie")["tags"] == [4]
    assert radarr.lines().count("POST tag") == 1


def test_an_add_without_a_tag_asks_for_none(radarr: HandMade) -> None:
    radarr.arr().add(NEW(tag=""))
    assert radarr.body("POST movie")["tags"] == []
    assert radarr.lines() == ["GET qualityprofile", "POST movie"]


@pytest.mark.parametrize(
    ("profile", "default", "number"), [("HD-1080p", "Any", 4), ("UHD", "Any", 1), ("", "HD-1080p", 4)]
)
def test_the_profile_is_found_by_name_or_else_by_the_librarys_default(
    radarr: HandMade, profile: str, default: str, number: int
) -> None:
    radarr.arr().add(NEW(profile=profile, default_profile=default))
    assert radarr.body("POST movie")["qualityProfileId"] == number


def test_an_unknown_profile_is_refused_with_both_names_and_those_there_are(radarr: HandMade) -> None:
    with pytest.raises(Refused) as refused:
        radarr.arr().add(NEW(profile="UHD", default_profile="4K"))
    assert "'UHD' or '4K'" in refused.value.what
    assert "Any, HD-1080p" in refused.value.fix
    assert radarr.lines() == ["GET qualityprofile"]


def _invalid(*messages: str) -> list[dict[str, Any]]:
    return [{"propertyName": "X", "errorMessage": message, "severity": "error"} for message in messages]


def test_a_folder_that_is_another_movies_is_refused_in_radarrs_words(radarr: HandMade) -> None:
    radarr.answers["POST movie"] = (
        400,
        _invalid(f"Path '{FOLDER}' is already configured for an existing movie"),
    )
    with pytest.raises(Refused, match="is already configured for an existing movie"):
        radarr.arr().add(NEW())


# -- the monitored flag ---------------------------------------------------------------------------


@pytest.mark.parametrize("monitored", [True, False])
def test_the_flag_is_set_by_the_editor_which_leaves_everything_else_alone(
    radarr: HandMade, monitored: bool
) -> None:
    radarr.arr().set_monitored(12, ("movie",), monitored)
    assert radarr.lines() == ["PUT movie/editor"]
    assert radarr.body("PUT movie/editor") == {"movieIds": [12], "monitored": monitored}


def test_without_the_movies_unit_nothing_is_requested(radarr: HandMade) -> None:
    radarr.arr().set_monitored(12, (), monitored=False)
    radarr.arr().set_monitored(12, ("s01e01",), monitored=False)
    assert radarr.requests == []


def test_the_editors_500_for_a_movie_that_is_gone_is_nothing_to_do(radarr: HandMade) -> None:
    radarr.answers["PUT movie/editor"] = (500, {"message": "Expected query to return 1 rows but returned 0"})
    radarr.arr().set_monitored(99, ("movie",), monitored=False)
    assert radarr.lines() == ["PUT movie/editor", "GET movie/99"]


def test_the_editors_500_for_a_movie_that_is_there_is_a_failure(radarr: HandMade) -> None:
    radarr.answers["PUT movie/editor"] = (500, {"message": "database is locked"})
    with pytest.raises(Unavailable, match="database is locked"):
        radarr.arr().set_monitored(12, ("movie",), monitored=False)


# -- scans ----------------------------------------------------------------------------------------


def test_a_rescan_names_its_movie_with_the_one_parameter_radarr_reads(radarr: HandMade) -> None:
    assert radarr.arr().rescan(12) == 77
    assert radarr.body("POST command") == {"name": "RescanMovie", "movieId": 12}


@pytest.mark.parametrize(
    ("status", "ended"),
    [("queued", False), ("started", False), ("completed", True), ("failed", True), ("orphaned", True)],
)
def test_a_command_has_ended_when_it_neither_waits_nor_runs(
    radarr: HandMade, status: str, ended: bool
) -> None:
    radarr.lists["command"] = [{"id": 77, "name": "RescanMovie", "status": status}]
    assert radarr.arr().command_ended(77) is ended


def test_a_command_radarr_forgot_has_ended(radarr: HandMade) -> None:
    assert radarr.arr().command_ended(77) is True


def test_what_radarr_has_not_begun_to_refresh_is_known_in_its_order(radarr: HandMade) -> None:
    refresh = {"name": "RefreshMovie", "isNewMovie": True}
    commands: list[tuple[str, dict[str, Any]]] = [
        ("started", {**refresh, "movieIds": [5]}),
        ("queued", {**refresh, "movieIds": [9]}),
        ("queued", {**refresh, "movieIds": [7, 5]}),
        ("queued", {"name": "RescanMovie", "movieId": 11}),
        ("queued", {"name": "ManualImport", "files": [{"movieId": 7}]}),
        ("completed", {**refresh, "movieIds": [3]}),
    ]
    rows = [
        {"id": 40 + place, "name": body["name"], "status": status, "body": body}
        for place, (status, body) in enumerate(commands)
    ]
    radarr.lists["command"] = rows[::-1]
    scans = radarr.arr().scans()
    assert scans.queued == (9, 7)  # 7 is imported by ids, which does not change when Radarr comes to it
    assert scans.running == {5, 7, 9, 11}
    assert (scans.importing, scans.moving) == (True, False)
    radarr.lists["command"] = [{"id": 1, "name": "RefreshMovie", "status": "queued", "body": {}}, *rows]
    assert radarr.arr().scans().queued == ()  # all of them are refreshed, in an order of its own


@pytest.mark.parametrize(
    ("name", "status", "moving"),
    [
        ("MoveMovie", "started", True),
        ("ProcessMonitoredDownloads", "queued", True),
        ("RenameFiles", "completed", False),
        ("RefreshMovie", "started", False),
    ],
)
def test_what_radarr_moves_keeps_imports_waiting(
    radarr: HandMade, name: str, status: str, *, moving: bool
) -> None:
    radarr.lists["command"] = [{"id": 77, "name": name, "status": status, "body": {"movieIds": [5]}}]
    assert radarr.arr().scans().moving is moving


# -- moving and removing --------------------------------------------------------------------------


def test_a_move_does_not_send_stale_add_options_back(radarr: HandMade) -> None:
    radarr.answers["PUT movie/13"] = (202, HEAT)
    radarr.arr().move(13, "/mnt/media/Movies/Heat")
    sent = radarr.body("PUT movie/13")
    assert "addOptions" not in sent
    assert (sent["monitored"], sent["tags"], sent["qualityProfileId"]) == (False, [3], 4)


def test_moving_what_is_gone_sends_nothing(radarr: HandMade) -> None:
    radarr.arr().move(99, "/mnt/media/Movies/Dune")
    assert radarr.lines() == ["GET movie/99"]


def test_removing_what_is_gone_is_no_error(radarr: HandMade) -> None:
    radarr.answers["DELETE movie/99"] = (404, {"message": "NotFound"})
    radarr.arr().remove(99)
    assert len(radarr.requests) == 1


# -- history --------------------------------------------------------------------------------------


def test_each_row_of_the_history_with_news_is_a_signal(radarr: HandMade) -> None:
    path = f"{FOLDER}/Dune (2021) Bluray-1080p.mkv"
    row = {"id": 5, "movieId": 12, "eventType": "downloadFolderImported", "date": "2025-11-14T20:01:02Z"}
    radarr.lists["history/since"] = [
        row | {"movie": DUNE, "eventType": "grabbed", "sourceTitle": "Dune.2021", "data": {}},
        row
        | {"movie": DUNE, "data": {"importedPath": path, "droppedPath": "/downloads/dune.mkv", "size": "1"}},
        row | {"movie": DUNE, "data": {"importedPath": None}},
        row | {"movie": DUNE | {"tmdbId": 0}, "data": {"importedPath": path}},
        row | {"data": {"importedPath": path}},
        row
        | {
            "movie": DUNE,
            "eventType": "movieFileRenamed",
            "data": {"sourcePath": path, "path": f"{FOLDER}/Dune.mkv"},
        },
        row
        | {
            "movie": DUNE,
            "eventType": "movieFileDeleted",
            "sourceTitle": f"{FOLDER}/Dune.mkv",
            "data": {"reason": "MissingFromDisk"},
        },
        row | {"movie": DUNE, "eventType": "downloadIgnored", "data": {}},
    ]
    signals = radarr.arr().history_since(1_763_150_462_999).signals
    dune = Signal(kind="grabbed", id="tmdb:438631", folder=FOLDER, units=("movie",))
    now, at = f"{FOLDER}/Dune.mkv", 1_763_150_462_000
    assert signals == (
        dune,
        Signal(kind="imported", id="tmdb:438631", folder=FOLDER, paths=(path,), at=at),
        Signal(kind="renamed", id="tmdb:438631", folder=FOLDER, paths=(now,), renamed={path: now}, at=at),
        Signal(
            kind="file_deleted",
            id="tmdb:438631",
            folder=FOLDER,
            paths=(now,),
            reason="missingfromdisk",
            at=at,
        ),
    )
    [request] = radarr.requests
    assert dict(request.url.params) == {"date": "2025-11-14T20:01:02Z", "includeMovie": "true"}


# -- many at once, queue, exclusions, settings ----------------------------------------------------


def test_many_adds_are_one_request_and_request_names_once(radarr: HandMade) -> None:
    arr = radarr.arr()
    arr.add_many([NEW(), NEW(id="tmdb:949")])
    arr.add_many([NEW(id="tmdb:950")])
    first, second = (line for line in radarr.lines() if line == "POST movie/import")
    assert first == second
    assert [line for line in radarr.lines() if line.startswith("GET")] == ["GET qualityprofile"]
    [request, _] = [each for each in radarr.requests if each.url.path.endswith("/import")]
    sent = json.loads(request.content)
    assert [each["tmdbId"] for each in sent] == [438631, 949]
    assert all(each["monitored"] is False and each["addOptions"]["monitor"] == "none" for each in sent)


def test_what_the_queue_has_imported_or_given_up_is_no_download(radarr: HandMade) -> None:
    radarr.lists["queue/details"] = [
        {"id": 1, "movieId": 12, "movie": DUNE, "trackedDownloadState": "downloading"},
        {"id": 2, "movieId": 12, "movie": DUNE, "trackedDownloadState": "importPending"},
        {"id": 3, "movieId": 13, "movie": HEAT, "trackedDownloadState": "imported"},
        {"id": 4, "trackedDownloadState": "downloading"},
    ]
    assert radarr.arr().downloads() == (Download("tmdb:438631", ("movie",)),)


def test_settings_that_hurt_on_a_shared_drive_are_found_each_with_its_fix(radarr: HandMade) -> None:
    [found] = radarr.arr().setting_problems()
    assert "rescanAfterRefresh is always" in found.what
    assert "After Manual Refresh" in found.fix


# -- what holds of all requests -------------------------------------------------------------------


def test_the_key_travels_in_a_header_and_in_no_url(radarr: HandMade) -> None:
    radarr.arr().read("tmdb:438631")
    [request, *_] = radarr.requests
    assert len(request.headers["X-Api-Key"]) == 32
    assert request.headers["X-Api-Key"] not in str(request.url)
    assert str(request.url).startswith("http://arr.test:1234/base/api/v3/")
