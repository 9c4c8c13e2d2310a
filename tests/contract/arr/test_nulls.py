"""A null in an answer or a webhook is a member that is not there: no app's null stops anything of ours.

Every member that a real app was recorded to send is set to null, and left out: both are read alike, or are
refused alike, in words.
"""

import contextlib
import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.core.errors import MesharrError
from tests.contract.arr.contract import calls, known_kinds
from tests.contract.arr.recorded import FOLDER, Json, RecordedApp

Place = tuple[str | int, ...]
"""The way to a member: names, and the number of an element."""
READS: Final = (
    "read", "read_all", "with_parts", "check_settings", "setting_problems", "scans", "history_since",
    "downloads", "exclusions", "roots", "library_info", "start_time", "command_ended",
)  # fmt: skip
"""The calls that read and change nothing."""
NULL_IS_EMPTY: Final = {"recycleBin", "metadataSource"}
"""Settings of text that an app may write as null when they are empty, which is what does harm."""
every_app = pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)


def places(value: Json, at: Place = ()) -> Iterator[Place]:
    """Yield the way to every member and element, once for the elements of a list."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for name, each in inner:
        yield (*at, name)
        yield from places(each, (*at, name))


def without(value: Json, *ways: Place, null: bool) -> Json:
    """Return JSON in which these members are null, or not there."""
    changed = copy.deepcopy(value)
    for way in sorted(ways, key=len, reverse=True):
        inner = changed
        for name in way[:-1]:
            inner = inner[name]
        if null:
            inner[way[-1]] = None
        else:
            del inner[way[-1]]
    return changed


class ChangedApp(RecordedApp):
    """A recorded app of whose answers some are changed, by the names of their files."""

    def __init__(self, kind: ArrKind, changed: dict[str, Json]) -> None:
        super().__init__(kind)
        self._changed = changed
        self.asked = set[str]()

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition(f"{self.kind.api_root}/")[2].replace("/", "-")
        self.asked.add(path)
        if request.method == "GET" and path in self._changed:
            return httpx.Response(200, json=self._changed[path])
        return super().handle(request)


def outcomes(kind: ArrKind, changed: dict[str, Json], names: Iterable[str] = READS) -> dict[str, Any]:
    """Return what each reading call says; any other error than those of mesharr is not caught."""
    said: dict[str, Any] = {}
    for name in names:
        try:
            said[name] = calls(kind)[name](ChangedApp(kind, changed).arr())
        except MesharrError as error:
            said[name] = type(error)
        except AssertionError:
            said[name] = "not listed"  # of `with_parts`
    return said


def readers(kind: ArrKind) -> dict[str, list[str]]:
    """Return the calls that read each recorded answer."""
    found: dict[str, list[str]] = {}
    for name in READS:
        app = ChangedApp(kind, {})
        with contextlib.suppress(MesharrError, AssertionError):
            calls(kind)[name](app.arr())
        for answer in app.asked:
            found.setdefault(answer, []).append(name)
    return found


def answers(kind: ArrKind) -> dict[str, Json]:
    """Return the recorded answers by the names of their files."""
    return {path.stem: json.loads(path.read_text()) for path in (FOLDER / kind.name / "api").glob("*.json")}


def _differences(kind: ArrKind, name: str, answer: Json, place: Place, names: Iterable[str]) -> list[str]:
    absent = outcomes(kind, {name: without(answer, place, null=False)}, names)
    null = outcomes(kind, {name: without(answer, place, null=True)}, names)
    return [call for call in absent if absent[call] != null[call]]


@every_app
def test_a_null_in_an_answer_is_a_member_that_is_not_there(kind: ArrKind) -> None:
    read = readers(kind)
    for name, answer in answers(kind).items():
        for place in places(answer):
            if name in read and place[-1] not in NULL_IS_EMPTY:
                assert not _differences(kind, name, answer, place, read[name]), (name, place)


@pytest.mark.campaign
@every_app
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_several_nulls_in_several_answers_raise_nothing_of_their_own(
    kind: ArrKind, data: st.DataObject
) -> None:
    known = answers(kind)
    names = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3, unique=True))
    changed = {}
    for name in names:
        ways = [way for way in places(known[name]) if isinstance(way[-1], str)] or [()]
        [*chosen] = data.draw(st.lists(st.sampled_from(ways), max_size=4, unique=True))
        apart = [a for a in chosen if a and not any(a != b and a[: len(b)] == b for b in chosen)]
        changed[name] = without(known[name], *apart, null=True)
    said = outcomes(kind, changed, calls(kind))
    assert set(said) == set(calls(kind)), "each call answered, or failed with an error of mesharr's"


@every_app
def test_a_null_in_a_webhook_is_a_member_that_is_not_there(kind: ArrKind) -> None:
    def said(members: Json) -> object:
        try:
            return kind.parse_webhook(json.dumps(members).encode())
        except UnreadableSignal:
            return UnreadableSignal

    for path in sorted((FOLDER / kind.name / "webhooks").glob("*.json")):
        event = json.loads(path.read_text())
        for place in places(event):
            absent = said(without(event, place, null=False))
            assert said(without(event, place, null=True)) == absent, (path.name, place)
