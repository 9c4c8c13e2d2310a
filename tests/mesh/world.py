"""Households whose people do things at random, until nothing is left to do; and what must hold then.

Everything is virtual: time is moved by hand, the drive is a directory, the arrs are simulated. Every
household has a node with its real stages and its own arrs.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx

from mesharr.core.compare import DROPPED
from mesharr.core.held import Held
from mesharr.core.shown import Shown, shown_of
from mesharr.node.lost import leave, lost_items
from mesharr.simulator.arr import SimulatedArr
from tests.mesh.people import Deed, People, RadarrPeople, ShelfPeople, SonarrPeople, Unit
from tests.mesh.shelves import SHELVES
from tests.node.household import Clock, Household, Shelf, make_drive

NAMES = ("alice", "bob", "carol", "dora")
LIMITS = {"removals": 500, "unmonitors": 500, "claims": 500, "moves": 500, "first_adds": 500}
HOUR_S = 3600.0


class Home:
    """One household: its node, its people, and what they want monitored."""

    def __init__(self, house: Household, people: dict[str, People]) -> None:
        self.house = house
        self.people = people
        self.flags: dict[tuple[str, Unit], bool] = {}
        self.deeds = 0
        self.asleep_until = 0

    def do(self, library: str, deed: Deed) -> None:
        """Do it, and remember what the person wants; an arr that does not know yet what a peer did fails."""
        try:
            deed.do()
        except OSError:
            return
        self.flags |= {(library, unit): flag for unit, flag in deed.flags.items()}
        self.deeds += not deed.quiet

    def answer(self, now: int) -> None:
        """Say that what an arr deleted without files was meant: no metadata server fails here."""
        state = self.house.state
        for lost in lost_items(state):
            if lost.why == DROPPED:
                leave(state, lost.library, [lost.item], now)

    def shown(self, library: str) -> dict[str, Shown]:
        """What the arr of a library shows, by item."""
        house = self.house
        shelf = next(each for each in house.shelves if each.library == library)
        link = house.links[shelf.app]
        with house.unseen(), _healthy(house.arrs[shelf.app]):
            held: list[Held] = list(link.arr.read_all())
        root = str(house.folders[library])
        return {each.id: shown for each in held if (shown := shown_of(each, root))}


@contextmanager
def _healthy(arr: SimulatedArr) -> Iterator[None]:
    fail, arr.fail = arr.fail, None
    try:
        yield
    finally:
        arr.fail = fail


class World:
    """`count` households over one drive. A seed plays the same each time."""

    def __init__(
        self, seed: int, root: Path, *, count: int = 3, items: int = 5, shelves: Sequence[Shelf] = SHELVES
    ) -> None:
        self.rng = Random(seed)
        self.clock = Clock()
        self.trace: list[str] = []
        libraries = tuple(shelf.library for shelf in shelves)
        make_drive(root / "drive", libraries)
        policy = {"first_contact": "go", "holds": LIMITS}
        self.homes: list[Home] = []
        for name in NAMES[:count]:
            house = Household(name, root, root / "drive", self.clock, shelves, policy=policy)
            self.homes.append(Home(house, _people(house, items)))
        self.libraries = libraries
        for home in self.homes:
            home.house.trust(*(other.house for other in self.homes if other is not home))
        self.pass_time(2 * HOUR_S)

    # -- playing

    def play(self, deeds: int, *, trouble: bool = False) -> None:
        """Let people do things, some moments or hours apart."""
        for _ in range(deeds):
            home = self.rng.choice(self.homes)
            library = self.rng.choice(self.libraries)
            choices = list(home.people[library].deeds(self.rng))
            deed = self.rng.choice(choices)
            self.trace.append(f"{self._now()} {home.house.name}: {deed.name}")
            home.do(library, deed)
            if trouble and self.rng.random() < 0.3:
                self._trouble()
            self.pass_time(self.rng.choice((5.0, 40.0, 300.0, 2 * HOUR_S)))

    def _trouble(self) -> None:
        """Something fails for a while: an arr answers 500, or a node is off."""
        home = self.rng.choice(self.homes)
        until = self.clock.ms + self.rng.choice((60_000, 1_200_000, 7_200_000))
        if self.rng.random() < 0.5:
            home.asleep_until = until
            self.trace.append(f"{self._now()} {home.house.name}: off")
            return
        app = self.rng.choice(list(home.house.arrs))
        arr = home.house.arrs[app]
        self.trace.append(f"{self._now()} {home.house.name}: {app} fails")

        def fail(_request: httpx.Request) -> httpx.Response | None:
            broken = self.clock.ms < until and self.rng.random() < 0.5
            return httpx.Response(500, json={"message": "database is locked"}) if broken else None

        arr.fail = fail

    def heal(self) -> None:
        """Nothing fails from now on, and no download is under way any more."""
        for home in self.homes:
            home.asleep_until = 0
            for app, arr in home.house.arrs.items():
                arr.fail = None
                for row in home.house.ask("queue?pageSize=1000", app)["records"]:
                    home.house.tell("DELETE", f"queue/{row['id']}", app)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, every node awake doing what is due: often at first, then at what is due next."""
        end = self.clock.ms + int(seconds * 1000)
        while self.clock.ms < end:
            self.step()
            dues = [due for home in self.homes if (due := home.house.engine.next_due()) is not None]
            least, most = self.clock.ms + 5_000, self.clock.ms + 600_000
            self.clock.ms = min(end, max(least, min([*dues, most])))

    def step(self, *, compare: bool = False) -> None:
        """One pass of every node that is awake; the arrs work always."""
        for home in self.homes:
            if home.asleep_until > self.clock.ms:
                home.house.run_commands()
            else:
                home.house.once(compare=compare)

    def settle(self, days: int = 3) -> None:
        """Let days pass without deeds, with the nights of mesharr and of the arrs."""
        for _ in range(days):
            self.pass_time(12 * HOUR_S)
            for home in self.homes:
                for arr in home.house.arrs.values():
                    arr.housekeeping()
            self.step(compare=True)
            for home in self.homes:
                home.answer(self.clock.ms)
            self.pass_time(12 * HOUR_S)

    def _now(self) -> str:
        return f"{self.clock.ms // 1000 % 1_000_000:6d}"

    # -- what must hold when nothing is left to do

    def complaints(self) -> Iterator[str]:
        """Yield what does not hold."""
        yield from self._left_over()
        for library in self.libraries:
            yield from self._registries(library)
            yield from self._arrs(library)
        yield from self._harm()
        yield from self._events()

    def _left_over(self) -> Iterator[str]:
        for home in self.homes:
            for dirty in home.house.state.items.dirty():
                if dirty.state != "stuck":
                    yield f"{home.house.name}: {dirty.library} {dirty.item} waits: {dirty.state} {dirty.why}"
            if waiting := [type(each.body).__name__ for each in home.house.state.outbox.all()]:
                yield f"{home.house.name}: facts wait to be told: {waiting}"

    def _registries(self, library: str) -> Iterator[str]:
        items = {item for home in self.homes for item in home.house.state.items.all(library)}
        for item in sorted(items):
            seen = {home.house.state.items.state(library, item).encoded() for home in self.homes}
            if len(seen) > 1:
                yield f"{library} {item}: the registries differ"

    def _arrs(self, library: str) -> Iterator[str]:
        state = self.homes[0].house.state
        for home in self.homes:
            shown = home.shown(library)
            for item in sorted(state.items.all(library)):
                for said in self._item(home, library, item, shown.get(item)):
                    yield f"{home.house.name}: {library} {item}: {said}"

    def _item(self, home: Home, library: str, item: str, shown: Shown | None) -> Iterator[str]:
        wanted = home.house.state.items.state(library, item)
        me = home.house.node
        if not wanted.present or me in wanted.left:
            return
        if shown is None:
            yield "the mesh has it, the arr does not"
            return
        if shown.item.series_type != wanted.series_type:
            yield f"its type is {shown.item.series_type} and not {wanted.series_type}"
        for living in wanted.copies.values():
            for unit in living.copy.units:
                if not any(unit in copy.units for copy in shown.files.values()):
                    yield f"{unit} has a file ({living.copy.path}), and none in the arr"
        for unit, flag in shown.monitored.items():
            owner = wanted.owner_of(unit)
            if flag and owner not in {"", me}:
                yield f"{unit} is monitored here and owned by {owner}"
            if not flag and owner == me and home.flags.get((library, (item, unit)), True):
                yield f"{unit} is owned here and not monitored"

    def _harm(self) -> Iterator[str]:
        for home in self.homes:
            for app, arr in home.house.arrs.items():
                if found := getattr(arr, "searches", []):
                    yield f"{home.house.name}: {app} was made to search {found}"
                if found := getattr(arr, "deleted_media", []):
                    yield f"{home.house.name}: {app} was made to delete {found}"

    def _events(self) -> Iterator[str]:
        """The number of events is bounded by what people did."""
        deeds = sum(home.deeds for home in self.homes)
        told = sum(len(home.house.events()) for home in self.homes)
        if told > 4 * deeds + 4:
            yield f"{told} events for {deeds} deeds"
        before = [len(home.house.events()) for home in self.homes]
        for _ in range(2):
            self.step(compare=True)
            self.pass_time(700)
        after = [len(home.house.events()) for home in self.homes]
        if before != after:
            yield f"one more comparison told {[b - a for a, b in zip(before, after, strict=True)]} events"


def _people(house: Household, items: int) -> dict[str, People]:
    made: dict[str, People] = {}
    for shelf in house.shelves:
        arr: Any = house.arrs[shelf.app]
        made[shelf.library] = PEOPLE[shelf.app](arr, items)
    return made


PEOPLE: dict[str, Any] = {
    "radarr": RadarrPeople,
    "sonarr": SonarrPeople,
    "lidarr": ShelfPeople,
    "readarr": ShelfPeople,
}


def quietly() -> None:
    """Say nothing of what the stages log."""
    logging.disable(logging.CRITICAL)


def dump(world: World) -> str:
    """What happened, for a person who looks for the reason."""
    lines = list(world.trace)
    for home in world.homes:
        for row in home.house.state.streams.since(home.house.engine.publisher.stream, 1):
            if row.type != "node.hello":
                line = json.loads(row.line)
                lines.append(
                    f"{home.house.name} {row.seq} {row.hlc} {row.type} {json.dumps(line['body'])[:300]}"
                )
    return "\n".join(lines)
