"""The clock: wakes the stages at intervals and at times of the day."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from mesharr.core.errors import MesharrError, Refused

log = logging.getLogger(__name__)

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


class Clock:
    """Runs jobs in threads of its own.

    A job never overlaps itself, runs that were missed are made up for by one, and a job that raises
    is logged and runs again at its next time. Times of the day are those of `timezone` (a name such
    as `Europe/Berlin`; "" is this machine's). Raises `Refused` for a zone there is not.
    """

    def __init__(self, timezone: str = "") -> None:
        options = {"timezone": _zone(timezone)} if timezone else {}
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(job_defaults=defaults, daemon=True, **options)
        self._running = 0
        self._stopped = False
        self._idle = threading.Condition()

    def every(self, seconds: float, job: Callable[[], object], name: str, jitter: float = 0) -> None:
        """Run the job each `seconds`, first one interval from now, each time up to `jitter` seconds
        earlier or later. A job of this name that was there before is replaced.
        """
        # The trigger counts whole seconds and needs one at least.
        whole = max(1, round(seconds))
        self._add(
            IntervalTrigger(seconds=whole, jitter=jitter or None, timezone=self._scheduler.timezone),
            job,
            name,
        )

    def cron(self, expression: str, job: Callable[[], object], name: str) -> None:
        """Run the job at the times of a crontab line (five fields, or `@daily` and its like).

        It means what it means to cron: Sunday is 0 and 7, and a line that restricts the day of the
        month and the day of the week holds for either. Raises `Refused` for anything else.
        """
        try:
            trigger = cron_trigger(expression, self._scheduler.timezone)
        except ValueError as error:
            raise Refused(
                f"{expression!r} is no time plan for {name}",
                'write five cron fields, as "0 4 * * *" for every day at four',
            ) from error
        self._add(trigger, job, name)

    def start(self) -> None:
        """Begin to run jobs. Jobs may be added before and after."""
        self._scheduler.start()

    def stop(self, wait_s: float = 5.0) -> bool:
        """Start no job from now on, and give the running ones `wait_s` seconds to end.

        Returns whether all have ended. May be called twice, and without a start.
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


def cron_trigger(expression: str, timezone: tzinfo) -> BaseTrigger:
    """Return the times of a crontab line, as `Clock.cron` has them; raise ValueError if it is none."""
    minute, hour, day, month, weekday = _MACROS.get(expression.strip(), expression).split()
    names = {"minute": minute, "hour": hour, "month": month, "timezone": timezone}
    days = _weekdays(weekday.lower())
    if day.startswith("*") or days == "*":
        return CronTrigger(day=day, day_of_week=days, **names)
    return OrTrigger([CronTrigger(day=day, **names), CronTrigger(day_of_week=days, **names)])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(f"there is no time zone {name!r}", "set TZ to a name such as Europe/Berlin") from error


def _weekdays(field: str) -> str:
    """Return cron's day-of-week field in names: the scheduler counts from Monday, cron from Sunday."""
    if field == "*":
        return "*"
    days: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = 0 if span == "*" else _day(first)
        high = 6 if span == "*" or (step and not dash) else _day(last or first)
        if high < low and high == 0:
            high = 7  # as in "fri-sun"
        if high < low or (step and int(step) < 1):
            raise ValueError(part)
        days.update(number % 7 for number in range(low, high + 1, int(step or 1)))
    return ",".join(_DAYS[number] for number in sorted(days))


def _day(word: str) -> int:
    if word in _DAYS:
        return _DAYS.index(word)
    number = int(word)
    if not 0 <= number <= 7:
        raise ValueError(word)
    return number
