"""What Lidarr's API answers, and what it silently does instead of what was meant."""

import shutil
from pathlib import Path

import httpx
import pytest

from tests.support.receiver import KEY
from tests.unit.arrs.lidarr.household import (
    APHEX,
    BOC,
    CAMPFIRE,
    DRUKQS,
    GEOGADDI,
    GEOGADDI_LP,
    TWOISM,
    LidarrHousehold,
)


def test_a_wrong_key_in_the_query_hides_a_right_header(lidarr: LidarrHousehold) -> None:
    assert lidarr.client.get(f"/artist?apikey={KEY}").status_code == 200
    refused = lidarr.client.get("/artist?apikey=wrong")
    assert (refused.status_code, refused.content) == (401, b"")
    stranger = httpx.Client(transport=httpx.MockTransport(lidarr.arr.handle), base_url="http://arr")
    assert stranger.get("/ping").status_code == 200
    assert stranger.get("/api/v1/artist").status_code == 401
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert stranger.get("/api/v1/artist", headers=bearer).status_code == 200
    assert stranger.get("/api/v3/artist", headers=bearer).status_code == 404


def test_it_says_that_it_is_lidarr(lidarr: LidarrHousehold) -> None:
    status = lidarr.get("/system/status")
    assert (status["appName"], status["instanceName"]) == ("Lidarr", "Lidarr")


def test_artists_are_found_by_a_guid_and_by_nothing_else(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    assert [found["id"] for found in lidarr.get(f"/artist?mbId={BOC}")] == [artist]
    assert lidarr.get(f"/artist?mbId={APHEX}") == []
    assert lidarr.client.get("/artist?mbId=boards").status_code == 400


def test_albums_are_found_by_artist_by_ids_and_by_release_group(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    both = {album["id"] for album in lidarr.get("/album")}
    assert {album["id"] for album in lidarr.get(f"/album?artistId={artist}")} == both
    ids = "&".join(f"albumIds={number}" for number in both)
    assert {album["id"] for album in lidarr.get(f"/album?{ids}")} == both
    [one] = lidarr.get(f"/album?foreignAlbumId={GEOGADDI}")
    assert sum(release["monitored"] for release in one["releases"]) == 1
    assert one["artist"]["foreignArtistId"] == BOC, "a list of albums has each one's artist in it"
    more = lidarr.get(f"/album?foreignAlbumId={GEOGADDI}&includeAllArtistAlbums=true")
    assert {album["id"] for album in more} == both
    assert lidarr.get(f"/album?foreignAlbumId={DRUKQS}") == []


@pytest.mark.parametrize("path", ["/track", "/trackfile"])
def test_tracks_and_files_need_to_be_told_of_what(lidarr: LidarrHousehold, path: str) -> None:
    assert lidarr.client.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/artist/9", "/album/9", "/trackfile/9", "/rootfolder/9"])
def test_unknown_ids_are_404(lidarr: LidarrHousehold, path: str) -> None:
    assert lidarr.client.get(path).status_code == 404
    assert lidarr.client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"artistName": ...}, "ArtistName"),
        ({"foreignArtistId": ...}, "ForeignArtistId"),
        ({"qualityProfileId": ...}, "QualityProfileId"),
        ({"qualityProfileId": 99}, "QualityProfileId"),
        ({"metadataProfileId": ...}, "MetadataProfileId"),
        ({"metadataProfileId": 99}, "MetadataProfileId"),
        ({"path": ...}, "RootFolderPath"),
        ({"path": "relative"}, "Path"),
        ({"path": "/bin/x"}, "Path"),
        ({"path": ..., "rootFolderPath": "/nowhere"}, "RootFolderPath"),
    ],
)
def test_an_add_that_lacks_something_is_a_400_array(
    lidarr: LidarrHousehold, changes: dict[str, object], name: str
) -> None:
    refused = lidarr.post(BOC, "Boards of Canada", **changes)
    assert refused.status_code == 400
    assert [refusal["propertyName"] for refusal in refused.json()] == [name]


def test_a_second_add_is_refused_with_the_words_of_lidarr(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    [refusal] = lidarr.post(BOC, "Boards of Canada", path=str(lidarr.root / "other")).json()
    assert refusal["errorMessage"] == "This artist has already been added."
    assert (refusal["errorCode"], refusal["propertyName"]) == ("ArtistExistsValidator", "ForeignArtistId")
    [taken] = lidarr.post(APHEX, "Aphex Twin", path=lidarr.artist).json()
    assert taken["errorMessage"] == f"Path '{lidarr.artist}' is already configured for another artist"
    [above] = lidarr.post(APHEX, "Aphex Twin", path=str(lidarr.root.parent)).json()
    assert above["errorMessage"].endswith("is an ancestor of an existing artist")


def test_a_root_folder_makes_a_folder_of_this_nodes_own_naming(lidarr: LidarrHousehold) -> None:
    root = str(lidarr.root)
    lidarr.added(APHEX, "Aphex Twin", path=lidarr.artist)
    artist = lidarr.boards(path=..., rootFolderPath=root)
    assert lidarr.get(f"/artist/{artist}")["path"] == f"{lidarr.artist} (1)"
    assert not Path(f"{lidarr.artist} (1)").exists()


def test_an_album_needs_its_artists_object_even_if_he_is_there(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    [refusal] = lidarr.client.post("/album", json={"foreignAlbumId": TWOISM}).json()
    assert refusal["propertyName"] == "Artist"
    body = {"foreignAlbumId": TWOISM, "artist": {"foreignArtistId": BOC, "path": lidarr.artist}}
    refused = lidarr.client.post("/album", json=body).json()
    names = [refusal["propertyName"] for refusal in refused]
    assert names == ["Artist.QualityProfileId", "Artist.MetadataProfileId"]
    again = {"foreignAlbumId": GEOGADDI, "artist": lidarr.body(BOC, "Boards of Canada")}
    [refusal] = lidarr.client.post("/album", json=again).json()
    assert refusal["errorMessage"] == "This album has already been added."


def test_an_album_without_any_release_ok_takes_only_the_monitored_one(lidarr: LidarrHousehold) -> None:
    lidarr.boards(metadataProfileId=2)
    artist = lidarr.body(BOC, "Boards of Canada")
    lidarr.client.post("/album", json={"foreignAlbumId": GEOGADDI, "artist": artist})
    assert lidarr.arr.album(GEOGADDI).any_edition is False


def test_adds_forget_the_exclusions_of_album_and_artist(lidarr: LidarrHousehold) -> None:
    for mbid in (BOC, TWOISM, DRUKQS):
        body = {"foreignId": mbid, "artistName": "x"}
        assert lidarr.client.post("/importlistexclusion", json=body).status_code == 201
        assert lidarr.client.post("/importlistexclusion", json=body).status_code == 400
    artist = lidarr.body(BOC, "Boards of Canada")
    lidarr.client.post("/album", json={"foreignAlbumId": TWOISM, "artist": artist})
    [left] = lidarr.get("/importlistexclusion")
    assert left["foreignId"] == DRUKQS
    assert lidarr.client.delete(f"/importlistexclusion/{left['id']}").status_code == 200


def test_a_put_resets_what_it_omits_and_never_sets_add_options(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards(monitored=True, tags=[1])
    body = {"path": lidarr.artist, "qualityProfileId": 2, "metadataProfileId": 1, "addOptions": {}}
    assert lidarr.client.put(f"/artist/{artist}", json=body).status_code == 202
    shown = lidarr.get(f"/artist/{artist}")
    assert (shown["qualityProfileId"], shown["monitored"], shown["tags"]) == (2, False, [])
    assert shown["monitorNewItems"] == "all"
    assert "addOptions" not in shown


def test_a_new_path_rewrites_the_rows_of_files_even_when_none_moves(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    files = lidarr.arr.download(GEOGADDI)
    target = str(lidarr.root / "BoC")
    lidarr.client.put(f"/artist/{artist}", json={**lidarr.get(f"/artist/{artist}"), "path": target})
    lidarr.arr.run_commands()
    assert {file["path"].startswith(target) for file in lidarr.get(f"/trackfile?artistId={artist}")} == {True}
    assert Path(files[0].path).exists()


def test_a_move_takes_the_files_along(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    target = str(lidarr.root / "BoC")
    body = {**lidarr.get(f"/artist/{artist}"), "path": target}
    lidarr.client.put(f"/artist/{artist}?moveFiles=true", json=body)
    lidarr.arr.run_commands()
    assert all(Path(file["path"]).exists() for file in lidarr.get(f"/trackfile?artistId={artist}"))


def test_the_editor_changes_only_what_it_is_given_and_no_album(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards(addOptions={"monitor": "all"}, monitored=True, tags=[1])
    body = {"artistIds": [artist], "monitored": False, "monitorNewItems": "new", "tags": [2]}
    [edited] = lidarr.client.put("/artist/editor", json=body).json()
    assert (edited["monitored"], edited["monitorNewItems"], edited["tags"]) == (False, "new", [1, 2])
    assert {album["monitored"] for album in lidarr.get("/album")} == {True}
    removed = {"artistIds": [artist], "tags": [1], "applyTags": "remove"}
    assert lidarr.client.put("/artist/editor", json=removed).json()[0]["tags"] == [2]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/artist/editor", {"artistIds": [1, 99], "monitored": True}),
        ("/album/monitor", {"albumIds": [1, 99], "monitored": True}),
    ],
)
def test_one_unknown_id_of_a_bulk_edit_fails_all(
    lidarr: LidarrHousehold, path: str, body: dict[str, object]
) -> None:
    lidarr.boards()
    refused = lidarr.client.put(path, json=body)
    assert refused.status_code == 500
    assert "Expected query to return 2 rows" in refused.json()["message"]
    assert lidarr.arr.artist(BOC).monitored is lidarr.arr.album(GEOGADDI).monitored is False


def test_flags_of_albums_are_set_without_their_artists(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    body = {"albumIds": [lidarr.album_id()], "monitored": True}
    assert lidarr.client.put("/album/monitor", json=body).status_code == 202
    assert (lidarr.arr.album(GEOGADDI).monitored, lidarr.arr.artist(BOC).monitored) == (True, False)


def test_a_put_of_an_album_that_leaves_its_releases_out_unlinks_its_files(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    album = lidarr.get(f"/album/{lidarr.album_id()}")
    del album["releases"]
    assert lidarr.client.put(f"/album/{album['id']}", json=album).status_code == 202
    assert lidarr.paths() == []
    assert len(lidarr.arr.unmapped()) == 2
    lidarr.arr.run_commands()
    assert len(lidarr.paths()) == 2, "the scan that follows finds them again"


def test_a_put_of_an_album_with_its_releases_changes_flags_alone(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    files = lidarr.arr.download(GEOGADDI)
    album = {**lidarr.get(f"/album/{lidarr.album_id()}"), "monitored": True}
    lidarr.client.put(f"/album/{album['id']}", json=album)
    assert [file.id for file in lidarr.arr.files(GEOGADDI)] == [file.id for file in files]
    assert lidarr.arr.album(GEOGADDI).monitored is True
    for release in album["releases"]:
        release["monitored"] = release["foreignReleaseId"] == GEOGADDI_LP
    lidarr.client.put(f"/album/{album['id']}", json=album)
    assert lidarr.paths() == []


def test_the_studio_applies_a_monitoring_option_at_once(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    body = {
        "artist": [{"id": artist, "monitored": True}],
        "monitoringOptions": {"monitor": "latest"},
        "monitorNewItems": "new",
    }
    done = lidarr.client.post("/albumstudio", json=body)
    assert (done.status_code, done.json()) == (202, {})
    assert [lidarr.arr.album(mbid).monitored for mbid in (GEOGADDI, CAMPFIRE)] == [False, True]
    assert (lidarr.arr.artist(BOC).monitored, lidarr.arr.artist(BOC).new_items) == (True, "new")


def test_the_delete_of_a_file_is_a_delete_from_the_disk_and_refused_when_it_looks_unmounted(
    lidarr: LidarrHousehold,
) -> None:
    lidarr.boards()
    first, second = lidarr.arr.download(GEOGADDI)
    assert lidarr.client.delete(f"/trackfile/{first.id}").status_code == 200
    assert lidarr.arr.deleted_media == [first.path]
    shutil.rmtree(lidarr.artist)
    assert lidarr.client.delete(f"/trackfile/{second.id}").status_code == 409
    (lidarr.root / "Somebody").mkdir()
    bulk = httpx.Request(
        "DELETE",
        "http://arr/api/v1/trackfile/bulk",
        headers={"X-Api-Key": KEY},
        json={"trackFileIds": [second.id]},
    )
    assert lidarr.arr.handle(bulk).status_code == 200, "only the artist's folder is gone: the row goes"
    assert lidarr.paths() == []


def test_the_recycle_bin_takes_what_is_deleted(lidarr: LidarrHousehold, tmp_path: Path) -> None:
    lidarr.settings("mediamanagement", recycleBin=str(tmp_path / "bin"))
    lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    lidarr.arr.delete(BOC, delete_files=True)
    lidarr.arr.run_commands()
    assert (tmp_path / "bin/Boards of Canada/Geogaddi (2002)/01 Ready Lets Go.flac").exists()


def test_the_folder_of_an_artist_stays_if_another_one_lives_in_it(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.added(APHEX, "Aphex Twin", path=f"{lidarr.artist}/Aphex Twin")
    lidarr.arr.download(GEOGADDI)
    lidarr.client.delete(f"/artist/{artist}?deleteFiles=true&addImportListExclusion=true")
    lidarr.arr.run_commands()
    assert Path(lidarr.artist).exists()
    assert [row["foreignId"] for row in lidarr.get("/importlistexclusion")] == [BOC]


def test_many_artists_are_deleted_with_their_files(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.download(GEOGADDI)
    request = httpx.Request(
        "DELETE",
        "http://arr/api/v1/artist/editor",
        headers={"X-Api-Key": KEY},
        json={"artistIds": [artist], "deleteFiles": True},
    )
    assert lidarr.arr.handle(request).json() == {}
    lidarr.arr.run_commands()
    assert not Path(lidarr.artist).exists()


def test_tags_are_lower_cased_and_may_hold_anything(lidarr: LidarrHousehold) -> None:
    first = lidarr.client.post("/tag", json={"label": "Node A!"})
    assert (first.status_code, first.json()["label"]) == (201, "node a!")
    again = lidarr.client.post("/tag", json={"label": "node a!"})
    assert (again.status_code, again.json()) == (201, first.json())
    tag = first.json()["id"]
    artist = lidarr.boards(tags=[tag])
    assert lidarr.client.delete(f"/tag/{tag}").status_code == 409
    assert lidarr.get("/tag/detail")[0]["artistIds"] == [artist]


def test_a_root_folder_has_defaults_and_a_path_that_cannot_be_edited(lidarr: LidarrHousehold) -> None:
    [root] = lidarr.get("/rootfolder")
    assert (root["defaultMonitorOption"], root["defaultNewItemMonitorOption"]) == ("all", "all")
    assert lidarr.client.put("/rootfolder/1", json={**root, "path": "/other"}).status_code == 400
    assert lidarr.client.post("/rootfolder", json={"path": str(lidarr.root)}).status_code == 400


def test_a_new_root_is_scanned_and_fills_the_library(lidarr: LidarrHousehold) -> None:
    lidarr.put("../More/Aphex Twin/Drukqs/01 x.flac")
    body = {
        "name": "more",
        "path": str(lidarr.root.parent / "More"),
        "defaultQualityProfileId": 1,
        "defaultMetadataProfileId": 1,
    }
    assert lidarr.client.post("/rootfolder", json=body).status_code == 201
    lidarr.arr.run_commands()
    assert [artist["artistName"] for artist in lidarr.get("/artist")] == ["Aphex Twin"]


def test_the_delete_of_a_root_drops_every_row_below_it_and_no_file(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    files = lidarr.arr.download(GEOGADDI, extras={"01 x.lrc": b"la"})
    lidarr.connect()
    assert lidarr.client.delete("/rootfolder/1").status_code == 200
    assert lidarr.paths() == []
    assert (Path(files[0].path).exists(), (Path(files[0].path).parent / "01 x.lrc").exists()) == (True, True)
    assert lidarr.received == []


def test_history_has_one_row_per_track_with_its_number_and_name(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards()
    lidarr.arr.grab(GEOGADDI)
    lidarr.time += 60
    lidarr.arr.download(GEOGADDI)
    lidarr.time += 60
    lidarr.arr.rename(GEOGADDI, "g")
    since = {"date": "2023-11-14T22:14:20Z"}
    kinds = [row["eventType"] for row in lidarr.client.get("/history/since", params=since).json()]
    assert kinds == ["trackFileImported"] * 2 + ["downloadImported"] + ["trackFileRenamed"] * 2
    for wanted in ("3", "trackFileImported"):
        query = {**since, "eventType": wanted, "includeArtist": "true", "includeAlbum": "true"}
        first, second = lidarr.client.get("/history/since", params=query).json()
        assert (first["artist"]["foreignArtistId"], first["album"]["foreignAlbumId"]) == (BOC, GEOGADDI)
        assert first["trackId"] != second["trackId"]
        assert set(first["data"]) >= {"droppedPath", "importedPath", "fileId"}
    [renamed, _] = lidarr.get("/history?eventType=6&pageSize=9")["records"]
    assert set(renamed["data"]) == {"sourcePath", "path"}
    of_album = f"/history/artist?artistId={artist}&albumId={lidarr.album_id()}"
    assert len(lidarr.get(of_album)) == 6
    assert lidarr.get(f"/history/artist?artistId={artist}&albumId=99") == []


def test_wanted_lists_the_monitored_albums_without_files(lidarr: LidarrHousehold) -> None:
    lidarr.geogaddi()
    lidarr.boards(addOptions={"monitor": "all"})
    assert [album["title"] for album in lidarr.get("/wanted/missing")["records"]] == [
        "The Campfire Headphase"
    ]


def test_searches_are_noted(lidarr: LidarrHousehold) -> None:
    artist = lidarr.boards(monitorNewItems="all")
    lidarr.command("AlbumSearch", albumIds=[lidarr.album_id()])
    assert lidarr.arr.searches == [GEOGADDI]
    lidarr.command("ArtistSearch", artistId=artist)
    lidarr.command("MissingAlbumSearch")
    assert lidarr.arr.searches == [GEOGADDI] + [GEOGADDI, CAMPFIRE] * 2


def test_there_is_no_command_to_rescan_one_artist(lidarr: LidarrHousehold) -> None:
    assert lidarr.client.post("/command", json={"name": "RescanArtist"}).status_code == 500


def test_a_restored_backup_brings_old_rows_and_old_ids_back(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    backup = lidarr.arr.snapshot()
    later = lidarr.added(APHEX, "Aphex Twin")
    lidarr.arr.set_monitored(GEOGADDI, True)
    lidarr.arr.restore(backup)
    assert [artist["foreignArtistId"] for artist in lidarr.get("/artist")] == [BOC]
    assert lidarr.arr.album(GEOGADDI).monitored is False
    assert lidarr.added(APHEX, "Aphex Twin") == later


def test_a_person_adds_with_options(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    lidarr.arr.add(BOC)
    lidarr.arr.run_commands()
    assert lidarr.events() == ["ArtistAdd"]
    assert (lidarr.arr.artist(BOC).monitored, lidarr.arr.album(GEOGADDI).monitored) == (True, True)


def test_a_person_adds_one_album_and_the_log_of_requests_lacks_it(lidarr: LidarrHousehold) -> None:
    lidarr.connect()
    album = lidarr.arr.add_work(TWOISM)
    lidarr.arr.run_commands()
    assert (album.monitored, album.manual, lidarr.arr.artist(BOC).monitored) == (True, True, False)
    assert lidarr.events() == ["ArtistAdd"]
    assert ("POST", "/api/v1/album") not in lidarr.arr.requests
    assert len(lidarr.get("/album")) == 3
    with pytest.raises(KeyError):
        lidarr.arr.add_work("no-such")


def test_requests_are_logged_and_faults_can_be_put_in_their_place(lidarr: LidarrHousehold) -> None:
    lidarr.client.get(f"/artist?mbId={BOC}")
    assert lidarr.arr.requests == [("GET", f"/api/v1/artist?mbId={BOC}")]
    lidarr.arr.forget_requests()
    lidarr.arr.fail = lambda request: httpx.Response(503, json={"errorMessage": "starting"})
    assert lidarr.client.get("/artist").status_code == 503
    assert len(lidarr.arr.requests) == 1
