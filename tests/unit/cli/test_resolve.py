"""`mesharr resolve`: which of two households' files of one item stays."""

import pytest

from mesharr.core.registry.conflicts import Conflict
from mesharr.state.queues.upload_conflicts import UploadConflict
from mesharr.state.state import State
from tests.support.household import Clock, Household
from tests.unit.cli.house import Commands

PATH, SECOND = "Film 7 (2007)/Film 7.mkv", "Film 7 (2007)/Film 7 Remux.mkv"
WAITS = UploadConflict("movies", PATH, "tmdb:7", "alice-00000002", 4096, 1)


@pytest.fixture
def state(houses: tuple[Household, Household], past: Clock) -> State:
    """A household whose file of film 7 waits, and with two files of film 8."""
    house = houses[1]
    house.state.uploads.put(1, "movies", [(PATH, 9000)], replaces=False, since=past())
    house.state.upload_conflicts.note(WAITS)
    house.state.conflicts.put(
        "movies", "tmdb:8", (Conflict(("movie",), house.node, PATH, SECOND, "alice-00000002"),)
    )
    return house.state


def test_without_an_answer_it_lists_what_is_to_be_decided(bobs: Commands, state: State) -> None:
    assert bobs.run("resolve") == 0
    assert "mesharr resolve tmdb:7 keep-theirs, keep-mine or keep-both" in bobs.out
    assert bobs.out.count(PATH) == 3, "as often as there are files of that name"
    assert f"{PATH} (4.1 kB)" in bobs.out
    assert f"{PATH} (9.0 kB)" in bobs.out
    found = bobs.json("resolve", "tmdb:7")["conflicts"]
    assert (found[0]["kept_size"], found[0]["other_size"]) == (WAITS.size, 9000)
    assert [(each["item"], each["waits"], each["node"]) for each in found] == [("tmdb:7", True, WAITS.node)]


@pytest.mark.parametrize("answer", ["keep-theirs", "keep-mine", "keep-both"])
def test_an_answer_is_kept_and_the_upload_is_due(bobs: Commands, state: State, answer: str) -> None:
    assert bobs.run("resolve", "tmdb:7", answer) == 0
    assert bobs.out.startswith(f"{answer}: ")
    (kept,) = state.upload_conflicts.all()
    assert kept.answer == answer
    assert bobs.json("resolve")["conflicts"][0]["item"] == "tmdb:8"  # what is decided is asked no more


def test_two_files_that_are_both_on_the_drive_can_only_be_left(bobs: Commands, state: State) -> None:
    assert bobs.run("resolve", "tmdb:8", "keep-mine") == 2
    assert "to keep one, alice deletes the second in its app" in bobs.err
    assert bobs.run("resolve", "tmdb:8", "keep-both") == 0
    assert [item for _, item, _ in state.conflicts.all()] == []


def test_what_it_does_not_know_is_named(bobs: Commands, state: State) -> None:
    assert bobs.run("resolve", "tmdb:7", "keep-all") == 2
    assert "keep-theirs, keep-mine, keep-both" in bobs.err
    assert bobs.run("resolve", "tmdb:99", "keep-mine") == 2
    assert "matches nothing" in bobs.err


def test_a_conflict_of_a_file_that_waits_no_more_is_forgotten(state: State) -> None:
    state.upload_conflicts.drop_ended()
    assert state.upload_conflicts.all() == [WAITS]
    assert state.upload_conflicts.note(WAITS).since == 1
    state.uploads.drop_of(1)
    state.upload_conflicts.drop_ended()
    assert state.upload_conflicts.all() == []
