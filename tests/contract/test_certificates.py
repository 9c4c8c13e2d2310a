"""Apps and media servers behind https, with real certificates over loopback."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from mesharr.arr.base import ArrKind
from mesharr.bootstrap.engine import Runtime, app_client, open_scanners
from mesharr.bootstrap.files import open_library
from mesharr.config import ConfigError, parse_config
from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import LocalDisk
from mesharr.scanners import kinds as scanner_kinds
from mesharr.settings.definition import Secret
from mesharr.settings.models import AppSettings
from tests.contract.arr.contract import known_kinds

every_app = pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)
every_scanner = pytest.mark.parametrize("kind", sorted(scanner_kinds()))
ANSWERS = {
    "/library/sections": b'{"MediaContainer": {"Directory": []}}',
    "/triggers/manual": b"",
    "/vfs/list": b'{"vfses": ["drive:"]}',
    "/operations/stat": b'{"item": {"Size": 4, "IsDir": false}}',
}


class _Handler(BaseHTTPRequestHandler):
    location = ""
    """Where every request is redirected to, "" for nowhere."""

    def do_GET(self) -> None:
        self._answer()

    def _answer(self, content: bytes | None = None) -> None:
        content = content or ANSWERS.get(self.path, b"[]")
        self.send_response(301 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location + self.path)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self._answer(json.dumps({"result": {sent["dir"]: "OK"}}).encode() if "dir" in sent else None)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def served(context: ssl.SSLContext | None = None, location: str = "") -> Iterator[int]:
    """A server on a port of its own; with a context it speaks TLS."""

    class Handler(_Handler):
        pass

    Handler.location = location
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Https:
    """A server with a certificate that no public authority signed."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(self.context)
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self.leaf_file = str(folder / "leaf.pem")
        leaf.cert_chain_pems[0].write_to_path(self.leaf_file)


@pytest.fixture
def https(tmp_path: Path) -> Https:
    return Https(tmp_path)


def check_app(kind: ArrKind, url: str, ca_file: str = "") -> None:
    settings = AppSettings(kind=kind.name, url=url, api_key=Secret("hidden"), ca_file=ca_file)
    with app_client(settings) as client:
        kind.connect(client).roots()


def check_scanner(kind: str, url: str, ca_file: str = "") -> None:
    entry = {"kind": kind, "url": url, "ca_file": ca_file}
    known = {each.name for each in fields(scanner_kinds()[kind].settings)}
    entry |= {name: value for name, value in {"token": "hidden", "check": "/status"}.items() if name in known}
    config = parse_config({"node": "a", "store": {"path": "/s"}, "scanners": [entry]}, "mesharr.yml")
    runtime = Runtime(config_dir="", config=config, state=None, disk=None)  # type: ignore[arg-type]  # neither is used
    [(_, scanner)] = open_scanners(runtime).values()
    scanner.check_available()


@every_app
def test_an_app_with_a_certificate_of_its_own_is_reached_with_its_ca_file(
    kind: ArrKind, https: Https
) -> None:
    with served(https.context) as port:
        url = f"https://localhost:{port}"
        check_app(kind, url, https.ca_file)
        check_app(kind, url, https.leaf_file)
        with pytest.raises(Refused, match=r"certificate is not accepted.*set ca_file") as caught:
            check_app(kind, url)
        assert kind.title in caught.value.what


@every_scanner
def test_a_media_server_with_a_certificate_of_its_own_is_reached_with_its_ca_file(
    kind: str, https: Https
) -> None:
    with served(https.context) as port:
        url = f"https://localhost:{port}"
        check_scanner(kind, url, https.ca_file)
        check_scanner(kind, url, https.leaf_file)
        with pytest.raises(Refused, match=r"certificate is not accepted.*set ca_file"):
            check_scanner(kind, url)


def check_rc(library: dict[str, str], store: dict[str, str], films: Path) -> None:
    """Ask the remote control of a library for what the drive lists."""
    tree = {
        "node": "a",
        "store": {"path": str(films / ".mesharr"), **store},
        "libraries": {"films": {"path": str(films), **library}},
        "scanners": [{"kind": "plex", "url": "http://plex", "token": "t"}],
    }
    disk = open_library(parse_config(tree, "mesharr.yml"), "films", "mesh", LocalDisk())
    assert disk.sizes_on_drive(("film.mkv",)) == {"film.mkv": 4}


def test_the_remote_control_of_a_mount_is_reached_with_its_ca_file(https: Https, tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_bytes(b"film")
    with served(https.context) as port:
        rc = {"rc": f"https://localhost:{port}"}
        for ca_file in (https.ca_file, https.leaf_file):
            check_rc(rc | {"rc_ca_file": ca_file}, {}, tmp_path)
            check_rc({}, rc | {"rc_ca_file": ca_file}, tmp_path)
        with pytest.raises(Unavailable, match=r"remote control's certificate is not accepted") as caught:
            check_rc(rc, {"rc_ca_file": https.ca_file}, tmp_path)
        assert "set rc_ca_file to" in caught.value.fix
    with served() as port, pytest.raises(Unavailable, match="start rc with http://"):
        check_rc({"rc": f"https://localhost:{port}"}, {}, tmp_path)


def test_an_rc_ca_file_that_cannot_be_used_is_found_by_the_check_of_the_config() -> None:
    libraries = {"films": {"path": "/f", "rc_ca_file": "/absent.pem"}}
    tree = {"node": "a", "store": {"path": "/s", "rc_ca_file": "ca.pem"}, "libraries": libraries}
    with pytest.raises(ConfigError) as caught:
        parse_config(tree, "mesharr.yml")
    places = {problem.split(": ")[1] for problem in caught.value.problems}
    assert places == {"store.rc_ca_file", "libraries.films.rc_ca_file"}


@every_app
def test_a_trusted_certificate_of_another_name_is_refused_with_the_reason(
    kind: ArrKind, https: Https
) -> None:
    with served(https.context) as port, pytest.raises(Refused, match=r"not accepted.*127\.0\.0\.1"):
        check_app(kind, f"https://127.0.0.1:{port}", https.ca_file)


@every_app
def test_https_to_an_app_without_it_says_http(kind: ArrKind) -> None:
    with served() as port, pytest.raises(Refused, match="start url with http://"):
        check_app(kind, f"https://localhost:{port}")


@every_app
def test_a_redirect_to_https_is_named_with_the_url_to_set(kind: ArrKind) -> None:
    with served(location="https://media.lan") as port:
        with pytest.raises(Refused, match=r"to https://media\.lan/api") as caught:
            check_app(kind, f"http://localhost:{port}")
        assert caught.value.fix == "set url to https://media.lan"


@every_scanner
def test_a_redirect_of_a_media_server_to_https_is_named_with_the_url_to_set(kind: str) -> None:
    with served(location="https://media.lan") as port:
        with pytest.raises(Refused, match=r"to https://media\.lan/") as caught:
            check_scanner(kind, f"http://localhost:{port}")
        assert caught.value.fix == "set url to https://media.lan"


def _problem(ca_file: str) -> str:
    app = {"url": "https://radarr", "api_key": "k", "ca_file": ca_file}
    scanner = {"kind": "plex", "url": "https://plex", "token": "t", "ca_file": ca_file}
    tree = {"node": "a", "store": {"path": "/s"}, "apps": {"radarr": app}, "scanners": [scanner]}
    with pytest.raises(ConfigError) as caught:
        parse_config(tree, "mesharr.yml")
    first, second = caught.value.problems
    assert first.startswith("mesharr.yml: apps.radarr.ca_file: ")
    assert second.startswith("mesharr.yml: scanners.0.ca_file: ")
    return first.partition("ca_file: ")[2]


def test_a_ca_file_that_cannot_be_used_is_found_by_the_check_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no certificate")
    assert "cannot be read (No such file" in _problem(str(tmp_path / "absent.pem"))
    assert "no certificate in PEM form" in _problem(str(tmp_path / "key.pem"))
    assert "must be an absolute path" in _problem("ca.pem")
