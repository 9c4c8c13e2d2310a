"""Items: what the mesh knows of them, their ids, and what is kept of them here."""

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.events.schema import ItemLeft
from mesharr.core.planning.memory import ItemMemory, PauseRecord
from mesharr.state.items import MOST_IDS, LocalItem
from mesharr.state.state import State
from tests.unit.state.samples import (
    ALICE,
    BOB,
    DUNE,
    MOVIES,
    NOW,
    B,
    added,
    aliased,
    imported,
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
