"""The libraries of a household in the mesh, and what the metadata servers know for them."""

from typing import Final

from mesharr.simulator.arr import SimulatedArr
from mesharr.simulator.notifications import Post
from mesharr.simulator.sonarr import SimulatedSonarr
from mesharr.simulator.sonarr_model import Broadcast, Show
from tests.node.household import MOVIES, Clock, Shelf


def _show(number: int) -> Show:
    episodes = tuple(
        Broadcast(
            season, each, f"Part {each}", tvdb_id=number * 1000 + season * 100 + each, air_date="2020-01-01"
        )
        for season, count in ((0, 2), (1, 3), (2, 4))
        for each in range(1, count + 1)
    )
    return Show(tvdb_id=number, title=f"Show {number}", year=2010 + number, episodes=episodes)


SHOWS: Final = {number: _show(number) for number in range(1, 9)}


def make_sonarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedArr:
    """Return a Sonarr that knows `SHOWS`."""
    return SimulatedSonarr(
        name=name, roots=[root], api_key="key", catalogue=SHOWS, now=clock.seconds, post=post, workers=False
    )


TV = Shelf("tv", "sonarr", make_sonarr)
SHELVES: Final = (MOVIES, TV)
