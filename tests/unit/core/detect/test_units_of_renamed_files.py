"""Which units a renamed file is: of a peer's copy the mesh says it, of this node's own its app."""

from typing import Any

import msgspec
import pytest

from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
from mesharr.core.detect.listed_files import UNCONFIRMED_MS
from mesharr.core.events.schema import Copy, FileRenamed, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import LivingCopy
from tests.unit.core.detect.test_item_diff import BOB, ME, NOW, bodies, compared, copy_at, holds, shows

FIRST, SECOND = "Dune (2021)/1.mkv", "Dune (2021)/2.mkv"
NEW = "Dune (2021)/new.mkv"
NUMBERS = {"S00E01": 1001, "S00E02": 1002}


def episode(path: str, unit: str, *, number: int = 0, size: int = 100) -> Copy:
    """Return a copy of one episode, with the number by which all apps know it."""
    return msgspec.structs.replace(
        copy_at(path, unit, size=size), checks={unit: number or NUMBERS.get(unit, 1)}
    )


def listing(*copies: Copy) -> Snapshot:
    """Return what an app lists that has these files, whose ids are 1, 2 and so on."""
    refs = {same_key(copy.path): ref for ref, copy in enumerate(copies, 1)}
    return msgspec.structs.replace(shows(*copies), file_refs=refs)


def listed(*copies: Copy) -> Baseline:
    """Return what it listed before, under the same ids."""
    return baseline_of(listing(*copies))


def renamed(*args: Any, **members: Any) -> tuple[Renamed, ...]:
    """Return what the one rename that is published states."""
    [body] = bodies(compared(*args, **members))
    assert isinstance(body, FileRenamed)
    return body.files


def test_a_peers_file_that_the_app_took_for_another_episode_stays_what_it_is_when_it_is_renamed_here() -> (
    None
):
    theirs, read = episode(FIRST, "S00E02"), episode(NEW, "S00E01")
    before = listed(episode(FIRST, "S00E01"))
    [file] = renamed(listing(read), before, holds(theirs), renamed={same_key(NEW): FIRST})
    assert file == Renamed(old=FIRST, new=episode(NEW, "S00E02"))


@pytest.mark.parametrize("by", [ME, BOB])
def test_once_a_peer_has_renamed_a_file_the_mesh_says_which_episode_it_is(by: str) -> None:
    """Its name is the peer's then, and the app may have read it by that."""
    theirs, read = episode(FIRST, "S00E02"), episode(NEW, "S00E01")
    [living] = holds(theirs).copies.values()
    origin = ME if by == BOB else BOB
    known = holds(theirs, copies={same_key(FIRST): LivingCopy(theirs, by, living.stamp, origin)})
    [file] = renamed(listing(read), listed(episode(FIRST, "S00E01")), known, renamed={same_key(NEW): FIRST})
    assert file.new.units == ("S00E02",)


def test_of_the_households_own_file_its_app_says_which_episode_it_is() -> None:
    mine, read = episode(FIRST, "S00E02"), episode(NEW, "S00E01")
    [file] = renamed(listing(read), listed(mine), holds(mine, by=ME), renamed={same_key(NEW): FIRST})
    assert file.new == read


def test_an_episode_that_has_another_number_since_has_the_new_one_when_its_file_is_renamed() -> None:
    old, new = episode(FIRST, "S01E05", number=777), episode(NEW, "S01E06", number=777)
    [file] = renamed(listing(new), listed(old), holds(old), renamed={same_key(NEW): FIRST})
    assert file.new == new


def test_a_peers_file_that_is_overwritten_or_tagged_here_stays_the_episode_that_it_is() -> None:
    theirs, read = episode(FIRST, "S00E02"), episode(FIRST, "S00E01", size=101)
    before = listed(episode(FIRST, "S00E01"))
    [tagged] = renamed(listing(read), before, holds(theirs), retagged=frozenset({same_key(FIRST)}))
    assert (tagged.new.size, tagged.new.units) == (101, ("S00E02",))
    first = compared(listing(read), before, holds(theirs))
    assert not first.changes
    [overwritten] = renamed(listing(read), first.baseline, holds(theirs), now=NOW + UNCONFIRMED_MS)
    assert (overwritten.new.size, overwritten.new.units) == (101, ("S00E02",))


def test_files_that_exchange_their_names_on_the_drive_are_what_their_names_say() -> None:
    """Who does that by hand corrects the names; when a peer's app does it, that says so."""
    one, two = episode(FIRST, "S00E01", size=1), episode(SECOND, "S00E02", size=2)
    shown = listing(episode(FIRST, "S00E01", size=2), episode(SECOND, "S00E02", size=1))
    first = compared(shown, listed(one, two), holds(one, two))
    files = renamed(shown, first.baseline, holds(one, two), now=NOW + UNCONFIRMED_MS)
    assert {(each.old, each.new.path, *each.new.units) for each in files} == {
        (SECOND, FIRST, "S00E01"),
        (FIRST, SECOND, "S00E02"),
    }


def test_a_file_that_has_the_place_of_another_since_is_what_the_app_lists() -> None:
    """Two households exchanged two names at one time: the files are where they were, the ids are not."""
    theirs = episode(SECOND, "S00E01", size=1)
    before = listed(episode(SECOND, "S00E01", size=1), episode(FIRST, "S00E02", size=2))
    shown = listing(episode(SECOND, "S00E01", size=2), episode(FIRST, "S00E02", size=1))
    [file] = renamed(shown, before, holds(theirs), renamed={same_key(FIRST): SECOND})
    assert (file.old, file.new.path, file.new.units) == (SECOND, FIRST, ("S00E02",))
