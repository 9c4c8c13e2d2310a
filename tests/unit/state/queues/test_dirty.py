"""Dirty items: a mark that comes during a visit of the item is not lost."""

import msgspec

from mesharr.state.queues.dirty import DirtyItems
from tests.unit.state.samples import DUNE, MOVIES, NOW, opened

ITEM = (MOVIES, DUNE)


def marked(*items: tuple[str, str]) -> DirtyItems:
    kept = opened().dirty
    kept.mark(items or [ITEM], NOW)
    return kept


def test_a_marked_item_is_due_at_once() -> None:
    (dirty,) = marked().due([MOVIES], NOW)
    assert (dirty.library, dirty.item, dirty.since, dirty.tries, dirty.state) == (*ITEM, NOW, 0, "")


def test_a_clean_item_is_not_dirty() -> None:
    queue = marked()
    queue.done(queue.due([MOVIES], NOW)[0])
    assert queue.all() == []
    assert queue.next_due() is None


def test_a_mark_during_a_visit_is_not_lost_by_its_end() -> None:
    queue = marked()
    (visited,) = queue.due([MOVIES], NOW)
    queue.mark([ITEM], NOW + 5)
    queue.done(visited)
    assert [dirty.item for dirty in queue.due([MOVIES], NOW + 5)] == [DUNE]


def test_a_mark_during_a_visit_is_not_lost_when_the_visit_fails() -> None:
    queue = marked()
    (visited,) = queue.due([MOVIES], NOW)
    queue.mark([ITEM], NOW + 5)
    queue.later(msgspec.structs.replace(visited, tries=4, state="refused", why="x"), NOW + 10**9)
    (dirty,) = queue.due([MOVIES], NOW + 5)
    assert dirty.state == ""
    assert dirty.tries == 0


def test_an_item_for_later_waits_and_keeps_why() -> None:
    queue = marked()
    (visited,) = queue.due([MOVIES], NOW)
    later = msgspec.structs.replace(visited, tries=1, state="failed", why="no answer", title="Dune (2021)")
    queue.later(later, NOW + 100)
    assert queue.due([MOVIES], NOW + 99) == []
    assert queue.due([MOVIES], NOW + 100) == [msgspec.structs.replace(later, next=NOW + 100)]


def test_a_mark_brings_a_waiting_item_forward_and_keeps_since_when_it_waits() -> None:
    queue = marked()
    queue.later(queue.due([MOVIES], NOW)[0], NOW + 10**9)
    queue.mark([ITEM], NOW + 7)
    (dirty,) = queue.due([MOVIES], NOW + 7)
    assert dirty.since == NOW
    queue.mark([ITEM], NOW + 9)
    assert queue.next_due() == NOW + 7


def test_only_items_of_the_libraries_named_are_due_and_the_oldest_first() -> None:
    queue = marked((MOVIES, "tmdb:2"), ("tv", "tvdb:1"))
    queue.mark([(MOVIES, "tmdb:1")], NOW - 5)
    assert [dirty.item for dirty in queue.due([MOVIES], NOW)] == ["tmdb:1", "tmdb:2"]
    assert [dirty.item for dirty in queue.due([MOVIES], NOW, limit=1)] == ["tmdb:1"]
    assert queue.due([], NOW) == []
    assert len(queue.all()) == 3


def test_a_retry_makes_everything_due() -> None:
    queue = marked()
    queue.later(queue.due([MOVIES], NOW)[0], NOW + 10**9)
    assert queue.retry(NOW + 1) == 1
    assert len(queue.due([MOVIES], NOW + 1)) == 1


def test_only_what_was_refused_is_due_when_the_user_may_have_fixed_it() -> None:
    queue = marked(ITEM, (MOVIES, "tmdb:9"))
    for dirty, state in zip(queue.due([MOVIES], NOW), ("refused", "failed"), strict=True):
        queue.later(msgspec.structs.replace(dirty, state=state), NOW + 10**9)
    queue.retry_refused(NOW + 1)
    assert [dirty.state for dirty in queue.due([MOVIES], NOW + 1)] == ["refused"]
