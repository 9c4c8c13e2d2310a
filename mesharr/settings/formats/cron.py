"""Cron lines: parsed by cronsim, which keeps to Debian's cron, also when clocks are changed."""

import re
from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""The names that crontab(5) has for common lines."""
_ANY_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - only the form of the line is checked
FORM = 'want a cron line of five fields in quotes, such as "0 4 * * *", or a name such as @daily'


def cron_line(text: object) -> str:
    """Return a cron line (minute hour day month weekday), or a name such as @daily, cleaned.

    Sunday is 0 and 7; a line that restricts both the day and the weekday means either.

    Raises:
        ValueError: the text is neither; the message says what is wrong.

    """
    line = " ".join(text.split()) if isinstance(text, str) else ""
    times_after(line, _ANY_TIME)
    return line


def times_after(line: str, moment: datetime) -> Iterator[datetime]:
    """Return the times of a cron line after `moment`, in its time zone, without end.

    A time that a changed clock skips comes right after the gap, one that it repeats comes once.

    Raises:
        ValueError: the text is no cron line.

    """
    fields = _NICKNAMES.get(line.lower(), line)
    if len(fields.split()) != 5:
        raise ValueError(FORM)
    # cron counts Sunday as 0 and as 7, and its name only as 0: "fri-sun" would end before it begins
    fields = re.sub(r"(?i)-sun\b", "-7", fields)
    try:
        return CronSim(fields, moment)
    except CronSimError as error:
        raise ValueError(f"{FORM}: {str(error)[:1].lower()}{str(error)[1:]} in {line!r}") from error
