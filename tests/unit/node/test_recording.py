"""What a dry run puts around apps, files and store reads on, changes nothing, and shows what it recorded."""

from collections.abc import Collection, Iterator
from typing import cast

import pytest

from mesharr.arr.base import Arr
from mesharr.core.arr.model import ArrItem, ArrScans, NewItem
from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.child import FileStat
from mesharr.log.store.folder import Store
from mesharr.node.model import LibraryStorage
from mesharr.node.passes.recording import (
    RecordingArr,
    RecordingStorage,
    RecordingStore,
    RecordingUploader,
)

DUNE = ArrItem(
    ref=7,
    id="tmdb:1",
    kind="movie",
    ids={"tmdb": 1},
    title="Dune",
    year=2021,
    folder="/movies/Dune",
    profile="Any",
    tags=("mesharr-bob",),
    monitored={"movie": True},
    files=(),
)
NEW = NewItem(
    id="tmdb:2",
    ids={"tmdb": 2},
    title="Tenet",
    year=2020,
    folder="/movies/Tenet",
    root="/movies",
    profile="Any",
    default_profile="Any",
    tag="mesharr-bob",
    units=("movie",),
)


class OnlyRead:
    """An app, a library and a store in one, of which nothing can be asked but readings."""

    @property
    def local(self) -> "OnlyRead":
        """Return the local branch."""
        return self

    def read(self, item: str) -> ArrItem | None:
        """Return the one item."""
        return DUNE if item == DUNE.id else None

    def read_all(self, *, recent: bool = False) -> Iterator[ArrItem]:
        """Yield the one item."""
        yield DUNE

    def unlisted(self, ids: Collection[str]) -> frozenset[str]:
        """Return the others."""
        return frozenset(ids) - {DUNE.id}

    def scans(self) -> ArrScans:
        """Return that nothing is scanned."""
        return ArrScans()

    def command_ended(self, command: int) -> bool:
        """Return that it has."""
        del command
        return True

    def __getattr__(self, name: str) -> object:
        if name in {"add", "add_many", "set_monitored", "rescan", "move", "remove", "unlink_local", "write"}:
            raise AssertionError(f"{name} was asked for")
        return lambda *_args: None


@pytest.fixture
def arr() -> RecordingArr:
    return RecordingArr(cast(Arr, OnlyRead()))


def test_an_added_item_is_listed_unmonitored_and_being_scanned(arr: RecordingArr) -> None:
    arr.add_many([NEW])
    added = arr.read("tmdb:2")
    assert added is not None
    assert (dict(added.monitored), added.tags, added.folder) == ({"movie": False}, (NEW.tag,), NEW.folder)
    assert [each.id for each in arr.read_all()] == ["tmdb:1", "tmdb:2"]
    assert arr.unlisted(["tmdb:2", "tmdb:3"]) == {"tmdb:3"}
    assert arr.scans().of(added.ref).running


def test_flags_and_folders_are_shown_as_they_would_be(arr: RecordingArr) -> None:
    assert arr.read(DUNE.id) == DUNE
    arr.set_monitored(7, ("movie",), False)
    arr.move(7, "/movies/Dune (2021)")
    changed = arr.read(DUNE.id)
    assert changed is not None
    assert (dict(changed.monitored), changed.folder) == ({"movie": False}, "/movies/Dune (2021)")


def test_a_removed_item_is_listed_no_more(arr: RecordingArr) -> None:
    assert list(arr.read_all()) == [DUNE]
    arr.remove(7)
    assert arr.read(DUNE.id) is None
    assert list(arr.read_all()) == []


def test_a_recorded_scan_runs_for_ever_and_the_apps_own_do_not(arr: RecordingArr) -> None:
    command = arr.rescan(7)
    assert command != 0
    assert not arr.command_ended(command)
    assert arr.command_ended(5)
    assert arr.scans().of(7).running


def test_no_file_is_unlinked_and_none_is_uploaded() -> None:
    storage = RecordingStorage(cast(LibraryStorage, OnlyRead()))
    assert storage.unlink_local("a.mkv", FileStat(1, 1, 1, 1, is_dir=False), even_open=False)
    storage.local.drop_empty_folders("a.mkv")
    with pytest.raises(Unavailable, match="uploads nothing"):
        RecordingUploader().upload("a", "b", lambda _progress: None)


def test_what_is_written_to_the_store_is_read_again_and_reaches_no_drive() -> None:
    store = RecordingStore(cast(Store, OnlyRead()))
    assert store.write("events/a", b"line")
    assert (store.read("events/a"), store.is_confirmed("events/a", 4)) == (b"line", True)
    store.delete("events/a")
    assert store.read("events/a") is None
    with pytest.raises(Refused, match="makes no mesh"):
        store.create(b"{}")
