import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.log import chain, codec
from mesharr.log.chain import START, BadLine, Fork, Head
from mesharr.log.codec import Event
from mesharr.log.keys import NodeKey, verifier
from mesharr.log.layout import FileName
from tests.unit.log.samples import (
    ALICE,
    ALICE_NODE,
    BOB,
    BOB_NODE,
    MESH,
    OTHER_MESH,
    chain_of,
    content_of,
    draft,
    head_of,
    name_of,
    signed_line,
)

VERIFY = verifier(ALICE.public)
EVENTS = chain_of(60)


def cursor_at(seq: int, events: Sequence[Event] = EVENTS) -> Head:
    """Return the cursor of a reader that has applied the first `seq` events."""
    return head_of(events[:seq]) if seq else START


def read(events: Sequence[Event], cursor: Head = START, name: FileName | None = None) -> tuple[Event, ...]:
    """Read the honest file of these events."""
    return chain.read_file(content_of(events), name or name_of(events), MESH, VERIFY, cursor)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 60))
def test_a_file_gives_any_cursor_it_serves_exactly_what_follows(one: int, other: int, seq: int) -> None:
    first, last = sorted((one, other))
    events = EVENTS[first - 1 : last]
    if first > seq + 1:
        with pytest.raises(Rejected, match=f"starts at seq {first}, the cursor needs {seq + 1}"):
            read(events, cursor_at(seq))
    else:
        assert list(read(events, cursor_at(seq))) == EVENTS[seq:last]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_files_cut_anywhere_lead_a_cursor_to_the_head(cuts: list[int]) -> None:
    cursor, start = START, 0
    for cut in cuts:
        # each file repeats some of the one before it, as tails do
        events = EVENTS[max(start - 3, 0) : start + cut]
        start = min(start + cut, len(EVENTS))
        if events and events[-1].seq > cursor.seq:
            cursor = head_of(read(events, cursor))
    assert cursor == cursor_at(start)


def test_no_altered_byte_anywhere_in_a_file_of_news_goes_unnoticed() -> None:
    events = EVENTS[:3]
    content = content_of(events)
    for position in range(len(content)):
        for flip in (0x01, 0x20):
            altered = bytearray(content)
            altered[position] ^= flip
            with pytest.raises(Rejected):
                chain.read_file(bytes(altered), name_of(events), MESH, VERIFY, START)


def test_an_altered_event_deep_in_a_bulk_file_is_named_by_its_line() -> None:
    content = content_of(EVENTS).replace(b"tmdb:7", b"tmdb:8", 1)
    with pytest.raises(BadLine, match="line 7: bad signature") as caught:
        chain.read_file(content, name_of(EVENTS), MESH, VERIFY, START)
    assert (caught.value.line, caught.value.cause) == (7, "bad signature")


def counted(verified: list[bytes]) -> Callable[[bytes, bytes], bool]:
    """Return alice's verifier, which notes what it was asked."""

    def counting(signature: bytes, message: bytes) -> bool:
        verified.append(message)
        return VERIFY(signature, message)

    return counting


def lines_of(events: Sequence[Event]) -> Callable[[int, int], dict[int, bytes]]:
    """Return what a reader that has applied these events is asked for."""
    return lambda first, last: {event.seq: event.line for event in events if first <= event.seq <= last}


def test_every_signature_of_a_bulk_file_is_verified() -> None:
    verified: list[bytes] = []
    assert len(chain.read_file(content_of(EVENTS), name_of(EVENTS), MESH, counted(verified), START)) == 60
    assert len(verified) == 60


def test_a_line_that_was_verified_byte_for_byte_is_not_verified_again() -> None:
    verified: list[bytes] = []
    known = lines_of(EVENTS[:50])
    new = chain.read_file(content_of(EVENTS), name_of(EVENTS), MESH, counted(verified), cursor_at(50), known)
    assert (len(new), len(verified)) == (10, 10)


@pytest.mark.parametrize("at", [0, 30, 59])
@pytest.mark.parametrize("seq", [0, 1, 20, 31, 59, 60])
def test_a_file_with_one_bad_signature_is_refused_however_far_its_reader_had_come(at: int, seq: int) -> None:
    other = EVENTS[at - 1].line[-96:]
    content = content_of(EVENTS).replace(EVENTS[at].line, EVENTS[at].line[:-96] + other)
    for known in (None, lines_of(EVENTS[:seq])):
        with pytest.raises(BadLine, match=f"line {at + 1}: bad signature"):
            chain.read_file(content, name_of(EVENTS), MESH, VERIFY, cursor_at(seq), known)


def test_a_clock_value_that_does_not_increase_across_two_files_is_refused() -> None:
    late = chain_of(1, after=EVENTS[:9], hlc=EVENTS[8].hlc)
    cursor = Head(9, EVENTS[8].id, EVENTS[8].hlc)
    with pytest.raises(BadLine, match=r"line 1: hlc .* is not after .*, of the event before the file"):
        read(late, cursor)
    assert read(EVENTS[9:], cursor) == tuple(EVENTS[9:])


def test_a_bad_signature_amid_a_bulk_file_is_found_by_the_full_check() -> None:
    swapped = EVENTS[4].line[:-96] + EVENTS[5].line[-96:]
    content = content_of(EVENTS).replace(EVENTS[4].line, swapped)
    with pytest.raises(BadLine, match="line 5: bad signature"):
        chain.verify_file(content, name_of(EVENTS), MESH, VERIFY)
    assert chain.verify_file(content_of(EVENTS[9:]), name_of(EVENTS[9:]), MESH, VERIFY) == tuple(EVENTS[9:])


@given(st.integers(0, 10_000))
def test_a_torn_file_is_rejected_wherever_it_was_cut(at: int) -> None:
    content = content_of(EVENTS[:20])
    with pytest.raises(Rejected):
        chain.read_file(content[: at % len(content)], name_of(EVENTS[:20]), MESH, VERIFY, START)


def test_a_file_without_final_newline_is_rejected() -> None:
    content = content_of(EVENTS[:3])[:-1]
    with pytest.raises(BadLine, match="line 3: no newline at the end"):
        chain.read_file(content, name_of(EVENTS[:3]), MESH, VERIFY, START)


def test_a_file_cut_at_a_line_is_rejected_with_the_number_its_name_states() -> None:
    with pytest.raises(BadLine, match="line 2: 2 lines, the name says seq 1 to 3"):
        chain.read_file(content_of(EVENTS[:2]), name_of(EVENTS[:3]), MESH, VERIFY, START)


def test_a_name_with_another_last_id_is_rejected() -> None:
    name = FileName(ALICE_NODE, EVENTS[0].inc, 1, 3, "00000000", 0)
    with pytest.raises(BadLine, match=r"line 3: its id begins with .*, the name says 00000000"):
        read(EVENTS[:3], name=name)


def test_a_file_of_one_node_under_anothers_name_is_rejected() -> None:
    bobs = chain_of(3, key=BOB, node=BOB_NODE)
    last = bobs[-1]
    name = FileName(ALICE_NODE, last.inc, 1, 3, last.id[:8], 0)
    with pytest.raises(BadLine, match=f"line 1: event of node {BOB_NODE}, the name says {ALICE_NODE}"):
        read(bobs, name=name)


def test_an_event_of_another_incarnation_or_mesh_is_rejected() -> None:
    other_inc = chain_of(2, inc="00000001")
    name = FileName(ALICE_NODE, "00000002", 1, 2, other_inc[-1].id[:8], 0)
    with pytest.raises(BadLine, match="line 1: event of incarnation 00000001, the name says 00000002"):
        read(other_inc, name=name)
    with pytest.raises(BadLine, match=f"line 1: event of mesh {OTHER_MESH}, this one is {MESH}"):
        read(chain_of(2, mesh=OTHER_MESH))


def test_lines_signed_by_another_key_are_rejected() -> None:
    with pytest.raises(BadLine, match="line 1: bad signature"):
        read(chain_of(2, key=NodeKey(bytes(32))))


def test_a_broken_chain_is_rejected_though_each_line_is_signed() -> None:
    first = EVENTS[0]
    second = codec.encode(draft(2, "ab" * 32), ALICE.sign)
    with pytest.raises(BadLine, match="line 2: prev is not the id of line 1"):
        read([first, second])


def test_a_seq_left_out_is_rejected_though_signed_and_chained() -> None:
    first = EVENTS[0]
    third = codec.encode(draft(3, first.id), ALICE.sign)
    name = FileName(ALICE_NODE, first.inc, 1, 2, third.id[:8], 0)
    with pytest.raises(BadLine, match="line 2: seq 3 where 2 belongs"):
        read([first, third], name=name)


def test_a_clock_that_does_not_advance_is_rejected() -> None:
    first = EVENTS[0]
    second = codec.encode(draft(2, first.id, hlc=first.hlc), ALICE.sign)
    with pytest.raises(BadLine, match=r"line 2: hlc .* is not after"):
        read([first, second])


def test_a_line_beyond_the_limits_is_named_with_its_number() -> None:
    first = EVENTS[0]
    signed, _ = codec.split(EVENTS[1].line)
    cases = {
        "line 2: line of .* bytes is longer than 16384": signed[:-2] + b',"x":["' + b"y" * 20000 + b'"]}}',
        "line 2: duplicate member 'id' in body": signed[:-2] + b',"id":"x"}}',
        "line 2: unknown version v=2": signed.replace(b'"v":1', b'"v":2'),
    }
    for message, altered in cases.items():
        line = signed_line(altered)
        name = FileName(ALICE_NODE, first.inc, 1, 2, codec.event_id(altered)[:8], 0)
        with pytest.raises(BadLine, match=message):
            chain.read_file(first.line + b"\n" + line + b"\n", name, MESH, VERIFY, START)


def test_a_file_above_4_mib_is_not_read() -> None:
    with pytest.raises(Rejected, match="larger than 4194304"):
        chain.read_file(b"\n" * (chain.MAX_FILE + 1), name_of(EVENTS), MESH, VERIFY, START)
    with pytest.raises(Rejected, match="line 1: not an event line"):
        chain.read_file(b"\n" * chain.MAX_FILE, name_of(EVENTS), MESH, VERIFY, START)


def test_a_fork_at_or_below_the_cursor_is_proven_by_its_lowest_line() -> None:
    theirs = chain_of(4, after=EVENTS[:6], type="item.other")
    branch = [*EVENTS[:6], *theirs]

    def known(first: int, last: int) -> dict[int, bytes]:
        return {seq: EVENTS[seq - 1].line for seq in range(first, last + 1) if seq != 7}

    with pytest.raises(Fork, match=r"fork of .* at seq 8") as caught:
        chain.read_file(content_of(branch), name_of(branch), MESH, VERIFY, cursor_at(9), known)
    fork = caught.value
    assert (fork.seq, fork.known, fork.foreign, fork.line) == (8, EVENTS[7].id, branch[7].id, branch[7].line)
    with pytest.raises(Fork, match="at seq 9"):
        read(branch, cursor_at(9))
    with pytest.raises(Fork, match="at seq 10"):
        read(branch, cursor_at(10))


def test_another_branch_that_begins_after_the_cursor_does_not_move_it() -> None:
    branch = chain_of(3, after=EVENTS[:6], type="item.other")
    with pytest.raises(BadLine, match="another branch"):
        read(branch[1:], cursor_at(7))


def test_a_forged_line_below_the_cursor_is_no_fork() -> None:
    forged = chain_of(3, key=BOB)
    with pytest.raises(BadLine, match="line 1: bad signature"):
        read(forged, cursor_at(2))


def test_a_line_of_the_owner_whose_own_signature_is_spoiled_is_no_proof_of_a_fork() -> None:
    branch = chain_of(40, type="item.other")
    spoiled = branch[0].line[:-96] + branch[1].line[-96:]
    content = content_of(branch).replace(branch[0].line, spoiled)
    with pytest.raises(BadLine, match="line 1: bad signature"):
        chain.read_file(content, name_of(branch), MESH, VERIFY, cursor_at(1))


def test_random_spoiling_never_raises_anything_but_rejected() -> None:
    chance = random.Random(5)
    content = content_of(EVENTS[:10])
    for _ in range(300):
        altered = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(altered))
            altered[start : start + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 20))
        if altered != content:
            with pytest.raises(Rejected):
                chain.read_file(bytes(altered), name_of(EVENTS[:10]), MESH, VERIFY, START)
