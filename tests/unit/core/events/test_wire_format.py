"""The bytes of every event body: a change of a class never changes what is written on the drive."""

from hashlib import sha256

import msgspec
import pytest

from mesharr.core.errors import Rejected
from mesharr.core.events.base import Part
from mesharr.core.events.schema import TYPES, NodeHello, UploadsInfo, body_of
from tests.unit.core.events.test_chunking import LONG, units_of
from tests.unit.core.events.test_events import HONEST
from tests.unit.core.events.test_fast_path import RICH, matched

DIGESTS = {
    "library.found": "9451d71180050799",
    "item.added": "240ffbf78562c2f5",
    "item.changed": "053bdccaa9ebb3fe",
    "item.moved": "0d21a0278adc76e0",
    "item.aliased": "f70ba8264ece240b",
    "item.left": "c8d8cf78f1dd8587",
    "item.removed": "12d16da843dbf039",
    "file.imported": "53d7ef5cbf286d0f",
    "file.renamed": "0aedc3cb6b756aba",
    "file.removed": "3d9c31479e2763b2",
    "unit.grabbed": "1df79d22e0323678",
    "unit.released": "1df79d22e0323678",
    "unit.claimed": "eeb3220489ef1624",
    "node.hello": "d8f9a8d9fdeffaee",
    "stream.opened": "6dab7a26f3f68454",
    "node.left": "8384c3416334fdea",
}
"""By type the SHA-256 of the examples as they are written, shortened."""
OF_PARTS = "4284c8316df51613"
"""The same of the parts of the bodies that are too long for a line."""
TRACKS = (
    b'{"library":"music","item":{"id":"mbid:69158f97-4c07-4c4e-baf8-4e4ab1ed666e","kind":"artist",'
    b'"folder":"Boards of Canada"},"copies":[{"path":"Boards of Canada/Geogaddi/01-02.flac","size":7340032,'
    b'"units":["b1392450-e666-3926-a536-22c65f834433"],"quality":"FLAC",'
    b'"parts":["7cf3e9bf-f2ce-5b49-aa3f-1c5407cdf5e9","84cd0651-e8de-5511-81f5-99585122623a"],'
    b'"release":"a6bdad78-79f3-5fd2-a8b4-88f97198f2a4"},'
    b'{"path":"Boards of Canada/Geogaddi/03.flac","size":1,'
    b'"units":["b1392450-e666-3926-a536-22c65f834433"]}],"term":1}'
)
"""An import of a file with two tracks of a release, and of one whose tracks are not stated."""


class OlderHello(Part, frozen=True, kw_only=True):
    """The hello of a program that knows these members only."""

    name: str
    key: str


def digest_of(*bodies: msgspec.Struct) -> str:
    return sha256(b"\n".join(msgspec.json.encode(body) for body in bodies)).hexdigest()[:16]


@pytest.mark.parametrize("type_name", TYPES)
def test_a_body_is_written_in_the_bytes_it_was_always_written_in(type_name: str) -> None:
    examples = (body_of(type_name, msgspec.json.encode(each[type_name])) for each in (HONEST, RICH))
    assert digest_of(*(body for body in examples if body)) == DIGESTS[type_name]


def test_the_parts_and_the_release_of_a_file_stand_last_and_are_left_out_when_not_stated() -> None:
    body = body_of("file.imported", TRACKS)
    assert body is not None
    assert msgspec.json.encode(body) == TRACKS
    [two, one] = body.stated_copies()
    assert two.parts == ("7cf3e9bf-f2ce-5b49-aa3f-1c5407cdf5e9", "84cd0651-e8de-5511-81f5-99585122623a")
    assert two.release == "a6bdad78-79f3-5fd2-a8b4-88f97198f2a4"
    assert (one.parts, one.release) == ((), "")
    assert matched("file.imported", TRACKS) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"release":"a6', b'"release":"../'),
        (b'"release":"a6', b'"release":"' + b"a" * 65),
        (b'"release":"a6bdad78-79f3-5fd2-a8b4-88f97198f2a4"', b'"release":7'),
        (b'"parts":["7cf3e9bf', b'"parts":["","7cf3e9bf'),
        (b'"parts":["7cf3e9bf', b'"parts":["a b","7cf3e9bf'),
        (b'"parts":["7cf3e9bf', b'"parts":["-7cf3e9bf'),
    ],
)
def test_parts_and_releases_that_are_no_ids_are_rejected(old: bytes, new: bytes) -> None:
    raw = TRACKS.replace(old, new)
    assert raw != TRACKS
    assert matched("file.imported", raw) is None
    with pytest.raises(Rejected):
        body_of("file.imported", raw)


def test_the_uploads_of_a_hello_stand_last_and_are_left_out_without_a_limit() -> None:
    told = msgspec.json.encode({**HONEST["node.hello"], "uploads": {"limit": 700, "sent": 120}})
    hello = body_of("node.hello", told)
    assert isinstance(hello, NodeHello)
    assert hello.uploads == UploadsInfo(limit=700, sent=120, waiting=0)
    assert msgspec.json.encode(hello) == told
    silent = body_of("node.hello", msgspec.json.encode(HONEST["node.hello"]))
    assert isinstance(silent, NodeHello)
    assert silent.uploads.limit == 0
    assert b"uploads" not in msgspec.json.encode(silent)


def test_a_program_that_does_not_know_the_uploads_of_a_hello_reads_on() -> None:
    raw = msgspec.json.encode({**HONEST["node.hello"], "uploads": {"limit": 700, "sent": 120}})
    assert msgspec.json.decode(raw, type=OlderHello).name == "alice"


def test_a_body_too_long_for_a_line_is_divided_as_it_was_always_divided() -> None:
    assert digest_of(*(part for body in LONG for part in body.parts(units_of))) == OF_PARTS
