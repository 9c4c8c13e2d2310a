"""ManualImport of Lidarr: files registered for tracks of a release by their ids."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.manual_import import manual_import
from tests.unit.arrs.lidarr.household import BOC, GEOGADDI, GEOGADDI_CD, GEOGADDI_LP, LidarrHousehold


def run(lidarr: LidarrHousehold, *files: dict[str, Any], **changes: Any) -> str:
    body = manual_import("lidarr", *files, **changes)
    return str(lidarr.command(body.pop("name"), **body)["status"])


def given(lidarr: LidarrHousehold, path: Path, number: int, release: str = GEOGADDI_CD) -> dict[str, Any]:
    """The description of a file that holds one track of Geogaddi."""
    album = lidarr.arr.album(GEOGADDI)
    edition = next(edition for edition in album.editions if edition.known.id == release)
    tracks = [track.id for track in lidarr.arr.library.tracks_of(edition) if track.number == number]
    ids = {"artistId": album.creator_id, "albumId": album.id, "albumReleaseId": edition.id}
    return {"path": str(path), **ids, "trackIds": tracks}


def linked(lidarr: LidarrHousehold) -> dict[str, str]:
    """By file name the title of the track that has the file, of Geogaddi's monitored release."""
    album = lidarr.album_id()
    files = {row["id"]: Path(row["path"]).name for row in lidarr.get(f"/trackfile?albumId={album}")}
    tracks = lidarr.get(f"/track?albumId={album}")
    return {files[row["trackFileId"]]: row["title"] for row in tracks if row["hasFile"]}


@pytest.mark.parametrize("mode", ["move", "auto"])
def test_files_that_no_scan_takes_are_registered_where_and_as_they_are(
    lidarr: LidarrHousehold, mode: str
) -> None:
    artist_id = lidarr.boards()
    paths = lidarr.put("Boards of Canada/odd folder/x.flac", "Boards of Canada/odd folder/y.flac", size=77)
    lidarr.rescan(lidarr.artist, artist_id)
    assert [row["path"] for row in lidarr.get("/trackfile?unmapped=true")] == [str(path) for path in paths]
    lidarr.connect()
    monitored = lidarr.get("/album")[0]["monitored"]
    assert run(lidarr, given(lidarr, paths[0], 2), given(lidarr, paths[1], 1), importMode=mode) == "completed"
    assert linked(lidarr) == {"x.flac": "Music Is Math", "y.flac": "Ready Lets Go"}
    assert lidarr.get("/trackfile?unmapped=true") == []
    assert [path.stat().st_size for path in paths] == [77, 77]
    assert lidarr.received == []
    assert lidarr.get("/history")["records"] == []
    assert lidarr.get("/album")[0]["monitored"] is monitored


def test_later_scans_keep_them(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    [path] = lidarr.put("Boards of Canada/odd folder/x.flac")
    run(lidarr, given(lidarr, path, 2))
    lidarr.rescan(lidarr.artist, artist_id)
    lidarr.arr.daily_rescan()
    lidarr.arr.run_commands()
    assert linked(lidarr) == {"x.flac": "Music Is Math"}


def test_the_release_of_the_files_becomes_the_monitored_one(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    [path] = lidarr.put("Boards of Canada/odd folder/x.flac")
    assert run(lidarr, given(lidarr, path, 3, GEOGADDI_LP)) == "completed"
    assert linked(lidarr) == {"x.flac": "Bonus"}
    [album] = [album for album in lidarr.get("/album") if album["foreignAlbumId"] == GEOGADDI]
    assert [row["foreignReleaseId"] for row in album["releases"] if row["monitored"]] == [GEOGADDI_LP]


def test_a_file_of_another_track_is_assigned_anew_without_a_word(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    first, second = lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist_id)
    lidarr.connect()
    run(lidarr, given(lidarr, first, 2), given(lidarr, second, 1))
    assert linked(lidarr) == {first.name: "Music Is Math", second.name: "Ready Lets Go"}
    assert lidarr.received == []


def test_tracks_of_another_release_fail_the_command(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    [path] = lidarr.put("Boards of Canada/odd folder/x.flac")
    wrong = {**given(lidarr, path, 1), "trackIds": given(lidarr, path, 1, GEOGADDI_LP)["trackIds"]}
    assert run(lidarr, wrong) == "failed"


def test_a_file_outside_is_moved_in_and_sends_a_download_without_a_client(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    [path] = lidarr.put("Aphex Twin/x.flac", size=77)
    lidarr.connect()
    assert run(lidarr, given(lidarr, path, 1)) == "completed"
    assert (path.exists(), (Path(lidarr.artist) / "x.flac").stat().st_size) == (False, 77)
    [body] = lidarr.received
    assert (body["eventType"], body["artist"]["mbId"]) == ("Download", BOC)
    assert not {"downloadId", "downloadClient", "downloadClientType"} & set(body)
    [row] = lidarr.get("/history")["records"]
    assert (row["eventType"], row["data"]["downloadClient"]) == ("trackFileImported", None)


def test_replacing_existing_files_deletes_the_others_of_the_album(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    first, second = lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist_id)
    run(lidarr, given(lidarr, second, 2), replaceExistingFiles=True)
    assert (first.exists(), second.exists()) == (False, True)


def test_the_ids_of_tracks_and_releases_are_those_of_the_metadata_server(
    lidarr: LidarrHousehold, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = LidarrHousehold(tmp_path / "other")
    other.added("f22942a1-6f70-4f48-866e-238cb2308fbd", "Aphex Twin")
    ids = []
    for house in (lidarr, other):
        house.boards()
        tracks = house.get(f"/track?albumId={house.album_id()}")
        ids.append([row["foreignTrackId"] for row in tracks])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2
    assert lidarr.arr.album(GEOGADDI).id != other.arr.album(GEOGADDI).id


def test_qualities_are_listed_with_their_own_ids(lidarr: LidarrHousehold) -> None:
    listed = [row["quality"] for row in lidarr.get("/qualitydefinition")]
    assert {"id": 6, "name": "FLAC"} in listed
