"""When what is polled is due, and how long a failure is waited for."""

from mesharr.node.backoff import PollTimes, wait_ms

NOW = 1_764_000_000_000


def test_a_wait_doubles_up_to_its_maximum() -> None:
    assert [wait_ms(tries, 10_000) for tries in range(5)] == [2_000, 4_000, 8_000, 10_000, 10_000]
    assert wait_ms(10_000, 10_000) == 10_000


def test_what_was_never_polled_is_due_at_once() -> None:
    times = PollTimes(10_000)
    assert "radarr" not in times
    assert times.is_due("radarr", NOW)
    assert times.next_due(["radarr"]) == 0
    assert times.next_due([]) is None


def test_failures_wait_longer_each_time_until_a_success() -> None:
    times = PollTimes(10_000, 1_000)
    assert [times.failed("radarr", NOW) for _ in range(3)] == [0, 1, 2]
    assert times.due_at("radarr") == NOW + 4_000
    assert not times.is_due("radarr", NOW)
    assert times.is_due("sonarr", NOW)
    times.succeeded("radarr", NOW + 60_000)
    assert times.due_at("radarr") == NOW + 60_000
    assert times.failed("radarr", NOW) == 0


def test_what_is_made_due_at_once_still_counts_its_failures() -> None:
    times = PollTimes(10_000, 1_000)
    times.failed("radarr", NOW)
    times.clear()
    assert times.is_due("radarr", NOW)
    assert times.failed("radarr", NOW) == 1
