"""The line to a child process: several questions at a time, each with its own deadline.

No thread listens for answers: of those who wait, one reads for all. So a child that is given up leaves
nothing behind but a thread that reaps it.
"""

import contextlib
import os
import select
import socket
import subprocess
import threading
import time
from typing import Any

import msgspec

from mesharr.core.errors import Unavailable
from mesharr.disk.worker import HEADER, Answer, Request, frame


class ChildConnection:
    """A child process and the socket to it. Safe to share between threads. `hung` says that a question was
    not answered in time.
    """

    def __init__(self, python: str) -> None:
        """Start the child; raises `Unavailable` when the system cannot."""
        self.hung = False
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
        # below: only with the turn held
        self._ended = False
        self._reading = False
        self._asked = 0
        self._answers: dict[int, Answer | None] = {}

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._child.pid

    def is_open(self) -> bool:
        """Return whether the child can be asked."""
        return not self._ended and self._child.poll() is None

    def ask(self, operation: str, arguments: list[Any], seconds: float) -> Answer:
        """Return the answer to a question. Whatever goes wrong, the child is given up.

        Raises `TimeoutError` after `seconds`, `EOFError` or `OSError` when the child is gone.
        """
        end = time.monotonic() + seconds
        number = self._enter()
        try:
            self._send(frame(Request(number, operation, arguments)), end)
            return self._wait(number, end)
        except TimeoutError:
            self.hung = True
            self.abandon()
            raise
        except BaseException:
            # also an interrupt: what was cut in two cannot be asked again on this line
            self.abandon()
            raise
        finally:
            self._leave(number)

    def abandon(self) -> None:
        """Let go of the child: kill, and do not wait. A thread reaps it, if it ever ends."""
        with self._turn:
            if not self._ended:
                self._ended = True
                threading.Thread(target=self._child.wait, name="abandoned-disk-child", daemon=True).start()
            self._turn.notify_all()
        self._hang_up()
        with contextlib.suppress(OSError):
            self._child.kill()

    def end(self, seconds: float) -> None:
        """Let the child end; one that does not within `seconds` is abandoned, also in the midst of a call."""
        with self._turn:
            idle = not self._ended and self._turn.wait_for(lambda: not self._answers, seconds)
            self._ended = self._ended or idle
        if not idle:
            self.abandon()
            return
        self._hang_up()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            threading.Thread(target=self._child.wait, name="abandoned-disk-child", daemon=True).start()

    def _enter(self) -> int:
        with self._turn:
            if self._ended:
                raise EOFError
            self._asked += 1
            self._answers[self._asked] = None
            return self._asked

    def _leave(self, number: int) -> None:
        with self._turn:
            del self._answers[number]
            self._turn.notify_all()
        if self._ended:
            self._hang_up()

    def _hang_up(self) -> None:
        """Wake who waits for the socket; close it once nobody does."""
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
                self._until(select.POLLOUT, end)
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
            size = HEADER.unpack(self._receive(HEADER.size, end))[0]
            answer = msgspec.msgpack.decode(self._receive(size, end), type=Answer)
            with self._turn:
                if answer.number in self._answers:
                    self._answers[answer.number] = answer
        finally:
            with self._turn:
                self._reading = False
                self._turn.notify_all()

    def _receive(self, size: int, end: float) -> bytes:
        parts: list[bytes] = []
        while size:
            self._until(select.POLLIN, end)
            part = self._socket.recv(size)
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _until(self, event: int, end: float) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise TimeoutError


def _start(python: str, theirs: socket.socket) -> subprocess.Popen[bytes]:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [python, "-P", "-m", "mesharr.disk.worker"],
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        # a child that hangs for ever must not hold the terminal's or a caller's pipe open
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )
