"""A peer states far more of one item than an item has: the item stops growing, and nothing else waits."""

import msgspec
import pytest

from mesharr.core.events.schema import Body, ItemAdded, UnitGrabbed
from mesharr.core.registry import bounds
from mesharr.core.registry.facts import Cuts
from mesharr.node.inward import reconcile
from mesharr.node.outward import intake
from mesharr.node.outward.compare import full_compare
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.items import Items
from tests.behaviour.events.test_hostile_peers import _import_of, _tail_of
from tests.support.household import MESH, Clock, Household, import_on, settle

Pair = tuple[Household, Household]


def test_what_a_peer_states_too_much_of_one_film_is_kept_and_told_and_all_else_goes_on(
    alice_and_bob: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST", 400)
    alice, bob = alice_and_bob
    first = _import_of("Film 9 (2009)/first.mkv")
    grabs = [UnitGrabbed(library="movies", id="tmdb:9", units=("movie",)) for _ in range(100)]
    last = msgspec.structs.replace(_import_of("Film 9 (2009)/last.mkv"), term=2)
    other = msgspec.structs.replace(
        first.item, id="tmdb:8", ids={"tmdb": 8}, title="Film 8", folder="Film 8 (2009)"
    )
    _tail_of(alice, MESH, first, *grabs, last, ItemAdded(library="movies", item=other))
    settle(clock, bob)
    registry = bob.state.items.state("movies", "tmdb:9")
    assert [each.copy.path for each in registry.copies.values()] == ["Film 9 (2009)/first.mkv"]
    assert len(bob.read_of(alice)) == 103  # all of them are kept
    assert bob.shows(8) == (False, False)
    told = [what for subject, what, *_ in bob.state.refusals.all() if subject.startswith("events:")]
    assert len(told) == 1
    assert f"{alice.node} states too much of Film 9 (movies)" in told[0]
    import_on(clock, bob, alice)
    assert alice.shows(7) == (False, True)


def added(number: int) -> ItemAdded:
    """Return the add of a film by a peer."""
    described, name = _import_of("Film 9 (2009)/film.mkv").item, f"Film {number}"
    film = msgspec.structs.replace(
        described, id=f"tmdb:{number}", ids={"tmdb": number}, title=name, folder=f"{name} (2009)"
    )
    return ItemAdded(library="movies", item=film)


def much_of(*numbers: int) -> list[Body]:
    """Return bodies that state much of each of these films."""
    much: list[Body] = []
    for number in numbers:
        grab = UnitGrabbed(library="movies", id=f"tmdb:{number}", units=("movie",))
        much += (added(number), *[grab] * 20)
    return much


def test_films_of_which_a_peer_states_much_keep_no_other_film_waiting(
    alice_and_bob: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "MANY_EVENTS", 10)
    monkeypatch.setattr(reconcile, "LOOK_EVENTS", 30)
    alice, bob = alice_and_bob
    _tail_of(alice, MESH, *much_of(2, 3, 4), added(8))
    now = clock()
    assert bob.engine.follower.step(now) == 64
    bob.engine.reconciler.step(now)
    assert bob.shows(8) == (False, False)
    waits = [each.item for each in bob.state.dirty.all() if "waits for its turn" in each.why]
    assert waits == ["tmdb:3", "tmdb:4"]
    settle(clock, bob, seconds=60, steps=12)
    assert not [each.item for each in bob.state.dirty.all() if "waits for its turn" in each.why]
    assert all(bob.movie(number) is not None for number in (2, 3, 4))


def test_the_comparison_of_a_library_folds_such_films_within_a_budget_and_all_in_their_turn(
    alice_and_bob: Pair, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = alice_and_bob
    numbers = range(2, 8)
    _tail_of(alice, MESH, *much_of(*numbers), added(8))
    settle(clock, bob, seconds=60, steps=12)
    assert all(bob.movie(number) is not None for number in (*numbers, 8))
    for stage in (full_compare, intake, reconcile):
        monkeypatch.setattr(stage, "MANY_EVENTS", 10)
        monkeypatch.setattr(stage, "LOOK_EVENTS", 50)
    heavy = {f"tmdb:{number}" for number in numbers}
    folds: list[str] = []
    facts = Items.facts

    def counted(self: Items, library: str, item: str, cuts: Cuts | None = None) -> ItemFacts:
        folds.append(item)
        return facts(self, library, item, cuts)

    monkeypatch.setattr(Items, "facts", counted)
    steps = (
        lambda: bob.engine.nightly.step(clock()),
        lambda: bob.engine.nightly.hourly(clock()),
        lambda: bob.engine.intake.step(clock()),
    )
    for step in steps:
        folds.clear()
        step()
        assert "tmdb:8" in folds or step is steps[-1]
        assert len([item for item in folds if item in heavy]) <= 2 * 2, folds  # compared, and planned
    settle(clock, bob, seconds=600, steps=60)
    assert heavy <= set(folds)
    assert bob.waits() == {}
