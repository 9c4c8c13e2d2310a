"""The contract of the HTTP door, against a real server on a loopback port."""

import base64
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import httpx
import msgspec
import pytest

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.core.arr.model import Signal
from mesharr.core.errors import Refused, Unavailable
from mesharr.inbound.connection_limits import ConnectionLimits
from mesharr.inbound.http import LIMITS, HttpServer, make_app, normalised
from mesharr.inbound.inbox import MAX_BODY, Source

KEY = "d41d8cd98f00b204e9800998ecf8427e"
DOWNLOAD = {
    "movie": {"id": 12, "title": "Dune", "year": 2021, "folderPath": "/m/Dune (2021)", "tmdbId": 438631},
    "movieFile": {
        "id": 55,
        "relativePath": "Dune (2021).mkv",
        "path": "/m/Dune (2021)/Dune (2021).mkv",
        "size": 12884901888,
    },
    "isUpgrade": False,
    "eventType": "Download",
    "instanceName": "Radarr",
    "applicationUrl": "",
}


class FileInbox:
    """Keeps each event as an fsynced line of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.down = False
        self._lock = threading.Lock()

    def put(self, app: str, source: Source, body: bytes) -> None:
        if self.down:
            raise Unavailable("the database is locked")
        line = json.dumps([app, source, body.decode()]) + "\n"
        with self._lock, self.path.open("a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def kept(self) -> list[tuple[str, str, str]]:
        if not self.path.exists():
            return []
        return [
            (app, source, body) for app, source, body in map(json.loads, self.path.read_text().splitlines())
        ]


def _connect(_client: httpx.Client) -> NoReturn:
    raise AssertionError("the door talks to no arr")


def _webhook(body: bytes) -> tuple[Signal, ...]:
    movie = msgspec.json.decode(body).get("movie")
    if not isinstance(movie, dict) or "tmdbId" not in movie:
        raise UnreadableSignal("a Download without movie.tmdbId")
    return (Signal(kind="imported", id=f"tmdb-{movie['tmdbId']}"),)


def _script(_variables: Mapping[str, str]) -> tuple[Signal, ...]:
    return ()


RADARR = ArrKind(
    name="radarr",
    title="Radarr",
    script_prefix="radarr",
    connect=_connect,
    parse_webhook=_webhook,
    parse_script=_script,
    event_types=frozenset({"Download", "MovieAdded"}),
)


class Running:
    """A server under test with what it was given and what it told."""

    def __init__(
        self, path: Path, *, url_base: str = "", key: str = KEY, limits: ConnectionLimits = LIMITS
    ) -> None:
        self.inbox = FileInbox(path)
        self.counted: Counter[tuple[str, str]] = Counter()
        self.healthy: Callable[[], bool] = lambda: True
        self.app = make_app(
            self.inbox, {"radarr": RADARR}, key, url_base, self._is_healthy, self._count, limits
        )
        self.server = HttpServer(self.app, "127.0.0.1", 0, limits)
        self.port = self.server.start()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)

    def _is_healthy(self) -> bool:
        return self.healthy()

    def _count(self, app: str, outcome: str) -> None:
        if self.inbox.down:
            raise Unavailable("the database is locked")
        self.counted[app, outcome] += 1

    def post(self, body: bytes, path: str = "/hook/radarr", method: str = "POST") -> httpx.Response:
        return self.client.request(method, path, content=body, headers={"X-Api-Key": KEY})

    def close(self) -> None:
        self.client.close()
        self.server.stop()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "inbox")
    yield made
    made.close()


def head_of(header: str) -> bytes:
    return f"POST /hook/radarr HTTP/1.1\r\nHost: x\r\nX-Api-Key: {KEY}\r\n{header}\r\n\r\n".encode()


def body_of(**changes: object) -> bytes:
    return json.dumps({**DOWNLOAD, **changes}, indent=2).encode()


def of_size(size: int) -> bytes:
    body = body_of(instanceName="")
    return body_of(instanceName="x" * (size - len(body)))


def test_a_known_event_is_kept_byte_for_byte_before_it_is_answered(running: Running) -> None:
    body = body_of(instanceName="Rädårr")
    answer = running.post(body)
    assert (answer.status_code, answer.json()) == (200, {"message": "queued"})
    assert running.inbox.kept() == [("radarr", "webhook", body.decode())]
    assert running.counted == {("radarr", "queued"): 1}


def test_put_is_the_same_as_post(running: Running) -> None:
    assert running.post(body_of(), method="PUT").status_code == 200
    assert len(running.inbox.kept()) == 1


def test_twenty_parallel_posts_are_all_kept(running: Running) -> None:
    bodies = [body_of(instanceName=f"r{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(running.post, bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(body for _, _, body in running.inbox.kept()) == sorted(body.decode() for body in bodies)


def _basic(user: str, password: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"X-Api-Key": KEY}, ""),
        ({"x-api-key": KEY}, ""),
        ({}, f"?apikey={KEY}"),
        ({"Authorization": _basic("anyone", KEY)}, ""),
        ({"Authorization": _basic("", KEY).replace("Basic", "basic")}, ""),
        ({"X-Api-Key": "wrong"}, f"?apikey={KEY}"),
    ],
)
def test_the_key_comes_as_header_query_or_password(
    running: Running, headers: dict[str, str], query: str
) -> None:
    answer = running.client.post(f"/hook/radarr{query}", content=body_of(), headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_password_with_umlauts_fits_in_both_encodings_programs_use(tmp_path: Path, encoding: str) -> None:
    running = Running(tmp_path / "inbox", key="schlüssel")
    headers = {"Authorization": _basic("arr", "schlüssel", encoding)}
    answer = running.client.post("/hook/radarr", content=body_of(), headers=headers)
    running.close()
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, ""),
        ({"X-Api-Key": ""}, "?apikey="),
        ({"X-Api-Key": KEY[:-1]}, ""),
        ({"X-Api-Key": KEY.upper()}, ""),
        ({"X-Api-Key": "\N{LATIN SMALL LETTER U WITH DIAERESIS}"}, ""),
        ({}, "?apikey=%FF%00"),
        ({"Authorization": _basic(KEY, "")}, ""),
        ({"Authorization": "Basic !!!"}, ""),
        ({"Authorization": f"Bearer {KEY}"}, ""),
    ],
)
def test_without_the_key_every_event_is_turned_away_without_a_trace(
    running: Running, headers: dict[str, str], query: str
) -> None:
    encoded = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
    answer = running.client.post(f"/hook/radarr{query}", content=body_of(), headers=encoded)
    assert answer.status_code == 401
    assert answer.json() == {"message": "wrong or missing API key"}
    assert running.inbox.kept() == []
    assert running.counted == {}


def test_an_empty_key_in_the_config_fits_nothing(tmp_path: Path) -> None:
    running = Running(tmp_path / "inbox", key="")
    statuses = [
        running.client.post(f"/hook/radarr{query}", content=body_of()).status_code
        for query in ("", "?apikey=")
    ]
    running.close()
    assert statuses == [401, 401]


def test_who_has_no_key_learns_neither_apps_nor_limits(running: Running) -> None:
    answers = [
        running.client.post("/hook/sonarr", content=body_of()),
        running.client.post("/hook/radarr", content=b"x" * (MAX_BODY + 1)),
        running.client.post("/hook/radarr", content=b"not json"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.text for answer in answers}) == 1


def test_an_unknown_app_is_not_found(running: Running) -> None:
    answer = running.post(body_of(), "/hook/sonarr")
    assert answer.status_code == 404
    assert "sonarr" in answer.json()["message"]


def test_exactly_one_mebibyte_is_taken(running: Running) -> None:
    body = of_size(MAX_BODY)
    assert len(body) == MAX_BODY
    assert running.post(body).status_code == 200
    assert len(running.inbox.kept()) == 1


def test_one_byte_more_is_too_large(running: Running) -> None:
    answer = running.post(of_size(MAX_BODY + 1))
    assert (answer.status_code, "message" in answer.json()) == (413, True)
    assert running.inbox.kept() == []


def _in_chunks(size: int) -> Iterator[bytes]:
    body = of_size(size)
    for start in range(0, size, 65536):
        yield body[start : start + 65536]


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413), (3 * MAX_BODY, 413)])
def test_the_limit_holds_for_chunked_bodies_too(running: Running, size: int, status: int) -> None:
    headers = {"X-Api-Key": KEY}
    answer = running.client.post("/hook/radarr", content=_in_chunks(size), headers=headers)
    assert answer.status_code == status
    assert len(running.inbox.kept()) == (status == 200)


def test_an_endless_body_is_answered_while_it_is_still_being_sent(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as wire:
        wire.sendall(head_of("Transfer-Encoding: chunked"))
        for _ in range(17):
            wire.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert wire.recv(64).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b'"Download"',
        b"{}",
        b'{"eventType": null}',
        b'{"eventType": 7}',
        b'{"eventType": ""}',
        b'{"eventtype": "Download"}',
        b'{"eventType": "Download"',
        b'{"eventType": "Download"} {}',
        b'{"eventType": "Download", "movie": "\xff"}',
        b'{"eventType": "Download"}',
        b'{"eventType": "Download", "movie": {"id": 1}}',
        b'{"eventType": "Download", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_garbage_and_events_without_their_fields_are_bad_requests_without_a_trace(
    running: Running, body: bytes
) -> None:
    answer = running.post(body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert running.inbox.kept() == []
    assert running.counted == {("radarr", "garbage"): 1}
    assert running.post(body_of()).status_code == 200


def test_an_unknown_event_is_welcome_counted_and_not_kept(running: Running) -> None:
    answer = running.post(b'{"eventType": "Health", "level": "warning"}')
    assert answer.status_code == 200
    assert running.inbox.kept() == []
    assert running.counted == {("radarr", "unknown"): 1}


def test_the_test_button_succeeds_and_keeps_nothing(running: Running) -> None:
    assert running.post(body_of(eventType="Test")).status_code == 200
    assert running.inbox.kept() == []
    assert running.counted == {("radarr", "test"): 1}


def test_what_cannot_be_kept_is_answered_with_503(running: Running) -> None:
    running.inbox.down = True
    answer = running.post(body_of())
    assert (answer.status_code, answer.json()) == (503, {"message": "the database is locked"})
    running.inbox.down = False
    assert running.post(body_of()).status_code == 200


def test_what_cannot_be_counted_is_answered_all_the_same(running: Running) -> None:
    running.inbox.down = True
    assert running.post(body_of(eventType="Test")).status_code == 200
    assert running.post(b"{}").status_code == 400


def test_a_body_that_breaks_off_leaves_no_trace(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as wire:
        body = body_of()
        wire.sendall(head_of(f"Content-Length: {len(body) + 9}") + body)
    assert running.post(body_of(instanceName="after")).status_code == 200
    assert [json.loads(body)["instanceName"] for _, _, body in running.inbox.kept()] == ["after"]


def test_a_trailing_slash_is_served_and_never_redirected(running: Running) -> None:
    assert running.post(body_of(), "/hook/radarr/").status_code == 200
    assert len(running.inbox.kept()) == 1


def test_other_methods_and_paths_get_json_errors(running: Running) -> None:
    get = running.client.get("/hook/radarr", headers={"X-Api-Key": KEY})
    assert (get.status_code, list(get.json())) == (405, ["message"])
    assert set(get.headers["allow"].replace(" ", "").split(",")) == {"POST", "PUT"}
    nowhere = running.client.get("/admin")
    assert (nowhere.status_code, list(nowhere.json())) == (404, ["message"])


def test_an_event_is_answered_while_the_health_check_hangs(running: Running) -> None:
    asked, release = threading.Event(), threading.Event()

    def hangs() -> bool:
        asked.set()
        return release.wait(60)

    running.healthy = hangs
    with ThreadPoolExecutor(1) as pool:
        ping = pool.submit(
            lambda: httpx.get(f"http://127.0.0.1:{running.port}/ping", timeout=60, trust_env=False)
        )
        assert asked.wait(20)
        try:
            assert running.post(body_of()).status_code == 200
            assert len(running.inbox.kept()) == 1
        finally:
            release.set()
        assert ping.result().status_code == 200


def test_ping_needs_no_key(running: Running) -> None:
    answer = running.client.get("/ping")
    assert (answer.status_code, answer.json()) == (200, {"status": "OK"})
    head = running.client.head("/ping")
    assert (head.status_code, head.content) == (200, b"")


def _locked() -> bool:
    raise Unavailable("the database is locked")


@pytest.mark.parametrize("health", [lambda: False, _locked])
def test_ping_says_so_when_the_node_is_not_healthy(running: Running, health: Callable[[], bool]) -> None:
    running.healthy = health
    answer = running.client.get("/ping")
    assert (answer.status_code, answer.json()) == (500, {"status": "Error"})
    assert running.client.head("/ping").status_code == 500


@pytest.mark.parametrize("written", ["/mesharr", "mesharr", "mesharr/", " /mesharr// "])
def test_the_url_base_may_be_written_in_any_way(tmp_path: Path, written: str) -> None:
    running = Running(tmp_path / "inbox", url_base=written)
    statuses = [
        running.post(body_of(), "/mesharr/hook/radarr").status_code,
        running.client.get("/mesharr/ping").status_code,
        running.client.get("/ping").status_code,
        running.post(body_of(), "/hook/radarr").status_code,
    ]
    running.close()
    assert statuses == [200, 200, 200, 404]


def test_a_base_of_slashes_is_none() -> None:
    assert [normalised(base) for base in ("", "/", " ", "a/b/")] == ["", "", "", "/a/b"]


def test_a_port_in_use_is_refused_with_its_number(running: Running) -> None:
    second = HttpServer(running.app, "127.0.0.1", running.port)
    with pytest.raises(Refused, match=rf"port {running.port} is in use.*server\.listen"):
        second.start()
    second.stop()
    assert running.client.get("/ping").status_code == 200


def test_an_address_that_is_not_ours_is_refused(running: Running) -> None:
    with pytest.raises(Refused, match=r"cannot listen on 192\.0\.2\.1:0"):
        HttpServer(running.app, "192.0.2.1", 0).start()


def test_stop_ends_the_server_though_clients_hold_connections_open(tmp_path: Path) -> None:
    running = Running(tmp_path / "inbox")
    assert running.client.get("/ping").status_code == 200
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as wire:
        wire.sendall(head_of("Content-Length: 99") + b"{")
        before = threading.active_count()
        running.server.stop()
        assert not [thread for thread in threading.enumerate() if thread.name == "http"]
        assert threading.active_count() < before
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{running.port}/ping", trust_env=False)
    running.close()


class Collecting(logging.Handler):
    """Keeps what reaches the root logger."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, record.getMessage()))


def test_a_served_event_is_one_log_line_without_the_key_of_the_query(running: Running) -> None:
    root, collecting = logging.getLogger(), Collecting()
    level = root.level
    root.addHandler(collecting)
    root.setLevel("DEBUG")
    try:
        assert running.client.post(f"/hook/radarr?apikey={KEY}", content=body_of()).status_code == 200
    finally:
        root.removeHandler(collecting)
        root.setLevel(level)
    # The test's own client logs what it asks; the server is what is looked at.
    served = [line for line in collecting.lines if not line[0].startswith(("httpx", "httpcore"))]
    assert ("mesharr.inbound.http", "radarr: webhook Download received") in served
    assert not [line for line in served if KEY in line[1]]


def test_a_ping_and_a_webhook_load_no_second_event_loop_library() -> None:
    script = (
        "import httpx, sys; from mesharr.arr import kinds; "
        "from mesharr.inbound.http import HttpServer, make_app; "
        "radarr = {'radarr': kinds()['radarr']}; "
        "app = make_app(None, radarr, 'key', '', lambda: True, lambda name, outcome: None); "
        "server = HttpServer(app, '127.0.0.1', 0); url = f'http://127.0.0.1:{server.start()}'; "
        "client = httpx.Client(trust_env=False, headers={'X-Api-Key': 'key'}); "
        "client.get(f'{url}/ping').raise_for_status(); "
        "client.post(f'{url}/hook/radarr', json={'eventType': 'Test'}).raise_for_status(); "
        "server.stop(); sys.exit(str([name for name in sys.modules if name.startswith('anyio._backends')]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "[]\n")
