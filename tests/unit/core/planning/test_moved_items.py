"""An item that goes to another library: its state there and here, and what is published."""

from itertools import permutations

from mesharr.core.detect.model import Withdraw
from mesharr.core.events.schema import ItemAdded, ItemAliased, ItemLeft, ItemMoved, ItemRemoved
from mesharr.core.hlc import text_of
from mesharr.core.paths import same_key
from mesharr.core.planning.actions import Move, Plan
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.planning.placement import plan_elsewhere
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from tests.unit.core.detect.test_item_diff import FILM, ME, NOW, bodies, compared, copy_at, holds, shows, was
from tests.unit.core.planning import test_plan as inward

STREAM = f"{ME}.00000001"


def test_the_move_is_known_in_both_libraries_whatever_came_first() -> None:
    bodies_ = (
        ItemAdded(library="movies", item=FILM),
        ItemMoved(library="movies", id=FILM.id, to="movies-4k"),
        ItemLeft(library="movies", id=FILM.id),
    )
    facts = [Fact(STREAM, n, text_of(NOW + n), body) for n, body in enumerate(bodies_, 1)]
    for order in permutations(facts):
        here = fold("movies", FILM.id, order)
        assert (here.moved_to, here.moved_from, here.present) == ("movies-4k", (), False)
    there = fold("movies-4k", FILM.id, facts[1:2])
    assert (there.moved_to, there.moved_from, there.present, there.left_by) == (
        "",
        ("movies",),
        False,
        frozenset(),
    )


def test_of_a_way_there_and_back_the_last_move_counts_and_other_ways_stay() -> None:
    ways = (("movies", "movies-4k"), ("kids", "movies-4k"), ("movies-4k", "movies"))
    moves = [
        Fact(STREAM, n, text_of(NOW + n), ItemMoved(library=here, id=FILM.id, to=there))
        for n, (here, there) in enumerate(ways, 1)
    ]
    seen_from = {
        library: fold(library, FILM.id, [move for move in moves if library in ways[move.seq - 1]])
        for library in ("movies", "movies-4k", "kids")
    }
    assert {library: (state.moved_to, state.moved_from) for library, state in seen_from.items()} == {
        "movies": ("", ("movies-4k",)),
        "movies-4k": ("movies", ("kids",)),
        "kids": ("movies-4k", ()),
    }


def test_what_left_one_library_for_another_is_published_as_moved_and_never_as_missing() -> None:
    found = compared(None, was(copy_at()), holds(copy_at(), by=ME), moved_to="movies-4k")
    assert [type(body) for body in bodies(found)] == [ItemMoved, ItemLeft, ItemRemoved]
    assert not found.baseline.present
    again = compared(None, found.baseline, holds(copy_at(), by=ME), moved_to="movies-4k")
    assert again.changes == ()


def test_what_waits_to_be_published_in_the_library_it_left_is_withdrawn() -> None:
    path = copy_at().path
    withdrawn = Withdraw(frozenset({same_key(path)}), "moved to movies-4k in the app")
    for shared in (holds(), holds(adders=(), contributors=frozenset(), item=None)):
        found = compared(None, was(copy_at()), shared, {path: 1}, moved_to="movies-4k")
        assert found.changes[0] == withdrawn
        assert not found.baseline.present


def test_the_files_of_what_came_from_another_library_are_published_at_once() -> None:
    unknown = holds(adders=(), contributors=frozenset(), item=None)
    added, imported = bodies(compared(shows(copy_at()), None, unknown, moved_here=True))
    assert isinstance(added, ItemAdded)
    assert getattr(imported, "copies", ()) == (copy_at(),)


def test_an_item_kept_in_the_library_it_came_from_is_pointed_here_and_any_other_is_left_alone() -> None:
    desired = inward.wants(copy_at(), moved_from=("movies",), folder="Dune (2021)")
    made = plan_elsewhere(desired, 7, "movies", ItemMemory(), ME, NOW)
    assert made.actions == (Move(7, "Dune (2021)", (copy_at(),), "it was moved here from movies"),)
    odd = inward.wants(copy_at(), copy_at("Another/a.mkv"), moved_from=("movies",), folder="Dune (2021)")
    assert plan_elsewhere(odd, 7, "movies", ItemMemory(), ME, NOW).actions == made.actions
    for where in ("kids", ""):
        other = plan_elsewhere(desired, 7, where, ItemMemory(), ME, NOW)
        assert (other.actions, other.stuck) == ((), False)
        assert "the app keeps it in" in other.why
    kept = plan_elsewhere(desired, 7, "movies", ItemMemory(), ME, NOW, stays=True)
    assert (kept.actions, kept.why) == ((), "the app keeps it in movies")
    left = inward.wants(copy_at(), moved_from=("movies",), left_by=frozenset({ME}))
    assert plan_elsewhere(left, 7, "movies", ItemMemory(), ME, NOW) == Plan((), ItemMemory())


def test_an_item_with_two_ids_is_one_and_goes_by_the_last_alias() -> None:
    bodies_ = (
        ItemAdded(library="movies", item=FILM),
        ItemAliased(library="movies", id=FILM.id, alias="tmdb:2"),
    )
    facts = [Fact(STREAM, n, text_of(NOW + n), body) for n, body in enumerate(bodies_, 1)]
    for ids in ((FILM.id, "tmdb:2"), ("tmdb:2", FILM.id)):
        state = fold("movies", ids[0], facts, aliases=ids[1:])
        assert (state.id, state.present, state.item) == ("tmdb:2", True, FILM)
