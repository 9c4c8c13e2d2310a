"""How an app notifies the outside: webhooks and scripts, on the raising thread, once."""

import base64
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from mesharr.demo.wire import JsonObject

Post = Callable[[str, bytes, dict[str, str]], int]
"""Send a body to a URL with headers; the status of the answer. May raise."""

FIRST_BAD_STATUS = 400
BACK_OFF_SECONDS = (0.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
TOLERANT_SECONDS = 300.0
"""Failures this soon after the first one do not switch a connection off."""
STARTUP_SECONDS = 900.0
STARTUP_LIMIT = 300.0


class DeliveryError(Exception):
    """A connection refused a notification."""


@dataclass(frozen=True)
class Notification:
    """One event on its way out.

    `body` and `environment` are built per connection, and may raise: a notification that cannot be
    built is a failure of the connection, as in the arr.
    """

    triggers: tuple[str, ...]
    body: Callable[[], JsonObject]
    environment: Callable[[], dict[str, str]]
    tags: frozenset[int] | None = None


@dataclass(frozen=True)
class Connection:
    """A configured connection."""

    id: int
    name: str
    implementation: str
    """Webhook or CustomScript."""
    triggers: Mapping[str, bool]
    """Which events it gets, by trigger."""
    tags: tuple[int, ...] = ()
    """Only events of items with one of these tags get through; () lets all through."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Its fields by name."""

    def wants(self, notification: Notification) -> bool:
        """Return whether its triggers and tags let this notification through."""
        if not all(self.triggers.get(trigger, False) for trigger in notification.triggers):
            return False
        if not self.tags or notification.tags is None:
            return True
        return not notification.tags.isdisjoint(self.tags)


@dataclass(frozen=True)
class Health:
    """The failures of a connection."""

    level: int = 0
    """How many steps the pauses have grown."""
    first_failure: float = 0.0
    """When the first failure since a success was, in seconds since 1970."""
    disabled_until: float = 0.0
    """When the pause ends, in seconds since 1970."""

    def failed(self, now: float, started: float) -> "Health":
        """Return the health after one more failure: a longer pause, except soon after the first."""
        if self.level == 0:
            # the first failure opens the tolerant minutes, it never blocks
            return Health(1, now, 0.0)
        if now < self.first_failure + TOLERANT_SECONDS:
            return self
        starting = now < started + STARTUP_SECONDS
        level = self.level if starting else min(self.level + 1, len(BACK_OFF_SECONDS) - 1)
        pause = BACK_OFF_SECONDS[level]
        return Health(level, self.first_failure, now + min(pause, STARTUP_LIMIT if starting else pause))

    def succeeded(self) -> "Health":
        """Return one success: a step down, and no pause."""
        return Health(max(0, self.level - 1), self.first_failure, 0.0)


class NotificationSender:
    """The connections of an app, and how often each failed.

    `failures` holds (connection name, reason) of each try that failed; `dropped` counts the
    notifications that a pause swallowed. Neither kind is ever sent again.
    """

    def __init__(self, post: Post, now: Callable[[], float], user_agent: str) -> None:
        self.connections: dict[int, Connection] = {}
        self.health: dict[int, Health] = {}
        self.failures: list[tuple[str, str]] = []
        self.dropped = 0
        self.started = now()
        self.post = post
        self._now = now
        self._user_agent = user_agent

    def send(self, *notifications: Notification) -> None:
        """Send notifications to every connection that wants them, one after another.

        Several notifications are one bulk event: the first failure ends it for that connection.
        """
        for connection in list(self.connections.values()):
            wanted = [notification for notification in notifications if connection.wants(notification)]
            if wanted and self.blocked(connection.id):
                self.dropped += len(wanted)
                continue
            self._send_all(connection, wanted)

    def blocked(self, connection_id: int) -> bool:
        """Return whether the connection is paused after failures."""
        return self.health.get(connection_id, Health()).disabled_until > self._now()

    def deliver(self, connection: Connection, notification: Notification) -> None:
        """Send one notification now.

        Raises DeliveryError, or what the transport or the payload raises.
        """
        if connection.implementation == "CustomScript":
            run_script(str(connection.settings.get("path", "")), notification.environment())
            return
        # json.dumps is three times slower when it indents
        content = msgspec.json.format(json.dumps(notification.body()).encode(), indent=2)
        url = str(connection.settings.get("url", ""))
        status = self.post(url, content, self._headers(connection))
        # a redirect is not followed and counts as success
        if status >= FIRST_BAD_STATUS:
            raise DeliveryError(f"HTTP request failed: [{status}] at [{url}]")

    def succeeded(self, connection_id: int) -> None:
        """Count a success, of an event or of a test."""
        if connection_id in self.health:
            self.health[connection_id] = self.health[connection_id].succeeded()

    def _send_all(self, connection: Connection, notifications: list[Notification]) -> None:
        for notification in notifications:
            try:
                self.deliver(connection, notification)
            except Exception as failure:  # noqa: BLE001 - whatever fails, the arr logs it and goes on
                before = self.health.get(connection.id, Health())
                self.health[connection.id] = before.failed(self._now(), self.started)
                self.failures.append((connection.name, f"{type(failure).__name__}: {failure}"))
                return
            self.succeeded(connection.id)

    def _headers(self, connection: Connection) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": self._user_agent,
        }
        username = str(connection.settings.get("username") or "")
        password = str(connection.settings.get("password") or "")
        if username.strip() or password.strip():
            login = base64.b64encode(f"{username}:{password}".encode("latin-1", "replace"))
            headers["Authorization"] = f"Basic {login.decode()}"
        extra = connection.settings.get("headers")
        for header in extra if isinstance(extra, list) else []:
            headers[str(header.get("key"))] = str(header.get("value"))
        return headers


def run_script(path: str, variables: Mapping[str, str]) -> int:
    """Run a custom script to its end, however long that takes; its exit code.

    The names reach the script in lower case and the values as they are; standard input stays
    open and empty. Raises OSError when the file cannot be started.
    """
    lowered = {name.lower(): value for name, value in variables.items()}
    with subprocess.Popen(  # noqa: S603 - the script is what the test or the demo configured
        [path],
        env={**os.environ, **lowered},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        # reading first, so that the script's input is closed only after its output ended
        if process.stdout is not None:
            process.stdout.read()
        return process.wait()
