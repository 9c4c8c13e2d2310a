"""The events about units of an item: grabbed, released and claimed."""

from collections.abc import Mapping
from typing import ClassVar, Final

from mesharr.core.events.base import ActivityKind, Heads, InNewIncarnation, ItemBodyById, count_words

_ENDED: Final[Mapping[str, str]] = {
    "imported": "finished downloading",
    "failed": "failed to download",
    "removed": "cancelled the download of",
    "taken over": "left the download to another household:",
    "expired": "stopped downloading",
}


class UnitGrabbed(ItemBodyById, frozen=True, kw_only=True):
    """The author downloads these units, so others wait.

    The event is published daily while the download lasts.
    """

    type_name: ClassVar[str] = "unit.grabbed"
    notice: ClassVar[str] = "grabbed_elsewhere"
    activity: ClassVar[ActivityKind] = "download"
    divisible: ClassVar[str] = "units"

    units: tuple[str, ...]

    def deed(self, title: str) -> str:
        """Return that the author downloads the item."""
        return f"is downloading {title}"

    def counts(self) -> tuple[str, ...]:
        """Return how many units are downloaded."""
        return (count_words(self.units, "unit"),)


class UnitReleased(ItemBodyById, frozen=True, kw_only=True):
    """The author's download of these units ended."""

    type_name: ClassVar[str] = "unit.released"
    notice: ClassVar[str] = "released_elsewhere"
    activity: ClassVar[ActivityKind] = "download"
    divisible: ClassVar[str] = "units"

    units: tuple[str, ...]
    reason: str = ""
    """What became of the download: `imported`, `failed`, `removed`, `taken over` (a peer imported the unit
    meanwhile) or `expired` (the lock ended without news); "" when the author did not state it.
    """

    def deed(self, title: str) -> str:
        """Return how the author's download of the item ended."""
        return f"{_ENDED.get(self.reason, 'stopped downloading')} {title}"

    def counts(self) -> tuple[str, ...]:
        """Return how many units are released, and why."""
        return tuple(filter(None, (count_words(self.units, "unit"), self.note)))

    @property
    def note(self) -> str:
        """The reason."""
        return self.reason


class UnitClaimed(ItemBodyById, frozen=True, kw_only=True):
    """The author takes these units over: it monitors them from now on, and nobody else does."""

    type_name: ClassVar[str] = "unit.claimed"
    in_new_incarnation: ClassVar[InNewIncarnation] = "prove_again"
    activity: ClassVar[ActivityKind] = "claimed"
    takes_ownership: ClassVar[bool] = True
    divisible: ClassVar[str] = "units"

    units: tuple[str, ...]
    term: int
    """The author owns the units at this term; the highest term of a unit wins."""
    over: Heads = {}
    """The imports and claims at the maximum term that this one supersedes."""

    @property
    def rank(self) -> int:
        """The term of the claim."""
        return self.term

    @property
    def registers(self) -> tuple[str, ...]:
        """The claimed units."""
        return self.units

    def deed(self, title: str) -> str:
        """Return that the author claimed the item."""
        return f"claimed {title}"

    def counts(self) -> tuple[str, ...]:
        """Return how many units are claimed."""
        return (count_words(self.units, "unit"),)
