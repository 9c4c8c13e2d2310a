"""Check and show mesharr.yml."""

import click

from mesharr.cli.options import as_json, flag, group


@group()
def config() -> None:
    """Check and show mesharr.yml."""


@config.command(short_help="Check mesharr.yml: list everything that is wrong.")
@flag("--online", help="also ask what it names: mounts, apps, media servers, rclone, notify")
@as_json
@click.pass_context
def check(context: click.Context, online: bool, as_json: bool) -> None:
    """Check mesharr.yml: list everything that is wrong, and settings that may be missing.

    With --online every connection is tested and every path proven, as `mesharr doctor` does it. The exit code
    is 2 when mesharr.yml cannot be used; with --online 3 when something it names has to be corrected, and 4
    when something only does not answer. Missing settings do not change it.
    """
    from mesharr.cli.actions.config import check as action

    action(context, online=online, as_json=as_json)


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
