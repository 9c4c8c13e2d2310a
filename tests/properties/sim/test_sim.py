"""Some seeds of the simulation of the log; `python -m tests.sim` plays any number.

`.ci/run` plays 300, 24 with a liar, and all mutants: what these have is a sample here.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.properties.sim.__main__ import Job, campaign, catch, one

FOUND: list[int] = json.loads(Path(__file__).with_name("seeds.json").read_text(encoding="utf-8"))
PLAYED = 300
"""The seeds below are played by `.ci/run`."""
QUICKLY_CAUGHT = (
    "signatures are not checked",
    "another mesh is as good",
    "signature over JSON encoded again",
    "cursor at file boundaries only",
    "a name moves the cursor",
    "a lower head takes the cursor back",
    "a fork is cut where it was seen first",
    "clock values within a file only",
    "one signature for a whole file",
)


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(2), id="2 seeds", marks=pytest.mark.sample),
        pytest.param(
            [seed for seed in FOUND if seed >= PLAYED],
            id="those that found something",
            marks=pytest.mark.campaign,
        ),
    ],
)
def test_nodes_agree_after_hours_of_trouble_and_two_quiet_days(seeds: Sequence[int]) -> None:
    assert [line for report in campaign(seeds) for line in report.found] == []


@pytest.mark.sample
def test_a_trusted_peer_that_lies_hides_nothing_renames_nothing_and_keeps_nobody_waiting() -> None:
    reports = list(campaign(range(2), liar=True))
    assert [line for report in reports for line in report.found] == []
    assert all("the liar: " in "".join(report.trace) for report in reports)


def test_a_file_that_never_came_up_is_not_confirmed_by_who_read_its_events_elsewhere() -> None:
    assert one(Job(0, "burst")).found == []


def test_a_seed_plays_the_same_each_time() -> None:
    first, second = one(Job(3)), one(Job(3))
    assert first.fingerprint == second.fingerprint
    assert first.trace == second.trace
    assert first.events > 20


@pytest.mark.sample
@pytest.mark.parametrize("mutant", QUICKLY_CAUGHT)
def test_a_broken_protocol_is_found_out(mutant: str) -> None:
    report = catch(mutant, tries=20)
    assert report is not None
    assert report.bad
