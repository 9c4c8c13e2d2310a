"""What a person's day makes a node say, chosen by what that node has applied."""

from collections.abc import Callable
from random import Random

from mesharr.core.events.schema import (
    Body,
    Copy,
    FileImported,
    FileRemoved,
    FileRenamed,
    Found,
    Item,
    ItemAdded,
    ItemAliased,
    ItemChanged,
    ItemLeft,
    ItemMoved,
    ItemRemoved,
    LibraryFound,
    Renamed,
    UnitClaimed,
    UnitGrabbed,
    UnitReleased,
)
from mesharr.core.events.validation import MAX_TERM
from mesharr.core.registry.item_state import ItemState
from mesharr.state.state import State

LIBRARIES = ("movies", "tv")
ITEMS = 6


def any_fact(rng: Random, state: State) -> Body:
    """Return something a node in this state may say."""
    library = rng.choice(LIBRARIES)
    id_ = f"tmdb:{rng.randint(1, ITEMS)}"
    wanted = state.items.state(library, id_)
    return rng.choice(_MAKERS)(rng, library, id_, wanted)


def an_import(rng: Random, state: State) -> FileImported:
    """Return an import that a node in this state may publish."""
    library, id_ = rng.choice(LIBRARIES), f"tmdb:{rng.randint(1, ITEMS)}"
    return _imported(rng, library, id_, state.items.state(library, id_))


def fat_fact(rng: Random, state: State) -> Body:
    """Return an import whose line is near the longest there may be: a few make a segment."""
    library, id_ = rng.choice(LIBRARIES), f"tmdb:{rng.randint(1, ITEMS)}"
    wanted = state.items.state(library, id_)
    number = rng.randint(0, 3)
    copy = _copy(rng, id_, number, quality="q" * 4000, group="g" * 4000)
    item = Item(id=id_, kind="movie", title="t" * 3500, folder=_folder(id_, 0), profile="p" * 2000)
    return FileImported(library=library, item=item, copies=(copy,), term=1, seen=dict(wanted.seen))


def _folder(id_: str, number: int) -> str:
    return f"Film {id_[5:]} ({2000 + number})"


def _item(rng: Random, id_: str) -> Item:
    return Item(id=id_, kind="movie", title=f"Film {id_}", year=2000, folder=_folder(id_, rng.randint(0, 1)))


def _copy(rng: Random, id_: str, number: int, quality: str = "", group: str = "") -> Copy:
    path = f"{_folder(id_, 0)}/file {number}.mkv"
    units = tuple(sorted(rng.sample(("u1", "u2"), rng.randint(1, 2))))
    return Copy(path=path, size=rng.randint(1, 9), units=units, quality=quality, group=group)


def _living(rng: Random, wanted: ItemState) -> str:
    paths = sorted(living.copy.path for living in wanted.copies.values())
    return rng.choice(paths) if paths else ""


def _term(id_: str, wanted: ItemState) -> int:
    """Of two items every second import or claim takes the highest term there is, as no honest node does."""
    return MAX_TERM if id_ in {"tmdb:3", "tmdb:6"} and sum(seq for seq, _ in wanted.seen.values()) % 2 else 1


def _added(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del wanted
    return ItemAdded(library=library, item=_item(rng, id_))


def _found(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del wanted
    entry = Found(item=_item(rng, id_), copies=(_copy(rng, id_, rng.randint(0, 3)),))
    return LibraryFound(library=library, items=(entry,))


def _imported(rng: Random, library: str, id_: str, wanted: ItemState) -> FileImported:
    old = _living(rng, wanted)
    return FileImported(
        library=library,
        item=_item(rng, id_),
        copies=(_copy(rng, id_, rng.randint(0, 3)),),
        replaced=(old,) if old and rng.random() < 0.5 else (),
        term=_term(id_, wanted),
        seen=dict(wanted.seen),
    )


def _renamed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    old = _living(rng, wanted)
    if not old:
        return _imported(rng, library, id_, wanted)
    files = (Renamed(old=old, new=_copy(rng, id_, rng.randint(0, 3))),)
    return FileRenamed(library=library, id=id_, files=files, seen=dict(wanted.seen))


def _file_removed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    old = _living(rng, wanted)
    if not old:
        return _added(rng, library, id_, wanted)
    return FileRemoved(library=library, id=id_, paths=(old,), reason="gone", seen=dict(wanted.seen))


def _removed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del rng
    return ItemRemoved(library=library, id=id_, seen=dict(wanted.seen))


def _left(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del rng, wanted
    return ItemLeft(library=library, id=id_)


def _changed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    return ItemChanged(
        library=library, id=id_, folder=_folder(id_, rng.randint(0, 3)), version=wanted.version + 1
    )


def _moved(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del rng, wanted
    return ItemMoved(library=library, id=id_, to=next(name for name in LIBRARIES if name != library))


def _aliased(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del wanted
    return ItemAliased(library=library, id=id_, alias=f"imdb:tt{rng.randint(1, ITEMS)}")


def _grabbed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del wanted
    return UnitGrabbed(library=library, id=id_, units=(rng.choice(("u1", "u2")),))


def _released(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    del wanted
    return UnitReleased(library=library, id=id_, units=(rng.choice(("u1", "u2")),))


def _claimed(rng: Random, library: str, id_: str, wanted: ItemState) -> Body:
    return UnitClaimed(library=library, id=id_, units=(rng.choice(("u1", "u2")),), term=_term(id_, wanted))


_MAKERS: tuple[Callable[[Random, str, str, ItemState], Body], ...] = (
    _added,
    _found,
    _imported,
    _imported,
    _imported,
    _renamed,
    _renamed,
    _file_removed,
    _removed,
    _left,
    _changed,
    _moved,
    _aliased,
    _grabbed,
    _released,
    _claimed,
    _claimed,
)
