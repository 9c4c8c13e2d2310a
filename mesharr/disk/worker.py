"""The child that touches a mount in place of the daemon: one request, one answer, until stdin ends.

A frame is its length as four big-endian bytes and that many bytes of msgpack. A request is
`[operation, [arguments]]`; an answer is `[errno, text, value]`, with errno 0 for a success and -1
for a failure that is none of the operating system's.
"""

import os
import struct
import sys
from typing import Any

import msgspec

from mesharr.disk import operations

HEADER = struct.Struct(">I")


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One operation with its arguments, still encoded: they are decoded once the operation is known."""

    operation: str
    arguments: list[Any]


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of one request; `value` stays encoded until the caller says what it expects."""

    errno: int
    text: str
    value: msgspec.Raw


def frame(message: msgspec.Struct) -> bytes:
    """Return the message as the bytes of one frame."""
    payload = msgspec.msgpack.encode(message)
    return HEADER.pack(len(payload)) + payload


def answer(request: Request) -> Answer:
    """Carry out one request; every failure becomes part of the answer."""
    try:
        arguments = list(request.arguments)
        if request.operation == "unlink_same":
            arguments[1] = msgspec.convert(arguments[1], operations.FileStat)
        value = operations.OPERATIONS[request.operation](*arguments)
        return Answer(0, "", msgspec.Raw(msgspec.msgpack.encode(value)))
    except OSError as error:
        text = error.strerror or type(error).__name__
        return Answer(error.errno or -1, text, msgspec.Raw(msgspec.msgpack.encode(None)))
    except Exception as error:  # noqa: BLE001 - whatever it was, the parent must hear of it and go on
        text = f"{type(error).__name__}: {error}"
        return Answer(-1, text, msgspec.Raw(msgspec.msgpack.encode(None)))


def main() -> None:
    """Serve requests from stdin on stdout until stdin ends, which it does when the parent dies."""
    while (head := _exactly(HEADER.size)) is not None:
        payload = _exactly(HEADER.unpack(head)[0])
        if payload is None:
            return
        rest = memoryview(frame(answer(msgspec.msgpack.decode(payload, type=Request))))
        while rest:
            rest = rest[os.write(sys.stdout.fileno(), rest) :]


def _exactly(size: int) -> bytes | None:
    parts: list[bytes] = []
    while size and (part := os.read(sys.stdin.fileno(), size)):
        parts.append(part)
        size -= len(part)
    return None if size else b"".join(parts)


if __name__ == "__main__":
    main()
