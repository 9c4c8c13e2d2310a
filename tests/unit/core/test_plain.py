"""A body in plain form is known by its bytes to keep every rule; what is not surely so has no plain form."""

import random
import re
from typing import Any

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.fast_path import MAX_PLAIN, PLAIN, is_plain_text
from mesharr.core.events.schema import body_of
from mesharr.log.codec import check_body
from tests.unit.core.test_events import BY_ID, COPY, HONEST, ITEM

IDS = {"tmdb": 438631, "imdb": "tt1160419", "tvdb": 7}
SEEN = {"alice-4b1e0f77.5e2f91aa": 12, "bob-00000002.5e2f91aa": 0}
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


def seen_as_plain(type_name: str, raw: bytes) -> re.Match[bytes] | None:
    """Return how a body matches, None when nothing is proved of it."""
    if type_name not in PLAIN or len(raw) > MAX_PLAIN or not is_plain_text(raw):
        return None
    return re.compile(PLAIN[type_name]).fullmatch(raw)


def test_bodies_of_one_item_have_a_plain_form() -> None:
    without = {"library.found", "item.moved", "item.aliased", "node.hello", "stream.opened", "node.left"}
    assert PLAIN.keys() == HONEST.keys() - without


@pytest.mark.parametrize("type_name", PLAIN)
def test_what_this_program_writes_of_ordinary_files_is_plain_and_shows_its_item(type_name: str) -> None:
    raw = written(type_name)
    match = seen_as_plain(type_name, raw)
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
        ("Dune (2021)/", f"{'x' * 256}/"),
        ("Dune (2021)/", f"{'x' * 250}/" * 5),
        ('"1:2"', '"-2"'),
        ('"1:2","S01E02"', '"1:2",'),
        ('"movies"', '"Movies"'),
        ('"tmdb:438631"', '"438631"'),
    ],
)
def test_what_breaks_a_rule_or_is_spelled_otherwise_is_not_plain(old: str, new: str) -> None:
    raw = written("file.imported").decode()
    assert raw.count(old) >= 1
    assert seen_as_plain("file.imported", raw.replace(old, new, 1).encode()) is None


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xae", b"\xc2\x85"])
def test_bytes_that_are_no_text_are_not_plain(bad: bytes) -> None:
    raw = written("file.imported").replace(b"Dune", bad)
    assert seen_as_plain("file.imported", raw) is None


def test_whatever_is_plain_keeps_every_rule() -> None:
    order = random.Random(20261127)
    pieces = [written(type_name) for type_name in PLAIN]
    plain = 0
    for _ in range(60_000):
        type_name = order.choice([*PLAIN])
        raw = _changed(written(type_name), pieces, order)
        if match := seen_as_plain(type_name, raw):
            plain += 1
            check_body(raw)
            body = body_of(type_name, raw)
            assert body is not None
            assert body.touched_items() == ((match[1].decode(), match[2].decode()),)
    assert plain > 1000


def test_what_is_refused_is_never_plain() -> None:
    for raw in (b"{}", b"[]", b"", b'{"library":"movies"}', b'{"library":"movies","id":"tmdb:1"}x'):
        for type_name in PLAIN:
            assert seen_as_plain(type_name, raw) is None
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
def test_who_names_somebody_is_looked_at_in_full(over: dict[str, Any]) -> None:
    for type_name in ("file.imported", "unit.claimed", "item.changed"):
        raw = written(type_name)
        assert seen_as_plain(type_name, raw) is not None
        named = raw[:-1] + b',"over":' + msgspec.json.encode(over) + b"}"
        assert seen_as_plain(type_name, named) is None
