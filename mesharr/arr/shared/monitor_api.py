"""The monitored flags of an item and of its units: what is wanted is what has both."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from mesharr.arr.shared.api import ArrApi


class Flagged(Protocol):
    """A unit as an arr lists it, with its own flag."""

    @property
    def id(self) -> int:
        """The arr's own id of it."""

    @property
    def unit(self) -> str:
        """The mesh's word for it."""

    @property
    def monitored(self) -> bool:
        """Its own flag, whatever that of its item is."""


class MonitorApi:
    """Where an arr's flags are set: the path and the member that names units, and those for whole items."""

    def __init__(self, api: ArrApi, units: tuple[str, str], items: tuple[str, str]) -> None:
        self._api = api
        self._units = units
        self._items = items

    def off(self, units: tuple[str, ...], known: Sequence[Flagged]) -> None:
        """Switch these units off. One request, none when the item has none of them."""
        self._put(self._units, _ids(known, units), monitored=False)

    def on(self, ref: int, item: bool, units: tuple[str, ...], known: Sequence[Flagged]) -> None:
        """Switch these units on, and the item (which is on when `item`) with them.

        Before the item is, every other unit that has its own flag on is switched off: it would become
        wanted. Nothing is done when the item has none of the units.
        """
        chosen = _ids(known, units)
        if not chosen:
            return
        if not item:
            loud = [each.id for each in known if each.monitored and each.id not in set(chosen)]
            self._put(self._units, loud, monitored=False)
        self._put(self._units, chosen, monitored=True)
        if not item:
            self._put(self._items, [ref], monitored=True)

    def _put(self, place: tuple[str, str], ids: list[int], *, monitored: bool) -> None:
        path, member = place
        if ids:
            self._api.request("PUT", path, json={member: ids, "monitored": monitored})


def _ids(known: Iterable[Flagged], units: tuple[str, ...]) -> list[int]:
    wanted = frozenset(units)
    return [each.id for each in known if each.unit in wanted]
