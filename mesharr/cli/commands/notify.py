"""Send a test message to every place that is notified."""

import click

from mesharr.cli.options import as_json, group


@group()
def notify() -> None:
    """Send a test message to every place that is notified."""


@notify.command("test")
@as_json
@click.pass_context
def send_test(context: click.Context, as_json: bool) -> None:
    """Send a test message to every entry under `notify:`, and say which took it.

    The exit code is 1 when one did not.
    """
    from mesharr.cli.actions.notify import send_test as action

    action(context, as_json=as_json)
