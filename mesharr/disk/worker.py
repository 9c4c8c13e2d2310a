"""The child that touches a mount in place of the daemon: an answer to each request, until stdin ends.

A frame is its length as four big-endian bytes and that many bytes of msgpack. A request is
`[number, operation, [arguments]]`; an answer is `[number, errno, text, value]`, with errno 0 for a success
and -1 for a failure that is none of the operating system's. Each request has a thread, so answers come in
the order in which they are ready; how many there are at once is the parent's to bound.
"""

import _thread  # all that is needed of threading, and no module more to load
import os
import struct
import sys
from typing import Any

import msgspec

from mesharr.disk import operations

HEADER = struct.Struct(">I")
_NOTHING = msgspec.Raw(msgspec.msgpack.encode(None))


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One operation with its arguments, still encoded: they are decoded once the operation is known."""

    number: int
    operation: str
    arguments: list[Any]


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of one request; `value` stays encoded until the caller says what it expects."""

    number: int
    errno: int
    text: str
    value: msgspec.Raw


def frame(message: msgspec.Struct) -> bytes:
    """Return the message as the bytes of one frame."""
    payload = msgspec.msgpack.encode(message)
    return HEADER.pack(len(payload)) + payload


def answer(request: Request) -> Answer:
    """Carry out one request; every failure becomes part of the answer."""
    number = request.number
    try:
        arguments = list(request.arguments)
        if request.operation == "unlink_same":
            arguments[1] = msgspec.convert(arguments[1], operations.FileStat)
        value = operations.OPERATIONS[request.operation](*arguments)
        return Answer(number, 0, "", msgspec.Raw(msgspec.msgpack.encode(value)))
    except OSError as error:
        text = error.strerror or type(error).__name__
        return Answer(number, error.errno or -1, text, _NOTHING)
    except Exception as error:  # noqa: BLE001 - whatever it was, the parent must hear of it and go on
        return Answer(number, -1, f"{type(error).__name__}: {error}", _NOTHING)


def main() -> None:
    """Serve requests from stdin on stdout until stdin ends, which it does when the parent dies."""
    writing = _thread.allocate_lock()
    while (head := _exactly(HEADER.size)) is not None:
        payload = _exactly(HEADER.unpack(head)[0])
        if payload is None:
            return
        _thread.start_new_thread(_serve, (payload, writing))


def _serve(payload: bytes, writing: _thread.LockType) -> None:
    rest = memoryview(frame(answer(msgspec.msgpack.decode(payload, type=Request))))
    with writing:
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
