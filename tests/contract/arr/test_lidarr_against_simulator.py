"""Every inward action of the adapter, against a Lidarr that behaves as the real one does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from mesharr.arr.base import Arr
from mesharr.arr.lidarr import KIND
from mesharr.core.arr.model import ArrItem, Download, NewItem, ScanState
from mesharr.core.errors import Refused, Unavailable
from tests.unit.arrs.lidarr.household import (
    APHEX,
    BOC,
    CAMPFIRE,
    DRUKQS,
    GEOGADDI,
    OLD_BOC,
    TWOISM,
    LidarrHousehold,
)

NAMES = {BOC: "Boards of Canada", APHEX: "Aphex Twin"}


class House(LidarrHousehold):
    """The simulated Lidarr with the adapter on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        headers = {"X-Api-Key": self.client.headers["X-Api-Key"]}
        transport = httpx.MockTransport(self.arr.handle)
        self.adapter: Arr = KIND.connect(
            httpx.Client(base_url="http://lidarr:8686", headers=headers, transport=transport)
        )

    def new(self, artist: str = BOC, folder: str = "") -> NewItem:
        """The artist as a peer's event asks for it."""
        return NewItem(
            id=f"mbid:{artist}",
            ids={"mbid": artist},
            title=NAMES.get(artist, "Nobody"),
            year=0,
            folder=folder or str(self.root / NAMES.get(artist, "Nobody")),
            root=str(self.root),
            profile="Lossless",
            default_profile="Any",
            tag="mesharr-alice",
        )

    def item(self, artist: str = BOC) -> ArrItem:
        """The artist as the adapter reads it; it has to be there."""
        item = self.adapter.read(f"mbid:{artist}")
        assert item is not None
        return item

    def take(self, artist: str = BOC) -> ArrItem:
        """Add the artist through the adapter and let Lidarr finish with it."""
        self.adapter.add(self.new(artist))
        self.arr.run_commands()
        return self.item(artist)

    def scan(self, item: ArrItem, paths: tuple[str, ...] = (), units: tuple[str, ...] = ()) -> ArrItem:
        """Have the adapter ask for a scan, and let Lidarr finish it."""
        self.adapter.rescan(item.ref, paths, units)
        self.arr.run_commands()
        return self.item(item.id.removeprefix("mbid:"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    assert house.arr.searches == []
    assert house.arr.deleted_media == []


def test_an_added_artist_lists_the_peers_files_and_everything_is_unmonitored(house: House) -> None:
    paths = house.geogaddi()
    item = house.take()
    assert (item.kind, item.title, item.folder, item.multi_file_units) == (
        "artist",
        NAMES[BOC],
        house.artist,
        True,
    )
    assert (item.tags, item.profile) == (("mesharr-alice",), "Lossless")
    assert item.monitored == {GEOGADDI: False, CAMPFIRE: False}
    files = [(file.path, file.size, file.units) for file in item.files]
    assert files == [(str(path), 10, (GEOGADDI,)) for path in paths]
    assert list(house.adapter.read_all()) == [item]


def test_an_add_sends_no_event_and_leaves_no_options_behind(house: House) -> None:
    house.connect()
    item = house.take()
    assert house.received == []
    artist = house.get(f"/artist/{item.ref}")
    assert (artist["monitored"], artist["monitorNewItems"]) == (False, "none")
    assert artist.get("addOptions") is None


def test_adding_an_artist_twice_is_no_error_and_changes_nothing(house: House) -> None:
    item = house.take()
    house.adapter.add(msgspec.structs.replace(house.new(), tag="mesharr-bob"))
    assert house.item() == item


def test_a_folder_of_another_artist_is_refused_in_lidarrs_words(house: House) -> None:
    house.take()
    with pytest.raises(Refused, match="is already configured for another artist"):
        house.adapter.add(house.new(APHEX, folder=house.artist))


def test_an_add_while_the_metadata_server_is_down_is_for_later(house: House) -> None:
    house.arr.metadata_down = True
    with pytest.raises(Unavailable):
        house.adapter.add(house.new())


def test_an_artist_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="was not found"):
        house.adapter.add(house.new("12345678-0000-4000-8000-000000000000"))


def test_an_artist_is_found_by_an_id_it_had_before_it_was_merged(house: House) -> None:
    item = house.take()
    assert house.item(OLD_BOC) == item


def test_unmonitoring_an_album_changes_its_flag_and_nothing_else(house: House) -> None:
    item = house.take()
    house.arr.set_monitored(BOC, True)
    house.arr.set_monitored(GEOGADDI, True)
    house.arr.set_monitored(CAMPFIRE, True)
    house.adapter.set_monitored(item.ref, (GEOGADDI,), monitored=False)
    assert house.item().monitored == {GEOGADDI: False, CAMPFIRE: True}


def test_monitoring_an_album_of_an_unmonitored_artist_wants_that_one_only(house: House) -> None:
    item = house.take()
    house.arr.set_monitored(CAMPFIRE, True)
    house.adapter.set_monitored(item.ref, (GEOGADDI,), monitored=True)
    assert house.item().monitored == {GEOGADDI: True, CAMPFIRE: False}


def test_a_rescan_finds_the_files_and_its_command_ends(house: House) -> None:
    item = house.take()
    house.time += 600
    house.geogaddi()
    command = house.adapter.rescan(item.ref)
    assert house.adapter.command_ended(command) is False
    assert house.adapter.scans().of(item.ref).running is True
    house.arr.run_commands()
    assert house.adapter.command_ended(command) is True
    assert house.adapter.scans().of(item.ref) == ScanState(running=False, ended=int(house.time) * 1000)
    assert len(house.item().files) == 2


def test_a_rescan_adds_nobody_whose_files_lie_beside(house: House) -> None:
    item = house.take()
    house.put("Aphex Twin/Drukqs (2001)/01 Jynweythek.flac")
    house.scan(item)
    assert house.adapter.read(f"mbid:{APHEX}") is None


def test_an_album_the_profile_leaves_out_is_added_and_takes_its_file(house: House) -> None:
    [path] = house.put("Boards of Canada/Twoism (1995)/01 Sixtyniner.flac")
    item = house.take()
    assert TWOISM not in item.monitored
    item = house.scan(item, (str(path),), (TWOISM,))
    assert [file.units for file in item.files] == [(TWOISM,)]
    assert item.monitored[TWOISM] is False
    assert house.arr.requests.count(("POST", "/api/v1/album")) == 1


@pytest.mark.parametrize("folders_stay", [False, True])
def test_the_last_files_to_go_are_let_go_of_when_their_folders_went(house: House, folders_stay: bool) -> None:
    paths = house.geogaddi()
    item = house.take()
    for path in paths:
        path.unlink()
    if not folders_stay:
        shutil.rmtree(paths[0].parent)
    item = house.scan(item, tuple(str(path) for path in paths))
    assert len(item.files) == (2 if folders_stay else 0)


def test_a_track_that_went_is_let_go_of_while_others_stay(house: House) -> None:
    first, second = house.geogaddi()
    item = house.take()
    first.unlink()
    assert [file.path for file in house.scan(item, (str(first),)).files] == [str(second)]


def test_a_removal_leaves_every_file_and_twice_is_once(house: House) -> None:
    paths = house.geogaddi()
    item = house.take()
    house.adapter.remove(item.ref)
    house.adapter.remove(item.ref)
    house.arr.run_commands()
    assert house.adapter.read(f"mbid:{BOC}") is None
    assert all(path.exists() for path in paths)


def test_a_move_points_elsewhere_and_touches_no_file(house: House) -> None:
    item = house.take()
    paths = house.put("BoC/Geogaddi (2002)/01 Ready Lets Go.flac")
    house.adapter.move(item.ref, str(house.root / "BoC"))
    moved = house.scan(item)
    assert moved.folder == str(house.root / "BoC")
    assert [file.path for file in moved.files] == [str(paths[0])]
    assert (moved.monitored, moved.tags, moved.profile) == (item.monitored, item.tags, item.profile)


def test_the_history_has_imports_renames_and_deleted_files(house: House) -> None:
    house.take()
    start = int(house.time * 1000)
    house.time += 60
    house.arr.download(GEOGADDI)
    house.arr.rename(GEOGADDI, "Geogaddi")
    house.arr.delete_file(GEOGADDI)
    imported, renamed, deleted = house.adapter.history_since(start).signals
    assert {signal.id for signal in (imported, renamed, deleted)} == {f"mbid:{BOC}"}
    assert len(imported.paths) == len(renamed.renamed) == len(deleted.paths) == 2
    assert (deleted.kind, deleted.reason) == ("file_deleted", "manual")
    assert set(renamed.renamed) == set(imported.paths)


def test_what_is_queued_is_a_download(house: House) -> None:
    house.take()
    house.arr.grab(GEOGADDI)
    assert house.adapter.downloads() == (Download(f"mbid:{BOC}", (GEOGADDI,)),)


def _happens(house: House) -> None:
    house.arr.add(APHEX)
    house.arr.run_commands()
    house.arr.grab(DRUKQS)
    house.arr.download(DRUKQS, suffix=".mp3")
    house.arr.download(DRUKQS)
    house.arr.retag(DRUKQS)
    house.arr.rename(DRUKQS, "Drukqs")
    house.arr.delete(DRUKQS)
    house.arr.delete(APHEX)


SIGNALS = [
    ("added", ""),
    ("imported", ""),
    ("imported", ""),
    ("retagged", ""),
    ("renamed", ""),
    ("file_deleted", "unsure"),
    ("deleted", "unsure"),
]


def test_its_webhooks_report_what_happened_and_no_deletion_is_sure(house: House) -> None:
    house.connect()
    _happens(house)
    signals = [signal for body in house.received for signal in KIND.parse_webhook(msgspec.json.encode(body))]
    assert {signal.id for signal in signals} == {f"mbid:{APHEX}"}
    assert [(signal.kind, signal.reason) for signal in signals] == SIGNALS
    assert len(signals[2].replaced) == 1


def test_its_custom_script_gives_the_signals_of_its_webhook(house: House, tmp_path: Path) -> None:
    house.connect()
    runs = house.script(tmp_path)
    _happens(house)
    environments = [{f"lidarr_{name}": value for name, value in run.items()} for run in runs()]
    by_script = [signal for env in environments for signal in KIND.parse_script(env)]
    by_webhook = [
        signal for body in house.received for signal in KIND.parse_webhook(msgspec.json.encode(body))
    ]
    assert by_script == by_webhook
    assert len(by_script) == len(SIGNALS)


def test_a_root_that_would_monitor_what_it_finds_is_refused_until_changed(house: House) -> None:
    [root] = house.get("/rootfolder")
    house.client.put(f"/rootfolder/{root['id']}", json={**root, "defaultMonitorOption": "all"})
    with pytest.raises(Refused, match="monitors all"):
        house.adapter.check_settings()
    safe = {"defaultMonitorOption": "none", "defaultNewItemMonitorOption": "none"}
    house.client.put(f"/rootfolder/{root['id']}", json={**root, **safe})
    house.adapter.check_settings()


def test_what_its_settings_do_to_a_shared_drive_is_found(house: House) -> None:
    house.settings("metadataprovider", writeAudioTags="sync")
    found = [finding.what for finding in house.adapter.setting_problems()]
    assert any("writeAudioTags is sync" in what for what in found)
    assert any("watchLibraryForChanges is True" in what for what in found)


def test_it_describes_itself_and_its_roots(house: House) -> None:
    info = house.adapter.library_info()
    assert (info.app, info.version.split(".")[0]) == ("lidarr", "2")
    assert "{Artist Name}" in info.naming
    assert "Lossless" in info.profiles
    assert house.adapter.roots() == {str(house.root): True}
