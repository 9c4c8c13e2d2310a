"""Many changed folders reach a household's media server one after the other, each once."""

from pathlib import Path

from mesharr.node.passes.sync import sync
from tests.support.household import Clock, Household, pair, settle

PACED = [{"kind": "plex", "url": "http://plex", "token": "token"}]
FILMS = (1, 2, 3, 4, 5, 6)


def _paced(tmp_path: Path, clock: Clock) -> tuple[Household, Household]:
    return pair(tmp_path, clock, scanners=PACED)


def test_by_default_a_server_has_five_seconds_between_two_scans(tmp_path: Path, clock: Clock) -> None:
    _, bob = _paced(tmp_path, clock)
    [stage] = bob.engine.scanners
    for film in FILMS:
        bob.state.scans.put(["plex"], "movies", f"Film {film}", clock())
    counts = []
    for _ in range(28):
        stage.step(clock())
        counts.append(len(bob.plex.scans))
        clock.forward(1)
    assert counts == [*[1] * 5, *[2] * 5, *[3] * 5, *[4] * 5, *[5] * 5, *[6] * 3]
    assert len(set(bob.plex.scans)) == len(FILMS)


def test_a_sync_waits_for_the_pauses_and_leaves_nothing(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _paced(tmp_path, clock)
    settle(clock, alice, bob)
    for film in FILMS:
        bob.state.scans.put(["plex"], "movies", f"Film {film}", clock())
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.forward(seconds)

    sync(bob.engine, ["movies"], sleep)
    assert len(bob.plex.scans) == len(FILMS)
    assert 20 <= sum(slept) <= 40
    assert bob.state.scans.all() == []


def test_a_sync_does_not_wait_for_hours(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _paced(tmp_path, clock)
    settle(clock, alice, bob)
    for number in range(400):
        bob.state.scans.put(["plex"], "movies", f"Film {number}", clock())
    begun = clock()
    sync(bob.engine, ["movies"], clock.forward)
    assert clock() - begun < 6 * 60_000
    assert len(bob.plex.scans) + len(bob.state.scans.all()) == 400
