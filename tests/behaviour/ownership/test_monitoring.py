"""Each film that has a file is monitored by its owner and by nobody else, and a person may change that."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.household import Clock, Household, import_on, make_drive, settle

MINUTE = 60.0


def _both_monitor(root: Path, clock: Clock, **changes: Any) -> tuple[Household, Household]:
    """Two households that both monitored film 7, without a file, before mesharr's first start."""
    make_drive(root / "drive")
    alice = Household("alice", root, root / "drive", clock, **changes)
    bob = Household("bob", root, root / "drive", clock, **changes)
    for house in (alice, bob):
        house.deaf = True
        house.radarr.add(7)
        house.radarr.run_commands()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    for house in (alice, bob):
        house.radarr.forget_requests()
    return alice, bob


def test_the_import_of_one_unmonitors_the_other_and_writes_nothing_to_the_importer(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert alice.writes() == []
    assert bob.writes() == ["PUT /api/v3/movie/editor", "POST /api/v3/command"]
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert (alice.waits(), bob.waits()) == ({}, {})
    assert bob.tags(7) == []  # it was there before mesharr


def test_an_old_flag_that_a_scan_writes_back_is_unmonitored_again_and_never_a_claim(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    alice.radarr.download(7)
    settle(clock, alice, seconds=30, steps=6)
    seen: list[bool] = []

    def meanwhile(_what: str, _movie: int) -> None:
        # the arr has read the row as monitored, and will write the whole of it back
        bob.radarr.between = None
        bob.engine.once(compare=False)
        seen.append(bob.radarr.movie(7).monitored)

    bob.radarr.between = meanwhile
    bob.radarr.daily_refresh()
    seen.append(bob.radarr.movie(7).monitored)
    assert seen == [False, True]
    settle(clock, alice, bob, seconds=90 * MINUTE, steps=90)
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], [])
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_old_flag_that_comes_back_before_it_was_quiet_is_no_claim(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    alice.radarr.download(7)
    for _ in range(8):
        settle(clock, alice, bob, seconds=4 * MINUTE, steps=8)
        bob.radarr.set_monitored(7, True)
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert bob.shows(7) == (False, True)
    assert bob.events() == []


def test_the_film_a_person_monitors_again_after_quiet_is_claimed_in_two_checks_ten_minutes_apart(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=20 * MINUTE)
    assert bob.state.items.memory("movies", "tmdb:7").confirmed_unmonitored == ("movie",)
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=9 * MINUTE, steps=9)
    assert bob.events() == []
    settle(clock, alice, bob, seconds=3 * MINUTE, steps=6)
    assert bob.events() == ["unit.claimed"]
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert (alice.shows(7), bob.shows(7)) == ((False, True), (True, True))
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], ["unit.claimed"])
    assert (alice.waits(), bob.waits()) == ({}, {})


@pytest.mark.parametrize("together", [True, False])
def test_a_film_that_mesharr_added_is_claimed_by_the_person_who_monitors_it(
    alice_and_bob: tuple[Household, Household], clock: Clock, together: bool
) -> None:
    alice, bob = alice_and_bob
    alice.radarr.add(7)
    if not together:
        settle(clock, alice, bob, seconds=10 * MINUTE)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=30 * MINUTE)
    assert bob.waits() == {}
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=30 * MINUTE)
    assert (alice.shows(7), bob.shows(7)) == ((False, True), (True, True))
    assert bob.events() == ["unit.claimed"]
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_a_flag_that_is_taken_back_between_the_two_checks_is_no_claim(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=20 * MINUTE)
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=5 * MINUTE, steps=5)
    bob.radarr.set_monitored(7, False)
    settle(clock, alice, bob, seconds=60 * MINUTE, steps=30)
    assert bob.events() == []
    assert bob.waits() == {}


def test_with_the_policy_revert_a_film_monitored_again_is_unmonitored(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_monitor(tmp_path, clock, policy={"on_remonitor": "revert"})
    import_on(clock, alice, bob)
    settle(clock, alice, bob, seconds=20 * MINUTE)
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert bob.events() == []
    assert bob.waits() == {}


@pytest.mark.parametrize(("policy", "monitored"), [("monitor", True), ("leave", False)])
def test_what_is_imported_unmonitored_is_monitored_as_the_policy_says(
    tmp_path: Path, clock: Clock, policy: str, monitored: bool
) -> None:
    alice, bob = _both_monitor(tmp_path, clock, policy={"on_import": policy})
    alice.radarr.set_monitored(7, False)
    import_on(clock, alice, bob)
    assert (alice.shows(7), bob.shows(7)) == ((monitored, True), (False, True))
    assert alice.writes() == (["PUT /api/v3/movie/editor"] if monitored else [])


def test_the_owner_who_unmonitors_its_film_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    alice.radarr.set_monitored(7, False)
    alice.radarr.forget_requests()
    alice.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=60 * MINUTE)
    assert alice.shows(7) == (False, True)
    assert alice.writes() == []


def test_who_imports_last_owns_and_monitors(tmp_path: Path, clock: Clock) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    bob.radarr.download(7, name="Film 7 (2007) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
    settle(clock, bob, alice)
    assert (alice.shows(7), bob.shows(7)) == ((False, True), (True, True))
    assert (alice.events(), bob.events()) == (["item.added", "file.imported"], ["file.imported"])
    file = alice.radarr.file(7)
    assert file is not None
    assert file.relative_path == "Film 7 (2007) Remux-1080p.mkv"
    assert (alice.waits(), bob.waits()) == ({}, {})


def test_an_arr_that_monitors_everything_at_once_claims_nothing_before_its_person_allows(
    tmp_path: Path, clock: Clock
) -> None:
    """A backup that was restored, or a list that was edited, looks like a person who wants all of it."""
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    bob = Household("bob", tmp_path, tmp_path / "drive", clock, policy={"holds": {"claims": 2}})
    alice.trust(bob)
    bob.trust(alice)
    films = (7, 8, 9, 10)
    for film in films:
        import_on(clock, alice, bob, tmdb=film)
    for film in films:
        bob.radarr.set_monitored(film, True)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert bob.events() == []
    (hold,) = bob.state.holds.all()
    assert (hold.kind, hold.peer, len(hold.items)) == ("claims", "this node", 4)
    assert sum(alice.shows(film)[0] for film in films) == 4
    bob.state.holds.approve(hold.n)
    bob.state.dirty.mark([("movies", item) for item, _ in hold.items], clock())
    settle(clock, alice, bob, seconds=30 * MINUTE, steps=30)
    assert bob.events() == ["unit.claimed"] * 4
    assert [bob.shows(film)[0] for film in films] == [True] * 4
    assert bob.state.holds.all() == []


def test_a_film_two_people_want_changes_hands_twice_a_week_and_then_a_command_decides(
    tmp_path: Path, clock: Clock
) -> None:
    alice, bob = _both_monitor(tmp_path, clock)
    import_on(clock, alice, bob)
    for wants in (bob, alice):
        settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
        wants.radarr.set_monitored(7, True)
        wants.engine.nightly.hourly(clock())
        settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
        assert wants.shows(7)[0]
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.hourly(clock())
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert (alice.shows(7), bob.shows(7)) == ((True, True), (False, True))
    assert (alice.events()[-1], bob.events()) == ("unit.claimed", ["unit.claimed"])
    (waiting,) = bob.state.dirty.all()
    assert waiting.state == "stuck"
    assert waiting.why.endswith("mesharr claim movies tmdb:7 movie")
    settle(clock, alice, bob, seconds=8 * 24 * 60 * MINUTE, steps=60)
    assert bob.waits() == {}
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.step(clock())
    settle(clock, alice, bob, seconds=40 * MINUTE, steps=40)
    assert (alice.shows(7), bob.shows(7)) == ((False, True), (True, True))  # a week later it is a claim again
