"""Which events Lidarr sends, to webhooks and scripts, and what it never tells."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.arrs.lidarr.app import SimulatedLidarr
from tests.unit.arrs.lidarr.household import BOC, CAMPFIRE, GEOGADDI, GEOGADDI_LP, LidarrHousehold


def test_an_import_is_one_download_with_one_album_and_all_its_files(lidarr: LidarrHousehold) -> None:
    tag = lidarr.client.post("/tag", json={"label": "mesharr-bob"}).json()["id"]
    lidarr.boards(tags=[tag])
    lidarr.connect()
    lidarr.arr.download(GEOGADDI, size=77)
    [body] = lidarr.received
    assert (body["eventType"], body["isUpgrade"]) == ("Download", False)
    assert (body["artist"]["mbId"], body["artist"]["tags"]) == (BOC, ["mesharr-bob"])
    assert body["album"]["mbId"] == GEOGADDI
    assert [track["trackNumber"] for track in body["tracks"]] == ["1", "2"]
    assert [Path(file["path"]).stat().st_size for file in body["trackFiles"]] == [77, 77]
    assert "deletedFiles" not in body
    assert not {"monitored", "qualityProfileId"} & (set(body["artist"]) | set(body["album"]))


def test_an_upgrade_lists_what_it_deleted_and_leaves_the_other_tracks(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    old = lidarr.arr.download(GEOGADDI, suffix=".mp3")
    lidarr.connect()
    lidarr.arr.download(GEOGADDI, numbers=[1])
    [body] = lidarr.received
    assert body["isUpgrade"] is True
    assert [file["id"] for file in body["deletedFiles"]] == [old[0].id]
    assert lidarr.paths() == ["Geogaddi (2002)/01 Ready Lets Go.flac", "Geogaddi (2002)/02 Music Is Math.mp3"]
    rows = lidarr.get("/history")["records"]
    kinds = [row["eventType"] for row in rows]
    assert kinds[:3] == ["downloadImported", "trackFileImported", "trackFileDeleted"]
    assert rows[2]["data"]["reason"] == "Upgrade"
    assert rows[1]["data"]["importedPath"].endswith("01 Ready Lets Go.flac")


def test_an_upgrade_is_silent_when_its_second_flag_is_off(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.arr.download(GEOGADDI, suffix=".mp3")
    lidarr.connect(onUpgrade=False)
    lidarr.arr.download(GEOGADDI)
    assert lidarr.received == []


def test_an_upgrade_deletes_the_extra_files_of_what_it_replaces(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.arr.download(GEOGADDI, suffix=".mp3", extras={"01 x.lrc": b"la"})
    lyrics = Path(lidarr.artist) / "Geogaddi (2002)/01 x.lrc"
    assert lyrics.exists()
    lidarr.arr.download(GEOGADDI)
    assert not lyrics.exists()


def test_an_import_of_another_release_makes_it_the_monitored_one(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.arr.download(GEOGADDI, release=GEOGADDI_LP)
    [album] = lidarr.get(f"/album?foreignAlbumId={GEOGADDI}")
    assert [one["foreignReleaseId"] for one in album["releases"] if one["monitored"]] == [GEOGADDI_LP]
    assert album["statistics"]["trackFileCount"] == 3


def test_no_event_says_that_a_file_was_deleted(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    files = lidarr.arr.download(GEOGADDI)
    lidarr.connect()
    lidarr.arr.delete_file(GEOGADDI)
    assert lidarr.received == []
    assert not any(Path(file.path).exists() for file in files)
    reasons = [row["data"].get("reason") for row in lidarr.get("/history?eventType=5")["records"]]
    assert reasons == ["Manual", "Manual"]


def test_a_rename_is_one_event_with_both_names_of_each_file(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    before = lidarr.arr.download(GEOGADDI)
    lidarr.connect()
    lidarr.arr.rename(GEOGADDI, "Geogaddi")
    [body] = lidarr.received
    assert body["eventType"] == "Rename"
    renamed = body["renamedTrackFiles"]
    assert [file["id"] for file in renamed] == [file.id for file in before]
    assert [file["previousPath"] for file in renamed] == [file.path for file in before]
    assert all(Path(file["path"]).parent.name == "Geogaddi" for file in renamed)


def test_a_command_renames_to_the_format_and_tells(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.download(GEOGADDI, folder="g")
    lidarr.connect()
    file_id = lidarr.arr.files(GEOGADDI)[0].id
    lidarr.command("RenameFiles", artistId=artist, files=[file_id])
    assert [file["id"] for file in lidarr.received[-1]["renamedTrackFiles"]] == [file_id]
    lidarr.command("RenameArtist", artistIds=[artist])
    assert lidarr.paths() == [
        "Geogaddi (2002)/01 Ready Lets Go.flac",
        "Geogaddi (2002)/02 Music Is Math.flac",
    ]
    assert lidarr.events() == ["Rename", "Rename"]


def test_retag_is_told_for_each_file_without_the_album(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    lidarr.connect()
    lidarr.command("RetagArtist", artistIds=[artist])
    assert lidarr.events() == ["Retag", "Retag"]
    assert {"artist", "trackFile"} == set(lidarr.received[0]) - {
        "eventType",
        "instanceName",
        "applicationUrl",
    }
    assert len({body["trackFile"]["id"] for body in lidarr.received}) == 2


def test_grab_lists_albums_where_download_has_one(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.connect()
    lidarr.arr.grab(GEOGADDI)
    assert [album["mbId"] for album in lidarr.received[0]["albums"]] == [GEOGADDI]
    [queued] = lidarr.get("/queue")["records"]
    assert queued["downloadId"] == lidarr.received[0]["downloadId"]
    lidarr.arr.download(GEOGADDI)
    assert lidarr.received[1]["downloadId"] == queued["downloadId"]
    assert lidarr.get("/queue/details") == []


def test_the_delete_of_an_artist_also_tells_each_album_as_if_files_stayed(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.boards()
    files = lidarr.arr.download(GEOGADDI)
    lidarr.connect()
    artist = lidarr.arr.artist(BOC).id
    seen: list[bool] = []

    def receive(url: str, content: bytes, headers: dict[str, str]) -> int:
        seen.append(Path(files[0].path).exists())
        return lidarr.receive(url, content, headers)

    lidarr.arr.notifications.post = receive
    assert lidarr.client.delete(f"/artist/{artist}?deleteFiles=true").status_code == 200
    told = [(body["eventType"], body["deletedFiles"]) for body in lidarr.received]
    assert told == [("ArtistDelete", True), ("AlbumDelete", False), ("AlbumDelete", False)]
    assert seen == [True, True, True], "told before the reply, and the files go afterwards"
    lidarr.arr.run_commands()
    assert not Path(lidarr.artist).exists()
    assert lidarr.arr.deleted_media == [file.path for file in files]
    assert lidarr.get("/history")["records"] == []


def test_the_delete_of_an_album_unmaps_its_files_or_deletes_them(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    kept = lidarr.arr.download(GEOGADDI)
    gone = lidarr.arr.download(CAMPFIRE)
    lidarr.connect()
    lidarr.client.delete(f"/album/{lidarr.album_id()}")
    lidarr.client.delete(f"/album/{lidarr.album_id(CAMPFIRE)}?deleteFiles=true")
    assert [(body["eventType"], body["deletedFiles"]) for body in lidarr.received] == [
        ("AlbumDelete", False),
        ("AlbumDelete", True),
    ]
    assert lidarr.arr.unmapped() == [file.path for file in kept]
    assert [Path(file.path).exists() for file in (*kept, *gone)] == [True, True, False, False]
    assert lidarr.arr.deleted_media == [file.path for file in gone]


def test_a_persons_delete_is_not_in_the_media_that_requests_deleted(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    lidarr.arr.delete(BOC, delete_files=True)
    lidarr.arr.run_commands()
    assert lidarr.arr.deleted_media == []
    assert not Path(lidarr.artist).exists()


def test_edits_of_any_kind_send_nothing(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.connect()
    lidarr.client.put("/artist/editor", json={"artistIds": [artist], "monitored": True, "tags": [1]})
    lidarr.client.put("/album/monitor", json={"albumIds": [lidarr.album_id()], "monitored": True})
    lidarr.client.put(f"/artist/{artist}", json=lidarr.get(f"/artist/{artist}"))
    lidarr.client.post("/albumstudio", json={"artist": [{"id": artist, "monitored": False}]})
    lidarr.arr.set_monitored(GEOGADDI, False)
    lidarr.arr.set_monitored(BOC, True)
    assert lidarr.received == []
    assert (lidarr.arr.artist(BOC).monitored, lidarr.arr.album(GEOGADDI).monitored) == (True, False)


def test_a_connection_with_tags_hears_only_of_artists_that_share_one(lidarr: LidarrHousehold) -> None:
    tag = lidarr.client.post("/tag", json={"label": "x"}).json()["id"]
    lidarr.boards()
    lidarr.connect(tags=[tag])
    lidarr.arr.download(GEOGADDI)
    assert lidarr.received == []
    lidarr.arr.edit(BOC, tags=(tag,))
    lidarr.arr.download(GEOGADDI)
    assert lidarr.events() == ["Download"]


def test_a_receiver_that_stays_down_loses_events_for_good(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.connect()
    lidarr.time += 3600
    lidarr.answer = 500
    lidarr.arr.download(GEOGADDI)
    lidarr.time += 301
    lidarr.arr.rename(GEOGADDI, "a")
    assert len(lidarr.arr.notifications.failures) == 2
    lidarr.answer = 200
    lidarr.arr.rename(GEOGADDI, "b")
    assert lidarr.arr.notifications.dropped == 1
    lidarr.time += 301
    lidarr.arr.rename(GEOGADDI, "c")
    assert lidarr.events() == ["Rename"]


def test_a_save_tests_the_hook_at_once_unless_everything_is_off(lidarr: LidarrHousehold) -> None:
    lidarr.answer = 503
    assert lidarr.connect().status_code == 400
    off = dict.fromkeys(lidarr.arr.definition.triggers, False)
    saved = lidarr.connect(**off)
    assert saved.status_code == 201
    body = {**saved.json(), "onReleaseImport": True}
    number = saved.json()["id"]
    assert lidarr.client.put(f"/notification/{number}", json=body).status_code == 400
    assert lidarr.client.put(f"/notification/{number}?forceSave=true", json=body).status_code == 202


def test_the_test_event_has_a_windows_path_and_no_release(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    body = lidarr.arr.test_notification().body()
    assert (body["eventType"], body["artist"]["path"]) == ("Test", "C:\\testpath")
    assert "release" not in body


@pytest.fixture
def script(lidarr: LidarrHousehold, tmp_path: Path) -> Callable[[], list[dict[str, str]]]:
    """Connects a script; calling it gives the variables of each run, without the arr's prefix."""
    return lidarr.script(tmp_path)


def test_scripts_have_other_names_for_events_and_lower_case_variables(
    lidarr: LidarrHousehold, script: Callable[[], list[dict[str, str]]]
) -> None:
    lidarr.boards(addOptions={"monitor": "none"})
    lidarr.arr.download(GEOGADDI, suffix=".mp3")
    lidarr.arr.download(GEOGADDI)
    lidarr.arr.rename(GEOGADDI, "g")
    lidarr.arr.retag(GEOGADDI)
    lidarr.arr.grab(GEOGADDI)
    lidarr.arr.delete(GEOGADDI)
    lidarr.arr.delete(BOC)
    test, added, first, upgrade, renamed, retagged, _, grabbed, album, artist, _ = script()
    assert test == {"eventtype": "Test", "instancename": "Lidarr", "applicationurl": ""}
    assert (added["eventtype"], added["artist_title"]) == ("ArtistAdd", "Boards of Canada")
    assert "artist_name" not in added
    assert (first["eventtype"], first["album_mbid"]) == ("AlbumDownload", GEOGADDI)
    assert len(first["addedtrackpaths"].split("|")) == 2
    assert "deletedpaths" not in first
    assert upgrade["deletedpaths"] == first["addedtrackpaths"]
    assert (renamed["trackfile_ids"], renamed["trackfile_previouspaths"]) == (
        "3,4",
        upgrade["addedtrackpaths"],
    )
    assert (retagged["eventtype"], retagged["trackfile_tracknumbers"]) == ("TrackRetag", "1")
    assert "artist_path" not in grabbed
    assert (album["eventtype"], album["artist_deletedfiles"]) == ("AlbumDeleted", "False")
    assert artist["eventtype"] == "ArtistDeleted"


def test_a_person_connects_with_a_header(lidarr: LidarrHousehold) -> None:
    lidarr.arr.connect("http://mesharr/hook", {"X-Mesh": "1"})
    [connection] = lidarr.get("/notification")
    fields = {field["name"]: field["value"] for field in connection["fields"]}
    assert fields["headers"] == [{"key": "X-Mesh", "value": "1"}]
    assert connection["onArtistAdd"] is True


def test_a_receiver_that_refuses_cannot_be_connected(lidarr: LidarrHousehold) -> None:
    lidarr.answer = 500
    arr: SimulatedLidarr = lidarr.arr
    with pytest.raises(httpx.HTTPStatusError):
        arr.connect("http://mesharr/hook", {})
