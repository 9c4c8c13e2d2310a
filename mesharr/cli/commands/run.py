"""`mesharr run`: the daemon."""

import os
import signal
import threading

import typer

from mesharr.cli.context import session_of


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("run")(run)


def run(context: typer.Context) -> None:
    """Run this node until it is told to stop (SIGTERM, Ctrl-C)."""
    from mesharr import logs  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.bootstrap.identity import load_key  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.config import load_config  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.daemon.service import Service  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.settings.secrets import secrets_of  # noqa: PLC0415 - see mesharr.cli.app
    from mesharr.state.lock import hold_lock  # noqa: PLC0415 - see mesharr.cli.app

    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    key = load_key(session.config_dir)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with hold_lock(session.config_dir):
        log_dir = os.path.join(session.config_dir, "logs")
        os.makedirs(log_dir, exist_ok=True)
        logs.setup(config.log.level, config.log.format, log_dir, secrets_of(config))
        service = Service(config, session.config_dir, key)
        try:
            service.start()
            stopping.wait()
        finally:
            service.stop()
