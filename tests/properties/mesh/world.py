"""Households whose people do things at random, until nothing is left to do; and what must hold then.

Everything is virtual: time is moved by hand, the drive is a directory, the arrs are simulated. Every
household has a node with its real stages and its own arrs.
"""

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.arrs.works.app import SimulatedWorksApp
from tests.properties.mesh.checks import complaints, misplaced
from tests.properties.mesh.deeds import (
    HOUR_S,
    SECOND_S,
    SOON_S,
    Act,
    Deed,
    Disturbance,
    Hooks,
    Look,
    Meanwhile,
    Order,
    Quirk,
    Restore,
    Trouble,
    Unpublished,
)
from tests.properties.mesh.drawing import drawn
from tests.properties.mesh.home import Home
from tests.properties.mesh.house import MeshHousehold
from tests.properties.mesh.people.base import People
from tests.properties.mesh.people.radarr import RadarrPeople
from tests.properties.mesh.people.sonarr import SonarrPeople
from tests.properties.mesh.people.works import WorksPeople
from tests.support.household import Clock, LibrarySetup, make_drive
from tests.support.library_setups import SETUPS

NAMES = ("alice", "bob", "carol", "dora")
LIMITS = {"first_adds": 500} | {
    name: amount
    for kind in ("removals", "unmonitors", "claims", "moves")
    for name, amount in ((kind, 500), (f"{kind}_percent", 100))
}
BUSY_S = 90.0
"""How long an app refuses an add because it fills a collection, at most."""
MOST_FURTHER_DAYS = 5
"""For how many days more than asked for people may do what their node says, at most."""
UNKNOWN = {"movies": ".mkv", "tv": ".mkv", "music": ".flac", "books": ".epub"}
"""What the file that no arr knows is called in each library."""


def _put_what_no_arr_knows(drive: Path, libraries: Iterable[str]) -> None:
    """A library is never without any file: Lidarr and Readarr clean up nothing in one that is."""
    for library in libraries:
        unknown = drive / library / "Unsorted" / f"unknown{UNKNOWN[library]}"
        unknown.parent.mkdir()
        unknown.write_bytes(b"of nobody")


def setups_of(acts: Iterable[Act]) -> tuple[LibrarySetup, ...]:
    """Return the libraries that acts are about; the first one where they name none."""
    named = {getattr(act, name, "") for act in acts for name in ("library", "app")}
    return tuple(setup for setup in SETUPS if {setup.library, setup.app} & named) or SETUPS[:1]


class World:
    """`count` households over one drive, each with the first `items` of what its arrs know.

    When `uploading`, the first household has a union with a local branch, and uploads.

    The same acts come out the same each time. `done` are those that were played.
    """

    def __init__(
        self,
        root: Path,
        *,
        count: int = 3,
        items: int = 3,
        setups: Sequence[LibrarySetup] = SETUPS,
        uploading: bool = False,
    ) -> None:
        self.clock = Clock()
        self.trace: list[str] = []
        self.done: list[Act] = []
        self.items = items
        self._broken: list[Exception] = []
        self._order: Random | None = None
        self._in_requests = 0
        self._quirks: list[tuple[int, Quirk]] = []
        libraries = tuple(setup.library for setup in setups)
        make_drive(root / "drive", libraries)
        _put_what_no_arr_knows(root / "drive", libraries)
        policy = {"first_contact": "go", "holds": LIMITS}
        self.homes: list[Home] = []
        for name in NAMES[:count]:
            union = uploading and not self.homes
            house = MeshHousehold(name, root, root / "drive", self.clock, setups, union=union, policy=policy)
            self.homes.append(Home(house, _people(house)))
        self.libraries = libraries
        for home in self.homes:
            home.house.trust(*(other.house for other in self.homes if other is not home))
            for people in home.people.values():
                people.pause = partial(self.pass_time, SECOND_S)
        self.pass_time(2 * HOUR_S)

    # -- playing

    def drawn(self, seed: int, deeds: int, *, trouble: float = 0.0, theme: str = "") -> Iterator[Act]:
        """Draw deeds that are possible when their turn comes, and trouble for a part of them."""
        homes = [(home.people, sorted(home.house.arrs)) for home in self.homes]
        return drawn(Random(seed), homes, self.items, deeds, trouble, theme)

    def play(self, acts: Iterable[Act]) -> None:
        """Let it happen, some moments or hours apart."""
        coming = iter(acts)
        for act in coming:
            self._happen(act, coming)

    def _happen(self, act: Act, coming: Iterator[Act]) -> None:
        self.done.append(act)
        self.note(f"{NAMES[act.who]}: {act}")
        if isinstance(act, Deed):
            self._sync()
            self.homes[act.who].do(act)
            self._sync()
            if act.stage:
                self._stall(act, coming)
        elif isinstance(act, Trouble):
            self._trouble(act)
        else:
            self._disturb(act, coming)
        # no request takes hours
        self.pass_time(min(act.then, SOON_S) if self._in_requests else act.then)

    def _sync(self) -> None:
        for home in self.homes:
            home.house.sync()

    def _commands(self, house: MeshHousehold) -> None:
        """Have the apps of a household run what is queued; all unions know of it then."""
        if house.run_commands():
            self._sync()

    def _disturb(self, act: Disturbance, coming: Iterator[Act]) -> None:
        house = self.homes[act.who].house
        match act:
            case Order():
                self._order = Random(act.dice) if act.dice else None
            case Look():
                if self.homes[act.who].asleep_until <= self.clock.ms:
                    house.look(act.what)
            case Hooks():
                house.lose(act)
            case Unpublished():
                house.publishes_from = self.clock.ms + int(act.seconds * 1000)
            case Quirk():
                self._quirk(act)
            case Meanwhile():
                house.interrupt(act, partial(self._in_a_request, act, coming))
            case Restore():
                home = self.homes[act.who]
                (home.back_up if act.what == "back up" else home.restore)(act.library)

    def _in_a_request(self, act: Meanwhile, coming: Iterator[Act]) -> None:
        """Have the next acts happen while a node waits for an answer, and everybody else go on."""
        self.note(f"{self.homes[act.who].house.name}: waits for {act.app}'s answer")
        self._in_requests += 1
        for _ in range(act.during):
            if coming_act := next(coming, None):
                self._happen(coming_act, coming)
        self.step()
        self._in_requests -= 1
        self.note(f"{self.homes[act.who].house.name}: has {act.app}'s answer")

    def _quirk(self, act: Quirk) -> None:
        """Switch on what an app does now and then; `pass_time` switches it off in time."""
        home = self.homes[act.who]
        library = home.arr(act.library).library
        facts, until = library.facts, self.clock.ms / 1000 + act.seconds
        match act.what:
            case "slow" | "parallel":
                facts.refresh_seconds = 20.0
                facts.overlapping_scans = "two rows" if act.what == "parallel" else facts.overlapping_scans
            case "client away":
                facts.client_away = True
            case "two rows" | "row again":
                facts.overlapping_scans = act.what
            case "busy":
                ids = [
                    int(each) if each.isdigit() else each
                    for each in home.foreign_ids(act.library, self.items)
                ]
                facts.busy_until = dict.fromkeys(ids, min(until, self.clock.ms / 1000 + BUSY_S))
            case "fuzzy":
                facts.fuzzy_matches = True
            case "wavers":
                facts.wavers = True
        self._quirks.append((self.clock.ms + int(act.seconds * 1000), act))

    def _end_quirks(self, *, everything: bool = False) -> None:
        over = [act for until, act in self._quirks if everything or until <= self.clock.ms]
        self._quirks = [each for each in self._quirks if each[1] not in over]
        for act in over:
            facts = self.homes[act.who].arr(act.library).library.facts
            match act.what:
                case "slow" | "parallel":
                    facts.refresh_seconds, facts.overlapping_scans = 0.0, ""
                case "fuzzy":
                    facts.fuzzy_matches = False
                case "wavers":
                    facts.wavers = False
                case "client away":
                    facts.client_away = False
                case "two rows" | "row again":
                    facts.overlapping_scans = ""

    def _stall(self, deed: Deed, coming: Iterator[Act]) -> None:
        """Have the refresh of an item stop between what it reads and what it writes, once."""
        home = self.homes[deed.who]
        arr, ref = home.arr(deed.library), home.people[deed.library].ref(deed.item)

        def meanwhile(stage: str, at: int) -> None:
            if (stage, at) != (deed.stage, ref):
                return
            arr.between = None
            self._sync()
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
            self._sync()
            for home in self.homes:
                self._commands(home.house)
                for step in home.house.steps(compare=False):
                    step()
                self._commands(home.house)
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
        self._end_quirks(everything=True)
        for home in self.homes:
            home.house.mend()
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
            self._end_quirks()
            self.step()
            dues = [due for home in self.homes if (due := home.house.engine.next_due()) is not None]
            dues += [due for home in self.homes for due in home.house.next_event()]
            least, most = self.clock.ms + 5_000, self.clock.ms + 600_000
            # a refresh that stopped in this step may have taken longer than all of it
            self.clock.ms = max(self.clock.ms, min(end, max(least, min([*dues, most]))))

    def step(self, *, compare: bool = False) -> None:
        """One pass of every node that is awake and has work; the arrs work always.

        While the order of things is drawn, every node that is awake makes each pass.
        """
        steps: list[Callable[[], object]] = []
        for home in self.homes:
            house = home.house
            house.deliver()
            awake = home.asleep_until <= self.clock.ms
            if awake:
                house.tick()
            if self._order is None:
                passes: Sequence[Callable[[], object]] = [partial(self._pass, house, compare=compare)]
            else:
                passes = house.steps(compare=compare)
            steps += [
                partial(self._commands, house),
                *(passes if awake else ()),
                partial(self._commands, house),
            ]
        if self._order is not None:
            self._order.shuffle(steps)
        for step in steps:
            step()
        for error in self._broken:
            raise error

    def _pass(self, house: MeshHousehold, *, compare: bool) -> None:
        """Have a node make a pass, unless there is no work for it."""
        if not (compare or house.is_due()):
            return
        if not house.running:  # else it is in the middle of a pass, which began before
            house.begin_pass()
        for step in house.steps(compare=compare):
            step()

    def settle(self, days: int = 3) -> None:
        """Let days pass without deeds, with the nights of mesharr and of the arrs.

        People read what their node says in the morning and in the evening: of two sets of an album in folders
        that differ in capitals an arr may take the other one in each nightly scan, after mesharr compared,
        and no arr tells of that. What they did may be news to the others: days go on while anybody does
        something. At the end all libraries are compared once more.
        """
        for day in range(days + MOST_FURTHER_DAYS):
            self.pass_time(12 * HOUR_S)
            for home in self.homes:
                for arr in home.house.arrs.values():
                    arr.housekeeping()
                    arr.daily_refresh()
                    if isinstance(arr, SimulatedWorksApp):
                        arr.daily_rescan()
            self._sync()
            self.step(compare=True)
            done = [home.answer(self.clock.ms) for home in self.homes]
            done.append(self.follow_advice())
            self.pass_time(12 * HOUR_S)
            done.append(self.follow_advice())
            if day >= days - 1 and not any(done):
                break
        self.step(compare=True)
        self.pass_time(2 * HOUR_S)

    def follow_advice(self) -> bool:
        """Have people do what their node says of folders; return whether anybody had to."""
        done = [home.follow_advice(self.clock.ms, self.homes) for home in self.homes]
        if any(done):
            self.note("the files of two folders are moved into one, or an item is left, as it is said")
        return any(done)

    def note(self, what: str) -> None:
        """Write down what happens now."""
        self.trace.append(f"{self.clock.ms // 1000 % 1_000_000:6d} {what}")


def _people(house: MeshHousehold) -> dict[str, People]:
    made: dict[str, People] = {}
    for setup in house.setups:
        arr: Any = house.arrs[setup.app]
        arr.library.facts.reads_tags = True  # no file has tags but those that fit nothing
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


def outcome(world: World, acts: Iterable[Act], *, promptly: float = 0.0) -> tuple[list[str], str]:
    """Play acts until nothing is left to do; return what does not hold then, and what happened.

    With `promptly` all apps have to show the same files so many seconds after the last act.
    """
    try:
        world.play(acts)
        world.heal()
        if promptly:
            world.pass_time(promptly)
            answered = [home.answer(world.clock.ms) for home in world.homes]
            if world.follow_advice() or any(answered):
                world.pass_time(promptly)
            if late := [f"before the night: {said}" for said in misplaced(world)]:
                return late, dump(world)
        world.settle()
        found = list(complaints(world))
    except Exception:  # noqa: BLE001 - whatever breaks is found, and shrinks like the rest
        found = [traceback.format_exc(limit=-6)]
    return found, dump(world) if found else ""
