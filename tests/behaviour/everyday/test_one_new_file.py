"""A fifth arr is one new file: a node keeps a library in it, and no other file knows its name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mesharr.arr
from mesharr.arr import kinds
from tests.behaviour.household import Clock, Household, import_on, make_drive, settle

RADARR = Path(mesharr.arr.__file__).with_name("radarr.py")


@pytest.fixture
def whisparr(tmp_path: Path) -> Iterator[None]:
    """`arr/whisparr.py` for the length of a test: it speaks as Radarr does, under its own name."""
    folder = tmp_path / "arr"
    folder.mkdir()
    text = RADARR.read_text().replace("radarr", "whisparr").replace("Radarr", "Whisparr")
    (folder / "whisparr.py").write_text(text)
    mesharr.arr.__path__.append(str(folder))
    yield
    mesharr.arr.__path__.remove(str(folder))
    sys.modules.pop("mesharr.arr.whisparr", None)
    if hasattr(mesharr.arr, "whisparr"):
        del mesharr.arr.whisparr


def _household(name: str, root: Path, clock: Clock) -> Household:
    house = Household(
        name,
        root,
        root / "drive",
        clock,
        apps={"whisparr": {"url": "http://radarr", "api_key": "key"}},
        libraries={"movies": {"app": "whisparr"}},
    )
    house.radarr.notifications.connections.clear()
    house.radarr.connect("http://mesharr/hook/whisparr", {})
    return house


def test_a_dropped_file_is_all_a_further_arr_takes(whisparr: None, tmp_path: Path, clock: Clock) -> None:
    assert "whisparr" in kinds()
    make_drive(tmp_path / "drive")
    alice, bob = (_household(name, tmp_path, clock) for name in ("alice", "bob"))
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, alice, bob, tmdb=7)
    assert bob.shows(7) == (False, True)
    assert bob.tags(7) == ["mesharr-alice"]
    alice.radarr.download(7, size=9_000, quality="Bluray-2160p")
    settle(clock, alice, bob)
    movie = bob.movie(7)
    assert movie is not None
    assert movie["sizeOnDisk"] == 9_000
    assert alice.events() == ["item.added", "file.imported", "file.imported"]
    assert bob.events() == []
