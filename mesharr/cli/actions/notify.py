"""Send a test message to every place that is notified."""

import typer

from mesharr.cli.context import DONE, FAILED, say, say_json, session_of
from mesharr.cli.output import print_table
from mesharr.cli.terminal.busy import busy
from mesharr.config import load_config
from mesharr.core.errors import MesharrError
from mesharr.notify import kind
from mesharr.notify.base import Message, NotifierSettings


def send_test(context: typer.Context, *, as_json: bool) -> None:
    """Send a test message to each entry under `notify:`; the exit code is 1 when one failed."""
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    message = Message("test", f"mesharr {config.node}: test", "notifications from this node arrive here")
    with busy("sending test messages", quiet=as_json):
        results = [
            {
                "number": number,
                "kind": settings.kind,
                "on": list(settings.on),
                "error": _send(settings, message),
            }
            for number, settings in enumerate(config.notify, 1)
        ]
    if as_json:
        say_json(results)
    elif results:
        rows = [(each["number"], each["kind"], each["error"] or "took the message") for each in results]
        print_table(("entry", "kind", "answer"), rows, every=True)
    else:
        say("nobody is notified: mesharr.yml has no entry under notify")
    raise typer.Exit(FAILED if any(each["error"] for each in results) else DONE)


def _send(settings: NotifierSettings, message: Message) -> str:
    """Send a message; return what was wrong, "" when it was taken."""
    try:
        kind(settings.kind).open(settings).send(message)
    except MesharrError as error:
        return str(error)
    return ""
