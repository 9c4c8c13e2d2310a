"""What only reads writes nothing: every method whose docstring begins with "Return" or "Yield"."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesharr.state.events.catalogue import CatalogueSearch
from mesharr.state.state import State
from tests.unit.state.samples import DUNE, MOVIES, NOW, A, added, aliased, imported, left, opened, stored

SAMPLES: dict[str, Any] = {
    "library": MOVIES,
    "item": DUNE,
    "items": [(MOVIES, DUNE)],
    "stream": A,
    "scanner": "plex",
    "app": "radarr",
    "place": 1,
    "places": [1],
    "needs": "drive",
    "ids": [DUNE],
    "libraries": [MOVIES],
    "rows": 8,
    "entry": (MOVIES, DUNE, 1),
    "body_type": type(added()),
    "what": CatalogueSearch("dune"),
}


def readers() -> Iterator[tuple[str, str]]:
    """Yield the name of each table of a state, and of each method of it that only reads."""
    for table, kept in vars(State(opened().db)).items():
        for name, method in inspect.getmembers(kept, inspect.ismethod):
            only_reads = (method.__doc__ or "").startswith(("Return", "Yield"))
            if only_reads and not name.startswith("_") and table not in {"db", "transaction"}:
                yield table, name


def sample_of(parameter: inspect.Parameter) -> Any:
    """Return an argument for a parameter, by its name, else by its type."""
    if parameter.name in SAMPLES:
        return SAMPLES[parameter.name]
    kind = str(parameter.annotation)
    return 1 if "int" in kind else "x" if "str" in kind else frozenset()


def arguments(method: Callable[..., Any]) -> list[Any]:
    wanted = inspect.signature(method).parameters.values()
    return [sample_of(each) for each in wanted if each.default is inspect.Parameter.empty]


@pytest.fixture(scope="module")
def state() -> State:
    """A state with something in most tables, that can only be read."""
    state = opened()
    events = [stored(1, added()), stored(2, imported("a.mkv")), stored(3, aliased(DUNE, "tmdb:9"))]
    state.streams.apply(events, NOW)
    state.outbox.put(DUNE, imported("b.mkv"), "drive", "", NOW)
    state.outbox.put(DUNE, left(), "gone", "", NOW)
    state.dirty.mark([(MOVIES, DUNE)], NOW)
    state.inbox.put("radarr", "webhook", b"{}", NOW)
    state.scans.put(["plex"], MOVIES, "Dune (2021)", NOW)
    state.holds.add("bob-00000002", MOVIES, "removals", [(DUNE, "Dune")], "more than 20", NOW)
    state.missing.note(MOVIES, DUNE, "the app does not list it")
    state.scan_marks.put(MOVIES, DUNE, ["0badcafe"])
    state.db.rows("PRAGMA query_only=ON")
    return state


def test_a_state_that_can_only_be_read_refuses_a_write(state: State) -> None:
    with pytest.raises(Exception, match="readonly"):
        state.counters.add("files_rejected")


def test_what_is_read_together_is_of_one_moment(tmp_path: Path) -> None:
    path = str(tmp_path / "mesharr.db")
    reader, writer = opened(path), opened(path)
    with reader.db.reading():
        assert reader.counters.all() == {}
        writer.counters.add("files_rejected")
        assert reader.counters.all() == {}
        with pytest.raises(RuntimeError):
            reader.counters.add("files_rejected")
    assert reader.counters.all() == {"files_rejected": 1}


@pytest.mark.parametrize(("table", "name"), list(readers()))
def test_who_reads_writes_nothing(state: State, table: str, name: str) -> None:
    """The state can only be read: a write would raise, whatever it would change."""
    method = getattr(getattr(state, table), name)
    found = method(*arguments(method))
    rows = list(found) if inspect.isgenerator(found) else found
    again = method(*arguments(method))
    assert (list(again) if inspect.isgenerator(again) else again) == rows
