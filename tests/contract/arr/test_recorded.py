"""The adapters and the simulated apps against what real apps were recorded to send and to answer."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mesharr.arr.base import Arr, ArrKind
from mesharr.arr.shared.api import MediaFile
from mesharr.core.arr.model import ArrItem
from mesharr.core.errors import Refused
from tests.contract.arr.contract import known_kinds
from tests.contract.arr.members import FREE, Seen, differences, observe, observe_all, watched
from tests.contract.arr.recorded import (
    FOLDER,
    RecordedApp,
    RecordedEvent,
    recorded_answer,
    recorded_events,
)
from tests.contract.arr.simulated import adapter_of, lived_in

KINDS = [kind for kind in known_kinds() if (FOLDER / kind.name).is_dir()]
EVENTS = [event for kind in KINDS for event in recorded_events(kind)]
for_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.kind.name}/{event.source}/{event.name}")
def test_a_recorded_event_is_read_as_its_name_and_its_members_say(event: RecordedEvent) -> None:
    assert event.read() == event.said()


@for_each_kind
def test_every_event_that_happens_without_a_download_client_was_recorded(kind: ArrKind) -> None:
    """A grab needs a client; files were not tagged; BookDelete was not sent in the recording's session."""
    sources = {event.event for event in EVENTS if event.kind == kind and event.source == "webhooks"}
    assert kind.event_types - sources <= {"Grab", "Retag", "BookDelete"}


def test_nothing_of_the_machine_that_recorded_is_in_the_recordings() -> None:
    placeholders = ("/mesh/", "/config", "/opt/arr")
    kept = ("/MediaCover/", "/hook/", "/api/")
    for path in FOLDER.rglob("*/*.json"):
        seen = [text for text in _texts(json.loads(path.read_text())) if text.startswith("/")]
        assert [text for text in seen if not text.startswith((*placeholders, *kept))] == [], path


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for member in members for text in _texts(member)]


# -- answers --------------------------------------------------------------------------------------


def _read_everything(arr: Arr) -> list[ArrItem]:
    """Make each request that only reads; return the items."""
    arr.exclusions(), arr.scans(), arr.history_since(0).signals, arr.downloads(), arr.roots()
    arr.setting_problems(), arr.library_info(), arr.start_time()
    with contextlib.suppress(Refused):
        arr.check_settings()
    return list(arr.read_all())


def _real_files(kind: ArrKind) -> list[Mapping[str, Any]]:
    if kind.name == "radarr":
        return [row["movieFile"] for row in recorded_answer(kind, "movie")]
    name = {"sonarr": "episodefile", "lidarr": "trackfile", "readarr": "bookfile"}[kind.name]
    return list(recorded_answer(kind, name))


_ITEM = {
    "radarr": ("movie", "tmdb", "tmdbId", "title"),
    "sonarr": ("series", "tvdb", "tvdbId", "title"),
    "lidarr": ("artist", "mbid", "foreignArtistId", "artistName"),
    "readarr": ("author", "goodreads", "foreignAuthorId", "authorName"),
}


@for_each_kind
def test_the_recorded_answers_are_read(kind: ArrKind) -> None:
    app = RecordedApp(kind)
    items = _read_everything(app.arr())
    assert app.unknown == []
    route, prefix, own_id, name = _ITEM[kind.name]
    rows = recorded_answer(kind, route)
    assert [(item.id, item.ref, item.title, item.folder) for item in items] == [
        (f"{prefix}:{row[own_id]}", row["id"], row[name], row["path"]) for row in rows
    ]
    assert all(item.monitored for item in items)


@for_each_kind
def test_each_recorded_file_is_read_with_path_size_quality_and_languages(kind: ArrKind) -> None:
    for row in _real_files(kind):
        [file] = msgspec.convert(row, MediaFile).arr_files("/elsewhere", ())
        assert (file.path, file.size) == (row["path"], row["size"])
        assert file.quality == row["quality"]["quality"]["name"]
        assert file.group == row.get("releaseGroup", "")
        assert list(file.languages) == [language["name"] for language in row.get("languages", ())]


@for_each_kind
def test_the_recorded_history_gives_signals_with_the_paths_of_its_rows(kind: ArrKind) -> None:
    rows = recorded_answer(kind, "history-since")
    signals = RecordedApp(kind).arr().history_since(0).signals
    told = {path for signal in signals for path in signal.paths}
    assert told <= {
        row["data"].get("importedPath") or row["data"].get("path") or row["sourceTitle"] for row in rows
    }
    imported = {row["data"]["importedPath"] for row in rows if row["eventType"].endswith("Imported")}
    assert imported
    assert imported <= told


# -- the simulated apps -----------------------------------------------------------------------------

ALLOWED = {
    # only the list of all movies was recorded, of which each had a file
    ("radarr", "/api/v3/movie[].movieFile"),
    ("radarr", "/api/v3/history/since[].movie.movieFile"),
    # recorded without the query that brings the files along
    ("sonarr", "/api/v3/episode[].episodeFile"),
}
"""Members that may be there, or be absent, though no recording shows it."""

NOT_RECORDED = {"lidarr": "Download.deletedFiles"}
"""Members of events that happened in no recording: there is no upgrade of Lidarr."""


@for_each_kind
def test_a_simulated_app_answers_with_the_types_and_the_absences_of_the_real_one(
    kind: ArrKind, tmp_path: Path
) -> None:
    real, simulated = Seen(), Seen()
    with watched(real):
        _read_everything(RecordedApp(kind).arr())
    _, app = lived_in(kind, tmp_path)
    with watched(simulated):
        _read_everything(adapter_of(kind, app))
    found = {path for path in differences(simulated, real) if (kind.name, path) not in ALLOWED}
    assert {path: (simulated[path], real[path]) for path in found} == {}
    assert [path for path in real if path not in simulated and FREE not in path] == []


@for_each_kind
def test_a_simulated_webhook_has_no_member_that_the_recorded_one_lacks(kind: ArrKind, tmp_path: Path) -> None:
    """Pictures and overviews were left out of the recordings."""
    real, simulated = Seen(), Seen()
    for event in EVENTS:
        if event.kind == kind and event.source == "webhooks":
            observe_all(event.members, event.event, real)
    receiver, _ = lived_in(kind, tmp_path)
    for body in receiver.received:
        observe_all(body, body["eventType"], simulated)
    assert {"Download", "Rename"} <= {body["eventType"] for body in receiver.received}
    more = [path for path in simulated if path not in real and "images[]" not in path]
    more = [path for path in more if not path.endswith(".overview")]
    assert [path for path in more if not path.startswith(NOT_RECORDED.get(kind.name, "-"))] == []
    assert differences(simulated, real) == {}


@for_each_kind
def test_an_import_by_hand_says_nothing_of_a_download_client(kind: ArrKind, tmp_path: Path) -> None:
    receiver, app = lived_in(kind, tmp_path)
    for body in receiver.received:
        if body["eventType"] == "Download":
            assert not {"downloadId", "downloadClient", "downloadClientType"} & set(body)
            assert not {"indexer", "size", "releaseTitle"} & set(body.get("release", {}))
            assert "sceneName" not in json.dumps(body)
    rows = [row for row in app.library.tables.history.values() if row.event_type.endswith("Imported")]
    assert rows
    assert {(row.data["downloadClient"], row.download_id) for row in rows} == {(None, None)}


def test_a_planted_difference_is_found() -> None:
    shape = msgspec.inspect.type_info(list[MediaFile])
    real, simulated = Seen(), Seen()
    observe(shape, [{"id": 1, "size": 2, "path": "/a"}], "files", real)
    observe(shape, [{"id": "1", "path": "/a", "releaseGroup": "x"}], "files", simulated)
    assert set(differences(simulated, real)) == {"files[].id", "files[].size", "files[].releaseGroup"}
