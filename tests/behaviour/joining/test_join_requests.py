"""What joining asks of an app besides its films, counted, with the start of the daemon."""

from collections import Counter
from pathlib import Path

import pytest

from mesharr.node.passes.order import STAGES
from tests.bench.library import films_found, put_on_the_drive, tell
from tests.support.household import MOVIES, Clock, Household, make_drive, settle

FILMS = 40
JOINING = {
    "GET /api/v3/movie": 2,
    "GET /api/v3/config/importlist": 1,
    "GET /api/v3/exclusions": 1,
    "GET /api/v3/qualityprofile": 1,
    "POST /api/v3/tag": 1,
    "POST /api/v3/movie/import": 1,
    "GET /api/v3/command": 1,
}
"""The list before and after, what protects the library, names, the add, one look at the commands."""
LATER = {
    "GET /api/v3/system/status": 2,
    "GET /api/v3/config/naming": 1,
    "GET /api/v3/history/since": 1,
    "GET /api/v3/queue/details": 1,
}
"""What the start of the daemon asks besides, of which nothing is for the films."""


@pytest.fixture
def bob(tmp_path: Path, clock: Clock) -> Household:
    """A household with an empty Radarr that is about to join one with films."""
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, (MOVIES,))
    settle(clock, alice, seconds=10, steps=5)
    found = tuple(films_found(FILMS))
    put_on_the_drive(tmp_path / "drive" / MOVIES.library, found)
    tell(alice, MOVIES.library, found)
    joining = Household("bob", tmp_path, tmp_path / "drive", clock, (MOVIES,), policy={"first_contact": "go"})
    joining.trust(alice)
    joining.forget_requests()
    return joining


def _run(house: Household, clock: Clock, seconds: int) -> None:
    """Run every stage that the daemon runs by itself, again and again."""
    for _ in range(seconds):
        for row in STAGES:
            if row.is_due({"poll"}):
                row.run(house.engine)
        house.run_commands()
        clock.forward(1)


def _asked(house: Household) -> Counter[str]:
    return Counter(f"{method} {path.partition('?')[0]}" for method, path in house.requests())


def test_what_is_asked_besides_the_films_is_asked_once_and_what_can_wait_waits(
    bob: Household, clock: Clock
) -> None:
    _run(bob, clock, 4)
    assert [bob.radarr.file(film) is not None for film in range(1, FILMS + 1)] == [True] * FILMS
    assert not LATER.keys() & _asked(bob).keys()
    _run(bob, clock, 20)
    assert not bob.waits()
    assert _asked(bob) == {**JOINING, **LATER}
