"""The uploads: replacements first, tried again when they failed, and kept until the local copy is removed."""

from mesharr.state.queues.uploads import UploadTotals
from tests.unit.state.samples import DUNE, NOW, imported, opened


def test_a_local_file_is_still_to_be_removed_when_its_event_was_signed() -> None:
    state = opened()
    outbox, uploads = state.outbox, state.uploads
    n = outbox.put(DUNE, imported("a.mkv", "b.mkv"), "drive", "", NOW)
    sent, _ = uploads.of(n)
    uploads.advance(sent, "sent", size=100, stat=b"{}")
    outbox.drop(n)
    assert [(each.path, each.phase, each.stat) for each in uploads.all()] == [("a.mkv", "sent", b"{}")]
    uploads.drop(uploads.all()[0])
    assert uploads.all() == []


def test_an_upload_that_is_done_is_not_due() -> None:
    state = opened()
    outbox, uploads = state.outbox, state.uploads
    n = outbox.put(DUNE, imported("a.mkv"), "drive", "", NOW)
    uploads.advance(uploads.of(n)[0], "done", size=120)
    assert uploads.all() == []
    assert [(each.phase, each.size) for each in uploads.of(n)] == [("done", 120)]


def test_replacements_are_uploaded_first_and_a_failed_upload_waits() -> None:
    state = opened()
    outbox, uploads = state.outbox, state.uploads
    outbox.put(DUNE, imported("new.mkv"), "drive", "", NOW)
    outbox.put(DUNE, imported("better.mkv", replaced=("old.mkv",)), "drive", "", NOW)
    better, new = uploads.due(NOW)
    assert (better.path, new.path) == ("better.mkv", "new.mkv")
    uploads.later(better, NOW + 60, "quota")
    assert [each.path for each in uploads.due(NOW)] == ["new.mkv"]
    assert [(each.why, each.tries) for each in uploads.due(NOW + 60)] == [("quota", 1), ("", 0)]


def test_of_a_thousand_the_replacements_are_sent_first_and_then_the_oldest() -> None:
    state = opened()
    outbox, uploads = state.outbox, state.uploads
    with state.transaction():
        oldest = outbox.put(DUNE, imported("0.mkv"), "drive", "", NOW)
        for n in range(1, 1000):
            replaced = ("old.mkv",) if n % 400 == 0 else ()
            outbox.put(DUNE, imported(f"{n}.mkv", replaced=replaced), "drive", "", NOW + n)
    queued = outbox.get(oldest)
    assert queued
    outbox.check_again(queued)  # the drive lost it before it was published
    first = uploads.due_to_send(NOW, 5)
    assert [each.path for each in first] == ["400.mkv", "800.mkv", "0.mkv", "1.mkv", "2.mkv"]
    assert [each.path for each in uploads.waiting_before(NOW + 2)] == ["0.mkv", "1.mkv"]


def test_uploaded_bytes_are_counted_for_two_days() -> None:
    uploads = opened().uploads
    uploads.note_sent(100, NOW)
    uploads.note_sent(20, NOW + 50)
    assert uploads.sent_bytes(NOW) == 120
    assert uploads.sent_bytes(NOW + 1) == 20
    uploads.note_sent(3, NOW + 3 * 86_400_000)
    assert uploads.sent_bytes(0) == 3


def test_what_waits_is_counted_without_what_is_on_the_drive() -> None:
    state = opened()
    uploads = state.uploads
    assert uploads.totals() == UploadTotals()
    n = state.outbox.put(DUNE, imported("a.mkv", "b.mkv", "c.mkv"), "drive", "", NOW)
    whole = sum(each.size for each in uploads.of(n))
    a, b, _ = uploads.of(n)
    uploads.advance(a, "sent", size=a.size)
    uploads.note_progress(b, 20, 1)
    assert uploads.totals() == UploadTotals(count=3, left=whole - a.size - 20, speed=1)


def test_of_what_waits_the_first_are_listed_as_they_are_sent_and_the_blocked_last() -> None:
    state = opened()
    outbox, uploads = state.outbox, state.uploads
    with state.transaction():
        for n in range(1000):
            replaced = ("old.mkv",) if n == 999 else ()
            outbox.put(DUNE, imported(f"{n}.mkv", replaced=replaced), "drive", "", NOW + n)
    listed = {each.path: each for each in uploads.all()}
    uploads.note_progress(listed["500.mkv"], 20, 1)
    for n in range(499):
        uploads.later(listed[f"{n}.mkv"], NOW, "not mounted")
    first = [each.path for each in uploads.first(4, ["not mounted", "refused"])]
    assert first == ["500.mkv", "999.mkv", "499.mkv", "501.mkv"]
    assert uploads.first(-1, ["not mounted"])[-1].path == "498.mkv"
    assert uploads.waiting_for(["not mounted", "refused"]) == {("movies", "not mounted"): 499}
    assert uploads.waiting_for([]) == {}


def test_what_was_sent_is_kept_by_day_for_good() -> None:
    uploads = opened().uploads
    day = NOW // 86_400_000
    uploads.note_sent(100, NOW)
    uploads.note_sent(20, NOW)
    uploads.note_sent(3, NOW + 3 * 86_400_000)
    assert uploads.sent_by_day(4, NOW + 3 * 86_400_000) == [
        (day, 120),
        (day + 1, 0),
        (day + 2, 0),
        (day + 3, 3),
    ]
    assert uploads.sent_in_all() == 123
