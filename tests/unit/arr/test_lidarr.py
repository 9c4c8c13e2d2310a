"""What the Lidarr adapter asks, what it makes of the answers, and what it never does."""

from typing import Any

import msgspec
import pytest

from mesharr.arr.lidarr import KIND
from mesharr.core.arr.model import ArrFile, ArrItem, Download, Signal
from mesharr.core.errors import Refused, Unavailable
from tests.contract.arr.contract import sample
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import (
    APHEX,
    BOARDS,
    BOC,
    CAMPFIRE,
    DRUKQS,
    GEOGADDI,
    MUSIC,
    TWIN,
    album,
    track_file,
)

NEW = sample(KIND).new
_with = msgspec.structs.replace
ID = f"mbid:{BOC}"
ALBUM = f"{MUSIC}/Geogaddi (2002)"
ONE, TWO = f"{ALBUM}/01 Ready Lets Go.flac", f"{ALBUM}/02 Music Is Math.flac"
OTHER = "0b0c1d2e-0000-4000-8000-00000000000f"


@pytest.fixture
def lidarr() -> HandMade:
    return HandMade(KIND)


def _read(lidarr: HandMade, id_: str = ID) -> ArrItem:
    item = lidarr.arr().read(id_)
    assert item is not None
    return item


# -- reading ------------------------------------------------------------------------------------


def test_an_artist_is_an_item_and_an_album_a_unit_of_several_files(lidarr: HandMade) -> None:
    item = _read(lidarr)
    assert (item.ref, item.id, item.kind, item.multi_file_units) == (12, ID, "artist", True)
    assert (item.ids, item.title, item.year, item.folder) == ({"mbid": BOC}, "Boards of Canada", 0, MUSIC)
    assert (item.profile, item.tags) == ("HD-1080p", ())
    assert item.monitored == {GEOGADDI: True, CAMPFIRE: False}
    file = ArrFile(
        path=ONE,
        size=7_340_032,
        units=(GEOGADDI,),
        quality="FLAC",
        group="GRP",
        release="release-88",
        ref=455,
    )
    assert item.files == (file, _with(file, path=TWO, ref=456))


def test_a_monitored_album_of_an_unmonitored_artist_would_not_be_downloaded(lidarr: HandMade) -> None:
    assert set(_read(lidarr, f"mbid:{APHEX}").monitored.values()) == {False}


def test_reading_an_artist_is_three_requests_when_its_labels_are_known(lidarr: HandMade) -> None:
    arr = lidarr.arr()
    arr.read(ID)
    lidarr.requests.clear()
    arr.read(ID)
    assert lidarr.lines() == [f"GET artist?mbId={BOC}", "GET album?artistId=12", "GET trackfile?artistId=12"]


def test_an_artist_that_musicbrainz_merged_comes_under_lidarrs_own_id(lidarr: HandMade) -> None:
    lidarr.answers["GET artist"] = (200, [BOARDS])
    assert _read(lidarr, f"mbid:{OTHER}").id == ID


def test_a_lidarr_that_ignores_the_query_does_not_pass_off_another_artist(lidarr: HandMade) -> None:
    lidarr.answers["GET artist"] = (200, [TWIN, BOARDS])
    assert _read(lidarr).title == "Boards of Canada"
    assert lidarr.arr().read(f"mbid:{OTHER}") is None


def test_files_that_belong_to_no_album_satisfy_nothing(lidarr: HandMade) -> None:
    lidarr.lists["trackfile"] = [track_file(1, 12, 0, ONE), track_file(2, 12, 999, TWO)]
    assert _read(lidarr).files == ()


def test_reading_everything_requests_nothing_that_is_unmonitored_and_unchanged(lidarr: HandMade) -> None:
    bare = TWIN | {"id": 14, "foreignArtistId": OTHER, "statistics": {"trackFileCount": 0}}
    lidarr.lists["artist"].append(bare)
    arr = lidarr.arr()
    first = list(arr.read_all())
    assert [len(item.files) for item in first] == [2, 1, 0]
    assert lidarr.lines() == [
        "GET artist",
        "GET qualityprofile",
        "GET tag",
        "GET album?artistId=12",
        "GET trackfile?artistId=12",
        "GET album?artistId=13",
        "GET trackfile?artistId=13",
    ]
    lidarr.requests.clear()
    assert list(arr.read_all()) == first
    assert lidarr.lines() == [
        "GET artist",
        "GET qualityprofile",
        "GET tag",
        "GET album?artistId=12",
        "GET trackfile?artistId=12",
    ]


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["defaultMonitorOption", "defaultNewItemMonitorOption"])
@pytest.mark.parametrize("option", ["all", "future", "new", "unknown"])
def test_a_root_folder_that_monitors_what_it_finds_is_refused(
    lidarr: HandMade, member: str, option: str
) -> None:
    lidarr.arr().check_settings()
    lidarr.lists["rootfolder"][0][member] = option
    with pytest.raises(Refused) as refused:
        lidarr.arr().check_settings()
    assert f"/mnt/lib/music/ monitors {option}" in refused.value.what
    assert "would download the discographies" in refused.value.what
    assert "to None in Settings > Media Management" in refused.value.fix


def test_settings_that_hurt_on_a_shared_drive_are_found_each_with_its_fix(lidarr: HandMade) -> None:
    lidarr.lists["config/metadataprovider"] = {"writeAudioTags": "sync"}
    lidarr.lists["config/mediamanagement"] = {
        "watchLibraryForChanges": True,
        "importExtraFiles": True,
        "deleteEmptyFolders": True,
        "createEmptyArtistFolders": True,
        "rescanAfterRefresh": "never",
        "fileDate": "none",
        "recycleBin": "",
    }
    found = lidarr.arr().setting_problems()
    assert {finding.what.split(": ")[0].removeprefix("Lidarr's ") for finding in found} == {
        "deleteEmptyFolders is True",
        "createEmptyArtistFolders is True",
        "watchLibraryForChanges is True",
        "importExtraFiles is True",
        "recycleBin is empty",
        "writeAudioTags is sync",
    }
    assert all(finding.fix for finding in found)


# -- adding ---------------------------------------------------------------------------------------


def test_an_add_is_unmonitored_and_leaves_nothing_for_a_later_scan_to_undo(lidarr: HandMade) -> None:
    lidarr.arr().add(NEW())
    assert lidarr.body("POST artist") == {
        "foreignArtistId": BOC,
        "artistName": "Boards of Canada",
        "qualityProfileId": 4,
        "metadataProfileId": 2,
        "path": MUSIC,
        "monitored": False,
        "monitorNewItems": "none",
        "tags": [9],
    }


@pytest.mark.parametrize(
    ("names", "number"),
    [(["None", "Albums", "Standard"], 2), (["None", "Albums", "Live"], 1), (["Standard"], 0)],
)
def test_the_metadata_profile_is_standard_or_else_the_first_that_has_anything(
    lidarr: HandMade, names: list[str], number: int
) -> None:
    lidarr.lists["metadataprofile"] = [{"id": n + 10, "name": name} for n, name in enumerate(names)]
    lidarr.arr().add(NEW())
    assert lidarr.body("POST artist")["metadataProfileId"] == number + 10


def test_without_a_metadata_profile_nothing_is_added(lidarr: HandMade) -> None:
    lidarr.lists["metadataprofile"] = [{"id": 1, "name": "None"}]
    with pytest.raises(Refused, match="no metadata profile"):
        lidarr.arr().add(NEW())
    assert lidarr.changes() == []


def test_many_are_added_one_by_one_and_request_names_once(lidarr: HandMade) -> None:
    lidarr.arr().add_many([NEW(), NEW(id=f"mbid:{APHEX}")])
    assert lidarr.lines() == [
        "GET qualityprofile",
        "GET metadataprofile",
        "POST tag",
        "POST artist",
        "POST artist",
    ]


def _invalid(message: str) -> list[dict[str, Any]]:
    return [{"propertyName": "X", "errorMessage": message, "severity": "error"}]


@pytest.mark.parametrize("status", [500, 503])
def test_an_add_while_the_metadata_server_is_down_is_for_later(lidarr: HandMade, status: int) -> None:
    lidarr.answers["POST artist"] = (status, {"message": "Unable to communicate with LidarrAPI"})
    with pytest.raises(Unavailable, match="LidarrAPI"):
        lidarr.arr().add(NEW())


def test_an_artist_nobody_knows_is_refused(lidarr: HandMade) -> None:
    lidarr.answers["POST artist"] = (400, _invalid("An artist with this ID was not found"))
    with pytest.raises(Refused, match="was not found"):
        lidarr.arr().add(NEW())


# -- scans ----------------------------------------------------------------------------------------

SCAN = {"name": "RescanFolders", "filter": "matched", "addNewArtists": False, "artistIds": [12]}


def test_a_rescan_is_of_the_artists_folder_adds_nobody_and_tries_unmatched_files_again(
    lidarr: HandMade,
) -> None:
    assert lidarr.arr().rescan(12) == 77
    assert lidarr.lines() == ["GET artist/12", "POST command"]
    assert lidarr.body("POST command") == SCAN | {"folders": [MUSIC]}


@pytest.mark.parametrize(
    "paths",
    [(ONE,), (ONE, f"{ALBUM}/03 Beware.flac"), (f"{MUSIC}/New (2025)/01.flac",)],
    ids=["some went", "one came", "an album came"],
)
def test_while_music_is_left_the_artists_folder_is_scanned(lidarr: HandMade, paths: tuple[str, ...]) -> None:
    lidarr.arr().rescan(12, paths)
    assert lidarr.body("POST command") == SCAN | {"folders": [MUSIC]}
    assert lidarr.lines() == ["GET artist/12", "GET trackfile?artistId=12", "POST command"]


def test_when_all_music_went_lidarr_is_led_to_the_folders_it_was_in(lidarr: HandMade) -> None:
    lidarr.lists["trackfile"].append(track_file(9, 12, 89, f"{MUSIC}/Campfire (2005)/01.flac"))
    lidarr.arr().rescan(12, (ONE, TWO, f"{MUSIC}/Campfire (2005)/01.flac"))
    assert lidarr.body("POST command") == SCAN | {"folders": [f"{MUSIC}/Campfire (2005)", ALBUM]}


def test_an_album_that_lidarr_does_not_know_is_added_before_the_scan(lidarr: HandMade) -> None:
    lidarr.arr().rescan(12, (f"{MUSIC}/New (2025)/01.flac",), (GEOGADDI, OTHER))
    assert lidarr.changes() == ["POST album", "POST command"]
    assert lidarr.body("POST album") == {
        "foreignAlbumId": OTHER,
        "monitored": False,
        "anyReleaseOk": True,
        "addOptions": {"searchForNewAlbum": False},
        "artist": {
            "foreignArtistId": BOC,
            "artistName": "Boards of Canada",
            "qualityProfileId": 4,
            "metadataProfileId": 2,
            "path": MUSIC,
            "monitored": True,
            "monitorNewItems": "all",
            "tags": [],
        },
    }


def test_an_album_is_not_added_twice_while_lidarr_fetches_it(lidarr: HandMade) -> None:
    arr = lidarr.arr()
    arr.rescan(12, (), (OTHER,))
    arr.rescan(12, (), (OTHER,))
    assert lidarr.changes() == ["POST album", "POST command", "POST command"]


def test_an_album_that_came_and_went_is_added_again(lidarr: HandMade) -> None:
    arr = lidarr.arr()
    arr.rescan(12, (), (OTHER,))
    lidarr.lists["album"].append(album(99, 12, OTHER, False))
    arr.rescan(12, (), (OTHER,))
    lidarr.lists["album"].pop()
    arr.rescan(12, (), (OTHER,))
    assert lidarr.changes().count("POST album") == 2


def test_an_album_this_household_never_wants_is_not_added(lidarr: HandMade) -> None:
    lidarr.lists["importlistexclusion"].append({"id": 2, "foreignId": OTHER, "artistName": "x"})
    lidarr.arr().rescan(12, (), (OTHER,))
    assert lidarr.changes() == ["POST command"]


def test_a_refused_album_is_reported_once_and_the_scan_goes_on_without_it(lidarr: HandMade) -> None:
    lidarr.answers["POST album"] = (400, _invalid("An album with this ID was not found"))
    arr = lidarr.arr()
    with pytest.raises(Refused, match="An album with this ID was not found"):
        arr.rescan(12, (), (OTHER,))
    arr.rescan(12, (), (OTHER,))
    assert lidarr.changes() == ["POST album", "POST command"]


def test_an_album_is_requested_again_after_an_outage(lidarr: HandMade) -> None:
    lidarr.answers["POST album"] = (503, {"message": "down"})
    arr = lidarr.arr()
    with pytest.raises(Unavailable):
        arr.rescan(12, (), (OTHER,))
    lidarr.answers["POST album"] = (201, {})
    arr.rescan(12, (), (OTHER,))
    assert lidarr.changes() == ["POST album", "POST album", "POST command"]


# -- history and queue ----------------------------------------------------------------------------


def test_deleted_files_are_in_the_history_and_all_rows_alike_are_one_signal(lidarr: HandMade) -> None:
    def row(kind: str, source: str = "", **data: str) -> dict[str, Any]:
        return {"eventType": kind, "sourceTitle": source, "artist": BOARDS, "data": data}

    lidarr.lists["history/since"] = [
        row("grabbed", "Boards.of.Canada-Geogaddi"),
        row("trackFileImported", "x", importedPath=ONE, droppedPath="/downloads/1.flac"),
        row("trackFileImported", "x", importedPath=TWO),
        row("downloadImported", "x"),
        row("albumImportIncomplete", "x"),
        row("trackFileDeleted", TWO, reason="Manual"),
        row("trackFileDeleted", ONE, reason="MissingFromDisk"),
        row("trackFileRenamed", "x", sourcePath=f"{MUSIC}/a.flac", path=ONE),
        row("trackFileRetagged", ONE, diff="{}"),
        row("trackFileImported", "x", importedPath=ONE) | {"artist": None},
    ]
    imported = Signal(kind="imported", id=ID, folder=MUSIC, paths=(ONE, TWO))
    assert lidarr.arr().history_since(1_763_150_462_999).signals == (
        imported,
        _with(imported, kind="file_deleted", paths=(TWO,), reason="manual"),
        _with(imported, kind="file_deleted", paths=(ONE,), reason="missingfromdisk"),
        _with(imported, kind="renamed", paths=(ONE,), renamed={f"{MUSIC}/a.flac": ONE}),
        _with(imported, kind="retagged", paths=(ONE,)),
    )
    assert lidarr.lines() == [
        "GET history/since?date=2025-11-14T20%3A01%3A02Z&includeArtist=true&includeAlbum=true"
    ]


def test_the_queue_is_grouped_by_artist(lidarr: HandMade) -> None:
    def queued(mbid: str, state: str, **more: Any) -> dict[str, Any]:
        return {"artist": BOARDS, "album": album(1, 12, mbid, True), "trackedDownloadState": state} | more

    lidarr.lists["queue/details"] = [
        queued(GEOGADDI, "downloading"),
        queued(CAMPFIRE, "importPending"),
        queued(CAMPFIRE, "imported"),
        queued(DRUKQS, "downloading", artist=TWIN),
        queued(GEOGADDI, "downloading", artist=None),
        queued(GEOGADDI, "downloading", album=None),
    ]
    assert lidarr.arr().downloads() == (
        Download(ID, (GEOGADDI, CAMPFIRE)),
        Download(f"mbid:{APHEX}", (DRUKQS,)),
    )
