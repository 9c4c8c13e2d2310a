"""A fifth arr, or a second notifier, is one new file: a node uses it, and no other file knows its name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mesharr.arr
import mesharr.notify
from mesharr import notify
from mesharr.arr import kinds
from mesharr.bootstrap.engine import open_notifier
from mesharr.config import config_schema
from mesharr.notify.base import Notifier, NotifierSettings
from tests.support.household import Clock, Household, import_on, make_drive, settle

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


PIGEON = """
from typing import Literal
from mesharr.notify.base import Message, NotifierKind, NotifierSettings
from mesharr.settings.definition import Secret

class PigeonSettings(NotifierSettings):
    kind: Literal["pigeon"]
    loft: str
    ring: Secret

class Pigeon:
    def __init__(self, settings: PigeonSettings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        with open(self._settings.loft, "a") as loft:
            loft.write(f"{message.title}: {message.text}\\n")

KIND = NotifierKind("pigeon", PigeonSettings, Pigeon)
"""


@pytest.fixture
def pigeon(tmp_path: Path) -> Iterator[None]:
    """`notify/pigeon.py` for the length of a test."""
    folder = tmp_path / "notify"
    folder.mkdir()
    (folder / "pigeon.py").write_text(PIGEON)
    mesharr.notify.__path__.append(str(folder))
    yield
    mesharr.notify.__path__.remove(str(folder))
    sys.modules.pop("mesharr.notify.pigeon", None)
    if hasattr(mesharr.notify, "pigeon"):
        del mesharr.notify.pigeon


class _WithItsOwnNotifiers(Household):
    def make_notifier(self, settings: NotifierSettings) -> Notifier:
        return open_notifier(settings)


def test_a_dropped_file_is_all_a_further_notifier_takes(pigeon: None, tmp_path: Path, clock: Clock) -> None:
    assert "pigeon" in notify.kinds()
    loft = tmp_path / "loft"
    make_drive(tmp_path / "drive")
    alice = Household("alice", tmp_path, tmp_path / "drive", clock)
    entry = {"kind": "pigeon", "loft": str(loft), "ring": "hunter2", "on": ["imported"]}
    bob = _WithItsOwnNotifiers("bob", tmp_path, tmp_path / "drive", clock, notify=[entry])
    alice.trust(bob)
    bob.trust(alice)
    settle(clock, alice, bob, seconds=60, steps=6)
    import_on(clock, alice, bob, tmdb=7)
    settle(clock, alice, bob)
    assert (
        loft.read_text()
        == "mesharr bob: imported by others: alice imported Film 7 (2007) Bluray-1080p (movies)\n"
    )
    assert "hunter2" not in repr(bob.config())
    kinds_known = config_schema()["properties"]["notify"]["items"]["anyOf"]
    assert {each["properties"]["kind"]["const"] for each in kinds_known} == {"apprise", "pigeon"}
