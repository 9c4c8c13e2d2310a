"""autopulse, and any other program by a request of the user's own, against stand-ins over HTTP."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from mesharr.config import validated
from mesharr.core.errors import Refused, Unavailable
from mesharr.scanners import kinds
from mesharr.scanners.base import FileScanner

Handle = Callable[[httpx.Request], httpx.Response]


class SimulatedAutopulse:
    """autopulse: a trigger `manual`, one of another type, one that filters, and basic auth.

    Answers as `crates/server/src/routes/triggers.rs` and `list.rs` do. `looked_at` are the folders it scans:
    what follows the last slash of a path counts as a file when it has a dot.
    """

    def __init__(self) -> None:
        self.looked_at: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.status = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        login = "Basic " + base64.b64encode(b"admin:secret").decode()
        if request.headers.get("Authorization") != login:
            return httpx.Response(401, json="Authentication required")
        if self.status:
            return httpx.Response(self.status)
        if request.url.path == "/list":
            return httpx.Response(200, json=[])
        trigger = request.url.path.removeprefix("/triggers/")
        if trigger not in {"manual", "sonarr", "filtered"}:
            return httpx.Response(404, text="Trigger not found")
        assert request.content == b"", "a body is read as an app's webhook"
        path = request.url.params.get("path", "")
        if not path:
            return httpx.Response(400, text="Invalid query parameters")
        if trigger == "sonarr":
            return httpx.Response(200, text="Not implemented")
        if trigger == "filtered":
            return httpx.Response(204)
        parent, _, name = path.rpartition("/")
        self.looked_at.append(parent if "." in name else path)
        return httpx.Response(200, json={"id": "1", "file_path": path, "process_status": "pending"})


def scanner(kind: str, handle: Handle, **settings: Any) -> FileScanner:
    found = kinds()[kind]
    chosen = validated(found.settings, {"kind": kind, "url": "http://scans:1", **settings})
    made = found.connect(httpx.Client(transport=httpx.MockTransport(handle), follow_redirects=True), chosen)
    assert isinstance(made, FileScanner)
    return made


def autopulse(fake: SimulatedAutopulse, **settings: Any) -> FileScanner:
    return scanner("autopulse", fake.handle, **{"username": "admin", "password": "secret", **settings})


@pytest.mark.parametrize("folder", ["/data/TV/Mr. Robot", "/data/Movies/Amélie & Co (2001)"])
@pytest.mark.parametrize("name", ["a.mkv", ""])
def test_autopulse_looks_at_the_folder_also_when_its_name_has_a_dot(folder: str, name: str) -> None:
    fake = SimulatedAutopulse()
    autopulse(fake).scan_file(folder, name)
    autopulse(fake).scan(folder)
    assert fake.looked_at == [folder, folder]
    assert fake.requests[0] == ("POST", "/triggers/manual")


def test_autopulse_is_checked_with_its_login_and_queues_nothing() -> None:
    fake = SimulatedAutopulse()
    autopulse(fake).check_available()
    assert fake.looked_at == []
    with pytest.raises(Refused, match="refuses the username and password"):
        autopulse(fake, password="wrong").check_available()


@pytest.mark.parametrize(
    ("trigger", "says"),
    [("filtered", "leaves out"), ("sonarr", "queues nothing"), ("gone", "Trigger not found")],
)
def test_a_trigger_that_queues_nothing_is_refused_with_its_reason(trigger: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        autopulse(SimulatedAutopulse(), trigger=trigger).scan_file("/data/A", "a.mkv")


def test_an_autopulse_that_fails_is_asked_again_later() -> None:
    fake = SimulatedAutopulse()
    fake.status = 500
    with pytest.raises(Unavailable):
        autopulse(fake).scan_file("/data/A", "a.mkv")


class Program:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.told.append(request)
        return httpx.Response(200)


def test_a_webhook_sends_what_the_user_wrote_with_folder_and_file() -> None:
    program = Program()
    body = {"data": {"scanConfig": {"dbID": "x", "arrayOrPath": ["{file}"], "mode": "scanFolderWatcher"}}}
    tdarr = scanner(
        "webhook", program.handle, url="http://t:1/api/v2/scan-files", body=body, headers={"x-api-key": "k"}
    )
    tdarr.scan_file("/data/A (2001)", "a.mkv")
    (told,) = program.told
    assert (told.method, told.headers["x-api-key"]) == ("POST", "k")
    assert json.loads(told.content)["data"]["scanConfig"]["arrayOrPath"] == ["/data/A (2001)/a.mkv"]


def test_in_a_url_the_folder_is_encoded() -> None:
    program = Program()
    url = "http://t:1/scan?path={folder}"
    scanner("webhook", program.handle, url=url, method="GET", body=None).scan_file("/data/A & B", "a.mkv")
    (told,) = program.told
    assert told.url.params["path"] == "/data/A & B"
    assert told.content == b""


def test_a_folder_without_a_file_is_named_for_both() -> None:
    program = Program()
    scanner("webhook", program.handle).scan("/data/Mr. Robot")
    assert json.loads(program.told[0].content) == {"folder": "/data/Mr. Robot", "file": "/data/Mr. Robot"}


def test_a_webhook_is_checked_only_where_it_can_be_asked() -> None:
    program = Program()
    scanner("webhook", program.handle).check_available()
    assert program.told == []
    scanner("webhook", program.handle, url="http://t:1/hook?a=1", check="/api/status").check_available()
    assert [str(each.url) for each in program.told] == ["http://t:1/api/status"]


def test_an_unknown_placeholder_is_a_mistake_in_the_config() -> None:
    with pytest.raises(ValidationError, match="unknown placeholder"):
        validated(
            kinds()["webhook"].settings, {"kind": "webhook", "url": "http://t:1", "body": {"a": ["{path}"]}}
        )


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_failure_of_a_webhook_does_not_name_its_path(
    status: int,
) -> None:
    def repeats(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=f"no {request.url}")

    home = scanner("webhook", repeats, url="http://ha:8123/api/webhook/s3cret")
    with pytest.raises((Refused, Unavailable)) as caught:
        home.scan("/data/A (2001)")
    assert "s3cret" not in str(caught.value)
    assert str(status) in str(caught.value)


def test_a_redirect_of_a_webhook_does_not_name_its_path() -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": str(request.url.copy_with(scheme="https"))})

    settings = validated(
        kinds()["webhook"].settings, {"kind": "webhook", "url": "http://ha/api/webhook/s3cret"}
    )
    home = kinds()["webhook"].connect(httpx.Client(transport=httpx.MockTransport(moved)), settings)
    with pytest.raises(Refused, match=r"to https://ha/\*\*\*") as caught:
        home.scan("/data/A (2001)")
    assert caught.value.fix == "begin its url with https://ha"
