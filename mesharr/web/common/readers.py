"""Run what reads the database in a few threads of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.exceptions import HTTPException

T = TypeVar("T")

THREADS = 2
"""The webhooks have others: a thousand readers wait for each other, and for nobody else."""
WAITING = 200
"""Requests that wait for a thread; further ones are told to come back."""


class Readers:
    """The threads of the page."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="page")
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns in a thread.

        Raises:
            HTTPException: too many others wait already (503).

        """
        if self._pending >= WAITING:
            raise HTTPException(503, "too many requests at once: try again", {"Retry-After": "2"})
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Start nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
