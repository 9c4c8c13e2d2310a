"""An open page is told what changed, by a real server, and keeps neither the server nor webhooks waiting."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from mesharr.inbound.http import HttpServer
from mesharr.web.pages import live
from tests.unit.state.samples import B
from tests.unit.web.served import KEY, Served, film


@pytest.fixture
def running(served: Served) -> Iterator[tuple[Served, HttpServer, httpx.Client]]:
    """A served page over loopback, and a client that has logged in."""
    served.web._pages.live._every_s = 0.02
    server = HttpServer(served.app, "127.0.0.1", 0)
    port = server.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        assert client.post("/login", data={"key": KEY}).status_code == 303
        yield served, server, client
    served.web.end_streams()
    server.stop()


def test_an_open_page_is_told_of_an_event_that_arrives(
    running: tuple[Served, HttpServer, httpx.Client],
) -> None:
    served, _, client = running
    with client.stream("GET", "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 3000"
        told = threading.Event()
        writer = threading.Thread(target=_write_until, args=(served, told))
        writer.start()
        assert next(line for line in lines if line) == "event: changed"
        told.set()
        writer.join()
    assert "Film 9" in client.get("/library?search=film").text


def _write_until(served: Served, told: threading.Event) -> None:
    """Apply events until the page was told of one: the first may come before it listens."""
    for number in range(9, 500):
        served.apply(B, film(number, f"Film {number}"))
        if told.wait(0.05):
            return


def test_open_pages_are_bounded_and_do_not_keep_the_server_from_stopping(
    running: tuple[Served, HttpServer, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, server, client = running
    monkeypatch.setattr(live, "STREAMS", 1)
    with client.stream("GET", "/events") as stream:
        parts = stream.iter_raw()
        assert next(parts).startswith(b"retry: ")
        assert client.get("/events").status_code == 503
        served.web.end_streams()
        server.stop()
        assert not server._thread.is_alive()
