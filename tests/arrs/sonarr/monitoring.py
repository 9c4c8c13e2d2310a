"""Which episodes and seasons are monitored after an add, and when episodes appear. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mesharr.demo.wire import Fields, JsonObject, iso
from tests.arrs.sonarr.model import Broadcast, Episode, Season, Series

_DAY = 86400.0
_RECENT_DAYS = 90
_OLD_DAYS = 14

Rule = Callable[[Episode], bool]


@dataclass(frozen=True)
class Flags:
    """The rows after monitoring options were applied: the series' seasons, and its episodes."""

    series: Series
    episodes: tuple[Episode, ...]


def add_options(given: object) -> JsonObject | None:
    """Return the options of an add with their defaults; None when the body has none."""
    if not isinstance(given, dict):
        return None
    fields = Fields(given)
    return {
        "ignoreEpisodesWithFiles": bool(fields.given("ignoreEpisodesWithFiles", False)),
        "ignoreEpisodesWithoutFiles": bool(fields.given("ignoreEpisodesWithoutFiles", False)),
        "monitor": str(fields.given("monitor", "unknown")),
        "searchForMissingEpisodes": bool(fields.given("searchForMissingEpisodes", False)),
        "searchForCutoffUnmetEpisodes": bool(fields.given("searchForCutoffUnmetEpisodes", False)),
    }


def apply(series: Series, episodes: Sequence[Episode], options: JsonObject, now: float) -> Flags | None:
    """Return episodes and seasons as monitoring options set them; None when nothing is written."""
    option = str(options.get("monitor", "unknown"))
    if option == "skip":
        return None
    if option == "unknown":
        return _legacy(series, episodes, options, now)
    if option in ("monitorSpecials", "unmonitorSpecials"):
        specials = option == "monitorSpecials"
        changed = [replace(e, monitored=specials) if e.season == 0 else e for e in episodes]
    else:
        wanted = _rules(series, now)[option]
        changed = [replace(e, monitored=e.season > 0 and wanted(e)) for e in episodes]
    return Flags(_seasons_after(series, changed, option), tuple(changed))


def _rules(series: Series, now: float) -> Mapping[str, Rule]:
    numbers = [season.number for season in series.seasons]
    first = min((number for number in numbers if number > 0), default=0)
    last = max(numbers, default=0)
    moment, recently = iso(now), iso(now - _RECENT_DAYS * _DAY)
    return {
        "all": lambda _: True,
        "none": lambda _: False,
        "future": lambda episode: episode.aired is None or episode.aired >= moment,
        "recent": lambda episode: episode.aired is None or episode.aired >= recently,
        "missing": lambda episode: episode.file_id == 0,
        "existing": lambda episode: episode.file_id != 0,
        "pilot": lambda episode: episode.place == (first, 1),
        "firstSeason": lambda episode: episode.season == first,
        "lastSeason": lambda episode: episode.season == last,
        "latestSeason": lambda episode: episode.season == last,
    }


def _seasons_after(series: Series, episodes: Iterable[Episode], option: str) -> Series:
    numbers = [season.number for season in series.seasons]
    first = min((number for number in numbers if number > 0), default=0)
    last = max(numbers, default=0)
    going_on = option == "future" and series.show.status in ("continuing", "upcoming")
    monitored = {episode.season for episode in episodes if episode.monitored}

    def flag(number: int) -> bool:
        if 0 < number == last and (option == "all" or going_on):
            return True
        if number == first and option == "pilot":
            return False
        return number in monitored

    return series.with_seasons({number: flag(number) for number in numbers})


def _legacy(series: Series, episodes: Sequence[Episode], options: JsonObject, now: float) -> Flags:
    """Apply options without `monitor`: by files and air dates.

    An unmonitored season then takes its episodes along.
    """
    moment = iso(now)
    flags = {season.number: season.monitored for season in series.seasons}
    changed = []
    for episode in episodes:
        monitored = episode.monitored
        if episode.file_id:
            monitored = not options["ignoreEpisodesWithFiles"]
        elif episode.aired is not None and episode.aired < moment:
            monitored = not options["ignoreEpisodesWithoutFiles"]
        changed.append(replace(episode, monitored=monitored and flags.get(episode.season, True)))
    kept = {episode.season for episode in changed if episode.monitored}
    last = max(flags, default=0)
    ended = {number: False for number in flags if number < last and number not in kept}
    return Flags(series.with_seasons(ended), tuple(changed))


def seasons_after_refresh(series: Series, numbers: Iterable[int]) -> tuple[Season, ...]:
    """Return the seasons that the metadata names.

    Known ones keep their flag, new ones follow the series.
    """
    return tuple(
        series.season(number) or Season(number, number > 0 and series.monitor_new_items == "all")
        for number in numbers
    )


def new_episode_monitored(known: Broadcast, series: Series) -> bool:
    """Return a new episode follows its season; episode 0 does so only in season 1."""
    if known.number == 0 and known.season != 1:
        return False
    season = series.season(known.season)
    return season is None or season.monitored


def readded(episodes: Sequence[Episode], now: float) -> list[Episode]:
    """Return the episodes of a series that had none and is no new add.

    Those on the air are not monitored.

    Only when there are old ones among them: Sonarr then thinks that they came back.
    """
    old, yesterday = iso(now - _OLD_DAYS * _DAY), iso(now - _DAY)
    if not any(episode.aired is not None and episode.aired < old for episode in episodes):
        return list(episodes)
    return [
        replace(episode, monitored=episode.monitored and (episode.aired or "9") >= yesterday)
        for episode in episodes
    ]


def searched_after_refresh(series: Series, new: Iterable[Episode], now: float) -> tuple[int, ...]:
    """Return the new episodes of a monitored series that aired within the last fortnight."""
    since, until = iso(now - _OLD_DAYS * _DAY), iso(now + _DAY)
    if not series.monitored or series.add_options is not None:
        return ()
    return tuple(e.id for e in new if e.monitored and e.aired is not None and since < e.aired < until)
