"""Run `mesharr run`: run this node until it is stopped (SIGTERM, Ctrl-C)."""

import os
import signal
from functools import partial
from queue import SimpleQueue

import typer

from mesharr import logs
from mesharr.bootstrap.node_key import load_key
from mesharr.cli.actions.doctor import checked
from mesharr.cli.context import session_of
from mesharr.config import load_config, secrets_of
from mesharr.daemon.service import Service
from mesharr.settings.starter import write_schema
from mesharr.state.lock import hold_lock


def run(context: typer.Context) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C)."""
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    key = load_key(session.config_dir)
    # An Event would be set by the thread that waits for it, and may hold its lock: `put` is reentrant.
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.put(received))
    with hold_lock(session.config_dir):
        log_dir = os.path.join(session.config_dir, "logs")
        os.makedirs(log_dir, exist_ok=True)
        write_schema(session.config_dir)
        logs.setup(config.log.level, config.log.format, log_dir, secrets_of(config))
        service = Service(config, session.config_dir, key, partial(checked, session))
        try:
            service.start()
            signals.get()
        finally:
            service.stop()
