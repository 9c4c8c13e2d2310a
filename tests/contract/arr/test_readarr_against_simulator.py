"""Every inward action of the adapter, against a Readarr that behaves as the real one does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from mesharr.arr.base import Arr
from mesharr.arr.readarr import KIND
from mesharr.core.arr.model import ArrItem, Download, NewItem, ScanState
from mesharr.core.errors import Refused, Unavailable
from tests.unit.arrs.readarr.household import (
    EARTHSEA,
    LE_GUIN,
    LEGUIN_FOLDER,
    LEM,
    SOLARIS,
    TEHANU,
    ReadarrHousehold,
)

NAMES = {LE_GUIN: LEGUIN_FOLDER, LEM: "Stanislaw Lem"}


class House(ReadarrHousehold):
    """The simulated Readarr with the adapter on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        headers = {"X-Api-Key": self.client.headers["X-Api-Key"]}
        transport = httpx.MockTransport(self.arr.handle)
        self.adapter: Arr = KIND.connect(
            httpx.Client(base_url="http://readarr:8787", headers=headers, transport=transport)
        )

    def new(self, author: str = LE_GUIN, folder: str = "") -> NewItem:
        """The author as a peer's event asks for it."""
        return NewItem(
            id=f"goodreads:{author}",
            ids={"goodreads": author},
            title=NAMES.get(author, "Nobody"),
            year=0,
            folder=folder or str(self.root / NAMES.get(author, "Nobody")),
            root=str(self.root),
            profile="Spoken",
            default_profile="eBook",
            tag="mesharr-alice",
        )

    def item(self, author: str = LE_GUIN) -> ArrItem:
        """The author as the adapter reads it; it has to be there."""
        item = self.adapter.read(f"goodreads:{author}")
        assert item is not None
        return item

    def take(self, author: str = LE_GUIN) -> ArrItem:
        """Add the author through the adapter and let Readarr finish with it."""
        self.adapter.add(self.new(author))
        self.arr.run_commands()
        return self.item(author)

    def scan(self, item: ArrItem, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> ArrItem:
        """Have the adapter ask for a scan, and let Readarr finish it."""
        self.adapter.rescan(item.ref, paths, units)
        self.arr.run_commands()
        return self.item(item.id.removeprefix("goodreads:"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    assert house.arr.searches == []
    assert house.arr.deleted_media == []


def test_an_added_author_lists_the_peers_files_and_everything_is_unmonitored(house: House) -> None:
    path = house.earthsea()
    item = house.take()
    assert (item.kind, item.title, item.folder, item.multi_file_units) == (
        "author",
        LEGUIN_FOLDER,
        house.author,
        True,
    )
    assert (item.tags, item.profile) == (("mesharr-alice",), "Spoken")
    assert item.monitored == {EARTHSEA: False, TEHANU: False}
    assert [(file.path, file.size, file.units) for file in item.files] == [(str(path), 10, (EARTHSEA,))]
    assert list(house.adapter.read_all()) == [item]


def test_adding_an_author_twice_is_no_error_and_changes_nothing(house: House) -> None:
    item = house.take()
    house.adapter.add(msgspec.structs.replace(house.new(), tag="mesharr-bob"))
    assert house.item() == item


def test_a_folder_of_another_author_is_refused_in_readarrs_words(house: House) -> None:
    house.take()
    with pytest.raises(Refused, match="is already configured for another author"):
        house.adapter.add(house.new(LEM, folder=house.author))


def test_an_outage_and_a_wrong_id_are_answered_alike_and_tried_again(house: House) -> None:
    house.arr.metadata_down = True
    with pytest.raises(Unavailable, match="metadata server does not answer"):
        house.adapter.add(house.new())
    house.arr.metadata_down = False
    with pytest.raises(Unavailable, match="id that does not exist"):
        house.adapter.add(house.new("999"))
    assert house.take().title == LEGUIN_FOLDER


def test_an_author_is_found_again_under_another_number(house: House) -> None:
    first = house.take()
    house.arr.delete(LE_GUIN)
    assert house.adapter.read(f"goodreads:{LE_GUIN}") is None
    house.take(LEM)
    again = house.take()
    assert again.ref != first.ref


def test_unmonitoring_a_book_changes_its_flag_and_nothing_else(house: House) -> None:
    item = house.take()
    for id_ in (LE_GUIN, EARTHSEA, TEHANU):
        house.arr.set_monitored(id_, True)
    house.adapter.set_monitored(item.ref, (EARTHSEA,), monitored=False)
    assert house.item().monitored == {EARTHSEA: False, TEHANU: True}


def test_monitoring_a_book_of_an_unmonitored_author_wants_that_one_only(house: House) -> None:
    item = house.take()
    house.arr.set_monitored(TEHANU, True)
    house.adapter.set_monitored(item.ref, (EARTHSEA,), monitored=True)
    assert house.item().monitored == {EARTHSEA: True, TEHANU: False}


def test_a_rescan_finds_the_file_adds_nobody_and_its_command_ends(house: House) -> None:
    item = house.take()
    house.time += 600
    house.earthsea()
    house.put("Stanislaw Lem/Solaris/Stanislaw Lem - Solaris.epub")
    command = house.adapter.rescan(item.ref)
    assert house.adapter.command_ended(command) is False
    assert house.adapter.scans().of(item.ref).running is True
    house.arr.run_commands()
    assert house.adapter.command_ended(command) is True
    assert house.adapter.scans().of(item.ref) == ScanState(running=False, ended=int(house.time) * 1000)
    assert len(house.item().files) == 1
    assert house.adapter.read(f"goodreads:{LEM}") is None


def test_a_book_that_is_not_known_is_added_by_an_edition_and_takes_its_file(house: House) -> None:
    [path] = house.put(f"{LEGUIN_FOLDER}/Tehanu/{LEGUIN_FOLDER} - Tehanu.epub")
    house.take()
    house.arr.delete(TEHANU)
    item = house.item()
    assert TEHANU not in item.monitored
    item = house.scan(item, (str(path),), (TEHANU,))
    assert [file.units for file in item.files] == [(TEHANU,)]
    assert item.monitored[TEHANU] is False


@pytest.mark.parametrize("folder_stays", [False, True])
def test_the_last_file_to_go_is_let_go_of_when_its_folder_went(house: House, folder_stays: bool) -> None:
    path = house.earthsea()
    item = house.take()
    path.unlink()
    if not folder_stays:
        shutil.rmtree(path.parent)
    assert len(house.scan(item, (str(path),)).files) == (1 if folder_stays else 0)


def test_a_removal_leaves_every_file_and_twice_is_once(house: House) -> None:
    path = house.earthsea()
    item = house.take()
    house.adapter.remove(item.ref)
    house.adapter.remove(item.ref)
    house.arr.run_commands()
    assert house.adapter.read(f"goodreads:{LE_GUIN}") is None
    assert path.exists()


def test_a_move_points_elsewhere_and_touches_no_file(house: House) -> None:
    item = house.take()
    [path] = house.put(f"Le Guin/A Wizard of Earthsea/{LEGUIN_FOLDER} - A Wizard of Earthsea.epub")
    house.adapter.move(item.ref, str(house.root / "Le Guin"))
    moved = house.scan(item)
    assert moved.folder == str(house.root / "Le Guin")
    assert [file.path for file in moved.files] == [str(path)]
    assert (moved.monitored, moved.tags, moved.profile) == (item.monitored, item.tags, item.profile)


def test_the_history_has_imports_renames_and_deleted_files_with_their_reasons(house: House) -> None:
    house.take()
    start = int(house.time * 1000)
    house.time += 60
    house.arr.download(EARTHSEA, parts=2)
    house.arr.rename(EARTHSEA, "Earthsea")
    house.arr.delete_file(EARTHSEA)
    imported, renamed, deleted = house.adapter.history_since(start).signals
    assert {signal.id for signal in (imported, renamed, deleted)} == {f"goodreads:{LE_GUIN}"}
    assert len(imported.paths) == len(renamed.renamed) == len(deleted.paths) == 2
    assert (deleted.kind, deleted.reason) == ("file_deleted", "manual")


def test_what_is_queued_is_a_download(house: House) -> None:
    house.take()
    house.arr.grab(EARTHSEA)
    assert house.adapter.downloads() == (Download(f"goodreads:{LE_GUIN}", (EARTHSEA,)),)


def _happens(house: House) -> None:
    house.arr.add(LEM)
    house.arr.run_commands()
    house.arr.grab(SOLARIS)
    house.arr.download(SOLARIS, suffix=".mobi")
    house.arr.download(SOLARIS, suffix=".m4b")
    house.arr.retag(SOLARIS)
    house.arr.delete_file(SOLARIS)
    house.arr.delete(LEM)


def _connect(house: House) -> None:
    flags = {flag: flag in KIND.triggers for flag in house.arr.definition.triggers}
    assert house.connect(**flags).status_code == 201


def test_its_webhooks_report_what_happened_and_no_deletion_is_sure(house: House) -> None:
    _connect(house)
    _happens(house)
    signals = [signal for body in house.received for signal in KIND.parse_webhook(msgspec.json.encode(body))]
    assert {signal.id for signal in signals} == {f"goodreads:{LEM}"}
    assert [(signal.kind, signal.reason) for signal in signals] == [
        ("added", ""),
        ("imported", ""),
        ("imported", ""),
        ("retagged", ""),
        ("file_deleted", "unsure"),
        ("deleted", "unsure"),
    ]
    assert len(signals[2].replaced) == 1


def test_its_custom_script_reports_more_than_its_webhook(house: House, tmp_path: Path) -> None:
    runs = house.script(tmp_path)
    _happens(house)
    environments = [{f"readarr_{name}": value for name, value in run.items()} for run in runs()]
    signals = [signal for env in environments for signal in KIND.parse_script(env)]
    assert {signal.id for signal in signals} == {f"goodreads:{LEM}"}
    deleted = [signal.reason for signal in signals if signal.kind == "file_deleted" and signal.paths]
    assert deleted == ["upgrade", "manual"]


def test_a_file_that_a_scan_reads_again_is_no_deletion(house: House, tmp_path: Path) -> None:
    house.earthsea()
    item = house.take()
    runs = house.script(tmp_path)
    house.earthsea(size=99)
    house.scan(item)
    environments = [{f"readarr_{name}": value for name, value in run.items()} for run in runs()]
    assert [signal.reason for env in environments for signal in KIND.parse_script(env)] == ["unsure"]


def test_a_root_that_would_monitor_what_it_finds_is_refused_until_changed(house: House) -> None:
    [root] = house.get("/rootfolder")
    house.client.put(f"/rootfolder/{root['id']}", json={**root, "defaultMonitorOption": "all"})
    with pytest.raises(Refused, match="monitors all"):
        house.adapter.check_settings()
    safe = {"defaultMonitorOption": "none", "defaultNewItemMonitorOption": "none"}
    house.client.put(f"/rootfolder/{root['id']}", json={**root, **safe})
    house.adapter.check_settings()


def test_what_its_settings_do_to_a_shared_drive_is_found(house: House) -> None:
    found = [finding.what for finding in house.adapter.setting_problems()]
    assert any("recycleBin is empty" in what for what in found)
    assert any("metadataSource is empty" in what for what in found)


def test_it_describes_itself_and_its_roots(house: House) -> None:
    info = house.adapter.library_info()
    assert (info.app, info.version.split(".")[0]) == ("readarr", "0")
    assert "{Author Name}" in info.naming
    assert "Spoken" in info.profiles
    assert house.adapter.roots() == {str(house.root): True}
