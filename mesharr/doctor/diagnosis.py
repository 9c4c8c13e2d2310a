"""What the doctor says of one thing it looked at."""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from mesharr.core.errors import MesharrError, Refused

Level = Literal["good", "note", "wrong"]


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing that was looked at. `subject` names it as the config does (`app radarr`, `library movies`).

    "good": nothing to do; "note": works, and something better is named; "wrong": it will not work, or do
    harm, until a person acts. `fix` says what to do, "" when good.
    """

    subject: str
    level: Level
    what: str
    fix: str = msgspec.field(default="", name="mend")


def tried(subject: str, good: str, look: Callable[[], object], fix: str = "") -> Iterator[Diagnosis]:
    """Yield what came of a look: `good` when it returns, else what it raised, as wrong.

    `fix` is said when the error has none of its own.
    """
    try:
        look()
    except MesharrError as error:
        yield Diagnosis(subject, "wrong", error.what, error.fix or fix or _later(error))
    else:
        yield Diagnosis(subject, "good", good)


def _later(error: MesharrError) -> str:
    return "" if isinstance(error, Refused) else "see that it runs and can be reached from here"
