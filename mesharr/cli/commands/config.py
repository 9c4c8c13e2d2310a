"""Check and show mesharr.yml."""

from typing import Annotated

import typer

from mesharr.cli.context import command_app

app = command_app(help="Check and show mesharr.yml.")


@app.command(short_help="Check mesharr.yml: list everything that is wrong.")
def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Check mesharr.yml: list everything that is wrong, and settings that may be missing.

    The exit code is 2 when it cannot be used. Missing settings do not change it.
    """
    from mesharr.cli.actions.config import check as action

    action(context, as_json=as_json)


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
