"""`mesharr connect`: every arr that is configured tells mesharr what it does, and was heard once."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mesharr.arr import kinds
from mesharr.bootstrap.identity import open_state
from mesharr.cli.app import run
from mesharr.demo.http import serve
from mesharr.demo.radarr.app import SimulatedRadarr
from mesharr.inbound.http import HttpServer, make_app
from mesharr.inbound.inbox import Source
from mesharr.node.status.connections import note_connection
from mesharr.state.state import State

KEY = "s3cr3t-of-the-door"
Output = pytest.CaptureFixture[str]


class Inbox:
    """Keeps what was taken."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []

    def put(self, app: str, source: Source, body: bytes) -> None:
        del source
        self.kept.append((app, body))


class House:
    """A config dir, a Radarr over HTTP, and a door that can be opened."""

    def __init__(self, folder: Path, radarr: SimulatedRadarr, url: str, capture: Output) -> None:
        self.folder = folder
        self.radarr = radarr
        self.inbox = Inbox()
        self.tests = self.port = 0
        self._capture = capture
        self._url = url
        self.out = self.err = ""
        self.write(port=9)

    def write(self, port: int, **server: Any) -> None:
        (self.folder / "mesharr.yml").write_text(
            yaml.safe_dump(
                {
                    "node": "alice",
                    "store": {"path": "/mnt/remote/.mesharr"},
                    "apps": {"radarr": {"url": self._url, "api_key": "key"}},
                    "server": {"listen": f"127.0.0.1:{port}", "api_key": KEY, **server},
                }
            )
        )

    def opened(self) -> HttpServer:
        """Open the door; the arr's tests are counted, its events kept."""

        def count(_app: str, outcome: str) -> None:
            self.tests += outcome == "test"

        door = HttpServer(
            make_app(self.inbox, {"radarr": kinds()["radarr"]}, KEY, "", lambda: True, count), "127.0.0.1", 0
        )
        self.port = door.start()
        self.write(self.port)
        return door

    def connect(self, *words: str) -> int:
        code = run(["--config-dir", str(self.folder), "connect", *words], {})
        self.out, self.err = self._capture.readouterr()
        return code

    def connections(self) -> list[Any]:
        request = httpx.Request("GET", "http://radarr/api/v3/notification", headers={"X-Api-Key": "key"})
        found: list[Any] = self.radarr.handle(request).json()
        return found


@pytest.fixture
def house(tmp_path: Path, capsys: Output) -> Iterator[House]:
    root = tmp_path / "movies"
    root.mkdir()
    radarr = SimulatedRadarr(roots=[str(root)], api_key="key", catalogue={})
    with serve(radarr.handle) as server:
        yield House(tmp_path, radarr, server.url, capsys)


@pytest.fixture
def door(house: House) -> Iterator[HttpServer]:
    with ExitStack() as stack:
        opened = house.opened()
        stack.callback(opened.stop)
        yield opened


def _field(connection: Any, name: str) -> Any:
    return next(field["value"] for field in connection["fields"] if field["name"] == name)


def test_the_webhook_is_registered_with_every_trigger_and_the_key_and_was_heard(
    house: House, door: HttpServer
) -> None:
    assert house.connect() == 0
    assert "radarr  made" in house.out
    [made] = house.connections()
    assert (made["name"], made["implementation"], made["tags"]) == ("mesharr", "Webhook", [])
    assert all(made[trigger] for trigger in kinds()["radarr"].triggers)
    assert _field(made, "url").endswith("/hook/radarr")
    assert _field(made, "headers") == [{"key": "X-Api-Key", "value": KEY}]
    assert house.tests == 1
    assert house.inbox.kept == []
    assert KEY not in house.out + house.err


def test_a_connection_that_was_lost_is_told_no_more_once_it_is_there(house: House, door: HttpServer) -> None:
    with closing(open_state(str(house.folder)).db) as db:
        note_connection(State(db), "radarr", "Radarr has no connection to mesharr", 1)
    assert house.connect("--url", "http://127.0.0.1:9") == 1
    with closing(open_state(str(house.folder)).db) as db:
        assert [subject for subject, *_ in State(db).refusals.all()] == ["connection:radarr"]
    assert house.connect() == 0
    with closing(open_state(str(house.folder)).db) as db:
        assert State(db).refusals.all() == []


def test_a_second_run_writes_nothing_and_tests_again(house: House, door: HttpServer) -> None:
    house.connect()
    house.radarr.forget_requests()
    assert house.connect() == 0
    assert "unchanged" in house.out
    assert [path for method, path in house.radarr.requests if method != "GET"] == [
        "/api/v3/notification/test"
    ]
    assert house.tests == 2


def test_what_a_person_switched_off_or_led_elsewhere_is_put_right_and_other_triggers_stay(
    house: House, door: HttpServer
) -> None:
    house.connect()
    [made] = house.connections()
    changed = {**made, "onRename": False, "onHealthIssue": True, "tags": [1]}
    headers = {"X-Api-Key": "key"}
    request = httpx.Request(
        "PUT", f"http://r/api/v3/notification/{made['id']}", headers=headers, json=changed
    )
    assert house.radarr.handle(request).status_code == 202
    assert house.connect() == 0
    assert "changed" in house.out
    [mended] = house.connections()
    assert (mended["onRename"], mended["onHealthIssue"], mended["tags"]) == (True, True, [])


def test_a_webhook_made_by_hand_under_another_name_is_taken_over(house: House, door: HttpServer) -> None:
    house.connect()
    [made] = house.connections()
    by_hand = {**made, "name": "my hook", "onGrab": False}
    headers = {"X-Api-Key": "key"}
    request = httpx.Request(
        "PUT", f"http://r/api/v3/notification/{made['id']}", headers=headers, json=by_hand
    )
    assert house.radarr.handle(request).status_code == 202
    assert house.connect() == 0
    [kept] = house.connections()
    assert (kept["id"], kept["name"], kept["onGrab"]) == (made["id"], "my hook", True)


def test_nothing_is_saved_when_mesharr_does_not_answer_and_the_mend_is_said(house: House) -> None:
    assert house.connect() == 1
    assert "failed" in house.out
    assert "start mesharr" in house.err
    assert house.connections() == []


def test_a_wrong_key_is_found_by_the_test(house: House, door: HttpServer) -> None:
    house.write(house.port, api_key="another")
    assert house.connect() == 1
    assert house.connections() == []
    assert "another" not in house.out + house.err


def test_untested_connects_what_does_not_run_yet(house: House) -> None:
    assert house.connect("--untested") == 0
    [made] = house.connections()
    assert all(made[trigger] for trigger in kinds()["radarr"].triggers)


def test_remove_takes_it_out_and_twice_is_no_error(house: House, door: HttpServer) -> None:
    house.connect()
    assert house.connect("--remove") == 0
    assert house.connections() == []
    assert house.connect("--remove") == 0
    assert "absent" in house.out


def test_a_custom_script_takes_the_place_of_the_webhook(
    house: House, door: HttpServer, tmp_path: Path
) -> None:
    script = tmp_path / "hook.sh"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    house.connect()
    assert house.connect("--custom-script", str(script)) == 0
    [made] = house.connections()
    assert (made["implementation"], _field(made, "path")) == ("CustomScript", str(script))
    assert house.connect("--custom-script", str(script)) == 0
    assert "unchanged" in house.out


def test_what_is_there_stays_when_the_other_kind_of_connection_does_not_work(
    house: House, door: HttpServer, tmp_path: Path
) -> None:
    assert house.connect() == 0
    (before,) = house.connections()
    assert house.connect("--custom-script", str(tmp_path / "none.sh")) == 1
    assert house.connections() == [before]
    assert "give the path of the script as Radarr sees it" in house.err


def test_the_answer_is_one_document(house: House, door: HttpServer) -> None:
    assert house.connect("--json") == 0
    [told] = json.loads(house.out)["apps"]
    assert (told["app"], told["outcome"], told["why"]) == ("radarr", "made", "")


@pytest.mark.parametrize("words", [("lidarr",), ("radarr", "nobody")])
def test_an_app_that_is_not_configured_is_a_misuse(house: House, words: tuple[str, ...]) -> None:
    assert house.connect(*words) == 2
    assert "known: radarr" in house.err


def test_without_a_key_for_the_door_nothing_is_connected(house: House) -> None:
    text = (house.folder / "mesharr.yml").read_text()
    (house.folder / "mesharr.yml").write_text(text.replace(f"  api_key: {KEY}\n", ""))
    assert house.connect() == 2
    assert "server.api_key" in house.err


def test_the_address_can_be_named(house: House, door: HttpServer) -> None:
    assert house.connect("--untested", "--url", "http://mesharr.lan:9494/") == 0
    [made] = house.connections()
    assert _field(made, "url") == "http://mesharr.lan:9494/hook/radarr"
