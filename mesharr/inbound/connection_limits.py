"""Bound how many HTTP connections wait for a request, and how long each may wait.

A connection costs a file descriptor, and a process that has none left can neither open its database nor its
log. Whoever reaches the port can open connections without the API key and send nothing, or one byte a second.
"""

import asyncio
import resource

import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol


class ConnectionLimits(msgspec.Struct, frozen=True):
    """How many connections may wait for a request, and how long."""

    head_s: float = 10.0
    """Seconds until a connection without a whole request head is closed, whatever arrives on it meanwhile."""
    body_s: float = 30.0
    """Seconds for the body of a webhook that has the API key; an app nearby needs milliseconds."""
    waiting: int = 128
    """Connections without a whole request head; the oldest is closed when one more comes."""


ACCEPTED_AT_ONCE = 16
"""Connections accepted before others are read: far below `waiting`, so no request is left unread."""
QUEUED_BY_SYSTEM = 512
"""Connections that the system queues meanwhile; it would let further ones try again after a second."""


def fitting(limits: ConnectionLimits) -> ConnectionLimits:
    """Return the limits, `waiting` at most an eighth of the files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return limits
    return msgspec.structs.replace(limits, waiting=max(4 * ACCEPTED_AT_ONCE, min(limits.waiting, soft // 8)))


def limited_protocol(limits: ConnectionLimits) -> type[H11Protocol]:
    """Return a protocol class for one server, whose connections share the limits.

    A connection waits from its beginning, and from the end of each answer, until a whole request head has
    come. One that waits longer than `head_s` is closed, also when its client drips the rest of a body that
    was answered already. When more than `waiting` wait, the one that waited longest is closed: a client that
    sends its request at once is always answered.
    """
    waiting: dict[H11Protocol, asyncio.TimerHandle] = {}  # ordered: the first has waited longest

    class LimitedProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names the narrower type
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end_wait()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            before = self.cycle
            super().handle_events()
            if self.cycle is not before and not self.cycle.response_complete:
                self._end_wait()

        def on_response_complete(self) -> None:
            self._wait()
            super().on_response_complete()

        def _wait(self) -> None:
            self._end_wait()
            waiting[self] = self.loop.call_later(limits.head_s, self.transport.abort)
            if len(waiting) > limits.waiting:
                longest = next(iter(waiting))
                waiting.pop(longest).cancel()
                longest.transport.abort()

        def _end_wait(self) -> None:
            timer = waiting.pop(self, None)
            if timer is not None:
                timer.cancel()

    return LimitedProtocol
