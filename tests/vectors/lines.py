"""Lines and bodies, each with the verdict that every implementation has to come to."""

import base64
import json
from typing import Any

from mesharr.log import codec
from mesharr.log.keys import key_text
from tests.unit.core.events.test_events import BY_ID, COPY, HONEST, ITEM
from tests.unit.log.samples import ALICE, ALICE_NODE, BOB, INC, MESH, chain_of, signed_line, worked_example
from tests.vectors import signatures

Case = dict[str, Any]
_SECOND = chain_of(2)[1]
_HEAD = {
    "v": "1",
    "mesh": f'"{MESH}"',
    "node": f'"{ALICE_NODE}"',
    "inc": f'"{INC}"',
    "seq": "2",
    "prev": f'"{_SECOND.prev}"',
    "hlc": f'"{_SECOND.hlc}"',
    "type": '"item.other"',
    "body": "{}",
}


def _raw(names: list[str] | None = None, join: str = ",", **changes: str) -> bytes:
    members = {**_HEAD, **changes}
    inner = join.join(f'"{name.rstrip("2")}":{members[name]}' for name in names or _HEAD)
    return f"{{{inner}}}".encode()


def _signed(**changes: str) -> bytes:
    return signed_line(_raw(None, ",", **changes))


def _case(name: str, line: bytes, why: str = "") -> Case:
    """Return one line with its verdict; without a reason it is valid."""
    try:
        shown = {"line": line.decode()}
    except UnicodeDecodeError:
        shown = {"line_hex": line.hex()}
    if why:
        return {"name": name, **shown, "valid": False, "reason": why}
    return {"name": name, **shown, "valid": True, "id": codec.event_id(line[:-96] + b"}")}


def _body(name: str, body: str, why: str = "") -> Case:
    return _case(name, _signed(body=body), why)


def lines() -> list[Case]:
    """Return lines of alice's, the first of which are the worked example."""
    return [*_valid(), *_wrong_envelopes(), *_wrong_signatures(), *_disputed_signatures(), *_wrong_bodies()]


def _valid() -> list[Case]:
    order = ["v", "mesh", "node", "inc", "seq", "prev", "hlc", "type", "body"]
    assert list(_HEAD) == order
    return [
        *(_case(f"worked example, event {event.seq}", event.line) for event in worked_example()),
        _body("an unknown type", '{"anything":["at",{"all":true}]}'),
        _body("white space inside the body", '{ "a" :\t[ 1 , 2 ] \n}'.replace("\n", " ")),
        _body("escapes in the body", '{"a":"\\u0041\\/\\ud83d\\ude00"}'),
        _body("a body spelled unlike any other program would", '{"b":-0,"a":"\\u0061"}'),
        _body("an integer at either limit", f'{{"a":{2**53 - 1},"b":-{2**53 - 1}}}'),
        _body("depth 8", '{"a":' + "[" * 6 + "]" * 6 + "}"),
        _body("a string of 4096 bytes", f'{{"a":"{"x" * 4096}"}}'),
        _body("a string of 4096 bytes, longer as it is escaped", '{"a":"' + "\\u0041" * 2000 + '"}'),
        _body("a return as white space in the body", '{"a":\r1}'),
        _body("every white space that JSON has but a newline", '{ \t\r"a" \t\r: \t\r[ \t\r] \t\r}'),
        _body("a surrogate pair by escapes, in a member's name", '{"\\ud83d\\ude00":1}'),
        _body("DEL, and a control of C1", '{"a":"\x7f\u0085"}'),
        _case(
            "a node's name of 24 characters, none of them a letter", _signed(node=f'"{"-" * 24}-00000000"')
        ),
        _case("another node's label", _signed(node='"bob-00000000"')),
        _case("29 February of a leap year", _signed(hlc='"2000-02-29T23:59:59.999Z-0000"')),
        _case("the first day", _signed(hlc='"0001-01-01T00:00:00.000Z-0000"')),
        _case("the last counter value", _signed(hlc='"2026-11-22T18:19:24.125Z-9999"')),
        _case("the highest seq", _signed(seq="9999999999")),
        _case("a type of 64 characters", _signed(type=f'"{"t" * 64}"')),
        _case("a line of 16 KiB", _long(codec.MAX_LINE)),
    ]


def _long(size: int) -> bytes:
    texts = [f'"{"x" * 4000}"' for _ in range(3)]
    room = size - len(_signed(body=f'{{"a":[{",".join(texts)},""]}}'))
    return _signed(body=f'{{"a":[{",".join(texts)},"{"x" * room}"]}}')


def _wrong_envelopes() -> list[Case]:
    swapped = ["v", "mesh", "inc", "node", "seq", "prev", "hlc", "type", "body"]
    missing = [name for name in _HEAD if name != "hlc"]
    more = ["v", "mesh", "node", "inc", "seq", "prev", "hlc", "type", "mood", "body"]
    form = "a member is not of its form"
    return [
        _case("version 2", _signed(v="2"), "unknown version"),
        _case("members in another order", signed_line(_raw(swapped)), "members not in their order"),
        _case("no hlc", signed_line(_raw(missing)), "a member is missing"),
        _case("a member too many", signed_line(_raw(more, mood="1")), "members not in their order"),
        _case("white space between members", signed_line(_raw(join=", ")), "white space in the envelope"),
        _case("white space after the body", _signed(body="{} "), "white space between body and signature"),
        _case("a tab after the body", _signed(body="{}\t"), "white space between body and signature"),
        _case("white space before the body", _signed(body=" {}"), "white space in the envelope"),
        _case("a mesh in capitals", _signed(mesh=f'"{MESH.upper()}"'), form),
        _case("a node without its hash", _signed(node='"alice"'), form),
        _case("an incarnation of 7 digits", _signed(inc='"5e2f91a"'), form),
        _case("seq 0", _signed(seq="0"), form),
        _case("seq with a leading zero", _signed(seq="02"), form),
        _case("seq of 11 digits", _signed(seq="10000000000"), form),
        _case("seq as text", _signed(seq='"2"'), form),
        _case("prev is zeros at seq 2", _signed(prev=f'"{codec.ZEROS}"'), "prev does not fit seq"),
        _case("prev is an id at seq 1", _signed(seq="1"), "prev does not fit seq"),
        _case("hlc with a counter of 3 digits", _signed(hlc='"2026-11-22T18:19:24.125Z-000"'), form),
        _case("hlc with a counter in hex", _signed(hlc='"2026-11-22T18:19:24.125Z-000a"'), form),
        _case("hlc at 24 o'clock", _signed(hlc='"2026-11-22T24:00:00.000Z-0000"'), form),
        _case("hlc with a leap second", _signed(hlc='"2026-11-22T23:59:60.000Z-0000"'), form),
        _case("hlc on 30 February", _signed(hlc='"2026-02-30T00:00:00.000Z-0000"'), "hlc names no day"),
        _case(
            "hlc on 29 February of 1900", _signed(hlc='"1900-02-29T00:00:00.000Z-0000"'), "hlc names no day"
        ),
        _case("hlc with a comma", _signed(hlc='"2026-11-22T18:19:24,125Z-0000"'), form),
        _case("a node's name of 25 characters", _signed(node=f'"{"a" * 25}-00000000"'), form),
        _case("hlc in year 0", _signed(hlc='"0000-01-01T00:00:00.000Z-0000"'), "hlc names no day"),
        _case("a type that begins with a digit", _signed(type='"1.x"'), form),
        _case("a type of 65 characters", _signed(type=f'"{"t" * 65}"'), form),
        _case("a line of one byte more than 16 KiB", _long(codec.MAX_LINE + 1), "too long"),
        _case("an empty line", b"", "not a line"),
    ]


def _wrong_signatures() -> list[Case]:
    line = _signed()
    last = line[-3:-2]
    other = bytes([ord("A") if last != b"A" else ord("Q")])
    _, signature = codec.split(line)
    s = int.from_bytes(signature[32:], "little") + signatures.ORDER
    high = signature[:32] + s.to_bytes(32, "little")
    bad = "bad signature"
    return [
        _case("signed by another key", signed_line(_raw(), BOB), bad),
        _case("a byte of the body changed", line.replace(b"item.other", b"item.others"[:9] + b"s"), bad),
        _case("another last character of the signature", line[:-3] + other + line[-2:], bad),
        _case("unused bits of the signature set", line[:-3] + b"B" + line[-2:], "not base64url of 64 bytes"),
        _case("padding", line[:-2] + b'=="}', "the line does not end in a signature"),
        _case("S is not below the order of the group", line[:-88] + _text(high) + b'"}', bad),
        _case("all zeros", line[:-88] + b"A" * 86 + b'"}', bad),
        _case("no signature", _raw(), "the line does not end in a signature"),
    ]


def _disputed_signatures() -> list[Case]:
    """Return lines that fulfil the equation of Ed25519 with the cofactor or without, and their verdict."""
    body, identity, again = _raw(), signatures.IDENTITY, signatures.IDENTITY_AGAIN
    r, signed_with = signatures.honest_r(), signatures.signed_with
    mixed_r, mixed = signatures.plus_order_8(r), signatures.plus_order_8(ALICE.public)
    small, cofactor = "a point of small order", "right with the cofactor alone"

    def by(key: bytes, name: str, line: bytes, why: str = "") -> Case:
        return {**_case(name, line, why), "public_key": key_text(key)}

    def mixed_key(*, multiple: bool) -> bytes:
        """Return a line whose hash is a multiple of 8, so that the point of order 8 falls out, or is none."""
        tries = (_raw(body=f'{{"a":{number}}}') for number in range(1, 200))
        signed = next(each for each in tries if (signatures.hash_of(r, mixed, each) % 8 == 0) == multiple)
        return signed_with(signed, r, 1, mixed)

    return [
        _case("R is the neutral point", signed_with(body, identity, 0), small),
        _case("R is the neutral point, not encoded canonically", signed_with(body, again, 0), small),
        _case("R has a part of small order", signed_with(body, mixed_r, 1), cofactor),
        by(identity, "the key is the neutral point", signed_with(body, r, 1, identity, secret=False), small),
        by(again, "that key, not encoded canonically", signed_with(body, r, 1, again, secret=False), small),
        by(mixed, "the key has a part of small order", mixed_key(multiple=False), cofactor),
        by(mixed, "the key has a part of small order that falls out", mixed_key(multiple=True)),
    ]


def _text(signature: bytes) -> bytes:
    return base64.urlsafe_b64encode(signature)[:86]


def _wrong_bodies() -> list[Case]:
    return [
        _body("no object", "[]", "the body is no object"),
        _body("null", "null", "the body is no object"),
        _body("cut", '{"a":1', "not JSON"),
        _body("a member twice", '{"a":1,"a":1}', "a member twice"),
        _body("a member twice after unescaping", '{"a":1,"\\u0061":1}', "a member twice"),
        _body("a member twice, deeper", '{"x":[{"a":1,"a":2}]}', "a member twice"),
        _body("a fraction", '{"a":1.0}', "a fraction"),
        _body("an exponent", '{"a":1e2}', "an exponent"),
        _body("an integer of 2^53", f'{{"a":{2**53}}}', "an integer out of range"),
        _body("an integer of -2^53", f'{{"a":-{2**53}}}', "an integer out of range"),
        _body("an integer of 30 digits", f'{{"a":{"9" * 30}}}', "an integer out of range"),
        _body("a leading zero", '{"a":01}', "not JSON"),
        _body("NaN", '{"a":NaN}', "not JSON"),
        _body("a comma too many", '{"a":[1,]}', "not JSON"),
        _body("depth 9", '{"a":' + "[" * 7 + "]" * 7 + "}", "deeper than 8"),
        _body("a string of 4097 bytes", f'{{"a":"{"x" * 4097}"}}', "a string longer than 4096 bytes"),
        _body("a name of 4097 bytes", f'{{"{"x" * 4097}":1}}', "a string longer than 4096 bytes"),
        _body(
            "a string of 4098 bytes in UTF-8", f'{{"a":"{"é" * 2049}"}}', "a string longer than 4096 bytes"
        ),
        _body("a raw control character", '{"a":"\t"}', "not JSON"),
        _body("a form feed as white space", '{"a":\f1}', "not JSON"),
        _body("a space beyond ASCII as white space", '{"a":\u00a01}', "not JSON"),
        _body("the second half of a surrogate pair first", '{"a":"\\ude00\\ud83d"}', "a lone surrogate"),
        _body("an escape that JSON has not", '{"a":"\\x41"}', "not JSON"),
        _body("half of a surrogate pair", '{"a":"\\ud800"}', "a lone surrogate"),
        _case("invalid UTF-8", signed_line(_raw(body='{"a":"@"}').replace(b"@", b"\xff")), "not UTF-8"),
        _case(
            "an overlong form", signed_line(_raw(body='{"a":"@"}').replace(b"@", b"\xc0\xae")), "not UTF-8"
        ),
    ]


def bodies() -> list[Case]:
    """Return bodies of lines that are valid: whether an event with this body is applied."""
    found = [{"type": kind, "body": body, "applied": True} for kind, body in HONEST.items()]
    for kind, changed, why in _NOT_APPLIED:
        found.append({"type": kind, "body": {**HONEST[kind], **changed}, "applied": False, "reason": why})
    for kind, dropped in (("item.removed", "seen"), ("item.added", "item"), ("node.hello", "key")):
        body = {name: value for name, value in HONEST[kind].items() if name != dropped}
        found.append({"type": kind, "body": body, "applied": False, "reason": f"no {dropped}"})
    nameless = {name: value for name, value in ITEM.items() if name != "folder"}
    body = {**HONEST["item.added"], "item": nameless}
    found.append({"type": "item.added", "body": body, "applied": False, "reason": "no folder"})
    for kind, changed in _APPLIED:
        found.append({"type": kind, "body": {**HONEST[kind], **changed}, "applied": True})
    found.append({"type": "unit.rated", "body": {}, "applied": False, "reason": "an unknown type"})
    return [{"body": json.dumps(case.pop("body"), ensure_ascii=True), **case} for case in found]


def _renamed(old: str, new: str) -> dict[str, Any]:
    return {"old": old, "new": {**COPY, "path": new}}


_STREAM = "alice-4b1e0f77.5e2f91aa"
_MANY = {f"bob-{number:08x}.5e2f91aa": [1, "ab" * 32] for number in range(33)}
_SIXTY_FIVE = {f"bob-{number:08x}.5e2f91aa": [1, "ab" * 32] for number in range(65)}
_WAITS: dict[str, Any] = {
    "library": "movies",
    "id": "tmdb:7",
    "path": "Film 7 (2007)/Film 7.mkv",
    "size": 9000,
}
_APPLIED: list[tuple[str, dict[str, Any]]] = [
    ("item.left", {"mood": {"of": ["a", None, "newer program"]}}),
    ("item.left", {"id": "imdb:tt0111161"}),
    ("item.left", {"id": "mbid:0b2f-1"}),
    ("item.changed", {"folder": ""}),
    ("item.removed", {"seen": {}}),
    ("unit.claimed", {"term": 2**31}),
    ("file.removed", {"paths": ["Dune (2021)/a\\b.mkv", "Dune (2021)/\u202e.mkv", " /x.mkv"]}),
    ("file.imported", {"copies": [{**COPY, "path": "x" * 1024}]}),
    ("item.added", {"item": {**ITEM, "ids": {"tmdb": 438631, "imdb": "tt1160419"}}}),
    ("node.hello", {"heads": dict(list(_SIXTY_FIVE.items())[1:])}),
    ("node.hello", {"trusts": ["bob-00000002"] * 128}),
    ("node.hello", {"name": "a" * 24}),
    ("node.hello", {"uploads": {"limit": 700 * 10**9, "sent": 120 * 10**9, "waiting": 2**53 - 1}}),
    ("node.hello", {"uploads": {"limit": 1, "sent": 2, "mood": "newer program"}}),
    ("node.hello", {"uploads": {}}),
    ("node.hello", {"conflicts": [_WAITS, {**_WAITS, "size": 0, "mood": "newer program"}]}),
    ("node.hello", {"conflicts": [_WAITS] * 4}),
    ("node.hello", {"name": "-"}),
    ("node.hello", {"key": "A" * 42 + "B"}),
    ("file.removed", {"paths": []}),
    ("file.removed", {"paths": ['"' * 1024]}),
    ("file.removed", {"paths": ["/".join(["\u00e9" * 512] * 3 + ["x" * 1020])]}),
    ("file.removed", {"paths": ["\u0085\u202e", "\u00a0/\u3000"]}),
    ("file.imported", {"copies": []}),
    ("file.renamed", {"files": [{"old": COPY["path"], "new": COPY}]}),
    ("file.renamed", {"files": [_renamed("\u0131", "a"), _renamed("i", "b")]}),
    ("item.changed", {"folder": "\u00a0/x"}),
    ("item.added", {"item": {**ITEM, "title": "Du\u2065ne\u206a\ufeff"}}),
    ("unit.grabbed", {"units": ["movie", "movie"]}),
    ("unit.released", {"units": [], "reason": "any text"}),
    ("unit.claimed", {"over": {}}),
    ("unit.claimed", {"over": {"no stream": [0, "no id"], "": [2**53 - 1, ""]}}),
    ("unit.claimed", {"over": _MANY}),
    ("file.imported", {"copies": [{**COPY, "checks": {"no unit": 0}, "parts": ["a", "a"], "release": ""}]}),
    ("node.hello", {"libraries": {"movies": {}}, "joined": ["tv", "tv"]}),
    ("stream.opened", {"closes": {}}),
]
_NOT_APPLIED: list[tuple[str, dict[str, Any], str]] = [
    ("item.left", {"id": "tmdb:007"}, "a number with leading zeros"),
    ("item.left", {"id": "tmdb:0"}, "0 is no id"),
    ("item.left", {"id": "tmdb:1234567890123456"}, "a number of 16 digits"),
    ("item.left", {"id": "438631"}, "no source"),
    ("item.left", {"id": "TMDB:1"}, "a source in capitals"),
    ("item.left", {"id": None}, "null"),
    ("item.left", {"library": "Movies"}, "a library in capitals"),
    ("item.left", {"library": "m" * 33}, "a library of 33 characters"),
    ("item.moved", {"to": ""}, "no library"),
    ("item.aliased", {"alias": "tmdb:00"}, "0 is no id"),
    ("item.added", {"item": {**ITEM, "folder": ""}}, "a folder without a name"),
    ("item.added", {"item": {**ITEM, "folder": " "}}, "a folder without a name"),
    ("item.added", {"item": {**ITEM, "folder": "\u3000"}}, "a folder without a name"),
    ("item.added", {"item": {**ITEM, "kind": "Movie"}}, "a kind in capitals"),
    ("item.added", {"item": {**ITEM, "title": "Du\u0085ne"}}, "a control of C1 in a text"),
    ("item.added", {"item": {**ITEM, "title": "Du\u202ene"}}, "a bidirectional control in a text"),
    ("item.added", {"item": {**ITEM, "profile": "HD\u200f"}}, "a bidirectional control in a text"),
    ("item.added", {"item": {**ITEM, "ids": {"tmdb": 0}}}, "0 is no id"),
    ("item.added", {"item": {**ITEM, "ids": {"imdb": ""}}}, "an empty id"),
    ("item.added", {"item": {**ITEM, "year": -1}}, "a negative number"),
    ("item.changed", {"version": 0}, "a version below 1"),
    ("item.removed", {"seen": _MANY}, "more than 32 streams"),
    ("item.removed", {"seen": {_STREAM: 7}}, "no id"),
    ("item.removed", {"seen": {_STREAM: [0, "ab" * 32]}}, "seq 0"),
    ("item.removed", {"seen": {_STREAM: [7, "AB" * 32]}}, "an id in capitals"),
    ("item.removed", {"seen": {"alice": [7, "ab" * 32]}}, "not a stream"),
    ("file.imported", {"term": 2**31 + 1}, "a term above 2^31"),
    ("file.imported", {"copies": [{**COPY, "path": "../x"}]}, "a path that leaves the library"),
    ("file.imported", {"copies": [{**COPY, "path": "/x"}]}, "an absolute path"),
    ("file.imported", {"copies": [{**COPY, "path": "a//b"}]}, "an empty part of a path"),
    ("file.imported", {"copies": [{**COPY, "path": "a\nb"}]}, "a control character in a path"),
    ("file.imported", {"copies": [{**COPY, "path": "x" * 1025}]}, "a part of 1025 bytes"),
    ("file.imported", {"copies": [{**COPY, "size": -1}]}, "a negative size"),
    ("file.imported", {"copies": [{**COPY, "units": ["a b"]}]}, "white space in a unit"),
    ("file.removed", {"paths": ["ok.mkv", ""]}, "an empty path"),
    (
        "file.renamed",
        {"files": [{"old": "a", "new": COPY}, {"old": "A", "new": {**COPY, "path": "b"}}]},
        "one file is renamed to two names",
    ),
    (
        "file.renamed",
        {"files": [_renamed("\u00df", "a"), _renamed("SS", "b")]},
        "one file: full case folding",
    ),
    (
        "file.renamed",
        {"files": [_renamed("\u00e9", "a"), _renamed("E\u0301", "b")]},
        "one file: NFC and case",
    ),
    (
        "file.renamed",
        {"files": [_renamed("a", "x"), _renamed("b", "X")]},
        "two files are renamed to one name",
    ),
    ("file.renamed", {"files": [{"old": "a", "new": "b"}]}, "not a Copy"),
    ("file.removed", {"paths": ["/".join(["\u00e9" * 512] * 3 + ["x" * 1021])]}, "a path of 4096 bytes"),
    ("file.removed", {"paths": ["/".join(['"' * 1000] * 3)]}, "a path of 6002 bytes as JSON writes it"),
    ("file.removed", {"paths": ["\u00e9" * 513]}, "a part of 1026 bytes"),
    ("file.removed", {"paths": "a.mkv"}, "no list"),
    ("item.changed", {"folder": " / "}, "a folder without a name"),
    ("item.added", {"item": {**ITEM, "folder": "\u3000/\u00a0"}}, "a folder without a name"),
    ("item.added", {"item": {**ITEM, "ids": {"tmdb": True}}}, "neither a number nor a text"),
    ("item.added", {"item": {**ITEM, "year": "2021"}}, "a number as text"),
    ("item.added", {"item": {**ITEM, "title": None}}, "null"),
    ("unit.claimed", {"over": {_STREAM: [-1, "ab" * 32]}}, "a number below 0"),
    ("unit.claimed", {"over": {_STREAM: [7, "a\u0085"]}}, "a control of C1 in a text"),
    ("unit.claimed", {"over": {_STREAM: [7]}}, "no id"),
    ("item.removed", {"seen": {_STREAM: [7, "ab" * 32, 1]}}, "a member too many"),
    ("node.hello", {"joined": ["Movies"]}, "a library in capitals"),
    ("node.hello", {"libraries": {"Movies": {}}}, "a library in capitals"),
    ("node.hello", {"libraries": {"movies": {"profiles": ["a\u200e"]}}}, "a bidirectional control in a text"),
    ("stream.opened", {"closes": {"5e2f91a": 1}}, "an incarnation of 7 digits"),
    ("stream.opened", {"closes": {"5e2f91aa": -1}}, "a seq below 0"),
    ("unit.claimed", {**BY_ID, "units": ["movie"], "term": 0}, "a term below 1"),
    ("node.hello", {"heads": _SIXTY_FIVE}, "more than 64 streams"),
    ("node.hello", {"heads": {_STREAM: [0, "ab" * 32]}}, "seq 0"),
    ("node.hello", {"heads": {_STREAM: [7, "ab"]}}, "not the id of an event"),
    ("node.hello", {"heads": {"alice": [7, "ab" * 32]}}, "not a stream"),
    ("node.hello", {"trusts": ["bob-00000002"] * 129}, "more than 128 nodes"),
    ("node.hello", {"trusts": ["bob"]}, "not a node"),
    ("node.hello", {"name": ""}, "no name"),
    ("node.hello", {"name": "a" * 25}, "a name of 25 characters"),
    ("node.hello", {"name": "Alice"}, "a name in capitals"),
    ("node.hello", {"name": "al ice"}, "white space in a name"),
    ("node.hello", {"name": "alic\u00e9"}, "a name beyond ASCII"),
    ("node.hello", {"uploads": None}, "null"),
    ("node.hello", {"conflicts": [_WAITS] * 5}, "5 conflicts"),
    ("node.hello", {"conflicts": [{**_WAITS, "path": "../x"}]}, "a path that leads out"),
    ("node.hello", {"conflicts": [{"library": "movies", "id": "tmdb:7"}]}, "without a path"),
    ("node.hello", {"uploads": [1, 2, 3]}, "uploads as a list"),
    ("node.hello", {"uploads": {"limit": -1}}, "a negative number"),
    ("node.hello", {"uploads": {"limit": "700GB"}}, "a number as text"),
    ("node.hello", {"key": "A" * 42}, "a key of 42 characters"),
    ("node.hello", {"key": "A" * 42 + "="}, "not base64url"),
]
