"""Bulk adds into an app that is busy: it still scans what was added, or somebody adds the same."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from mesharr.arr.radarr import KIND
from tests.bench import library
from tests.support.household import MOVIES, Clock, Household, make_drive, settle

COUNT = 26
MANY = 240


def _pair(root: Path, clock: Clock) -> tuple[Household, Household]:
    """Alice has imported some films, and bob has heard of none."""
    make_drive(root / "drive")
    alice, bob = (Household(name, root, root / "drive", clock) for name in ("alice", "bob"))
    alice.trust(bob)
    settle(clock, alice, bob, seconds=60, steps=6)
    for tmdb in range(1, COUNT + 1):
        alice.radarr.add(tmdb)
        alice.radarr.download(tmdb, size=64)
    settle(clock, alice, seconds=600, steps=60)
    bob.forget_requests()
    return alice, bob


def test_an_app_that_still_scans_what_was_added_is_asked_for_no_scan(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock)
    facts = bob.radarr.library.facts
    facts.refresh_seconds, facts.overlapping_scans = 9.0, "two rows"
    bob.trust(alice)
    settle(clock, alice, bob, seconds=1200, steps=600)
    asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in bob.requests())
    print(f"\n{COUNT} films, a slow refresh: {sum(asked.values())} requests: {dict(asked)}")
    assert all(bob.shows(tmdb) == (False, True) for tmdb in range(1, COUNT + 1))
    files = [len(bob.ask(f"moviefile?movieId={row.id}")) for row in bob.radarr.library.movies()]
    assert files == [1] * COUNT
    assert asked["POST /api/v3/command"] == 0
    assert sum(asked.values()) <= 30
    assert bob.waits() == {}


@pytest.mark.parametrize(("adds", "imports"), [(1, 2), (3, 3)])
def test_files_of_bulk_adds_are_imported_ahead_of_the_apps_scan_and_never_twice(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, adds: int, imports: int
) -> None:
    monkeypatch.setattr("mesharr.arr.radarr.KIND", msgspec.structs.replace(KIND, add_batch=MANY // adds))
    monkeypatch.setattr("mesharr.node.inward.batch.MANY_ADDED", MANY // adds)
    make_drive(tmp_path / "drive")
    found = tuple(library.films_found(MANY))
    library.put_on_the_drive(tmp_path / "drive" / MOVIES.library, found)
    alice = Household("alice", tmp_path, tmp_path / "drive", clock, (MOVIES,))
    settle(clock, alice, seconds=10, steps=5)
    library.tell(alice, MOVIES.library, found)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock, (MOVIES,), policy={"first_contact": "go"})
    facts = bob.radarr.library.facts
    facts.refresh_seconds, facts.overlapping_scans = 0.45, "two rows"
    bob.trust(alice)
    bob.forget_requests()
    settle(clock, bob, seconds=16, steps=16)
    asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in bob.requests())
    assert (asked["POST /api/v3/movie/import"], asked["POST /api/v3/command"]) == (adds, imports)
    listed = [row for row in bob.radarr.library.movies() if row.file_id]
    assert len(listed) > 0.9 * MANY  # the scan alone has not come to a fifth
    settle(clock, bob, seconds=300, steps=150)
    assert [len(bob.radarr.library.files_of(row.id)) for row in bob.radarr.library.movies()] == [1] * MANY
    assert not any(row.monitored for row in bob.radarr.library.movies())
    asked = Counter(f"{method} {path.partition('?')[0]}" for method, path in bob.requests())
    # after one add a second import brings what the scan is still far from
    assert asked["POST /api/v3/command"] == imports
    print(f"\n{MANY} films by {adds} adds: {sum(asked.values())} requests: {dict(asked)}")
    assert sum(asked.values()) <= 30
    assert (bob.waits(), bob.events()) == ({}, [])


def test_a_film_that_somebody_adds_at_the_same_moment_is_tried_again_in_seconds(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _pair(tmp_path, clock)
    bob.radarr.library.facts.busy_until[5] = clock.seconds() + 40
    bob.trust(alice)
    settle(clock, alice, bob, seconds=20, steps=20)
    there = {row.tmdb_id for row in bob.radarr.library.movies()}
    assert there == set(range(1, COUNT + 1)) - {5}
    assert bob.state.refusals.all() == []
    settle(clock, alice, bob, seconds=100, steps=50)
    assert bob.shows(5) == (False, True)


def test_retry_has_the_exclusions_asked_anew(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _pair(tmp_path, clock)
    bob.radarr.add(3)
    bob.radarr.delete(3, exclude=True)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=20, steps=20)
    assert bob.movie(3) is None
    for row in bob.ask("exclusions"):
        bob.tell("DELETE", f"exclusions/{row['id']}")
    bob.state.dirty.retry(clock())
    bob.state.node.request_retry(clock())
    bob.once()
    assert bob.movie(3) is not None
