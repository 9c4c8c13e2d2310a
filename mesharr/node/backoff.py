"""How long a stage waits before it tries again."""

ARR_MS = 5 * 60_000
STORE_MS = 5 * 60_000
SCANNER_MS = 15 * 60_000
DAY_MS = 86_400_000


def wait_ms(tries: int, most: int, first: int = 2_000) -> int:
    """Return the wait after the failure number `tries` (0 the first): doubling, at most `most`."""
    return int(min(first * 2 ** min(tries, 20), most))
