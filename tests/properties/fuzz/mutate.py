"""What a broken drive or a hostile hand does to bytes. Equal chances make equal bytes."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

MAX_SIZE: Final = 32 * 1024
_MEMBER = re.compile(rb'"[a-z_]+":(?:"[^"]*"|-?[0-9]+)')
_NUMBER = re.compile(rb"(?<=[:,\[])-?[0-9]+")
_STRING = re.compile(rb'(?<=")[^"\\]{1,80}(?=")')
_NUMBERS: Final = (
    b"-0", b"-1", b"0", b"01", b"1.0", b"1e2", b"1E400", b"-0.0", b"9007199254740991", b"9007199254740992",
    b"18446744073709551616", b"-9223372036854775809", b"2147483649", b"NaN", b"Infinity", b"9" * 5000, b"0x1",
    b'"1"', b"null", b"true", b"[]", b"{}",
)  # fmt: skip
_TEXTS: Final = (
    b"", b"..", b"/", b"../x", b"a/../b", b"a//b", b"a\\\\b", b"-", b"\n", b"\\n", b"\x00", b"\xff",
    b"\\u0000", b"\\u0022", b"\\ud800", b"\\udfff\\ud800", b"\\ud83d\\ude00", b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"e\xcc\x81", b"\xe2\x80\xae", b"\xf0\x9f\x8e\xac", b"\xd9\xa3", b"\xef\xbc\x91", b"a" * 300, b"a" * 4097,
    b"\xef\xbb\xbf",
)  # fmt: skip
_DEEP: Final = (b"[" * 20, b'{"a":' * 20, b"[" * 6000 + b"]" * 6000, b'{"a":' * 3000)

Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def mutated(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Return `data` after one to four changes; `others` are what may be spliced in."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(_CHANGES)(data, chance, others)
    return data[:MAX_SIZE]


def _cut(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((0, 1, 2, 8, 40, 200)))


def _flip(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    if not data:
        return b"\x01"
    altered = bytearray(data)
    altered[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(altered)


def _truncate(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] if chance.random() < 0.7 else data[at:]


def _garbage(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    start, end = _cut(data, chance)
    return data[:start] + chance.randbytes(chance.randint(0, 20)) + data[end:]


def _splice(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    (start, end), (first, last) = _cut(data, chance), _cut(other, chance)
    return data[:start] + other[first:last] + data[end:]


def _repeat(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    start, end = _cut(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 50)) + data[end:]


def _lines(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    which = chance.randrange(4)
    if which == 0:
        del lines[at]
    elif which == 1:
        lines.insert(chance.randint(0, len(lines)), lines[at])
    elif which == 2:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = chance.choice(chance.choice(others).split(b"\n"))
    return b"\n".join(lines)


def _member_twice(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    found = list(_MEMBER.finditer(data))
    if not found:
        return data
    member, place = chance.choice(found), chance.choice(found)
    return data[: place.end()] + b"," + member[0] + data[place.end() :]


def _replaced(pattern: re.Pattern[bytes], words: Sequence[bytes]) -> Change:
    def change(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
        found = list(pattern.finditer(data))
        if not found:
            return data
        place = chance.choice(found)
        return data[: place.start()] + chance.choice(words) + data[place.end() :]

    return change


def _space(data: bytes, chance: random.Random, _others: Sequence[bytes]) -> bytes:
    start, _ = _cut(data, chance)
    return data[:start] + chance.choice((b" ", b"\t", b"\r", b"\n", b"\xc2\xa0", b"\x00")) + data[start:]


_CHANGES: Final[tuple[Change, ...]] = (
    _flip,
    _truncate,
    _garbage,
    _splice,
    _repeat,
    _lines,
    _member_twice,
    _replaced(_NUMBER, _NUMBERS),
    _replaced(_STRING, _TEXTS),
    _replaced(_NUMBER, _DEEP),
    _replaced(_STRING, (b'","a":"', b'":"', b'"},{"', b"\\")),
    _space,
)
