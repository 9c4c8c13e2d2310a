"""mesharr's own connection, as each kind of arr is asked to take it."""

import json
from typing import Any

import httpx
import pytest

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.connection import Connections, script, webhook
from mesharr.core.errors import Refused, Unavailable
from tests.contract.arr.contract import KEY, known_kinds
from tests.support.openapi import VARIABLE, document

for_each_kind = pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)
URL = "http://mesharr:9494/hook/x"
SECRET = "s3cr3t"


class Listed:
    """An arr that keeps connections as they come, and hides passwords."""

    def __init__(self, kind: ArrKind) -> None:
        self.rows: list[Any] = []
        self.requests: list[httpx.Request] = []
        self.fails: int | None = None
        client = httpx.Client(
            base_url="http://arr.test", headers={"X-Api-Key": KEY}, transport=httpx.MockTransport(self.answer)
        )
        self.connections = Connections(ArrApi(client, kind.title), kind)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET":
            return httpx.Response(200, json=self.rows)
        if self.fails:
            return httpx.Response(self.fails, json=[{"errorMessage": "Unable to send test message"}])
        if request.method == "DELETE":
            self.rows = [row for row in self.rows if str(row["id"]) != request.url.path.rpartition("/")[2]]
            return httpx.Response(200, json={})
        row = {**json.loads(request.content), "id": 3}
        for field in row["fields"]:
            field["value"] = "********" if field["name"] == "password" else field["value"]
        if not request.url.path.endswith("/test"):
            self.rows = [row]
        return httpx.Response(201, json=row)


@for_each_kind
def test_what_goes_over_the_wire_is_in_the_document(kind: ArrKind) -> None:
    openapi = document(kind.name)
    if openapi is None:
        pytest.skip(f"no {kind.name}.json: name a directory with the OpenAPI documents in {VARIABLE}")
    arr = Listed(kind)
    arr.connections.ensure(webhook(kind, URL, SECRET))
    arr.connections.ensure(webhook(kind, URL, SECRET))
    arr.connections.ensure(script("/config/hook.sh"), tested=False)
    arr.connections.remove(URL)
    assert {request.method for request in arr.requests} == {"GET", "POST", "PUT", "DELETE"}
    assert [complaint for request in arr.requests for complaint in openapi.complaints(request)] == []


@for_each_kind
def test_the_key_travels_in_a_header_or_as_a_password_where_there_are_none(kind: ArrKind) -> None:
    fields = webhook(kind, URL, SECRET).fields
    if kind.webhook_headers:
        assert fields["headers"] == [{"key": "X-Api-Key", "value": SECRET}]
    else:
        assert (fields["username"], fields["password"]) == ("mesharr", SECRET)


@for_each_kind
def test_a_second_time_nothing_is_written_though_the_password_is_hidden(kind: ArrKind) -> None:
    arr = Listed(kind)
    wanted = webhook(kind, URL, SECRET)
    assert arr.connections.ensure(wanted) == "made"
    assert arr.connections.ensure(wanted) == "unchanged"
    assert [f"{request.method} {request.url.path}" for request in arr.requests] == [
        f"GET {kind.api_root}/notification",
        f"POST {kind.api_root}/notification",
        f"GET {kind.api_root}/notification",
        f"POST {kind.api_root}/notification/test",
    ]


@for_each_kind
def test_what_is_not_tested_is_created_without_triggers_first(kind: ArrKind) -> None:
    arr = Listed(kind)
    assert arr.connections.ensure(webhook(kind, URL, SECRET), tested=False) == "made"
    _, post, put = arr.requests
    assert not any(json.loads(post.content)[trigger] for trigger in kind.triggers)
    assert all(json.loads(put.content)[trigger] for trigger in kind.triggers)
    assert put.url.params["forceSave"] == "true"


@for_each_kind
@pytest.mark.parametrize("status", [400, 500])
def test_an_arr_that_cannot_reach_mesharr_is_refused_with_the_fix(kind: ArrKind, status: int) -> None:
    arr = Listed(kind)
    arr.fails = status
    with pytest.raises(Refused, match="Unable to send test message") as refused:
        arr.connections.ensure(webhook(kind, URL, SECRET))
    assert "start mesharr" in refused.value.fix
    assert SECRET not in str(refused.value)


def test_an_arr_that_is_down_is_not_mistaken_for_one_that_cannot_reach_mesharr() -> None:
    def down(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    [kind] = [kind for kind in known_kinds() if kind.name == "radarr"]
    client = httpx.Client(base_url="http://arr.test", transport=httpx.MockTransport(down))
    with pytest.raises(Unavailable):
        Connections(ArrApi(client, kind.title), kind).ensure(webhook(kind, URL, SECRET))


@for_each_kind
def test_the_triggers_that_are_off_are_named(kind: ArrKind) -> None:
    arr = Listed(kind)
    assert "has no connection to mesharr" in arr.connections.problem(URL)
    arr.connections.ensure(webhook(kind, URL, SECRET))
    assert arr.connections.problem(URL) == ""
    arr.rows[0][kind.triggers[0]] = False
    assert arr.connections.problem(URL).endswith(f"has these triggers off: {kind.triggers[0]}")


@for_each_kind
@pytest.mark.parametrize(
    ("name", "implementation", "field", "value", "problem"),
    [
        ("mesharr", "Webhook", "url", "http://nas.lan:19494/mesharr/hook/x", ""),
        ("My webhook", "Webhook", "url", "https://10.0.0.2/hook/x/", ""),
        ("mesharr", "CustomScript", "path", "/scripts/hook.sh", ""),
        ("Script", "CustomScript", "path", "/config/Mesharr.sh", ""),
        ("mesharr", "Webhook", "url", "http://mesharr:9494/hook/other", "sends its events elsewhere"),
        ("mesharr", "Webhook", "url", "http://autoscan:3030/triggers/x", "sends its events elsewhere"),
        ("Autoscan", "Webhook", "url", "http://autoscan:3030/triggers/x", "has no connection to mesharr"),
        ("Script", "CustomScript", "path", "/scripts/other.sh", "has no connection to mesharr"),
    ],
)
def test_a_connection_that_leads_elsewhere_is_none(
    kind: ArrKind, name: str, implementation: str, field: str, value: str, problem: str
) -> None:
    arr = Listed(kind)
    fields = [{"name": field, "value": value}]
    row = {"id": 3, "name": name, "implementation": implementation, "fields": fields}
    arr.rows = [{**row, **dict.fromkeys(kind.triggers, True)}]
    found = arr.connections.problem(URL)
    assert problem in found
    assert bool(problem) == bool(found)
    assert [request.method for request in arr.requests] == ["GET"]
