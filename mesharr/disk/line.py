"""The pipes to a child process: start it, ask it one thing within a time, let go of it."""

import contextlib
import os
import select
import subprocess
import threading
import time

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk.worker import HEADER, Answer


def exchange(child: subprocess.Popen[bytes], request: bytes, deadline: float) -> Answer:
    """Send one frame and return the answer to it.

    Raises `TimeoutError` after `deadline` seconds, `EOFError` or `OSError` when the child is gone.
    """
    assert child.stdin is not None
    assert child.stdout is not None
    end = time.monotonic() + deadline
    _send(child.stdin.fileno(), request, end)
    size = HEADER.unpack(_receive(child.stdout.fileno(), HEADER.size, end))[0]
    return msgspec.msgpack.decode(_receive(child.stdout.fileno(), size, end), type=Answer)


def start(python: str) -> subprocess.Popen[bytes]:
    """Start a child; raises `Unavailable` when the system cannot."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [python, "-P", "-m", "mesharr.disk.worker"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # a child that hangs for ever must not hold the terminal's or a caller's pipe open
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"cannot start the process that reads the disk: {error.strerror}") from error
    assert child.stdin is not None
    assert child.stdout is not None
    os.set_blocking(child.stdin.fileno(), False)
    os.set_blocking(child.stdout.fileno(), False)
    return child


def _send(handle: int, content: bytes, end: float) -> None:
    rest = memoryview(content)
    while rest:
        _await(handle, select.POLLOUT, end)
        rest = rest[os.write(handle, rest) :]


def _receive(handle: int, size: int, end: float) -> bytes:
    parts: list[bytes] = []
    while size:
        _await(handle, select.POLLIN, end)
        part = os.read(handle, size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _await(handle: int, event: int, end: float) -> None:
    poll = select.poll()
    poll.register(handle, event)
    if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
        raise TimeoutError


def close(child: subprocess.Popen[bytes]) -> None:
    """Close both pipes: a child that is well ends by that."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def abandon(child: subprocess.Popen[bytes]) -> None:
    """Let go of a child: close, kill, and do not wait. A thread reaps it, if it ever ends."""
    close(child)
    with contextlib.suppress(OSError):
        child.kill()
    threading.Thread(target=child.wait, name="abandoned-disk-child", daemon=True).start()
