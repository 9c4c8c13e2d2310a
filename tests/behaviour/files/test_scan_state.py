"""What the media servers were told of an item is noted by folder, however many files it has."""

from collections.abc import Iterable

from mesharr.core.events.schema import Copy
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.node.scan_state import note_scanned, scan_targets, unscanned
from mesharr.state.db import Database
from mesharr.state.state import State

SEASONS = 20
EPISODES = 150
SERIES = "tvdb:1"
BY_ALICE = ("alice-00000000", ("2026-11-22T18:19:24.123Z-0000", "alice-00000000", "0a1b", 1))


def _series(missing: Iterable[str] = (), ended: Iterable[str] = ()) -> ItemState:
    paths = [
        f"Long/Season {season:02}/Long S{season:02}E{episode:03}.mkv"
        for season in range(1, SEASONS + 1)
        for episode in range(1, EPISODES + 1)
    ]
    copies = {
        path: LivingCopy(Copy(path=path, size=1000, units=("S01E01",)), *BY_ALICE)
        for path in paths
        if path not in missing
    }
    return ItemState(library="tv", id=SERIES, copies=copies, ended={path: path for path in ended})


def test_the_note_of_a_huge_series_is_as_long_as_its_seasons_are_many() -> None:
    state = State(Database(":memory:"))
    whole = scan_targets(_series())
    assert len(unscanned(state, "tv", SERIES, whole)) == SEASONS
    note_scanned(state, "tv", SERIES, whole)
    assert unscanned(state, "tv", SERIES, whole) == []
    assert len(state.scan_marks.of("tv", SERIES)) == SEASONS


def test_of_a_change_the_media_server_scans_only_its_folder_and_what_went_is_a_change_too() -> None:
    state = State(Database(":memory:"))
    note_scanned(state, "tv", SERIES, scan_targets(_series()))
    gone = "Long/Season 07/Long S07E003.mkv"
    after = scan_targets(_series([gone], [gone]))
    assert unscanned(state, "tv", SERIES, after) == ["Long/Season 07"]
    note_scanned(state, "tv", SERIES, after)
    assert unscanned(state, "tv", SERIES, after) == []
    assert unscanned(state, "tv", SERIES, scan_targets(_series())) == ["Long/Season 07"]


def test_for_a_file_in_the_root_of_the_library_the_root_is_scanned() -> None:
    state = State(Database(":memory:"))
    copy = Copy(path="Film.mkv", size=1, units=("movie",))
    film = ItemState(library="movies", id="tmdb:1", copies={"film.mkv": LivingCopy(copy, *BY_ALICE)})
    assert unscanned(state, "movies", "tmdb:1", scan_targets(film)) == [""]


def test_of_an_item_that_went_before_its_scan_nothing_is_left_to_scan() -> None:
    state = State(Database(":memory:"))
    gone = scan_targets(ItemState(library="tv", id=SERIES, ended={"a": "Long/a.mkv"}))
    assert unscanned(state, "tv", SERIES, gone, has_files=False) == []
    note_scanned(state, "tv", SERIES, scan_targets(_series()))
    assert unscanned(state, "tv", SERIES, gone, has_files=False) == ["Long"]
