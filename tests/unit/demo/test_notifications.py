"""Which events Radarr sends, with what in them, and what becomes of those that fail."""

import base64
import json
from pathlib import Path

import httpx
import pytest

from tests.unit.demo.household import DUNE, HEAT, ON, Household


def test_an_import_sends_download_with_tag_labels_and_without_monitored(house: Household) -> None:
    house.connect()
    tag = house.client.post("/tag", json={"label": "mesharr-bob"}).json()["id"]
    house.added(tags=[tag])
    house.radarr.download(DUNE.tmdb_id, size=77)
    added, body = house.received
    assert added["movie"]["tags"] == ["mesharr-bob"]
    assert (body["eventType"], body["isUpgrade"], body["movieFile"]["size"]) == ("Download", False, 77)
    assert body["movieFile"]["path"] == f"{body['movie']['folderPath']}/{body['movieFile']['relativePath']}"
    assert body["movieFile"]["indexerFlags"] == "0"
    assert Path(body["movieFile"]["path"]).stat().st_size == 77
    assert not {"monitored", "qualityProfileId"} & set(body["movie"])
    assert "deletedFiles" not in body
    assert body["movie"]["releaseDate"] == "2021-12-14"


def test_an_upgrade_deletes_first_and_then_tells_both_in_that_order(house: Household) -> None:
    house.connect()
    house.radarr.add(DUNE.tmdb_id)
    old = house.radarr.download(DUNE.tmdb_id, quality="WEBDL-720p")
    folder = house.radarr.movie(DUNE.tmdb_id).path
    seen: list[tuple[str, list[str]]] = []

    def receive(url: str, content: bytes, headers: dict[str, str]) -> int:
        names = sorted(path.name for path in Path(folder).iterdir())
        seen.append((json.loads(content)["eventType"], names))
        return house.receive(url, content, headers)

    house.radarr.notifications.post = receive
    house.radarr.download(DUNE.tmdb_id, extras={"Subs/en.srt": b"hi"})
    assert seen == [
        ("MovieFileDelete", []),
        ("Download", ["Dune (2021) Bluray-1080p.mkv", "Subs"]),
    ]
    deleted, download = house.received[-2:]
    assert deleted["deleteReason"] == "upgrade"
    assert download["isUpgrade"] is True
    assert [file["id"] for file in download["deletedFiles"]] == [old.id]
    history = house.client.get("/history").json()["records"]
    assert [row["eventType"] for row in history][:2] == ["downloadFolderImported", "movieFileDeleted"]
    assert history[1]["data"]["reason"] == "Upgrade"
    assert house.radarr.deleted_media == []


def test_an_upgrade_is_silent_when_its_second_flags_are_off(house: Household) -> None:
    house.connect(onUpgrade=False, onMovieFileDeleteForUpgrade=False)
    house.radarr.add(DUNE.tmdb_id)
    house.radarr.download(DUNE.tmdb_id, quality="WEBDL-720p")
    house.radarr.download(DUNE.tmdb_id)
    assert house.events() == ["MovieAdded", "Download"]


def test_edits_and_tags_and_folder_moves_send_nothing(house: Household) -> None:
    house.connect()
    movie_id = house.added()
    house.put_file("Dune (2021).mkv")
    house.rescan(movie_id)
    house.radarr.set_monitored(DUNE.tmdb_id, True)
    house.radarr.edit(DUNE.tmdb_id, tags=(3,))
    moved = str(house.root / "Dune part one (2021)")
    body = {**house.get(movie_id), "path": moved}
    house.client.put(f"/movie/{movie_id}?moveFiles=true", json=body)
    house.radarr.run_commands()
    assert (Path(moved) / "Dune (2021).mkv").exists()
    assert house.events() == ["MovieAdded"]


def test_rename_keeps_the_file_id_and_tells_both_names(house: Household) -> None:
    house.connect()
    house.radarr.add(DUNE.tmdb_id)
    file = house.radarr.download(DUNE.tmdb_id)
    house.radarr.rename(DUNE.tmdb_id, "dune.mkv")
    [renamed] = house.received[-1]["renamedMovieFiles"]
    assert (renamed["id"], renamed["relativePath"]) == (file.id, "dune.mkv")
    assert renamed["previousRelativePath"] == file.relative_path
    assert Path(renamed["path"]).exists()


def test_no_file_is_renamed_onto_another(house: Household) -> None:
    other = house.put_file("other.mkv", 10)
    house.radarr.add(DUNE.tmdb_id)
    file = house.radarr.download(DUNE.tmdb_id)
    house.connect()
    assert house.radarr.rename(DUNE.tmdb_id, "other.mkv") == file
    assert (other.stat().st_size, house.events()) == (10, [])


def test_deletes_by_people_tell_a_boolean_where_an_upgrade_tells_a_list(house: Household) -> None:
    house.connect()
    house.radarr.add(DUNE.tmdb_id)
    house.radarr.download(DUNE.tmdb_id)
    house.radarr.delete_file(DUNE.tmdb_id)
    assert house.received[-1]["deleteReason"] == "manual"
    house.radarr.download(DUNE.tmdb_id, size=50)
    folder = Path(house.radarr.movie(DUNE.tmdb_id).path)
    house.radarr.delete(DUNE.tmdb_id, delete_files=True)
    gone = house.received[-1]
    assert (gone["eventType"], gone["deletedFiles"], gone["movieFolderSize"]) == ("MovieDelete", True, 50)
    assert not folder.exists()
    assert house.radarr.deleted_media == []


def test_the_echo_of_an_add_arrives_before_its_reply(house: Household) -> None:
    house.connect()
    seen: list[int] = []

    def receive(url: str, content: bytes, headers: dict[str, str]) -> int:
        seen.append(len(house.radarr.library.movies()))
        return 200

    house.radarr.notifications.post = receive
    house.post_movie()
    assert seen == [1]


def test_an_add_without_add_options_is_a_failure_and_sends_nothing(house: Household) -> None:
    house.connect()
    assert house.post_movie(addOptions=...).status_code == 201
    assert house.received == []
    assert [name for name, _ in house.radarr.notifications.failures] == ["mesharr"]


def test_a_bulk_import_stops_telling_at_the_first_movie_without_add_options(
    house: Household,
) -> None:
    house.connect()
    batch = [
        {"tmdbId": film.tmdb_id, "qualityProfileId": 1, "path": f"{house.root}/{film.title}"}
        for film in (DUNE, HEAT)
    ]
    batch[1]["addOptions"] = {}
    assert house.client.post("/movie/import", json=batch).status_code == 200
    assert house.received == []


def test_a_receiver_that_stays_down_is_skipped_and_its_events_are_lost(house: Household) -> None:
    house.connect()
    house.time += 3600  # past the start-up grace
    house.radarr.add(DUNE.tmdb_id)
    house.answer = 500
    house.radarr.download(DUNE.tmdb_id)
    house.time += 60
    house.radarr.rename(DUNE.tmdb_id, "b.mkv")
    assert len(house.radarr.notifications.failures) == 2, "in the first minutes it is tried each time"
    house.time += 300
    house.radarr.rename(DUNE.tmdb_id, "c.mkv")
    assert len(house.radarr.notifications.failures) == 3
    house.answer = 200
    house.radarr.rename(DUNE.tmdb_id, "d.mkv")
    assert house.radarr.notifications.dropped == 1
    assert house.client.get("/health").json()[0]["source"] == "NotificationStatusCheck"
    house.time += 301
    house.radarr.rename(DUNE.tmdb_id, "e.mkv")
    assert house.received[-1]["renamedMovieFiles"][0]["previousRelativePath"] == "d.mkv"
    assert house.events().count("Rename") == 1, "what was lost is not sent again"


def test_a_redirect_counts_as_told(house: Household) -> None:
    house.connect()
    house.answer = 301
    house.radarr.add(DUNE.tmdb_id)
    assert house.radarr.notifications.failures == []


def test_a_save_tests_the_hook_at_once_even_when_forced(house: Household) -> None:
    house.answer = 503
    body = {"name": "m", "implementation": "Webhook", **ON}
    body["fields"] = [{"name": "url", "value": "http://mesharr/hook"}]
    refused = house.client.post("/notification?forceSave=true", json=body)
    assert refused.status_code == 400
    assert refused.json()[0]["propertyName"] == "Url"
    house.answer = httpx.ConnectError("refused")
    assert house.client.post("/notification", json=body).status_code == 500
    assert house.client.get("/notification").json() == []
    off = {**body, **dict.fromkeys(ON, False)}
    saved = house.client.post("/notification", json=off)
    assert saved.status_code == 201
    number = saved.json()["id"]
    assert house.client.put(f"/notification/{number}", json=body).status_code == 500
    assert house.client.put(f"/notification/{number}?forceSave=true", json=body).status_code == 202


def test_the_test_event_and_the_headers_reach_the_receiver(house: Household) -> None:
    values = {
        "url": "http://mesharr/hook",
        "username": "u",
        "password": "p",
        "headers": [{"key": "X-Mesharr", "value": "token"}],
    }
    fields = [{"name": name, "value": value} for name, value in values.items()]
    body = {"name": "m", "implementation": "Webhook", **ON, "fields": fields}
    saved = house.client.post("/notification", json=body).json()
    assert house.events() == ["Test"]
    assert house.headers[0]["X-Mesharr"] == "token"
    login = base64.b64encode(b"u:p").decode()
    assert house.headers[0]["Authorization"] == f"Basic {login}"
    shown = {field["name"]: field["value"] for field in saved["fields"]}
    assert (shown["password"], shown["url"]) == ("********", values["url"])
    house.client.put(f"/notification/{saved['id']}", json=saved)
    assert house.headers[-1]["Authorization"] == f"Basic {login}", "the hidden password was kept"


def test_names_of_connections_are_unique_whatever_their_case(house: Household) -> None:
    house.connect()
    refused = house.connect(name="MESHARR")
    assert refused.json()[0]["errorMessage"] == "Should be unique"


def test_a_connection_with_a_tag_hears_only_of_movies_with_it(house: Household) -> None:
    tag = house.client.post("/tag", json={"label": "mine"}).json()["id"]
    house.connect(tags=[tag])
    house.added(DUNE)
    house.added(HEAT, tags=[tag])
    assert [body["movie"]["title"] for body in house.received] == ["Heat"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "hook.sh"
    path.write_text(f'#!/bin/sh\nenv | grep -i ^radarr_ >> "{tmp_path}/out"\necho --- >> "{tmp_path}/out"\n')
    path.chmod(0o755)
    return path


def test_a_custom_script_gets_lower_case_names_and_values_as_they_are(house: Household, script: Path) -> None:
    fields = [{"name": "path", "value": str(script)}]
    assert house.connect(implementation="CustomScript", fields=fields).status_code == 201
    house.radarr.add(DUNE.tmdb_id)
    house.radarr.download(DUNE.tmdb_id)
    parts = script.with_name("out").read_text().split("---\n")
    runs = [dict(line.split("=", 1) for line in part.splitlines()) for part in parts if part]
    assert [run["radarr_eventtype"] for run in runs] == ["Test", "MovieAdded", "Download"]
    assert len(runs[0]) == 3
    assert runs[1]["radarr_movie_addmethod"] == "Manual"
    download = runs[2]
    assert (download["radarr_isupgrade"], download["radarr_movie_tmdbid"]) == ("False", "438631")
    assert Path(download["radarr_moviefile_path"]).exists()
    assert all(name == name.lower() for name in download)


def test_a_script_event_of_an_import_is_lost_when_files_are_not_analysed(
    house: Household, script: Path
) -> None:
    house.connect(implementation="CustomScript", fields=[{"name": "path", "value": str(script)}])
    house.radarr.add(DUNE.tmdb_id)
    house.radarr.config("mediamanagement")["enableMediaInfo"] = False
    house.radarr.download(DUNE.tmdb_id)
    assert len(house.radarr.notifications.failures) == 1


def test_a_script_that_fails_is_refused_by_the_test_and_ignored_for_events(
    house: Household, script: Path
) -> None:
    good = script.read_text()
    script.write_text("#!/bin/sh\nexit 3\n")
    fields = [{"name": "path", "value": str(script)}]
    refused = house.connect(implementation="CustomScript", fields=fields)
    assert refused.json()[0]["errorMessage"] == "Script exited with code: 3"
    script.write_text(good)
    house.connect(implementation="CustomScript", fields=fields)
    script.write_text("#!/bin/sh\nexit 3\n")
    house.radarr.add(DUNE.tmdb_id)
    assert house.radarr.notifications.failures == []


def test_the_schema_names_both_kinds_of_connection(house: Household) -> None:
    kinds = house.client.get("/notification/schema").json()
    assert {kind["implementation"] for kind in kinds} == {"Webhook", "CustomScript"}
    assert all(kind["onDownload"] is False for kind in kinds)
