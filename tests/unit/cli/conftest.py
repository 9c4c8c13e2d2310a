"""Two households that trust each other, and the commands of the second."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, pair
from tests.unit.cli.house import Commands, Output, past_clock


@pytest.fixture
def past() -> Clock:
    return past_clock()


@pytest.fixture
def houses(tmp_path: Path, past: Clock) -> tuple[Household, Household]:
    return pair(tmp_path, past)


@pytest.fixture
def bobs(houses: tuple[Household, Household], capsys: Output) -> Commands:
    """The commands of bob's, who trusts alice and is trusted by her."""
    return Commands(houses[1], capsys)
