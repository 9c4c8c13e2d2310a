"""A node may die at any moment: nothing is lost, nothing is told twice, nothing is left lying about."""

import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from tests.support.crashing import PATIENCE_S, Crash, Mortal, Uploading, crash_points, faults_of_crashes
from tests.support.household import Clock, Household, import_on, make_drive, settle

pytestmark = pytest.mark.timeout(PATIENCE_S)
FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"
SIZE = 4096
STEPS = (0, 1, 1, 2, 2, 4, 10, 20, 60, 60, 120, 300, 301, 301, 600, 600, 1800, 2, 2)
"""Virtual seconds between passes: what waits for moments, for a late mount, and for quiet."""
UPLOADED_AFTER = 6
"""After so many of the passes another uploader, where there is one, moves the file to the drive."""


Case = Literal["alice", "alice, who copies", "alice beside another uploader", "bob", "bob, who wanted it too"]
MODES: Mapping[Case, str] = {"alice, who copies": "copy", "alice beside another uploader": "none"}


class House(msgspec.Struct):
    alice: Uploading
    bob: Mortal
    clock: Clock
    wanted: bool

    def pass_time(self, *steps: float) -> None:
        for seconds in steps:
            self.clock.forward(seconds)
            self.alice.once_when_due()
            self.bob.once_when_due()


def _houses(root: Path, *, wanted: bool, mode: str = "move") -> House:
    clock = Clock()
    make_drive(root / "drive")
    alice = Uploading("alice", root, clock, late=45, mode=mode)
    bob = Mortal("bob", root, clock, late=100)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    bob.trust(alice)
    if wanted:  # both monitored it before there was a mesh
        alice.radarr.add(7)
        bob.radarr.add(7)
        alice.state.inbox.done(hint.n for hint in alice.state.inbox.due(clock()))
        bob.state.inbox.done(hint.n for hint in bob.state.inbox.due(clock()))
    house = House(alice, bob, clock, wanted)
    house.pass_time(0, 2, 2, 2)
    return house


def _live(root: Path, case: Case, die_at: int) -> tuple[House, list[str]]:
    """One import on alice, with one death; return the households at rest and what went wrong."""
    house = _houses(root, wanted="wanted" in case, mode=MODES.get(case, "move"))
    victim = _victim(house, case)
    victim.points.die_at = die_at
    victim.points.armed = True
    wrong: list[str] = []
    if not house.wanted:
        house.alice.radarr.add(7)
        house.pass_time(1, 2)
    house.alice.radarr.download(7, size=SIZE)

    def watch() -> None:
        if house.alice.size(FILE) != SIZE:
            wrong.append(f"{FILE} is not in alice's union")

    if house.alice.mode == "none":  # who moves it away before the mount shows it is not mesharr
        house.pass_time(*STEPS[:UPLOADED_AFTER])
        house.alice.other_moves()
        house.pass_time(*STEPS[UPLOADED_AFTER:])
    else:
        victim.points.watch = watch
        house.pass_time(*STEPS)
    watch()
    if house.alice.lost:
        house.alice.once(compare=True)  # what no webhook told of is found by the nightly comparison
        house.pass_time(*STEPS)
    victim.points.armed = False
    return house, wrong + _wrong(house)


def _victim(house: House, case: Case) -> Mortal:
    return house.alice if case.startswith("alice") else house.bob


def _wrong(house: House) -> list[str]:
    alice, bob = house.alice, house.bob
    found: list[str] = []

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            found.append(f"{what}: {actual} instead of {wanted}")

    told = bob.read_of(alice)
    expect("imports bob read", told.count("file.imported"), 1)
    expect("adds bob read", told.count("item.added"), 1)
    expect("what alice told", told, alice.events())
    expect("what bob told", bob.events(), [])
    if bob.movie(7) is None:
        return [*found, "bob does not have the film"]
    expect("bob's film (monitored, has its file)", bob.shows(7), (False, True))
    expect("bob's tags", bob.tags(7), [] if house.wanted else ["mesharr-alice"])
    expect("bob's scans", set(bob.plex.scans), {str(bob.library / FILM)})
    expect("alice's film (monitored, has its file)", alice.shows(7), (True, True))
    expect("alice's scans", set(alice.plex.scans), {str(alice.library / FILM)})
    expect("alice's local file is there", (alice.local / "movies" / FILE).exists(), alice.mode == "copy")
    expect("size on the drive", (alice.drive / "movies" / FILE).stat().st_size, SIZE)
    expect("what waits at alice", alice.waits(), {})
    expect("what waits at bob", bob.waits(), {})
    expect("searches", (alice.radarr.searches, bob.radarr.searches), ([], []))
    expect("media deleted", (alice.radarr.deleted_media, bob.radarr.deleted_media), ([], []))
    return found


def _at_rest(house: House) -> list[str]:
    """What changes when both compare everything once more: nothing may."""
    before = (house.alice.events(), house.bob.events(), house.bob.shows(7))
    for household in (house.alice, house.bob):
        household.radarr.daily_refresh()
        household.radarr.forget_requests()
        household.once(compare=True)
    house.pass_time(2, 60, 700)
    after = (house.alice.events(), house.bob.events(), house.bob.shows(7))
    writes = house.alice.writes() + house.bob.writes()
    return [] if after == before and not writes else [f"restless: {before} {after} {writes}"]


def _live_and_rest(root: Path, die_at: int, *, case: Case) -> tuple[list[str], list[str]]:
    """Live through one import; return the points passed, and what went wrong then and afterwards."""
    house, wrong = _live(root, case, die_at)
    names = list(_victim(house, case).points.names)
    wrong += _at_rest(house) if die_at else []
    house.alice.state.db.close()
    house.bob.state.db.close()
    return names, wrong


@crash_points(each=24, campaign=1)
@pytest.mark.parametrize("case", ["alice", "bob", "bob, who wanted it too"])
def test_a_node_may_die_before_and_after_everything_it_does_and_the_import_arrives_once(
    case: Case, each: int, tmp_path: Path
) -> None:
    assert faults_of_crashes(partial(_live_and_rest, case=case), tmp_path, case, each) == []


@crash_points(each=60, campaign=12)
@pytest.mark.parametrize("case", MODES)
def test_so_may_one_that_only_copies_and_one_beside_another_uploader(
    case: Case, each: int, tmp_path: Path
) -> None:
    assert faults_of_crashes(partial(_live_and_rest, case=case), tmp_path, case, each) == []


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(8, 30))]
)
def test_nodes_that_die_again_and_again_bring_the_import_through_once(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    house = _houses(tmp_path, wanted=False)

    def doom() -> None:
        for victim in (house.alice, house.bob):
            victim.points.names.clear()
            victim.points.die_at = chance.randint(1, 25)
            victim.points.armed = True

    house.alice.radarr.add(7)
    house.pass_time(1, 2)
    house.alice.radarr.download(7, size=SIZE)
    for seconds in STEPS:
        doom()
        house.pass_time(seconds)
    house.alice.points.armed = house.bob.points.armed = False
    house.pass_time(*STEPS)
    assert _wrong(house) + _at_rest(house) == []


REMUX = f"{FILM} Remux-1080p.mkv"


class Flow(msgspec.Struct, frozen=True):
    """A change after an import: what a person or an arr does, what is told then, how bob ends.

    `alice` and `bob` are (monitored, the name of the file), None when the film is gone. `by_hook`: only
    the arr's own event tells of it, so there is nothing to find where that event was lost.
    """

    deed: Callable[[Household, Household], object]
    alice_tells: tuple[str, ...]
    bob_tells: tuple[str, ...]
    alice: tuple[bool, str] | None
    bob: tuple[bool, str] | None
    by_hook: bool = False


def _upgrade(alice: Household, _bob: Household) -> None:
    alice.radarr.download(7, name=REMUX, quality="Remux-1080p", size=9000)


def _worse(alice: Household, _bob: Household) -> None:
    alice.radarr.download(7, name=f"{FILM} SDTV.mkv", quality="SDTV", size=500)


def _claim(_alice: Household, bob: Household) -> None:
    bob.radarr.set_monitored(7, True)
    bob.engine.nightly.hourly(bob.clock())


FIRST = f"{FILM} Bluray-1080p.mkv"
FLOWS = {
    "upgrade": Flow(_upgrade, ("file.imported",), (), (True, REMUX), (False, REMUX)),
    "worse replacement": Flow(
        _worse, ("file.imported",), (), (True, f"{FILM} SDTV.mkv"), (False, f"{FILM} SDTV.mkv")
    ),
    "rename": Flow(
        lambda alice, _: alice.radarr.rename(7, f"{FILM} b.mkv"),
        ("file.renamed",),
        (),
        (True, f"{FILM} b.mkv"),
        (False, f"{FILM} b.mkv"),
    ),
    "file deleted": Flow(
        lambda alice, _: alice.radarr.delete_file(7), ("file.removed",), (), (True, ""), (False, ""), True
    ),
    "film deleted": Flow(
        lambda alice, _: alice.radarr.delete(7, delete_files=True),
        ("item.left", "item.removed"),
        (),
        None,
        None,
        by_hook=True,
    ),
    "mirror deleted": Flow(
        lambda _, bob: bob.radarr.delete(7), (), ("item.left",), (True, FIRST), None, True
    ),
    "claim": Flow(_claim, (), ("unit.claimed",), (False, FIRST), (True, FIRST)),
}


def _changed(root: Path, die_at: int, *, flow: Flow, who: str) -> tuple[list[str], list[str]]:
    """Live through a change with one death of `who`; return the points passed and what went wrong."""
    clock = Clock()
    make_drive(root / "drive")
    houses = {name: Mortal(name, root, clock, late=0) for name in ("alice", "bob")}
    alice, bob = houses["alice"], houses["bob"]
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=10, steps=5)
    import_on(clock, alice, bob)
    settle(clock, alice, bob)
    victim = houses[who]
    victim.points.die_at = die_at
    victim.points.armed = True
    try:
        flow.deed(alice, bob)
    except Crash:
        victim.lost += 1  # it died while it looked by itself: the nightly comparison looks again
    for seconds in (*STEPS, 700, 700, *STEPS, 90_000, 2, 2):
        clock.forward(seconds)
        alice.once()
        bob.once()
    if flow.by_hook and (alice.lost or bob.lost):
        return victim.points.names, []
    if alice.lost or bob.lost:
        for _ in range(2):
            alice.once(compare=True)
            bob.once(compare=True)
            settle(clock, alice, bob, seconds=90 * 60, steps=60)
    victim.points.armed = False
    wrong: list[str] = []

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            wrong.append(f"{what}: {actual} instead of {wanted}")

    expect("alice told", alice.events(), ["item.added", "file.imported", *flow.alice_tells])
    expect("bob told", bob.events(), list(flow.bob_tells))
    expect("bob read", bob.read_of(alice), alice.events())
    for house, wanted in ((alice, flow.alice), (bob, flow.bob)):
        row, file = house.radarr.library.by_tmdb(7), None
        if row:
            file = house.radarr.file(7)
        shown = (row.monitored, file.relative_path if file else "") if row else None
        expect(f"{house.name} shows", shown, wanted)
        expect(f"what waits at {house.name}", house.waits(), {})
        expect(f"media deleted by {house.name}", house.radarr.deleted_media, [])
        house.state.db.close()
    return victim.points.names, wrong


@crash_points(each=81, campaign=9)
@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("kind", FLOWS)
def test_a_node_may_die_at_every_change_it_makes_and_the_change_is_followed_once(
    kind: str, who: str, each: int, tmp_path: Path
) -> None:
    live = partial(_changed, flow=FLOWS[kind], who=who)
    assert faults_of_crashes(live, tmp_path, kind, each) == []
