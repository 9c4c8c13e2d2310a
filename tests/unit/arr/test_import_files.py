"""The command that registers files by ids, against the bodies that real apps took."""

import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.arr.model import FileToImport
from mesharr.core.errors import Refused
from tests.contract.arr.contract import known_kinds, sample
from tests.contract.arr.handmade import HandMade

RECORDED: Final = Path(__file__).parents[2] / "fixtures" / "recorded" / "exact-import.json"
UNITS: Final = {"radarr": "movie", "sonarr": "S01E02", "lidarr": "an-album", "readarr": "a-work"}
for_each_kind = pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)


def recorded(kind: ArrKind) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(RECORDED.read_text())[kind.name]
    return body


def app_of(kind: ArrKind) -> HandMade:
    """An app with the ids of the recorded bodies."""
    app = HandMade(kind)
    [file] = recorded(kind)["files"]
    app.lists["qualitydefinition"] = [
        {"id": 9, "quality": file["quality"]["quality"]},
        {"id": 8, "quality": {"id": 0, "name": "Unknown"}},
    ]
    app.lists["episode"] = [
        {"id": 2, "seriesId": 1, "seasonNumber": 1, "episodeNumber": 2},
        {"id": 3, "seriesId": 1, "seasonNumber": 1, "episodeNumber": 3},
        {"id": 52, "seriesId": 5, "seasonNumber": 1, "episodeNumber": 2},
    ]
    app.lists["album"] = [
        {
            "id": 1,
            "artistId": 1,
            "foreignAlbumId": "an-album",
            "releases": [{"id": 1, "foreignReleaseId": "a-release"}, {"id": 2, "foreignReleaseId": "empty"}],
        }
    ]
    app.lists["track"] = [{"id": 1, "albumReleaseId": 1, "foreignTrackId": "a-track"}]
    book = {"authorId": 1, "foreignBookId": "a-work", "foreignEditionId": "own"}
    app.lists["book"] = [book | {"id": 1}, book | {"id": 7, "authorId": 5}]
    app.lists["edition"] = [{"bookId": 1, "foreignEditionId": "70000011"}]
    return app


def file_of(kind: ArrKind, **changed: Any) -> FileToImport:
    """The file of the recorded body, as an event says what it is."""
    [file] = recorded(kind)["files"]
    stated: dict[str, Any] = {
        "ref": 1,
        "path": file["path"],
        "units": (UNITS[kind.name],),
        "quality": file["quality"]["quality"]["name"],
        "languages": tuple(language["name"] for language in file.get("languages", [])),
    }
    if kind.name == "lidarr":
        stated |= {"parts": ("a-track",), "release": "a-release"}
    if kind.name == "readarr":
        stated["release"] = "70000011"
    return FileToImport(**stated | changed)


@for_each_kind
def test_the_command_is_the_one_that_the_real_app_took(kind: ArrKind) -> None:
    app = app_of(kind)
    assert app.arr().import_files([file_of(kind)]) == 77
    # with "move", Sonarr sends a Download for a file that it takes from another episode
    assert app.body("POST command") == recorded(kind) | {"importMode": "auto"}


@for_each_kind
def test_files_of_many_items_are_one_command_and_a_second_one_asks_for_no_names(kind: ArrKind) -> None:
    app = app_of(kind)
    arr = app.arr()
    files = [file_of(kind, path=f"/media/{number}") for number in range(50)]
    assert all(arr.importable(file) for file in files)
    arr.import_files(files)
    arr.import_files(files)
    sent = app.bodies("POST command")
    assert [[file["path"] for file in each["files"]] for each in sent] == [[file.path for file in files]] * 2
    expected = {
        "radarr": [],
        "sonarr": ["episode"],
        "lidarr": ["album", "track"],
        "readarr": ["book", "edition"],
    }
    names = ["qualitydefinition", *(["language"] if kind.name in {"radarr", "sonarr"} else [])]
    asked = [line.partition(" ")[2].partition("?")[0] for line in app.lines() if line.startswith("GET")]
    assert asked == expected[kind.name] + names


@for_each_kind
def test_qualities_are_taken_from_the_profiles_that_were_read_also_of_their_groups(kind: ArrKind) -> None:
    app = app_of(kind)
    definitions = [row["quality"] for row in app.lists["qualitydefinition"]]
    single, *grouped = [{"quality": each, "items": [], "allowed": True} for each in definitions]
    group = {"id": 1000, "name": "Group", "items": grouped, "allowed": True}
    app.lists["qualityprofile"] = [{**row, "items": [single, group]} for row in app.lists["qualityprofile"]]
    arr = app.arr()
    assert list(arr.read_all())
    arr.import_files([file_of(kind), file_of(kind, path="/media/b", quality="")])
    assert "GET qualitydefinition" not in app.lines()
    taken, unknown = (file["quality"]["quality"] for file in app.body("POST command")["files"])
    assert taken in definitions
    assert unknown["id"] == 0
    app.requests.clear()
    arr.import_files([file_of(kind, quality="Brand-new")])
    assert "GET qualitydefinition" in app.lines()


@for_each_kind
def test_languages_are_asked_for_once_a_file_has_one(kind: ArrKind) -> None:
    app = app_of(kind)
    arr = app.arr()
    arr.import_files([file_of(kind, languages=())])
    assert "GET language" not in app.lines()
    arr.import_files([file_of(kind, languages=("French",))])
    assert ("GET language" in app.lines()) is (kind.name in {"radarr", "sonarr"})


@for_each_kind
def test_what_was_just_read_of_an_item_is_not_asked_again(kind: ArrKind) -> None:
    app = HandMade(kind)
    arr = app.arr()
    item = sample(kind)
    assert arr.read(item.id) is not None
    app.requests.clear()
    units_only = item.file(parts=(), release="")
    assert arr.importable(units_only) is (kind.name != "lidarr")
    assert app.lines() == []


@for_each_kind
def test_a_file_of_a_unit_that_the_app_lacks_is_not_importable_and_is_left_out(kind: ArrKind) -> None:
    app = app_of(kind)
    arr = app.arr()
    unknown = file_of(kind, path="/media/unknown", units=("S09E09",))
    assert not arr.importable(unknown)
    assert arr.importable(file_of(kind))
    arr.import_files([unknown, file_of(kind)])
    assert [file["path"] for file in app.body("POST command")["files"]] == [file_of(kind).path]
    with pytest.raises(Refused, match="/media/unknown"):
        arr.import_files([unknown])


def kind_of(name: str) -> ArrKind:
    return next(kind for kind in known_kinds() if kind.name == name)


@pytest.mark.parametrize(
    "changed",
    [
        {"parts": ()},
        {"release": ""},
        {"release": "unknown"},
        {"release": "empty"},
        {"parts": ("a-track", "unknown")},
        {"units": ("an-album", "another")},
    ],
)
def test_lidarr_imports_only_known_tracks_of_a_known_release(changed: dict[str, Any]) -> None:
    kind = kind_of("lidarr")
    assert not app_of(kind).arr().importable(file_of(kind, **changed))


@pytest.mark.parametrize("release", ["", "unknown"])
def test_readarr_chooses_the_edition_where_none_is_stated_or_it_lacks_the_stated_one(release: str) -> None:
    kind = kind_of("readarr")
    app = app_of(kind)
    app.arr().import_files([file_of(kind, release=release)])
    [file] = app.body("POST command")["files"]
    assert file["foreignEditionId"] == "own"


def test_sonarr_imports_a_file_of_two_episodes_only_when_it_has_both() -> None:
    kind = kind_of("sonarr")
    app = app_of(kind)
    arr = app.arr()
    assert not arr.importable(file_of(kind, units=("S01E02", "S01E04")))
    arr.import_files([file_of(kind, units=("S01E02", "S01E03"))])
    [file] = app.body("POST command")["files"]
    assert (file["episodeIds"], file["releaseType"]) == ([2, 3], "multiEpisode")


@for_each_kind
def test_a_quality_and_languages_that_the_app_lacks_are_unknown(kind: ArrKind) -> None:
    app = app_of(kind)
    app.arr().import_files([file_of(kind, quality="VHS", languages=("Klingon",))])
    [file] = app.body("POST command")["files"]
    assert file["quality"]["quality"] == {"id": 0, "name": "Unknown"}
    assert file.get("languages", [{"id": 0, "name": "Unknown"}]) == [{"id": 0, "name": "Unknown"}]


@pytest.mark.parametrize(
    ("name", "listed"), [("sonarr", "episode"), ("lidarr", "album"), ("readarr", "book")]
)
def test_an_episode_or_album_that_was_added_since_is_looked_up_again(name: str, listed: str) -> None:
    now = 1000.0
    kind = kind_of(name)
    app = app_of(kind)
    rows, app.lists[listed] = app.lists[listed], []
    arr = _with_clock(kind, app, lambda: now)
    assert not arr.importable(file_of(kind))
    app.lists[listed] = rows
    assert not arr.importable(file_of(kind))
    now += 11
    assert arr.importable(file_of(kind))


def _with_clock(kind: ArrKind, app: HandMade, clock: Any) -> Arr:
    client = httpx.Client(base_url="http://arr.test", transport=httpx.MockTransport(app.handle))
    arr: Arr = kind.connect(client, clock)  # type: ignore[call-arg]  # the classes take a clock, the port does not
    return arr


@for_each_kind
def test_another_database_is_asked_again(kind: ArrKind) -> None:
    app = app_of(kind)
    arr = app.arr()
    arr.import_files([file_of(kind)])
    before = len(app.lines())
    arr.forget_cached()
    arr.import_files([file_of(kind)])
    assert len(app.lines()) == 2 * before


def test_the_parts_of_an_albums_files_are_one_request_for_the_artist() -> None:
    kind = kind_of("lidarr")
    app = HandMade(kind)
    arr = app.arr()
    item = arr.read(sample(kind).id)
    assert item is not None
    app.requests.clear()
    one, two = (file.path for file in item.files)
    both = arr.with_parts(item, {one, two})
    assert [file.parts for file in both.files] == [("track-88-1",), ("track-88-2", "track-88-3")]
    assert [file.release for file in both.files] == ["release-88", "release-88"]
    assert app.lines() == ["GET track?artistId=12"]
    assert [file.parts for file in arr.with_parts(item, {two}).files] == [(), ("track-88-2", "track-88-3")]
    app.requests.clear()
    assert arr.with_parts(item, {"/elsewhere"}) == item
    assert app.lines() == []


@for_each_kind
def test_only_an_app_that_says_so_has_parts(kind: ArrKind) -> None:
    app = HandMade(kind)
    arr = app.arr()
    item = arr.read(sample(kind).id)
    assert item is not None
    app.requests.clear()
    found = arr.with_parts(item, [file.path for file in item.files])
    assert (found != item) == kind.states_parts == bool(app.requests)


def test_the_names_of_qualities_are_asked_for_once_a_day() -> None:
    now = 1000.0
    kind = kind_of("readarr")
    app = app_of(kind)
    arr = _with_clock(kind, app, lambda: now)
    for days in (0.0, 0.9, 1.1):
        now = 1000.0 + days * 24 * 3600
        arr.import_files([file_of(kind)])
    assert app.lines().count("GET qualitydefinition") == 2
