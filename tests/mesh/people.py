"""What the people of a household do in one arr: each deed is possible in the arr as it is now."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from mesharr.simulator.lidarr import SimulatedLidarr
from mesharr.simulator.radarr import SimulatedRadarr
from mesharr.simulator.readarr import SimulatedReadarr
from mesharr.simulator.sonarr import SimulatedSonarr

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
            path = f"{os.path.dirname(movie.path)}/Film {tmdb} ({2000 + rng.randint(1, 9)})"
            yield Deed(f"move {tmdb} to {path}", lambda: arr.edit(tmdb, path=path))
        else:
            renamed = f"Film {tmdb} - {rng.randint(1, 999)} {file.quality.name}.mkv"
            yield Deed(f"rename {tmdb} {renamed}", lambda: arr.rename(tmdb, renamed))
            yield Deed(f"delete the file of {tmdb}", lambda: arr.delete_file(tmdb))
        yield Deed(f"delete {tmdb}", lambda: arr.delete(tmdb, delete_files=rng.random() < 0.5))


class SonarrPeople:
    """A few shows with specials and two seasons."""

    def __init__(self, arr: SimulatedSonarr, items: int) -> None:
        self._arr = arr
        self._items = sorted(arr.library.catalogue)[:items]

    def deeds(self, rng: Random) -> Iterator[Deed]:
        """Yield what could be done now with one show."""
        arr, tvdb = self._arr, rng.choice(self._items)
        item = f"tvdb:{tvdb}"
        if arr.library.by_tvdb(tvdb) is None:
            yield Deed(f"add {tvdb}", lambda: arr.add(tvdb))
            return
        yield Deed("refresh all", arr.daily_refresh, quiet=True)
        yield Deed(f"delete {tvdb}", lambda: arr.delete(tvdb, delete_files=rng.random() < 0.5))
        kind = rng.choice(("standard", "daily", "anime"))
        yield Deed(f"type of {tvdb}: {kind}", lambda: arr.edit(tvdb, series_type=kind))
        known = sorted(
            episode.place for episode in arr.library.tables.episodes.of_series(arr.series(tvdb).id)
        )
        if not known:
            return
        season, number = rng.choice(known)
        size = rng.randint(1_000, 90_000)
        yield from self._flags(rng, tvdb, item, season, number)
        yield from self._imports(rng, tvdb, item, (season, number), known, size)
        yield Deed(f"grab {tvdb} {season}x{number}", lambda: arr.grab(tvdb, season, number))
        if file := arr.file(tvdb, season, number):
            series = arr.series(tvdb)
            held = [
                each.number
                for each in arr.library.tables.episodes.of_series(series.id)
                if each.file_id == file.id
            ]
            parts = "".join(f"E{each:02}" for each in sorted(held))
            title = f"Show - S{season:02}{parts} - {rng.randint(1, 999)} {file.quality.name}"
            name = f"Season {season:02}/{title}.mkv"
            yield Deed(f"rename {tvdb} {name}", lambda: arr.rename(tvdb, season, number, name))
            yield Deed(
                f"delete the file of {tvdb} {season}x{number}", lambda: arr.delete_file(tvdb, season, number)
            )

    def _flags(self, rng: Random, tvdb: int, item: str, season: int, number: int) -> Iterator[Deed]:
        arr, flag = self._arr, rng.random() < 0.5
        unit = _episode(season, number)
        yield Deed(
            f"monitored {tvdb} {unit} {flag}",
            lambda: arr.set_monitored(tvdb, flag, season=season, number=number),
            {(item, unit): flag},
        )

    def _imports(
        self,
        rng: Random,
        tvdb: int,
        item: str,
        place: tuple[int, int],
        known: list[tuple[int, int]],
        size: int,
    ) -> Iterator[Deed]:
        arr, (season, number) = self._arr, place
        quality = rng.choice(("HDTV-720p", "WEBDL-1080p", "Bluray-2160p"))
        yield Deed(
            f"import {tvdb} {season}x{number} {quality} {size}",
            lambda: arr.download(tvdb, season, number, size=size, quality=quality),
            {(item, _episode(season, number)): True},
        )
        if (season, number + 1) in known:
            both = {(item, _episode(season, each)): True for each in (number, number + 1)}
            yield Deed(
                f"import {tvdb} {season}x{number}+{number + 1} {quality} {size}",
                lambda: arr.download(tvdb, season, number, number + 1, size=size, quality=quality),
                both,
            )
        units = {(item, _episode(*each)): True for each in known if each[0] == season}
        yield Deed(
            f"import season {season} of {tvdb} {quality}",
            lambda: arr.download_season(tvdb, season, size=size, quality=quality),
            units,
        )


def _episode(season: int, number: int) -> str:
    return f"S{season:02d}E{number:02d}"


class ShelfPeople:
    """A few creators with two works each, of a Lidarr or a Readarr."""

    def __init__(self, arr: SimulatedLidarr | SimulatedReadarr, items: int) -> None:
        self._arr = arr
        self._creators = [arr.library.catalogue[each] for each in sorted(arr.library.catalogue)[:items]]
        self._source = "mbid" if isinstance(arr, SimulatedLidarr) else "goodreads"

    def deeds(self, rng: Random) -> Iterator[Deed]:
        """Yield what could be done now with one creator."""
        arr, creator = self._arr, rng.choice(self._creators)
        item, work = f"{self._source}:{creator.id}", rng.choice(creator.works)
        if arr.library.creator_by(creator.id) is None:
            yield Deed(f"add {item}", lambda: arr.add(creator.id))
            return
        yield Deed("refresh all", arr.daily_refresh, quiet=True)
        yield Deed(f"delete {item}", lambda: arr.delete(creator.id, rng.random() < 0.5))
        row = arr.library.work_by(work.id)
        if row is None:
            return
        unit, flag = (item, work.id), not row.monitored
        both = {unit: flag and arr.creator(creator.id).monitored}
        yield Deed(f"monitored {item} {work.title} {flag}", lambda: arr.set_monitored(work.id, flag), both)
        size = rng.randint(1_000, 90_000)
        yield Deed(f"import {work.title} {size}", lambda: arr.download(work.id, size=size), {unit: True})
        if arr.files(work.id):
            folder = f"{work.title}{'!' * rng.randint(1, 9)}"  # a title that all arrs still know
            yield Deed(f"rename {work.title} {folder}", lambda: arr.rename(work.id, folder))
            yield Deed(f"delete the files of {work.title}", lambda: arr.delete_file(work.id))
