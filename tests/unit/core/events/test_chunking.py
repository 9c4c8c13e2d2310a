"""Bodies that would not fit into an event line are published as several that state the same."""

from collections.abc import Sequence
from random import Random

import msgspec
import pytest

from mesharr.core.events.chunking import MAX_BODY
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    Item,
    LibraryFound,
    Renamed,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)
from mesharr.core.hlc import text_of
from mesharr.core.registry.facts import Fact
from mesharr.core.registry.fold import fold
from mesharr.log.codec import MAX_LINE, UnsignedEvent, encode
from tests.unit.core.strategies import event_id

ME = "alice-00000001.00000001"
SHOW = Item(id="tvdb:1", kind="series", ids={"tvdb": 1}, title="Ünder the Dome", year=2013, folder="Dome")
SEEN = {f"{'n' * 20}-{number:08x}.{number:08x}": (10**9, "ab" * 32) for number in range(20)}


def path(number: int, kind: str = "new") -> str:
    return (
        f"Dome (2013)/Season 01/Dome (2013) - S01E{number:03} - The Long Title of Episode {number} {kind}.mkv"
    )


def episode(number: int, kind: str = "new") -> Copy:
    unit = f"1:{number}"
    return Copy(
        path=path(number, kind),
        size=10**10,
        units=(unit,),
        quality="WEBDL-1080p",
        checks={unit: 10**7 + number},
    )


def imported(copies: Sequence[Copy], replaced: Sequence[str] = ()) -> FileImported:
    return FileImported(
        library="tv", item=SHOW, copies=tuple(copies), replaced=tuple(replaced), term=1, seen=SEEN
    )


SEASON = imported([episode(n) for n in range(400)], [path(n, "old") for n in range(400)])
UNITS = tuple(f"{n}:{n}" for n in range(2000))
LONG: tuple[Body, ...] = (
    SEASON,
    FileRenamed(
        library="tv",
        id="tvdb:1",
        files=tuple(Renamed(old=path(n, "old"), new=episode(n)) for n in range(600)),
        seen=SEEN,
    ),
    FileRemoved(library="tv", id="tvdb:1", paths=tuple(path(n) for n in range(300)), seen=SEEN),
    UnitClaimed(library="tv", id="tvdb:1", units=UNITS, term=1),
    UnitGrabbed(library="tv", id="tvdb:1", units=UNITS),
    UnitReleased(library="tv", id="tvdb:1", units=UNITS),
    LibraryFound(
        library="tv",
        items=(Found(item=SHOW, copies=SEASON.copies), *(Found(item=SHOW) for _ in range(200))),
    ),
)


def units_of(old: str) -> tuple[str, ...]:
    return (f"1:{int(old.partition('S01E')[2][:3])}",)


def line_of(body: Body) -> bytes:
    unsigned = UnsignedEvent(
        mesh="0" * 16,
        node=f"{'n' * 24}-00000000",
        inc="0" * 8,
        seq=2**33,
        prev="f" * 64,
        hlc=text_of(1_764_000_000_000),
        type=body.type_name,
        body=msgspec.json.encode(body),
    )
    return encode(unsigned, lambda _: bytes(64)).line


@pytest.mark.parametrize("body", LONG, ids=lambda body: body.type_name)
def test_each_part_fits_into_a_line_with_room_to_spare(body: Body) -> None:
    parts = body.parts(units_of)
    assert len(parts) > 1
    for part in parts:
        assert len(msgspec.json.encode(part)) <= MAX_BODY
        assert len(line_of(part)) < MAX_LINE - 2048


@pytest.mark.parametrize("body", LONG, ids=lambda body: body.type_name)
def test_no_more_parts_than_needed(body: Body) -> None:
    encoded = len(msgspec.json.encode(body))
    assert len(body.parts(units_of)) <= 2 + 1.4 * encoded / MAX_BODY


def test_what_fits_stays_whole() -> None:
    body = imported([episode(1)], [path(1, "old")])
    assert body.parts() == (body,)


def facts(bodies: Sequence[Body], first: int = 1) -> list[Fact]:
    return [
        Fact(ME, number, text_of(1_764_000_000_000 + number), body, event_id(ME, number))
        for number, body in enumerate(bodies, start=first)
    ]


@pytest.mark.parametrize("body", LONG, ids=lambda body: body.type_name)
def test_the_parts_together_say_what_the_whole_says(body: Body) -> None:
    old = facts([imported([episode(n, "old")]) for n in range(400)])
    if "seen" in body.__struct_fields__:
        body = msgspec.structs.replace(body, seen={ME: (len(old), event_id(ME, len(old)))})
    parts = body.parts(units_of)
    whole = fold("tv", "tvdb:1", [*old, *facts([body], len(old) + 1)])
    parted = fold("tv", "tvdb:1", [*old, *facts(Random(7).sample(parts, len(parts)), len(old) + 1)])
    assert {key: each.copy for key, each in parted.copies.items()} == {
        key: each.copy for key, each in whole.copies.items()
    }
    assert parted.ended == whole.ended
    assert {unit: each.node for unit, each in parted.owners.items()} == {
        unit: each.node for unit, each in whole.owners.items()
    }
    assert set(parted.locks) == set(whole.locks)
    assert parted.adders == whole.adders


def test_a_replaced_path_is_published_with_the_copy_that_replaces_it() -> None:
    for part in SEASON.parts(units_of):
        assert isinstance(part, FileImported)
        assert {units_of(old)[0] for old in part.replaced} == {copy.units[0] for copy in part.copies}


def test_a_file_of_two_episodes_ends_with_the_second_of_its_successors() -> None:
    double = path(899, "double")
    copies = [episode(n) for n in range(100)]
    body = imported(copies, [double])
    parts = body.parts(lambda _old: ("1:3", "1:97"))
    (ending,) = [part for part in parts if isinstance(part, FileImported) and part.replaced]
    assert isinstance(ending, FileImported)
    assert copies[97] in ending.copies


def test_one_file_that_replaces_hundreds_is_stated_as_often_as_needed() -> None:
    body = imported([episode(1)], [path(n, "old") for n in range(300)])
    parts = body.parts(lambda _old: ("1:1",))
    parted = [part for part in parts if isinstance(part, FileImported)]
    assert all(part.copies == body.copies for part in parted)
    assert sorted(old for part in parted for old in part.replaced) == sorted(body.replaced)
    assert all(len(msgspec.json.encode(part)) <= MAX_BODY for part in parted)


def test_what_cannot_be_cut_is_published_as_it_is_and_never_dropped() -> None:
    fat = Copy(path=path(1), size=1, units=("S01E01",), quality="q" * 7000, group="g" * 7000)
    imported = FileImported(library="tv", item=SHOW, copies=(fat,), term=1)
    assert imported.parts() == (imported,)
    heavy = Item(id="tvdb:2", kind="series", title="t" * 14_000, folder="Heavy")
    found = LibraryFound(library="tv", items=(Found(item=heavy),))
    assert found.parts() == (found,)
