"""Wake the stages of the daemon at intervals and at times of the day."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from mesharr.core.errors import MesharrError, Refused
from mesharr.settings.formats.cron import times_after

log = logging.getLogger(__name__)

LOOK_S = 60.0
"""How often the time of day is looked at: the machine may have slept, or its clock was set."""
LOCAL_ZONE = "/etc/localtime"


class _Job(msgspec.Struct, frozen=True):
    """A job, and the thread that runs it."""

    thread: threading.Thread
    ended: threading.Event
    """Set when it is not to run again."""


class Clock:
    """Runs jobs at their times, each in a thread of its own.

    A job never overlaps itself: a time that comes while it runs is left out. One that raises is logged, and
    runs again at its next time.
    """

    def __init__(self, timezone: str = "") -> None:
        """Take times of the day in `timezone`, a name such as `Europe/Berlin`; "" is this machine's.

        Raises:
            Refused: there is no such time zone.

        """
        self._zone: Final = _zone(timezone) if timezone else _local_zone()
        self._jobs: dict[str, _Job] = {}
        self._started = False

    def every(self, seconds: float, job: Callable[[], object], name: str, jitter: float = 0) -> None:
        """Run the job every `seconds` after its last run, each time up to `jitter` earlier or later.

        It replaces an earlier job of this name.
        """
        self._add(lambda ended: ended.wait(seconds + random.uniform(-jitter, jitter)), job, name)  # noqa: S311

    def cron(self, line: str, job: Callable[[], object], name: str) -> None:
        """Run the job at the times of a cron line, such as `0 4 * * *` or `@daily`.

        Raises:
            Refused: the line is none that `mesharr.settings.formats.cron` reads.

        """
        try:
            times_after(line, datetime.now(self._zone))
        except ValueError as error:
            raise Refused(f"{line!r} is no cron line for {name}", str(error)) from error
        self._add(partial(_next_time, line, self._zone), job, name)

    def start(self) -> None:
        """Start to run jobs. Jobs may be added before and after."""
        self._started = True
        for job in self._jobs.values():
            job.thread.start()

    def stop(self, wait_s: float = 5.0) -> bool:
        """Stop; wait up to `wait_s` seconds for running jobs, return whether all have ended.

        May be called twice, without a start, and by a job.
        """
        end = time.monotonic() + wait_s
        for job in self._jobs.values():
            job.ended.set()
        others = [job.thread for job in self._jobs.values() if job.thread is not threading.current_thread()]
        for thread in filter(threading.Thread.is_alive, others):
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in others)

    def _add(self, wait: Callable[[threading.Event], bool], job: Callable[[], object], name: str) -> None:
        """Add a job; `wait` returns at each of its times, with whether it has ended meanwhile."""
        if name in self._jobs:
            self._jobs[name].ended.set()
        ended = threading.Event()
        thread = threading.Thread(target=_run, args=(wait, ended, job, name), name=name, daemon=True)
        self._jobs[name] = _Job(thread, ended)
        if self._started:
            thread.start()


def _run(
    wait: Callable[[threading.Event], bool], ended: threading.Event, job: Callable[[], object], name: str
) -> None:
    while not wait(ended):
        try:
            job()
        except MesharrError as error:
            log.warning("%s: %s", name, error)
        except Exception:
            log.exception("%s failed, and will run again at its next time", name)


def _next_time(line: str, zone: tzinfo, ended: threading.Event) -> bool:
    """Wait for the next time of a cron line; return whether the job has ended."""
    due = next(times_after(line, datetime.now(zone))).timestamp()
    while (left := due - time.time()) > 0:
        if ended.wait(min(left, LOOK_S)):
            return True
    return ended.is_set()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"there is no time zone {name!r}", "set TZ to a name such as Europe/Berlin") from error


def _local_zone() -> tzinfo:
    """Return the zone of this machine, which is UTC where none is set."""
    try:
        with open(LOCAL_ZONE, "rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
