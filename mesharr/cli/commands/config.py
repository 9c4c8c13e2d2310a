"""Check and show mesharr.yml."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson

app = command_app(help="Check and show mesharr.yml.")


@app.command(short_help="Check mesharr.yml: list everything that is wrong.")
def check(
    context: typer.Context,
    *,
    online: Annotated[
        bool,
        typer.Option("--online", help="also ask what it names: mounts, apps, media servers, rclone, notify"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check mesharr.yml: list everything that is wrong, and settings that may be missing.

    With --online every connection is tested and every path proven, as `mesharr doctor` does it. The exit code
    is 2 when mesharr.yml cannot be used; with --online 3 when something it names has to be corrected, and 4
    when something only does not answer. Missing settings do not change it.
    """
    from mesharr.cli.actions.config import check as action

    action(context, online=online, as_json=as_json)


@app.command(short_help="Print the effective config, without secrets.")
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Print the effective config, with the environment and defaults, without secrets."""
    from mesharr.cli.actions.config import show as action

    action(context, as_json=as_json)


@app.command()
def schema() -> None:
    """Print the JSON schema of mesharr.yml, for editors."""
    from mesharr.cli.actions.config import schema as action

    action()
