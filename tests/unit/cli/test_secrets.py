"""No secret is in anything that mesharr writes.

Two households have an ordinary day, then everything they use fails and repeats the request that it got, then
a user gives the commands. All that was written is searched: logs, standard error, databases, the store, what
the commands printed.
"""

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import httpx

from mesharr import arr, logs
from mesharr.bootstrap.engine import open_notifier
from mesharr.config import secrets_of
from mesharr.demo.arr.app import SimulatedApp
from mesharr.demo.arr.notifications.sender import Post
from mesharr.demo.radarr.app import SimulatedRadarr
from mesharr.inbound.http import make_app
from mesharr.notify.base import Notifier, NotifierSettings
from tests.support.household import FILMS, Clock, Household, LibrarySetup, make_drive, settle
from tests.unit.cli.house import Commands, Output

DEAD: Final = "127.0.0.1:1"
SECRETS: Final = {
    "key of Radarr": "5e9a4c0b7d3f41aa8c6b2e1f0d9c8b7a",
    "basic auth before Radarr": "b4sic p@ss/w&rd",
    "token of Plex": "pL3x-t0ken_Xy",
    "password of autoscan": "aut0scan-pass",
    "password of autopulse": "aut0pulse:pass",
    "token of Jellyfin": "j3llyf1n-t0ken",
    "header of a webhook": "w3bhook-h3ader",
    "key in the url of a webhook": "w3bhook-0f-url",
    "key in the path of a webhook": "w3bhook-0f-path",
    "notify url": "n0tify-t0ken",
    "password in a notify url": "n0tify-pass",
    "password of the remote control": "rc-p4ssw0rd",
    "server.api_key": "s3rver-ap1-key",
    "wrong key of a client": "wr0ng-but-secret",
}
LEGITIMATE: Final = {
    "node.key": "the key itself; nobody but the node's user may read it",
    "mesharr.yml": "where the user wrote them",
}
"""The files that may have a secret in them, each with its reason."""

_BASIC = quote(SECRETS["basic auth before Radarr"], safe="")
_RC = f"http://rcuser:{SECRETS['password of the remote control']}@{DEAD}"
SETTINGS: Final[dict[str, Any]] = {
    "apps": {"radarr": {"url": f"http://proxy:{_BASIC}@radarr", "api_key": SECRETS["key of Radarr"]}},
    "libraries": {"movies": {"rc": _RC}},
    "scanners": [
        {"kind": "plex", "url": "http://plex", "token": SECRETS["token of Plex"], "pause": "0s"},
        {
            "kind": "autoscan",
            "url": "http://autoscan",
            "username": "u",
            "password": SECRETS["password of autoscan"],
            "pause": "0s",
        },
        {
            "kind": "autopulse",
            "url": f"http://u:{quote(SECRETS['password of autopulse'])}@autopulse",
            "pause": "0s",
        },
        {"kind": "jellyfin", "url": "http://jellyfin", "token": SECRETS["token of Jellyfin"], "pause": "0s"},
        {
            "kind": "webhook",
            "url": f"http://tdarr/{SECRETS['key in the path of a webhook']}?apikey="
            + SECRETS["key in the url of a webhook"],
            "headers": {"x-secret": SECRETS["header of a webhook"]},
            "check": "/status",
            "pause": "0s",
        },
    ],
    "notify": [
        {
            "url": f"json://me:{SECRETS['password in a notify url']}@{DEAD}/{SECRETS['notify url']}",
            "on": ["imported", "removed", "down", "up_again"],
        }
    ],
    "server": {"api_key": SECRETS["server.api_key"]},
}


def _make_radarr(name: str, root: str, clock: Clock, post: Post) -> SimulatedApp:
    key = SECRETS["key of Radarr"]
    return SimulatedRadarr(
        name=name, roots=[root], api_key=key, catalogue=FILMS, now=clock.seconds, post=post, workers=False
    )


class Guarded(Household):
    """A household with a secret wherever one can be; while `failures` is set, its programs fail in turn."""

    failures: Iterator[str] | None = None

    def make_notifier(self, settings: NotifierSettings) -> Notifier:
        return open_notifier(settings)

    def answer(self, url: str, request: httpx.Request) -> httpx.Response:
        said = f"cannot do {request.url} with {[*request.headers.items()]}"
        match next(self.failures) if self.failures else "":
            case "refused":
                raise httpx.ConnectError(f"no connection for {said}", request=request)
            case "silent":
                raise httpx.ReadTimeout(f"no answer for {said}", request=request)
            case "redirect":
                return httpx.Response(302, headers={"location": f"{request.url}/elsewhere"})
            case "text":
                return httpx.Response(500, text=said)
            case "400" | "401" | "404" | "500" | "503" as status:
                return httpx.Response(int(status), json={"message": said})
        if "radarr" in url:
            return self.radarr.handle(request)
        if "plex" in url:
            return self.plex.handle(request)
        return httpx.Response(200, json={"id": "1"})


def forms_of(secret: str) -> set[bytes]:
    """Return a secret as it may be spelled: plain, in a URL, in JSON, in a header of basic auth."""
    spelled = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
    users = ("", "u:", "me:", "rcuser:", "proxy:", "mesharr:")
    encoded = {base64.b64encode(f"{user}{secret}".encode()).decode().rstrip("=") for user in users}
    return {form.encode() for form in spelled | encoded}


def _ask_the_webhook_endpoint(house: Guarded) -> list[str]:
    """Send webhooks with the right and with a wrong key in every place where one can be."""
    app = make_app(
        house.state.inbox,  # type: ignore[arg-type]  # it takes a time, which no request here gets to
        {"radarr": arr.kinds()["radarr"]},
        SECRETS["server.api_key"],
        "",
        lambda: True,
        lambda *_: None,
    )

    async def ask() -> list[str]:
        said = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mesharr") as client:
            for key in (SECRETS["server.api_key"], SECRETS["wrong key of a client"]):
                for place in (
                    {"params": {"apikey": key}},
                    {"headers": {"X-Api-Key": key}},
                    {"auth": ("u", key)},
                ):
                    options: dict[str, Any] = dict(place)
                    answer = await client.post("/hook/radarr", content=b"[]", **options)
                    said.append(f"{answer.status_code} {answer.headers} {answer.text}")
        return said

    return asyncio.run(ask())


def _day(clock: Clock, alice: Guarded, bob: Guarded) -> None:
    """Import, upgrade and delete; then the same while everything fails in every way; then it ends well."""
    alice.radarr.add(7)
    alice.radarr.download(7)
    settle(clock, alice, bob, seconds=600, steps=10)
    ways = ("refused", "400", "silent", "401", "text", "404", "redirect", "500", "503")
    for house in (alice, bob):
        house.failures = itertools.cycle(ways)
    alice.radarr.add(8)
    alice.radarr.download(8)
    alice.radarr.download(7, size=9_999)
    settle(clock, alice, bob, seconds=7_200, steps=12)
    for house in (alice, bob):
        house.failures = None
    alice.radarr.delete(7)
    settle(clock, alice, bob, seconds=3_600, steps=8)


def test_no_secret_is_in_anything_that_mesharr_writes(tmp_path: Path, past: Clock, capsys: Output) -> None:
    make_drive(tmp_path / "drive")
    setups = (LibrarySetup("movies", "radarr", _make_radarr),)
    alice, bob = (
        Guarded(name, tmp_path, tmp_path / "drive", past, setups, **SETTINGS) for name in ("alice", "bob")
    )
    alice.trust(bob)
    bob.trust(alice)
    take_down = logs.setup("debug", "json", str(tmp_path / "logs"), secrets_of(bob.config()))
    try:
        _day(past, alice, bob)
        answers = _ask_the_webhook_endpoint(bob)
    finally:
        take_down()
    printed = [*answers, *capsys.readouterr()]
    commands = Commands(bob, capsys)
    library = {"app": "radarr", "root": str(bob.library), "path": str(bob.library), "rc": _RC}
    # addresses where nobody answers at once, and which need no name server
    hosts = re.compile(r'(http://(?:[^@/"]*@)?)[a-z]+(?=[/"])')
    settings = json.loads(hosts.sub(rf"\g<1>{DEAD}", json.dumps(SETTINGS)))
    commands.write_config(**settings | {"libraries": {"movies": library}})
    for words in (
        *("status", "doctor", "config show", "config check", "peers", "uploads", "history", "notify test"),
        *("sync --dry-run", "sync", "status --json"),
    ):
        commands.run(*words.split())
        printed += [commands.out, commands.err]

    written = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name not in LEGITIMATE
    }
    written["what was printed"] = "\n".join(printed).encode()
    assert {"logs/mesharr.log", "bob/mesharr.db", "what was printed"} <= set(written)
    assert any("/.mesharr/events/" in f"/{name}" for name in written)
    seeds = {
        f"key of {house.name}": (house.dir / "node.key").read_text().split(":")[1] for house in (alice, bob)
    }
    found = [
        f"{name} has the {secret}: {_around(content, form)!r}"
        for name, content in written.items()
        for secret, text in (SECRETS | seeds).items()
        for form in forms_of(text)
        if form in content
    ]
    assert not found, "\n".join(found)
    assert b"***" in written["logs/mesharr.log"]  # something was there to hide
    assert b"added Film 8 (2008) from alice" in written["logs/mesharr.log"]


def _around(content: bytes, form: bytes) -> bytes:
    at = content.index(form)
    return content[max(0, at - 120) : at + len(form) + 20]
