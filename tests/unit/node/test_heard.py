"""What an app's signals are evidence of; history rows compared before are none."""

import pytest

from mesharr.core.arr.model import Signal
from mesharr.node.outward.compare.signals import evidence_of, unheard

HEARD = {"x/a.mkv": 1000, "x/b.mkv": 1000}


def imported(*names: str, at: int = 900) -> Signal:
    return Signal(kind="imported", id="tmdb:1", paths=tuple(f"/films/X/{name}.mkv" for name in names), at=at)


def renamed(*names: str, at: int = 900) -> Signal:
    paths = {f"/films/X/{name} old.mkv": f"/films/X/{name}.mkv" for name in names}
    return Signal(kind="renamed", id="tmdb:1", paths=tuple(paths.values()), renamed=paths, at=at)


def deleted(name: str, at: int) -> Signal:
    return Signal(kind="file_deleted", id="tmdb:1", paths=(f"/films/X/{name}.mkv",), at=at)


@pytest.mark.parametrize(
    "signal",
    [
        pytest.param(imported("a", at=0), id="a webhook"),
        pytest.param(imported("a", at=1001), id="an import since"),
        pytest.param(renamed("a", at=0), id="a webhook of a rename"),
        pytest.param(renamed("a", at=1001), id="a rename since"),
        pytest.param(imported("c"), id="another file"),
        pytest.param(imported("a", "c"), id="one of several files"),
        pytest.param(Signal(kind="imported", id="tmdb:1", unnamed=True, at=900), id="files without names"),
        pytest.param(deleted("a", at=0), id="a webhook of a deletion"),
        pytest.param(deleted("a", at=1001), id="a deletion since"),
    ],
)
def test_what_was_not_compared_is_evidence(signal: Signal) -> None:
    assert unheard([signal], "/films", HEARD) == (signal,)


def test_what_was_compared_is_none() -> None:
    assert unheard([imported("a"), imported("A", "b", at=1000)], "/films", HEARD) == ()
    assert unheard([renamed("a", at=1000), renamed("a", "B")], "/films", HEARD) == ()
    assert unheard([deleted("A", at=1000)], "/films", HEARD) == ()


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        (("/films/X", "/films/X (2001)"), "X (2001)"),
        (("/films/X", "/elsewhere/X", ""), "X"),
        (("/elsewhere/X",), ""),
        ((), ""),
    ],
)
def test_a_deletion_states_the_folder_that_the_item_had_last(folders: tuple[str, ...], found: str) -> None:
    signals = [Signal(kind="deleted", id="tmdb:1", folder=folder) for folder in folders]
    added = Signal(kind="added", id="tmdb:1", folder="/films/Y")
    assert evidence_of([*signals, added], "/films", 0).deleted_from == found
