"""What every simulated arr has in common: the HTTP API's plumbing and the tables behind it."""

import copy
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import httpx

from mesharr.demo.arr.commands import Command, CommandQueue, Steps
from mesharr.demo.arr.definition import AppDefinition
from mesharr.demo.arr.notifications.sender import Connection, Health, Notification, NotificationSender, Post
from mesharr.demo.wire import Call, HttpError, JsonObject, error, iso, reply

Route = Callable[[Call], httpx.Response]
Fault = Callable[[httpx.Request], httpx.Response | None]

WEBHOOK_TIMEOUT = 100.0


def post_over_http(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Send a webhook as an arr does: no redirect followed, a hundred seconds of patience."""
    # the certificates of the known authorities take 30 ms to read
    verify = url.startswith("https:")
    answer = httpx.post(url, content=content, headers=headers, timeout=WEBHOOK_TIMEOUT, verify=verify)
    return answer.status_code


@dataclass
class CommonTables:
    """The part of an arr's database that every arr has."""

    tags: dict[int, str] = field(default_factory=dict)
    profiles: dict[int, str] = field(default_factory=dict)
    roots: dict[int, str] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    health: dict[int, Health] = field(default_factory=dict)
    config: dict[str, JsonObject] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)


class SimulatedApp(ABC):
    """An app without a library: key check, routes, tags, roots, profiles, connections, commands.

    A subclass adds its library's routes with `route`, runs commands in `run_command`, and says
    what uses a tag. `requests` lists (method, path with query) of every request;
    `fail`, when set, may answer a request in the app's place.
    """

    definition: ClassVar[AppDefinition]
    profiles: ClassVar[Sequence[str]] = ("Any", "SD", "HD-720p", "HD-1080p", "Ultra-HD")
    """The quality profiles of a new installation."""

    def __init__(
        self,
        *,
        name: str = "",
        roots: Sequence[str],
        api_key: str,
        now: Callable[[], float] = time.time,
        post: Post = post_over_http,
        workers: bool = False,
    ) -> None:
        definition = self.definition
        self.name = name or definition.app
        self.now = now
        self.requests: list[tuple[str, str]] = []
        self.fail: Fault | None = None
        self.lock = threading.RLock()
        self.common = CommonTables(config=copy.deepcopy(dict(definition.config)))
        agent = f"{definition.app}/{definition.version} (simulated)"
        self.notifications = NotificationSender(post, now, agent)
        self.common.connections = self.notifications.connections
        self.common.health = self.notifications.health
        self.commands = CommandQueue(now, self._start, workers=workers)
        self._api_key = api_key
        self._routes: list[tuple[str, re.Pattern[str], Route]] = []
        self._paths: dict[tuple[str, str], None] = {}
        for root in roots:
            self.common.roots[self.next_id("roots")] = root.rstrip("/")
        for profile in self.profiles:
            self.common.profiles[self.next_id("profiles")] = profile

    # -- for subclasses ---------------------------------------------------------------------

    def route(self, method: str, path: str, handler: Route) -> None:
        """Answer `method path` (below the API's root) with `handler`; `{id}` matches a number.

        The handler that came last wins: an arr of one kind may answer a common path in its own way.
        """
        pattern = re.escape(path).replace(r"\{id\}", r"(?P<id>\d+)")
        pattern = pattern.replace(r"\{name\}", r"(?P<name>\w+)")
        self._routes.insert(0, (method, re.compile(pattern, re.IGNORECASE), handler))
        self._paths[method, f"{self.definition.api}{path}"] = None

    def add_routes(self, *routes: tuple[str, str, Route]) -> None:
        """Answer each method and path with its handler."""
        for method, path, handler in routes:
            self.route(method, path, handler)

    @abstractmethod
    def run_command(self, command: Command) -> None:
        """Do what a command says; what it raises makes the command fail."""

    def slow_command(self, command: Command) -> Steps | None:  # noqa: ARG002 - most apps have none
        """Return the steps of a command that takes time, None for one that is done at once."""
        return None

    @abstractmethod
    def test_notification(self) -> Notification:
        """Return the event a connection is tested with."""

    def tag_users(self) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Return the lists that `GET /tag/detail` has of a tag's users, by tag id."""
        return {}

    def library_folders(self) -> frozenset[str]:
        """Return the folders of the items in the library: no root lists them as unmapped."""
        return frozenset()

    def next_id(self, table: str) -> int:
        """Return a new row id; ids are never used twice, except after a restore."""
        with self.lock:
            number = self.common.last_ids.get(table, 0) + 1
            self.common.last_ids[table] = number
            return number

    # -- for tests and the demo -------------------------------------------------------------

    def connect(self, url: str, headers: Mapping[str, str]) -> None:
        """Register a webhook with every trigger, as the user does under Settings > Connect.

        The receiver is tested at once; raises `httpx.HTTPStatusError` when it refuses.
        """
        given = [{"key": name, "value": value} for name, value in headers.items()]
        body = {
            "name": "mesharr",
            "implementation": "Webhook",
            "configContract": "WebhookSettings",
            "tags": [],
            "fields": [
                {"name": "url", "value": url},
                {"name": "method", "value": 1},
                {"name": "headers", "value": given},
            ],
            **dict.fromkeys(self.definition.triggers, True),
        }
        self.click("POST", "/notification", body)
        self.requests.clear()

    def click(self, method: str, path: str, body: JsonObject) -> JsonObject:
        """Send what the app's own web page sends on a click; `requests` does not list it.

        Raises `httpx.HTTPStatusError` when the arr refuses.
        """
        url = f"http://arr{self.definition.api}{path}"
        request = httpx.Request(method, url, headers={"X-Api-Key": self._api_key}, json=body)
        before = list(self.requests)
        answer = self.handle(request)
        self.requests[:] = before
        answer.request = request
        answer.raise_for_status()
        return dict(answer.json())

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request as the arr would."""
        self.requests.append((request.method, request.url.raw_path.decode()))
        if self.fail is not None and (failure := self.fail(request)) is not None:
            return failure
        try:
            return self._dispatch(request)
        except HttpError as refusal:
            return httpx.Response(refusal.status, json=refusal.body)
        except Exception as broken:  # noqa: BLE001 - an arr shows every other exception as a 500 object
            text = f"{type(broken).__name__}: {broken}"
            return httpx.Response(500, json={"message": str(broken), "description": text})

    def routes(self) -> list[tuple[str, str]]:
        """Return (method, path) of every route."""
        return list(self._paths)

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self.requests.clear()

    def run_commands(self) -> int:
        """Run what is queued and what that queues; only without `workers`. How many things ran."""
        return self.commands.run_pending()

    def close(self) -> None:
        """Stop the background thread, if there is one."""
        self.commands.close()

    def housekeeping(self) -> None:
        """Do what the arr does daily: unused tags are gone, and what the kind of arr puts in order."""
        self.cleanup_tags()

    @abstractmethod
    def daily_refresh(self) -> None:
        """Do the scheduled refresh of every item, with a scan if the settings say so."""

    def cleanup_tags(self) -> None:
        """Delete every tag that nothing uses, as the daily housekeeping does."""
        used = {tag for connection in self.notifications.connections.values() for tag in connection.tags}
        used.update(tag for tag, users in self.tag_users().items() if any(users.values()))
        with self.lock:
            for tag in [tag for tag in self.common.tags if tag not in used]:
                del self.common.tags[tag]

    # -- shared by the routes ---------------------------------------------------------------

    def config(self, page: str) -> JsonObject:
        """Return the settings of one page under `/config/`."""
        return self.common.config[page]

    def labels(self, tags: Sequence[int]) -> list[str]:
        """Return the labels of these tags, sorted; ids that are no tag are left out, as in payloads."""
        return sorted(self.common.tags[tag] for tag in set(tags) if tag in self.common.tags)

    def copy_common(self) -> CommonTables:
        """Return the common part of a backup."""
        with self.lock:
            return copy.deepcopy(self.common)

    def restore_common(self, saved: CommonTables) -> None:
        """Put the common part of a backup back and restart: no commands, a new start time."""
        with self.lock:
            self.common = copy.deepcopy(saved)
            self.notifications.connections = self.common.connections
            self.notifications.health = self.common.health
            self.notifications.started = self.now()
            self.commands.clear()

    def status(self, _call: Call) -> httpx.Response:
        """`GET /system/status`."""
        return reply(
            200,
            {
                "appName": self.definition.app,
                "instanceName": self.name,
                "version": self.definition.version,
                "branch": "master",
                "startTime": iso(self.notifications.started),
                "urlBase": "",
                "osName": "ubuntu",
                "isLinux": True,
                "isDocker": True,
                "mode": "console",
                "databaseType": "sqLite",
                "authentication": "forms",
                "migrationVersion": 242,
                "packageUpdateMechanism": "docker",
            },
        )

    def _start(self, command: Command) -> Steps | None:
        steps = self.slow_command(command)
        if steps is None:
            self.run_command(command)
        return steps

    def _dispatch(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/") or "/"
        if path.lower() == "/ping":
            return reply(200, {"status": "OK"})
        if path.lower() == "/login":
            return httpx.Response(200, html=f"<html><title>Login - {self.definition.app}</title></html>")
        if not self._has_key(request):
            return httpx.Response(401)
        api = self.definition.api
        if not path.lower().startswith(f"{api}/"):
            raise error(404, "NotFound")
        found = False
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(path[len(api) :])
            if match is None:
                continue
            found = True
            if method == request.method:
                return handler(_call(request, match))
        if found:
            return httpx.Response(405)
        raise error(404, "NotFound")

    def _has_key(self, request: httpx.Request) -> bool:
        bearer = request.headers.get("Authorization", "")
        offered = (
            request.url.params.get("apikey")
            or request.headers.get("X-Api-Key")
            or (bearer[7:].strip() if bearer.lower().startswith("bearer ") else "")
        )
        return bool(offered) and offered == self._api_key


def _call(request: httpx.Request, match: re.Match[str]) -> Call:
    keys = match.groupdict()
    return Call(
        request.url.params,
        request.read(),
        int(keys.get("id") or 0),
        request.headers.get("User-Agent", ""),
        keys,
    )
