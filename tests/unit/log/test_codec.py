import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.log import codec
from mesharr.log.keys import verifier
from tests.unit.log.samples import ALICE, MESH, chain_of, draft, signed_line, vectors, worked_example

VERIFY = verifier(ALICE.public)
EVENT = worked_example()[2]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)
BODIES = st.dictionaries(_TEXT, _VALUES, max_size=4)


def depth_of(value: Any) -> int:
    """Return how deep a json value is; a plain one is 0."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def signed_with(body: bytes) -> bytes:
    """Return a line of any body, truly signed, made without the codec's own checks."""
    head = EVENT.line[: EVENT.line.index(b'"body":') + 7]
    return signed_line(head + body + b"}")


@given(BODIES.filter(lambda body: depth_of(body) < codec.MAX_DEPTH), st.integers(1, 9_999_999_999))
def test_what_is_encoded_is_parsed_back(body: dict[str, Any], seq: int) -> None:
    raw = msgspec.json.encode(body)
    prev = codec.ZEROS if seq == 1 else "ab" * 32
    made = draft(seq, prev, body=raw)
    event = codec.encode(made, ALICE.sign)
    assert codec.parse(event.line) == event
    assert (event.mesh, event.seq, event.prev, event.body) == (MESH, seq, prev, raw)
    assert json.loads(event.line)["body"] == body
    signed, signature = codec.split(event.line)
    assert VERIFY(signature, codec.pae(signed))
    assert event.id == codec.event_id(signed)


@given(BODIES.filter(lambda body: depth_of(body) < codec.MAX_DEPTH))
def test_a_body_spelled_by_another_program_is_kept_byte_for_byte(body: dict[str, Any]) -> None:
    raw = json.dumps(body, ensure_ascii=True).encode()
    assert codec.parse(signed_with(raw)).body == raw


def test_the_published_vector_is_what_this_code_makes(published: dict[str, Any]) -> None:
    assert vectors() == published


def test_the_signature_covers_the_line_without_it_wrapped_with_its_type() -> None:
    line = EVENT.line
    signed, _ = codec.split(line)
    assert signed == line[: line.rindex(b',"sig"')] + b"}"
    assert codec.pae(b"ab") == b"DSSEv1 37 application/vnd.mesharr.event.v1+json 2 ab"


def test_no_altered_byte_anywhere_in_a_line_goes_unnoticed() -> None:
    for position in range(len(EVENT.line)):
        for flip in (0x01, 0x02, 0x20, 0x80):
            line = bytearray(EVENT.line)
            line[position] ^= flip
            try:
                signed, signature = codec.split(bytes(line))
            except Rejected:
                continue
            assert not VERIFY(signature, codec.pae(signed)), f"byte {position} ^ {flip:#x}"


@given(st.binary(max_size=400))
def test_garbage_is_rejected_and_nothing_else(garbage: bytes) -> None:
    for line in (garbage, EVENT.line[:200] + garbage, signed_with(b"{" + garbage)):
        try:
            codec.parse(line)
        except Rejected:
            continue
        assert line.endswith(b'"}')


MANGLED = [
    (b'"v":1,', b'"v":2,', "unknown version v=2"),
    (b'"v":1,', b"", "not an event line"),
    (b'"seq":3,', b"", "member 'seq' is missing"),
    (b'"seq":3,', b'"seq":3,"seq":3,', "duplicate member 'seq'"),
    (b'"seq":3,', b'"seq":03,', "member 'seq'"),
    (b'"seq":3,', b'"seq":3.0,', "member 'seq'"),
    (b'"seq":3,', b'"seq":0,', "member 'seq'"),
    (b'"seq":3,', b'"seq":12345678901,', "member 'seq'"),
    (b'"seq":3,', b'"seq":3, ', "member 'prev'"),
    (b'"node":"alice', b'"node":"Alice', "member 'node'"),
    (b'"inc":"5e2f91aa"', b'"inc":"5e2f91a"', "member 'inc'"),
    (b'"mesh":"7f', b'"mesh":"7F', "member 'mesh'"),
    (b'"prev":"c', b'"prev":"C', "member 'prev'"),
    (b"2026-11-22T19", b"2026-11-22T24", "member 'hlc'"),
    (b"2026-11-22T19", b"2026-02-30T19", "hlc names no day"),
    (b'"type":"file.imported"', b'"type":""', "member 'type'"),
    (b'"type":"file.imported"', b'"type":"File"', "member 'type'"),
    (b'"body":{', b'"extra":1,"body":{', "member 'body'"),
]


@pytest.mark.parametrize(("old", "new", "message"), MANGLED)
def test_a_line_of_another_form_is_rejected_by_name_though_signed(
    old: bytes, new: bytes, message: str
) -> None:
    signed, _ = codec.split(EVENT.line)
    assert signed.count(old) == 1
    with pytest.raises(Rejected, match=message):
        codec.parse(signed_line(signed.replace(old, new)))


def test_white_space_between_the_body_and_the_signature_is_refused_though_signed() -> None:
    line = chain_of(1)[0].line
    for space in (b" ", b"\t", b"\r", b"  "):
        with pytest.raises(Rejected, match="white space between the body and the signature"):
            codec.parse(signed_line(line[:-97] + b"}" + space + b"}"))
    assert codec.parse(signed_line(line[:-97] + b"}}")).id == codec.parse(line).id


def test_prev_is_zeros_at_seq_1_and_nowhere_else() -> None:
    with pytest.raises(Rejected, match="prev does not fit seq 1"):
        codec.encode(draft(1, "ab" * 32), ALICE.sign)
    with pytest.raises(Rejected, match="prev does not fit seq 2"):
        codec.encode(draft(2, codec.ZEROS), ALICE.sign)


BODIES_REFUSED = [
    (b"[]", "body is not an object"),
    (b'"x"', "body is not an object"),
    (b"", "body is not an object"),
    (b'{"a":1,"a":1}', "duplicate member 'a'"),
    (b'{"a":1,"b":2,"\\u0061":1}', "duplicate member 'a'"),
    (b'{"x":[{"y":{"a":1,"a":2}}]}', "duplicate member 'a'"),
    (b'{"a":1.5}', "fraction or exponent"),
    (b'{"a":[1e3]}', "fraction or exponent"),
    (b'{"a":1E400}', "not JSON"),
    (b'{"a":NaN}', "not JSON"),
    (b'{"a":01}', "not JSON"),
    (b'{"a":9007199254740992}', "integer out of range"),
    (b'{"a":-9007199254740992}', "integer out of range"),
    (b'{"a":123456789012345678901234567890}', "integer out of range"),
    (b'{"a":' + b"[" * 7 + b"]" * 7 + b"}", "deeper than 8"),
    (b'{"a":' + b"[" * 7000 + b"]" * 7000 + b"}", "deeper than 8"),
    (b'{"a":"' + b"x" * 4097 + b'"}', "string longer than 4096"),
    (b'{"' + b"x" * 4097 + b'":1}', "string longer than 4096"),
    (b'{"a":"' + "é".encode() * 2049 + b'"}', "string longer than 4096"),
    (b'{"a":"\xff"}', "not JSON"),
    (b'{"a":"\xed\xa0\x80"}', "not JSON"),
    (b'{"a":"\\ud800"}', "not JSON"),
    (b'{"a":"\t"}', "not JSON"),
    (b'{"a":1},"b":{}', "not JSON"),
    (b'{"a":1}}', "not JSON"),
    (b"{'a':1}", "not JSON"),
    (b'{"a":1,}', "not JSON"),
]


@pytest.mark.parametrize(("body", "message"), BODIES_REFUSED)
def test_a_body_beyond_the_limits_is_rejected_though_signed(body: bytes, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        codec.parse(signed_with(body))


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{ "a" : [1, -2] }',
        b'{"a":9007199254740991,"b":-9007199254740991}',
        b'{"a":' + b"[" * 6 + b"]" * 6 + b"}",
        b'{"a":"' + b"x" * 4096 + b'"}',
        b'{"a":"1.5e3","b":"{\\"a\\":1,\\"a\\":2}"}',
        b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
        '{"a":"\\u00e9é😀\\ud83d\\ude00\\/"}'.encode(),
    ],
)
def test_a_body_at_the_limits_is_accepted(body: bytes) -> None:
    assert codec.parse(signed_with(body)).body == body


def test_a_line_of_20_kib_is_rejected_and_one_of_16_is_accepted() -> None:
    def of_length(length: int) -> bytes:
        strings = [b'"' + b"x" * 1000 + b'"'] * 15
        rest = length - len(signed_with(b'{"a":[' + b",".join([*strings, b'""']) + b"]}"))
        return signed_with(b'{"a":[' + b",".join([*strings, b'"' + b"x" * rest + b'"']) + b"]}")

    assert len(codec.parse(of_length(16384)).line) == 16384
    for length in (16385, 20480):
        with pytest.raises(Rejected, match="longer than 16384"):
            codec.parse(of_length(length))


def test_the_writer_cannot_publish_what_its_peers_would_reject() -> None:
    for changes in ({"body": b'{"a":1.5}'}, {"type": "Bad Type"}, {"mesh": "x"}, {"hlc": "now"}):
        with pytest.raises(Rejected):
            codec.encode(draft(1, **changes), ALICE.sign)


def test_a_type_nobody_knows_yet_is_parsed_and_kept() -> None:
    event = codec.encode(draft(1, type="item.frobbed", body=b'{"x":{"y":[1]}}'), ALICE.sign)
    assert codec.parse(event.line).type == "item.frobbed"


def test_every_line_is_parsed_and_the_speed_printed() -> None:
    lines = [event.line for event in chain_of(50)] + [event.line for event in worked_example()] * 20
    begin = time.process_time()
    count = sum(codec.parse(line).seq > 0 for _ in range(100) for line in lines)
    print(f"{count / (time.process_time() - begin):,.0f} lines/s")
    assert count == 11_000
