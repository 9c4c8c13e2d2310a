"""Run as the child process that touches a mount: answer requests until stdin ends.

A frame is its length as four big-endian bytes and that many bytes of msgpack. A request is
`[number, operation, [arguments]]`; an answer is `[number, errno, text, value]`, with errno 0 for a success
and -1 for a failure that is none of the operating system's. Each request has a thread, so answers come in
the order in which they are ready; the parent limits how many run at once.
"""

import _thread  # of threading only this is needed, and loading less is faster
import os
import struct
import sys
from typing import Any

import msgspec

from mesharr.disk import operations

HEADER = struct.Struct(">I")
_NOTHING = msgspec.Raw(msgspec.msgpack.encode(None))


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One operation with its arguments."""

    number: int
    operation: str
    arguments: list[Any]


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of one request."""

    number: int
    errno: int
    text: str
    value: msgspec.Raw
    """The result, encoded until the caller decodes it with the type it expects."""


def frame(message: msgspec.Struct) -> bytes:
    """Return the message as the bytes of one frame."""
    payload = msgspec.msgpack.encode(message)
    return HEADER.pack(len(payload)) + payload


def answer(request: Request) -> Answer:
    """Run one request and return its answer; a failure is part of the answer."""
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
    except Exception as error:  # noqa: BLE001 - the parent reports any failure and goes on
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
