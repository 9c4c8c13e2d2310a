"""Check and show mesharr.yml."""

import click

from mesharr.cli.options import as_json, group


@group()
def config() -> None:
    """Check and show mesharr.yml."""


@config.command(short_help="Check mesharr.yml: list everything that is wrong.")
@as_json
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Check mesharr.yml: list everything that is wrong, and settings that may be missing.

    The exit code is 2 when it cannot be used. Missing settings do not change it.
    """
    from mesharr.cli.actions.config import check as action

    action(context, as_json=as_json)


@config.command(short_help="Print the effective config, without secrets.")
@as_json
@click.pass_context
def show(context: click.Context, as_json: bool) -> None:
    """Print the effective config, with the environment and defaults, without secrets."""
    from mesharr.cli.actions.config import show as action

    action(context, as_json=as_json)


@config.command()
def schema() -> None:
    """Print the JSON schema of mesharr.yml, for editors."""
    from mesharr.cli.actions.config import schema as action

    action()
