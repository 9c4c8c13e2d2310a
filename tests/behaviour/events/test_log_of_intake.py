"""What the log says of what happened in an arr: the words of a person and of `log show`."""

import logging
from pathlib import Path
from typing import cast

import pytest

from tests.arrs.readarr.app import SimulatedReadarr
from tests.arrs.sonarr.app import SimulatedSonarr
from tests.support.household import MOVIES, Clock, Household, make_drive, settle
from tests.support.library_setups import BOOKS, TV


def test_the_log_names_titles_and_episodes_also_of_what_is_gone_and_no_year_0(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    make_drive(tmp_path / "drive", ("movies", "tv", "books"))
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, (MOVIES, TV, BOOKS))
    settle(clock, alice)
    caplog.set_level(logging.INFO, "mesharr.node.outward.item_commit")
    sonarr, readarr = (
        cast(SimulatedSonarr, alice.arrs["sonarr"]),
        cast(SimulatedReadarr, alice.arrs["readarr"]),
    )
    alice.radarr.add(7)
    sonarr.add(1)
    readarr.add("1")
    settle(clock, alice)
    sonarr.download(1, 1, 1, 2)
    alice.radarr.delete(7)
    settle(clock, alice)
    said = {record.getMessage() for record in caplog.records}
    assert "movies: item.added Film 7 (2007): new in Radarr" in said
    assert "books: item.added Author 1: new in Readarr" in said
    assert "tv: file.imported Show 1 (2011) S01E01 S01E02: imported by Sonarr" in said
    assert "movies: item.left Film 7 (2007): deleted in Radarr" in said
