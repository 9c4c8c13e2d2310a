"""Add mesharr to the connections of an app: the work of `mesharr connect`."""

import os
import socket
from typing import Literal

import httpx
import msgspec

from mesharr.arr import kind as arr_kind
from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.connection import Connections, DesiredConnection, Outcome, script, webhook
from mesharr.arr.shared.peer_tags import TakenOut, take_out_tags
from mesharr.bootstrap.engine import app_client
from mesharr.cli.context import Misuse
from mesharr.core.errors import MesharrError
from mesharr.settings.models import Config

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ConnectionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `mesharr connect`."""

    url: str = ""
    """The URL at which the apps reach this node; "" for the best guess."""
    script: str = ""
    """The path of a script as the app sees it, to connect that instead of a webhook; "" for a webhook."""
    remove: bool = False
    """Whether the connection is removed."""
    tested: bool = True
    """Whether the app tests the connection before it saves it."""


class Connected(msgspec.Struct, frozen=True):
    """The result of connecting one app."""

    app: str
    """Its name in mesharr.yml."""
    outcome: Outcome | Literal["failed"]
    target: str
    """The URL or script that the app calls."""
    why: str = ""
    """What went wrong; "" unless the outcome is `failed`."""


def connect_app(config: Config, name: str, options: ConnectionOptions) -> Connected:
    """Connect one app, or remove its connection; the result contains the app's error."""
    connections = open_connections(config, name)
    desired = _desired(config, name, options)
    try:
        if options.remove:
            return Connected(name, connections.remove(desired.target), desired.target)
        return Connected(name, connections.ensure(desired, tested=options.tested), desired.target)
    except MesharrError as error:
        return Connected(name, "failed", desired.target, str(error))


class CleanedUp(msgspec.Struct, frozen=True):
    """What `mesharr leave` took out of one app."""

    app: str
    """Its name in mesharr.yml."""
    connection: Outcome | Literal["failed"] = "failed"
    items: int = 0
    """How many items carried a tag of mesharr's."""
    tags: int = 0
    """How many of these tags were deleted."""
    why: str = ""
    """What went wrong, "" for nothing."""


def clean_up_app(config: Config, name: str, *, keep_tags: bool) -> tuple[CleanedUp, MesharrError | None]:
    """Take mesharr's connection and tags out of an app; return what was done, and what failed."""
    app, kind = config.apps[name], arr_kind(config.apps[name].kind)
    api = ArrApi(app_client(app), kind.title)
    try:
        removed = Connections(api, kind).remove(hook_url(config, name))
        taken = TakenOut(0, 0) if keep_tags else take_out_tags(api, kind)
    except MesharrError as error:
        return CleanedUp(name, why=str(error)), error
    return CleanedUp(name, removed, taken.items, taken.tags), None


def open_connections(config: Config, name: str) -> Connections:
    """Return mesharr's connections in one app."""
    app = config.apps[name]
    kind = arr_kind(app.kind)
    return Connections(ArrApi(app_client(app), kind.title), kind)


def connection_problem(config: Config, name: str) -> str:
    """Return what is wrong with mesharr's connection in an app, "" for nothing. One request."""
    return open_connections(config, name).problem(hook_url(config, name))


def in_container() -> bool:
    """Return whether this process runs in a container of Docker or Podman."""
    return any(os.path.exists(mark) for mark in ("/.dockerenv", "/run/.containerenv"))


def hook_url(config: Config, name: str, reached_at: str = "") -> str:
    """Return the URL that an app sends its webhooks to.

    `reached_at` is the base URL of this node for the app, "" for `server.url` of the config or else a guess:
    the loopback address when the app is reached by it, `mesharr` in a container, or this host's name.
    """
    port = config.server.listen[1]
    if httpx.URL(config.apps[name].url).host in _LOOPBACK:
        guess = f"http://127.0.0.1:{port}"
    elif in_container():
        guess = f"http://mesharr:{port}"
    else:
        guess = f"http://{socket.gethostname()}:{port}"
    return f"{(reached_at or config.server.url or guess).rstrip('/')}{config.server.url_base}/hook/{name}"


def _desired(config: Config, name: str, options: ConnectionOptions) -> DesiredConnection:
    if options.script:
        return script(options.script)
    key = config.server.key
    if not key and not options.remove:
        raise Misuse(
            "server.api_key is not set: no webhook is accepted",
            "set it in mesharr.yml, which mesharr takes over within half a minute",
        )
    return webhook(
        arr_kind(config.apps[name].kind),
        hook_url(config, name, options.url),
        key,
    )
