"""Check bandwidths as rclone's `--bwlimit` takes them: a rate, or a timetable of rates.

rclone refuses every upload whose bandwidth it does not understand, so `config check` has to know its grammar.
"""

import re

_SIZE = re.compile(
    r"off|\+?(?:\d+\.?\d*|\.\d+)(?:e\+?\d+)?(?:[bB]|[kKmMgGtTpPeE](?:i[bB]?)?)?", re.IGNORECASE
)
_NO_SUCH_UNIT = re.compile(r"[\d.]+\s*(?:[KMGTPE]B|[KMGTPE]?bit|[KMGTPE]?bps|.*/s(?:ec)?)", re.IGNORECASE)
_TIME = re.compile(r"(?:(?P<day>[^-]*)-)?(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")
_DAYS = frozenset(
    {
        *("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
        *("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
    }
)


def bandwidth(text: str) -> str:
    """Return a bandwidth of rclone, cleaned; "" for none.

    Raises `ValueError` when rclone would not take it; the message says what is wrong.
    """
    cleaned = " ".join(re.split(r"[ \t;]+", text.strip(" \t;")))
    if "," not in cleaned and " " not in cleaned:
        _check_pair(cleaned)
        return cleaned
    for entry in cleaned.split(" "):
        _check_entry(entry)
    return cleaned


def _check_entry(entry: str) -> None:
    """Raise unless this is one entry of a timetable, such as `Mon-08:00,512k`."""
    time, comma, pair = entry.partition(",")
    if not comma or "," in pair:
        raise ValueError(
            f"{entry!r} is no time and bandwidth: want a rate such as 20M, or a timetable such as "
            '"08:00,512k 19:00,10M 23:00,off"'
        )
    found = _TIME.fullmatch(time)
    if found is None or (found["day"] is not None and found["day"].lower() not in _DAYS):
        raise ValueError(f"{time!r} is no time of rclone: want HH:MM or a weekday before it, as in Mon-08:00")
    _check_pair(pair)


def _check_pair(pair: str) -> None:
    """Raise unless this is a rate, or one up and one down as in `10M:1M`."""
    if not pair:
        return
    for rate in pair.split(":") if pair.count(":") == 1 else (pair,):
        if _SIZE.fullmatch(rate) is None or "I" in rate:
            unit = ": rclone knows no MB or Mbit, write 10M" if _NO_SUCH_UNIT.match(rate) else ""
            raise ValueError(
                f"{rate!r} is no rate of rclone{unit or ': want bytes a second, such as 512k, 20M or off'}"
            )
