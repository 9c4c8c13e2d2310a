"""Acts drawn for a seed, and fewer of them when something was found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from tests.properties.mesh.deeds import PAUSES, Act, Deed, Trouble
from tests.properties.mesh.people import People


def drawn(
    rng: Random,
    homes: Sequence[tuple[Mapping[str, People], Sequence[str]]],
    items: int,
    count: int,
    trouble: float,
) -> Iterator[Act]:
    """Draw `count` deeds, each possible when it is drawn, and `trouble` for that part of them.

    A home is its people by library, and the names of its arrs. What is drawn stays within a few items of
    two libraries, so that much happens to each.
    """
    libraries = rng.sample(sorted(homes[0][0]), min(2, len(homes[0][0])))
    most = rng.randint(1, items)
    for _ in range(count):
        who = rng.randrange(len(homes))
        people, apps = homes[who]
        library, item = rng.choice(libraries), rng.randint(1, most)
        if rng.random() < trouble:
            app = "" if rng.random() < 0.5 else rng.choice(apps)
            yield Trouble(
                rng.randrange(len(homes)), app, rng.choice((60.0, 1200.0, 7200.0)), rng.randrange(1000)
            )
        what = rng.choice(people[library].possible(item))
        stage = rng.choice(("", *people[library].stages)) if what in {"add", "refresh"} else ""
        yield Deed(
            who,
            library,
            what,
            item,
            unit=rng.randrange(12),
            number=rng.randint(1_000, 90_000),
            flag=rng.random() < 0.5,
            stage=stage,
            during=rng.randrange(4) if stage else 0,
            then=rng.choice(PAUSES),
        )


def shrunk(acts: Sequence[Act], broken: Callable[[Sequence[Act]], bool]) -> list[Act]:
    """Return as few of these acts as are still `broken`: none of them could be left out."""
    left = list(acts)
    size = max(1, len(left) // 2)
    while size:
        start = 0
        while start < len(left):
            shorter = [*left[:start], *left[start + size :]]
            if broken(shorter):
                left = shorter
            else:
                start += size
        size //= 2
    return left
