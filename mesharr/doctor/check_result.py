"""The result of one check of the doctor."""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable

Level = Literal["good", "note", "wrong"]
"""good: nothing to do; note: works, and could be better; wrong: fails or does harm until it is fixed."""


class CheckResult(msgspec.Struct, frozen=True):
    """One part of the setup that was checked, and what was found."""

    subject: str
    """The part, named as in mesharr.yml: `app radarr`, `library movies`."""
    level: Level
    what: str
    """What was found."""
    fix: str = msgspec.field(default="", name="mend")
    """What the user can do; "" when the level is good. `--json` calls it `mend`."""
    down: bool = False
    """Whether it is wrong because something does not answer, which may end by itself."""


def failed(subject: str, error: MesharrError, fix: str = "") -> CheckResult:
    """Return the result of a check that raised; `fix` is used when the error suggests none."""
    return CheckResult(
        subject, "wrong", error.what, error.fix or fix or _usual_fix(error), isinstance(error, Unavailable)
    )


def result_of(subject: str, good: str, check: Callable[[], object], fix: str = "") -> Iterator[CheckResult]:
    """Run `check` and yield its result: good when it returns, wrong when it raises.

    `fix` is used when the error suggests none.
    """
    try:
        check()
    except MesharrError as error:
        yield failed(subject, error, fix)
    else:
        yield CheckResult(subject, "good", good)


def _usual_fix(error: MesharrError) -> str:
    return "" if isinstance(error, Refused) else "check that it runs and can be reached from here"
