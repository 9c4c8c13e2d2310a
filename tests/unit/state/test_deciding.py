"""A decision by an item's state is of the moment it is written in, and nobody waits for its fold."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import Unavailable
from mesharr.core.registry.fold import fold
from mesharr.core.registry.item_state import ItemState
from mesharr.state.deciding import FOLDS, decide
from mesharr.state.events import item_facts
from mesharr.state.state import State
from tests.unit.state.samples import DUNE, MOVIES, NOW, A, added, imported, opened, stored

FOLD = fold


@pytest.fixture
def state(tmp_path: Path) -> Iterable[State]:
    made = opened(str(tmp_path / "mesharr.db"))
    made.streams.apply([stored(1, added()), stored(2, imported("a.mkv"))], NOW)
    yield made
    made.db.close()


def _paths(registry: ItemState) -> list[str]:
    return [living.copy.path for living in registry.copies.values()]


@pytest.mark.parametrize("asked", ["state", "record", "decide"])
def test_a_webhook_is_taken_while_an_item_is_folded(
    state: State, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    taken: list[bool] = []

    def slow(*arguments: Any) -> ItemState:
        webhook = threading.Thread(target=lambda: state.inbox.put("radarr", "webhook", b"{}", NOW))
        webhook.start()
        webhook.join(timeout=20)
        taken.append(not webhook.is_alive())
        return FOLD(*arguments)

    monkeypatch.setattr(item_facts, "fold", slow)
    if asked == "decide":
        decide(state, MOVIES, DUNE, lambda _: None)
    else:
        getattr(state.items, asked)(MOVIES, DUNE)
    assert taken == [True]
    assert state.inbox.count() == 1


def test_an_event_that_comes_between_fold_and_decision_has_the_item_folded_again(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [stored(3, imported("b.mkv"))]

    def interrupted(*arguments: Any) -> ItemState:
        registry = FOLD(*arguments)
        if late:
            state.streams.apply([late.pop()], NOW)
        return registry

    monkeypatch.setattr(item_facts, "fold", interrupted)
    seen: list[list[str]] = []

    def decision(registry: ItemState) -> None:
        seen.append(_paths(registry))
        assert _paths(state.items.state(MOVIES, DUNE)) == _paths(registry)  # and what it calls sees the same

    decide(state, MOVIES, DUNE, decision)
    assert seen == [["a.mkv", "b.mkv"]]


def test_an_alias_a_fork_and_a_leave_are_noticed_too(state: State) -> None:
    before = state.items.version(MOVIES, DUNE)
    state.streams.apply([stored(3, imported("x.mkv", item="tmdb:1"))], NOW)
    assert state.items.version(MOVIES, DUNE) == before  # of another item
    state.streams.fork(A, 2, b"other")
    assert state.items.version(MOVIES, DUNE) != before


def test_a_decision_is_given_up_when_events_come_faster_than_folds(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = 0

    def overtaken(*arguments: Any) -> ItemState:
        nonlocal folds
        folds += 1
        state.streams.apply([stored(2 + folds, imported(f"{folds}.mkv"))], NOW)
        return FOLD(*arguments)

    monkeypatch.setattr(item_facts, "fold", overtaken)
    with pytest.raises(Unavailable, match="faster than they are read"):
        decide(state, MOVIES, DUNE, lambda _: pytest.fail("decided on what is no longer so"))
    assert folds == FOLDS
