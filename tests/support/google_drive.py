"""A simulated Google Drive, as far as rclone's own backend asks it: it allows several files of one name.

It is reached as a proxy, for rclone knows one address of Google Drive alone: https://rclone.org/drive/.
"""

import email
import hashlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

_HOST = "www.googleapis.com"
_FOLDER = "application/vnd.google-apps.folder"
_TOKEN = '{"access_token":"a","token_type":"Bearer","refresh_token":"r","expiry":"2999-01-01T00:00:00Z"}'


class GoogleDrive:
    """The files, and the requests that were made."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.files: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.hidden: set[str] = set()
        """The ids of files that are not listed before the next one was uploaded."""

    def put(self, path: str, content: bytes) -> str:
        """Have a file be there; return its id."""
        *folders, name = path.split("/")
        parent = "root-id"
        for each in folders:
            found = [f for f in self.files if (f["name"], f["parents"]) == (each, [parent])]
            parent = (found or [self.add(each, parent, _FOLDER)])[0]["id"]
        return str(self.add(name, parent, "video/x-matroska", content)["id"])

    def sizes(self, name: str) -> list[int]:
        """Return the sizes of the files of a name that are not in the trash."""
        return [int(each["size"]) for each in self.files if each["name"] == name and not each["trashed"]]

    def add(self, name: str, parent: str, mime: str, content: bytes = b"") -> dict[str, Any]:
        """Add a file or folder beside what has its name."""
        made: dict[str, Any] = {
            "id": f"id-{len(self.files)}",
            "name": name,
            "parents": [parent],
            "mimeType": mime,
            "modifiedTime": "2026-11-22T18:19:24.000Z",
            "createdTime": "2026-11-22T18:19:24.000Z",
            "trashed": False,
        }
        if mime != _FOLDER:
            made |= _content(content)
        self.files.append(made)
        return made

    def listed(self, query: str) -> list[dict[str, Any]]:
        """Return what a search finds, by the terms that rclone writes."""
        parents = re.findall(r"'([^']+)' in parents", query)
        names = re.findall(r"name='((?:[^'\\]|\\.)*)'", query)
        found = [each for each in self.files if not each["trashed"] and each["id"] not in self.hidden]
        found = [each for each in found if not parents or each["parents"][0] in parents]
        found = [each for each in found if not names or each["name"] in names]
        if f"mimeType!='{_FOLDER}'" in query:
            found = [each for each in found if each["mimeType"] != _FOLDER]
        elif f"mimeType='{_FOLDER}'" in query:
            found = [each for each in found if each["mimeType"] == _FOLDER]
        return found

    def answer(self, method: str, path: str, kind: str, body: bytes) -> dict[str, Any] | None:
        """Return what is answered to a request, None where nothing is there."""
        parts = urlsplit(path)
        self.requests.append(f"{method} {parts.path}")
        id_ = parts.path.removeprefix("/upload").removeprefix("/drive/v3/files").strip("/")
        if not id_:
            if method == "GET":
                return {"files": self.listed(parse_qs(parts.query).get("q", [""])[0])}
            if parts.path.startswith("/upload"):
                head, content = _parts(kind, body)
                self.hidden.clear()
                return self.add(head["name"], head["parents"][0], head["mimeType"], content)
            head = json.loads(body)
            return self.add(head["name"], head["parents"][0], head["mimeType"])
        found = next((each for each in self.files if each["id"] == id_), None)
        if found and parts.path.startswith("/upload"):
            _, content = _parts(kind, body)
            found |= _content(content)
        elif found and method == "PATCH":
            found |= json.loads(body)
        return found


def _content(content: bytes) -> dict[str, str]:
    return {"size": str(len(content)), "md5Checksum": hashlib.md5(content).hexdigest()}


def _chunked(stream: BinaryIO) -> bytes:
    """Return a body that is sent in chunks."""
    content = b""
    while size := int(stream.readline(), 16):
        content += stream.read(size)
        stream.readline()
    stream.readline()
    return content


def _parts(kind: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the description and the content of an upload."""
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    head, content = (part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    assert isinstance(head, bytes)
    assert isinstance(content, bytes)
    return json.loads(head), content


@contextmanager
def google_drive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleDrive]:
    """Serve a drive to every rclone that is started while the block runs; its remote is `gdrive:`."""
    drive = GoogleDrive(folder / "rclone.conf")
    drive.config.write_text(
        f"[gdrive]\ntype = drive\nscope = drive\nroot_folder_id = root-id\ntoken = {_TOKEN}\n"
    )
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(_HOST).configure_cert(context)

    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            self.close_connection = False
            connections.append(self.connection)

        def finish(self) -> None:
            for each in (self.rfile, self.wfile, self.connection):
                with suppress(OSError):
                    each.close()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = _chunked(cast(BinaryIO, self.rfile))
            found = drive.answer(self.command, self.path, self.headers.get("Content-Type", ""), body)
            content = json.dumps(found or {"error": {"code": 404, "message": "not found"}}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_POST = do_PATCH = do_GET  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # they are waited for
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("RCLONE_CA_CERT", str(folder / "ca.pem"))
    try:
        yield drive
    finally:
        server.shutdown()
        thread.join()
        for each in connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        server.server_close()
