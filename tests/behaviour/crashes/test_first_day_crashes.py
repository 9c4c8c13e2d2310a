"""A node may die at any moment of its first day: it goes on, tells nothing twice, and changes nothing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mesharr.core.arr.snapshot import Snapshot
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from mesharr.demo.radarr.app import Film, SimulatedRadarr
from tests.behaviour.joining.test_first_day import half_published, items_of
from tests.support.crashing import PATIENCE_S, Mortal, crash_points, faults_of_crashes
from tests.support.household import Clock, Household, LibrarySetup, make_drive, settle
from tests.support.keepers import FILMS, SHOWS, Keeper
from tests.support.library_setups import TV

LONG = "of which there is much to say " * 5
"""Long titles fill the lines of an inventory with few films: it has several, and can be half published."""
CATALOGUE = {
    number: Film(tmdb_id=number, title=f"Film {number} {LONG}", year=2000) for number in range(1, 40)
}
BULK = 22
"""Films that are given together: one by one are up to `mesharr.node.inward.batch.MANY`."""
STEPS = (0, 2, 2, 10, 60, 60, 121, 2, 2, 60, 300, 301, 400, 700, 700, 2)
"""Virtual seconds between passes: the wait for a peer that may tell the same, scans, and quiet."""


def _make_radarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    return SimulatedRadarr(
        name=name,
        roots=[root],
        api_key="key",
        catalogue=CATALOGUE,
        now=clock.seconds,
        post=post,
        workers=False,
    )


pytestmark = pytest.mark.timeout(PATIENCE_S)
MOVIES = LibrarySetup("movies", "radarr", _make_radarr)


def _house(name: str, root: Path, clock: Clock) -> Mortal:
    return Mortal(name, root, clock, late=0, setups=(MOVIES, TV))


def _fill(house: Household, keeper: Keeper, *numbers: int, bring: bool = False) -> None:
    """Put items into a household as they were before mesharr; with `bring` it downloads their files."""
    house.deaf = True
    for number in numbers:
        keeper.add(house, number)
    house.run_commands()
    for number in numbers:
        if bring:
            keeper.bring(house, number, size=64)
    house.run_commands()
    house.forget_requests()
    house.deaf = False


def _joins(alice: Mortal, bob: Mortal, clock: Clock) -> None:
    """Alice's first day is over; bob has little, and is given what he lacks: many films, a few series."""
    _fill(alice, FILMS, *range(1, 4 + BULK), bring=True)
    _fill(alice, SHOWS, 1, 2, 3, bring=True)
    _fill(bob, FILMS, 1, 2, 3, 30)
    _fill(bob, FILMS, 31, 32, bring=True)
    _fill(bob, SHOWS, 1, 5)
    _fill(bob, SHOWS, 4, bring=True)
    settle(clock, alice, seconds=30, steps=6)


def _together(alice: Mortal, bob: Mortal, clock: Clock) -> None:
    """Both have the same, monitored, and a little that the other lacks; they begin in the same second."""
    del clock
    _fill(alice, FILMS, *range(1, 25), bring=True)
    _fill(alice, SHOWS, 1, 2, 3, bring=True)
    _fill(alice, FILMS, 30, 33)
    _fill(bob, FILMS, *range(1, 25), 31, 33)
    _fill(bob, SHOWS, 1, 2, 5)
    _fill(bob, FILMS, 32, bring=True)
    _fill(bob, SHOWS, 4, bring=True)


def _half_published(alice: Mortal, bob: Mortal, clock: Clock) -> None:
    """The same, and alice has signed and written one half of her inventory when bob begins."""
    _together(alice, bob, clock)
    half_published(alice, clock)
    assert 5 < len(items_of(alice)) < 20


Start = Callable[[Mortal, Mortal, Clock], None]
STARTS: dict[str, Start] = {
    "bob joins alice": _joins,
    "both in the same second": _together,
    "while alice's is half published": _half_published,
}


def _lived(root: Path, die_at: int, *, start: Start, who: str) -> tuple[list[str], list[str]]:
    """Let both live through their first day and one die once; return its points and what went wrong."""
    clock = Clock()
    make_drive(root / "drive", ("movies", "tv"))
    alice, bob = (_house(name, root, clock) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    start(alice, bob, clock)
    before = {house.name: _shown(house) for house in (alice, bob)}
    victim = alice if who == "alice" else bob
    victim.points.die_at = die_at
    victim.points.armed = True
    for seconds in STEPS:
        clock.forward(seconds)
        alice.once()
        bob.once()
    victim.points.armed = False
    settle(clock, alice, bob, seconds=1300, steps=6)
    wrong = [*_wrong(alice, bob, before), *_wrong(bob, alice, before), *_restless(alice, bob, clock)]
    alice.state.db.close()
    bob.state.db.close()
    return victim.points.names, wrong


def _shown(house: Household) -> dict[str, Snapshot]:
    return {item: shown for keeper in (FILMS, SHOWS) for item, shown in keeper.shown(house).items()}


def _wrong(house: Mortal, peer: Mortal, before: dict[str, dict[str, Snapshot]]) -> list[str]:
    """Return what is not as it has to be at a household, after the first day of both."""
    found: list[str] = []
    had, theirs, has = before[house.name], before[peer.name], _shown(house)
    came = {item: shown for item, shown in has.items() if item not in had}
    told, heard = items_of(house), items_of(peer)

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            found.append(f"{house.name}: {what}: {actual} instead of {wanted}")

    expect("what it had", {item: has.get(item) for item in had}, had)
    expect("what it has", set(has), {*had, *theirs})
    expect(
        "files of what came",
        {i: set(s.files) for i, s in came.items()},
        {i: set(theirs[i].files) for i in came},
    )
    expect(
        "what came and is monitored",
        [item for item, shown in came.items() if any(shown.monitored.values())],
        [],
    )
    expect(
        "tags of what came", {tag for shown in came.values() for tag in shown.tags}, {f"mesharr-{peer.name}"}
    )
    expect("what it told twice", sorted(item for item in set(told) if told.count(item) > 1), [])
    expect("what only it could tell", {i for i in had if i not in theirs and had[i].files} - set(told), set())
    expect("what nobody told", {item for item in had if had[item].files} - {*told, *heard}, set())
    expect(
        "added", house.events().count("item.added") + peer.events().count("item.added"), _wanted(had | theirs)
    )
    expect("other events", set(house.events()) - {"library.found", "item.added"}, set())
    expect("what waits", house.waits(), {})
    scanned = {"/".join(Path(each).relative_to(house.drive).parts[1:]) for each in house.plex.scans}
    expect(
        "scans", scanned, {str(Path(copy.path).parent) for s in came.values() for copy in s.files.values()}
    )
    for app, arr in house.arrs.items():
        expect(f"searches of {app}", getattr(arr, "searches", []), [])
        expect(f"media {app} deleted", getattr(arr, "deleted_media", []), [])
    return found


def _wanted(shown: dict[str, Snapshot]) -> int:
    return sum(not each.files for each in shown.values())


def _restless(alice: Mortal, bob: Mortal, clock: Clock) -> list[str]:
    """Return what changes when both compare everything once more: nothing may."""
    told = [alice.events(), bob.events()]
    for house in (alice, bob):
        house.forget_requests()
        house.once(compare=True)
    clock.forward(60)
    alice.once()
    bob.once()
    writes = alice.writes() + bob.writes()
    return [] if [alice.events(), bob.events()] == told and not writes else [f"restless: {told} {writes}"]


@crash_points(each=240, campaign=5)
@pytest.mark.parametrize(
    ("how", "who"),
    [
        ("bob joins alice", "bob"),
        ("both in the same second", "alice"),
        ("both in the same second", "bob"),
        ("while alice's is half published", "alice"),
        ("while alice's is half published", "bob"),
    ],
)
def test_a_node_may_die_at_everything_it_does_on_its_first_day(
    how: str, who: str, each: int, tmp_path: Path
) -> None:
    live = partial(_lived, start=STARTS[how], who=who)
    assert faults_of_crashes(live, tmp_path, f"{how} {who}", each) == []
