"""`mesharr doctor`: everything that can be wrong, each with its fix."""

from typing import TYPE_CHECKING, Annotated

import typer

from mesharr.cli.context import WAITING, say, say_json, session_of
from mesharr.cli.output import printable

if TYPE_CHECKING:
    from mesharr.doctor.diagnosis import Diagnosis


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("doctor", short_help="Check the setup and suggest fixes.")(doctor)


def doctor(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="also what is as it should be")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Look at mounts, libraries, arrs, media servers, uploads and peers; change nothing.

    Works beside a running daemon. The exit code is 3 when something is wrong; what could merely be better
    is shown and changes no exit code.
    """
    import msgspec  # noqa: PLC0415 - see mesharr.cli.app

    from mesharr.cli.doctor_setup import opened_house  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.doctor import examine  # noqa: PLC0415 - see mesharr.cli.app

    found: list[Diagnosis] = []
    with opened_house(session_of(context)) as house:
        for diagnosis in examine(house):
            found.append(diagnosis)
            if not as_json and (everything or diagnosis.level != "good"):
                _print(diagnosis)
    if as_json:
        say_json({"found": msgspec.to_builtins(found)})
    else:
        counts = {level: sum(each.level == level for each in found) for level in ("good", "note", "wrong")}
        say(f"{counts['wrong']} wrong, {counts['note']} to think about, {counts['good']} good")
    if any(each.level == "wrong" for each in found):
        raise typer.Exit(WAITING)


def _print(diagnosis: "Diagnosis") -> None:
    say(f"{_MARKS[diagnosis.level]}  {diagnosis.subject}: {printable(diagnosis.what)}")
    if diagnosis.fix:
        say(f"       {printable(diagnosis.fix)}")


_MARKS = {"good": "good ", "note": "note ", "wrong": "WRONG"}
