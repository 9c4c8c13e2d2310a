"""Run `mesharr run`: run this node until it is stopped (SIGTERM, Ctrl-C)."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from queue import Empty, SimpleQueue

from mesharr import logs
from mesharr.bootstrap.node_key import load_key
from mesharr.cli.connections import connection_problem
from mesharr.cli.context import Session, exit_code_of
from mesharr.daemon.config_process import checked_config
from mesharr.daemon.config_watch import ConfigWatch
from mesharr.daemon.service import Service
from mesharr.doctor.check_result import CheckResult
from mesharr.hook import config_dir
from mesharr.settings.definition import secrets_of
from mesharr.settings.models import Config
from mesharr.settings.starter import write_schema
from mesharr.state.lock import hold_lock

LOOK_S = 30.0
"""How often the daemon looks whether its config was written."""
SETTLE_S = 1.0
"""How long a config has to be left alone before it is read: an editor may write several times."""


def main(named: str, environ: Mapping[str, str]) -> int:
    """Run the node of the config dir `named`, "" for the usual one; return the exit code."""
    return exit_code_of(lambda: run(Session(config_dir(named, environ), environ)))


def run(session: Session) -> None:
    """Run this node until it is stopped (SIGTERM, Ctrl-C)."""
    read_config = partial(checked_config, session.config_dir, session.environ)
    config = read_config()
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
        doctor, problem = partial(_doctor, session, config), partial(connection_problem, config)
        service = Service(config, session.config_dir, key, doctor, problem)
        try:
            service.start()
            watch = ConfigWatch(config, session.config_dir, partial(read_config, open_notifiers=True))
            starts_again = is_to_start_again(signals, watch)
        finally:
            service.stop()
    if starts_again:
        # The same process, which a container's runtime waits for, and nothing in it of the old settings. A
        # signal that is ignored stays so until the handlers are there again.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - its own command line


def _doctor(session: Session, config: Config) -> Sequence[CheckResult]:
    from mesharr.cli.actions.doctor import checked  # noqa: PLC0415 - only for who opens its page

    return checked(session, config)


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
