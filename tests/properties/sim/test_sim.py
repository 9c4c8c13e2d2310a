"""The simulation of the log, as far as it fits into a minute; `python -m tests.sim` plays any number."""

import json
from pathlib import Path

import pytest

from tests.properties.sim.__main__ import campaign, catch, one

KEPT: list[int] = json.loads(Path(__file__).with_name("seeds.json").read_text(encoding="utf-8"))
QUICKLY_CAUGHT = (
    "signatures are not checked",
    "another mesh is as good",
    "signature over JSON encoded again",
    "cursor at file boundaries only",
    "a name moves the cursor",
    "a lower head takes the cursor back",
)


def test_nodes_agree_after_hours_of_trouble_and_two_quiet_days() -> None:
    found = [line for report in campaign(range(24)) for line in report.found]
    assert found == []


def test_seeds_that_once_found_something_find_nothing_any_more() -> None:
    assert [line for report in campaign(KEPT) for line in report.found] == []


def test_a_file_that_never_came_up_is_not_confirmed_by_who_read_its_events_elsewhere() -> None:
    assert one((0, "burst")).found == []


def test_a_seed_plays_the_same_each_time() -> None:
    first, second = one((3, "")), one((3, ""))
    assert first.fingerprint == second.fingerprint
    assert first.trace == second.trace
    assert first.events > 20


@pytest.mark.parametrize("mutant", QUICKLY_CAUGHT)
def test_a_broken_protocol_is_found_out(mutant: str) -> None:
    report = catch(mutant, tries=20)
    assert report is not None
    assert report.bad
