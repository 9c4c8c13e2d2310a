"""Acts drawn for a seed, and fewer of them when something was found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from tests.properties.mesh.deeds import (
    AT_ONCE_S,
    FAULTS,
    LOOKS,
    PAUSES,
    QUIRKS,
    SECOND_S,
    Act,
    Deed,
    Hooks,
    Look,
    Meanwhile,
    Order,
    Quirk,
    Restore,
    Trouble,
    Unpublished,
)
from tests.properties.mesh.people.base import People
from tests.support.library_setups import SETUPS

ASKED_FOR = frozenset({"moved at once", "undecided"})
"""Themes that are drawn only when they are asked for: the other histories have these deeds already."""
UNTOLD = frozenset({"folders", "moves", "overwrite", "replaced", "restored"})
"""The themes whose deeds no webhook tells of: a night may pass before all apps show the same.

Of an item that another one replaces people are asked in several households, one after the other.

A folder that is moved a moment after an import in the same app is followed soon: see `points`.
"""
PROMPT_S, AT_LAST_S = 10 * 60.0, 40 * 60.0
"""How long after the last deed of a theme all apps show the same, without a nightly comparison."""
SLOW = frozenset({"quirks", "foreign", "exchange", "same name", "spelling"})
"""The themes whose apps take their time, or where what was replaced may stay on the drive for a while.

So does another file under the name of one that is not published: ten minutes prove that it is not on its way.
"""

SEQUENCES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "foreign": (("import foreign",), ("import unnamed",)),
    "two imports": (("import", "import"), ("import again", "import"), ("claim", "import")),
    "renames": (("rename", "import"), ("rename", "rename"), ("rename", "rename", "import")),
    "moves": (
        ("import", "move files"),
        ("add existing", "move files"),
        ("import", "rename", "move files"),
        ("move files", "rename"),
    ),
    "moved at once": (("import", "move files"),),
    "same name": (("import same name",), ("import", "import again"), ("import same name", "rename")),
    "existing": (("add existing",), ("add existing", "rename")),
    "quirks": (("add existing",), ("add", "import"), ("import",)),
    "spelling": (
        ("import", "recase"),
        ("import", "respell", "respell"),
        ("recase", "import"),
    ),
    "folders": (("recase folder",), ("respell folder", "respell folder"), ("import", "recase folder")),
    "exchange": (("import season", "swap"), ("import", "swap"), ("swap", "swap"), ("swap", "import")),
    "overwrite": (("import", "overwrite"), ("overwrite", "refresh")),
    "replaced": (("replace item",), ("import", "replace item"), ("replace item", "import")),
    "undecided": (("wavers", "import", "rename", "import"),),
    "odd names": (("import", "odd name"), ("odd name", "rename")),
    "sidecars": (
        ("import with subtitle",),
        ("import with odd subtitle",),
        ("import", "late subtitle"),
        ("late subtitle", "rename"),
    ),
    "restored": tuple(
        ("back up", what, "restore") for what in ("delete", "import", "rename", "delete file", "add")
    ),
}
"""What is done with one unit of one item, by theme: a second apart, or without any pass of a node between."""
BASIC = frozenset({"add", "import", "refresh"})
"""What else is drawn when one theme is asked for."""
METHODS = ("GET", "GET", "POST", "PUT")
APPS = {setup.library: setup.app for setup in SETUPS}
SHORT = (AT_ONCE_S, SECOND_S)
Homes = Sequence[tuple[Mapping[str, People], Sequence[str]]]


def promptly_of(theme: str) -> float:
    """Return after how many seconds all apps show the same files, 0 for a night."""
    if not theme or theme in UNTOLD:
        return 0.0
    return AT_LAST_S if theme in SLOW else PROMPT_S


def drawn(
    rng: Random, homes: Homes, items: int, count: int, trouble: float, theme: str = ""
) -> Iterator[Act]:
    """Draw `count` deeds, each possible when it is drawn, and `trouble` for that part of them.

    With a theme only its sequences are drawn, and few other deeds.

    A home is its people by library, and the names of its arrs. What is drawn stays within a few items of
    two libraries, so that much happens to each.
    """
    libraries = rng.sample(sorted(homes[0][0]), min(2, len(homes[0][0])))
    most = rng.randint(1, items)
    yield Order(rng.randrange(1, 1000))
    made = 0
    while made < count:
        who = rng.randrange(len(homes))
        library, item = rng.choice(libraries), rng.randint(1, most)
        if rng.random() < trouble:
            yield from _trouble(rng, homes, libraries, theme)
        if rng.random() < (0.5 if theme else 0.25):
            for act in _sequence(rng, homes, who, library, item, theme):
                made += isinstance(act, Deed)
                yield act
        else:
            made += 1
            yield _deed(rng, homes[who][0][library], who, library, item, theme)


def _deed(rng: Random, people: People, who: int, library: str, item: int, theme: str) -> Deed:
    possible = people.possible(item)
    what = rng.choice([each for each in possible if each in BASIC] if theme else possible)
    stage = rng.choice(("", *people.stages)) if what in {"add", "refresh"} else ""
    return Deed(
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


def _sequence(rng: Random, homes: Homes, who: int, library: str, item: int, theme: str) -> Iterator[Act]:
    """Draw deeds with one unit of one item, close together; now and then another node does one of them.

    Publishing may be held back meanwhile, and a node may look between two of them.
    """
    theme = theme or rng.choice([each for each in sorted(SEQUENCES) if each not in ASKED_FOR])
    sequence, unit = rng.choice(SEQUENCES[theme]), rng.randrange(12)
    if rng.random() < 0.3:
        yield Unpublished(who, rng.choice((20.0, 3600.0)))
    two_nodes = theme in {"two imports", "undecided"} or rng.random() < 0.2
    for number, what in enumerate(sequence, 1):
        doer = (who + 1) % len(homes) if two_nodes and number == len(sequence) else who
        last = number == len(sequence)
        if what in {"back up", "restore"}:
            yield Restore(who, library, what, then=rng.choice(PAUSES))
            continue
        if what == "wavers":
            yield Quirk(who, library, what)
            continue
        if rng.random() < 0.2:
            yield _meanwhile(rng, homes, library)
        yield Deed(
            doer,
            library,
            what,
            item,
            unit=unit,
            number=rng.randint(1_000, 90_000),
            then=rng.choice(PAUSES if last else SHORT),
        )
        if rng.random() < 0.3:
            yield Look(rng.randrange(len(homes)), rng.choice(LOOKS))


def _meanwhile(rng: Random, homes: Homes, library: str) -> Meanwhile:
    """Return that things happen in the middle of a request, of any household, to the app of a library."""
    who, app = rng.randrange(len(homes)), APPS[library]
    return Meanwhile(who, app, rng.choice(METHODS), skip=rng.randrange(4), during=rng.randint(1, 3))


def _trouble(rng: Random, homes: Homes, libraries: Sequence[str], theme: str) -> Iterator[Act]:
    who, seconds = rng.randrange(len(homes)), rng.choice((60.0, 1200.0, 7200.0))
    match rng.randrange(2, 7 if theme in {"quirks", "foreign"} else 6) if theme else rng.randrange(7):
        case 0:
            yield Trouble(who, "", seconds, rng.randrange(1000))
        case 1:
            yield Trouble(who, rng.choice(homes[who][1]), seconds, rng.randrange(1000))
        case 2:
            faults = [each for each in FAULTS if not theme or each != "lost"]
            yield Hooks(who, rng.choice(faults), seconds, rng.randrange(1000))
        case 3:
            yield Unpublished(who, seconds)
        case 4:
            yield Look(who, rng.choice(LOOKS))
        case 5:
            yield _meanwhile(rng, homes, rng.choice(libraries))
        case _:
            yield Quirk(who, rng.choice(libraries), rng.choice(QUIRKS), seconds)


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
