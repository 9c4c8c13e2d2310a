"""Answers without an end: they cost neither all memory nor a thread for ever."""

import gzip
import ssl
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mesharr import bounded_http
from mesharr.bounded_http import MIB, BoundedClient
from mesharr.core.errors import Unavailable
from mesharr.disk.rclone_rc import RemoteControl, rc_client


class Endless(httpx.SyncByteStream):
    """A body that goes on until nobody reads it; it counts what was read."""

    def __init__(self, part: bytes = b"x" * 65_536) -> None:
        self.part = part
        self.sent = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self.sent < 1024 * MIB:
            self.sent += len(self.part)
            yield self.part

    def close(self) -> None:
        self.closed = True


def _client(
    body: httpx.SyncByteStream, headers: dict[str, str] | None = None, **options: Any
) -> BoundedClient:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=body, headers=headers))
    return BoundedClient(base_url="http://radarr", transport=transport, **options)


def test_an_answer_without_an_end_is_cut_at_the_limit_and_its_connection_closed() -> None:
    body = Endless()
    tracemalloc.start()
    with pytest.raises(httpx.ReadError, match=r"longer than 8\.4 MB"):
        _client(body, max_bytes=8 * MIB).get("/")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.sent <= 9 * MIB
    assert body.closed
    assert peak < 20 * MIB


def test_what_is_small_when_packed_counts_as_it_is_unpacked() -> None:
    bomb = gzip.compress(b"0" * (64 * MIB))
    assert len(bomb) < MIB
    body = httpx.ByteStream(bomb)
    with pytest.raises(httpx.ReadError, match=r"longer than 8\.4 MB"):
        _client(body, {"Content-Encoding": "gzip"}, max_bytes=8 * MIB).get("/")


def test_an_answer_that_comes_byte_by_byte_has_a_time_in_all() -> None:
    body = Endless(b"x")
    with pytest.raises(httpx.ReadTimeout, match="does not end"):
        _client(body, max_s=0.0).get("/")
    assert body.closed


def test_an_answer_within_the_limits_is_as_it_was_sent() -> None:
    packed = gzip.compress(b'{"a": "\xc3\xa9"}')
    sent = {"Content-Encoding": "gzip", "Content-Type": "application/json", "X-Other": "1"}
    answer = _client(httpx.ByteStream(packed), sent).get("/films")
    assert answer.json() == {"a": "é"}
    assert (answer.status_code, answer.headers["x-other"]) == (200, "1")
    assert answer.request.url.path == "/films"


def test_a_redirect_keeps_its_target() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(301, headers={"Location": "https://r/x"}))
    answer = BoundedClient(base_url="http://radarr", transport=transport).get("/")
    assert answer.is_redirect
    assert answer.next_request is not None
    assert str(answer.next_request.url) == "https://r/x"


def test_the_remote_control_of_a_mount_is_bounded_too() -> None:
    body = Endless()
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=body))
    with pytest.raises(Unavailable, match=r"longer than 33\.6 MB"):
        RemoteControl(rc_client("http://rclone:5572", transport)).ping()
    assert body.closed


def test_the_known_authorities_are_loaded_once_and_not_for_plain_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, own = httpx.create_ssl_context(), httpx.create_ssl_context()
    loaded: list[ssl.SSLContext] = []
    given: list[ssl.SSLContext] = []

    def load() -> ssl.SSLContext:
        loaded.append(known)
        return known

    monkeypatch.setattr(httpx, "create_ssl_context", load)
    monkeypatch.setattr(httpx.Client, "__init__", lambda _, **options: given.append(options["verify"]))
    bounded_http._known_authorities.cache_clear()
    for url in ("https://plex:32400", "http://radarr:7878", "https://sonarr", "http://sonarr:8989", ""):
        BoundedClient(base_url=url)
    bounded_http._known_authorities.cache_clear()
    BoundedClient(base_url="http://radarr", verify=own)
    plain = given[1]
    assert (loaded, given) == ([known], [known, plain, known, plain, known, own])
    assert (plain.verify_mode, plain.cert_store_stats()["x509"]) == (ssl.CERT_REQUIRED, 0)
