"""Attacks on the listener by whoever reaches its port: connections without a request, and slow ones."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from mesharr.inbound.connection_limits import ConnectionLimits, fitting
from tests.unit.inbound.test_http import KEY, Running, body_of, head_of

LONG_S = 20.0
"""A deadline that no test waits for."""
SHORT_S = 0.2


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Running]:
    """A server that has few connections and waits long for each."""
    made = Running(tmp_path / "inbox", limits=ConnectionLimits(head_s=600, body_s=600, waiting=64))
    yield made
    made.close()


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Running]:
    """A server that waits a moment for each connection."""
    made = Running(tmp_path / "inbox", limits=ConnectionLimits(head_s=SHORT_S, body_s=SHORT_S))
    yield made
    made.close()


def _connected(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=LONG_S)


def _is_closed(wire: socket.socket) -> bool:
    """Return whether the server has closed a connection; wait a while for it."""
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_connections_that_send_nothing_stop_neither_webhooks_nor_ping(patient: Running) -> None:
    with ExitStack() as open_ones:
        wires = [open_ones.enter_context(_connected(patient)) for _ in range(400)]
        answer = patient.post(body_of())
        assert (answer.status_code, len(patient.inbox.kept())) == (200, 1)
        assert patient.client.get("/ping").status_code == 200
        # the two requests above have one connection, which waits too
        assert all(_is_closed(wire) for wire in wires[: 400 - 64])


def test_a_webhook_with_the_key_that_is_on_its_way_is_not_closed_for_new_connections(
    patient: Running,
) -> None:
    body = body_of()
    with ExitStack() as open_ones, _connected(patient) as wire:
        wire.sendall(head_of(f"Content-Length: {len(body)}") + body[:10])
        wires = [open_ones.enter_context(_connected(patient)) for _ in range(200)]
        assert _is_closed(wires[0])
        wire.sendall(body[10:])
        assert wire.recv(64).startswith(b"HTTP/1.1 200 ")
    assert len(patient.inbox.kept()) == 1


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"POST /hook/radarr HTTP/1.1\r\nHost: x\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /hook/radarr HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    ],
    ids=["nothing", "half a head", "an answered request", "a body after its refusal"],
)
def test_a_connection_that_goes_on_byte_by_byte_is_closed(hasty: Running, first: bytes) -> None:
    with _connected(hasty) as wire:
        wire.sendall(first)
        wire.settimeout(0.02)
        for _ in range(500):
            with suppress(TimeoutError):
                try:
                    wire.sendall(b"x")
                    if wire.recv(4096) == b"":
                        break
                except ConnectionError:
                    break
        else:
            raise AssertionError("the connection is still open")


def test_a_webhook_whose_body_does_not_come_is_answered_408(hasty: Running) -> None:
    with _connected(hasty) as wire:
        wire.sendall(head_of("Content-Length: 1000") + b"{")
        assert wire.recv(64).startswith(b"HTTP/1.1 408 ")
    assert hasty.inbox.kept() == []


def test_a_kept_connection_serves_one_request_after_another(patient: Running) -> None:
    for _ in range(40):
        assert patient.client.get("/ping").status_code == 200
    assert patient.post(body_of()).status_code == 200


def test_pings_that_wait_for_a_hanging_check_leave_room_for_webhooks(patient: Running) -> None:
    asked, release = threading.Event(), threading.Event()

    def hangs() -> bool:
        asked.set()
        return release.wait(60)

    patient.healthy = hangs
    with ExitStack() as open_ones:
        wires = [open_ones.enter_context(_connected(patient)) for _ in range(120)]
        try:
            for wire in wires:
                with suppress(ConnectionError):
                    wire.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert asked.wait(20)
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(patient.post, body_of()).result(timeout=LONG_S).status_code == 200
        finally:
            release.set()


def test_few_descriptors_leave_fewer_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _which: (768, 4096))
    assert fitting(ConnectionLimits()).waiting == 96
    monkeypatch.setattr("resource.getrlimit", lambda _which: (1_048_576, 1_048_576))
    assert fitting(ConnectionLimits()).waiting == ConnectionLimits().waiting


def test_the_key_is_checked_before_the_body_is_waited_for(patient: Running) -> None:
    with _connected(patient) as wire:
        wire.sendall(head_of("Content-Length: 1000").replace(KEY.encode(), b"wrong"))
        assert wire.recv(64).startswith(b"HTTP/1.1 401 ")
