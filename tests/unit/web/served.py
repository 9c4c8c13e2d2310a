"""A node whose page is served in this process: a database with some events, and a browser's half of HTTP."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette

from mesharr.core.errors import Unavailable
from mesharr.core.events.introduction import Introduction
from mesharr.core.events.schema import Body, Copy, FileImported, Item
from mesharr.core.hlc import text_of
from mesharr.inbound.http import make_app
from mesharr.inbound.inbox import Source as InboxSource
from mesharr.log.keys import NodeKey
from mesharr.log.layout import node_id
from mesharr.node.reports.catalogue import refresh
from mesharr.state.peers import Peer, write_peers
from mesharr.state.queues.upload_conflicts import UploadConflict
from mesharr.state.state import State
from mesharr.web.app import WebApp
from mesharr.web.common.source import Program, Source
from tests.support.household import QuickDatabase
from tests.unit.state.samples import ALICE, BOB, MOVIES, NOW, A, B, stored

KEY = "d41d8cd98f00b204e9800998ecf8427e"
HOSTILE = "<script>alert(1)</script> & \"q\" 'x'"


def film(n: int, title: str, size: int = 4_200_000_000) -> FileImported:
    """Return the import of a film."""
    item = Item(id=f"tmdb:{n}", kind="movie", title=title, year=2000 + n, folder=f"Film {n}")
    copy = Copy(path=f"Film {n}/a.mkv", size=size, units=("movie",), quality="Bluray-2160p")
    return FileImported(library=MOVIES, item=item, copies=(copy,), term=1)


class Browser:
    """Sends requests to an application in this process, and keeps its cookies."""

    def __init__(self, app: Starlette) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alice:9494")

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a request."""
        return self._runner.run(self.send(method, path, **options))

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a request, within another one."""
        return await self._client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a POST."""
        return self.request("POST", path, **options)

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookies that it keeps."""
        return self._client.cookies

    def close(self) -> None:
        """End the loop."""
        self._runner.run(self._client.aclose())
        self._runner.close()


class NoInbox:
    """Keeps no webhook."""

    def put(self, app: str, source: InboxSource, body: bytes) -> None:
        raise Unavailable("nothing is kept here")


CONFLICT = "Film 1/a & <b>.mkv"
"""The path of a file that waits."""


class Served:
    """Alice's node, which knows bob; `client` is a browser that has not logged in."""

    def __init__(self, folder: Path, *, key: str = KEY, url_base: str = "", **changes: Any) -> None:
        self.dir = folder
        self.state = State(QuickDatabase(str(folder / "mesharr.db")))
        self.now = NOW + 600_000
        self.woken = 0
        self.url_base = url_base
        write_peers(str(folder), (Peer(BOB, "bob", "bm90IGEga2V5", "2026-11-22T00:00:00Z"),))
        source = Source(
            config_dir=str(folder),
            node=ALICE,
            name="alice",
            version="1.2.3",
            libraries=(MOVIES,),
            programs=(Program("radarr", "Radarr", "app:radarr"), Program("plex", "Plex", "scanner:plex")),
            url_base=url_base,
            state=State(QuickDatabase(str(folder / "mesharr.db"))),
            clock=lambda: self.now,
            wake=self._wake,
        )
        self.source = msgspec.structs.replace(source, **changes)
        self.web = WebApp(self.source, key)
        app = make_app(NoInbox(), {}, key, url_base, self.state.db.healthy, lambda *_: None)
        app.router.routes.extend(self.web.routes())
        self.app = app
        self.client = Browser(app)
        self._seqs = {A: 0, B: 0}

    def _wake(self) -> None:
        self.woken += 1

    def apply(self, stream: str, *bodies: Body) -> None:
        """Apply events of a node, and bring the catalogue up to date."""
        first = self._seqs[stream] + 1
        self._seqs[stream] += len(bodies)
        self.state.streams.apply([stored(first + n, body, stream) for n, body in enumerate(bodies)], NOW)
        while refresh(self.state):
            pass

    def hold(self, titles: list[str], kind: str = "removals", peer: str = BOB) -> int:
        """Have a group of changes need approval; return its number."""
        items = [(f"tmdb:{n}", title) for n, title in enumerate(titles, 1)]
        return self.state.holds.add(peer, MOVIES, kind, items, "more than 20 deletions within an hour", NOW)

    def conflict(self, path: str = CONFLICT) -> None:
        """Have a file of film 1 wait for its user's decision: bob has brought another one."""
        self.state.uploads.put(1, MOVIES, [(path, 9_000_000_000)], replaces=False, since=NOW)
        self.state.upload_conflicts.note(
            UploadConflict(MOVIES, path, "tmdb:1", BOB, size=4_000_000_000, since=NOW)
        )

    def newcomer(self) -> Introduction:
        """Have carol's node ask to join; return how it introduced itself."""
        key = NodeKey(bytes(range(32))).public
        carol = Introduction(
            stream=f"{node_id('carol', key)}.5e2f91aa",
            key=key,
            trusts=(ALICE,),
            hlc=text_of(NOW),
            first=1,
            ids=(),
        )
        self.state.node_warnings.note_unknown([carol.node], NOW)
        self.state.introductions.note(carol, NOW)
        return carol

    def login(self, key: str = KEY) -> httpx.Response:
        """Send the form of the login."""
        return self.client.post(f"{self.url_base}/login", data={"key": key})

    def api(self, path: str, method: str = "GET", key: str = KEY) -> httpx.Response:
        """Ask the API with the key."""
        return self.client.request(method, f"{self.url_base}/api/v1{path}", headers={"X-Api-Key": key})

    def token(self) -> str:
        """Return the token of the forms of a page."""
        return (
            self.client.get(f"{self.url_base}/approvals")
            .text.partition('name="token" value="')[2]
            .partition('"')[0]
        )

    def close(self) -> None:
        """End the page and its threads."""
        self.client.close()
        self.web.end_streams()
        self.web.stop()
        self.state.db.close()


Serve = Callable[..., Served]
