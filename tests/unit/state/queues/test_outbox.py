"""The outbox: events that wait for the drive, for proof, or for their turn."""

import msgspec
import pytest

from mesharr.core.events.schema import Body, Copy, FileImported, FileRenamed, ItemLeft, Renamed
from mesharr.core.paths import same_key
from mesharr.state.queues.outbox import Outbox
from tests.unit.state.samples import DUNE, MOVIES, NOW, imported, left, opened


def stated(body: Body) -> list[tuple[str, int]]:
    """Return path and size of the copies that a body states."""
    return [(copy.path, copy.size) for copy in body.stated_copies()]


def sole(outbox: Outbox) -> FileImported:
    (entry,) = outbox.all()
    assert isinstance(entry.body, FileImported)
    return entry.body


def test_an_event_is_read_as_it_was_put() -> None:
    outbox = opened().outbox
    body = imported("a.mkv", replaced=("old.mkv",))
    n = outbox.put(DUNE, body, "drive", "imported by the app", NOW)
    (entry,) = outbox.all()
    assert (entry.n, entry.library, entry.item, entry.body) == (n, MOVIES, DUNE, body)
    assert (entry.needs, entry.cause, entry.since) == ("drive", "imported by the app", NOW)
    assert outbox.has(n)


def test_an_event_that_needs_the_drive_waits_for_an_upload_of_each_copy() -> None:
    state = opened()
    outbox = state.outbox
    n = outbox.put(DUNE, imported("a.mkv", "b.mkv", replaced=("old.mkv",)), "drive", "", NOW)
    assert [(each.path, each.phase, each.replaces) for each in state.uploads.of(n)] == [
        ("a.mkv", "waiting", True),
        ("b.mkv", "waiting", True),
    ]
    assert outbox.ready() == []


def test_events_that_need_nothing_are_ready_in_the_order_they_were_decided() -> None:
    outbox = opened().outbox
    first = outbox.put(DUNE, imported("a.mkv"), "drive", "", NOW)
    second = outbox.put(DUNE, left(), "", "", NOW)
    assert [entry.n for entry in outbox.ready()] == [second]
    outbox.make_ready(first, imported("a.mkv", size=7), 0)
    assert [entry.n for entry in outbox.ready()] == [first, second]
    assert outbox.count() == {"ready": 2}


def test_a_file_that_waits_to_be_published_is_pending_under_any_spelling() -> None:
    outbox = opened().outbox
    outbox.put(DUNE, imported("Caf\u00e9/A.mkv", size=9), "drive", "", NOW)
    rename = FileRenamed(
        library=MOVIES,
        id=DUNE,
        files=(Renamed(old="x.mkv", new=Copy(path="y.mkv", size=8, units=("movie",))),),
        seen={},
    )
    outbox.put(DUNE, rename, "drive", "", NOW)
    outbox.put("tmdb:2", imported("z.mkv", item="tmdb:2"), "drive", "", NOW)
    assert outbox.pending(MOVIES, DUNE) == {same_key("CAFE\u0301/a.mkv"): 9, "y.mkv": 8}


def test_withdrawing_every_copy_drops_the_event_and_its_uploads() -> None:
    state = opened()
    outbox = state.outbox
    n = outbox.put(DUNE, imported("A.mkv"), "drive", "", NOW)
    outbox.withdraw(MOVIES, DUNE, frozenset({"a.mkv"}))
    assert outbox.all() == []
    assert state.uploads.of(n) == []


def test_withdrawing_one_copy_leaves_the_others_and_what_they_replaced() -> None:
    state = opened()
    outbox = state.outbox
    outbox.put(DUNE, imported("a.mkv", "b.mkv", replaced=("old.mkv",)), "drive", "why", NOW)
    outbox.withdraw(MOVIES, DUNE, frozenset({"a.mkv"}))
    body = sole(outbox)
    assert stated(body) == [("b.mkv", 100)]
    assert body.replaced == ("old.mkv",)
    assert [(each.path, each.replaces) for each in state.uploads.all()] == [("b.mkv", True)]
    assert outbox.all()[0].since == NOW


def test_withdrawing_one_name_of_a_rename_leaves_the_others() -> None:
    outbox = opened().outbox
    files = tuple(
        Renamed(old=f"{n}.mkv", new=Copy(path=f"new{n}.mkv", size=1, units=("movie",))) for n in (1, 2)
    )
    outbox.put(DUNE, FileRenamed(library=MOVIES, id=DUNE, files=files, seen={}), "drive", "", NOW)
    outbox.withdraw(MOVIES, DUNE, frozenset({"new1.mkv"}))
    assert [stated(entry.body) for entry in outbox.all()] == [[("new2.mkv", 1)]]


def test_withdrawing_touches_no_other_event() -> None:
    outbox = opened().outbox
    outbox.put(DUNE, left(), "", "", NOW)
    outbox.put("tmdb:2", imported("a.mkv", item="tmdb:2"), "drive", "", NOW)
    before = outbox.all()
    outbox.withdraw(MOVIES, DUNE, frozenset({"a.mkv"}))
    assert outbox.all() == before


def test_a_withdrawal_that_fails_leaves_the_event() -> None:
    state = opened()
    state.outbox.put(DUNE, imported("a.mkv", "b.mkv"), "drive", "", NOW)

    def fail() -> None:
        with state.transaction():
            state.outbox.withdraw(MOVIES, DUNE, frozenset({"a.mkv"}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stated(sole(state.outbox)) == [("a.mkv", 100), ("b.mkv", 100)]


def test_a_removal_waits_for_its_proof() -> None:
    outbox = opened().outbox
    n = outbox.put(DUNE, left(), "gone", "", NOW)
    assert [entry.n for entry in outbox.due("gone", NOW)] == [n]
    outbox.later(n, NOW + 600, "gone from the drive; to be confirmed by a second check", NOW)
    assert outbox.due("gone", NOW + 599) == []
    assert outbox.next_due() == NOW + 600
    (entry,) = outbox.due("gone", NOW + 600)
    assert (entry.gone_since, entry.tries) == (NOW, 1)


def test_only_bodies_with_copies_state_copies() -> None:
    assert ItemLeft(library=MOVIES, id=DUNE).stated_copies() == ()


def test_an_event_too_long_for_a_line_is_kept_as_several_with_an_upload_for_each_copy() -> None:
    state = opened()
    outbox = state.outbox
    paths = [f"Dune (2021)/{'a long folder name ' * 5}/{number:04}.mkv" for number in range(200)]
    first = outbox.put(DUNE, imported(*paths), "drive", "imported by the app", NOW)
    kept = outbox.all()
    assert len(kept) > 1
    assert kept[0].n == first
    assert all(len(msgspec.json.encode(each.body)) < 13_000 for each in kept)
    assert [path for each in kept for path, _ in stated(each.body)] == paths
    assert [upload.path for each in kept for upload in state.uploads.of(each.n)] == paths
