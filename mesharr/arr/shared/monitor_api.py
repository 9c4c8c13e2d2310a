"""Set the monitored flags of items and units: an app downloads a unit when both are on."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from mesharr.arr.shared.api import ArrApi


class UnitFlag(Protocol):
    """A unit as an app lists it, with its own monitored flag."""

    @property
    def id(self) -> int:
        """The app's id of the unit."""

    @property
    def unit(self) -> str:
        """The name of the unit in events (`S02E01`)."""

    @property
    def monitored(self) -> bool:
        """The unit's own flag, whatever that of its item is."""


class MonitorApi:
    """The requests that set flags.

    `units` and `items` are each the path of a request and the member of its body that lists ids.
    """

    def __init__(self, api: ArrApi, units: tuple[str, str], items: tuple[str, str]) -> None:
        self._api = api
        self._units = units
        self._items = items

    def unmonitor(self, units: tuple[str, ...], listed: Sequence[UnitFlag]) -> None:
        """Switch off these units of an item that has the `listed` ones.

        One request, none when the item has none of them.
        """
        self._put(self._units, _ids(listed, units), monitored=False)

    def monitor(
        self, ref: int, item_monitored: bool, units: tuple[str, ...], listed: Sequence[UnitFlag]
    ) -> None:
        """Switch on these units of an item that has the `listed` ones, and the item with them.

        When the item was not monitored, every other unit whose own flag is on is switched off first: the
        app would begin to download it. Nothing is done when the item has none of the units.
        """
        chosen = _ids(listed, units)
        if not chosen:
            return
        if not item_monitored:
            others = [each.id for each in listed if each.monitored and each.id not in set(chosen)]
            self._put(self._units, others, monitored=False)
        self._put(self._units, chosen, monitored=True)
        if not item_monitored:
            self._put(self._items, [ref], monitored=True)

    def _put(self, request: tuple[str, str], ids: list[int], *, monitored: bool) -> None:
        path, member = request
        if ids:
            self._api.request("PUT", path, json={member: ids, "monitored": monitored})


def _ids(listed: Iterable[UnitFlag], units: tuple[str, ...]) -> list[int]:
    chosen = frozenset(units)
    return [each.id for each in listed if each.unit in chosen]
