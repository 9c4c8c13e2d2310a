"""A clock moved by hand, and two households that trust each other."""

from pathlib import Path

import pytest

from tests.support.household import Clock, Household, import_on, pair


@pytest.fixture(autouse=True)
def _households_are_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Household, "alone", True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alice_and_bob(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    return pair(tmp_path, clock)


@pytest.fixture
def shared(alice_and_bob: tuple[Household, Household], clock: Clock) -> tuple[Household, Household]:
    """Film 7, imported by alice, followed by bob; the request logs are empty."""
    import_on(clock, *alice_and_bob)
    for house in alice_and_bob:
        house.radarr.forget_requests()
        house.plex.scans.clear()
    return alice_and_bob
