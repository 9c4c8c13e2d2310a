"""A hand-made remote control of a mount, which answers as rclone's does over a folder of this disk."""

import json
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx


class FakeRc:
    """The drive is `folder`, shown by one mount, `vfs`. `asked` are the commands, in order.

    `down` makes it unreachable; `broken` makes the drive behind it fail; `queue` waits to be uploaded.
    """

    def __init__(self, folder: str | Path, vfs: str = "cloud:") -> None:
        self.folder = Path(folder)
        self.vfs = [vfs]
        self.asked: list[str] = []
        self.down = False
        self.broken = ""
        self.queue: list[str] = []

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
        command = request.url.path.strip("/")
        self.asked.append(command)
        match command:
            case "rc/noop":
                return httpx.Response(200, json={})
            case "vfs/list":
                return httpx.Response(200, json={"vfses": self.vfs})
            case "vfs/poll-interval":
                return failed(command, "poll-interval is not supported by this remote")
            case _ if self.broken:
                return failed(command, self.broken)
            case "vfs/refresh":
                return self._refresh(json.loads(request.content))
            case "vfs/queue":
                waiting = [{"name": name, "size": 1, "tries": 0, "uploading": False} for name in self.queue]
                return httpx.Response(200, json={"queue": waiting} if waiting else {})
            case "operations/stat":
                return self._stat(json.loads(request.content))
            case "operations/uploadfile":
                return self._upload(request)
            case _:
                return httpx.Response(404, json={"error": f"couldn't find method {command!r}"})

    def _refresh(self, body: dict[str, Any]) -> httpx.Response:
        if body["fs"] not in self.vfs:
            return failed("vfs/refresh", f"no VFS found with name {body['fs']!r}")
        folder = body.get("dir", "")
        outcome = "OK" if (self.folder / folder).is_dir() else "file does not exist"
        return httpx.Response(200, json={"result": {folder: outcome}})

    def _stat(self, body: dict[str, Any]) -> httpx.Response:
        assert body["fs"] in self.vfs
        path = self.folder / body["remote"]
        if not path.exists():
            return httpx.Response(200, json={"item": None})
        size = -1 if path.is_dir() else path.stat().st_size
        item = {"Path": body["remote"], "Name": path.name, "Size": size, "IsDir": path.is_dir()}
        return httpx.Response(200, json={"item": item})

    def _upload(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["fs"] in self.vfs
        kind = request.headers["Content-Type"].encode()
        form = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + request.read())
        parts = form.get_payload()
        assert isinstance(parts, list)
        (part,) = parts
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        name = part.get_filename()
        assert isinstance(content, bytes)
        assert name is not None
        path = self.folder / request.url.params["remote"] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return httpx.Response(200, json={})


def failed(command: str, why: str) -> httpx.Response:
    """Return an error as rclone words it."""
    return httpx.Response(500, json={"error": why, "input": {}, "path": command, "status": 500})
