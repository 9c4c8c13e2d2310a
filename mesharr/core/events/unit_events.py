"""The events about units of an item: grabbed, released and claimed."""

from typing import ClassVar

from mesharr.core.events.base import Heads, InNewIncarnation, ItemBodyById, count_words


class UnitGrabbed(ItemBodyById, frozen=True, kw_only=True):
    """The author downloads these units, so others wait.

    The event is published daily while the download lasts.
    """

    type_name: ClassVar[str] = "unit.grabbed"
    notice: ClassVar[str] = "grabbed_elsewhere"
    divisible: ClassVar[str] = "units"

    units: tuple[str, ...]

    def counts(self) -> tuple[str, ...]:
        """Return how many units are downloaded."""
        return (count_words(self.units, "unit"),)


class UnitReleased(ItemBodyById, frozen=True, kw_only=True):
    """The author's download of these units ended."""

    type_name: ClassVar[str] = "unit.released"
    notice: ClassVar[str] = "released_elsewhere"
    divisible: ClassVar[str] = "units"

    units: tuple[str, ...]
    reason: str = ""
    """What became of the download: `imported`, `failed`, `removed`, `taken over` (a peer imported the unit
    meanwhile) or `expired` (the lock ended without news); "" when the author did not state it.
    """

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

    def counts(self) -> tuple[str, ...]:
        """Return how many units are claimed."""
        return (count_words(self.units, "unit"),)
