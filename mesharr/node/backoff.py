"""How long a stage waits before it tries again, and when each of the things it polls is due."""

from collections.abc import Iterable

ARR_MS = 5 * 60_000
"""The longest wait after a failure of an app."""
STORE_MS = 5 * 60_000
"""The longest wait after a failure of the store or of a library's mount."""
GONE_MS = 15 * 60_000
"""The longest wait for files that are to go from a drive which has them still."""
SCANNER_MS = 15 * 60_000
"""The longest wait after a failure of a media server."""


def wait_ms(tries: int, maximum: int, first: int = 2_000) -> int:
    """Return how long to wait (ms) after failure number `tries`, 0 being the first.

    The first wait is `first`; each further one is twice as long, up to `maximum`.
    """
    return int(min(first * 2 ** min(tries, 20), maximum))


class PollTimes:
    """When each of several named things is due (ms), with a growing wait after failures.

    It lives in memory: what is not in it yet is due at once, as everything is after a restart.
    """

    def __init__(self, maximum_ms: int, first_ms: int = 2_000) -> None:
        """After a failure `first_ms` pass until the next try, doubled each time up to `maximum_ms`."""
        self._maximum_ms = maximum_ms
        self._first_ms = first_ms
        self._due: dict[str, int] = {}
        self._failures: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether a due time of `name` is known."""
        return name in self._due

    def due_at(self, name: str) -> int:
        """Return when `name` is due (ms), 0 when that is not known yet."""
        return self._due.get(name, 0)

    def is_due(self, name: str, now: int) -> bool:
        """Return whether the time of `name` has come."""
        return self.due_at(name) <= now

    def next_due(self, names: Iterable[str]) -> int | None:
        """Return when the first of `names` is due (ms), None without any."""
        return min(map(self.due_at, names), default=None)

    def set(self, name: str, due: int) -> None:
        """Have `name` due at a time (ms); its failures still count."""
        self._due[name] = due

    def succeeded(self, name: str, due: int) -> None:
        """Have `name` due at a time (ms), and forget its failures."""
        self._due[name] = due
        self._failures.pop(name, None)

    def failed(self, name: str, now: int) -> int:
        """Have `name` due after the wait its failures ask for; return how many failures came before."""
        tries = self._failures.get(name, 0)
        self._failures[name] = tries + 1
        self._due[name] = now + wait_ms(tries, self._maximum_ms, self._first_ms)
        return tries

    def clear(self) -> None:
        """Make everything due at once; failures still count."""
        self._due.clear()
