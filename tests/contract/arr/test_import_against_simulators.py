"""Files that no scan takes are registered by ids, in apps that behave as the real ones do."""

from pathlib import Path

import pytest

from mesharr.arr.base import Arr, ArrKind
from mesharr.core.arr.model import ArrFile, ArrItem, FileToImport
from tests.contract.arr.contract import known_kinds
from tests.contract.arr.simulated import App, adapter_of, lived_in
from tests.support.receiver import Receiver

ODD = {
    "radarr": "odd.mkv",
    "sonarr": "the one with the boat.mkv",
    "lidarr": "x/odd{}.ogg",
    "readarr": "odd.mobi",
}


class House:
    """An app in which an item has one unit's files under names that no scan understands."""

    def __init__(self, kind: ArrKind, folder: Path) -> None:
        self.kind = kind
        self.receiver: Receiver
        self.app: App
        self.receiver, self.app = lived_in(kind, folder)
        self.app.run_commands()
        self.arr: Arr = adapter_of(kind, self.app)
        item = next(item for item in self.arr.read_all() if item.files)
        self.id = item.id
        self.before = self.with_parts()
        self.odd: list[str] = []
        """The paths of the files now, in the order of those before."""
        for number, file in enumerate(self.before.files):
            odd = Path(item.folder, ODD[kind.name].format(number))
            odd.parent.mkdir(exist_ok=True)
            Path(file.path).rename(odd)
            self.odd.append(str(odd))
        self.arr.rescan(item.ref, (*(file.path for file in item.files), *self.odd))
        self.app.run_commands()

    def with_parts(self) -> ArrItem:
        """The item as the adapter reads it."""
        item = self.arr.read(self.id)
        assert item is not None
        return self.arr.with_parts(item, [file.path for file in item.files])

    def to_import(self) -> list[FileToImport]:
        """The files, as an event says what they are."""
        return [
            FileToImport(
                ref=self.before.ref,
                path=path,
                units=file.units,
                parts=file.parts,
                release=file.release,
                quality=file.quality,
                languages=file.languages,
                group=file.group,
            )
            for path, file in zip(self.odd, self.before.files, strict=True)
        ]


@pytest.fixture(params=known_kinds(), ids=lambda kind: kind.name)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return House(request.param, tmp_path)


def _said(file: ArrFile) -> tuple[object, ...]:
    return file.size, file.units, file.parts, file.release, file.quality, set(file.languages)


def test_an_imported_file_is_listed_where_it_lies_as_what_it_was_and_nothing_is_sent(house: House) -> None:
    assert not {file.path for file in house.with_parts().files} & set(house.odd)
    monitored = house.with_parts().monitored
    house.receiver.received.clear()
    files = house.to_import()
    assert all(house.arr.importable(file) for file in files)
    command = house.arr.import_files(files)
    assert house.arr.scans().of(house.before.ref).running
    assert not house.arr.command_ended(command)
    house.app.run_commands()
    assert house.arr.command_ended(command)
    after = house.with_parts()
    found = {file.path: file for file in after.files}
    for path, file in zip(house.odd, house.before.files, strict=True):
        assert _said(found[path]) == _said(file)
    assert after.monitored == monitored
    assert house.receiver.received == []


def test_an_imported_file_stays_after_the_next_scan(house: House) -> None:
    house.arr.import_files(house.to_import())
    house.app.run_commands()
    before = house.with_parts()
    house.arr.rescan(house.before.ref, tuple(house.odd))
    house.app.run_commands()
    assert house.with_parts().files == before.files
