from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.log import layout, writer
from mesharr.log.chain import MAX_FILE
from mesharr.log.writer import Line, OwnFile, PlannedFile
from tests.unit.log.samples import ALICE_NODE, INC

STREAM = f"{ALICE_NODE}.{INC}"


def may_publish(files: Sequence[OwnFile], waiting_s: float) -> bool:
    return writer.publish_delay(files, waiting_s).wait_s <= 0


def lines_of(count: int, size: int = 600, first: int = 1) -> list[Line]:
    """Return that many lines, each `size` bytes with its newline."""
    return [Line(seq, f"{seq:064x}", b"x" * (size - 1)) for seq in range(first, first + count)]


def written(planned: PlannedFile, *, confirmed: bool = True, running_s: float = 0.0) -> OwnFile:
    """Return the file a plan becomes once it is written."""
    return OwnFile(planned.where, planned.first, planned.last, planned.k, confirmed, running_s)


def kinds(planned: Sequence[PlannedFile]) -> list[tuple[str, int, int]]:
    """Return (folder, first, last) of each."""
    return [(file.where.partition("/")[0], file.first, file.last) for file in planned]


def plan(lines: Sequence[Line], files: Sequence[OwnFile]) -> tuple[PlannedFile, ...]:
    """Plan as a publisher does: from no more lines than are needed."""
    needed = writer.needed_from(files)
    return writer.to_write(STREAM, [line for line in lines if line.seq >= needed], files)


def test_the_first_events_make_one_tail() -> None:
    lines = lines_of(3)
    (tail,) = plan(lines, ())
    assert (tail.first, tail.last, tail.k) == (1, 3, 0)
    assert tail.where == f"events/{STREAM}.0000000001-0000000003.{lines[-1].id[:8]}.0.jsonl"
    assert tail.content == b"".join(line.text + b"\n" for line in lines)


def test_nothing_new_is_nothing_to_write() -> None:
    assert plan([], ()) == ()
    (tail,) = plan(lines_of(3), ())
    for confirmed in (True, False):
        assert plan(lines_of(3), [written(tail, confirmed=confirmed)]) == ()


def test_256_events_are_sealed_and_255_are_not() -> None:
    assert kinds(plan(lines_of(255, 400), ())) == [("events", 1, 255)]
    assert kinds(plan(lines_of(256, 400), ())) == [("archive", 1, 256), ("events", 1, 256)]


def test_128_kib_are_sealed_and_a_byte_less_is_not() -> None:
    assert kinds(plan(lines_of(128, 1024), ())) == [("archive", 1, 128), ("events", 1, 128)]
    assert kinds(plan(lines_of(127, 1024), ())) == [("events", 1, 127)]
    nearly = [*lines_of(127, 1024), Line(128, f"{128:064x}", b"x" * 1022)]
    assert kinds(plan(nearly, ())) == [("events", 1, 128)]


def test_a_backlog_is_whole_segments_and_then_one_tail() -> None:
    planned = plan(lines_of(600, 400), ())
    assert kinds(planned) == [("archive", 1, 256), ("archive", 257, 512), ("events", 1, 600)]


def test_the_tail_starts_at_the_newest_confirmed_segment() -> None:
    lines = lines_of(601, 400)
    first, second, _ = plan(lines[:600], ())
    sealed = [written(first), written(second, confirmed=False)]
    assert kinds(plan(lines, sealed)) == [("events", 1, 601)]
    sealed = [written(first), written(second)]
    assert kinds(plan(lines, sealed)) == [("events", 257, 601)]
    assert writer.needed_from(sealed) == 257


def test_no_tail_outgrows_what_a_reader_takes_while_nothing_is_confirmed() -> None:
    files: list[OwnFile] = []
    lines = lines_of(400, 16 * 1024)
    planned = plan(lines, files)
    assert len(planned[-1].content) <= MAX_FILE
    files = [written(file, confirmed=False) for file in planned[:-1]]
    more = [*lines, *lines_of(1, 16 * 1024, first=401)]
    (tail,) = plan(more, files)
    assert len(tail.content) <= MAX_FILE
    assert tail.first in {file.first for file in files}


def lost(file: OwnFile) -> OwnFile:
    """Return the file as the audit marks it when it is missing or torn."""
    return msgspec.structs.replace(file, lost=True)


def test_a_lost_segment_is_written_again_with_the_next_k() -> None:
    lines = lines_of(600, 400)
    first, second, tail = (written(file) for file in plan(lines, ()))
    files = [lost(first), second, tail]
    assert writer.needed_from(files) == 1
    (again,) = plan(lines, files)
    assert (again.first, again.last, again.k) == (1, 256, 1)
    before = layout.parse_path(first.where)
    assert before is not None
    assert layout.parse_path(again.where) == msgspec.structs.replace(before, k=1)
    assert plan(lines, [*files, written(again)]) == ()
    (third,) = plan(lines, [*files, lost(written(again))])
    assert third.k == 2


def test_a_lost_tail_is_written_again_with_the_next_k_and_then_swept() -> None:
    lines = lines_of(3)
    old = lost(written(plan(lines, ())[0], running_s=5000))
    (again,) = plan(lines, [old])
    assert (again.first, again.last, again.k) == (1, 3, 1)
    assert writer.deletable([old]) == ()
    assert writer.deletable([old, written(again, running_s=1000)]) == (old.where,)


def test_a_lost_file_keeps_no_other_from_staying() -> None:
    lines = lines_of(5)
    (old,) = plan(lines[:3], ())
    (new,) = plan(lines, [written(old)])
    files = [written(old, running_s=2000), lost(written(new, running_s=2000))]
    assert writer.deletable(files) == ()


def test_a_tail_is_deleted_once_its_events_are_safe_for_15_minutes() -> None:
    lines = lines_of(5)
    (old,) = plan(lines[:3], ())
    (new,) = plan(lines, [written(old)])

    def gone(old_s: float, new_s: float, *, confirmed: bool) -> tuple[str, ...]:
        return writer.deletable(
            [written(old, running_s=old_s), written(new, running_s=new_s, confirmed=confirmed)]
        )

    assert gone(2000, 900, confirmed=True) == (old.where,)
    assert gone(2000, 899, confirmed=True) == ()
    assert gone(2000, 2000, confirmed=False) == ()
    assert writer.deletable([written(new, running_s=9999)]) == ()


def test_the_newest_tail_stays_though_segments_hold_all_its_events() -> None:
    segment, tail = plan(lines_of(256, 400), ())
    assert writer.deletable([written(segment, running_s=9999), written(tail, running_s=9999)]) == ()


def tails_at(*ages: float, confirmed: bool = True) -> list[OwnFile]:
    """Return tails written that many seconds ago."""
    (tail,) = plan(lines_of(1), ())
    return [written(tail, running_s=age, confirmed=confirmed) for age in ages]


def test_after_a_lull_an_event_is_published_at_once_and_else_it_waits_a_second_for_more() -> None:
    assert may_publish([], 0.0)
    assert may_publish(tails_at(5), 0.0)
    assert not may_publish(tails_at(4), 0.0)
    assert writer.publish_delay(tails_at(4), 0.4).wait_s == pytest.approx(0.6)
    assert may_publish(tails_at(4), 1.0)


def test_after_four_tails_within_a_minute_one_is_published_per_five_seconds() -> None:
    assert may_publish(tails_at(1, 2, 3), 1.0)
    assert not may_publish(tails_at(1, 2, 3, 4), 1.0)
    assert writer.publish_delay(tails_at(3, 4, 5, 6), 60.0).wait_s == pytest.approx(2)
    assert may_publish(tails_at(1, 2, 3, 60), 1.0)


def test_a_steady_stream_of_events_is_published_in_few_tails_and_never_seldomer_than_every_15_seconds() -> (
    None
):
    moments: list[float] = []
    for second in range(3000):
        if may_publish(tails_at(*(second - moment for moment in moments)), 1.0):
            moments.append(second)
    for begin in range(0, 2101, 300):
        assert 60 <= len([moment for moment in moments if begin <= moment < begin + 900]) <= 90 + 60
    assert max(after - before for before, after in pairwise(moments)) == 15


def test_eight_unconfirmed_tails_slow_publishing_to_one_in_five_minutes() -> None:
    old = tails_at(*range(400, 407), confirmed=False)
    assert may_publish([*old, *tails_at(100)], 1.0)
    pace = writer.publish_delay([*old, *tails_at(100, confirmed=False)], 1.0)
    assert pace.wait_s == pytest.approx(200)
    assert "8 tails wait to be confirmed" in pace.why
    assert may_publish([*old, *tails_at(300, confirmed=False)], 1.0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["events", "publish", "confirm", "time", "sweep", "crash", "lose"]),
        st.integers(1, 400),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(STEPS)
def test_every_event_stays_in_a_file_whatever_happens(steps: list[tuple[str, int]]) -> None:
    lines: list[Line] = []
    files: list[OwnFile] = []
    published = 0
    for step, amount in steps:
        if step == "events":
            lines += lines_of(amount, 500, first=len(lines) + 1)
        elif step in {"publish", "crash"}:
            planned = plan(lines, files)
            files += [
                written(file, confirmed=False) for file in (planned[:1] if step == "crash" else planned)
            ]
            published = len(lines) if step == "publish" else published
        elif step == "confirm":
            files = [
                msgspec.structs.replace(file, confirmed=file.confirmed or index % 3 != amount % 3)
                for index, file in enumerate(files)
            ]
        elif step == "lose" and files:
            files[amount % len(files)] = lost(files[amount % len(files)])
            published = 0  # until the next publish has written it again
        elif step == "time":
            files = [msgspec.structs.replace(file, running_s=file.running_s + amount * 10) for file in files]
        else:
            safe = [file for file in files if file.confirmed and not file.lost]
            safe_before = {seq for file in safe for seq in (file.first, file.last)}
            gone = set(writer.deletable(files))
            files = [file for file in files if file.where not in gone]
            kept = [file for file in safe if file.where not in gone]
            assert all(any(file.first <= seq <= file.last for file in kept) for seq in safe_before)
        written_seqs = {seq for file in files if not file.lost for seq in range(file.first, file.last + 1)}
        assert written_seqs >= set(range(1, published + 1))
        assert len({file.where for file in files}) == len(files)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_at_rest_one_tail_and_the_sealed_segments_are_left(batches: list[int]) -> None:
    lines: list[Line] = []
    files: list[OwnFile] = []
    for batch in batches:
        lines += lines_of(batch, 500, first=len(lines) + 1)
        files += [written(file) for file in plan(lines, files)]
    files = [msgspec.structs.replace(file, running_s=writer.GRACE_S) for file in files]
    gone = set(writer.deletable(files))
    staying = [file for file in files if file.where not in gone]
    (tail,) = [file for file in staying if file.is_tail]
    segments = [file for file in staying if not file.is_tail]
    assert tail.last == len(lines)
    assert [file.first for file in segments] == [1, *(file.last + 1 for file in segments)][: len(segments)]
    assert len(lines) - (segments[-1].last if segments else 0) < writer.SEAL_EVENTS
