"""Wake the stages of the daemon at intervals and at times of the day."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from mesharr.core.errors import MesharrError, Refused
from mesharr.settings.formats.cron import times_after

log = logging.getLogger(__name__)


class CronTimes(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """The times of a cron line, in one time zone, for APScheduler."""

    def __init__(self, line: str, timezone: tzinfo) -> None:
        times_after(line, datetime.now(timezone))  # raises for what is no cron line
        self._line = line
        self._timezone = timezone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first time after the previous one, or after `now` when there was none."""
        return next(times_after(self._line, (previous_fire_time or now).astimezone(self._timezone)))


class Clock:
    """Runs jobs at their times, in threads of its own.

    A job never overlaps itself, one run makes up for several missed ones, and a job that raises is logged and
    runs again at its next time.
    """

    def __init__(self, timezone: str = "") -> None:
        """Take times of the day in `timezone`, a name such as `Europe/Berlin`; "" is this machine's.

        Raises:
            Refused: there is no such time zone.

        """
        options = {"timezone": _zone(timezone)} if timezone else {}
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(job_defaults=defaults, daemon=True, **options)
        self._running = 0
        self._stopped = False
        self._idle = threading.Condition()

    def every(self, seconds: float, job: Callable[[], object], name: str, jitter: float = 0) -> None:
        """Run the job every `seconds`, each time up to `jitter` seconds earlier or later.

        It replaces an earlier job of this name. The interval is rounded to whole seconds, at least one.
        """
        whole = max(1, round(seconds))
        self._add(
            IntervalTrigger(seconds=whole, jitter=jitter or None, timezone=self._scheduler.timezone),
            job,
            name,
        )

    def cron(self, line: str, job: Callable[[], object], name: str) -> None:
        """Run the job at the times of a cron line, such as `0 4 * * *` or `@daily`.

        Raises:
            Refused: the line is none that `mesharr.settings.formats.cron` reads.

        """
        try:
            trigger = CronTimes(line, self._scheduler.timezone)
        except ValueError as error:
            raise Refused(f"{line!r} is no cron line for {name}", str(error)) from error
        self._add(trigger, job, name)

    def start(self) -> None:
        """Start to run jobs. Jobs may be added before and after."""
        self._scheduler.start()

    def stop(self, wait_s: float = 5.0) -> bool:
        """Stop; wait up to `wait_s` seconds for running jobs, return whether all have ended.

        May be called twice, and without a start.
        """
        self._stopped = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        end = time.monotonic() + wait_s
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, max(0.0, end - time.monotonic()))

    def _add(self, trigger: BaseTrigger, job: Callable[[], object], name: str) -> None:
        self._scheduler.add_job(self._run, trigger, (job, name), id=name, name=name, replace_existing=True)

    def _run(self, job: Callable[[], object], name: str) -> None:
        with self._idle:
            if self._stopped:
                return
            self._running += 1
        try:
            job()
        except MesharrError as error:
            log.warning("%s: %s", name, error)
        except Exception:
            log.exception("%s failed, and will run again at its next time", name)
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"there is no time zone {name!r}", "set TZ to a name such as Europe/Berlin") from error
