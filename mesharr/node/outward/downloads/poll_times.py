"""When an app's queue is polled: soon after a download began, then less and less often."""

FIRST_POLL_MS = 60_000
"""How long after a grab the queue is polled first; the time since the grab doubles from poll to poll."""
LONGEST_POLL_MS = 15 * 60_000
"""How often the queue is polled once a download lasts longer than that."""


def poll_after(since: int, now: int) -> int:
    """Return when the queue is polled next (ms) for a download that began at `since` (ms).

    1, 2, 4, 8 and 15 minutes after its begin, then every 15 minutes.
    """
    age = max(0, now - since)
    if age >= LONGEST_POLL_MS:
        return since + (age // LONGEST_POLL_MS + 1) * LONGEST_POLL_MS
    wait = FIRST_POLL_MS
    while wait <= age:
        wait *= 2
    return since + min(wait, LONGEST_POLL_MS)
