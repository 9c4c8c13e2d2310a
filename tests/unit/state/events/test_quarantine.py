"""The quarantine: files that did not verify are read again, ever more rarely, and never too many."""

from mesharr.state.events.quarantine import Quarantine
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


def test_the_quarantine_keeps_a_thousand_files_and_not_more() -> None:
    state = opened()
    with state.transaction():
        for number in range(1010):
            put(state.quarantine, f"events/{number}", NOW + number)
    places = [place for place, _, _ in state.quarantine.all()]
    assert len(places) == 1000
    assert "events/1009" in places
    assert "events/0" not in places
