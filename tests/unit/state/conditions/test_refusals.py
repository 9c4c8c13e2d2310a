"""Refusals are reported once, counters add up."""

from mesharr.core.errors import Refused
from tests.unit.state.samples import NOW, opened


def test_a_refusal_is_new_once() -> None:
    refusals = opened().refusals
    wrong_key = Refused("Radarr refuses the API key (401)", "set api_key")
    assert refusals.note("app:radarr", wrong_key, NOW)
    assert not refusals.note("app:radarr", wrong_key, NOW + 1)
    assert refusals.note("app:radarr", Refused("Radarr redirects /api"), NOW + 2)
    assert refusals.all() == [("app:radarr", "Radarr redirects /api", "", NOW)]
    refusals.clear("app:radarr")
    assert refusals.all() == []
    assert refusals.note("app:radarr", wrong_key, NOW + 3)


def test_counters_add_up() -> None:
    counters = opened().counters
    counters.add("files_rejected")
    counters.add("files_rejected", 4)
    assert counters.all() == {"files_rejected": 5}
