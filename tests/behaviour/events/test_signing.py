"""Facts are signed a few at a time, so that whoever else writes to the database is soon served."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesharr.core.events.schema import FileImported, Found, ItemChanged, LibraryFound, StreamOpened
from mesharr.node.outward.stream.publish import SIGN_AT_ONCE
from mesharr.state.db import Database
from tests.support.household import Clock, Household, QuickDatabase, make_drive, settle
from tests.unit.state.samples import film, imported


class Counting(QuickDatabase):
    """A database that notes how many events are kept after each commit."""

    def __init__(self, path: str) -> None:
        self.kept: list[int] = []
        super().__init__(path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        outermost = self._depth == 0
        with super().transaction():
            yield
        if outermost:
            self.kept += [
                int(row[0]) for row in self.rows("SELECT sum(last - first + 1) FROM runs") if row[0]
            ]


class Counted(Household):
    def make_database(self) -> Database:
        self.counting = Counting(str(self.dir / "mesharr.db"))
        return self.counting


@pytest.fixture
def alice(tmp_path: Path, clock: Clock) -> Counted:
    make_drive(tmp_path / "drive")
    house = Counted("alice", tmp_path, tmp_path / "drive", clock)
    settle(clock, house, seconds=60, steps=6)
    return house


def fact(number: int) -> FileImported:
    return imported(f"Film {number}/film.mkv", item=f"tmdb:{number}")


def types(house: Household) -> list[str]:
    return [row.type for row in house.state.streams.since(house.engine.publisher.stream, 1)]


def test_no_transaction_signs_more_than_a_few_facts_and_all_are_published_in_order(
    alice: Counted, clock: Clock
) -> None:
    for number in range(1, 101):
        alice.state.outbox.put(f"tmdb:{number}", fact(number), "", "imported", clock(), looked=clock())
    before = alice.state.streams.count()
    alice.counting.kept = [before]
    alice.engine.publisher.flush(clock(), alice.engine.tick())
    assert alice.state.streams.count() == before + 100
    steps = [after - was for was, after in zip(alice.counting.kept, alice.counting.kept[1:], strict=False)]
    assert max(steps) == SIGN_AT_ONCE
    assert alice.state.outbox.ready() == []
    for number in range(1, 101):
        assert list(alice.state.items.state("movies", f"tmdb:{number}").copies) == [f"film {number}/film.mkv"]
    assert alice.events()[-100:] == ["file.imported"] * 100


def test_a_fact_that_speaks_of_many_items_is_signed_alone(alice: Counted, clock: Clock) -> None:
    found = tuple(
        Found(item=film(f"tmdb:{number}", f"Film {number}"), copies=fact(number).copies)
        for number in range(1, 301)
    )
    alice.state.outbox.put(
        "", LibraryFound(library="movies", items=found), "", "inventory", clock(), looked=clock()
    )
    facts = len(alice.state.outbox.ready())
    assert facts > 3
    alice.counting.kept = [alice.state.streams.count()]
    alice.engine.publisher.flush(clock(), alice.engine.tick())
    steps = [after - was for was, after in zip(alice.counting.kept, alice.counting.kept[1:], strict=False)]
    assert [step for step in steps if step] == [1] * facts


def test_a_new_stream_begins_with_what_it_closes_however_much_waited_before(
    alice: Counted, clock: Clock
) -> None:
    for number in range(1, 41):
        changed = ItemChanged(library="movies", id=f"tmdb:{number}", folder=f"Film {number}")
        alice.state.outbox.put(f"tmdb:{number}", changed, "", "moved", clock())
    alice.state.outbox.put("", StreamOpened(closes={"00000000": 1}), "", "a new incarnation", clock())
    alice.state.own_streams.begin("00c0ffee")
    alice.engine.publisher.flush(clock(), alice.engine.tick())
    assert types(alice) == ["stream.opened", *["item.changed"] * 40]
