"""A clock moved by hand, and two households that trust each other."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, pair


@pytest.fixture(autouse=True)
def _households_are_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Household, "alone", True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alice_and_bob(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    return pair(tmp_path, clock)
