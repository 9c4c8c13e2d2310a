"""What a malicious peer may state of one item in a tail, each kind meant to make its fold slow."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import count, islice

import msgspec

from mesharr.core import hlc
from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    Item,
    ItemAdded,
    ItemChanged,
    ItemRemoved,
    LibraryFound,
    Renamed,
    UnitClaimed,
    UnitGrabbed,
    Vector,
)
from mesharr.core.registry.facts import Fact
from mesharr.log.codec import MAX_LINE

LIBRARY = "tv"
ID = "tvdb:1"
ITEM = Item(id=ID, kind="series", ids={"tvdb": 1}, title="S", year=2020, folder="S")
STREAM = "mallory-0000000f.00000001"
MAX_TAIL = 4 * 1024 * 1024
ENVELOPE = 390
"""Bytes of a line beside its body, about."""
BODY = MAX_LINE - ENVELOPE - 20
"""Bytes that a body may have."""
_START_MS = 1_764_000_000_000

Bodies = Iterator[Callable[[Vector], Body]]
"""Bodies, one after the other, each made with the vector of all that the stream has stated before it."""


def _copy(path: str, *units: str) -> Copy:
    return Copy(path=path, size=1, units=units or ("a",))


def _imported(copies: tuple[Copy, ...], seen: Vector, replaced: tuple[str, ...] = ()) -> Body:
    return FileImported(library=LIBRARY, item=ITEM, copies=copies, replaced=replaced, term=1, seen=seen)


def _removed(paths: tuple[str, ...], seen: Vector) -> Body:
    return FileRemoved(library=LIBRARY, id=ID, paths=paths, seen=seen)


def _one_path() -> Bodies:
    """Half of the lines state a path, half end it."""
    for _ in count():
        yield lambda seen: _imported((_copy("x"),), seen)
        yield lambda seen: _removed(("x",), {})
        yield lambda seen: _removed(("x",), seen)


def _one_path_many_times() -> Bodies:
    """As many statements of one path as fit into a line, then as many endings of it."""
    copies = tuple(_copy("x") for _ in range(BODY // 46))
    paths = ("x",) * (BODY // 4 - 60)
    for _ in count():
        yield lambda seen: _imported(copies, seen)
        yield lambda seen: _removed(paths, seen)


def _removals_of_all() -> Bodies:
    """Removals of the item between its adds, changes and copies."""
    for n in count():
        yield lambda seen, n=n: ItemChanged(library=LIBRARY, id=ID, folder=f"F{n}", version=1)  # type: ignore[misc]
        yield lambda seen: ItemAdded(library=LIBRARY, item=ITEM)
        yield lambda seen, n=n: _imported((_copy(f"{n}"),), {})  # type: ignore[misc]
        yield lambda seen: ItemRemoved(library=LIBRARY, id=ID, seen={})


def _many_paths() -> Bodies:
    """As many copies as fit into a line, then as many endings."""
    for n in count():
        copies = tuple(_copy(f"{n}/{m}") for m in range(BODY // 54))
        yield lambda seen, copies=copies: _imported(copies, seen)  # type: ignore[misc]
        paths = tuple(f"{n}/{m}" for m in range(BODY // 11 - 20))
        yield lambda seen, paths=paths: _removed(paths, seen)  # type: ignore[misc]


def _renames() -> Bodies:
    """Files that hand on their names."""
    size = BODY // 75
    for n in count():
        files = tuple(Renamed(old=f"{n}/{m}", new=_copy(f"{n + 1}/{m}")) for m in range(size))
        yield lambda seen, files=files: FileRenamed(library=LIBRARY, id=ID, files=files, seen=seen)  # type: ignore[misc]


def _claims() -> Bodies:
    """Claims of as many units as fit into a line, always others."""
    for n in count():
        units = tuple(f"{n:x}:{m:x}" for m in range(BODY // 10))
        yield lambda seen, units=units: UnitClaimed(library=LIBRARY, id=ID, units=units, term=1)  # type: ignore[misc]


def _grabs() -> Bodies:
    """Grabs of the same units, again and again."""
    units = tuple(f"{m:x}" for m in range(BODY // 6 - 20))
    for _ in count():
        yield lambda seen: UnitGrabbed(library=LIBRARY, id=ID, units=units)


def _units_of_a_copy() -> Bodies:
    """Copies of as many units as fit into a line."""
    units = tuple(f"{m:x}" for m in range(BODY // 6 - 60))
    for n in count():
        yield lambda seen, n=n: _imported((_copy(f"{n}", *units),), {})  # type: ignore[misc]


def _inventories() -> Bodies:
    """Inventories that list the item again and again."""
    found = Found(item=msgspec.structs.replace(ITEM, ids={}, title="", year=0, folder=""))
    items = tuple(found for _ in range(BODY // 54 - 3))
    for _ in count():
        yield lambda seen: LibraryFound(library=LIBRARY, items=items)


def _short() -> Bodies:
    """As many lines as fit into a tail."""
    for _ in count():
        yield lambda seen: UnitGrabbed(library=LIBRARY, id=ID, units=("a",))


KINDS: Mapping[str, Callable[[], Bodies]] = {
    "one path stated and ended": _one_path,
    "one path many times a line": _one_path_many_times,
    "removals among adds, changes and copies": _removals_of_all,
    "many paths stated and ended": _many_paths,
    "renames": _renames,
    "claims of many units": _claims,
    "grabs of many units": _grabs,
    "copies of many units": _units_of_a_copy,
    "inventories": _inventories,
    "short lines": _short,
}
"""What a peer may fill a tail with, by name."""


def hostile_facts(kind: str, number: int, stream: str = STREAM, max_bytes: int = 1 << 60) -> list[Fact]:
    """Return the first facts of a kind, as many as fit into `max_bytes` as lines."""
    facts: list[Fact] = []
    seen: Vector = {}
    size = 0
    for n, body_with in enumerate(islice(KINDS[kind](), number), 1):
        body = body_with(seen)
        size += len(msgspec.json.encode(body)) + ENVELOPE
        if size > max_bytes:
            break
        id_ = sha256(f"{stream} {n}".encode()).hexdigest()
        facts.append(Fact(stream, n, hlc.text_of(_START_MS + n), body, id_))
        seen = {stream: (n, id_)}
    return facts
