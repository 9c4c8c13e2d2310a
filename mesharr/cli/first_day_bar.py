"""How far the first days are, as bars on a terminal, while a command works on them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from mesharr.node.first_day import FirstDay
from mesharr.state.first_days import Day


@contextmanager
def bars(first_day: FirstDay) -> Iterator[None]:
    """Show on stderr, while the block runs and when that is a terminal, how far each library is."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[doing]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(day: Day) -> None:
            if day.library not in tasks:
                tasks[day.library] = progress.add_task(f"{day.library}: first day", doing="", total=None)
            total = day.total or None
            progress.update(tasks[day.library], total=total, completed=day.done, doing=day.why or day.said)

        first_day.watch = watch
        yield
