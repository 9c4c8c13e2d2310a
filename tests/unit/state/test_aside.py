"""Files of the store that did not verify: tried again, ever more rarely, and never too many."""

from mesharr.state.events.quarantine import Aside
from tests.unit.state.samples import NOW, opened


def put(aside: Aside, place: str, now: int) -> int:
    return aside.put(place, "torn", now, lambda tries: 100 * (tries + 1))


def test_a_file_put_aside_is_tried_again_after_growing_pauses() -> None:
    aside = opened().aside
    assert put(aside, "events/x", NOW) == 1
    assert aside.holds("events/x", NOW + 99)
    assert not aside.holds("events/x", NOW + 100)
    assert put(aside, "events/x", NOW + 100) == 2
    assert aside.holds("events/x", NOW + 299)
    assert [place for place, _, _ in aside.all()] == ["events/x"]


def test_a_thousand_names_are_kept_aside_and_not_more() -> None:
    state = opened()
    with state.transaction():
        for number in range(1010):
            put(state.aside, f"events/{number}", NOW + number)
    places = [place for place, _, _ in state.aside.all()]
    assert len(places) == 1000
    assert "events/1009" in places
    assert "events/0" not in places
