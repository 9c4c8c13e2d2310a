"""A daily window, and how long it is until it opens."""

import pytest

from mesharr.core.time_window import DAY, in_window, until_open

WINDOWS = [(60, 480), (1380, 120), (0, 1), (0, 0), (1439, 0)]


@pytest.mark.parametrize("window", WINDOWS)
def test_it_opens_at_the_first_minute_that_lies_in_it(window: tuple[int, int]) -> None:
    for minute in range(DAY):
        wait = until_open(minute, window)
        later = [after for after in range(DAY) if in_window((minute + after) % DAY, window)]
        assert wait == (later[0] if later else wait)
        assert wait <= DAY


def test_one_that_never_opens_is_checked_daily() -> None:
    assert until_open(0, (0, 0)) == DAY
