"""An app that scans an item while it imports a file drops the file again: it is asked for one scan."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.household import Clock, Household, settle
from tests.support.keepers import FILMS, HOUR, SHOWS, Keeper, named, two


def _imported_beside_a_scan(keeper: Keeper, alice: Household, clock: Clock, *, is_compared: bool) -> None:
    """Import a file whose row the app drops: its scan listed the folder before the file was there."""
    keeper.bring(alice, 1)
    if is_compared:
        alice.engine.intake.step(clock())
    (path,) = keeper.files(alice)[keeper.item(1)]
    file = alice.folders[keeper.library] / path
    os.rename(file, f"{file}.later")
    with alice.unseen():
        alice.links[keeper.setup.app].arr.rescan(keeper.shown(alice)[keeper.item(1)].ref, (str(file),))
        keeper.arr(alice).run_commands()
    os.rename(f"{file}.later", file)
    assert keeper.files(alice)[keeper.item(1)] == []


def _commands(keeper: Keeper, house: Household) -> Counter[Any]:
    return Counter(method for method, path in keeper.arr(house).requests if path.endswith("/command"))


@pytest.mark.parametrize("is_compared", [True, False], ids=["compared", "unseen"])
@pytest.mark.parametrize("keeper", [FILMS, SHOWS], ids=named)
def test_an_import_that_a_scan_beside_it_dropped_is_scanned_for_and_published(
    keeper: Keeper, is_compared: bool, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = two(tmp_path, clock, keeper)
    keeper.add(alice, 1)
    settle(clock, alice, bob)
    _imported_beside_a_scan(keeper, alice, clock, is_compared=is_compared)
    keeper.arr(alice).forget_requests()
    settle(clock, alice, bob, seconds=600)
    assert keeper.files(bob) == keeper.files(alice)
    assert keeper.files(alice)[keeper.item(1)]
    assert alice.events() == ["item.added", "file.imported"]
    assert _commands(keeper, alice)["POST"] == 1


def test_a_file_that_the_app_does_not_take_is_scanned_for_once_a_day(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = two(tmp_path, clock, FILMS)
    FILMS.add(alice, 1)
    settle(clock, alice, bob)
    _imported_beside_a_scan(FILMS, alice, clock, is_compared=False)
    monkeypatch.setattr(alice.radarr.library, "scan", lambda _movie: None)
    alice.radarr.forget_requests()
    settle(clock, alice, bob, seconds=12 * HOUR, steps=720)
    assert _commands(FILMS, alice) == {"POST": 1, "GET": 1}
    assert alice.waits() == {}
