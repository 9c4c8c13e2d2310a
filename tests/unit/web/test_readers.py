"""Whoever reads the page waits for other readers; webhooks and /ping wait for none of them."""

import asyncio
import threading

import httpx
import pytest

from mesharr.web.common import readers
from mesharr.web.common.source import Source
from tests.unit.web.served import KEY, Serve, Served

READERS = 1_000
EVENT = b'{"eventType": "Test"}'


async def _status(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/v1/status", headers={"X-Api-Key": KEY})).status_code


async def _beside_readers(served: Served, count: int, go_on: threading.Event) -> tuple[list[int], list[int]]:
    """Return the answers to a ping and a webhook while readers are stuck, and then those of the readers."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(served.app), base_url="http://alice"
    ) as client:
        reading = [asyncio.create_task(_status(client)) for _ in range(count)]
        await asyncio.sleep(0)
        try:
            ping = await client.get("/ping")
            hook = await client.post("/hook/radarr", content=EVENT, headers={"X-Api-Key": KEY})
        finally:
            go_on.set()
        return [ping.status_code, hook.status_code], await asyncio.gather(*reading)


def test_webhooks_and_pings_are_answered_while_every_reader_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "report", _stuck(Source.report, go_on := threading.Event()))
    served = serve()
    answers, read = asyncio.run(_beside_readers(served, READERS, go_on))
    assert answers == [200, 404]  # this node has no app of that name: the answer is what counts
    assert sorted(read) == [200] * readers.WAITING + [503] * (READERS - readers.WAITING)


def _stuck(report: object, go_on: threading.Event) -> object:
    def wait(source: Source) -> object:
        assert go_on.wait(60)
        return report(source)  # type: ignore[operator]  # it is the method

    return wait
