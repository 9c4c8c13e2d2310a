"""Show that a command is at work: a spinner on a terminal, nothing in a pipe or as JSON."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mesharr.cli.output import printable

Doing = Callable[[str], None]
"""Shows another text beside the spinner."""

_FRAMES_A_SECOND = 5
"""Also how long a command works before anything is shown: a fifth of a second."""


def can_draw() -> bool:
    """Return whether stderr is a terminal that obeys escape codes."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}


@contextmanager
def busy(doing: str, *, quiet: bool = False) -> Iterator[Doing]:
    """Show on stderr what is being done while the block runs, and wipe it at the end.

    Nothing is printed to stdout in the block. `quiet`: show nothing; so it is where stderr is no terminal.
    """
    if quiet or not can_draw():
        yield lambda _doing: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.live import Live  # noqa: PLC0415 - only a terminal needs it
    from rich.spinner import Spinner  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    spinner = Spinner("line", text=Text(printable(doing)))
    live = Live(
        spinner,
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=_FRAMES_A_SECOND,
        redirect_stdout=False,  # which may go to a file
    )
    with live:
        yield lambda text: spinner.update(text=Text(printable(text)))
