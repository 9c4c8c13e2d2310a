"""Outages, by what does not answer."""

from mesharr.state.conditions.outages import Outage
from tests.unit.state.samples import NOW, opened


def test_an_outage_begins_once_and_its_last_failure_is_kept() -> None:
    outages = opened().outages
    assert outages.note("app:radarr", "no answer", NOW)
    assert not outages.note("app:radarr", "502", NOW + 5)
    assert outages.all() == {"app:radarr": Outage(NOW, NOW + 5, "502")}
    assert (outages.end("app:radarr"), outages.end("app:radarr")) == (True, False)
    assert outages.all() == {}
