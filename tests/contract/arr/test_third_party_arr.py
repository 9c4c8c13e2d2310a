"""A further arr is one new file: nothing else names it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import mesharr.arr
from mesharr.arr import kinds
from mesharr.arr.base import UnreadableSignal

NAME = "whisparr_of_a_test"
MODULE = """
from mesharr.arr.shared.api import ArrApi, Payload
from mesharr.arr.base import ArrKind
from mesharr.arr.shared.signal_parsing import ScriptVariables, parse_event
from mesharr.core.arr.model import Signal


class _Grab(Payload, frozen=True):
    scene: int

    def signals(self):
        return (Signal(kind="grabbed", id=f"scene:{self.scene}"),)


class Arr:
    def __init__(self, client):
        self._api = ArrApi(client, "Whisparr")

    def read(self, id):
        return self._api.find(dict[str, int], f"/api/v3/scene/{id}")


def webhook(body):
    event = parse_event(body, KIND.event_types, _Grab)
    return event.signals() if event else ()


def script(env):
    get = ScriptVariables(env, "whisparr_").get
    event = parse_event({"eventType": get("eventtype"), "scene": get("scene")}, KIND.event_types, _Grab)
    return event.signals() if event else ()


KIND = ArrKind("whisparr", "Whisparr", "whisparr_", Arr, webhook, script, frozenset({"Grab"}))
"""


@pytest.fixture
def dropped(tmp_path: Path) -> Iterator[None]:
    """The file, in a directory that is part of the package for the length of a test."""
    (tmp_path / f"{NAME}.py").write_text(MODULE)
    (tmp_path / "not_an_arr_of_a_test.py").write_text("X = 1\n")
    mesharr.arr.__path__.append(str(tmp_path))
    yield
    mesharr.arr.__path__.remove(str(tmp_path))
    for name in (NAME, "not_an_arr_of_a_test"):
        sys.modules.pop(f"mesharr.arr.{name}", None)
        if hasattr(mesharr.arr, name):
            delattr(mesharr.arr, name)


def test_a_dropped_file_is_a_kind_of_arr_beside_the_others(dropped: None) -> None:
    found = kinds()
    assert {"radarr", "whisparr"} <= found.keys()
    assert found["whisparr"].title == "Whisparr"


def test_its_events_are_parsed_and_its_items_read_like_any_others(dropped: None) -> None:
    kind = kinds()["whisparr"]
    heard = kind.parse_webhook(b'{"eventType":"Grab","scene":7}')
    assert heard == kind.parse_script({"Whisparr_EventType": "Grab", "Whisparr_Scene": "7"})
    assert [signal.id for signal in heard] == ["scene:7"]
    assert kind.parse_webhook(b'{"eventType":"Test"}') == ()
    with pytest.raises(UnreadableSignal):
        kind.parse_webhook(b'{"eventType":"Grab"}')
    transport = httpx.MockTransport(lambda _: httpx.Response(404))
    arr = kind.connect(httpx.Client(base_url="http://whisparr", transport=transport))
    assert arr.read("7") is None


def test_without_the_file_there_is_no_such_kind() -> None:
    assert "whisparr" not in kinds()
    assert "base" not in kinds()
