"""Send requests to a child process, several at a time, each with its own deadline.

No thread of its own reads the answers: one of the waiting callers reads for all. So an abandoned child leaves
nothing behind but a thread that reaps it.
"""

import contextlib
import marshal
import os
import select
import socket
import subprocess
import threading
import time
from typing import Any

from mesharr.core.errors import Unavailable
from mesharr.disk.worker import HEAD, Answer, frame


class ChildConnection:
    """A child process and the socket to it. Safe to share between threads."""

    def __init__(self, python: str) -> None:
        """Start the child; raise `Unavailable` when the system cannot."""
        self.hung = False
        """Whether a request was not answered in time."""
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        try:
            self._child = _start(python, theirs)
        except OSError as error:
            self._socket.close()
            raise Unavailable(f"cannot start the process that reads the disk: {error.strerror}") from error
        finally:
            theirs.close()
        self._sending = threading.Lock()
        self._turn = threading.Condition()
        # below: only with `_turn` acquired
        self._ended = False
        self._reading = False
        self._requests = 0
        self._answers: dict[int, Answer | None] = {}

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._child.pid

    def is_open(self) -> bool:
        """Return whether the child runs and takes requests."""
        return not self._ended and self._child.poll() is None

    def ask(self, operation: str, arguments: list[Any], seconds: float) -> Answer:
        """Send one request and return its answer; any failure abandons the child.

        Raises `TimeoutError` after `seconds`, `EOFError` or `OSError` when the child has ended.
        """
        end = time.monotonic() + seconds
        number = self._register()
        try:
            self._send(frame((number, operation, arguments)), end)
            return self._wait(number, end)
        except TimeoutError:
            self.hung = True
            self.abandon()
            raise
        except BaseException:
            # also an interrupt: after half a frame the connection is of no use
            self.abandon()
            raise
        finally:
            self._unregister(number)

    def abandon(self) -> None:
        """Kill the child without waiting; a thread reaps it, if it ever ends."""
        with self._turn:
            if not self._ended:
                self._ended = True
                threading.Thread(target=self._child.wait, name="abandoned-disk-child", daemon=True).start()
            self._turn.notify_all()
        self._close_socket()
        with contextlib.suppress(OSError):
            self._child.kill()

    def end(self, seconds: float) -> None:
        """End the child; one that does not end within `seconds` is abandoned, also during a call."""
        with self._turn:
            idle = not self._ended and self._turn.wait_for(lambda: not self._answers, seconds)
            self._ended = self._ended or idle
        if not idle:
            self.abandon()
            return
        self._close_socket()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            threading.Thread(target=self._child.wait, name="abandoned-disk-child", daemon=True).start()

    def _register(self) -> int:
        with self._turn:
            if self._ended:
                raise EOFError
            self._requests += 1
            self._answers[self._requests] = None
            return self._requests

    def _unregister(self, number: int) -> None:
        with self._turn:
            del self._answers[number]
            self._turn.notify_all()
        if self._ended:
            self._close_socket()

    def _close_socket(self) -> None:
        """Wake the callers that wait for the socket; close it once none does."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._turn:
            if not self._answers:
                self._socket.close()

    def _send(self, content: bytes, end: float) -> None:
        if not self._sending.acquire(timeout=max(0.0, end - time.monotonic())):
            raise TimeoutError
        try:
            rest = memoryview(content)
            while rest:
                self._wait_ready(select.POLLOUT, end)
                rest = rest[self._socket.send(rest) :]
        finally:
            self._sending.release()

    def _wait(self, number: int, end: float) -> Answer:
        while True:
            with self._turn:
                self._turn.wait_for(
                    lambda: self._answers[number] or self._ended or not self._reading,
                    max(0.0, end - time.monotonic()),
                )
                if (answer := self._answers[number]) is not None:
                    return answer
                if self._ended:
                    raise EOFError
                if self._reading:
                    raise TimeoutError
                self._reading = True
            self._read_for_all(end)

    def _read_for_all(self, end: float) -> None:
        try:
            size = int.from_bytes(self._receive(HEAD, end), "big")
            answer: Answer = marshal.loads(self._receive(size, end))  # noqa: S302 - it comes from our own child
            with self._turn:
                if answer[0] in self._answers:
                    self._answers[answer[0]] = answer
        finally:
            with self._turn:
                self._reading = False
                self._turn.notify_all()

    def _receive(self, size: int, end: float) -> bytes:
        parts: list[bytes] = []
        while size:
            self._wait_ready(select.POLLIN, end)
            part = self._socket.recv(size)
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait_ready(self, event: int, end: float) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise TimeoutError


def _start(python: str, theirs: socket.socket) -> subprocess.Popen[bytes]:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        # without `site` it starts in half the time, and what is installed beside mesharr is not needed
        [python, "-S", "-P", "-c", "from mesharr.disk.worker import main; main()"],
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        # a child that hangs for ever must not hold the terminal's or a caller's pipe open
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )
