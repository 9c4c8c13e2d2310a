from hypothesis import given
from hypothesis import strategies as st

from mesharr.log import layout, reader
from mesharr.log.chain import Head
from mesharr.log.layout import FileName
from tests.unit.log.samples import ALICE_NODE, BOB_NODE, INC

STREAM = f"{ALICE_NODE}.{INC}"
ID = "ab" * 32
TRUSTED = {ALICE_NODE, BOB_NODE}


def file(first: int, last: int, k: int = 0, *, h8: str = "abababab", node: str = ALICE_NODE) -> FileName:
    """Return the name of a file of alice's."""
    return FileName(node, INC, first, last, h8, k)


def poll(*files: FileName, cursor: int = 0) -> reader.Poll:
    """Choose among these tails, for a reader with that cursor into alice's stream."""
    cursors = {STREAM: Head(cursor, ID)} if cursor else {}
    return reader.choose([layout.tail_name(name) for name in files], cursors, TRUSTED)


def test_nothing_new_wants_nothing() -> None:
    assert poll(file(1, 9), file(5, 12), cursor=12).requests == ()
    assert poll(file(1, 9), cursor=12).requests == ()


def test_the_tail_that_reaches_furthest_comes_first_and_others_are_its_fallbacks() -> None:
    (want,) = poll(file(1, 9), file(5, 12), file(5, 12, 1), file(8, 11), cursor=6).requests
    assert want.tails == (file(5, 12, 1), file(5, 12), file(1, 9))
    assert (want.stream, want.cursor, want.head, want.beyond) == (STREAM, Head(6, ID), 12, (file(8, 11),))


def test_an_unknown_stream_is_read_from_its_beginning() -> None:
    (want,) = poll(file(1, 3)).requests
    assert want.tails == (file(1, 3),)
    assert want.cursor.seq == 0


def test_a_tail_beyond_the_cursor_asks_for_segments_up_to_it() -> None:
    (want,) = poll(file(257, 300), cursor=100).requests
    assert (want.tails, want.beyond, want.head) == ((), (file(257, 300),), 300)
    (want,) = poll(file(257, 300), file(1, 150), cursor=100).requests
    assert (want.tails, want.beyond) == ((file(1, 150),), (file(257, 300),))


def test_a_tail_that_names_the_cursor_hides_none_beyond_it() -> None:
    (want,) = poll(file(1, 999), file(257, 300), file(200, 290), cursor=100).requests
    assert (want.tails, want.beyond) == ((file(1, 999),), (file(257, 300), file(200, 290)))


def test_a_tail_that_ends_at_the_cursor_with_another_id_is_doubted() -> None:
    other = file(1, 9, h8="cdcdcdcd")
    (want,) = poll(file(1, 9), other, cursor=9).requests
    assert (want.fork_suspects, want.tails) == ((other,), ())


def test_a_node_that_is_not_trusted_is_counted_and_never_opened() -> None:
    stranger = "eve-00000000"
    got = poll(file(1, 3, node=stranger), file(1, 4, node=stranger), file(1, 2))
    assert got.unknown == {stranger: 2}
    assert [want.stream for want in got.requests] == [STREAM]


def test_no_flood_of_strangers_grows_the_count_without_bound() -> None:
    got = poll(*(file(1, 3, node=f"eve-{number:08x}") for number in range(1500)))
    assert len(got.unknown) == reader.MAX_UNKNOWN


def test_other_names_are_counted_and_ignored() -> None:
    got = reader.choose(["desktop.ini", "x.partial", layout.tail_name(file(1, 2)).upper()], {}, TRUSTED)
    assert (got.ignored, got.requests) == (3, ())


def cover(names: list[FileName], cursor: int, upto: int) -> list[list[FileName]]:
    """Cover with these segments."""
    texts = [layout.segment_name(name) for name in names]
    return [list(step) for step in reader.cover(STREAM, [*texts, "desktop.ini"], cursor, upto)]


def test_segments_are_fetched_from_the_cursor_to_the_goal_only() -> None:
    segments = [file(1, 256), file(257, 512), file(513, 700), file(701, 900)]
    assert cover(segments, 300, 700) == [[file(257, 512)], [file(513, 700)]]
    assert cover(segments, 256, 256) == []
    assert cover(segments, 0, 10) == [[file(1, 256)]]


def test_a_segment_written_again_is_tried_before_its_older_self() -> None:
    assert cover([file(1, 256), file(1, 256, 2), file(1, 256, 10)], 0, 256) == [
        [file(1, 256, 10), file(1, 256, 2), file(1, 256)]
    ]


def test_the_cover_ends_where_a_segment_is_missing() -> None:
    assert cover([file(1, 256), file(513, 600)], 0, 600) == [[file(1, 256)]]
    assert cover([file(513, 600)], 0, 600) == []


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=12),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_the_cover_is_gapless_reaches_as_far_as_can_be_and_is_minimal(
    bounds: list[tuple[int, int]], cursor: int, upto: int
) -> None:
    names = [file(min(pair), max(pair)) for pair in bounds]
    steps = cover(names, cursor, upto)
    at = cursor
    for step in steps:
        assert all(name.serves(at) for name in step)
        assert at < upto
        at = step[0].last
    assert at >= upto or not any(name.serves(at) for name in names)
    fewest = {cursor: 0}
    for goal in range(cursor + 1, 41):
        ways = [
            fewest[start] + 1
            for name in names
            for start in range(cursor, goal)
            if start in fewest and name.serves(start) and name.last >= goal
        ]
        if ways:
            fewest[goal] = min(ways)
    if at >= upto > cursor:
        assert len(steps) == fewest[upto]
