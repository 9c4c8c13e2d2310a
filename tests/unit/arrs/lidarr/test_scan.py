"""What RescanFolders of Lidarr takes, keeps, drops, and deletes from the disk."""

import shutil
from pathlib import Path

import pytest

from tests.unit.arrs.lidarr.household import (
    APHEX,
    BOC,
    CAMPFIRE,
    DRUKQS,
    GEOGADDI,
    GEOGADDI_LP,
    LidarrHousehold,
)

FIRST, SECOND = "Geogaddi (2002)/01 Ready Lets Go.flac", "Geogaddi (2002)/02 Music Is Math.flac"


def test_files_are_matched_to_an_unmonitored_album_without_a_word(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == [FIRST, SECOND]
    [track, _] = lidarr.get(f"/track?albumId={lidarr.album_id()}")
    assert (track["hasFile"], track["title"], track["trackNumber"]) == (True, "Ready Lets Go", "1")
    assert lidarr.get(f"/album/{lidarr.album_id()}")["monitored"] is False
    assert lidarr.received == []
    assert lidarr.get("/history")["records"] == [], "a file that is found has no history"


def test_a_missing_file_beside_others_loses_its_row_with_a_history_row_for_its_track(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.connect()
    artist = lidarr.boards()
    first, _ = lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    [track, _] = lidarr.get(f"/track?albumId={lidarr.album_id()}")
    first.unlink()
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == [SECOND]
    [row] = lidarr.get("/history")["records"]
    assert (row["eventType"], row["data"]["reason"]) == ("trackFileDeleted", "MissingFromDisk")
    assert (row["trackId"], row["sourceTitle"]) == (track["id"], str(first))
    assert lidarr.received == [], "Lidarr has no event for it"


def test_a_folder_without_any_audio_file_keeps_its_stale_rows(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    for file in lidarr.geogaddi():
        lidarr.rescan(lidarr.artist, artist)
        file.unlink()
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == [SECOND], "the last one to go is not noticed"
    shutil.rmtree(Path(lidarr.artist) / "Geogaddi (2002)")
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == [SECOND]
    lidarr.rescan(Path(lidarr.artist) / "Geogaddi (2002)", artist)
    assert lidarr.paths() == [], "a scan of the missing album's folder does notification"


def test_a_missing_folder_below_a_root_that_holds_anything_is_a_removal(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    shutil.rmtree(lidarr.artist)
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == []


@pytest.mark.parametrize("state", ["missing", "empty"])
def test_a_root_that_is_missing_or_empty_drops_nothing_and_ends_the_command(
    lidarr: LidarrHousehold, state: str
) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    other = lidarr.root.parent / "Other"
    other.mkdir()
    root = {"name": "o", "path": str(other), "defaultQualityProfileId": 1, "defaultMetadataProfileId": 1}
    assert lidarr.client.post("/rootfolder", json=root).status_code == 201
    lidarr.arr.run_commands()
    shutil.rmtree(lidarr.root)
    if state == "empty":
        lidarr.root.mkdir()
    lidarr.put("../Other/x/01 y.flac")
    done = lidarr.rescan(lidarr.artist, artist, folders=[lidarr.artist, str(other)])
    assert done["status"] == "completed"
    assert lidarr.paths() == [FIRST, SECOND]
    assert lidarr.arr.unmapped() == [], "the second folder was not looked at"


def test_a_folder_outside_every_root_ends_the_command_as_if_all_were_well(
    lidarr: LidarrHousehold,
) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    done = lidarr.rescan(lidarr.artist, artist, folders=["/elsewhere", lidarr.artist])
    assert (done["status"], lidarr.paths()) == ("completed", [])


def test_a_file_of_an_album_that_comes_later_is_unmapped_and_only_matched_tries_it_again(
    lidarr: LidarrHousehold,
) -> None:
    artist = lidarr.boards(metadataProfileId=2)
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    assert len(lidarr.get("/trackfile?unmapped=true")) == 2
    lidarr.client.put("/artist/editor", json={"artistIds": [artist], "metadataProfileId": 1})
    lidarr.settings("mediamanagement", rescanAfterRefresh="never")
    lidarr.command("RefreshArtist", artistId=artist)
    lidarr.rescan(lidarr.artist, artist, filter="known")
    assert lidarr.paths() == []
    lidarr.rescan(lidarr.artist, artist, filter="matched")
    assert lidarr.paths() == [FIRST, SECOND]
    assert lidarr.get("/trackfile?unmapped=true") == []


def test_the_filter_is_known_and_new_artists_are_added_unless_told_otherwise(
    lidarr: LidarrHousehold,
) -> None:
    body = lidarr.command("RescanFolders")["body"]
    assert (body["filter"], body["addNewArtists"]) == ("known", True)


def test_a_changed_file_is_read_again_with_a_new_id_and_without_history(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    before = lidarr.get(f"/trackfile?artistId={artist}")
    lidarr.geogaddi(size=99)
    lidarr.rescan(lidarr.artist, artist)
    after = lidarr.get(f"/trackfile?artistId={artist}")
    assert [file["size"] for file in after] == [99, 99]
    assert not {file["id"] for file in before} & {file["id"] for file in after}
    assert lidarr.get("/history")["records"] == []
    assert lidarr.received == []


def test_extra_files_of_a_dropped_row_are_deleted_from_the_shared_disk(lidarr: LidarrHousehold) -> None:
    """Alice upgrades a track on the drive; Bob's scan deletes the lyrics she put beside it."""
    artist = lidarr.boards()
    lidarr.geogaddi()
    [lyrics] = lidarr.put("Boards of Canada/Geogaddi (2002)/01 Ready Lets Go.lrc")
    lidarr.rescan(lidarr.artist, artist)
    assert lyrics.exists()
    lidarr.geogaddi(size=99)
    lidarr.rescan(lidarr.artist, artist)
    assert not lyrics.exists()
    assert lidarr.arr.deleted_media == []


def test_extra_files_of_a_missing_track_go_too(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    first, _ = lidarr.geogaddi()
    [lyrics] = lidarr.put("Boards of Canada/Geogaddi (2002)/01 Ready Lets Go.lrc")
    lidarr.rescan(lidarr.artist, artist)
    first.unlink()
    lidarr.rescan(lidarr.artist, artist)
    assert not lyrics.exists()


def test_without_artist_ids_no_extra_file_is_linked(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    [lyrics] = lidarr.put("Boards of Canada/Geogaddi (2002)/01 Ready Lets Go.lrc")
    lidarr.rescan(lidarr.artist)
    lidarr.geogaddi(size=99)
    lidarr.rescan(lidarr.artist, artist)
    assert lyrics.exists()


def test_an_empty_album_folder_goes_only_when_the_setting_says_so(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.put("Boards of Canada/The Campfire Headphase/01 a.flac")
    for wished in (False, True):
        lidarr.settings("mediamanagement", deleteEmptyFolders=wished)
        files = lidarr.geogaddi()
        lidarr.rescan(lidarr.artist, artist)
        for file in files:
            file.unlink()
        lidarr.rescan(lidarr.artist, artist)
        assert files[0].parent.exists() is not wished


@pytest.mark.parametrize(
    "name",
    ["extras/01 a.flac", "@eadir/01 a.flac", ".grab/01 a.flac", "Geogaddi/._01 a.flac", "Geogaddi/cover.jpg"],
)
def test_what_is_ignored_is_not_even_unmapped(lidarr: LidarrHousehold, name: str) -> None:
    artist = lidarr.boards()
    lidarr.put(f"Boards of Canada/{name}")
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.arr.unmapped() == []


def test_files_of_another_release_switch_to_it_or_match_nothing(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    album = lidarr.album_id()
    lidarr.arr.edit(GEOGADDI, any_edition=False)
    lidarr.put(*[f"Boards of Canada/Geogaddi/{number:02} x.flac" for number in (1, 2, 3)])
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == []
    lidarr.arr.edit(GEOGADDI, any_edition=True)
    lidarr.rescan(lidarr.artist, artist)
    assert len(lidarr.paths()) == 3
    releases = lidarr.get(f"/album/{album}")["releases"]
    assert [one["foreignReleaseId"] for one in releases if one["monitored"]] == [GEOGADDI_LP]


def test_a_late_track_of_another_release_takes_the_other_files_along(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards(metadataProfileId=1)
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    lidarr.put("Boards of Canada/Geogaddi (2002)/03 Bonus.flac")
    lidarr.rescan(lidarr.artist, artist)
    tracks = lidarr.get(f"/track?albumId={lidarr.album_id()}")
    assert [track["hasFile"] for track in tracks] == [True, True, True]
    assert len(lidarr.paths()) == 3


@pytest.mark.parametrize("at_once", [True, False])
def test_a_better_file_of_the_same_track_leaves_the_other_unmapped(
    lidarr: LidarrHousehold, at_once: bool
) -> None:
    artist = lidarr.boards()
    [mp3] = lidarr.put("Boards of Canada/Geogaddi/01 a.mp3")
    if not at_once:
        lidarr.rescan(lidarr.artist, artist)
    lidarr.put("Boards of Canada/Geogaddi/01 b.flac")
    lidarr.rescan(lidarr.artist, artist)
    assert (lidarr.paths(), lidarr.arr.unmapped()) == (["Geogaddi/01 b.flac"], [str(mp3)])


def test_a_worse_file_of_the_same_track_stays_unmapped(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    mp3, _ = lidarr.geogaddi(".mp3")
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == [FIRST, SECOND]
    assert str(mp3) in lidarr.arr.unmapped()


def test_the_daily_scan_adds_unknown_artists_with_the_defaults_of_the_root(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.connect()
    lidarr.put("Aphex Twin/Drukqs (2001)/01 Jynweythek.flac")
    lidarr.arr.daily_rescan()
    lidarr.arr.run_commands()
    [artist] = lidarr.get("/artist")
    assert (artist["foreignArtistId"], artist["monitored"], artist["monitorNewItems"]) == (APHEX, True, "all")
    assert [album["monitored"] for album in lidarr.get("/album")] == [True]
    assert lidarr.events() == ["ArtistAdd"]
    assert len(lidarr.arr.files(DRUKQS)) == 1


def test_the_watcher_of_the_root_folders_adds_too_unless_it_is_off(lidarr: LidarrHousehold) -> None:
    lidarr.put("Aphex Twin/Drukqs (2001)/01 Jynweythek.flac")
    lidarr.settings("mediamanagement", watchLibraryForChanges=False)
    lidarr.arr.watch(str(lidarr.root / "Aphex Twin"))
    lidarr.arr.run_commands()
    assert lidarr.get("/artist") == []
    lidarr.settings("mediamanagement", watchLibraryForChanges=True)
    lidarr.arr.watch(str(lidarr.root / "Aphex Twin"))
    lidarr.arr.run_commands()
    assert [artist["foreignArtistId"] for artist in lidarr.get("/artist")] == [APHEX]


def test_root_defaults_of_none_add_the_artist_unmonitored_and_tagged(lidarr: LidarrHousehold) -> None:
    tag = lidarr.client.post("/tag", json={"label": "Found here"}).json()["id"]
    root = lidarr.get("/rootfolder")[0]
    wished = {"defaultMonitorOption": "none", "defaultNewItemMonitorOption": "none", "defaultTags": [tag]}
    assert lidarr.client.put("/rootfolder/1", json={**root, **wished}).status_code == 202
    lidarr.put("Aphex Twin/Drukqs (2001)/01 Jynweythek.flac", "Nobody/Nothing/01 x.flac")
    lidarr.arr.daily_rescan()
    lidarr.arr.run_commands()
    [artist] = lidarr.get("/artist")
    assert (artist["monitored"], artist["monitorNewItems"], artist["tags"]) == (False, "none", [tag])
    assert [album["monitored"] for album in lidarr.get("/album")] == [False]
    assert [Path(path).name for path in lidarr.arr.unmapped()] == ["01 x.flac"]


def test_a_scan_that_may_not_add_leaves_unknown_artists_alone(lidarr: LidarrHousehold) -> None:
    lidarr.put("Aphex Twin/Drukqs (2001)/01 Jynweythek.flac")
    lidarr.rescan(lidarr.root)
    assert lidarr.get("/artist") == []


def test_a_scan_that_may_not_add_asks_no_metadata_server(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    before = lidarr.arr.library.metadata_requests
    lidarr.put("Boards of Canada/Unheard Of/01 x.flac")
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.arr.library.metadata_requests == before


def test_a_scan_never_changes_a_monitored_flag(lidarr: LidarrHousehold) -> None:
    lidarr.settings("mediamanagement", autoUnmonitorPreviouslyDownloadedTracks=True)
    artist = lidarr.boards(addOptions={"monitor": "all"}, monitored=True)
    first, _ = lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    first.unlink()
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.arr.artist(BOC).monitored is True
    assert [lidarr.arr.album(mbid).monitored for mbid in (GEOGADDI, CAMPFIRE)] == [True, True]


def test_a_scan_rewrites_shared_files_when_tags_are_kept_in_sync(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    lidarr.settings("metadataprovider", writeAudioTags="sync")
    artist = lidarr.boards()
    first, _ = lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.events() == ["Retag", "Retag"]
    assert lidarr.received[0]["trackFile"]["size"] == first.stat().st_size == 13


def test_a_file_that_appears_while_a_scan_runs_is_missed_by_an_equal_command(
    lidarr: LidarrHousehold,
) -> None:
    artist = lidarr.boards()
    lidarr.put("Boards of Canada/Geogaddi/02 x.flac")

    def appear(stage: str, scanned: int) -> None:
        assert (stage, scanned) == ("scan", artist)
        lidarr.arr.between = None
        lidarr.put("Boards of Canada/Geogaddi/01 x.flac")
        body = {"folders": [lidarr.artist], "filter": "matched", "addNewArtists": False}
        lidarr.client.post("/command", json={"name": "RescanFolders", "artistIds": [artist], **body})

    lidarr.arr.between = appear
    lidarr.rescan(lidarr.artist, artist)
    assert lidarr.paths() == ["Geogaddi/02 x.flac"]
