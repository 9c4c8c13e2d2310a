"""A change of spelling, of whatever part of a path: published once, as what the app lists in the end."""

from collections.abc import Mapping
from typing import Any

import pytest

from mesharr.core.arr.snapshot import Baseline, Snapshot, baseline_of
from mesharr.core.detect.item_diff import compare
from mesharr.core.detect.model import ComparedItem, Comparison, Evidence, PublishFact, Withdraw
from mesharr.core.detect.pending import Pending, pending_of
from mesharr.core.events.schema import Body, Copy, FileRenamed, Item, ItemChanged, Renamed
from mesharr.core.paths import same_key
from mesharr.core.registry.item_state import ItemState, LivingCopy
from mesharr.core.registry.ownership import Owner

ME, BOB = "alice-00000001", "bob-00000002"
NOW = 1_764_000_000_000

SPELLINGS = [
    pytest.param(("Film/Film.mkv", "Film/FILM.mkv", "Film/film.mkv"), id="a file, capitals"),
    pytest.param(("Film/e\u0301.mkv", "Film/\u00e9.mkv", "Film/\u00c9.mkv"), id="a file, Unicode form"),
    pytest.param(
        ("Show/Season 1/1.mkv", "Show/SEASON 1/1.mkv", "Show/season 1/1.mkv"), id="a season's folder"
    ),
    pytest.param(
        ("Artist/Album/1.flac", "Artist/ALBUM/1.flac", "Artist/album/1.flac"), id="an album's folder"
    ),
    pytest.param(
        ("A/Ame\u0301lie/1.flac", "A/Am\u00e9lie/1.flac", "A/AM\u00c9LIE/1.flac"),
        id="an album's folder, Unicode form",
    ),
    pytest.param(
        ("Artist/Album/1.flac", "ARTIST/Album/1.flac", "artist/Album/1.flac"), id="an artist's folder"
    ),
    pytest.param(
        ("Ame\u0301lie/1.epub", "Am\u00e9lie/1.epub", "AM\u00c9LIE/1.epub"),
        id="an author's folder, Unicode form",
    ),
]
"""Three spellings of one path: the mesh's, and those that the app's user gives it."""

BY_HISTORY, UNSTATED = "the history", "nothing"
STATED = ["a webhook", BY_HISTORY, UNSTATED]
"""What states the change."""


def lists(path: str, size: int = 100) -> Snapshot:
    item = Item(id="tmdb:1", kind="movie", title="Film", folder=path.partition("/")[0])
    copy = Copy(path=path, size=size, units=("movie",))
    return Snapshot(
        ref=7, item=item, monitored={}, files={same_key(path): copy}, file_refs={same_key(path): 3}
    )


def holds(path: str, size: int = 100, by: str = ME) -> ItemState:
    shown = lists(path, size)
    stamp = ("2026-11-22T12:00:00.000Z-0000", by, "00000001", 1)
    copies = {key: LivingCopy(copy, by, stamp) for key, copy in shown.files.items()}
    return ItemState(
        library="movies",
        id="tmdb:1",
        item=shown.item,
        folder=shown.item.folder,
        copies=copies,
        owners={"movie": Owner(by, 1, False, stamp)},
        adders=(by,),
        contributors=frozenset({by}),
    )


def evidence_of(how: str, old: str, new: str) -> Mapping[str, Any]:
    """Return what the app states of a rename: its history states a path both as old and as new."""
    if how == UNSTATED:
        return {}
    key = same_key(new)
    imported = {"imported": frozenset({key})} if how == BY_HISTORY else {}
    return {"renamed": {key: old}, "news": frozenset({key}), **imported}


def compared(
    shown: Snapshot, before: Baseline, registry: ItemState, waiting: Pending | None = None, **evidence: Any
) -> Comparison:
    return compare(ComparedItem(shown, before, registry, Evidence(**evidence), waiting or Pending(), ME, NOW))


def bodies(found: Comparison) -> list[Body]:
    return [change.body for change in found.changes if isinstance(change, PublishFact)]


def renamed(old: str, new: str) -> list[Renamed]:
    return [Renamed(old=old, new=Copy(path=new, size=100, units=("movie",)))]


def files_of(found: Comparison) -> list[Renamed]:
    return [each for body in bodies(found) if isinstance(body, FileRenamed) for each in body.files]


def folder_of(found: Comparison) -> list[str]:
    return [body.folder for body in bodies(found) if isinstance(body, ItemChanged)]


def moved(old: str, new: str) -> list[str]:
    """Return the item's folder that is published with a change of spelling: none within it."""
    before, after = old.partition("/")[0], new.partition("/")[0]
    return [after] if before != after else []


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", STATED)
def test_a_new_spelling_is_one_rename(paths: tuple[str, str, str], how: str) -> None:
    old, new, _ = paths
    found = compared(lists(new), baseline_of(lists(old)), holds(old), **evidence_of(how, old, new))
    assert (files_of(found), folder_of(found)) == (renamed(old, new), moved(old, new))
    assert dict(found.baseline.files) == {new: 100}


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", STATED)
def test_a_new_spelling_that_is_published_is_no_news(paths: tuple[str, str, str], how: str) -> None:
    old, new, _ = paths
    found = compared(lists(new), baseline_of(lists(new)), holds(new), **evidence_of(how, old, new))
    assert found.changes == ()


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", STATED)
def test_a_spelling_changed_twice_before_it_is_published_is_one_rename(
    paths: tuple[str, str, str], how: str
) -> None:
    old, new, newer = paths
    waiting = pending_of(bodies(compared(lists(new), baseline_of(lists(old)), holds(old))))
    stated = evidence_of(how, new, newer)
    found = compared(lists(newer), baseline_of(lists(new)), holds(old), waiting, **stated)
    assert any(isinstance(change, Withdraw) for change in found.changes)
    assert (files_of(found), folder_of(found)) == (renamed(old, newer), moved(old, newer))


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", STATED)
def test_a_spelling_changed_back_before_it_is_published_is_none(
    paths: tuple[str, str, str], how: str
) -> None:
    old, new, _ = paths
    waiting = pending_of(bodies(compared(lists(new), baseline_of(lists(old)), holds(old))))
    stated = evidence_of(how, new, old)
    found = compared(lists(old), baseline_of(lists(new)), holds(old), waiting, **stated)
    assert any(isinstance(change, Withdraw) for change in found.changes)
    assert files_of(found) == []
    assert folder_of(found) == moved(new, old)  # the change that waits is followed by one back


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", STATED)
def test_a_spelling_changed_back_after_it_was_published_is_a_rename_back(
    paths: tuple[str, str, str], how: str
) -> None:
    old, new, _ = paths
    found = compared(lists(old), baseline_of(lists(new)), holds(new), **evidence_of(how, new, old))
    assert (files_of(found), folder_of(found)) == (renamed(new, old), moved(new, old))


@pytest.mark.parametrize("paths", SPELLINGS)
@pytest.mark.parametrize("how", ["a webhook", UNSTATED])
@pytest.mark.parametrize("seen", [False, True], ids=["at first", "afterwards"])
def test_the_spelling_of_a_file_that_a_peer_has_replaced_is_no_news(
    paths: tuple[str, str, str], how: str, seen: bool
) -> None:
    """The peer's file has the mesh's spelling of the name, and this app lists the former file yet."""
    theirs, old, new = paths
    before = baseline_of(lists(new if seen else old))
    found = compared(lists(new), before, holds(theirs, 900, BOB), **evidence_of(how, old, new))
    assert files_of(found) == []
    assert [body for body in bodies(found) if not isinstance(body, ItemChanged)] == []
