"""Where most of a library is looked for at once, its mount is asked for one listing of all of it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesharr.demo.http import serve
from tests.bench.library import films_found, put_on_the_drive, tell
from tests.support.household import MOVIES, Clock, Household, make_drive, settle

FILMS = 24
ALL, ONE = "the whole library", "a folder"


class MountControl:
    """The remote control of a mount, which counts what it is asked to read again.

    `fails`: a listing of the whole library does not come to its end.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.fails = False
        self.url = ""

    def handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        what = ALL if body.get("recursive") == "true" else ONE
        self.asked[what] += 1
        outcome = "googleapi: Error 403: Rate Limit Exceeded" if self.fails and what == ALL else "OK"
        return httpx.Response(200, json={"result": {body.get("dir", ""): outcome}})


@pytest.fixture
def control() -> Iterator[MountControl]:
    made = MountControl()
    with serve(made.handle) as server:
        made.url = server.url
        yield made


def household(name: str, root: Path, clock: Clock, control: MountControl | None = None) -> Household:
    """Return a household, whose library is on a mount with that remote control."""
    if not (root / "drive").exists():
        make_drive(root / "drive")
    changes: dict[str, Any] = {"libraries": {MOVIES.library: {"rc": control.url}}} if control else {}
    return Household(name, root, root / "drive", clock, (MOVIES,), policy={"first_contact": "go"}, **changes)


def fill(house: Household, films: int) -> None:
    """Put so many films into a household as they were before mesharr."""
    house.deaf = True
    for film in range(1, films + 1):
        house.radarr.add(film)
        house.radarr.download(film, size=64)
    house.run_commands()
    house.deaf = False


def peer_of(house: Household, root: Path, clock: Clock, films: int) -> Household:
    """Return a household that has told of so many films on the drive, and is trusted."""
    alice = household("alice", root, clock)
    settle(clock, alice, seconds=10, steps=5)
    found = tuple(films_found(films))
    put_on_the_drive(root / "drive" / MOVIES.library, found)
    tell(alice, MOVIES.library, found)
    house.trust(alice)
    return alice


def has(house: Household, films: int) -> list[bool]:
    return [house.radarr.file(film) is not None for film in range(1, films + 1)]


@pytest.mark.parametrize("fails", [False, True])
def test_who_joins_has_the_files_of_all_films_listed_at_once(
    tmp_path: Path, clock: Clock, control: MountControl, *, fails: bool
) -> None:
    control.fails = fails
    bob = household("bob", tmp_path, clock, control)
    peer_of(bob, tmp_path, clock, FILMS)
    settle(clock, bob, seconds=600, steps=60)
    assert has(bob, FILMS) == [True] * FILMS
    assert control.asked == ({ALL: 1, ONE: FILMS} if fails else {ALL: 1})


def test_the_inventory_of_a_first_day_is_looked_for_at_once(
    tmp_path: Path, clock: Clock, control: MountControl
) -> None:
    alice = household("alice", tmp_path, clock, control)
    fill(alice, FILMS)
    settle(clock, alice, seconds=600, steps=60)
    assert "library.found" in alice.events()
    assert control.asked == {ALL: 1}


def test_a_few_new_films_are_looked_for_one_by_one(
    tmp_path: Path, clock: Clock, control: MountControl
) -> None:
    bob = household("bob", tmp_path, clock, control)
    peer_of(bob, tmp_path, clock, 3)
    settle(clock, bob, seconds=600, steps=60)
    assert has(bob, 3) == [True] * 3
    assert control.asked == {ONE: 3}
