"""Webhooks and custom scripts of every arr, from its fixtures."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mesharr.arr.base import ArrKind, UnreadableSignal
from mesharr.core.arr.model import Signal
from tests.contract.arr.contract import (
    FIXTURES,
    METHODS,
    EventFixture,
    calls,
    event_fixtures,
    known_kinds,
    parse,
)

KINDS = known_kinds()
EVENTS = [each for kind in KINDS for each in event_fixtures(kind)]

for_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
for_each_fixture = pytest.mark.parametrize(
    "each", EVENTS, ids=lambda each: f"{each.kind.name}/{each.source}/{each.name}"
)
from_both = pytest.mark.parametrize("source", ["webhook", "script"])


def _event_of(each: EventFixture) -> str:
    payload = json.loads(each.text)
    return str(payload["eventType" if each.source == "webhook" else f"{each.kind.script_prefix}eventtype"])


def _is(each: EventFixture, kind: ArrKind, source: str) -> bool:
    return each.kind == kind and each.source == source


def _only_the_type(kind: ArrKind, source: str, event: str) -> bytes:
    return json.dumps(
        {"eventType" if source == "webhook" else f"{kind.script_prefix}eventtype": event}
    ).encode()


@for_each_kind
def test_a_kind_has_a_folder_of_fixtures(kind: ArrKind) -> None:
    assert (FIXTURES / kind.name).is_dir()
    assert set(calls(kind)) == set(METHODS)


@for_each_fixture
def test_a_fixture_gives_the_signals_its_folder_names(each: EventFixture) -> None:
    if each.signals is None:
        with pytest.raises(UnreadableSignal):
            each.heard()
    else:
        assert each.heard() == each.signals


BAD: Mapping[str, tuple[Any, ...]] = {
    "webhook": (None, True, -7, "", "x|y", [], [7], {}),
    "script": ("", "x|y", "-7", "\udcff"),
}


def _spoiled(value: Any, bad: tuple[Any, ...]) -> Iterator[Any]:
    """The value with each member, at any depth, replaced by each of the bad ones."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for place, member in members:
        for other in (*bad, *_spoiled(member, bad)):
            copy = value.copy()
            copy[place] = other
            yield copy


@for_each_fixture
def test_with_any_member_spoiled_it_gives_signals_or_is_unreadable_and_nothing_else(
    each: EventFixture,
) -> None:
    for spoiled in _spoiled(json.loads(each.text), BAD[each.source]):
        with contextlib.suppress(UnreadableSignal):
            signals = parse(each.kind, each.source, json.dumps(spoiled).encode())
            assert all(isinstance(signal, Signal) for signal in signals)


@for_each_kind
def test_every_event_acted_on_has_a_fixture(kind: ArrKind) -> None:
    webhooks = [each for each in EVENTS if _is(each, kind, "webhook") and each.signals]
    assert {_event_of(each) for each in webhooks} == kind.event_types


@for_each_kind
def test_a_script_gives_the_signals_of_a_webhook(kind: ArrKind) -> None:
    kinds_by = {
        source: {signal.kind for each in EVENTS if _is(each, kind, source) for signal in each.signals or ()}
        for source in ("webhook", "script")
    }
    assert kinds_by["webhook"] == kinds_by["script"]


@for_each_kind
def test_the_webhook_and_the_script_of_one_import_give_equal_signals(kind: ArrKind) -> None:
    by_name: dict[str, list[tuple[object, ...]]] = {}
    for each in EVENTS:
        if each.kind == kind and each.signals and each.signals[0].kind == "imported":
            by_name.setdefault(each.name, []).append(each.heard())
    pairs = [signals for signals in by_name.values() if len(signals) == 2]
    assert len(pairs) >= 2
    assert all(webhook == script for webhook, script in pairs)


@for_each_kind
@from_both
@pytest.mark.parametrize("event", ["Test", "Health", "SomethingOfNextYear"])
def test_an_event_that_is_not_acted_on_gives_no_signal(kind: ArrKind, source: str, event: str) -> None:
    assert parse(kind, source, _only_the_type(kind, source, event)) == ()


@for_each_kind
@from_both
def test_a_known_event_without_its_fields_is_no_signal(kind: ArrKind, source: str) -> None:
    for event in kind.event_types:
        with pytest.raises(UnreadableSignal):
            parse(kind, source, _only_the_type(kind, source, event))


@for_each_kind
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"Download"',
        b"{}",
        b"<html></html>",
        b'{"eventType":null}',
        b'{"eventType":""}',
        b'{"eventType":7}',
        b'{"eventType":"Download"',
        b'{"eventType":"\xff\xfe"}',
        b'{"eventType":"Test","deep":' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bytes_that_are_no_event_are_no_signal(kind: ArrKind, body: bytes) -> None:
    with pytest.raises(UnreadableSignal):
        kind.parse_webhook(body)


@for_each_kind
def test_an_environment_without_an_event_type_is_no_signal(kind: ArrKind) -> None:
    for env in ({}, {"PATH": "/usr/bin"}, {f"{kind.script_prefix}eventtype": ""}, {"eventtype": "Test"}):
        with pytest.raises(UnreadableSignal):
            kind.parse_script(env)


@for_each_kind
def test_names_of_variables_are_read_in_any_case_and_among_others(kind: ArrKind) -> None:
    for each in EVENTS:
        if each.kind == kind and each.source == "script" and each.signals:
            env: dict[str, str] = json.loads(each.text)
            shouted = {name.upper(): value for name, value in env.items()}
            assert kind.parse_script({"PATH": "/usr/bin", "EventType": "Test", **shouted}) == each.signals


@for_each_kind
def test_members_of_a_newer_version_are_ignored(kind: ArrKind) -> None:
    for each in EVENTS:
        if each.kind == kind and each.source == "webhook" and each.signals:
            payload = json.loads(each.text) | {"newInTheNextVersion": [{"deep": None}]}
            assert kind.parse_webhook(json.dumps(payload).encode()) == each.signals
