"""A new type of event answers for itself: a class and its place in `TYPES` is all that the stages need."""

import hashlib
from collections.abc import Callable, Collection
from typing import Any, ClassVar, Self, cast

import msgspec
import pytest

from mesharr.cli.actions import log
from mesharr.core.detect.already_published import is_published
from mesharr.core.errors import Rejected
from mesharr.core.events.base import Copy, InNewIncarnation, ItemBodyById, Vector, count_words
from mesharr.core.events.chunking import MAX_BODY
from mesharr.core.events.schema import TYPES, body_of
from mesharr.core.hlc import text_of
from mesharr.core.paths import same_key
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from mesharr.node.model import Me
from mesharr.node.outward.stream.incarnation import Incarnations
from mesharr.node.status.notices import Notices
from mesharr.state.events.index import Index
from mesharr.state.events.streams import StoredEvent
from mesharr.state.state import State
from tests.unit.state.samples import ALICE, DUNE, MOVIES, NOW, A, opened


class FileSubtitled(ItemBodyById, frozen=True, kw_only=True):
    """Files of an item were written again, with subtitles in them."""

    type_name: ClassVar[str] = "file.subtitled"
    in_new_incarnation: ClassVar[InNewIncarnation] = "recheck_files"
    notice: ClassVar[str] = "imported"
    found_by_type: ClassVar[bool] = True
    divisible: ClassVar[str] = "copies"

    copies: tuple[Copy, ...]
    seen: Vector

    def stated_copies(self) -> tuple[Copy, ...]:
        return self.copies

    def map_copies(self, change: Callable[[Copy], Copy | None]) -> Self:
        copies = tuple(new for copy in self.copies if (new := change(copy)) is not None)
        return msgspec.structs.replace(self, copies=copies)

    def counts(self) -> tuple[str, ...]:
        return (count_words(self.copies, "copy", "copies"),)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TYPES, FileSubtitled.type_name, FileSubtitled)


def subtitled(*paths: str) -> FileSubtitled:
    copies = tuple(Copy(path=path, size=100, units=("movie",)) for path in paths)
    return FileSubtitled(library=MOVIES, id=DUNE, copies=copies, seen={})


def stored(body: FileSubtitled) -> StoredEvent:
    line = msgspec.json.encode({"seq": 1, "hlc": text_of(NOW), "type": body.type_name, "body": body})
    return StoredEvent(A, 1, hashlib.sha256(line).hexdigest(), text_of(NOW), body.type_name, line)


def waiting(state: State) -> list[tuple[str, Collection[str]]]:
    """Return what each waiting fact needs, and the paths it states."""
    return [(fact.needs, [copy.path for copy in fact.body.stated_copies()]) for fact in state.outbox.all()]


def test_its_body_is_read_with_the_rules_of_its_members() -> None:
    body = subtitled("a.mkv")
    assert body_of("file.subtitled", msgspec.json.encode(body)) == body
    with pytest.raises(Rejected):
        body_of("file.subtitled", msgspec.json.encode(subtitled("../a.mkv")))


def test_one_too_long_for_a_line_is_divided() -> None:
    paths = [f"Dune (2021)/{'a long folder name ' * 5}/{number:04}.mkv" for number in range(300)]
    parts = subtitled(*paths).parts()
    assert len(parts) > 1
    assert [copy.path for part in parts for copy in part.copies] == paths
    assert all(len(msgspec.json.encode(part)) <= MAX_BODY for part in parts)


def test_its_files_are_pending_and_are_uploaded_and_those_withdrawn_are_left_out() -> None:
    state = opened()
    state.outbox.put(DUNE, subtitled("a.mkv", "B.mkv"), "drive", "subtitles were added", NOW)
    assert state.outbox.pending(MOVIES, DUNE) == {"a.mkv": 100, "b.mkv": 100}
    assert [upload.path for upload in state.uploads.all()] == ["a.mkv", "B.mkv"]
    state.outbox.withdraw(MOVIES, DUNE, frozenset({same_key("a.mkv")}))
    assert waiting(state) == [("drive", ["B.mkv"])]


def test_it_is_published_with_the_sizes_seen_on_the_drive() -> None:
    sized = subtitled("a.mkv", "b.mkv").with_sizes({"a.mkv": 120})
    assert [copy.size for copy in sized.copies] == [120, 100]


def test_a_new_incarnation_rechecks_its_files() -> None:
    state = opened()
    state.outbox.put(DUNE, subtitled("a.mkv"), "", "", NOW)
    own = Incarnations(Me(ALICE, "alice", "0" * 16), cast(Any, None), cast(Any, None), state)
    own._reincarnate(NOW)
    assert waiting(state) == [("drive", ["a.mkv"])]
    assert [upload.path for upload in state.uploads.all()] == ["a.mkv"]


def test_a_new_incarnation_drops_a_type_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileSubtitled, "in_new_incarnation", "first_day")
    state = opened()
    state.outbox.put(DUNE, subtitled("a.mkv"), "", "", NOW)
    own = Incarnations(Me(ALICE, "alice", "0" * 16), cast(Any, None), cast(Any, None), state)
    own._reincarnate(NOW)
    assert waiting(state) == []


def test_its_event_is_found_by_its_item_and_its_type() -> None:
    state, event = opened(), stored(subtitled("a.mkv"))
    state.streams.apply([event], NOW)
    rows = Index(state.db).read(0, 10)
    assert rows is not None
    assert list(rows.items) == [(MOVIES, DUNE)]
    Index(state.db).add(rows)
    assert [each.id for each in state.streams.about(MOVIES, [DUNE])] == [event.id]
    latest = state.streams.latest(A, "file.subtitled")
    assert latest is not None
    assert latest.id == event.id


def test_the_log_shows_it_and_a_household_is_notified_of_it() -> None:
    event = stored(subtitled("a.mkv", "b.mkv"))
    assert log._says(event) == f"{MOVIES} {DUNE} 2 copies"
    notices = Notices(Me("bob-00000002", "bob", "0" * 16), (), cast(Any, dict), opened())
    assert notices._kind(msgspec.structs.replace(event, seq=2)) == "imported"


def test_its_copies_live_in_the_registry_and_are_not_published_twice() -> None:
    body = subtitled("a.mkv")
    state = fold(MOVIES, DUNE, [Fact(A, 1, text_of(NOW), body)])
    assert [living.copy for living in state.copies.values()] == list(body.copies)
    assert is_published(body, state, ALICE)
    assert not is_published(subtitled("b.mkv"), state, ALICE)
