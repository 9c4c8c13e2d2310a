"""A library of 200 artists, 2 000 albums and 20 000 tracks is read and scanned with few steps per row."""

from functools import partial
from pathlib import Path

import pytest

from tests.arrs.lidarr.app import KnownCreator, KnownEdition, KnownWork, SimulatedLidarr
from tests.support.steps import calls_of
from tests.unit.arrs.works.household import WorksHousehold

ARTISTS, ALBUMS, TRACKS = 200, 10, 10


def album(artist: int, number: int) -> KnownWork:
    name = f"{artist}-{number}"
    tracks = tuple(f"Track {track}" for track in range(TRACKS))
    return KnownWork(name, f"Album {number}", (KnownEdition(f"{name}-cd", "", tracks),), "2000-01-01")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> WorksHousehold[SimulatedLidarr]:
    catalogue = {
        str(number): KnownCreator(
            str(number), f"Artist {number}", tuple(album(number, n) for n in range(ALBUMS))
        )
        for number in range(ARTISTS)
    }
    house = WorksHousehold(tmp_path_factory.mktemp("large"), partial(SimulatedLidarr, catalogue=catalogue))
    for number in catalogue:
        house.arr.add(number)
    house.arr.run_commands()
    return house


def test_the_list_of_artists_takes_a_few_steps_per_track(large: WorksHousehold[SimulatedLidarr]) -> None:
    assert sum(row["statistics"]["trackCount"] for row in large.get("/artist")) == ARTISTS * ALBUMS * TRACKS
    assert calls_of(large.arr, large, "/artist") < 10 * ARTISTS * ALBUMS * TRACKS


def test_the_albums_and_files_of_one_artist_are_found_without_looking_at_the_others(
    large: WorksHousehold[SimulatedLidarr],
) -> None:
    artist = large.arr.artist("7").id
    for path in (f"/album?artistId={artist}", f"/track?artistId={artist}", f"/trackfile?artistId={artist}"):
        assert calls_of(large.arr, large, path) < 300 * ALBUMS * TRACKS


def test_a_scan_of_one_artist_looks_at_no_other(large: WorksHousehold[SimulatedLidarr]) -> None:
    large.arr.download("7-1")
    [first, *_] = large.arr.files("7-1")
    for file in large.arr.files("7-1")[1:]:
        Path(file.path).unlink()
    large.rescan(Path(first.path).parent.parent, large.arr.artist("7").id)
    assert [file.id for file in large.arr.files("7-1")] == [first.id]


def test_a_backup_shares_its_rows_with_the_library(large: WorksHousehold[SimulatedLidarr]) -> None:
    backup = large.arr.snapshot()
    large.arr.set_monitored("8-1", False)
    large.arr.delete("9")
    large.arr.restore(backup)
    assert large.arr.album("8-1").monitored is True
    assert len(large.get("/artist")) == ARTISTS
    assert large.arr.album("9-1") is backup.library.works[large.arr.album("9-1").id]
