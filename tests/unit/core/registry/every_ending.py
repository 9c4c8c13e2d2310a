"""Find what ends a statement by a look at every ending: the plain rules, far too slow for a hostile item."""

from collections.abc import Iterable, Mapping

from mesharr.core.registry.endings import Ending
from mesharr.core.registry.facts import Fact


class EveryEnding:
    """`Endings` as one would write it first."""

    def __init__(self, endings: Iterable[Ending]) -> None:
        self.all = tuple(endings)

    def cover(self, key: str, fact: Fact) -> bool:
        return any(each.key in {None, key} and _covers(each, fact) for each in self.all)

    def remove(self, fact: Fact) -> bool:
        return any(each.key is None and _covers(each, fact) for each in self.all)

    def concurrent_with(self, key: str, fact: Fact, seen: Mapping[str, int]) -> Fact | None:
        found = [
            each.fact
            for each in self.all
            if each.key in {None, key}
            and each.fact.stream != fact.stream
            and fact.seq > each.seen.get(fact.stream, 0)
            and each.fact.seq > seen.get(each.fact.stream, 0)
        ]
        return max(found, key=lambda each: each.stamp, default=None)


def _covers(ending: Ending, fact: Fact) -> bool:
    return fact.seq <= ending.seen.get(fact.stream, 0) and (fact.stream, fact.seq) != (
        ending.fact.stream,
        ending.fact.seq,
    )
