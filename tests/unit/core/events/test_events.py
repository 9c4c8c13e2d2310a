"""What an honest node says is read; what no honest node would say is rejected with its reason."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.schema import (
    TYPES,
    Body,
    FileImported,
    ItemBody,
    LibraryFound,
    body_of,
)
from mesharr.core.events.validation import check

ITEM = {"id": "tmdb:438631", "kind": "movie", "title": "Dune", "year": 2021, "folder": "Dune (2021)"}
COPY = {"path": "Dune (2021)/Dune.mkv", "size": 9_876_543_210, "units": ["movie"]}
SEEN = {"alice-4b1e0f77.5e2f91aa": [12, "ab" * 32]}
BOBS = "bob-00000002.5e2f91aa"
BY_ID = {"library": "movies", "id": "tmdb:438631"}
HONEST: dict[str, dict[str, Any]] = {
    "library.found": {"library": "movies", "items": [{"item": ITEM, "copies": [COPY]}, {"item": ITEM}]},
    "item.added": {"library": "movies", "item": {**ITEM, "ids": {"tmdb": 438631, "imdb": "tt1160419"}}},
    "item.changed": {**BY_ID, "folder": "Dune", "version": 2},
    "item.moved": {**BY_ID, "to": "movies-4k"},
    "item.aliased": {**BY_ID, "alias": "tmdb:2"},
    "item.left": BY_ID,
    "item.removed": {**BY_ID, "seen": SEEN},
    "file.imported": {
        "library": "movies",
        "item": ITEM,
        "copies": [COPY],
        "replaced": ["Dune (2021)/old.mkv"],
        "term": 1,
        "seen": SEEN,
    },
    "file.renamed": {**BY_ID, "files": [{"old": "a.mkv", "new": COPY}], "seen": SEEN},
    "file.removed": {**BY_ID, "paths": ["a.mkv"], "reason": "deleted", "seen": SEEN},
    "unit.grabbed": {**BY_ID, "units": ["movie"]},
    "unit.released": {**BY_ID, "units": ["movie"]},
    "unit.claimed": {**BY_ID, "units": ["movie", "1:2", "S01E02", "mbid:1-2_3.4"], "term": 2**31},
    "node.hello": {
        "name": "alice",
        "version": "0.1.0",
        "key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
        "trusts": ["bob-00000002"],
        "heads": {"bob-00000002.5e2f91aa": [7, "ab" * 32]},
        "libraries": {"movies": {"app": "radarr", "version": "5.1", "profiles": ["HD-1080p"]}},
    },
    "stream.opened": {"closes": {"5e2f91aa": 40}},
    "node.left": {},
}


BOB = "bob-00000002.5e2f91aa"


def many_streams(count: int) -> list[str]:
    return [f"bob-00000002.{number:08x}" for number in range(count)]


def read(type_name: str, body: dict[str, Any]) -> Body | None:
    return body_of(type_name, msgspec.json.encode(body))


def test_every_type_has_an_honest_example_here() -> None:
    assert HONEST.keys() == TYPES.keys()


@pytest.mark.parametrize("type_name", HONEST)
def test_what_an_honest_node_says_is_read_and_written_again(type_name: str) -> None:
    body = read(type_name, HONEST[type_name])
    assert body is not None
    assert body.type_name == type_name
    assert body_of(type_name, msgspec.json.encode(body)) == body


@pytest.mark.parametrize("type_name", HONEST)
def test_members_of_a_newer_program_are_ignored(type_name: str) -> None:
    newer = {**HONEST[type_name], "mood": {"deep": [1, None, {"x": "../.."}]}}
    assert read(type_name, newer) == read(type_name, HONEST[type_name])


def test_members_of_a_newer_program_are_ignored_at_any_depth() -> None:
    body = {**HONEST["file.imported"], "copies": [{**COPY, "hdr": "dv", "size2": -1}]}
    assert read("file.imported", body) == read("file.imported", HONEST["file.imported"])


def test_a_type_of_a_newer_program_says_nothing_here() -> None:
    assert body_of("unit.rated", b'{"anything": "../../etc/x"}') is None
    assert body_of("unit.rated", b"not even json") is None


def test_a_raw_body_is_read_like_its_bytes() -> None:
    raw = msgspec.Raw(msgspec.json.encode(HONEST["item.left"]))
    assert body_of("item.left", raw) == read("item.left", HONEST["item.left"])


BAD_PATHS = [
    ("../../etc/x", "leaves or repeats its place"),
    ("/etc/x", "not a library-relative path"),
    ("a/../../x", "leaves or repeats its place"),
    ("a\0b", "control character"),
    ("a\x1bb", "control character"),
    ("x/" * 2100 + "x", "longer than 4095"),
    ("y" * 1025, "part longer than 1024"),
]


@pytest.mark.parametrize(("path", "why"), BAD_PATHS)
@pytest.mark.parametrize(
    ("type_name", "put"),
    [
        ("file.imported", lambda path: {"copies": [{**COPY, "path": path}]}),
        ("file.imported", lambda path: {"replaced": ["ok.mkv", path]}),
        ("file.imported", lambda path: {"item": {**ITEM, "folder": path}}),
        ("item.added", lambda path: {"item": {**ITEM, "folder": path}}),
        ("item.changed", lambda path: {"folder": path}),
        ("file.renamed", lambda path: {"files": [{"old": path, "new": COPY}]}),
        ("file.renamed", lambda path: {"files": [{"old": "a", "new": {**COPY, "path": path}}]}),
        ("file.removed", lambda path: {"paths": [path]}),
        ("library.found", lambda path: {"items": [{"item": ITEM, "copies": [{**COPY, "path": path}]}]}),
        ("library.found", lambda path: {"items": [{"item": {**ITEM, "folder": path}}]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_path_that_could_do_harm_is_rejected_wherever_it_stands(
    type_name: str, put: Any, path: str, why: str
) -> None:
    with pytest.raises(Rejected, match=rf"body of {type_name}: .*{why}"):
        read(type_name, {**HONEST[type_name], **put(path)})


@pytest.mark.parametrize(
    ("type_name", "changed", "why"),
    [
        ("unit.claimed", {"term": 0}, "term out of range: 0"),
        ("unit.claimed", {"term": -1}, "term out of range: -1"),
        ("unit.claimed", {"term": 2**31 + 1}, "term out of range: 2147483649"),
        ("file.imported", {"term": 2**31 + 1}, "term out of range"),
        ("item.changed", {"version": 0}, "term out of range: 0"),
        ("item.changed", {"version": 2**31 + 1}, "term out of range"),
        ("file.imported", {"copies": [{**COPY, "size": -1}]}, "size out of range: -1"),
        ("file.imported", {"copies": [{**COPY, "size": 2**53}]}, "size out of range"),
        ("file.imported", {"copies": [{**COPY, "size": 1.5}]}, "Expected `int`"),
        ("file.imported", {"copies": [{**COPY, "units": ["a b"]}]}, "not a unit: 'a b'"),
        ("file.imported", {"copies": [{**COPY, "units": [""]}]}, "not a unit"),
        ("file.imported", {"copies": [{**COPY, "units": ["../x"]}]}, "not a unit"),
        ("file.imported", {"copies": [{**COPY, "units": ["x" * 65]}]}, "not a unit"),
        ("file.imported", {"copies": [{**COPY, "quality": "HD\nTV"}]}, "control character"),
        ("file.imported", {"copies": [{**COPY, "languages": ["English", "\x1b[2J"]}]}, "control character"),
        ("file.imported", {"seen": {BOBS: [-1, "0" * 64]}}, "out of range: -1"),
        ("file.imported", {"seen": {BOBS: [0, "0" * 64]}}, "out of range: 0"),
        ("item.removed", {"seen": {BOBS: [10**10, "0" * 64]}}, "out of range"),
        ("item.removed", {"seen": {BOBS: 7}}, "Expected `array`"),
        ("item.removed", {"seen": {BOBS: [7]}}, "Expected `array`"),
        ("file.removed", {"seen": {BOBS: [7, "0" * 63]}}, "not the id of an event"),
        ("file.renamed", {"seen": {BOBS: [7, "A" * 64]}}, "not the id of an event"),
        ("file.imported", {"seen": {"alice": [1, "0" * 64]}}, "not a stream: 'alice'"),
        ("file.imported", {"seen": {"al\0ice": [1, "0" * 64]}}, "not a stream"),
        ("file.imported", {"seen": {f"b-{n:08}.{n:08}": [1, "0" * 64] for n in range(33)}}, "33 streams"),
        ("unit.grabbed", {"units": ["1:1", "1;2"]}, "not a unit: '1;2'"),
        ("unit.grabbed", {"units": ["movie\n"]}, "not a unit"),
        ("item.left", {"id": "438631"}, "not an item id: '438631'"),
        ("item.left", {"id": "tmdb:"}, "not an item id"),
        ("item.left", {"id": "TMDB:1"}, "not an item id"),
        ("item.left", {"id": "tmdb:1/2"}, "not an item id"),
        ("item.left", {"id": "tmdb:../1"}, "not an item id"),
        ("item.left", {"id": "tmdb:1\n"}, "not an item id"),
        ("item.left", {"id": "tmdb:" + "9" * 65}, "not an item id"),
        ("item.left", {"id": 438631}, "Expected `str`"),
        ("item.left", {"library": "Movies"}, "not a library name: 'Movies'"),
        ("item.left", {"library": "../movies"}, "not a library name"),
        ("item.left", {"library": ""}, "not a library name"),
        ("item.moved", {"to": "movies 4k"}, "not a library name"),
        ("item.aliased", {"alias": "x"}, "not an item id: 'x'"),
        ("item.added", {"item": {**ITEM, "kind": "Movie!"}}, "not a kind of item"),
        ("item.added", {"item": {**ITEM, "title": "Du\0ne"}}, "control character"),
        ("item.added", {"item": {**ITEM, "profile": "\x1b]0;x\x07"}}, "control character"),
        ("item.added", {"item": {**ITEM, "year": -1}}, "year out of range: -1"),
        ("item.added", {"item": {**ITEM, "ids": {"tmdb": -1}}}, "not an item id: 'tmdb': -1"),
        ("item.added", {"item": {**ITEM, "ids": {"im\ndb": "x"}}}, "not an item id"),
        ("item.added", {"item": {**ITEM, "ids": {"imdb": "tt\x07"}}}, "not an item id"),
        ("item.added", {"item": {**ITEM, "ids": {"tmdb": 0}}}, "not an item id: 'tmdb': 0"),
        ("item.added", {"item": {**ITEM, "ids": {"tmdb": "007"}}}, "not an item id"),
        ("item.added", {"item": {**ITEM, "ids": {"imdb": ""}}}, "not an item id"),
        ("item.added", {"item": {**ITEM, "ids": {"": 1}}}, "not an item id"),
        ("item.left", {"id": "tmdb:0"}, "not an item id: 'tmdb:0'"),
        ("item.left", {"id": "tmdb:007"}, "not an item id: 'tmdb:007'"),
        ("item.aliased", {"alias": "tvdb:00"}, "not an item id"),
        ("item.left", {"id": "tmdb:" + "9" * 16}, "not an item id"),
        ("item.added", {"item": {**ITEM, "folder": ""}}, "a folder without a name: ''"),
        ("item.added", {"item": {**ITEM, "folder": " "}}, "a folder without a name: ' '"),
        ("file.imported", {"item": {**ITEM, "folder": "\u3000\xa0"}}, "a folder without a name"),
        ("library.found", {"items": [{"item": {**ITEM, "folder": ""}}]}, "a folder without a name"),
        ("item.changed", {"folder": "  "}, "a folder without a name"),
        ("item.changed", {"folder": " / "}, "a folder without a name: ' / '"),
        ("item.added", {"item": {**ITEM, "folder": "\u3000/\xa0"}}, "a folder without a name"),
        ("item.added", {"item": None}, "Expected `object`"),
        ("file.removed", {"reason": "gone\r\n"}, "control character"),
        ("library.found", {"items": [{"item": {**ITEM, "id": "x"}}]}, "not an item id"),
        *(
            ("node.hello", {"name": name}, "not the name of a node")
            for name in ("", "ali\x00ce", "Alice", "al ice", "alic\u00e9", "alice\n", "a" * 25, "a" * 4096)
        ),
        ("node.hello", {"heads": {BOB: [-7, "ab" * 32]}}, "out of range: -7"),
        ("node.hello", {"heads": {BOB: [10**10, "ab" * 32]}}, "out of range"),
        ("node.hello", {"heads": {BOB: [7, "AB" * 32]}}, "not the id of an event"),
        ("node.hello", {"heads": {"bob": [7, "ab" * 32]}}, "not a stream: 'bob'"),
        ("node.hello", {"heads": {BOB: [7]}}, "Expected `array`"),
        ("node.hello", {"heads": {stream: [7, "ab" * 32] for stream in many_streams(65)}}, "more than 64"),
        ("node.hello", {"trusts": ["bob-00000002"] * 129}, "more than 128"),
        ("node.hello", {"trusts": ["Bob-00000002"]}, "not a node"),
        ("node.hello", {"trusts": ["bob"]}, "not a node"),
        ("node.hello", {"uploads": None}, "Expected `object`, got `null`"),
        ("node.hello", {"uploads": {"limit": -1}}, "limit out of range: -1"),
        ("node.hello", {"uploads": {"limit": 1, "sent": 2**53}}, "sent out of range"),
        ("node.hello", {"uploads": {"limit": 1, "waiting": -(2**63)}}, "waiting out of range"),
        ("node.hello", {"uploads": {"limit": "700GB"}}, "Expected `int`, got `str`"),
        ("node.hello", {"key": "A" * 44}, "not a public key"),
        ("node.hello", {"key": "A" * 42 + "="}, "not a public key"),
        ("node.hello", {"key": ""}, "not a public key"),
        ("node.hello", {"libraries": {"movies": {"naming": "\x9b{Movie}\n"}}}, "control character"),
        ("node.hello", {"trusts": ["bob-00000002\n"]}, "not a node"),
        ("node.hello", {"libraries": {"Movies": {}}}, "not a library name: 'Movies'"),
        ("node.hello", {"joined": ["movies", "mov/ies"]}, "not a library name: 'mov/ies'"),
        ("stream.opened", {"closes": {"5e2f91aa": -1}}, "out of range"),
        ("stream.opened", {"closes": {"5e2f91a": 1}}, "not an incarnation: '5e2f91a'"),
    ],
)
def test_what_no_honest_node_would_say_is_rejected_with_its_reason(
    type_name: str, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(Rejected) as caught:
        read(type_name, {**HONEST[type_name], **changed})
    assert f"body of {type_name}: " in caught.value.what
    assert why in caught.value.what


@pytest.mark.parametrize("type_name", [name for name in HONEST if HONEST[name] and name != "stream.opened"])
def test_a_body_that_lacks_what_it_needs_is_rejected(type_name: str) -> None:
    with pytest.raises(Rejected, match=rf"body of {type_name}: .*missing required field"):
        read(type_name, {})


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"x"', b'{"library":"movies","id":"tmdb:1"', b"\xff{}"]
)
def test_bytes_that_are_no_body_are_rejected(raw: bytes) -> None:
    with pytest.raises(Rejected, match=r"body of item\.left"):
        body_of("item.left", raw)


@pytest.mark.parametrize("surrogate", [b"\\ud800", b"\xed\xa0\x80"])
def test_half_a_character_is_rejected(surrogate: bytes) -> None:
    raw = b'{"library":"movies","id":"tmdb:1","paths":["a' + surrogate + b'.mkv"],"seen":{}}'
    with pytest.raises(Rejected, match=r"body of file\.removed"):
        body_of("file.removed", raw)


def test_a_change_without_a_folder_says_that_the_folder_is_the_same() -> None:
    assert read("item.changed", {**HONEST["item.changed"], "folder": ""}) is not None
    assert read("item.changed", {**BY_ID, "series_type": "anime"}) is not None


_HIDDEN = ["\x80", "\x9b", "\x9f", "\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"]


@pytest.mark.parametrize("hidden", _HIDDEN, ids=ascii)
def test_a_control_of_c1_or_of_the_direction_of_writing_is_refused_in_every_text(hidden: str) -> None:
    word = f"a{hidden}b"
    for type_name, changed in (
        ("item.added", {"item": {**ITEM, "title": word}}),
        ("item.added", {"item": {**ITEM, "profile": word}}),
        ("file.imported", {"copies": [{**COPY, "group": word}]}),
        ("file.imported", {"copies": [{**COPY, "languages": [word]}]}),
        ("file.removed", {"reason": word}),
        ("unit.released", {"reason": word}),
        ("node.hello", {"libraries": {"movies": {"naming": word}}}),
    ):
        body = {**HONEST[type_name], **changed}
        for raw in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
            with pytest.raises(Rejected, match="control character"):
                body_of(type_name, raw.encode())
    path = {"copies": [{**COPY, "path": f"{word}/{word}.mkv"}]}
    assert read("file.imported", {**HONEST["file.imported"], **path}) is not None


def test_a_body_made_here_is_checked_alike() -> None:
    body = read("file.imported", HONEST["file.imported"])
    assert isinstance(body, FileImported)
    check(body)
    with pytest.raises(Rejected, match="term out of range"):
        check(msgspec.structs.replace(body, term=0))


def test_a_body_touches_the_items_it_speaks_of() -> None:
    touched = {
        name: body.touched_items() for name in HONEST if (body := read(name, HONEST[name])) is not None
    }
    mine = ("movies", "tmdb:438631")
    assert touched["item.aliased"] == (mine, ("movies", "tmdb:2"))
    assert touched["item.moved"] == (mine, ("movies-4k", "tmdb:438631"))
    assert touched["library.found"] == (mine, mine)
    assert touched["node.hello"] == touched["stream.opened"] == touched["node.left"] == ()
    alike = [name for name, kind in TYPES.items() if issubclass(kind, ItemBody)]
    assert all(touched[name][0] == mine for name in alike)
    assert len(alike) == 12


def _all_bodies(base: type[Body] = Body) -> Iterator[type[Body]]:
    yield base
    for each in base.__subclasses__():
        yield from _all_bodies(each)


def test_no_body_and_no_base_of_one_leaves_an_answer_open() -> None:
    left_open = [
        f"{body.__name__}.{name}"
        for body in _all_bodies()
        for name, member in vars(body).items()
        if (code := getattr(getattr(member, "fget", member), "__code__", None))
        if "NotImplementedError" in code.co_names
    ]
    assert left_open == []


def test_an_empty_inventory_touches_nothing() -> None:
    assert LibraryFound(library="movies", items=()).touched_items() == ()
