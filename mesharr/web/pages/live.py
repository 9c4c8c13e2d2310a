"""Tell open pages by server-sent events that something changed, so that they load again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from mesharr.core.errors import Damaged, MesharrError
from mesharr.web.common.readers import Readers
from mesharr.web.pages.html import HEADERS

STREAMS = 32
"""Pages that are open at once and told; further ones read themselves again when they are loaded."""
EVERY_S = 1.0
"""How often the database is asked whether it changed, while a page is open."""
LASTS_S = 600.0
"""How long one stream lasts; a page then opens the next, for which its session counts again."""


class Live:
    """The streams of all open pages, and the one task that asks for all of them."""

    def __init__(
        self, mark: Callable[[], tuple[int, ...]], readers: Readers, every_s: float = EVERY_S
    ) -> None:
        """`mark` returns another value whenever the database changed."""
        self._mark = mark
        self._readers = readers
        self._every_s = every_s
        self._open = 0
        self._changed = asyncio.Condition()
        self._asking: asyncio.Task[None] | None = None
        self._now = ""
        self._closed = False

    def mark(self) -> str:
        """Return what a page that is made now knows the database by."""
        return "-".join(map(str, self._mark()))

    def stream(self, since: str) -> StreamingResponse:
        """Return an answer that lasts, for a page that was made at the mark `since`.

        Raises:
            HTTPException: too many are open (503).

        """
        if self._open >= STREAMS:
            raise HTTPException(503, "too many pages are open", {"Retry-After": "60"})
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(since), media_type="text/event-stream", headers=headers)

    def close(self) -> None:
        """End every stream soon."""
        self._closed = True

    async def _events(self, since: str) -> AsyncIterator[str]:
        self._open += 1
        try:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            yield "retry: 3000\n\n"
            ends = asyncio.get_running_loop().time() + LASTS_S
            while not self._closed and asyncio.get_running_loop().time() < ends:
                async with self._changed:
                    await self._changed.wait()
                if since != self._now:
                    since = self._now
                    yield f"event: changed\ndata: {since}\n\n"
        finally:
            self._open -= 1

    async def _ask(self) -> None:
        """Ask whether the database changed, as long as a page is open."""
        while self._open and not self._closed:
            # many readers may wait, or the database may: asked again later
            with suppress(HTTPException, MesharrError, Damaged):
                self._now = await self._readers.run(self.mark)
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(self._every_s)
        async with self._changed:
            self._changed.notify_all()
