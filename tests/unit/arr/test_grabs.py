"""What became of a grab by the app's history, and whether its download client answers."""

from typing import Any, Final

import pytest

from mesharr.arr.base import ArrKind
from mesharr.core.arr.model import UNSURE, GrabOutcome, SettingProblem
from tests.contract.arr.contract import known_kinds
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import (
    BOARDS,
    DUNE,
    EARTHSEA,
    GEOGADDI,
    LE_GUIN,
    SEVERANCE,
    album,
    book,
    episode,
)

KINDS: Final = {kind.name: kind for kind in known_kinds()}
ROWS: Final[dict[str, dict[str, Any]]] = {
    "radarr": {"movie": DUNE},
    "sonarr": {"series": SEVERANCE, "episode": episode(12, 1, True)},
    "lidarr": {"artist": BOARDS, "album": album(88, 12, GEOGADDI, True)},
    "readarr": {"author": LE_GUIN, "book": book(31, 12, EARTHSEA, True)},
}
ITEMS: Final = {
    "radarr": ("tmdb:438631", "movie"),
    "sonarr": ("tvdb:371980", "S02E01"),
    "lidarr": ("mbid:69158f97-4c07-4c4e-baf8-4e4ab1ed666e", GEOGADDI),
    "readarr": ("goodreads:874602", EARTHSEA),
}
IMPORTED: Final = {
    "radarr": "downloadFolderImported",
    "sonarr": "downloadFolderImported",
    "lidarr": "trackFileImported",
    "readarr": "bookFileImported",
}
for_each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def row(kind: ArrKind, event: str, minute: int, download: str | None = "ABC", **more: Any) -> dict[str, Any]:
    """A row of the history; without a download there is no id of one, as after a manual import."""
    named = {"downloadId": download} if download else {}
    date = f"2026-11-28T19:{minute:02}:00Z"
    return {
        **ROWS[kind.name],
        "eventType": event,
        "date": date,
        "data": {"importedPath": "/a"},
        **named,
        **more,
    }


def grabs_of(kind: ArrKind, *rows: dict[str, Any]) -> tuple[GrabOutcome, ...]:
    app = HandMade(kind)
    app.lists["history/since"] = list(rows)
    return app.arr().history_since(0).grabs


def outcome(kind: ArrKind, result: Any, download: str = "ABC") -> GrabOutcome:
    id_, unit = ITEMS[kind.name]
    return GrabOutcome(id=id_, units=(unit,), result=result, download=download)


@for_each_kind
@pytest.mark.parametrize(
    ("event", "result"),
    [
        ("", "under_way"),
        ("downloadFailed", "failed"),
        ("downloadIgnored", "removed"),
        ("imported", "imported"),
    ],
)
def test_a_grab_is_what_the_last_row_of_its_download_says(kind: ArrKind, event: str, result: str) -> None:
    after = [row(kind, IMPORTED[kind.name] if event == "imported" else event, 9)] if event else []
    assert grabs_of(kind, *after, row(kind, "grabbed", 1)) == (outcome(kind, result),)


@for_each_kind
def test_an_outcome_without_its_grab_is_none_and_a_grab_again_is_under_way(kind: ArrKind) -> None:
    assert grabs_of(kind, row(kind, "downloadFailed", 9)) == ()
    rows = [row(kind, "grabbed", 1), row(kind, "downloadFailed", 2), row(kind, "grabbed", 3)]
    assert grabs_of(kind, *rows) == (outcome(kind, "under_way"),)


@for_each_kind
def test_a_manual_import_says_nothing_of_the_download(kind: ArrKind) -> None:
    rows = [row(kind, "grabbed", 1), row(kind, IMPORTED[kind.name], 9, None)]
    assert grabs_of(kind, *rows) == (outcome(kind, "under_way"),)


@for_each_kind
def test_two_downloads_of_one_unit_have_an_outcome_each(kind: ArrKind) -> None:
    rows = [row(kind, "grabbed", 1), row(kind, "grabbed", 2, "DEF"), row(kind, "downloadFailed", 3)]
    assert grabs_of(kind, *rows) == (outcome(kind, "failed"), outcome(kind, "under_way", "DEF"))


@for_each_kind
def test_the_signals_of_the_history_come_with_the_grabs_in_one_request(kind: ArrKind) -> None:
    app = HandMade(kind)
    app.lists["history/since"] = [row(kind, "grabbed", 1), row(kind, IMPORTED[kind.name], 9)]
    arr = app.arr()
    history = arr.history_since(0)
    assert len(app.requests) == 1
    assert any(signal.paths == ("/a",) for signal in history.signals)


def test_of_a_pack_the_episodes_that_were_imported_are_apart_from_those_that_were_not() -> None:
    sonarr = KINDS["sonarr"]
    episodes = {number: {"episode": episode(12, number, True)} for number in (1, 2, 3)}
    rows = [row(sonarr, "grabbed", 1, **each) for each in episodes.values()]
    rows += [row(sonarr, "downloadFolderImported", 2, **episodes[number]) for number in (1, 3)]
    id_ = ITEMS["sonarr"][0]
    assert grabs_of(sonarr, *rows) == (
        GrabOutcome(id=id_, units=("S02E01", "S02E03"), result="imported", download="ABC"),
        GrabOutcome(id=id_, units=("S02E02",), result="under_way", download="ABC"),
    )


@for_each_kind
def test_a_download_client_that_does_not_answer_is_named_in_the_apps_words(kind: ArrKind) -> None:
    app = HandMade(kind)
    app.lists["health"] = [
        {"source": "DownloadClientStatusCheck", "type": "warning", "message": "Unavailable: SABnzbd"},
        {"source": "DownloadClientCheck", "type": "error", "message": "Unable to communicate with Deluge."},
        {"source": "DownloadClientCheck", "type": "warning", "message": "No download client is available"},
        {"source": "DownloadClientRootFolderCheck", "type": "warning", "message": "Downloads into root"},
        {"source": "IndexerStatusCheck", "type": "warning", "message": "Indexers unavailable"},
    ]
    fix = f"see Settings > Download Clients in {kind.title}"
    assert app.arr().download_client_problems() == (
        SettingProblem(f"{kind.title}: Unavailable: SABnzbd", fix),
        SettingProblem(f"{kind.title}: Unable to communicate with Deluge.", fix),
    )
    assert app.lines() == ["GET health"]


@pytest.mark.parametrize(
    ("name", "event"), [("radarr", "movieFileDeleted"), ("sonarr", "episodeFileDeleted")]
)
def test_a_row_dropped_by_a_manual_override_proves_no_deletion(name: str, event: str) -> None:
    kind = KINDS[name]
    app = HandMade(kind)
    data = {"reason": "ManualOverride"}
    app.lists["history/since"] = [row(kind, event, 1, sourceTitle="/a.mkv") | {"data": data}]
    [signal] = app.arr().history_since(0).signals
    assert (signal.kind, signal.reason) == ("file_deleted", UNSURE)
