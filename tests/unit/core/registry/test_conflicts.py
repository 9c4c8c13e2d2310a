"""Two imports of one thing are found, each once, and say what is where."""

from random import Random

import msgspec

from mesharr.core.events.schema import Copy, Item
from mesharr.core.paths import same_key
from mesharr.core.registry.conflicts import Conflict, conflicts
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.ownership import Owner
from tests.unit.core.strategies import random_world, real_fold

ALICE, BOB = "alice-00000001", "bob-00000002"
STAMPS = {
    ALICE: ("2026-11-22T12:00:00.000Z-0000", ALICE, "1", 1),
    BOB: ("2026-11-22T13:00:00.000Z-0000", BOB, "1", 1),
}


def holding(kind: str, owner: str, **copies: tuple[str, tuple[str, ...]]) -> ItemState:
    """Return a registry with copies: file name to who brought it, and its units."""
    living = {}
    for name, (node, units) in copies.items():
        copy = Copy(path=f"X/{name}.mkv", size=1, units=units)
        living[same_key(copy.path)] = LivingCopy(copy, node, STAMPS[node])
    every = {unit for each in living.values() for unit in each.copy.units}
    return ItemState(
        library="movies",
        id="tmdb:1",
        item=Item(id="tmdb:1", kind=kind, folder="X"),
        copies=living,
        owners={unit: Owner(owner, 1, False, STAMPS[owner]) for unit in every} if owner else {},
    )


def test_a_film_imported_twice_says_who_owns_it_and_where_the_other_file_is() -> None:
    state = holding("movie", BOB, a=(ALICE, ("movie",)), b=(BOB, ("movie",)))
    assert conflicts(state) == (
        Conflict(("movie",), BOB, "X/b.mkv", "X/a.mkv", ALICE, kept_node=BOB, kept_size=1, other_size=1),
    )


def test_without_an_owner_the_first_one_is_kept() -> None:
    (found,) = conflicts(holding("movie", "", b=(BOB, ("movie",)), a=(ALICE, ("movie",))))
    assert (found.owner, found.kept, found.other) == ("", "X/a.mkv", "X/b.mkv")


def test_two_files_of_one_household_are_its_own_business() -> None:
    assert conflicts(holding("movie", ALICE, a=(ALICE, ("movie",)), b=(ALICE, ("movie",)))) == ()


def test_a_film_imported_twice_by_one_household_is_a_conflict_once_another_one_renamed_a_file() -> None:
    state = holding("movie", ALICE, a=(ALICE, ("movie",)), b=(BOB, ("movie",)))
    renamed = msgspec.structs.replace(state.copies[same_key("X/b.mkv")], origin=ALICE)
    copies = {**state.copies, same_key("X/b.mkv"): renamed}
    (found,) = conflicts(msgspec.structs.replace(state, copies=copies))
    assert (found.kept, found.kept_node, found.other, found.node) == ("X/a.mkv", ALICE, "X/b.mkv", BOB)


def test_tracks_of_one_household_are_no_conflict_whoever_renamed_them() -> None:
    state = holding("artist", ALICE, a=(ALICE, ("a:1",)), b=(BOB, ("a:1",)))
    renamed = msgspec.structs.replace(state.copies[same_key("X/b.mkv")], origin=ALICE)
    copies = {**state.copies, same_key("X/b.mkv"): renamed}
    assert conflicts(msgspec.structs.replace(state, copies=copies)) == ()


def test_a_file_of_two_episodes_counts_once() -> None:
    state = holding("series", ALICE, a=(ALICE, ("1:1",)), b=(ALICE, ("1:2",)), c=(BOB, ("1:1", "1:2")))
    (found,) = conflicts(state)
    assert found.units == ("1:1", "1:2")


def test_an_album_counts_once_however_many_tracks_it_has() -> None:
    tracks = {f"t{number}": (node, ("a:1",)) for number, node in enumerate((ALICE, ALICE, BOB, BOB))}
    (found,) = conflicts(holding("artist", ALICE, **tracks))
    assert found.node == BOB


def test_in_any_world_a_conflict_names_two_living_copies_of_two_nodes() -> None:
    for seed in range(300):
        world = random_world(Random(seed))
        state = real_fold(world.facts, world.cuts)
        found = conflicts(state)
        assert len({each.other for each in found}) == len(found)
        for each in found:
            kept, other = state.copies[same_key(each.kept)], state.copies[same_key(each.other)]
            assert each.node in {other.brought_by, other.node}
            assert kept.brought_by != other.brought_by or kept.node != other.node
            assert set(each.units) <= set(other.copy.units)
            if each.owner:
                assert other.brought_by != each.owner or kept.brought_by == each.owner
        shuffled = msgspec.structs.replace(state, copies=dict(reversed(list(state.copies.items()))))
        assert conflicts(shuffled) == found
