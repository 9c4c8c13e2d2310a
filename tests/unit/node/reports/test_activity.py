"""What happened is read newest first, in plain words, and costs the same however much happened before."""

import msgspec
import pytest

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    ItemLeft,
    ItemRemoved,
    LibraryFound,
    NodeHello,
    UnitReleased,
)
from mesharr.node.reports.activity import ActivityFilter, activity_document, item_history
from mesharr.node.reports.catalogue import refresh
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.peers import Peer
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
    film,
    imported,
    opened,
    stored,
)
from tests.unit.state.test_many_rows import steps_of

HELLO = NodeHello(name="bob", key="A" * 43)
ANY = ActivityFilter()
PEERS = [Peer(BOB, "bob", "key", "2026-11-22")]


def bodies(count: int) -> list[Body]:
    return [
        added(f"tmdb:{n}") if n % 2 else imported(f"{n}/a.mkv", item=f"tmdb:{n}") for n in range(1, count + 1)
    ]


def applied(*of_bob: Body) -> State:
    state = opened()
    state.streams.apply([stored(seq, body, B) for seq, body in enumerate(of_bob, 1)], NOW + 60_000)
    return state


def texts(state: State, what: ActivityFilter = ANY) -> list[str]:
    found = activity_document(state, ALICE, PEERS, what).activity
    return [f"{each.name} {each.text}" for each in found]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (added(), "bob added Dune (2021)"),
        (
            FileImported(
                library=MOVIES,
                item=film(),
                copies=(Copy(path="a.mkv", size=1, units=("movie",), quality="Bluray-2160p"),),
                replaced=("old.mkv",),
                term=1,
            ),
            "bob imported Dune (2021) Bluray-2160p instead of an older file",
        ),
        (ItemLeft(library=MOVIES, id=DUNE), "bob removed tmdb:438631 from the app"),
        (ItemRemoved(library=MOVIES, id=DUNE, seen={}), "bob deleted tmdb:438631 with its files"),
        (
            ItemRemoved(library=MOVIES, id=DUNE, reason="reassigned", seen={}),
            "bob gave the files of tmdb:438631 to another item",
        ),
        (
            FileRemoved(library=MOVIES, id=DUNE, paths=("a.mkv",), reason="upgrade", seen={}),
            "bob took away 1 file of tmdb:438631 for a better one",
        ),
        (
            UnitReleased(library=MOVIES, id=DUNE, units=("movie",), reason="failed"),
            "bob failed to download tmdb:438631",
        ),
        (LibraryFound(library=MOVIES, items=()), "bob listed 0 items that movies had before mesharr"),
    ],
)
def test_an_event_is_said_in_plain_words(body: Body, text: str) -> None:
    assert texts(applied(body)) == [text]


def test_an_event_that_names_only_an_id_has_the_title_of_the_catalogue() -> None:
    state = applied(added(), ItemRemoved(library=MOVIES, id=DUNE, seen={}))
    while refresh(state):
        pass
    assert texts(state)[0] == "bob deleted Dune (2021) with its files"


def test_a_hello_is_listed_only_when_it_is_asked_for() -> None:
    state = applied(added())
    state.streams.apply([stored(1, HELLO, "carol-00000003.00000001")], NOW)
    assert texts(state) == ["bob added Dune (2021)"]
    assert texts(state, ActivityFilter(kind="hello")) == ["carol-00000003 said that it is running"]


def test_activity_is_filtered_by_node_library_and_kind() -> None:
    state = applied(added(), imported("a.mkv"))
    state.streams.apply([stored(1, added("tmdb:1"), A)], NOW)
    assert texts(state, ActivityFilter(node="alice")) == ["alice added Dune (2021)"]
    assert texts(state, ActivityFilter(node=BOB, kind="imported")) == ["bob imported Dune (2021)"]
    assert texts(state, ActivityFilter(library="series")) == []


def test_an_event_of_a_peer_is_done_when_the_item_waits_for_nothing() -> None:
    state = applied(added())
    state.dirty.mark([(MOVIES, DUNE)], NOW)
    (dirty,) = state.dirty.all()
    state.dirty.later(msgspec.structs.replace(dirty, state="held", why="needs approval"), NOW + 1)
    (entry,) = activity_document(state, ALICE, PEERS, ANY).activity
    assert [(stage.name, stage.done, stage.why) for stage in entry.stages] == [
        ("published", True, ""),
        ("received here", True, ""),
        ("done here", False, "needs approval"),
    ]
    assert entry.stages[1].at == "2025-11-24T16:01:00Z"
    state.dirty.done(state.dirty.all()[0])
    (entry,) = activity_document(state, ALICE, PEERS, ANY).activity
    assert entry.stages[-1].done


def test_what_is_only_looked_at_once_more_is_done() -> None:
    state = applied(added())
    state.dirty.mark([(MOVIES, DUNE)], NOW)
    (dirty,) = state.dirty.all()
    for state_, why, done in (
        ("", "verifying that it stays unmonitored", True),
        ("", "verifying that it stays unmonitored; Radarr is scanning", False),
        ("failed", "verifying that it stays unmonitored", False),
    ):
        state.dirty.later(msgspec.structs.replace(dirty, state=state_, why=why), NOW + 1)
        (entry,) = activity_document(state, ALICE, PEERS, ANY).activity
        assert entry.stages[-1].done is done


def test_what_is_not_published_yet_comes_first_with_what_it_waits_for() -> None:
    state = applied(added())
    state.outbox.put(DUNE, imported("a.mkv"), "drive", "an import", NOW)
    first, second = activity_document(state, ALICE, PEERS, ANY).activity
    assert (first.mine, first.place, first.reason) == (True, 0, "an import")
    assert [(stage.name, stage.done) for stage in first.stages] == [("noticed", True), ("uploaded", False)]
    assert second.place == 1


def test_a_page_goes_on_where_the_one_before_ended() -> None:
    state = applied(*bodies(7))
    places: list[int] = []
    before = 0
    for _ in range(4):
        page = activity_document(state, ALICE, PEERS, ANY, before, 3)
        places += [each.place for each in page.activity]
        if not (before := page.older):
            break
    assert places == [7, 6, 5, 4, 3, 2, 1]


def test_the_history_of_an_item_is_its_own_events_newest_first() -> None:
    state = applied(added(), added("tmdb:1"), imported("a.mkv"))
    found = item_history(state, ALICE, PEERS, MOVIES, DUNE)
    assert [each.text for each in found] == ["imported Dune (2021)", "added Dune (2021)"]


def test_a_page_of_a_long_history_costs_what_a_short_one_does_and_no_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fold(_facts: ItemFacts) -> None:
        raise AssertionError("an item is folded")

    short, long = applied(*bodies(200)), applied(*bodies(3_200))
    monkeypatch.setattr(ItemFacts, "folded", fold)
    steps = [
        steps_of(state, lambda state=state: activity_document(state, ALICE, PEERS, ANY))  # type: ignore[misc]  # bound now
        for state in (short, long)
    ]
    assert steps[1] < 1.5 * steps[0]
