"""What the people of a household do in one arr: each deed is possible in the arr as it is now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from mesharr.simulator.radarr import SimulatedRadarr

QUALITIES = ("WEBDL-720p", "Bluray-1080p", "Bluray-2160p")
Unit = tuple[str, str]
"""An item and a unit of it."""


@dataclass(frozen=True)
class Deed:
    """Something a person, or the arr for them, does. `flags` are the units it switches on or off.

    `quiet`: it changes nothing that the mesh has to hear of.
    """

    name: str
    do: Callable[[], object]
    flags: Mapping[Unit, bool] = field(default_factory=dict)
    quiet: bool = False


class People(Protocol):
    """The people of one arr."""

    def deeds(self, rng: Random) -> Iterator[Deed]:
        """Yield what could be done now."""


class RadarrPeople:
    """A handful of films."""

    def __init__(self, arr: SimulatedRadarr, items: int) -> None:
        self._arr = arr
        self._items = range(1, items + 1)

    def deeds(self, rng: Random) -> Iterator[Deed]:
        """Yield what could be done now with one film."""
        arr, tmdb = self._arr, rng.choice(self._items)
        unit = (f"tmdb:{tmdb}", "movie")
        if arr.library.by_tmdb(tmdb) is None:
            yield Deed(f"add {tmdb}", lambda: arr.add(tmdb), {unit: True})
            return
        movie, file = arr.movie(tmdb), arr.file(tmdb)
        flag = not movie.monitored
        yield Deed(f"monitored {tmdb} {flag}", lambda: arr.set_monitored(tmdb, flag), {unit: flag})
        yield Deed("refresh all", arr.daily_refresh, quiet=True)
        quality, size = rng.choice(QUALITIES), rng.randint(1_000, 90_000)
        name = f"Film {tmdb} {quality} {size}.mkv"
        yield Deed(
            f"import {tmdb} {name}",
            lambda: arr.download(tmdb, name=name, size=size, quality=quality),
            {unit: True},
        )
        if file is None:
            yield Deed(f"grab {tmdb}", lambda: arr.grab(tmdb))
        else:
            renamed = f"Film {tmdb} - {rng.randint(1, 999)} {file.quality.name}.mkv"
            yield Deed(f"rename {tmdb} {renamed}", lambda: arr.rename(tmdb, renamed))
            yield Deed(f"delete the file of {tmdb}", lambda: arr.delete_file(tmdb))
        yield Deed(f"delete {tmdb}", lambda: arr.delete(tmdb, delete_files=rng.random() < 0.5))
