"""A node may die at any moment: nothing is lost, nothing is told twice, nothing is left lying about."""

import shutil
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from tests.node.crashing import Mortal, Uploading
from tests.node.household import Clock, make_drive

FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"
SIZE = 4096
STEPS = (0, 1, 1, 2, 2, 4, 10, 20, 60, 60, 120, 300, 301, 301, 600, 600, 1800, 2, 2)
"""Virtual seconds between passes: what waits for moments, for a late mount, and for quiet."""


Case = Literal["alice", "bob", "bob, who wanted it too"]


class House(msgspec.Struct):
    alice: Uploading
    bob: Mortal
    clock: Clock
    wanted: bool

    def pass_time(self, *steps: float) -> None:
        for seconds in steps:
            self.clock.forward(seconds)
            self.alice.once()
            self.bob.once()


def _houses(root: Path, *, wanted: bool) -> House:
    clock = Clock()
    make_drive(root / "drive")
    alice = Uploading("alice", root, clock, late=45)
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
    house = _houses(root, wanted="wanted" in case)
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

    victim.points.watch = watch
    house.pass_time(*STEPS)
    watch()
    if house.alice.lost:
        house.alice.once(compare=True)  # what no webhook told of is found by the nightly comparison
        house.pass_time(*STEPS)
    victim.points.armed = False
    return house, wrong + _wrong(house)


def _victim(house: House, case: Case) -> Mortal:
    return house.alice if case == "alice" else house.bob


def _wrong(house: House) -> list[str]:
    alice, bob = house.alice, house.bob
    found: list[str] = []

    def expect(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            found.append(f"{what}: {actual} instead of {wanted}")

    told = bob.read_of(alice)
    expect("imports bob read", told.count("file.imported"), 1)
    expect("adds bob read", told.count("item.added"), 0 if house.wanted else 1)
    expect("what alice told", told, alice.events())
    expect("what bob told", bob.events(), [])
    if bob.movie(7) is None:
        return [*found, "bob does not have the film"]
    expect("bob's film (monitored, has its file)", bob.shows(7), (False, True))
    expect("bob's tags", bob.tags(7), [] if house.wanted else ["mesharr-alice"])
    expect("bob's scans", set(bob.plex.scans), {str(bob.library / FILM)})
    expect("alice's film (monitored, has its file)", alice.shows(7), (True, True))
    expect("alice's scans", set(alice.plex.scans), {str(alice.library / FILM)})
    expect("alice's local file is there", (alice.local / "movies" / FILE).exists(), False)
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


@pytest.mark.parametrize("case", ["alice", "bob", "bob, who wanted it too"])
def test_a_node_may_die_before_and_after_everything_it_does_and_the_import_arrives_once(
    case: Case, tmp_path: Path
) -> None:
    house, wrong = _live(tmp_path / "0", case, 0)
    assert wrong == []
    names = _victim(house, case).points.names
    failed: list[str] = []
    for number, name in enumerate(names, 1):
        house, wrong = _live(tmp_path / str(number), case, number)
        failed += [f"{number} {name}: {text}" for text in wrong + _at_rest(house)]
        house.alice.state.db.close()
        house.bob.state.db.close()
        shutil.rmtree(tmp_path / str(number))
    kinds = sorted({" ".join(name.split()[:2]) for name in names})
    print(f"\n{case}: died at {len(names)} points: {', '.join(kinds)}")
    assert failed == []
