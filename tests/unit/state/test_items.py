"""Items: what the mesh knows of them, their ids, and what is kept of them here."""

from collections import Counter
from itertools import permutations

import msgspec
import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import Body, Copy, FileRenamed, ItemLeft, ItemRemoved, Renamed
from mesharr.core.planning.memory import ItemMemory, PauseRecord
from mesharr.core.registry.identity.one_item import MOST_IDS
from mesharr.state.items import LocalItem
from mesharr.state.state import State
from tests.unit.state.samples import (
    ALICE,
    BOB,
    DUNE,
    MOVIES,
    NOW,
    A,
    B,
    added,
    aliased,
    imported,
    left,
    opened,
    stored,
)

ITEM = (MOVIES, DUNE)


def test_an_item_that_was_never_listed_has_no_baseline_and_an_empty_memory() -> None:
    items = opened().items
    assert items.baseline(*ITEM) is None
    assert items.memory(*ITEM) == ItemMemory()


def test_baselines_and_memories_are_kept_as_they_were() -> None:
    items = opened().items
    baseline = Baseline(folder="D\u00fcne", files={"a.mkv": 2**52}, unconfirmed={"b.mkv": NOW})
    memory = ItemMemory(
        added_at=NOW,
        set_unmonitored_at={"movie": NOW},
        confirmed_unmonitored=("movie",),
        user_flag_suspects={"movie": NOW + 1},
    )
    items.set_baselines(MOVIES, [(DUNE, Baseline(present=False)), ("tmdb:2", baseline)])
    items.set_baselines(MOVIES, [(DUNE, baseline)])
    items.update_memory(*ITEM, lambda _: memory)
    assert items.baseline(*ITEM) == baseline
    assert dict(items.baselines(MOVIES)) == {DUNE: baseline, "tmdb:2": baseline}
    assert items.memory(*ITEM) == memory
    items.forget_baselines()
    assert dict(items.baselines(MOVIES)) == {}
    assert items.memory(*ITEM) == memory


def test_an_update_changes_the_present_value_and_nothing_beside_it() -> None:
    items = opened().items
    items.update(*ITEM, lambda _: LocalItem(Baseline(folder="a"), ItemMemory(added_at=NOW)))
    stale = items.record(*ITEM).local
    items.update_memory(*ITEM, lambda memory: msgspec.structs.replace(memory, restore_requested=True))
    after = items.update(*ITEM, lambda local: msgspec.structs.replace(local, baseline=Baseline(folder="b")))
    assert stale.memory == ItemMemory(added_at=NOW)
    assert (
        after
        == items.local(*ITEM)
        == LocalItem(Baseline(folder="b"), ItemMemory(added_at=NOW, restore_requested=True))
    )
    assert after.was_listed


def test_a_record_holds_what_waits_to_be_published_of_the_item() -> None:
    state = opened()
    assert state.items.record(*ITEM).pending == ()
    state.outbox.put(DUNE, ItemLeft(library=MOVIES, id=DUNE), "", "gone", NOW)
    record = state.items.record(*ITEM)
    assert [each.body for each in record.pending] == [ItemLeft(library=MOVIES, id=DUNE)]
    assert (record.registry.id, record.local) == (DUNE, LocalItem())


def test_pauses_and_suspects_are_counted_over_items_as_their_memories_have_them() -> None:
    items = opened().items
    by_bob, by_nobody = PauseRecord(set_at=NOW, counts_for=BOB), PauseRecord(set_at=NOW)
    paused = {"S01E01": by_bob, "S01E02": by_bob, "S01E03": by_nobody}
    items.update_memory("tv", "tvdb:1", lambda _: ItemMemory(paused=paused))
    items.update_memory("tv", "tvdb:2", lambda _: ItemMemory(paused={"S01E01": by_nobody}))
    items.update_memory("tv", "tvdb:3", lambda _: ItemMemory(user_flag_suspects={"S01E01": NOW}))
    items.update_memory(MOVIES, DUNE, lambda _: ItemMemory(paused={"movie": by_bob}))
    assert items.paused() == [(MOVIES, DUNE), ("tv", "tvdb:1"), ("tv", "tvdb:2")]
    assert (items.paused_by("tv", BOB), items.paused_by("tv", ALICE), items.suspected("tv")) == (1, 0, 1)
    items.update_memory("tv", "tvdb:1", lambda memory: msgspec.structs.replace(memory, paused={}))
    items.update_memory("tv", "tvdb:3", lambda _: ItemMemory())
    assert items.paused() == [(MOVIES, DUNE), ("tv", "tvdb:2")]
    assert (items.paused_by("tv", BOB), items.suspected("tv")) == (0, 0)


def test_the_items_and_libraries_are_those_that_events_are_about() -> None:
    state = opened()
    state.streams.apply([stored(1, added()), stored(2, imported("a.mkv", item="tmdb:2"), at=NOW + 500)], NOW)
    state.streams.apply([stored(1, imported("b.mkv"), B)], NOW)
    assert sorted(state.items.all(MOVIES)) == ["tmdb:2", DUNE]
    assert state.items.libraries() == [MOVIES]
    assert state.items.touched(MOVIES, NOW - 400, NOW) == [DUNE, "tmdb:2"]


def chained(names: int) -> State:
    """Return a state in which so many ids hang together."""
    state = opened()
    events = [stored(1, added("tmdb:1"))]
    events += [stored(n, aliased(f"tmdb:{n - 1}", f"tmdb:{n}")) for n in range(2, names + 1)]
    state.streams.apply(events, NOW)
    return state


def test_an_item_may_have_had_several_ids() -> None:
    items = chained(MOST_IDS).items
    assert len(items.ids(MOVIES, "tmdb:4")) == MOST_IDS
    assert items.state(MOVIES, f"tmdb:{MOST_IDS}").present


def test_a_library_that_aliases_join_to_one_item_stays_what_it_was() -> None:
    items = chained(MOST_IDS + 1).items
    for name in ("tmdb:1", "tmdb:5", f"tmdb:{MOST_IDS + 1}"):
        assert items.ids(MOVIES, name) == (name,)
        assert items.state(MOVIES, name).id == name
    assert items.state(MOVIES, "tmdb:1").present
    assert not items.state(MOVIES, "tmdb:2").present


# -- two real items, and somebody who says that they are one

LIE = aliased("tmdb:7", "tmdb:9")
M = "mallory-00000003.00000001"
C = "carol-00000004.00000001"


def _of_four(*events: tuple[str, Body]) -> State:
    """Return a state with these events, each the next one of its stream."""
    state, seqs = opened(), Counter[str]()
    for stream, body in events:
        seqs[stream] += 1
        state.streams.apply([stored(seqs[stream], body, stream)], NOW)
    return state


TWO = ((A, imported("7.mkv", item="tmdb:7")), (B, imported("9.mkv", item="tmdb:9")))


@pytest.mark.parametrize("events", [*permutations([*TWO, (M, LIE)])])
def test_two_films_stay_two_whoever_says_that_they_are_one_and_whenever(
    events: tuple[tuple[str, Body], ...],
) -> None:
    items = _of_four(*events).items
    for item, path in (("tmdb:7", "7.mkv"), ("tmdb:9", "9.mkv")):
        state = items.state(MOVIES, item)
        assert (state.id, state.ids, [*state.copies]) == (item, (item,), [path])
        assert items.ids(MOVIES, item) == (item,)


def test_a_film_that_is_over_is_joined_to_another_and_is_its_own_again_when_it_is_back() -> None:
    state = _of_four(TWO[0], (B, added("tmdb:9")), (B, left("tmdb:9")), (M, LIE))
    assert state.items.ids(MOVIES, "tmdb:7") == ("tmdb:7", "tmdb:9")
    state.streams.apply([stored(3, added("tmdb:9"), B)], NOW)
    assert state.items.ids(MOVIES, "tmdb:7") == ("tmdb:7",)
    assert state.items.state(MOVIES, "tmdb:9").adders == (BOB,)


def test_what_counts_for_one_id_is_judged_by_the_events_about_it_alone() -> None:
    """A removal of the one film, which names the last event of a stream, ends nothing of the other."""
    seven, nine = imported("7.mkv", item="tmdb:7"), imported("9.mkv", item="tmdb:9")
    end = ItemRemoved(library=MOVIES, id="tmdb:9", seen={A: (2, stored(2, nine).id)})
    state = _of_four((A, seven), (A, nine), (B, added("tmdb:9")), (B, end), (M, LIE), (C, added("tmdb:9")))
    assert [*state.items.state(MOVIES, "tmdb:7").copies] == ["7.mkv"]
    assert state.items.ids(MOVIES, "tmdb:7") == ("tmdb:7",)


def test_who_renames_a_peers_file_has_the_item_too() -> None:
    new = Copy(path="new.mkv", size=100, units=("movie",))
    seven = imported("7.mkv", item="tmdb:7")
    seen = {M: (1, stored(1, seven, M).id)}
    rename = FileRenamed(library=MOVIES, id="tmdb:7", files=(Renamed(old="7.mkv", new=new),), seen=seen)
    before = (A, added("tmdb:8"))  # the rename is later than the import
    state = _of_four((M, seven), before, (A, rename), (B, added("tmdb:9")), (M, LIE))
    assert [*state.items.state(MOVIES, "tmdb:7").copies] == ["new.mkv"]
    assert state.items.ids(MOVIES, "tmdb:7") == ("tmdb:7",)


def test_an_alias_counts_once_the_nodes_say_so_whose_items_it_joins() -> None:
    state = _of_four(*TWO, (A, LIE), (C, added("tmdb:7")))
    assert state.items.ids(MOVIES, "tmdb:7") == ("tmdb:7",)
    assert state.items.with_those_around([(MOVIES, "tmdb:9")]) == [(MOVIES, "tmdb:7"), (MOVIES, "tmdb:9")]
    state.streams.apply([stored(2, LIE, C)], NOW)
    found = state.items.state(MOVIES, "tmdb:9")
    assert (found.ids, sorted(found.copies)) == (("tmdb:7", "tmdb:9"), ["7.mkv", "9.mkv"])
    assert found.stated_ids == {"tmdb:7", "tmdb:9"}
