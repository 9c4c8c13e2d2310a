"""What the log says at info: the words of people, one line for each outcome."""

import logging
import re
from pathlib import Path
from typing import cast

import pytest

from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import MOVIES, Clock, Household, make_drive, pair, settle
from tests.support.library_setups import BOOKS, TV


def test_the_log_names_titles_and_episodes_also_of_what_is_gone_and_no_year_0(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make_drive(tmp_path / "drive", ("movies", "tv", "books"))
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, (MOVIES, TV, BOOKS))
    settle(clock, alice)
    caplog.set_level(logging.INFO, "mesharr.node.outward.compare.item_commit")
    sonarr, readarr = (
        cast(SimulatedSonarr, alice.arrs["sonarr"]),
        cast(SimulatedReadarr, alice.arrs["readarr"]),
    )
    alice.radarr.add(7)
    sonarr.add(1)
    readarr.add("1")
    settle(clock, alice)
    sonarr.download(1, 1, 1, 2)
    settle(clock, alice, seconds=60, steps=3)
    sonarr.download(1, 2, 1, 2, 3, 4)
    alice.radarr.delete(7)
    settle(clock, alice)
    said = {record.getMessage() for record in caplog.records}
    assert "movies: added Film 7 (2007): new in Radarr" in said
    assert "books: added Author 1: new in Readarr" in said
    assert "tv: imported Show 1 (2011) S01E01 S01E02 WEBDL-1080p: imported by Sonarr" in said
    assert "tv: imported Show 1 (2011) (4 episodes) WEBDL-1080p: imported by Sonarr" in said
    assert "movies: removed Film 7 (2007) from the app: deleted in Radarr" in said


def test_at_info_a_peers_film_is_one_line_and_neither_folders_nor_types_of_events_are_named(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = pair(tmp_path, clock)
    caplog.set_level(logging.DEBUG, "mesharr")
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob)
    ours = [record for record in caplog.records if record.name.startswith("mesharr.")]
    info = [record.getMessage() for record in ours if record.levelno == logging.INFO]
    for line in (
        "movies: added Film 7 (2007): new in Radarr",
        "movies: imported Film 7 (2007) Bluray-1080p: imported by Radarr",
        "movies: added Film 7 (2007) from alice",
    ):
        assert info.count(line) == 1
    assert not [line for line in info if re.search(r"scan of|webhook|tmdb:|(item|file)\.\w+|bytes", line)]
    debug = [record.getMessage() for record in ours if record.levelno == logging.DEBUG]
    assert f"plex: scan of {bob.library / 'Film 7 (2007)'} requested" in debug


def test_many_films_of_a_peer_are_one_line_with_their_number(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = pair(tmp_path, clock)
    for tmdb in range(1, 26):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb)
    settle(clock, alice, seconds=60, steps=3)
    caplog.set_level(logging.INFO, "mesharr.node.inward")
    settle(clock, bob)
    said = [record.getMessage() for record in caplog.records if "added" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("movies: added 25 films from alice: Film ")
    assert said[0].endswith(" and 20 more")
