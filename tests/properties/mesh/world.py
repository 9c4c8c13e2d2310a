"""Households whose people do things at random, until nothing is left to do; and what must hold then.

Everything is virtual: time is moved by hand, the drive is a directory, the arrs are simulated. Every
household has a node with its real stages and its own arrs.
"""

import json
import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

import httpx

from mesharr.core.arr.model import ArrItem
from mesharr.core.arr.snapshot import Snapshot, snapshot_of
from mesharr.core.events.schema import Body, FileImported, ItemLeft, ItemRemoved, UnitClaimed, body_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.library_app import LibraryApp
from mesharr.demo.wire import HttpError
from mesharr.log import codec
from mesharr.node.missing_items import all_missing, leave
from tests.arrs.works.app import SimulatedWorksApp
from tests.properties.mesh.deeds import HOUR_S, Act, Deed, Trouble
from tests.properties.mesh.drawing import drawn
from tests.properties.mesh.people import People, RadarrPeople, SonarrPeople, Unit, WorksPeople
from tests.support.household import Clock, Household, LibrarySetup, make_drive
from tests.support.library_setups import SETUPS

NAMES = ("alice", "bob", "carol", "dora")
LIMITS = {"removals": 500, "unmonitors": 500, "claims": 500, "moves": 500, "first_adds": 500}
TOGGLES = ("monitor", "season")
UNKNOWN = {"movies": ".mkv", "tv": ".mkv", "music": ".flac", "books": ".epub"}
"""What the file that no arr knows is called in each library."""


class Home:
    """One household: its node, its people, and what they want monitored.

    `stalled` are the libraries whose arr is in the middle of a refresh: what a person switches there
    meanwhile, it may switch back, and that is between the two.
    """

    def __init__(self, house: Household, people: dict[str, People]) -> None:
        self.house = house
        self.people = people
        self.flags: dict[tuple[str, Unit], bool] = {}
        self.stalled: list[str] = []
        self.deleted: set[tuple[str, str]] = set()
        self.deeds = 0
        self.asleep_until = 0

    def do(self, deed: Deed) -> None:
        """Do it, and remember what the person wants; an arr may refuse, or miss a file a peer took away."""
        people, library = self.people[deed.library], deed.library
        if not people.ref(deed.item):
            deed = replace(deed, what="add")
        if deed.what not in people.possible(deed.item):
            return
        try:
            flags = people.do(deed)
        except (OSError, HttpError):
            return
        if deed.what == "delete":
            self.deleted.add((library, people.id(deed.item)))
        lost = deed.what in TOGGLES and library in self.stalled
        self.flags |= {(library, unit): flag and not lost for unit, flag in flags.items()}
        self.deeds += deed.what != "refresh"

    def answer(self, now: int) -> None:
        """Say that what its person deleted is to go, where the arr may have deleted it by itself."""
        state = self.house.state
        for lost in all_missing(state):
            if (lost.library, lost.item) in self.deleted:
                leave(state, lost.library, [lost.item], now)
                self.deeds += 1

    def told(self) -> list[Body]:
        """Return what its node has told the mesh, in order."""
        rows = self.house.state.streams.since(self.house.engine.publisher.stream, 1)
        bodies = (body_of(row.type, codec.parse(row.line).body) for row in rows)
        return [body for body in bodies if body]

    def arr(self, library: str) -> LibraryApp[Any, Any]:
        """Return the arr that keeps a library."""
        [app] = [setup.app for setup in self.house.setups if setup.library == library]
        return cast(LibraryApp[Any, Any], self.house.arrs[app])

    def shown(self, library: str) -> dict[str, Snapshot]:
        """What the arr of a library shows, by item."""
        house = self.house
        setup = next(each for each in house.setups if each.library == library)
        link = house.links[setup.app]
        with house.unseen(), _healthy(house.arrs[setup.app]):
            held: list[ArrItem] = list(link.arr.read_all())
        root = str(house.folders[library])
        return {each.id: shown for each in held if (shown := snapshot_of(each, root))}


def _put_what_no_arr_knows(drive: Path, libraries: Iterable[str]) -> None:
    """A library is never without any file: Lidarr and Readarr clean up nothing in one that is."""
    for library in libraries:
        unknown = drive / library / "Unsorted" / f"unknown{UNKNOWN[library]}"
        unknown.parent.mkdir()
        unknown.write_bytes(b"of nobody")


@contextmanager
def _healthy(arr: SimulatedApp) -> Iterator[None]:
    fail, arr.fail = arr.fail, None
    try:
        yield
    finally:
        arr.fail = fail


class World:
    """`count` households over one drive, each with the first `items` of what its arrs know.

    The same acts come out the same each time. `done` are those that were played.
    """

    def __init__(
        self, root: Path, *, count: int = 3, items: int = 3, setups: Sequence[LibrarySetup] = SETUPS
    ) -> None:
        self.clock = Clock()
        self.trace: list[str] = []
        self.done: list[Act] = []
        self.items = items
        self._broken: list[Exception] = []
        libraries = tuple(setup.library for setup in setups)
        make_drive(root / "drive", libraries)
        _put_what_no_arr_knows(root / "drive", libraries)
        policy = {"first_contact": "go", "holds": LIMITS}
        self.homes: list[Home] = []
        for name in NAMES[:count]:
            house = Household(name, root, root / "drive", self.clock, setups, policy=policy)
            self.homes.append(Home(house, _people(house)))
        self.libraries = libraries
        for home in self.homes:
            home.house.trust(*(other.house for other in self.homes if other is not home))
        self.pass_time(2 * HOUR_S)

    # -- playing

    def drawn(self, seed: int, deeds: int, *, trouble: float = 0.0) -> Iterator[Act]:
        """Draw deeds that are possible when their turn comes, and trouble for a part of them."""
        homes = [(home.people, sorted(home.house.arrs)) for home in self.homes]
        return drawn(Random(seed), homes, self.items, deeds, trouble)

    def play(self, acts: Iterable[Act]) -> None:
        """Let it happen, some moments or hours apart."""
        coming = iter(acts)
        for act in coming:
            self._happen(act, coming)

    def _happen(self, act: Act, coming: Iterator[Act]) -> None:
        self.done.append(act)
        self.note(f"{NAMES[act.who]}: {act}")
        if isinstance(act, Deed):
            self.homes[act.who].do(act)
            if act.stage:
                self._stall(act, coming)
        else:
            self._trouble(act)
        self.pass_time(act.then)

    def _stall(self, deed: Deed, coming: Iterator[Act]) -> None:
        """Have the refresh of an item stop between what it reads and what it writes, once."""
        home = self.homes[deed.who]
        arr, ref = home.arr(deed.library), home.people[deed.library].ref(deed.item)

        def meanwhile(stage: str, at: int) -> None:
            if (stage, at) != (deed.stage, ref):
                return
            arr.between = None
            home.stalled.append(deed.library)
            self.note(f"{home.house.name}: the refresh of {deed.library} has read {stage} of {deed.item}")
            try:
                self._meanwhile(deed, coming)
            except Exception as error:  # noqa: BLE001 - an arr says of a command only that it failed
                self._broken.append(error)
            self.note(f"{home.house.name}: the refresh of {deed.library} writes them")
            home.stalled.remove(deed.library)

        arr.between = meanwhile

    def _meanwhile(self, deed: Deed, coming: Iterator[Act]) -> None:
        """A moment between reading and writing episodes, or the next acts, or some time."""
        if deed.stage == "episodes":
            for home in self.homes:
                home.house.engine.once(compare=False)
        elif not deed.during:
            self.pass_time(deed.then)
        else:
            for _ in range(deed.during):
                if act := next(coming, None):
                    self._happen(act, coming)

    def _trouble(self, act: Trouble) -> None:
        """Something fails for a while: an arr answers 500, or a node is off."""
        home, until = self.homes[act.who], self.clock.ms + int(act.seconds * 1000)
        if not act.app:
            home.asleep_until = until
            return
        dice = Random(act.dice)

        def fail(_request: httpx.Request) -> httpx.Response | None:
            broken = self.clock.ms < until and dice.random() < 0.5
            return httpx.Response(500, json={"message": "database is locked"}) if broken else None

        home.house.arrs[act.app].fail = fail

    def heal(self) -> None:
        """Nothing fails from now on, and no download is under way any more."""
        for home in self.homes:
            home.asleep_until = 0
            for library in self.libraries:
                home.arr(library).between = None
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
            # a refresh that stopped in this step may have taken longer than all of it
            self.clock.ms = max(self.clock.ms, min(end, max(least, min([*dues, most]))))

    def step(self, *, compare: bool = False) -> None:
        """One pass of every node that is awake; the arrs work always."""
        for home in self.homes:
            if home.asleep_until > self.clock.ms:
                home.house.run_commands()
            else:
                home.house.once(compare=compare)
        for error in self._broken:
            raise error

    def settle(self, days: int = 3) -> None:
        """Let days pass without deeds, with the nights of mesharr and of the arrs."""
        for _ in range(days):
            self.pass_time(12 * HOUR_S)
            for home in self.homes:
                for arr in home.house.arrs.values():
                    arr.housekeeping()
                    if isinstance(arr, SimulatedWorksApp):
                        arr.daily_rescan()
            self.step(compare=True)
            for home in self.homes:
                home.answer(self.clock.ms)
            self.pass_time(12 * HOUR_S)

    def note(self, what: str) -> None:
        """Write down what happens now."""
        self.trace.append(f"{self.clock.ms // 1000 % 1_000_000:6d} {what}")

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
            for dirty in home.house.state.dirty.all():
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
        state, lost = self.homes[0].house.state, self._given_up(library)
        for home in self.homes:
            shown = home.shown(library)
            for item in sorted(state.items.all(library)):
                for said in self._item(home, library, item, shown.get(item), lost):
                    yield f"{home.house.name}: {library} {item}: {said}"

    def _item(
        self, home: Home, library: str, item: str, shown: Snapshot | None, lost: Mapping[Unit, int]
    ) -> Iterator[str]:
        wanted = home.house.state.items.state(library, item)
        me = home.house.node
        if not wanted.present or me in wanted.left_by:
            return
        if shown is None:
            yield "the mesh has it, the arr does not"
            return
        # what two of them added at once, each in its own way, stays so until somebody changes it
        if wanted.series_type_version and shown.item.series_type != wanted.series_type:
            yield f"its type is {shown.item.series_type} and not {wanted.series_type}"
        for living in wanted.copies.values():
            for unit in living.copy.units:
                if not any(unit in copy.units for copy in shown.files.values()):
                    yield f"{unit} has a file ({living.copy.path}), and none in the arr"
        for unit, flag in shown.monitored.items():
            owner = wanted.owner_of(unit)
            if flag and owner not in {"", me}:
                yield f"{unit} is monitored here and owned by {owner}"
            wished = home.flags.get((library, (item, unit)), True)
            if not flag and owner == me and wished and wanted.owners[unit].term > lost.get((item, unit), 0):
                yield f"{unit} is owned here and not monitored"

    def _given_up(self, library: str) -> dict[Unit, int]:
        """Return the highest term at which each unit was taken by somebody who let go of the item since.

        Who owned it before owns it again then, and nobody is monitored by that.
        """
        lost: dict[Unit, int] = {}
        for home in self.homes:
            taken: dict[str, dict[str, int]] = {}
            for body in home.told():
                match body:
                    case ItemLeft(library=at, id=item) | ItemRemoved(library=at, id=item) if at == library:
                        for unit, term in taken.pop(item, {}).items():
                            lost[item, unit] = max(term, lost.get((item, unit), 0))
                    case FileImported(library=at, term=term) if at == library:
                        units = dict.fromkeys((unit for copy in body.copies for unit in copy.units), term)
                        taken.setdefault(body.item_id, {}).update(units)
                    case UnitClaimed(library=at, term=term) if at == library:
                        taken.setdefault(body.item_id, {}).update(dict.fromkeys(body.units, term))
        return lost

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


def _people(house: Household) -> dict[str, People]:
    made: dict[str, People] = {}
    for setup in house.setups:
        arr: Any = house.arrs[setup.app]
        made[setup.library] = PEOPLE[setup.app](arr)
    return made


PEOPLE: dict[str, Any] = {
    "radarr": RadarrPeople,
    "sonarr": SonarrPeople,
    "lidarr": WorksPeople,
    "readarr": WorksPeople,
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


def outcome(world: World, acts: Iterable[Act]) -> tuple[list[str], str]:
    """Play acts until nothing is left to do; return what does not hold then, and what happened."""
    try:
        world.play(acts)
        world.heal()
        world.settle()
        found = list(world.complaints())
    except Exception:  # noqa: BLE001 - whatever breaks is found, and shrinks like the rest
        found = [traceback.format_exc(limit=-6)]
    return found, dump(world) if found else ""
