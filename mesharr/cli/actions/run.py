"""Run `mesharr run`: run this node until it is stopped (SIGTERM, Ctrl-C)."""

import os
import signal
import sys
from functools import partial
from queue import Empty, SimpleQueue

import typer

from mesharr import logs
from mesharr.bootstrap.node_key import load_key
from mesharr.cli.actions.doctor import checked
from mesharr.cli.connections import connection_problem
from mesharr.cli.context import session_of
from mesharr.config import load_config, secrets_of
from mesharr.daemon.config_watch import ConfigWatch
from mesharr.daemon.service import Service
from mesharr.settings.starter import write_schema
from mesharr.state.lock import hold_lock

LOOK_S = 30.0
"""How often the daemon looks whether its config was written."""
SETTLE_S = 1.0
"""How long a config has to be left alone before it is read: an editor may write several times."""


def run(context: typer.Context) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C)."""
    session = session_of(context)
    config = load_config(session.config_dir, session.environ)
    key = load_key(session.config_dir)
    # An Event would be set by the thread that waits for it, and may hold its lock: `put` is reentrant.
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: signals.put(received))
    with hold_lock(session.config_dir):
        log_dir = os.path.join(session.config_dir, "logs")
        os.makedirs(log_dir, exist_ok=True)
        write_schema(session.config_dir)
        logs.setup(config.log.level, config.log.format, log_dir, secrets_of(config))
        service = Service(
            config, session.config_dir, key, partial(checked, session), partial(connection_problem, config)
        )
        try:
            service.start()
            starts_again = is_to_start_again(
                signals, ConfigWatch(config, session.config_dir, session.environ)
            )
        finally:
            service.stop()
    if starts_again:
        # The same process, which a container's runtime waits for, and nothing in it of the old settings. A
        # signal that is ignored stays so until the handlers are there again.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - its own command line


def is_to_start_again(signals: "SimpleQueue[int]", watch: ConfigWatch, look_s: float = LOOK_S) -> bool:
    """Return whether the node is to start again with another config; False: to stop.

    It waits for that. SIGHUP has the config read at once; a file that was written, within `look_s`.
    """
    while True:
        try:
            received = signals.get(timeout=look_s)
        except Empty:
            if not watch.is_touched():
                continue
            received = signal.SIGHUP
        while received == signal.SIGHUP:
            try:
                received = signals.get(timeout=min(SETTLE_S, look_s))
            except Empty:
                watch.is_touched()
                break
        if received != signal.SIGHUP:
            return False
        if watch.is_to_be_taken():
            return True
