"""What adds and refreshes of Lidarr queue, add, delete; and what it does without its metadata server."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.arrs.lidarr.household import (
    APHEX,
    BOC,
    CAMPFIRE,
    DRUKQS,
    GEOGADDI,
    GEOGADDI_CD,
    OLD_BOC,
    TWOISM,
    LidarrHousehold,
)


def album_body(lidarr: LidarrHousehold, mbid: str = TWOISM, **changes: object) -> dict[str, object]:
    artist = lidarr.body(BOC, "Boards of Canada", addOptions={"monitor": "none"})
    options = {"searchForNewAlbum": False}
    body = {"foreignAlbumId": mbid, "monitored": False, "anyReleaseOk": True, "addOptions": options}
    return {**body, "artist": artist, **changes}


def scans(lidarr: LidarrHousehold) -> list[str]:
    """The names of the folders of all scans that can still be asked for."""
    commands = [command for command in lidarr.get("/command") if command["name"] == "RescanFolders"]
    return [Path(folder).name for command in commands for folder in command["body"]["folders"]]


# -- adds


def test_an_add_answers_before_there_are_albums_and_then_scans_only_its_own_folder(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.geogaddi()
    added = lidarr.post(BOC, "Boards of Canada").json()
    assert lidarr.get(f"/album?artistId={added['id']}") == []
    lidarr.arr.run_commands()
    titles = [album["title"] for album in lidarr.get(f"/album?artistId={added['id']}")]
    assert titles == ["Geogaddi", "The Campfire Headphase"], "the profile has no EP"
    assert scans(lidarr) == ["Boards of Canada"]
    assert len(lidarr.paths()) == 2


def test_an_add_with_options_is_told_late_and_the_options_are_shown_until_then(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.connect()
    added = lidarr.post(BOC, "Boards of Canada", monitored=True, addOptions={"monitor": "none"}).json()
    assert added["monitored"] is False, "the option none forces it"
    assert added["addOptions"]["monitor"] == "none"
    assert lidarr.received == []
    lidarr.arr.run_commands()
    assert lidarr.events() == ["ArtistAdd"]
    assert "addOptions" not in lidarr.get(f"/artist/{added['id']}")


def test_an_add_without_options_is_never_told(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    lidarr.boards()
    assert lidarr.received == []


def test_new_albums_are_monitored_unless_new_items_are_none(lidarr: LidarrHousehold) -> None:
    lidarr.boards(monitorNewItems=...)
    assert {album["monitored"] for album in lidarr.get("/album")} == {True}
    lidarr.arr.delete(BOC)
    lidarr.boards(monitorNewItems="none")
    assert {album["monitored"] for album in lidarr.get("/album")} == {False}


@pytest.mark.parametrize(
    ("option", "monitored"),
    [
        ("all", {GEOGADDI, CAMPFIRE}),
        ("none", set()),
        ("future", set()),
        ("missing", {CAMPFIRE}),
        ("existing", {GEOGADDI}),
        ("latest", {CAMPFIRE}),
        ("first", {GEOGADDI}),
        ("unknown", set()),
    ],
)
def test_add_options_monitor_albums_after_the_first_scan(
    lidarr: LidarrHousehold, option: str, monitored: set[str]
) -> None:
    lidarr.geogaddi()
    lidarr.boards(monitored=True, addOptions={"monitor": option, "searchForMissingAlbums": True})
    found = {album["foreignAlbumId"] for album in lidarr.get("/album") if album["monitored"]}
    assert found == monitored
    assert lidarr.arr.artist(BOC).add_options is None
    assert lidarr.arr.searches == sorted(monitored - {GEOGADDI})


def test_a_list_of_albums_wins_over_the_option(lidarr: LidarrHousehold) -> None:
    lidarr.boards(addOptions={"monitor": "all", "albumsToMonitor": [CAMPFIRE]})
    assert [lidarr.arr.album(mbid).monitored for mbid in (GEOGADDI, CAMPFIRE)] == [False, True]


def test_options_are_applied_though_the_scan_was_skipped_and_wait_when_it_was_refused(
    lidarr: LidarrHousehold, tmp_path: Path
) -> None:
    lidarr.connect()
    outside = lidarr.added(
        APHEX, "Aphex Twin", path=str(tmp_path / "elsewhere"), addOptions={"monitor": "none"}
    )
    assert lidarr.received == [], "a path outside every root can be added and never scanned"
    assert "addOptions" in lidarr.get(f"/artist/{outside}")
    shutil.rmtree(lidarr.root)
    lidarr.boards(addOptions={"monitor": "none"})
    assert lidarr.events() == ["ArtistAdd"]


def test_an_album_added_by_hand_survives_a_profile_that_does_not_allow_it(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.boards()
    assert lidarr.client.post("/album", json=album_body(lidarr)).status_code == 201
    lidarr.arr.run_commands()
    lidarr.arr.daily_refresh()
    assert lidarr.arr.album(TWOISM).manual is True
    assert scans(lidarr)[1] == "Boards of Canada", "its artist was refreshed lately: the album is alone"


def test_an_album_of_a_new_artist_leads_to_a_scan_of_every_root(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    assert lidarr.client.post("/album", json=album_body(lidarr)).status_code == 201
    lidarr.arr.run_commands()
    assert scans(lidarr) == ["Library"]
    assert lidarr.events() == ["ArtistAdd"]


@pytest.mark.parametrize("policy", ["never", "afterManual"])
def test_or_to_no_scan_at_all_so_that_its_options_wait(lidarr: LidarrHousehold, policy: str) -> None:
    lidarr.connect()
    lidarr.settings("mediamanagement", rescanAfterRefresh=policy)
    lidarr.client.post("/album", json=album_body(lidarr))
    lidarr.arr.run_commands()
    artist = lidarr.arr.artist(BOC)
    assert (scans(lidarr), lidarr.received) == ([], [])
    assert artist.add_options is not None
    lidarr.rescan(lidarr.artist)
    assert lidarr.received == [], "a scan that names no artist does not help"
    lidarr.rescan(lidarr.artist, artist.id)
    assert lidarr.events() == ["ArtistAdd"]


def test_the_search_of_an_album_add_comes_with_its_scan(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.client.post("/album", json=album_body(lidarr, addOptions={"searchForNewAlbum": True}))
    assert lidarr.arr.searches == []
    lidarr.arr.run_commands()
    assert lidarr.arr.searches == [TWOISM]


# -- refreshes


@pytest.mark.parametrize(
    ("policy", "found"), [("always", ["Library"]), ("afterManual", ["Library"]), ("never", [])]
)
def test_a_refresh_by_hand_scans_every_root_unless_never(
    lidarr: LidarrHousehold, policy: str, found: list[str]
) -> None:
    artist = lidarr.boards()
    lidarr.settings("mediamanagement", rescanAfterRefresh=policy)
    lidarr.time += 301
    lidarr.command("RefreshArtist", artistIds=[artist])
    assert scans(lidarr) == found


def test_a_refresh_as_new_scans_only_the_artists_folder(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.time += 301
    lidarr.settings("mediamanagement", rescanAfterRefresh="never")
    lidarr.command("RefreshArtist", artistId=artist, isNewArtist=True)
    lidarr.command("BulkRefreshArtist", artistIds=[artist], areNewArtists=True)
    assert scans(lidarr) == ["Boards of Canada"] * 2


def test_a_refresh_without_ids_is_of_all_artists(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.catalogue[BOC] = replace(lidarr.catalogue[BOC], name="BoC")
    lidarr.command("RefreshArtist")
    assert lidarr.arr.artist(BOC).known.name == "BoC"


def test_an_artist_unknown_upstream_and_without_files_is_deleted_with_its_whole_folder(
    lidarr: LidarrHousehold,
) -> None:
    """Files that nobody scanned yet, a peer's perhaps, go with it."""
    lidarr.connect()
    lidarr.boards()
    [first, _] = lidarr.geogaddi()
    del lidarr.catalogue[BOC]
    lidarr.arr.daily_refresh()
    lidarr.arr.run_commands()
    assert lidarr.events() == ["ArtistDelete", "AlbumDelete", "AlbumDelete"]
    assert [body["deletedFiles"] for body in lidarr.received] == [True, False, False]
    assert not first.exists()
    assert lidarr.arr.deleted_media == [], "nobody asked for it"


def test_a_refresh_that_a_client_asked_for_is_its_fault(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    del lidarr.catalogue[BOC]
    lidarr.command("RefreshArtist", artistId=artist)
    assert len(lidarr.arr.deleted_media) == 2


def test_an_artist_unknown_upstream_with_files_is_only_marked(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    del lidarr.catalogue[BOC]
    lidarr.arr.daily_refresh()
    assert lidarr.get(f"/artist/{artist}")["status"] == "deleted"
    assert lidarr.received == []


def test_a_metadata_server_that_fails_deletes_nothing(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    artist = lidarr.boards()
    lidarr.arr.metadata_down = True
    assert lidarr.command("RefreshArtist", artistId=artist)["status"] == "completed"
    assert len(lidarr.get("/album")) == 2
    assert lidarr.received == []


def test_an_album_that_the_profile_no_longer_allows_is_deleted_as_if_with_files(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.connect()
    artist = lidarr.boards(metadataProfileId=3)
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    lidarr.client.put("/artist/editor", json={"artistIds": [artist], "metadataProfileId": 2})
    lidarr.arr.daily_refresh()
    assert [album["title"] for album in lidarr.get("/album")] == ["Geogaddi"], "that one has files"
    assert [(body["eventType"], body["deletedFiles"]) for body in lidarr.received] == [
        ("AlbumDelete", True)
    ] * 2


def test_an_id_merged_upstream_changes_and_is_still_found_by_the_old_one(
    lidarr: LidarrHousehold,
) -> None:
    known = lidarr.catalogue.pop(BOC)
    lidarr.catalogue[OLD_BOC] = replace(known, id=OLD_BOC, old_ids=())
    artist = lidarr.added(OLD_BOC, "Boards of Canada")
    del lidarr.catalogue[OLD_BOC]
    lidarr.catalogue[BOC] = known
    lidarr.arr.daily_refresh()
    assert lidarr.get(f"/artist/{artist}")["foreignArtistId"] == BOC
    assert [found["id"] for found in lidarr.get(f"/artist?mbId={OLD_BOC}")] == [artist]


def test_an_add_by_an_old_id_answers_with_the_new_one(lidarr: LidarrHousehold) -> None:
    assert lidarr.post(OLD_BOC, "Boards of Canada").json()["foreignArtistId"] == BOC
    assert lidarr.post(OLD_BOC, "Boards of Canada", path="/x/y").status_code == 400


def test_two_artists_that_became_one_keep_their_albums_and_the_row_goes_without_its_files(
    lidarr: LidarrHousehold,
) -> None:
    known = lidarr.catalogue[BOC]
    old = replace(known, id=OLD_BOC, old_ids=(), works=known.works[1:])
    lidarr.catalogue |= {OLD_BOC: old, BOC: replace(known, works=known.works[:1], old_ids=())}
    lidarr.boards()
    lidarr.added(OLD_BOC, "BoC")
    del lidarr.catalogue[OLD_BOC]
    lidarr.catalogue[BOC] = known
    lidarr.connect()
    lidarr.arr.daily_refresh()
    assert [artist["foreignArtistId"] for artist in lidarr.get("/artist")] == [BOC]
    assert [(body["eventType"], body["deletedFiles"]) for body in lidarr.received] == [
        ("ArtistDelete", False)
    ]
    assert len(lidarr.get("/album")) == 2


# -- the metadata server


def test_adds_and_lookups_fail_with_503_while_the_rest_goes_on(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.metadata_down = True
    assert lidarr.post(APHEX, "Aphex Twin").status_code == 503
    assert lidarr.client.get(f"/artist/lookup?term=lidarr:{APHEX}").status_code == 503
    [known] = lidarr.get(f"/artist/lookup?term=lidarr:{BOC}")
    assert known["id"] == artist, "what is in the library needs no server"
    edit = {"artistIds": [artist], "monitored": True}
    assert lidarr.client.put("/artist/editor", json=edit).status_code == 202
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    assert len(lidarr.paths()) == 2


def test_an_id_nobody_knows_is_a_400(lidarr: LidarrHousehold) -> None:
    [refusal] = lidarr.post("no-such", "X").json()
    assert (refusal["propertyName"], refusal["errorMessage"]) == (
        "MusicbrainzId",
        "An artist with this ID was not found",
    )
    [refusal] = lidarr.client.post("/album", json=album_body(lidarr, "no-such")).json()
    assert refusal["errorMessage"] == "An album with this ID was not found"
    assert lidarr.get("/artist/lookup?term=lidarr:no-such") == []


def test_lookup_by_id_and_by_words(lidarr: LidarrHousehold) -> None:
    for prefix in ("lidarr", "lidarrid", "mbid"):
        [found] = lidarr.get(f"/album/lookup?term={prefix}:{DRUKQS}")
        assert (found["foreignAlbumId"], found.get("id")) == (DRUKQS, None)
    [found] = lidarr.get("/artist/lookup?term=aphex")
    assert (found["foreignArtistId"], found["folder"]) == (APHEX, "Aphex Twin")
    assert [item["foreignId"] for item in lidarr.get("/search?term=geogaddi")] == [GEOGADDI]


def test_new_tracks_upstream_reach_the_album_and_keep_the_files(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.geogaddi()
    lidarr.rescan(lidarr.artist, artist)
    known = lidarr.catalogue[BOC]
    cd = replace(known.works[0].editions[0], tracks=("Ready Lets Go", "Music Is Math", "New"))
    work = replace(known.works[0], editions=(cd,))
    lidarr.catalogue[BOC] = replace(known, works=(work, *known.works[1:]))
    lidarr.command("RefreshAlbum", albumId=lidarr.album_id())
    tracks = lidarr.get(f"/track?albumId={lidarr.album_id()}")
    assert [track["hasFile"] for track in tracks] == [True, True, False]
    assert [one["foreignReleaseId"] for one in lidarr.get("/album")[0]["releases"]] == [GEOGADDI_CD]


def test_an_album_merged_upstream_takes_the_other_id_or_goes_to_it(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    number = lidarr.album_id(CAMPFIRE)
    known = lidarr.catalogue[BOC]
    geogaddi, campfire, twoism = known.works
    new = replace(campfire, id="new-campfire", old_ids=(CAMPFIRE,))
    lidarr.catalogue[BOC] = replace(known, works=(geogaddi, new, twoism))
    lidarr.connect()
    lidarr.arr.daily_refresh()
    assert lidarr.arr.album("new-campfire").id == number
    assert lidarr.received == []
    lidarr.catalogue[BOC] = replace(known, works=(replace(geogaddi, old_ids=("new-campfire",)), twoism))
    lidarr.arr.daily_refresh()
    assert [(body["eventType"], body["deletedFiles"]) for body in lidarr.received] == [("AlbumDelete", False)]
    assert [album["title"] for album in lidarr.get("/album")] == ["Geogaddi"]


def test_the_folder_of_a_new_artist_is_made_only_when_the_setting_says_so(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.boards()
    assert not Path(lidarr.artist).exists()
    lidarr.settings("mediamanagement", createEmptyArtistFolders=True)
    lidarr.added(APHEX, "Aphex Twin")
    assert (lidarr.root / "Aphex Twin").is_dir()


@pytest.mark.parametrize(("stage", "album", "artist"), [("metadata", False, True), ("works", True, True)])
def test_a_refresh_writes_back_the_rows_it_read(
    lidarr: LidarrHousehold, stage: str, album: bool, artist: bool
) -> None:
    number = lidarr.boards(monitored=True)
    lidarr.arr.set_monitored(GEOGADDI, True)

    def edit(reached: str, refreshed: int) -> None:
        if (reached, refreshed) == (stage, number):
            lidarr.arr.edit(BOC, monitored=False, path=f"{lidarr.artist} moved")
            lidarr.arr.set_monitored(GEOGADDI, False)

    lidarr.arr.between = edit
    lidarr.arr.queue_refresh()
    lidarr.arr.run_commands()
    assert lidarr.arr.album(GEOGADDI).monitored is album, (
        "albums are read once the artist's metadata is there"
    )
    assert (lidarr.arr.artist(BOC).monitored, lidarr.arr.artist(BOC).path) == (artist, lidarr.artist)


def test_what_is_deleted_during_a_refresh_stays_deleted(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    lidarr.arr.between = lambda stage, _: lidarr.arr.delete(BOC) if stage == "works" else None
    lidarr.arr.daily_refresh()
    assert (lidarr.get("/artist"), lidarr.get("/album")) == ([], [])
