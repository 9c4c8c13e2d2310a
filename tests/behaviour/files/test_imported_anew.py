"""Files missing for who brought them are imported anew while a peer renames the lost ones."""

from pathlib import Path

import pytest

from mesharr.node import conflict_notes
from mesharr.node.conflict_notes import known_conflicts
from tests.support.household import Clock, Household, settle
from tests.support.keepers import HOUR, MUSICIANS, WRITERS, Keeper, nights, share, two

Houses = tuple[Household, Household]


def imported_anew(keeper: Keeper, tmp_path: Path, clock: Clock) -> Houses:
    """Return alice, who lost files and imported others, and bob, who renamed the lost ones."""
    alice, bob = two(tmp_path, clock, keeper)
    share(keeper, clock, alice, bob, numbers=(1,))
    root, aside = alice.folders[keeper.library], tmp_path / "aside"
    [known] = keeper.files(alice).values()
    aside.mkdir()
    for number, path in enumerate(known):
        (root / path).rename(aside / str(number))
    if keeper is MUSICIANS:
        stray = root / Path(known[0]).parts[0] / "x.flac"
        stray.write_text("without it Lidarr takes the folder for one that is not mounted")
        keeper.arr(alice).daily_refresh()
        alice.run_commands()
        alice.engine.nightly.step(clock())
    else:
        keeper.arr(alice).delete_file(keeper.work(1))
    settle(clock, alice, seconds=2 * HOUR, steps=40)
    assert alice.events()[-1] == "file.removed"
    for number, path in enumerate(known):
        (aside / str(number)).rename(root / path)
    keeper.rename(bob, 1, 2003)
    for _ in range(3):
        clock.forward(20)
        bob.engine.intake.step(clock())
    suffix = ".mp3" if keeper is MUSICIANS else ".mobi"
    keeper.arr(alice).download(keeper.work(1), size=9000, folder="Anew", suffix=suffix)
    settle(clock, alice, seconds=600, steps=20)
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    nights(clock, alice, bob)
    assert bob.events()[-1] == "file.renamed"
    return alice, bob


def at_rest(*houses: Household) -> bool:
    return not any(house.state.dirty.all() for house in houses)


def sets(keeper: Keeper, house: Household) -> set[str]:
    """Return the folders of the files that the app lists."""
    return {Path(path).parent.name for paths in keeper.files(house).values() for path in paths}


@pytest.mark.parametrize("keeper", [MUSICIANS, WRITERS], ids=["album", "book"])
def test_files_imported_anew_while_a_peer_renames_the_lost_ones_are_a_conflict_of_two_households(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = imported_anew(keeper, tmp_path, clock)
    assert at_rest(alice, bob)
    for house in (alice, bob):
        [found] = known_conflicts(house.state, clock())
        assert (found.owner, found.kept_node, found.node) == (alice.node, alice.node, bob.node)
        assert ("/Anew/" in found.kept, "(2003)/" in found.other) == (True, True)
        assert found.answers == ("keep-both",)
        conflict_notes.resolve(house.state, [found], "keep-both")
        assert known_conflicts(house.state, clock()) == ()
    nights(clock, alice, bob)
    assert at_rest(alice, bob)


@pytest.mark.parametrize("keeper", [MUSICIANS, WRITERS], ids=["album", "book"])
def test_of_files_imported_anew_and_renamed_meanwhile_those_stay_that_nobody_deletes(
    keeper: Keeper, tmp_path: Path, clock: Clock
) -> None:
    alice, bob = imported_anew(keeper, tmp_path, clock)
    [listed] = sets(keeper, bob)
    keeper.arr(bob).delete_file(keeper.work(1))
    settle(clock, alice, bob, seconds=2 * HOUR, steps=60)
    nights(clock, alice, bob)
    for house in (alice, bob):
        [shown] = sets(keeper, house)
        assert shown != listed
        assert known_conflicts(house.state, clock()) == ()
    assert at_rest(alice, bob)
