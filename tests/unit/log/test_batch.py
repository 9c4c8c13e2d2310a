"""A whole file at once is read as line by line: the same events, or the same refusal."""

import random
from collections.abc import Callable, Sequence

import msgspec
import pytest

from mesharr.core import hlc
from mesharr.core.errors import Rejected
from mesharr.core.events.schema import body_of
from mesharr.log import batch, chain, codec
from mesharr.log.batch import WHOLE_FROM, EventBatch
from mesharr.log.chain import START, Head
from mesharr.log.codec import ZEROS, Event
from mesharr.log.keys import verifier
from mesharr.log.layout import FileName
from tests.unit.core.events.test_events import HONEST
from tests.unit.core.events.test_fast_path import RICH, written
from tests.unit.log.samples import ALICE, ALICE_NODE, INC, MESH, content_of, draft, name_of, signed_line

KEY = verifier(ALICE.public)
NUMBER = WHOLE_FROM + 8
_T0 = 1_790_000_000_000


def history(types: Sequence[str], after: Head = START) -> list[Event]:
    """Return a stream of one event of each type in turn."""
    events: list[Event] = []
    for number in range(NUMBER):
        type_name = types[number % len(types)]
        made = draft(
            after.seq + number + 1,
            events[-1].id if events else after.id,
            type=type_name,
            body=written(type_name),
        )
        events.append(codec.encode(made, ALICE.sign))
    return events


def hostile(bodies: Sequence[tuple[str, bytes]], **changes: str) -> tuple[bytes, FileName]:
    """Return the content and name of a file whose lines are truly signed, whatever they say."""
    lines: list[bytes] = []
    ids = [ZEROS]
    for seq, (type_name, body) in enumerate(bodies, 1):
        moment = changes.get(f"hlc{seq}", hlc.text_of(_T0 + seq))
        head = (
            f'{{"v":1,"mesh":"{MESH}","node":"{ALICE_NODE}","inc":"{INC}","seq":{seq},"prev":"{ids[-1]}",'
            f'"hlc":"{moment}","type":"{type_name}","body":'
        )
        signed = head.encode() + body + b"}"
        lines.append(signed_line(signed))
        ids.append(codec.event_id(signed))
    name = FileName(ALICE_NODE, INC, 1, len(lines), ids[-1][:8], 0)
    return b"".join(line + b"\n" for line in lines), name


Outcome = tuple[list[str], list[bytes], str, dict[int, tuple[tuple[str, str], ...]]] | str


def outcome(read: Callable[[], EventBatch | None]) -> Outcome:
    """Return what was read, and the items each event touches, or why it was refused."""
    try:
        found = read()
    except Rejected as error:
        return f"{type(error).__name__} {error}"
    if found is None:
        return ([], [], "", {})
    touched: dict[int, tuple[tuple[str, str], ...]] = {
        seq: ((library, item),) for library, item, seq in found.plain
    }
    assert not touched.keys() & {event.seq for event in found.others}
    for event in found.others:
        try:
            body = event.checked_body or body_of(event.type, event.body)
        except Rejected:
            body = None
        touched[event.seq] = body.touched_items() if body else ()
    assert sorted(touched) == list(range(found.first, found.first + len(found.lines)))
    return (list(found.ids), list(found.lines), found.hlc, touched)


def both(content: bytes, name: FileName, cursor: Head = START) -> tuple[Outcome, Outcome]:
    """Return what came of a file read at once, and of the same read line by line."""
    return (
        outcome(lambda: batch.read(content, name, MESH, KEY, cursor)),
        outcome(lambda: batch.of(chain.read_file(content, name, MESH, KEY, cursor))),
    )


def test_a_file_of_plain_lines_is_read_without_parsing_one() -> None:
    events = history(["item.added", "file.imported", "file.imported", "unit.grabbed"])
    found = batch.read(content_of(events), name_of(events), MESH, KEY, START)
    assert found is not None
    assert not found.others
    assert [*found.ids] == [event.id for event in events]
    assert [*found.lines] == [event.line for event in events]
    assert (found.first, found.hlc) == (1, events[-1].hlc)
    assert found.plain[1] == ("movies", "tmdb:438631", 2)


def test_lines_of_every_type_are_read_as_line_by_line() -> None:
    events = history([*HONEST])
    quick, slow = both(content_of(events), name_of(events))
    assert quick == slow
    found = batch.read(content_of(events), name_of(events), MESH, KEY, START)
    assert found is not None
    assert {event.type for event in found.others} == {
        "library.found",
        "item.moved",
        "item.aliased",
        "file.renamed",
        "node.hello",
        "stream.opened",
        "node.left",
    }


def test_one_bad_signature_in_the_middle_of_a_whole_file_is_refused() -> None:
    events = history(["file.imported"])
    spoiled = events[6].line[:-96] + events[7].line[-96:]
    quick, slow = both(content_of(events).replace(events[6].line, spoiled), name_of(events))
    assert quick == slow == "BadLine line 7: bad signature"


def test_a_whole_file_whose_first_clock_value_is_not_after_the_one_before_it_is_refused() -> None:
    events = history(["file.imported"], Head(9, "ab" * 32))
    for cursor, refused in (
        (Head(9, "ab" * 32, events[0].hlc), True),
        (Head(9, "ab" * 32, "2027-01-01T00:00:00.000Z-0000"), True),
        (Head(9, "ab" * 32, hlc.text_of(0)), False),
    ):
        quick, slow = both(content_of(events), name_of(events), cursor)
        assert quick == slow
        assert isinstance(slow, str) == refused


def test_a_line_that_is_valid_and_not_plain_costs_its_neighbours_nothing() -> None:
    bodies = [("file.imported", written("file.imported"))] * NUMBER
    bodies[7] = ("file.imported", written("file.imported").replace(b"Die S", b'Die \\"S'))
    bodies[9] = ("unit.rated", b'{"stars":5}')
    bodies[11] = ("file.imported", b'{"library":"../movies"}')
    content, name = hostile(bodies)
    found = batch.read(content, name, MESH, KEY, START)
    assert found is not None
    assert [event.seq for event in found.others] == [8, 10, 12]
    quick, slow = both(content, name)
    assert quick == slow


def test_a_file_that_overlaps_the_cursor_or_brings_few_events_is_read_line_by_line() -> None:
    events = history(["item.left"])
    for seq in (0, 1, NUMBER - WHOLE_FROM, NUMBER - 1, NUMBER):
        cursor = Head(seq, events[seq - 1].id) if seq else START
        quick, slow = both(content_of(events), name_of(events), cursor)
        assert quick == slow
        assert not isinstance(quick, str)
        assert len(quick[0]) == NUMBER - seq


@pytest.mark.parametrize(
    ("type_name", "body", "changes"),
    [
        ("item.left", b'{"library":"movies","id":"tmdb:1","id":"tmdb:2"}', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1","x":1.5}', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1","x":9007199254740992}', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1","x":[[[[[[[[]]]]]]]]}', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1"', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1"},"sig":"x"', {}),
        ("item.left", b'{"library":"movies","id":"tmdb:1","x":"' + b"x" * 4097 + b'"}', {}),
        ("item.left", b"\xff", {}),
        ("item.left", written("item.left"), {"hlc5": "2026-02-30T00:00:00.000Z-0000"}),
        ("item.left", written("item.left"), {"hlc5": "2026-02-29T24:00:00.000Z-0000"}),
        ("item.left", written("item.left"), {"hlc5": hlc.text_of(_T0 + 4)}),
        ("item.left", written("item.left"), {"hlc5": hlc.text_of(_T0 + 3)}),
    ],
)
def test_what_line_by_line_is_refused_is_refused_with_the_same_words(
    type_name: str, body: bytes, changes: dict[str, str]
) -> None:
    bodies = [("file.imported", written("file.imported"))] * NUMBER
    bodies[4] = (type_name, body)
    quick, slow = both(*hostile(bodies, **changes))
    assert isinstance(slow, str)
    assert quick == slow


def test_signed_lines_that_say_anything_come_out_as_line_by_line() -> None:
    order = random.Random(7)
    types = [name for name in RICH if name != "library.found"]
    for _ in range(300):
        bodies = [(name, written(name)) for name in order.choices(types, k=NUMBER)]
        for _ in range(order.randint(1, 3)):
            at = order.randrange(NUMBER)
            name, body = bodies[at]
            where = order.randrange(len(body))
            new = order.choice(
                [b"", b"0", b"-", b"..", b"/", b'"', b"\\u0041", b"\x7f", b"\xc2\x85", b"}", b" "]
            )
            bodies[at] = (name, body[:where] + new + body[where + order.randint(0, 2) :])
        quick, slow = both(*hostile(bodies))
        assert quick == slow


@pytest.mark.campaign
def test_damaged_files_come_out_as_line_by_line() -> None:
    order = random.Random(11)
    events = history(["file.imported", "node.hello", "item.left"])
    content, name = content_of(events), name_of(events)
    lines = content.splitlines(keepends=True)
    for _ in range(80):
        damaged = bytearray(content)
        where = order.randrange(len(damaged))
        damaged[where] = order.randrange(256)
        swapped = list(lines)
        one, other = order.randrange(NUMBER), order.randrange(NUMBER)
        swapped[one] = lines[other]
        for tried in (bytes(damaged), b"".join(swapped), content[:where], content + content[where:]):
            quick, slow = both(tried, name)
            assert quick == slow


def test_another_mesh_node_incarnation_key_or_cursor_is_refused_with_the_same_words() -> None:
    events = history(["file.imported"])
    content, name = content_of(events), name_of(events)
    replace = msgspec.structs.replace
    for wrong in (
        replace(name, node="bob-00000000"),
        replace(name, inc="00000000"),
        replace(name, h8="00000000"),
        replace(name, last=NUMBER + 1),
    ):
        quick, slow = both(content, wrong)
        assert isinstance(slow, str)
        assert quick == slow
    later = history(["file.imported"], Head(3, "ab" * 32))
    quick, slow = both(content_of(later), name_of(later), Head(3, "cd" * 32))
    assert isinstance(slow, str)
    assert "another branch" in slow
    assert quick == slow
    for key in (lambda _signature, _message: False, KEY):
        mesh = MESH if key is not KEY else "0" * 16
        with pytest.raises(Rejected) as slowly:
            chain.read_file(content, name, mesh, key, START)
        with pytest.raises(Rejected) as quickly:
            batch.read(content, name, mesh, key, START)
        assert str(quickly.value) == str(slowly.value)
