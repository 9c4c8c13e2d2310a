"""What every adapter does alike, each in the words of its app."""

from typing import Any

import msgspec
import pytest

from mesharr.arr.base import ArrKind
from mesharr.arr.lidarr import KIND as LIDARR
from mesharr.arr.radarr import KIND as RADARR
from mesharr.arr.readarr import KIND as READARR
from mesharr.arr.sonarr import KIND as SONARR
from mesharr.core.arr.model import ScanState
from mesharr.core.errors import Refused
from mesharr.core.events.schema import LibraryInfo
from tests.contract.arr.contract import connected, sample
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import APHEX, BOARDS, BOC, DUNE, FOLDER, LE_GUIN, PRATCHETT, SEVERANCE


class App(msgspec.Struct, frozen=True, kw_only=True):
    """One app: its kind, its word for an item in paths, the number of a row, and what it is set to."""

    kind: ArrKind
    items: str
    row: dict[str, Any]
    version: str
    naming: str
    root: str
    excluded: str
    id_source: str
    other_ids: tuple[str, ...]
    exists: tuple[tuple[str, ...], ...]
    exclusion_query: str = "addImportListExclusion"


APPS = (
    App(
        kind=RADARR,
        items="movie",
        row=DUNE,
        version="6.1.0.10000",
        naming="{Movie Title} ({Release Year})/{Movie Title} {Quality Full}",
        root="/mnt/media/Movies",
        excluded="tmdb:7",
        id_source="TMDb id",
        other_ids=("tvdb:81189", "tmdb:0", "tmdb:007", "tmdb:9999999999", "tmdb:1&a=b", "tmdb:", ""),
        exists=(
            ("This movie has already been added",),
            (
                "This movie has already been added",
                f"Path '{FOLDER}' is already configured for an existing movie",
            ),
        ),
        exclusion_query="addImportExclusion",
    ),
    App(
        kind=SONARR,
        items="series",
        row=SEVERANCE,
        version="4.0.19.2979",
        naming="{Series Title}/Season {season:00}/{Series Title} - S{season:00}E{episode:00}",
        root="/mnt/media/TV",
        excluded="tvdb:7",
        id_source="TVDB id",
        other_ids=("tmdb:81189", "tvdb:0", "tvdb:007", "tvdb:9999999999", "tvdb:1&a=b", "tvdb:", ""),
        exists=(("This series has already been added",),),
    ),
    App(
        kind=LIDARR,
        items="artist",
        row=BOARDS,
        version="4.0.19.2979",
        naming="{Artist Name}/{Album Title} ({Release Year})/{track:00} {Track Title}",
        root="/mnt/lib/music",
        excluded=f"mbid:{APHEX}",
        id_source="MusicBrainz id",
        other_ids=("tmdb:1", "mbid:1", f"mbid:{BOC.upper()}", f"mbid:{BOC}&x=y", "mbid:", ""),
        exists=(("This artist has already been added.",),),
    ),
    App(
        kind=READARR,
        items="author",
        row=LE_GUIN,
        version="4.0.19.2979",
        naming="{Author Name}/{Book Title}/{Author Name} - {Book Title}",
        root="/mnt/lib/books",
        excluded=f"goodreads:{PRATCHETT}",
        id_source="Goodreads id",
        other_ids=("mbid:1", "goodreads:0", "goodreads:x", "goodreads:1&a=b", "goodreads:", ""),
        exists=(("This author has already been added",),),
    ),
)
every_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.kind.name)


@every_app
def test_connecting_makes_no_request(app: App) -> None:
    server = HandMade(app.kind)
    connected(app.kind, server.handle)
    assert server.requests == []


@every_app
def test_an_app_is_described_by_version_naming_and_profiles(app: App) -> None:
    assert HandMade(app.kind).arr().library_info() == LibraryInfo(
        app=app.kind.name, version=app.version, naming=app.naming, profiles=("Any", "HD-1080p")
    )


@every_app
def test_roots_have_no_slash_at_the_end_and_exclusions_are_item_ids(app: App) -> None:
    assert HandMade(app.kind).arr().roots() == {app.root: True}
    assert HandMade(app.kind).arr().exclusions() == {app.excluded}


@pytest.mark.parametrize(
    ("app", "item"), [(app, item) for app in APPS for item in app.other_ids], ids=lambda each: str(each)[:20]
)
def test_an_id_of_another_form_is_absent_and_refused_without_a_request(app: App, item: str) -> None:
    server = HandMade(app.kind)
    assert server.arr().read(item) is None
    with pytest.raises(Refused, match=f"not the {app.id_source}"):
        server.arr().add(sample(app.kind).new(id=item))
    assert server.requests == []


@every_app
def test_adding_an_item_that_the_app_has_is_no_error(app: App) -> None:
    for messages in app.exists:
        server = HandMade(app.kind)
        errors = [{"propertyName": "X", "errorMessage": each, "severity": "error"} for each in messages]
        server.answers[f"POST {app.items}"] = (400, errors)
        server.arr().add(sample(app.kind).new())
        assert server.changes() == ["POST tag", f"POST {app.items}"]


@every_app
def test_a_move_sends_the_item_back_with_another_path_and_moves_no_file(app: App) -> None:
    server = HandMade(app.kind)
    server.arr().move(12, f"{app.root}/Other")
    assert server.lines() == [f"GET {app.items}/12", f"PUT {app.items}/12?moveFiles=false"]
    assert server.body(f"PUT {app.items}/12") == app.row | {"path": f"{app.root}/Other"}


@every_app
def test_a_removal_keeps_the_files_and_excludes_nothing(app: App) -> None:
    server = HandMade(app.kind)
    server.arr().remove(12)
    query = f"deleteFiles=false&{app.exclusion_query}=false"
    assert server.lines() == [f"DELETE {app.items}/12?{query}"]


def _command(name: str, status: str, body: dict[str, Any], ended: str | None = None) -> dict[str, Any]:
    times = {"queued": "2025-11-14T20:00:00Z"} | ({"ended": ended} if ended else {})
    return {"id": 1, "name": name, "status": status, "body": {"name": name, **body}, **times}


FOLDERS = {"folders": ["/mnt/lib/x"]}


@pytest.mark.parametrize(
    ("kind", "name", "body", "running"),
    [
        (RADARR, "RescanMovie", {"movieId": 12}, True),
        (RADARR, "RescanMovie", {}, True),
        (RADARR, "RescanMovie", {"movieId": None}, True),
        (RADARR, "RefreshMovie", {"movieIds": []}, True),
        (RADARR, "RefreshMovie", {"movieIds": [7, 12]}, True),
        (RADARR, "RefreshMovie", {"movieIds": [7]}, False),
        (RADARR, "RescanMovie", {"movieId": 7}, False),
        (RADARR, "MoviesSearch", {"movieIds": [12]}, False),
        (RADARR, "ManualImport", {"files": [{"movieId": 7}, {"movieId": 12}]}, True),
        (RADARR, "ManualImport", {"files": [{"movieId": 7}]}, False),
        (SONARR, "RescanSeries", {"seriesId": 12}, True),
        (SONARR, "RescanSeries", {}, True),
        (SONARR, "RefreshSeries", {"seriesIds": []}, True),
        (SONARR, "RefreshSeries", {"seriesIds": [7, 12]}, True),
        (SONARR, "RefreshSeries", {"seriesIds": [7]}, False),
        (SONARR, "RescanSeries", {"seriesId": 7}, False),
        (SONARR, "RefreshSeries", {"seriesId": 12}, True),
        (SONARR, "ManualImport", {"files": [{"seriesId": 12, "episodeIds": [1]}]}, True),
        (SONARR, "ManualImport", {"files": [{"seriesId": 7, "episodeIds": [12]}]}, False),
        (SONARR, "SeriesSearch", {"seriesId": 12}, False),
        (LIDARR, "RescanFolders", FOLDERS | {"artistIds": [12]}, True),
        (LIDARR, "RescanFolders", FOLDERS | {"artistIds": [13]}, False),
        (LIDARR, "RescanFolders", {"artistIds": []}, True),
        (LIDARR, "RescanFolders", {}, True),
        (LIDARR, "RefreshArtist", {"artistId": 12}, True),
        (LIDARR, "RefreshArtist", {"artistIds": [12, 13]}, True),
        (LIDARR, "RefreshArtist", {"artistId": 13}, False),
        (LIDARR, "BulkRefreshArtist", {"artistIds": [13]}, False),
        (LIDARR, "RefreshAlbum", {"albumId": 88}, True),
        (LIDARR, "ManualImport", {"files": [{"artistId": 12, "albumId": 1}]}, True),
        (LIDARR, "ManualImport", {"files": [{"artistId": 13, "albumId": 12}]}, False),
        (LIDARR, "ArtistSearch", {"artistId": 12}, False),
        (READARR, "RescanFolders", FOLDERS | {"authorIds": [12]}, True),
        (READARR, "RescanFolders", FOLDERS | {"authorIds": [13]}, False),
        (READARR, "RescanFolders", {}, True),
        (READARR, "RefreshAuthor", {"authorId": 12}, True),
        (READARR, "RefreshAuthor", {"authorId": 13}, False),
        (READARR, "BulkRefreshAuthor", {"authorIds": [12]}, True),
        (READARR, "RefreshBook", {"bookId": 31}, True),
        (READARR, "BulkRefreshBook", {"bookIds": [31]}, True),
        (READARR, "ManualImport", {"files": [{"authorId": 12, "bookId": 1}]}, True),
        (READARR, "ManualImport", {"files": [{"authorId": 13, "bookId": 12}]}, False),
        (READARR, "AuthorSearch", {"authorId": 12}, False),
    ],
    ids=lambda each: each.name if isinstance(each, ArrKind) else str(each),
)
def test_a_scan_or_refresh_runs_on_the_items_its_command_names_or_on_all(
    kind: ArrKind, name: str, body: dict[str, Any], running: bool
) -> None:
    for status in ("queued", "started"):
        server = HandMade(kind)
        server.lists["command"] = [_command(name, status, body)]
        assert server.arr().scans().of(12) == ScanState(running=running, ended=0)
        assert server.lines() == ["GET command"]


@pytest.mark.parametrize(
    ("kind", "commands", "ended"),
    [
        (RADARR, [], 0),
        (SONARR, [], 0),
        (
            RADARR,
            [
                _command("RescanMovie", "completed", {"movieId": 12}, "2025-11-14T20:01:02.1234567Z"),
                _command("RefreshMovie", "failed", {"movieIds": [12]}, "2025-11-14T19:00:00Z"),
                _command("RefreshMovie", "completed", {"movieIds": [7]}, "2026-01-01T00:00:00Z"),
            ],
            1_763_150_462_123,
        ),
        (
            SONARR,
            [_command("RescanSeries", "completed", {"seriesId": 12}, "2025-11-14T20:01:02Z")],
            1_763_150_462_000,
        ),
    ],
    ids=["radarr-none", "sonarr-none", "radarr-newest", "sonarr"],
)
def test_the_last_end_of_the_scans_of_an_item_is_known(
    kind: ArrKind, commands: list[dict[str, Any]], ended: int
) -> None:
    server = HandMade(kind)
    server.lists["command"] = commands
    assert server.arr().scans().of(12) == ScanState(running=False, ended=ended)
