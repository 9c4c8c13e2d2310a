"""A body spelled as this program spells it is decoded once; that decoding proves what the limits ask."""

import json
import re
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import TYPES, Body, Copy, FileImported, Item, body_as_written, body_of
from mesharr.log import codec
from tests.unit.core.events.test_events import HONEST
from tests.unit.log.samples import ALICE, draft

TEXTS = st.text(max_size=20) | st.sampled_from(["a\x7fb", "a\x1fb", "a\x80b", "a\\b", "a/../b", "a//b", ""])
NUMBERS = st.integers(-1, 2**53) | st.sampled_from([0, 1, 2**31, 2**31 + 1, 2**53 - 1, 2**64])


def written(type_name: str) -> bytes:
    """Return the honest example of a type as this program writes it."""
    body = body_of(type_name, msgspec.json.encode(HONEST[type_name]))
    return msgspec.json.encode(body)


@pytest.mark.parametrize("type_name", HONEST)
def test_what_this_program_writes_is_read_with_its_body(type_name: str) -> None:
    event = codec.encode(draft(1, type=type_name, body=written(type_name)), ALICE.sign)
    assert event.checked_body == body_of(type_name, event.body)
    assert event.checked_body is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"id":', b' "id":'),
        (b'"id":', b'"mood":1.5,"id":'),
        (b'"id":', b'"id":"tmdb:1","id":'),
        (b'"term":1', b'"term":1.0'),
        (b'"term":1', b'"term":1e0'),
        (b'"movies"', b'"movi\\u0065s"'),
        (b'"term":1', b'"term":0'),
        (b"Dune (2021)/", b"../"),
    ],
)
def test_what_is_spelled_otherwise_comes_without_a_body(old: bytes, new: bytes) -> None:
    raw = written("file.imported")
    assert body_as_written("file.imported", raw) is not None
    assert raw.count(old) >= 1
    assert body_as_written("file.imported", raw.replace(old, new, 1)) is None


def test_a_type_that_is_unknown_here_comes_without_a_body() -> None:
    assert body_as_written("unit.rated", b"{}") is None


@given(TEXTS, TEXTS, TEXTS, NUMBERS, NUMBERS, st.dictionaries(TEXTS, st.tuples(NUMBERS, TEXTS), max_size=3))
def test_a_body_read_as_written_keeps_every_limit_of_the_line(
    path: str, title: str, unit: str, size: int, term: int, seen: dict[str, tuple[int, str]]
) -> None:
    item = Item(id="tmdb:1", kind="movie", title=title, folder="F")
    copies = (Copy(path=path or "a", size=size, units=(unit or "movie",)),)
    body = FileImported(library="movies", item=item, copies=copies, term=term, seen=seen)
    raw = msgspec.json.encode(body)
    found = body_as_written("file.imported", raw)
    if found is not None:
        codec.check_body(raw)
    assert found in (None, body)


@given(TEXTS, TEXTS, NUMBERS)
def test_the_spelling_of_a_text_does_not_decide_whether_it_is_believed(
    path: str, title: str, year: int
) -> None:
    body = {
        "library": "movies",
        "item": {"id": "tmdb:1", "kind": "movie", "title": title, "year": year, "folder": path},
    }
    plain, escaped = (json.dumps(body, ensure_ascii=ascii_only).encode() for ascii_only in (False, True))
    everything = re.sub(rb"tmdb", rb"\\u0074mdb", escaped)
    assert len({_verdict(raw) for raw in (plain, escaped, everything)}) == 1


def _verdict(raw: bytes) -> str:
    try:
        return repr(body_of("item.added", raw))
    except Rejected as error:
        return error.what


@pytest.mark.parametrize("body_type", TYPES.values(), ids=list(TYPES))
def test_no_body_has_a_member_that_could_break_a_limit_by_its_type(body_type: type[Body]) -> None:
    kinds = _kinds(body_type)
    assert kinds <= {str, int, Ellipsis}
    assert _depth(body_type) + 1 <= codec.MAX_DEPTH


def _kinds(of: Any) -> set[Any]:
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return set[Any]().union(*(_kinds(field.type) for field in msgspec.structs.fields(of)))
    inner = get_args(of)
    return set[Any]().union(*map(_kinds, inner)) if inner else {of}


def _depth(of: Any) -> int:
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return 1 + max((_depth(field.type) for field in msgspec.structs.fields(of)), default=0)
    inner = get_args(of)
    is_union = bool(inner) and not hasattr(of, "__origin__")
    return (0 if is_union else 1) + max(map(_depth, inner)) if inner else 0
