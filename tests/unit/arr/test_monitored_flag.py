"""Items with units of their own: setting the flag of some units has no other unit downloaded."""

import msgspec
import pytest

from mesharr.arr.base import ArrKind
from mesharr.arr.lidarr import KIND as LIDARR
from mesharr.arr.readarr import KIND as READARR
from mesharr.arr.sonarr import KIND as SONARR
from mesharr.core.errors import Unavailable
from tests.contract.arr.handmade import HandMade
from tests.contract.arr.stock import CAMPFIRE, DRUKQS, EARTHSEA, GEOGADDI, MORT, TOMBS


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app's words for an item and a unit, and the units of its hand-made items.

    Item 12 is monitored, and some of its units are; item 13 is not, though a unit of it has its flag on.
    """

    kind: ArrKind
    items: str
    unit_word: str
    known: dict[str, int]
    """Units of item 12, with their numbers; the last one is not monitored."""
    chosen: tuple[str, int]
    """A unit of item 13 to be monitored."""
    flagged: int
    """The number of the unit of item 13 whose own flag is on."""
    missing: str
    """A unit that item 12 does not have."""


APPS = (
    App(
        kind=SONARR,
        items="series",
        unit_word="episode",
        known={"S02E01": 1201, "S02E02": 1202, "S02E03": 1203},
        chosen=("S02E02", 1302),
        flagged=1301,
        missing="S09E09",
    ),
    App(
        kind=LIDARR,
        items="artist",
        unit_word="album",
        known={GEOGADDI: 88, CAMPFIRE: 89},
        chosen=(DRUKQS, 90),
        flagged=91,
        missing=DRUKQS,
    ),
    App(
        kind=READARR,
        items="author",
        unit_word="book",
        known={EARTHSEA: 31, TOMBS: 32},
        chosen=(MORT, 33),
        flagged=34,
        missing=MORT,
    ),
)
every_app = pytest.mark.parametrize("app", APPS, ids=lambda app: app.kind.name)


@every_app
def test_only_these_units_are_unmonitored_in_one_request(app: App) -> None:
    server = HandMade(app.kind)
    server.arr().set_monitored(12, tuple(app.known), monitored=False)
    assert server.lines() == [f"GET {app.unit_word}?{app.items}Id=12", f"PUT {app.unit_word}/monitor"]
    assert server.bodies("PUT") == [{f"{app.unit_word}Ids": [*app.known.values()], "monitored": False}]


@every_app
def test_of_a_monitored_item_only_these_units_are_monitored(app: App) -> None:
    server = HandMade(app.kind)
    unit, number = [*app.known.items()][-1]
    server.arr().set_monitored(12, (unit,), monitored=True)
    assert server.changes() == [f"PUT {app.unit_word}/monitor"]
    assert server.bodies("PUT") == [{f"{app.unit_word}Ids": [number], "monitored": True}]


@every_app
def test_before_an_item_is_monitored_its_other_units_are_unmonitored(app: App) -> None:
    server = HandMade(app.kind)
    server.arr().set_monitored(13, (app.chosen[0],), monitored=True)
    units = f"PUT {app.unit_word}/monitor"
    assert server.changes() == [units, units, f"PUT {app.items}/editor"]
    assert server.bodies("PUT") == [
        {f"{app.unit_word}Ids": [app.flagged], "monitored": False},
        {f"{app.unit_word}Ids": [app.chosen[1]], "monitored": True},
        {f"{app.items}Ids": [13], "monitored": True},
    ]


@every_app
@pytest.mark.parametrize("monitored", [True, False])
def test_units_and_items_that_the_app_does_not_have_are_no_error(app: App, monitored: bool) -> None:
    server = HandMade(app.kind)
    server.arr().set_monitored(12, (app.missing, "movie"), monitored)
    server.arr().set_monitored(99, tuple(app.known), monitored)
    assert server.changes() == []


@every_app
def test_an_item_that_is_missing_now_is_not_monitored(app: App) -> None:
    server = HandMade(app.kind)
    server.lists[app.items] = []
    server.arr().set_monitored(12, tuple(app.known), monitored=True)
    assert server.changes() == []


@every_app
def test_a_failure_between_the_requests_is_for_later(app: App) -> None:
    server = HandMade(app.kind)
    server.answers[f"PUT {app.items}/editor"] = (500, {"message": "database is locked"})
    with pytest.raises(Unavailable, match="database is locked"):
        server.arr().set_monitored(13, (app.chosen[0],), monitored=True)


def test_an_item_with_nothing_else_monitored_needs_no_other_request() -> None:
    server = HandMade(SONARR)
    server.arr().set_monitored(13, ("S02E01", "S02E02"), monitored=True)
    assert server.changes() == ["PUT episode/monitor", "PUT series/editor"]
