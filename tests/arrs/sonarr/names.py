"""What Sonarr reads out of a file's name, and the names its settings make."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mesharr.demo.arr.releases import folder_words
from tests.arrs.sonarr.model import Episode, Series, Show

# the first and the last number of a file are a range, whatever stands between them
_STANDARD = re.compile(
    r"(?<![a-z0-9])(?:s(?P<season>\d{1,4})[ ._-]*|(?P<crossed>\d{1,2})(?=x))"
    r"(?P<numbers>(?:e|x)\d{1,4}(?:[ ._]?-?[ ._]?(?:e|x|s\d{1,4}e|\d{1,2}x)\d{1,4}|-\d{1,4}(?![\dpi]))*)"
    r"(?P<split>[a-d](?=[ _.]))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:[ex]|-(?!\d+x))(\d{1,4})", re.IGNORECASE)
_DAILY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]+([01]\d)[-_. ]+([0-3]\d)(?![-_. ]*\d)")
_ABSOLUTE = re.compile(r"(?:^|\s-\s|\]\s*|[ ._-]e?)(\d{2,4})(?:-(\d{2,4}))?(?:v\d)?(?=$|[ ._\[(]|\s-\s)")
_FULL_SEASON = re.compile(r"(?<![a-z])(?:s|season)[ ._-]?\d{1,2}(?!\d|[ ._-]?e\d)", re.IGNORECASE)
_YEAR_OR_LINES = re.compile(r"\((?:19|20)\d\d\)|\b\d{3,4}[pi]\b|\b[xh][ .]?26[45]\b", re.IGNORECASE)


@dataclass(frozen=True)
class Parsed:
    """What a name says: places in a season, or a day, or numbers counted through all seasons."""

    season: int | None = None
    numbers: tuple[int, ...] = ()
    day: str | None = None
    split: bool = False

    @property
    def absolute(self) -> bool:
        """Whether the numbers are counted through all seasons, which only an anime series takes."""
        return self.season is None and self.day is None

    def among(self, episodes: Iterable[Episode]) -> list[Episode]:
        """Return the episodes of a series that it speaks of, in order. Those not known are left out.

        Of several on one day it is the only one that is no special; with two of those it is none.
        """
        meant = sorted(filter(self._means, episodes), key=lambda episode: episode.place)
        if self.day is None or len(meant) < 2:
            return meant
        regular = [episode for episode in meant if episode.season > 0]
        return regular if len(regular) == 1 else []

    def _means(self, episode: Episode) -> bool:
        if self.day is not None:
            return episode.known.air_date == self.day
        if self.season is None:
            return episode.known.absolute in self.numbers
        return episode.season == self.season and episode.number in self.numbers


def parse(name: str) -> Parsed | None:
    """Return the episodes that a file name speaks of.

    None when it names none, or a whole season.
    """
    stem = name.rpartition(".")[0] or name
    found = _STANDARD.search(stem)
    if found is not None:
        return _standard(found)
    day = _DAILY.search(stem)
    if day is not None:
        return Parsed(day="-".join(day.groups()))
    if _FULL_SEASON.search(stem):
        return None
    counted = _ABSOLUTE.search(_YEAR_OR_LINES.sub("", stem))
    if counted is None:
        return None
    first = int(counted.group(1))
    return _range(None, first, int(counted.group(2) or first))


def _standard(found: re.Match[str]) -> Parsed | None:
    numbers = [int(number) for number in _NUMBER.findall(found.group("numbers"))]
    season = int(found.group("season") or found.group("crossed"))
    return _range(season, numbers[0], numbers[-1], split=bool(found.group("split")))


def _range(season: int | None, first: int, last: int, *, split: bool = False) -> Parsed | None:
    return Parsed(season, tuple(range(first, last + 1)), split=split) if first <= last else None


def series_folder(show: Show) -> str:
    """Return the folder that the naming settings make of a show: its title."""
    return folder_words(show.title)


def file_name(series: Series, episodes: Sequence[Episode], quality: str, suffix: str = ".mkv") -> str:
    """Return the relative path that the naming settings make.

    `Season 02/Show - S02E01 - Title Quality.mkv`.

    Daily and anime series have formats of their own.
    """
    first, known = episodes[0], episodes[0].known
    place = f"S{first.season:02}" + "-".join(f"E{episode.number:02}" for episode in episodes)
    if series.series_type == "daily" and known.air_date is not None:
        place = known.air_date
    elif series.series_type == "anime" and known.absolute is not None:
        place = f"{place} - {known.absolute:03}"
    name = folder_words(f"{series.show.title} - {place} - {known.title} {quality}{suffix}")
    if not series.season_folder:
        return name
    return f"{'Specials' if first.season == 0 else f'Season {first.season:02}'}/{name}"
