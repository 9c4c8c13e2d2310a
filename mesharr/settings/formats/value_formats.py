"""Parse and format the values of mesharr.yml: durations, rates, windows, addresses.

Each parser takes the text of a value and returns the number; each `*_text` returns text that parses back to
it. A value that does not parse raises `ValueError` with the expected form.
"""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)(i?)B?", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAY_MINUTES = 24 * 60

DURATION_FORM = r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"
RATE_FORM = r"^\d+(\.\d+)?\s*[KMGTPkmgtp]?i?[Bb]?\s*/\s*(day|d)$"
WINDOW_FORM = r"^\d?\d:\d\d\s*-\s*\d?\d:\d\d$"


def seconds(text: object) -> float:
    """Return the seconds of `30s`, `15m`, `1h30m`, `500ms` or `2d`; 0 needs no unit."""
    if text == "0" or (text == 0 and not isinstance(text, bool)):
        return 0.0
    found = _DURATION.findall(text) if isinstance(text, str) else []
    if not isinstance(text, str) or not found or "".join(map("".join, found)) != text.strip():
        raise ValueError("want a duration with its unit, such as 30s, 15m or 24h")
    return sum(float(number) * _SECONDS[unit] for number, unit in found)


def duration_text(value: float) -> str:
    """Return the shortest text of one unit for so many seconds: 1800.0 gives `30m`."""
    for unit in ("d", "h", "m", "s"):
        count = value / _SECONDS[unit]
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    return f"{value:g}s" if value >= 1 or value == 0 else f"{value * 1000:g}ms"


def size_bytes(text: object) -> int:
    """Return the bytes of `700GB` (powers of 1000), `20GiB` (powers of 1024) or a plain number."""
    found = _SIZE.fullmatch(str(text).strip()) if isinstance(text, str | int) else None
    if found is None or isinstance(text, bool):
        raise ValueError("want a size, such as 700GB or 20GiB")
    base = 1024 if found[3] else 1000
    return int(float(found[1]) * base ** " KMGTP".index(found[2].upper() or " "))


def size_setting(value: int) -> str:
    """Return the text of a number of bytes in the largest power of 1000 that divides it."""
    for power, unit in ((5, "P"), (4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if value and value % 1000**power == 0:
            return f"{value // 1000**power}{unit}B"
    return f"{value}B"


def bytes_per_day(text: object) -> int:
    """Return the bytes a day of `700GB/day`."""
    size, slash, span = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not slash or span.strip().lower() not in {"day", "d"}:
        raise ValueError("want a size a day, such as 700GB/day")
    return size_bytes(size)


def rate_text(value: int) -> str:
    """Return the text of so many bytes a day."""
    return f"{size_setting(value)}/day"


def window(text: object) -> tuple[int, int]:
    """Return (start, end) of `01:00-08:00` in minutes of the day; start > end spans midnight."""
    start, dash, end = text.partition("-") if isinstance(text, str) else ("", "", "")
    clocks = [_CLOCK.fullmatch(side.strip()) for side in (start, end)]
    if not dash or clocks[0] is None or clocks[1] is None:
        raise ValueError('want a window of the day in quotes, such as "01:00-08:00"')
    first, last = (int(clock[1]) * 60 + int(clock[2]) for clock in clocks if clock)
    if first == last or max(first, last) > _DAY_MINUTES:
        raise ValueError('want a window of the day that is not empty, such as "01:00-08:00"')
    return first, last


def window_text(value: tuple[int, int]) -> str:
    """Return the text of a window."""
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in value)


def address(text: object) -> tuple[str, int]:
    """Return (host, port) of `0.0.0.0:9494`, `[::]:9494` or `:9494` (every address)."""
    host, colon, port = text.strip().rpartition(":") if isinstance(text, str) else ("", "", "")
    if not colon or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise ValueError("want an address and a port, such as 0.0.0.0:9494")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - a container listens on every address


def address_text(value: tuple[str, int]) -> str:
    """Return the text of an address."""
    host, port = value
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
