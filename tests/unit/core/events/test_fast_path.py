"""What the fast path accepts, the slow path accepts with the same item; in doubt it does not accept."""

import random
import re
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.core.events.fast_path import MAX_BYTES, PATTERNS, is_text
from mesharr.core.events.schema import TYPES, body_of
from mesharr.log.codec import check_body
from tests.unit.core.events.test_events import BY_ID, COPY, HONEST, ITEM

IDS = {"tmdb": 438631, "imdb": "tt1160419", "tvdb": 7}
SEEN = {"alice-4b1e0f77.5e2f91aa": [12, "ab" * 32], "bob-00000002.5e2f91aa": [1, "0" * 64]}
RICH: dict[str, dict[str, Any]] = {
    **HONEST,
    "item.added": {
        "library": "movies",
        "item": {**ITEM, "ids": IDS, "profile": "HD", "series_type": "anime"},
    },
    "file.imported": {
        "library": "movies",
        "item": {**ITEM, "ids": IDS, "title": "Die Säulen der Erde", "folder": "Die Säulen der Erde (2010)"},
        "copies": [
            {**COPY, "quality": "Bluray-1080p", "languages": ["English", "Deutsch"], "checks": {"movie": 7}},
            {"path": "a/b/c/d.mkv", "size": 0, "units": ["1:2", "S01E02"]},
        ],
        "replaced": ["Dune (2021)/old.mkv", "b.mkv"],
        "term": 12,
        "seen": SEEN,
    },
    "item.removed": {**BY_ID, "seen": SEEN},
    "unit.claimed": {**BY_ID, "units": ["movie", "1:2", "mbid:1-2_3.4"], "term": 3},
}


def written(type_name: str) -> bytes:
    """Return the example of a type as this program writes it."""
    return msgspec.json.encode(body_of(type_name, msgspec.json.encode(RICH[type_name])))


def matched(type_name: str, raw: bytes) -> re.Match[bytes] | None:
    """Return how a body matches, None when nothing is proved of it."""
    if type_name not in PATTERNS or len(raw) > MAX_BYTES or not is_text(raw):
        return None
    return re.compile(PATTERNS[type_name]).fullmatch(raw)


def test_the_bodies_of_one_item_have_a_pattern() -> None:
    without = {"library.found", "item.moved", "item.aliased", "node.hello", "stream.opened", "node.left"}
    compared = {"file.renamed"}
    assert PATTERNS.keys() == HONEST.keys() - without - compared


@pytest.mark.parametrize("type_name", PATTERNS)
def test_what_this_program_writes_of_ordinary_files_is_matched_with_its_item(type_name: str) -> None:
    raw = written(type_name)
    match = matched(type_name, raw)
    assert match is not None
    body = body_of(type_name, raw)
    assert body is not None
    assert body.touched_items() == ((match[1].decode(), match[2].decode()),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"tmdb":438631,"imdb"', '"tmdb":438631,"tmdb"'),
        ('"tmdb":438631,"imdb":"tt1160419","tvdb":7', '"tvdb":438631,"imdb":"}","tvdb":7'),
        ("bob-00000002", "alice-4b1e0f77"),
        ('"movie":7', '"movie":7,"movie":8'),
        ('"term":12', '"term":12,"term":12'),
        ('"term":12', '"term":0'),
        ('"term":12', '"term":012'),
        ('"term":12', '"term":2147483649'),
        ('"term":12', '"term":12.0'),
        ('"term":12', '"term":1e1'),
        ('"term":12', '"term": 12'),
        ('"term":12', '"term":12,"mood":1'),
        ('"size":0', '"size":-1'),
        ('"size":0', '"size":9007199254740992'),
        ('"size":0', '"size":null'),
        ("Die Säulen", "Die \\u0000"),
        ("Die Säulen", "Die \x7f"),
        ("Die Säulen", "Die \t"),
        ("(2010)", "\x85"),
        ('"folder":"Die Säulen der Erde (2010)"', '"folder":".."'),
        ("Die Säulen der Erde (2010)", "/etc"),
        ("Dune (2021)/", "../"),
        ("Dune (2021)/", "/"),
        ("Dune (2021)/", "./"),
        ("Dune (2021)/", "a//"),
        ("Dune (2021)/", "a\\\\b/"),
        ("Dune (2021)/", f"{'x' * 1025}/"),
        ('"1:2"', '"-2"'),
        ('"1:2","S01E02"', '"1:2",'),
        ('"folder":"Die Säulen der Erde (2010)"', '"folder":""'),
        ('"folder":"Die Säulen der Erde (2010)"', '"folder":" "'),
        ('"folder":"Die Säulen der Erde (2010)"', '"folder":"\u3000/\u00a0"'),
        ("Die Säulen", "Die \u202e"),
        ("Die Säulen", "Die \u200f"),
        ("tmdb:438631", "tmdb:0438631"),
        ("tmdb:438631", "tmdb:0"),
        ('"tmdb":438631', '"tmdb":0'),
        ('"tt1160419"', '"007"'),
        ('"tt1160419"', '""'),
        ('"imdb":', '"Imdb":'),
        ('"movies"', '"Movies"'),
        ('"tmdb:438631"', '"438631"'),
    ],
)
def test_what_breaks_a_rule_or_is_written_differently_is_not_matched(old: str, new: str) -> None:
    raw = written("file.imported").decode()
    assert raw.count(old) >= 1
    assert matched("file.imported", raw.replace(old, new, 1).encode()) is None


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xae", b"\xc2\x85"])
def test_bytes_that_are_no_text_are_not_matched(bad: bytes) -> None:
    raw = written("file.imported").replace(b"Dune", bad)
    assert matched("file.imported", raw) is None


def test_whatever_is_matched_keeps_every_rule() -> None:
    order = random.Random(20261127)
    pieces = [written(type_name) for type_name in PATTERNS]
    accepted = 0
    for _ in range(60_000):
        type_name = order.choice([*PATTERNS])
        raw = _changed(written(type_name), pieces, order)
        if match := matched(type_name, raw):
            accepted += 1
            check_body(raw)
            body = body_of(type_name, raw)
            assert body is not None
            assert body.touched_items() == ((match[1].decode(), match[2].decode()),)
    assert accepted > 1000


def test_what_is_rejected_is_never_matched() -> None:
    for raw in (b"{}", b"[]", b"", b'{"library":"movies"}', b'{"library":"movies","id":"tmdb:1"}x'):
        for type_name in PATTERNS:
            assert matched(type_name, raw) is None
            with pytest.raises(Rejected):
                body_of(type_name, raw)


def _changed(raw: bytes, pieces: list[bytes], order: random.Random) -> bytes:
    """Return a body with one to three changes: bytes dropped, doubled, or brought from elsewhere."""
    for _ in range(order.randint(1, 3)):
        at = order.randrange(len(raw))
        length = order.choice([0, 1, 1, 2, 5, 20])
        other = order.choice(pieces)
        start = order.randrange(len(other))
        put = order.choice(
            [
                b"",
                bytes([order.choice(b'"\\{}[]:,/.019-aZ\x00\x1f \x7f\x85\xc2\xc3\xff')]),
                raw[at : at + length] * 2,
                other[start : start + order.randint(1, 40)],
            ]
        )
        raw = raw[:at] + put + raw[at + length :]
    return raw


@pytest.mark.parametrize(
    "over", [{"alice-4b1e0f77.5e2f91aa": [3, "0" * 64]}, {"a": 3}, {"a": "x"}, {"a": []}]
)
def test_a_body_that_supersedes_events_is_decoded(over: dict[str, Any]) -> None:
    for type_name in ("file.imported", "unit.claimed", "item.changed"):
        raw = written(type_name)
        assert matched(type_name, raw) is not None
        named = raw[:-1] + b',"over":' + msgspec.json.encode(over) + b"}"
        assert matched(type_name, named) is None


# -- invented bodies

TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "Dune",
        "Die Säulen",
        "a/b.mkv",
        "../x",
        ".hidden",
        "/etc",
        "a\\b",
        'q"',
        "\x7f",
        "\x85",
        "tmdb:1",
        "movies",
        "1:2",
        " ",
        "",
        "\u202e",
        "tmdb:007",
    ]
)
NUMBER = st.integers(-1, 2**53) | st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**53 - 1])
_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["tmdb:1", "imdb:tt1", "TMDB:1", "tmdb:", "tmdb:-1", "a:b:c"]) | TEXT,
    "library": st.sampled_from(["movies", "tv-4k", "Movies", "-tv", "x" * 33]) | TEXT,
    "kind": st.sampled_from(["movie", "series", ""]) | TEXT,
    "units": st.lists(st.sampled_from(["movie", "1:2", "S01E02", "-1", ""]) | TEXT, max_size=3),
}


def _member(name: str, of: Any) -> st.SearchStrategy[Any]:
    """Return values for a member of a body, valid ones and others, as JSON has them."""
    inner = get_args(of)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if of is str:
        return TEXT
    if of is int:
        return NUMBER
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return _body(of)
    if get_origin(of) is tuple:
        return st.lists(_member("", inner[0]), max_size=3)
    if get_origin(of) is dict:
        return st.dictionaries(TEXT, _member("", inner[1]), max_size=3)
    return TEXT | NUMBER


def _body(of: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        field.name: (field.required, _member(field.name, field.type)) for field in msgspec.structs.fields(of)
    }
    needed = {name: values for name, (required, values) in fields.items() if required}
    optional = {name: values for name, (required, values) in fields.items() if not required}
    return st.fixed_dictionaries(needed, optional=optional).map(
        lambda made: {name: made[name] for name in fields if name in made}
    )


BODIES = {name: _body(TYPES[name]) for name in PATTERNS}


@pytest.mark.parametrize("type_name", PATTERNS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_both_definitions_of_valid_agree_on_invented_bodies(type_name: str, data: st.DataObject) -> None:
    raw = msgspec.json.encode(data.draw(BODIES[type_name]))
    agree(type_name, raw)
    agree(type_name, data.draw(changed(raw)))
    for _ in range(8):
        agree(type_name, data.draw(changed(written(type_name))))


PIECES = [
    b'"',
    b"\\",
    b"..",
    b"/",
    b"0",
    b"-",
    b",",
    b"}",
    b"\\u0041",
    b"\x7f",
    b"\x1f",
    b"\xc2\x85",
    b"x" * 256,
]


@st.composite
def changed(draw: st.DrawFn, raw: bytes) -> bytes:
    """Draw the bytes with one or two places replaced, or a member of an object repeated."""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        members = re.findall(rb'"[^"]+":(?:[0-9]+|"[^"]*")', raw)
        if members and draw(st.integers(0, 2)) == 0:
            member = draw(st.sampled_from(members))
            other = draw(
                st.sampled_from([member, re.sub(rb":.*", b":7", member), re.sub(rb":.*", b':""', member)])
            )
            raw = raw.replace(member, member + b"," + other, 1)
            continue
        texts = [found.end() for found in re.finditer(rb'[:,\\[]"', raw)]
        at = draw(st.sampled_from(texts or [0]) | st.integers(0, len(raw)))
        put = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        raw = raw[:at] + put + raw[at + draw(st.sampled_from([0, 0, 0, 1, 3])) :]
    return raw


def agree(type_name: str, raw: bytes) -> None:
    """Fail when the fast path accepts what the slow path rejects, or shows another item of it."""
    match = matched(type_name, raw)
    if match is None:
        return
    check_body(raw)
    body = body_of(type_name, raw)
    assert body is not None
    assert body.touched_items() == ((match[1].decode(), match[2].decode()),)


def plain_paths() -> st.SearchStrategy[str]:
    """Return paths that the fast path has no reason to doubt."""
    part = st.text("abcXYZ019 ()-_,äöü", min_size=1, max_size=20)
    return st.lists(part, min_size=1, max_size=4).map("/".join)


@given(
    paths=st.lists(plain_paths(), min_size=1, max_size=4),
    size=st.integers(0, 2**49),
    term=st.integers(1, 10**9 - 1),
)
@settings(max_examples=100, deadline=None)
def test_ordinary_imports_take_the_fast_path(paths: list[str], size: int, term: int) -> None:
    copies = [{"path": path, "size": size, "units": ["movie"]} for path in paths]
    body = {**HONEST["file.imported"], "copies": copies, "replaced": paths, "term": term}
    raw = msgspec.json.encode(body_of("file.imported", msgspec.json.encode(body)))
    assert (matched("file.imported", raw) is None) == (len(raw) > MAX_BYTES)
