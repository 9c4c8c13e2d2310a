"""What a user rejects is not done and is remembered; what their own apps did is undone."""

from pathlib import Path

import httpx
import pytest

from mesharr.node import limits
from tests.support.household import Clock, Household, import_on, pair, settle

Pair = tuple[Household, Household]
FILMS = range(1, 6)
DAY = 86_400


def _houses(tmp_path: Path, clock: Clock, **holds: int) -> Pair:
    alice, bob = pair(tmp_path, clock, policy={"holds": holds})
    for film in FILMS:
        alice.radarr.add(film)
        alice.radarr.download(film)
    settle(clock, alice, bob)
    return alice, bob


def _reject(house: Household, clock: Clock) -> None:
    for hold in house.state.holds.all():
        if hold.waits:
            limits.reject(house.state, house.node, hold.n, clock())


def _days(clock: Clock, *houses: Household) -> None:
    """Let days pass, with full comparisons and a restart."""
    for _ in range(3):
        settle(clock, *houses, seconds=DAY, steps=12)
        for house in houses:
            house.engine.nightly.step(clock())
            house.restart()
    settle(clock, *houses, seconds=3600)


def test_additions_that_were_rejected_are_not_done_until_they_are_approved(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _houses(tmp_path, clock, first_adds=0)
    assert [hold.kind for hold in bob.state.holds.all()] == ["first_adds"]
    _reject(bob, clock)
    _days(clock, alice, bob)
    assert all(bob.movie(film) is None for film in FILMS)
    (hold,) = bob.state.holds.all()
    assert (hold.rejected, hold.waits) == (True, False)
    import_on(clock, alice, bob, tmdb=7)
    assert [len(hold.items) for hold in bob.state.holds.all() if hold.waits] == [1], "another item is asked"
    limits.approve(bob.state, hold.n, clock())
    settle(clock, alice, bob)
    assert all(bob.movie(film) is not None for film in FILMS)


def test_deletions_of_a_peer_that_were_rejected_leave_what_is_here(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _houses(tmp_path, clock, removals=0)
    alice.changes = {"policy": {"holds": {"removals": 100}}}
    alice.restart()
    for film in FILMS:
        alice.radarr.delete(film, delete_files=True)
    settle(clock, alice, bob, seconds=3600)
    assert [hold.kind for hold in bob.state.holds.all()] == ["removals"]
    _reject(bob, clock)
    _days(clock, alice, bob)
    assert all(bob.movie(film) is not None for film in FILMS)
    assert all(alice.movie(film) is None for film in FILMS), "what alice did is hers"
    alice.radarr.add(1)
    alice.radarr.download(1)
    settle(clock, alice, bob)
    (hold,) = bob.state.holds.all()
    assert "tmdb:1" not in [item for item, _ in hold.items], "it is as the mesh has it: nothing is rejected"
    alice.radarr.delete(1, delete_files=True)
    settle(clock, alice, bob, seconds=3600)
    assert [len(hold.items) for hold in bob.state.holds.all() if hold.waits] == [1], (
        "that is another deletion"
    )


@pytest.mark.parametrize("back", [True, False])
def test_own_deletions_that_were_rejected_are_not_published_and_undone(
    tmp_path: Path, clock: Clock, back: bool
) -> None:
    alice, bob = _houses(tmp_path, clock, removals=0)
    files = {path: path.read_bytes() for path in alice.library.rglob("*.mkv")}
    for film in FILMS:
        alice.radarr.delete(film, delete_files=True)
    settle(clock, alice, bob, seconds=3600)
    assert [hold.kind for hold in alice.state.holds.all()] == ["own_removals"]
    _reject(alice, clock)
    for path, content in files.items() if back else ():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _days(clock, alice, bob)
    assert "item.removed" not in alice.events()
    assert all(bob.movie(film) is not None for film in FILMS)
    if back:
        assert [alice.shows(film) for film in FILMS] == [(True, True)] * len(FILMS)
        assert [bob.shows(film) for film in FILMS] == [(False, True)] * len(FILMS)
        assert alice.state.holds.all() == [], "all is as the mesh has it"
    else:
        assert not any(hold.waits for hold in alice.state.holds.all())


def test_a_move_that_was_rejected_is_asked_again_only_with_another_folder(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _houses(tmp_path, clock, moves=0)
    before = {film: _folder(bob, film) for film in FILMS}
    _move(alice, 1, "Elsewhere (2001)")
    settle(clock, alice, bob, seconds=3600)
    assert [hold.kind for hold in bob.state.holds.all()] == ["moves"]
    _reject(bob, clock)
    _days(clock, alice, bob)
    assert _folder(bob, 1) == before[1]
    assert not any(hold.waits for hold in bob.state.holds.all())
    _move(alice, 1, "Another (2001)")
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=3600)
    assert any(hold.waits for hold in bob.state.holds.all())


def test_flags_that_were_to_be_claims_are_unmonitored_again_once_rejected(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _houses(tmp_path, clock, claims=0)
    settle(clock, alice, bob, seconds=DAY, steps=30)
    for film in (1, 2):
        bob.radarr.set_monitored(film, True)
    for _ in range(4):
        bob.engine.nightly.step(clock())
        settle(clock, alice, bob, seconds=1200)
    assert [hold.kind for hold in bob.state.holds.all()] == ["claims"]
    _reject(bob, clock)
    settle(clock, alice, bob, seconds=3600)
    assert [bob.shows(film) for film in (1, 2)] == [(False, True)] * 2
    assert "unit.claimed" not in bob.events()
    assert bob.state.holds.all() == []


def _folder(house: Household, film: int) -> str:
    row = house.movie(film)
    assert row is not None
    return str(row["path"])


def _move(house: Household, film: int, folder: str) -> None:
    """Have the user give a film another folder in Radarr, with its files."""
    row = house.movie(film)
    assert row is not None
    path = str(house.library / folder)
    request = httpx.Request(
        "PUT",
        f"http://radarr/api/v3/movie/{row['id']}?moveFiles=true",
        json={**row, "path": path, "rootFolderPath": str(house.library)},
        headers={"X-Api-Key": "key"},
    )
    assert house.radarr.handle(request).is_success
    house.run_commands()
