"""The quarantine: files that did not verify are read again, ever more rarely, and never too many."""

from mesharr.state.events.quarantine import MAX_FILES, Quarantine
from tests.unit.state.samples import NOW, opened


def put(quarantine: Quarantine, place: str, now: int) -> int:
    return quarantine.put(place, "torn", now, lambda tries: 100 * (tries + 1))


def test_a_file_in_quarantine_is_read_again_after_growing_pauses() -> None:
    quarantine = opened().quarantine
    assert put(quarantine, "events/x", NOW) == 1
    assert quarantine.is_waiting("events/x", NOW + 99)
    assert not quarantine.is_waiting("events/x", NOW + 100)
    assert put(quarantine, "events/x", NOW + 100) == 2
    assert quarantine.is_waiting("events/x", NOW + 299)
    assert [place for place, _, _ in quarantine.all()] == ["events/x"]


def test_a_full_quarantine_takes_no_more_and_forgets_nothing_that_waits() -> None:
    state = opened()
    with state.transaction():
        for number in range(MAX_FILES + 10):
            put(state.quarantine, f"events/{number}", NOW + number)
    places = {place for place, _, _ in state.quarantine.all()}
    assert places == {f"events/{number}" for number in range(MAX_FILES)}
    assert put(state.quarantine, "events/x", NOW) == 0


def test_a_file_that_is_gone_is_forgotten_once_it_is_due() -> None:
    quarantine = opened().quarantine
    for place in ("events/gone", "events/there", "archive/a/x"):
        put(quarantine, place, NOW)
    quarantine.forget_gone(["events/there"], NOW + 99)
    assert len(quarantine.all()) == 3
    quarantine.forget_gone(["events/there"], NOW + 100)
    assert [place for place, _, _ in quarantine.all()] == ["archive/a/x", "events/there"]
    quarantine.forget_gone(["events/there"], NOW + 100 + 86_400_000)
    assert [place for place, _, _ in quarantine.all()] == ["events/there"]
