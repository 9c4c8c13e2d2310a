"""An open page is told what changed, by a real server, and keeps neither the server nor webhooks waiting."""

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
    since = client.get("/").text.partition("since=")[2].partition('"')[0]
    served.apply(B, film(9, "Film 9"))
    with client.stream("GET", "/events", params={"since": since}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 3000"
        assert next(line for line in lines if line) == "event: changed"  # it came before the stream was open
        served.apply(B, film(10, "Film 10"))
        assert next(line for line in lines if line.startswith("event")) == "event: changed"
    assert "Film 10" in client.get("/library?search=film").text


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
