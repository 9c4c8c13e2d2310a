"""Events as they are kept, and a state to keep them in."""

import hashlib

import msgspec
import pytest

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    Item,
    ItemAdded,
    ItemAliased,
    ItemLeft,
)
from mesharr.core.hlc import text_of
from mesharr.core.registry.bounds import Bounds
from mesharr.core.registry.facts import Fact
from mesharr.state.db import Database
from mesharr.state.events.item_facts import facts_in
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State

A = "alice-00000001.00000001"
B = "bob-00000002.00000001"
ALICE, BOB = (stream.rpartition(".")[0] for stream in (A, B))
NOW = 1_764_000_000_000
DUNE = "tmdb:438631"
MOVIES = "movies"


def opened(path: str = ":memory:") -> State:
    """Return the state in a database."""
    return State(Database(path))


def facts_about(state: State, item: str) -> list[Fact]:
    """Return the facts about an item that count, in the order they were applied."""
    return list(facts_in(state.streams.events_about(MOVIES, [item]), Bounds()))


def stored(seq: int, body: Body, stream: str = A, at: int = 0) -> StoredEvent:
    """Return an event as it is kept; its line is what the signature would cover."""
    hlc = text_of(at or NOW + seq)
    line = msgspec.json.encode({"seq": seq, "hlc": hlc, "type": body.type_name, "body": body})
    id_ = hashlib.sha256(stream.encode() + line).hexdigest()
    return StoredEvent(stream, seq, id_, hlc, body.type_name, line, body.touched_items())


def film(item: str = DUNE, folder: str = "Dune (2021)") -> Item:
    """Return an item."""
    return Item(id=item, kind="movie", title="Dune", year=2021, folder=folder)


def added(item: str = DUNE) -> Body:
    """Return the body that adds an item."""
    return ItemAdded(library=MOVIES, item=film(item))


def left(item: str = DUNE) -> Body:
    """Return the body that says an item is no longer listed."""
    return ItemLeft(library=MOVIES, id=item)


def aliased(item: str, alias: str) -> Body:
    """Return the body that says two ids are one item."""
    return ItemAliased(library=MOVIES, id=item, alias=alias)


def imported(*paths: str, item: str = DUNE, replaced: tuple[str, ...] = (), size: int = 100) -> FileImported:
    """Return the body that imports one copy of the film at each path."""
    copies = tuple(Copy(path=path, size=size, units=("movie",)) for path in paths)
    return FileImported(library=MOVIES, item=film(item), copies=copies, replaced=replaced, term=1)


def unsigned_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have hellos be read that nobody signed."""
    unsigned = msgspec.json.Decoder(msgspec.defstruct("Unsigned", [("body", msgspec.Raw)]))
    monkeypatch.setattr("mesharr.node.ownership.codec.parse", unsigned.decode)
