"""Which files have to be gone before a removal is published, and what follows when they stay."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.detect.model import FILE_DROPPED, Comparison, PublishFact
from mesharr.core.durations import DAY_MS
from mesharr.core.events.schema import FileRemoved, FileRenamed, ItemChanged
from mesharr.core.paths import folder_of, same_key
from mesharr.core.planning.actions import day_of
from mesharr.core.planning.memory import after_own_files_check
from mesharr.disk.library import ANCHOR, LibraryDisk
from mesharr.node.limits import Guard
from mesharr.node.outward.compare.item_commit import ComparisonCommits
from mesharr.node.outward.removal_proofs import RemovalProofs
from mesharr.state.state import State
from tests.unit.disk.library_house import House, Rc
from tests.unit.state.samples import ALICE, DUNE, MOVIES, NOW, B, imported, opened, stored


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


OLD, OTHER = "Dune (2021)/dune.mkv", "Dune (2021)/extended.mkv"
KEY = same_key(OLD)


@pytest.mark.parametrize(
    ("respelled", "asked"), [((OLD,), (OTHER,)), ((OLD, OTHER), None), ((), (OLD, OTHER))]
)
def test_a_file_in_another_spelling_since_is_there_and_the_others_have_to_be_gone(
    respelled: tuple[str, ...], asked: tuple[str, ...] | None
) -> None:
    state = opened()
    paths = [path.upper() if path in respelled else path for path in (OLD, OTHER)]
    state.streams.apply([stored(1, imported(*paths))], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=(OLD, OTHER), reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", "deleted in the app", NOW)
    proofs = RemovalProofs({}, state, Guard("alice", state, {}, ask_first=False))
    [entry] = state.outbox.of(MOVIES, DUNE)
    assert proofs.paths_to_be_gone(entry) == asked


def test_what_was_never_proven_gone_is_looked_for_on_the_same_day() -> None:
    """Another file lies in its place: whether it is that of the mesh, the next visit finds out."""
    state = opened()
    state.streams.apply([stored(1, imported(OLD))], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=(OLD,), reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", "deleted in the app", NOW)
    later = NOW + DAY_MS + 1
    state.items.update_memory(
        MOVIES, DUNE, lambda memory: after_own_files_check(memory, [KEY], day_of(later), [KEY])
    )
    storage = SimpleNamespace(
        still_on_drive=lambda files: {path: {path: 100} for path in files},
        sizes=lambda paths: dict.fromkeys(paths, 100),
    )
    library: Any = SimpleNamespace(storage=storage)
    RemovalProofs({MOVIES: library}, state, Guard("alice", state, {}, ask_first=False)).step(later)
    assert state.outbox.of(MOVIES, DUNE) == []
    assert state.items.memory(MOVIES, DUNE).own_files_checked == {}
    assert [each.item for each in state.dirty.all()] == [DUNE]


NEW_FOLDER, BETTER = "Dune (2022)", "Dune (2021)/better.mkv"


def _moved_by_bob(*paths: str) -> State:
    """Return alice's state: bob moved the folder with her files, and her app dropped them."""
    state = opened()
    state.streams.apply([stored(1, imported(*paths))], NOW)
    moved = ItemChanged(library=MOVIES, id=DUNE, folder=NEW_FOLDER, version=1)
    state.streams.apply([stored(1, moved, B, NOW + 2)], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=paths, reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", FILE_DROPPED, NOW)
    return state


def _follow(state: State) -> None:
    """Look for the files where the folder is; nothing is left in the old one."""
    storage = SimpleNamespace(
        sizes=lambda paths: {path: 100 if path.startswith(NEW_FOLDER) else None for path in paths},
        still_on_drive=lambda files: {path: {path: 1} for path in files if path.startswith(NEW_FOLDER)},
    )
    library: Any = SimpleNamespace(storage=storage, policy=SimpleNamespace(gone_after=60_000))
    RemovalProofs({MOVIES: library}, state, Guard(ALICE, state, {}, ask_first=False)).step(NOW)


def _import_better(state: State) -> None:
    """Keep a comparison that found another file instead of the first one."""
    library: Any = SimpleNamespace(name=MOVIES, scan_roots=(), naming_app=str)
    body = imported(BETTER, replaced=(OLD,))
    found = Comparison((PublishFact(body, "drive", "upgraded by the app"),), Baseline(present=True))
    ComparisonCommits(ALICE, state).commit(library, DUNE, None, found, NOW)


def _renamed(state: State) -> list[str]:
    """Return the old paths of the renames that wait to be published."""
    bodies = (entry.body for entry in state.outbox.of(MOVIES, DUNE))
    return [each.old for body in bodies if isinstance(body, FileRenamed) for each in body.files]


@pytest.mark.parametrize("first", ["import", "rename"])
def test_a_file_that_was_replaced_since_a_peer_moved_it_is_not_published_in_its_new_place(first: str) -> None:
    """The import ends it by its old path; in another place it would stay in the mesh beside the new one."""
    state = _moved_by_bob(OLD, OTHER)
    steps = [_import_better, _follow]
    for step in steps if first == "import" else reversed(steps):
        step(state)
    assert _renamed(state) == [OTHER]


def _look(state: State, disk: LibraryDisk, now: int = NOW) -> None:
    library: Any = SimpleNamespace(storage=disk, policy=SimpleNamespace(gone_after=60_000))
    RemovalProofs({MOVIES: library}, state, Guard(ALICE, state, {}, ask_first=False)).step(now)


def _not_on_the_drive() -> State:
    """Return alice's state, in which a removal of her film waits for its proof."""
    state = opened()
    state.streams.apply([stored(1, imported(OLD))], NOW)
    removed = FileRemoved(library=MOVIES, id=DUNE, paths=(OLD,), reason="deleted", seen={})
    state.outbox.put(DUNE, removed, "gone", "not on the drive", NOW)
    return state


def _upper_has(house: House, size: int) -> Rc:
    """Have the folder there as it was, and a file of a size in another spelling of it; return its mount."""
    for folder in (folder_of(OLD), folder_of(OLD).upper()):
        (house.cloud / folder).mkdir()
    (house.cloud / folder_of(OLD).upper() / "dune.mkv").write_bytes(b"7" * size)
    return Rc()


def test_a_file_in_another_spelling_that_no_app_lists_is_published_so(house: House) -> None:
    """It is neither gone nor where the mesh has it."""
    state = _not_on_the_drive()
    _look(state, house.disk(rc=_upper_has(house, 100)))
    assert _renamed(state) == [OLD]
    assert [entry.needs for entry in state.outbox.of(MOVIES, DUNE)] == [""]


def test_a_file_is_gone_where_the_drive_has_one_of_another_size_in_another_spelling(house: House) -> None:
    """Somebody put it into the folder in its former spelling: the removal would wait for ever."""
    state = _not_on_the_drive()
    _look(state, house.disk(rc=_upper_has(house, 7)))
    assert _renamed(state) == []
    assert [(entry.needs, entry.gone_since) for entry in state.outbox.of(MOVIES, DUNE)] == [("gone", NOW)]


@pytest.mark.parametrize("size", [7, 100])
def test_a_check_reads_each_folder_of_a_file_once_from_the_drive(house: House, size: int) -> None:
    state, rc = _not_on_the_drive(), _upper_has(house, size)
    _look(state, house.disk(rc=rc))
    assert rc.refreshed == [folder_of(OLD), folder_of(OLD).upper()]


def test_a_file_that_stays_is_looked_for_every_quarter_of_an_hour_in_the_end(house: House) -> None:
    state, rc, now = _not_on_the_drive(), Rc(), NOW
    (house.cloud / folder_of(OLD)).mkdir()
    (house.cloud / OLD).write_bytes(b"7")
    while (now := max(now, state.outbox.next_due() or 0)) < NOW + DAY_MS:
        _look(state, house.disk(rc=rc), now)
    assert rc.refreshed[0] == folder_of(OLD)
    assert len(rc.refreshed) == 10 + 94


def test_nothing_is_gone_from_a_library_that_is_not_available(house: House) -> None:
    state, rc = _not_on_the_drive(), _upper_has(house, 7)
    (house.cloud / ANCHOR).unlink()
    _look(state, house.disk(rc=rc))
    assert [entry.gone_since for entry in state.outbox.of(MOVIES, DUNE)] == [0]
