"""Run as the child process that touches a mount: answer requests until stdin ends.

A frame is its length as four big-endian bytes and that many bytes of `marshal`, which Python has built in. A
request is `(number, operation, arguments)`; an answer is `(number, errno, text, value)`, with errno 0 for a
success and -1 for a failure that is none of the operating system's. Each request has a thread, so answers
come in the order in which they are ready; the parent limits how many run at once.

Only what Python has loaded anyway is imported: commands wait until this process has started, and a daemon
keeps it.
"""

import _thread  # of threading only this is needed, and loading less is faster
import marshal
import os

from mesharr.disk.operations import OPERATIONS

Request = tuple[int, str, list[object]]
"""A number that the answer repeats, an operation, and its arguments."""

Answer = tuple[int, int, str, object]
"""The number of the request, errno, what went wrong, and the result."""

HEAD = 4
"""How many bytes tell the length of a frame."""


def frame(message: Request | Answer) -> bytes:
    """Return the message as the bytes of one frame."""
    payload = marshal.dumps(message)  # type: ignore[arg-type]  # its type names no `object`
    return len(payload).to_bytes(HEAD, "big") + payload


def answer(number: int, operation: str, arguments: list[object]) -> Answer:
    """Run one request and return its answer; a failure is part of the answer."""
    try:
        return number, 0, "", OPERATIONS[operation](*arguments)
    except OSError as error:
        return number, error.errno or -1, error.strerror or type(error).__name__, None
    except Exception as error:  # noqa: BLE001 - the parent reports any failure and goes on
        return number, -1, f"{type(error).__name__}: {error}", None


def main() -> None:
    """Serve requests from stdin on stdout until stdin ends, which it does when the parent dies."""
    writing = _thread.allocate_lock()
    while (head := _exactly(HEAD)) is not None:
        payload = _exactly(int.from_bytes(head, "big"))
        if payload is None:
            return
        _thread.start_new_thread(_serve, (payload, writing))


def _serve(payload: bytes, writing: _thread.LockType) -> None:
    rest = memoryview(frame(answer(*marshal.loads(payload))))  # noqa: S302 - it comes from our own process
    with writing:
        while rest:
            rest = rest[os.write(1, rest) :]


def _exactly(size: int) -> bytes | None:
    parts: list[bytes] = []
    while size and (part := os.read(0, size)):
        parts.append(part)
        size -= len(part)
    return None if size else b"".join(parts)
