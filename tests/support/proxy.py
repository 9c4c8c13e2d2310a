"""A small proxy between a mount and its cloud, for the tests: it answers errors in the cloud's place, holds
requests back, or is not there at all.

Each connection carries one request (`Connection: close`), so a fault concerns exactly one request. What is
no HTTP passes as it is.
"""

import contextlib
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator

_HEAD = 65_536
_REASONS = {
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    507: "Insufficient Storage",
}


class Proxy:
    """Passes connections to `upstream`, a loopback port. `failed` counts the requests it answered itself
    or did not take, `held` those it holds back now, `most` how many it delayed at a time at the most.
    """

    def __init__(self, upstream: int, *, http: bool = True) -> None:
        self.failed = 0
        self.held = 0
        self._upstream = upstream
        self._http = http
        self._lock = threading.Condition()
        self._faults: deque[int] = deque()
        self.most = 0
        self._delayed = 0
        self._slow: tuple[str, float] = ("", 0.0)
        self._holding = ""
        self._deliver = True
        self._down = False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, status: int, times: int) -> None:
        """Answer the next `times` requests with an error."""
        with self._lock:
            self._faults.extend([status] * times)

    @property
    def faults_left(self) -> int:
        """How many errors are still to be answered."""
        return len(self._faults)

    def hold(self, method: str) -> None:
        """Keep requests of a method back, as a slow drive would, until `release`."""
        with self._lock:
            self._holding = method

    def release(self, *, deliver: bool) -> None:
        """Let go of what was held: it arrives now, also when who sent it is dead by now, or never."""
        with self._lock:
            self._holding, self._deliver = "", deliver
            self._lock.notify_all()

    def slow(self, method: str, seconds: float) -> None:
        """Have requests of a method take that long, each for itself, from now on."""
        with self._lock:
            self._slow = (method, seconds)

    def down(self) -> None:
        """Cut every connection and take no more, until `up`."""
        with self._lock:
            self._down = True
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def up(self) -> None:
        """Pass connections again."""
        with self._lock:
            self._down = False

    def close(self) -> None:
        """End: nothing is passed any more."""
        self.down()
        self.release(deliver=False)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            self._keep(stack, client)
            if self._refused():
                return
            head = _head(client) if self._http else b""
            if head is None:
                return
            if self._http and (status := self._fault()):
                client.sendall(_error(status))
                _drain(client)
                return
            if not self._passes(head):
                return
            self._delay(head)
            cloud = socket.create_connection(("127.0.0.1", self._upstream))
            self._keep(stack, cloud)
            if head:
                cloud.sendall(_closing(head))
            _relay(client, cloud)

    def _keep(self, stack: contextlib.ExitStack, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        stack.callback(self._let_go, connection)

    def _let_go(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def _refused(self) -> bool:
        with self._lock:
            self.failed += self._down
            return self._down

    def _fault(self) -> int:
        with self._lock:
            if not self._faults:
                return 0
            self.failed += 1
            return self._faults.popleft()

    def _delay(self, head: bytes) -> None:
        with self._lock:
            method, seconds = self._slow
            if not method or not head.startswith(method.encode() + b" "):
                return
            self._delayed += 1
            self.most = max(self.most, self._delayed)
        time.sleep(seconds)
        with self._lock:
            self._delayed -= 1

    def _passes(self, head: bytes) -> bool:
        """Hold the request back while its method is held; return whether it is to be passed on."""
        with self._lock:
            if not self._holding or not head.startswith(self._holding.encode() + b" "):
                return True
            self.held += 1
            self._lock.wait_for(lambda: not self._holding)
            self.held -= 1
            return self._deliver


@contextlib.contextmanager
def proxy(upstream: int, *, http: bool = True) -> Iterator[Proxy]:
    """Pass connections to a port while the block runs."""
    made = Proxy(upstream, http=http)
    try:
        yield made
    finally:
        made.close()


def _head(client: socket.socket) -> bytes | None:
    """Return what came up to the end of the headers, and what came with it; None when nothing did."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD:
        part = client.recv(_HEAD)
        if not part:
            return None
        head += part
    return head


def _closing(head: bytes) -> bytes:
    """Return the request with the wish to be alone on its connection."""
    first, _, rest = head.partition(b"\r\n")
    lines, end, body = rest.partition(b"\r\n\r\n")
    kept = [line for line in lines.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([first, *kept, b"Connection: close"]) + end + body


def _error(status: int) -> bytes:
    line = f"HTTP/1.1 {status} {_REASONS[status]}"
    return f"{line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _drain(client: socket.socket) -> None:
    """Take what is still sent: a connection closed on unread bytes would lose the answer."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(2.0)
    while client.recv(_HEAD):
        pass


def _relay(client: socket.socket, cloud: socket.socket) -> None:
    """Pass bytes both ways until the cloud is done; a client that ends early is passed on as that."""
    others = {client: cloud, cloud: client}
    reading = [client, cloud]
    while cloud in reading:
        for source in select.select(reading, [], [])[0]:
            part = source.recv(_HEAD)
            if part:
                others[source].sendall(part)
            else:
                reading.remove(source)
                with contextlib.suppress(OSError):
                    others[source].shutdown(socket.SHUT_WR)
