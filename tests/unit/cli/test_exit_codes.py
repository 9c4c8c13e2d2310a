"""The exit codes: the table of the docs has each of them, and no other; 4 is that of each kind of outage."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mesharr.cli import context
from tests.support.household import Clock, Household, settle
from tests.unit.cli.house import Commands

PAGE = Path(__file__).parents[3] / "docs/when-things-go-wrong.md"
Break = Callable[[Household, Path, pytest.MonkeyPatch], None]


def _library(bob: Household, _away: Path, _patch: pytest.MonkeyPatch) -> None:
    (bob.library / ".mesharr-anchor").unlink()


def _store(bob: Household, away: Path, _patch: pytest.MonkeyPatch) -> None:
    os.rename(bob.drive / ".mesharr", away)


def _app(bob: Household, _away: Path, _patch: pytest.MonkeyPatch) -> None:
    bob.radarr.fail = lambda _request: httpx.Response(503)


def _media_server(bob: Household, _away: Path, _patch: pytest.MonkeyPatch) -> None:
    bob.plex.fail_with(503)


def _full_disk(_bob: Household, _away: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("mesharr.disk.free_space.LEAST_FREE", 2**62)


OUTAGES: dict[str, Break] = {
    "library:movies": _library,
    "store": _store,
    "app:radarr": _app,
    "scanner:plex": _media_server,
    "disk": _full_disk,
}


def test_the_documented_exit_codes_are_those_of_the_program() -> None:
    table = PAGE.read_text().partition("| exit code |")[2].partition("\n\n")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert documented == {context.DONE, context.FAILED, context.MISUSED, context.WAITING, context.DOWN}


@pytest.mark.parametrize(("subject", "broken"), OUTAGES.items(), ids=list(OUTAGES))
def test_each_kind_of_outage_is_exit_code_4_of_status_and_doctor(
    subject: str,
    broken: Break,
    bobs: Commands,
    houses: tuple[Household, Household],
    past: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bob = houses[1]
    broken(bob, tmp_path / "away", monkeypatch)
    settle(past, bob, seconds=50 * 60, steps=5)
    bob.engine.history.step(past())  # what asks an app also while nothing happens
    with bobs.served():
        assert bobs.run("status", "--json") == 4
        assert [each["subject"] for each in json.loads(bobs.out)["down"]] == [subject]
        assert bobs.run("doctor") == 4
