"""Two households with the same libraries begin: nothing changes in a day, and the log stays short."""

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any, cast

from tests.arrs.sonarr.app import SimulatedSonarr
from tests.bench import library
from tests.support.household import MOVIES, Clock, Household, make_drive, settle

EVENTS = 60
EPISODES = 10
Flags = dict[str, dict[str, bool]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the benchmark can be asked."""
    parser.add_argument("--films", type=int, default=3_000)
    parser.add_argument("--series", type=int, default=300)
    parser.add_argument("--together", action="store_true", help="both begin in the same second")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(bench=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Let a day pass with both, and then have one upgrade a film."""
    logging.getLogger("mesharr").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        alice, bob = _houses(Path(folder), clock, options.films, options.series)
        before = (_flags(alice), _flags(bob))
        if not options.together:
            settle(clock, alice, seconds=600, steps=60)
        _day(clock, alice, bob)
        after = (_flags(alice), _flags(bob))
        events = bob.state.streams.cursor(bob.engine.publisher.stream)[0]
        told = {house.name: len(house.events()) for house in (alice, bob)}
        writes = [*alice.writes(), *bob.writes()]
        alice.radarr.download(7, name="Film 7 (2007) Remux-1080p.mkv", quality="Remux-1080p", size=9000)
        settle(clock, alice, bob, seconds=1800, steps=60)
        changed = _changed(after[1], _flags(bob))
        good = before == after and not writes and events <= EVENTS and changed == ["tmdb:7 movie"]
        return {
            "bench": "first-day",
            "films": options.films,
            "series": options.series,
            "changed_flags_in_a_day": len(_changed(before[0], after[0]) + _changed(before[1], after[1])),
            "writes_in_a_day": len(writes),
            "events_of_the_second": events,
            "events_but_hellos": told,
            "changed_by_one_upgrade": changed,
            "flags_of_the_first_changed": _changed(after[0], _flags(alice)),
            "waits": [alice.waits(), bob.waits()],
            "ok": good and _flags(alice) == after[0] and not (alice.waits() or bob.waits()),
        }


def _houses(root: Path, clock: Clock, films: int, series: int) -> tuple[Household, Household]:
    make_drive(root / "drive", ("movies", "tv"))
    catalogue = library.shows(series, EPISODES)
    library.put_on_the_drive(root / "drive" / "movies", library.films_found(films))
    library.put_on_the_drive(root / "drive" / "tv", library.shows_found(catalogue))
    setups = (MOVIES, library.television(catalogue))
    alice, bob = (Household(name, root, root / "drive", clock, setups) for name in ("alice", "bob"))
    for house in (alice, bob):
        house.deaf = True
        sonarr = cast(SimulatedSonarr, house.arrs["sonarr"])
        house.radarr.add_all(range(1, films + 1))
        for tvdb in range(1, series + 1):
            sonarr.add(tvdb)
        house.run_commands()
        house.forget_requests()
        house.deaf = False
    alice.trust(bob)
    bob.trust(alice)
    return alice, bob


def _day(clock: Clock, *houses: Household) -> None:
    for hour in range(24):
        settle(clock, *houses, seconds=3600, steps=12)
        for house in houses:
            if hour % 8 == 3:
                house.engine.nightly.step(clock())
            if hour % 8 == 5:
                house.engine.nightly.hourly(clock())
            if hour == 13:
                house.radarr.daily_refresh()
                cast(SimulatedSonarr, house.arrs["sonarr"]).daily_refresh()


def _flags(house: Household) -> Flags:
    with house.unseen():
        held = [each for link in house.links.values() for each in link.arr.read_all()]
    return {each.id: dict(each.monitored) for each in held}


def _changed(before: Flags, after: Flags) -> list[str]:
    return [
        f"{item} {unit}"
        for item in sorted(before.keys() | after.keys())
        for unit in sorted(before.get(item, {}).keys() | after.get(item, {}).keys())
        if before.get(item, {}).get(unit) != after.get(item, {}).get(unit)
    ]
