"""What surrounds any simulated arr in a test: a root folder, a clock that stands still, a receiver."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from mesharr.demo.arr.app import SimulatedApp

KEY = "0123456789abcdef"


class Receiver:
    """One arr and what its webhook told; `answer` is the receiver's status."""

    def __init__(self, folder: Path, root: str) -> None:
        self.root = folder / root
        self.root.mkdir()
        (self.root / ".keep").touch()
        self.time = 1_700_000_000.0
        self.answer: int | Exception = 200
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def client_of(self, arr: SimulatedApp) -> httpx.Client:
        """A client that knows the key."""
        return httpx.Client(
            transport=httpx.MockTransport(arr.handle),
            base_url=f"http://arr{arr.definition.api}",
            headers={"X-Api-Key": KEY},
        )

    def receive(self, url: str, content: bytes, headers: dict[str, str]) -> int:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer < 400:
            self.received.append(json.loads(content))
            self.headers.append(headers)
        return self.answer

    def register(self, client: httpx.Client, triggers: Sequence[str], **changes: Any) -> httpx.Response:
        """Save a webhook with these triggers on, and forget that it was tested."""
        body = {
            "name": "mesharr",
            "implementation": "Webhook",
            "configContract": "WebhookSettings",
            "tags": [],
            **dict.fromkeys(triggers, True),
            "fields": [{"name": "url", "value": "http://mesharr/hook"}],
            **changes,
        }
        response = client.post("/notification", json=body)
        if response.status_code == 201:
            self.received.clear()
        return response

    def events(self) -> list[str]:
        return [body["eventType"] for body in self.received]
