"""An arr that is restored has another database: what was known of its ids is asked for again."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mesharr.arr.base import Arr, ArrKind
from mesharr.arr.shared.api import ArrApi
from mesharr.arr.shared.profiles_tags import READ_AGE_S, WRITE_AGE_S, IdNames
from mesharr.core.errors import Unavailable
from tests.contract.arr.contract import known_kinds, sample
from tests.contract.arr.handmade import HandMade

KINDS = known_kinds()
LISTS = {"radarr": "movie", "sonarr": "series", "lidarr": "artist", "readarr": "author"}
OURS = [{"id": 3, "label": "mesharr-bob"}]
THEIRS = [{"id": 3, "label": "kids"}, {"id": 8, "label": "mesharr-alice"}]


class Restarting(HandMade):
    """An arr whose port is closed for a moment while it is `away`."""

    away = False

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("connection refused")
        return super().handle(request)


def _tagged(kind: ArrKind) -> Restarting:
    """An arr whose item carries tag 3."""
    made = Restarting(kind)
    for row in made.lists[LISTS[kind.name]]:
        row["tags"] = [3]
        row["monitored"] = False
    made.lists["system/status"]["startTime"] = "2026-11-27T04:00:00Z"
    return made


def _restore(made: Restarting) -> None:
    made.lists["tag"] = THEIRS


def _tags(made: Restarting, arr: Arr) -> tuple[str, ...]:
    item = arr.read(sample(made.kind).id)
    assert item is not None
    return item.tags


def _away(made: Restarting, arr: Arr) -> None:
    made.away = True
    with pytest.raises(Unavailable):
        arr.scans()
    made.away = False


def _started_anew(made: Restarting, arr: Arr) -> None:
    made.lists["system/status"]["startTime"] = "2026-11-27T09:00:00Z"
    arr.start_time()


def _compared(_: Restarting, arr: Arr) -> None:
    list(arr.read_all())


def _forgotten(_: Restarting, arr: Arr) -> None:
    arr.forget_cached()


@pytest.mark.parametrize(
    "noticed", [_away, _started_anew, _compared, _forgotten], ids=lambda each: each.__name__[1:]
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_tags_are_read_again_once_the_arr_may_have_another_database(
    kind: ArrKind, noticed: Callable[[Restarting, Arr], None]
) -> None:
    made = _tagged(kind)
    arr = made.arr()
    arr.start_time()
    assert _tags(made, arr) == ("mesharr-bob",)
    _restore(made)
    noticed(made, arr)
    assert _tags(made, arr) == ("kids",)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_was_read_lately_is_read_again_when_its_tags_name_something_else(kind: ArrKind) -> None:
    made = _tagged(kind)
    arr = made.arr()
    assert all(item.tags == ("mesharr-bob",) for item in arr.read_all())
    _restore(made)
    assert all(item.tags == ("kids",) for item in arr.read_all())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_tag_is_written_by_the_id_it_has_in_the_database_of_now(kind: ArrKind) -> None:
    made = _tagged(kind)
    arr = made.arr()
    new = sample(kind).new
    arr.add_many([new(tag="mesharr-bob")])
    made.lists["tag"] = [{"id": 3, "label": "kids"}, {"id": 8, "label": "mesharr-bob"}]
    _away(made, arr)
    arr.add_many([new(tag="mesharr-bob")])
    assert [_sent(kind, request)["tags"] for request in made.requests if _is_add(kind, request)] == [[3], [8]]


def _is_add(kind: ArrKind, request: httpx.Request) -> bool:
    return request.method == "POST" and f"/{LISTS[kind.name]}" in request.url.path


def _sent(kind: ArrKind, request: httpx.Request) -> Any:
    body = httpx.Response(200, content=request.content).json()
    return body[0] if isinstance(body, list) else body


class _Clocked:
    """Names of tags over a clock that is moved by hand; `requests` counts the requests."""

    def __init__(self) -> None:
        self.now = self.requests = 0
        client = httpx.Client(base_url="http://arr.test", transport=httpx.MockTransport(self._answer))
        self.api = ArrApi(client, "Radarr")
        self.names = IdNames(self.api, "/tag", lambda: float(self.now))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        return httpx.Response(200, json=OURS[0] if request.method == "POST" else OURS)


def test_names_are_requested_again_once_they_are_old_and_not_before() -> None:
    clocked = _Clocked()
    for moment in (0, 1, int(READ_AGE_S) - 1):
        clocked.now = moment
        assert clocked.names.names([3]) == {3: "mesharr-bob"}
    assert clocked.requests == 1
    clocked.now = int(READ_AGE_S)
    clocked.names.names([3])
    assert clocked.requests == 2


def test_the_later_ones_of_many_writes_use_names_of_the_same_start_of_the_arr_only() -> None:
    clocked = _Clocked()
    clocked.api.note_start_time("monday")
    assert clocked.names.ensure_tag("mesharr-bob") == 3
    assert clocked.names.ensure_tag("mesharr-bob", recent=True) == 3
    assert clocked.requests == 1
    clocked.api.note_start_time("tuesday")
    assert clocked.names.ensure_tag("mesharr-bob", recent=True) == 3
    assert clocked.requests == 2
    clocked.now += int(WRITE_AGE_S)
    clocked.names.ensure_tag("mesharr-bob", recent=True)
    assert clocked.requests == 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_all_that_is_kept_is_read_again_when_the_user_asks_for_it(kind: ArrKind) -> None:
    made = HandMade(kind)
    arr = made.arr()
    new = sample(kind).new()

    def requests() -> list[str]:
        made.requests.clear()
        assert list(arr.read_all())
        arr.add_many([new])
        arr.import_files([sample(kind).file()])
        return made.lines()

    first = requests()
    assert len(requests()) < len(first)
    arr.forget_cached()
    assert requests() == first
