"""Print how far a sync is: bars on a terminal; elsewhere lines for first days."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from mesharr.cli.context import note
from mesharr.cli.output import printable
from mesharr.cli.terminal.busy import can_draw
from mesharr.core.errors import MesharrError
from mesharr.node.joining.first_day import FirstDay
from mesharr.node.joining.first_steps import LOG_EACH
from mesharr.state.first_days import FirstDayState


@contextmanager
def progress_shown(first_day: FirstDay, *, quiet: bool = False) -> Iterator[None]:
    """Print the progress of each library's first day to stderr while the block runs.

    On a terminal, and not `quiet`, a bar for each library, removed at the end, and one that only moves while
    there is none of them; elsewhere a line for each step, and in a long step one for every `LOG_EACH` items.
    """
    if quiet or not can_draw():
        first_day.watch = _lines()
        with _each_second(first_day.report_progress):
            yield
        return
    name, doing = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[doing]}"))
    columns = name, BarColumn(), doing
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        first_day.watch = _bars(progress)
        with _each_second(first_day.report_progress):
            yield


def _bars(progress: Progress) -> Callable[[FirstDayState], None]:
    tasks: dict[str, TaskID] = {}
    other = progress.add_task("comparing and publishing", doing="", total=None)

    def watch(day: FirstDayState) -> None:
        progress.update(other, visible=False)
        if day.library not in tasks:
            tasks[day.library] = progress.add_task(f"{day.library}: first day", doing="", total=None)
        doing = printable(day.why or day.progress_text)
        progress.update(tasks[day.library], total=day.total or None, completed=day.done, doing=doing)

    return watch


@contextmanager
def _each_second(report: Callable[[], None]) -> Iterator[None]:
    """Call `report` every second while the block runs: one step may take long."""
    ended = Event()

    def run() -> None:
        while not ended.wait(1):
            with suppress(MesharrError):
                report()

    reporting = Thread(target=run, daemon=True, name="first day's bars")
    reporting.start()
    try:
        yield
    finally:
        ended.set()
        reporting.join()


def _lines() -> Callable[[FirstDayState], None]:
    printed: dict[str, tuple[str, int, str]] = {}

    def watch(day: FirstDayState) -> None:
        now = day.step_text, day.done // LOG_EACH, day.why
        if printed.get(day.library) != now:
            printed[day.library] = now
            note(
                printable(
                    f"{day.library}: first day: {day.progress_text}{f' ({day.why})' if day.why else ''}"
                )
            )

    return watch
