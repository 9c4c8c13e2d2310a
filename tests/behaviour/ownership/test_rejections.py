"""What a user rejects is not done and is remembered; what their own apps did is undone."""

from pathlib import Path

import httpx
import pytest

from mesharr.node import limits
from tests.behaviour.ownership.test_limits import wanting_pair
from tests.behaviour.ownership.test_series_owners import TV, sonarr
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


def _waiting(house: Household) -> list[tuple[str, list[str]]]:
    """Return kind and items of what needs approval."""
    return [
        (hold.kind, sorted(item for item, _ in hold.items)) for hold in house.state.holds.all() if hold.waits
    ]


def test_pauses_that_were_rejected_leave_the_flag_for_that_download(tmp_path: Path, clock: Clock) -> None:
    alice, bob = wanting_pair(tmp_path, clock, pauses=0)
    for film in (1, 2):
        alice.radarr.grab(film)
    settle(clock, alice, bob, seconds=120, steps=8)
    assert _waiting(bob) == [("pauses", ["tmdb:1", "tmdb:2"])]
    _reject(bob, clock)
    bob.restart()
    settle(clock, alice, bob, seconds=7200, steps=12)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=600, steps=4)
    assert [bob.shows(film)[0] for film in (1, 2)] == [True, True]
    assert _waiting(bob) == []
    alice.radarr.download(1)
    alice.radarr.library.queue.clear()
    settle(clock, alice, bob, seconds=2400, steps=24)
    assert (alice.shows(1), bob.shows(1)) == ((True, True), (False, True)), "it is alice's, who has its file"
    assert bob.state.holds.all() == [], "both downloads are over"
    alice.radarr.grab(2)
    settle(clock, alice, bob, seconds=120, steps=8)
    assert _waiting(bob) == [("pauses", ["tmdb:2"])], "that is another download"


def test_flags_of_a_peers_imports_that_were_rejected_stay_this_households(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = wanting_pair(tmp_path, clock, unmonitors=0)
    alice.radarr.download(1)
    settle(clock, alice, bob)
    assert _waiting(bob) == [("unmonitors", ["tmdb:1"])]
    _reject(bob, clock)
    _days(clock, alice, bob)
    assert (alice.shows(1), bob.shows(1)) == ((True, True), (True, True))
    assert "unit.claimed" not in [*alice.events(), *bob.events()]
    assert _waiting(bob) == []
    (hold,) = bob.state.holds.all()
    limits.approve(bob.state, hold.n, clock())
    settle(clock, alice, bob)
    assert (bob.shows(1), bob.state.holds.all()) == ((False, True), [])


def test_a_series_type_that_was_rejected_is_asked_again_only_with_another_type(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = wanting_pair(tmp_path, clock, TV, retypes=0)
    sonarr(alice).edit(1, series_type="anime")
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert _waiting(bob) == [("retypes", ["tvdb:1"])]
    _reject(bob, clock)
    _days(clock, alice, bob)
    assert [sonarr(house).series(1).series_type for house in (alice, bob)] == ["anime", "standard"]
    assert _waiting(bob) == []
    sonarr(alice).edit(1, series_type="daily")
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert _waiting(bob) == [("retypes", ["tvdb:1"])]
    sonarr(alice).edit(1, series_type="standard")
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob)
    assert bob.state.holds.all() == [], "it is as the mesh has it"


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
