"""Signatures that verifiers of Ed25519 disagree about, made with points that no honest key has."""

import base64
import hashlib
from typing import Final

from mesharr.log import codec
from tests.unit.log.samples import ALICE

Point = tuple[int, int]
_P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_NOTHING: Final = (0, 1)
IDENTITY: Final = (1).to_bytes(32, "little")
IDENTITY_AGAIN: Final = (_P + 1).to_bytes(32, "little")
"""The same point, not encoded canonically."""
ORDER_8: Final = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
"""A point of order 8."""
_BASE: Final = (4 * pow(5, -1, _P) % _P).to_bytes(32, "little")


def _add(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    product = _D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, _P) % _P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, _P) % _P,
    )


def _times(number: int, point: Point) -> Point:
    found = _NOTHING
    for digit in f"{number:b}":
        found = _add(found, found)
        if digit == "1":
            found = _add(found, point)
    return found


def _point(encoded: bytes) -> Point:
    both = int.from_bytes(encoded, "little")
    y, sign = both & (2**255 - 1), both >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    return (x if x & 1 == sign else _P - x, y)


def _encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _secret() -> int:
    digest = hashlib.sha512(bytes(range(32))).digest()[:32]
    return int.from_bytes(digest, "little") & ~7 & (2**254 - 1) | 2**254


def plus_order_8(encoded: bytes) -> bytes:
    """Return a point plus one of order 8."""
    return _encoded(_add(_point(encoded), _point(ORDER_8)))


def hash_of(r: bytes, key: bytes, signed: bytes) -> int:
    """Return what Ed25519 multiplies the public key by."""
    return int.from_bytes(hashlib.sha512(r + key + codec.pae(signed)).digest(), "little") % ORDER


def honest_r(number: int = 1) -> bytes:
    """Return the encoded R of a number."""
    return _encoded(_times(number, _point(_BASE)))


def signed_with(
    signed: bytes, r: bytes, number: int, key: bytes = ALICE.public, *, secret: bool = True
) -> bytes:
    """Return a line that alice signed with a given R, of a number of hers.

    The key is hers, or hers plus a point of small order; without `secret` it is such a point.
    """
    s = (number + hash_of(r, key, signed) * (_secret() if secret else 0)) % ORDER
    signature = base64.urlsafe_b64encode(r + s.to_bytes(32, "little"))[:86]
    return b'%s,"sig":"%s"}' % (signed[:-1], signature)
