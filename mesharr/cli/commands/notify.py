"""Send a test message to every place that is notified."""

import typer

from mesharr.cli.context import command_app
from mesharr.cli.options import AsJson

app = command_app("Send a test message to every place that is notified.")


@app.callback()
def _group() -> None:
    """Keep `test` a command of its own, for more may follow."""


@app.command("test")
def send_test(context: typer.Context, as_json: AsJson = False) -> None:
    """Send a test message to every entry under `notify:`.

    It says which took it. The exit code is 1 when one did not.
    """
    from mesharr.cli.actions.notify import send_test as action

    action(context, as_json=as_json)
