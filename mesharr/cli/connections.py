"""The work of `mesharr connect`: one arr at a time."""

import os
import socket
from typing import Literal

import httpx
import msgspec

from mesharr.arr import kinds
from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.connection import Connections, DesiredConnection, Outcome, script, webhook
from mesharr.bootstrap.engine import app_client
from mesharr.cli.context import Misuse
from mesharr.config import Config
from mesharr.core.errors import MesharrError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a person wants the arrs connected: as the options of the command are."""

    url: str = ""
    script: str = ""
    remove: bool = False
    tested: bool = True


class Connected(msgspec.Struct, frozen=True):
    """What came of one arr; `why` says what was wrong."""

    app: str
    outcome: Outcome | Literal["failed"]
    target: str
    why: str = ""


def connect_arr(config: Config, name: str, way: Way) -> Connected:
    """Connect one arr, or take the connection out; never raises for what the arr answers."""
    connections = open_connections(config, name)
    wanted = _wanted(config, name, way)
    try:
        if way.remove:
            return Connected(name, connections.remove(wanted.target), wanted.target)
        return Connected(name, connections.ensure(wanted, tested=way.tested), wanted.target)
    except MesharrError as error:
        return Connected(name, "failed", wanted.target, str(error))


def open_connections(config: Config, name: str) -> Connections:
    """Return mesharr's connections in one arr."""
    app = config.apps[name]
    kind = kinds()[app.kind]
    return Connections(ArrApi(app_client(app), kind.title), kind)


def in_container() -> bool:
    """Return whether this process runs in a container of Docker or Podman."""
    return any(os.path.exists(mark) for mark in ("/.dockerenv", "/run/.containerenv"))


def hook_url(config: Config, name: str, reached_at: str = "") -> str:
    """Return where an arr sends its webhooks.

    `reached_at` is how it reaches this node, "" for the config's word, else the best guess: the loopback
    address beside an arr that is reached by it, the usual name of a container inside one.
    """
    port = config.server.listen[1]
    if httpx.URL(config.apps[name].url).host in _LOOPBACK:
        guess = f"http://127.0.0.1:{port}"
    elif in_container():
        guess = f"http://mesharr:{port}"
    else:
        guess = f"http://{socket.gethostname()}:{port}"
    return f"{(reached_at or config.server.url or guess).rstrip('/')}{config.server.url_base}/hook/{name}"


def _wanted(config: Config, name: str, way: Way) -> DesiredConnection:
    if way.script:
        return script(way.script)
    key = config.server.api_key
    if key is None and not way.remove:
        raise Misuse(
            "server.api_key is not set: without it no webhook is taken",
            "set it in mesharr.yml and start mesharr again",
        )
    return webhook(
        kinds()[config.apps[name].kind],
        hook_url(config, name, way.url),
        key.get_secret_value() if key else "",
    )
