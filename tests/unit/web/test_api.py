"""The JSON API: the shapes of `--json`, behind the key, and described by an OpenAPI document that holds."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from starlette.routing import Route

from mesharr.web.common.access import TRIES
from tests.unit.state.samples import BOB
from tests.unit.web.served import CONFLICT, KEY, Serve, Served

PATHS = [
    "/status",
    "/activity",
    "/approvals",
    "/conflicts",
    "/peers",
    "/uploads",
    "/library",
    "/library/movies/tmdb:1",
]


def checked(document: dict[str, Any], path: str, method: str, answer: Any) -> None:
    """Fail unless an answer is as the OpenAPI document says."""
    operation = document["paths"][f"/api/v1{path}"][method]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer, {**schema, "components": document["components"]})


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_as_the_openapi_document_says(served: Served, path: str) -> None:
    served.hold(["A", "B"])
    document = served.client.get("/api/v1/openapi.json").json()
    answer = served.api(path)
    assert answer.status_code == 200
    checked(document, path.replace("movies/tmdb:1", "{library}/{item}"), "get", answer.json())


def test_the_document_lists_every_route_and_no_other(served: Served) -> None:
    document = served.client.get("/api/v1/openapi.json").json()
    routes = {
        (method.lower(), route.path.replace(":path", "").replace(":int", ""))
        for route in served.web.routes()
        if isinstance(route, Route) and route.path.startswith("/api/v1") and "openapi" not in route.path
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routes == {(method, path) for path, each in document["paths"].items() for method in each}


@pytest.mark.parametrize("path", PATHS)
def test_without_the_key_nothing_is_answered(served: Served, path: str) -> None:
    for answer in (served.client.get(f"/api/v1{path}"), served.api(path, key="wrong")):
        assert (answer.status_code, list(answer.json())) == (401, ["message"])


def test_an_empty_key_is_no_key(serve: Serve) -> None:
    bare = serve(key="")
    assert bare.api("/status", key="").status_code == 401
    assert bare.api("/status", key="x").json() == {"message": "server.api_key is not set in mesharr.yml"}


def test_wrong_keys_are_throttled(served: Served) -> None:
    codes = [served.api("/peers", key=f"wrong {n}").status_code for n in range(TRIES + 1)]
    assert codes == [401] * TRIES + [429]
    assert served.api("/peers").status_code == 429


def test_the_status_has_what_the_command_prints(served: Served) -> None:
    served.state.outages.note("app:radarr", "connection refused", 1_764_000_000_000)
    found = served.api("/status").json()
    assert (found["running"], found["name"]) == (True, "alice")
    assert [(each["subject"], each["since"]) for each in found["down"]] == [
        ("app:radarr", "2025-11-24T16:00:00Z")
    ]


def test_changes_are_approved_and_rejected_as_by_the_commands(served: Served) -> None:
    first = served.hold(["A"])
    assert served.api(f"/approvals/{first}/approve", "POST").json() == {"approved": [first]}
    second = served.hold(["B"], "first_adds")
    assert served.api(f"/approvals/{second}/reject", "POST").json() == {"rejected": [second]}
    assert [(hold.kind, hold.approved, hold.rejected) for hold in served.state.holds.all()] == [
        ("removals", True, False),
        ("first_adds", False, True),
    ]
    assert served.woken == 2
    assert served.api("/approvals").json()["rejected"][0]["n"] == second


def others(document: dict[str, Any]) -> list[str]:
    return [each["other"] for each in document["conflicts"]]


def test_two_files_of_one_path_are_decided_as_by_the_command(served: Served) -> None:
    served.conflict()
    served.conflict("Film 1/other.mkv")
    found = served.api("/conflicts").json()
    assert (found["answer"], len(found["conflicts"])) == ("", 2)
    first = found["conflicts"][0]
    assert (first["kept_node"], first["kept_size"], first["other_size"]) == (BOB, 4 * 10**9, 9 * 10**9)
    assert first["answers"] == ["keep-theirs", "keep-mine", "keep-both"]
    one = served.api("/conflicts/movies/tmdb:1/keep-both?path=Film%201/other.mkv", "POST").json()
    assert (one["answer"], others(one)) == (
        "keep-both",
        ["Film 1/other.mkv"],
    )
    done = served.api("/conflicts/movies/tmdb:1/keep-theirs", "POST").json()
    assert (done["answer"], others(done)) == ("keep-theirs", [CONFLICT])
    kept = {each.path: each.answer for each in served.state.upload_conflicts.all()}
    assert kept == {CONFLICT: "keep-theirs", "Film 1/other.mkv": "keep-both"}
    assert served.woken == 2
    again = served.api("/conflicts/movies/tmdb:1/keep-mine", "POST")
    assert (again.status_code, "has no files of two households" in again.text) == (404, True)
    assert served.api("/conflicts/movies/tmdb:1/keep-nothing", "POST").status_code == 404


def test_errors_are_json(served: Served) -> None:
    unknown = served.api("/approvals/7/approve", "POST")
    assert (unknown.status_code, unknown.json()) == (
        404, {"message": "nothing with the number 7 needs approval: known: none"},
    )  # fmt: skip
    assert served.api("/activity?before=x").json() == {"message": "before is not a number"}
    assert served.api("/library/movies/tmdb:404").status_code == 404
    assert list(served.client.get("/api/v1/nothing").json()) == ["message"]


def test_the_library_is_searched_by_title_owner_and_page(served: Served) -> None:
    assert [each["title"] for each in served.api("/library").json()["items"]] == [
        "Alien (2001)",
        "Dune (2002)",
    ]
    assert [each["item"] for each in served.api("/library?search=dun").json()["items"]] == ["tmdb:2"]
    assert [each["item"] for each in served.api(f"/library?owner={BOB}").json()["items"]] == ["tmdb:2"]
    assert served.api("/library?page=2").json()["items"] == []


def test_the_api_is_below_the_url_base(serve: Serve) -> None:
    based = serve(url_base="/mesh")
    assert based.api("/peers").status_code == 200
    assert based.client.get("/mesh/api/v1/openapi.json").json()["servers"] == [{"url": "/mesh"}]
    assert based.client.get("/api/v1/peers", headers={"X-Api-Key": KEY}).status_code == 404


def test_no_answer_has_a_secret(served: Served) -> None:
    served.login()
    secret = (served.dir / "page.secret").read_bytes().hex()
    said = json.dumps([served.api(path).json() for path in PATHS])
    assert KEY not in said
    assert secret not in said


def test_a_report_is_made_once_for_many_and_again_when_something_changed(served: Served) -> None:
    first = served.web._latest.get()
    assert served.web._latest.get() is first
    served.state.outages.note("app:radarr", "refused", 1)
    assert [each.subject for each in served.web._latest.get().down] == ["app:radarr"]


def test_a_node_that_asks_to_join_is_accepted_as_by_the_command(served: Served) -> None:
    carol = served.newcomer()
    (unknown,) = served.api("/peers").json()["unknown"]
    assert (unknown["name"], unknown["asks"]) == ("carol", True)
    assert served.api("/peers/carol/accept", "POST", key="wrong").status_code == 401
    assert served.api("/peers/carol/accept", "POST").json() == {"accepted": carol.node}
    assert carol.node in {peer.node for peer in served.source.peers()}
    assert served.api("/peers/carol/accept", "POST").status_code == 404
