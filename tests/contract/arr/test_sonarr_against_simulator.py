"""Every inward action of the adapter, against a Sonarr that behaves as the real one does."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from mesharr.arr.base import Arr
from mesharr.arr.sonarr import KIND
from mesharr.core.arr.model import ArrItem, Download, NewItem, ScanState
from mesharr.core.errors import Refused, Unavailable
from tests.arrs.sonarr.app import Show, SimulatedSonarr, weekly
from tests.unit.arrs.sonarr.household import ANIME, OFFICE, SEVERANCE, SonarrHousehold, announced

UNITS = ("S00E01", "S00E02", "S01E01", "S01E02", "S01E03", "S02E01", "S02E02", "S02E03", "S02E04")


class House(SonarrHousehold):
    """The simulated Sonarr with the adapter on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        transport = httpx.MockTransport(self.sonarr.handle)
        headers = {"X-Api-Key": self.client.headers["X-Api-Key"]}
        self.wire = httpx.Client(base_url="http://sonarr:8989", headers=headers, transport=transport)
        self.arr: Arr = KIND.connect(self.wire)

    @property
    def sim(self) -> SimulatedSonarr:
        return self.sonarr

    def folder(self, show: Show = OFFICE) -> str:
        return str(self.root / show.title)

    def new(self, show: Show = OFFICE, folder: str = "", tag: str = "mesharr-alice") -> NewItem:
        """The show as a peer's event asks for it."""
        return NewItem(
            id=f"tvdb:{show.tvdb_id}",
            ids={"tvdb": show.tvdb_id},
            title=show.title,
            year=show.year,
            folder=folder or self.folder(show),
            root=str(self.root),
            profile="HD-1080p",
            default_profile="Any",
            series_type=show.type,
            tag=tag,
        )

    def item(self, show: Show = OFFICE) -> ArrItem:
        """The show as the adapter reads it; it has to be there."""
        item = self.arr.read(f"tvdb:{show.tvdb_id}")
        assert item is not None
        return item

    def take(self, show: Show = OFFICE) -> ArrItem:
        """Add the show through the adapter and let Sonarr finish with it."""
        self.arr.add(self.new(show))
        self.sim.run_commands()
        return self.item(show)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    assert house.sim.searches == []
    assert house.sim.deleted_media == []


def test_an_added_show_lists_the_peers_files_unmonitored_and_tagged(house: House) -> None:
    path = house.put_file("Season 01/The Office - S01E01-E02 WEBDL-1080p.mkv", 77)
    item = house.take()
    assert (item.kind, item.title, item.year, item.folder) == ("series", "The Office", 2005, house.folder())
    assert (item.tags, item.profile, item.series_type) == (("mesharr-alice",), "HD-1080p", "standard")
    assert item.monitored == dict.fromkeys(UNITS, False)
    assert [(file.path, file.size, file.units) for file in item.files] == [
        (str(path), 77, ("S01E01", "S01E02"))
    ]
    assert list(house.arr.read_all()) == [item]


def test_before_the_first_scan_a_show_exists_and_nothing_of_it_is_monitored(house: House) -> None:
    house.arr.add(house.new())
    item = house.item()
    assert (item.monitored, item.files) == ({}, ())
    house.sim.between = lambda stage, ref: seen.append(any(house.item().monitored.values()))
    seen: list[bool] = []
    house.sim.run_commands()
    assert seen == [False] * 3, "the series is not monitored, whatever its episodes are meanwhile"


def test_an_anime_is_added_as_one(house: House) -> None:
    house.put_file("One Piece - 010 WEBDL-1080p.mkv", show=ANIME)
    item = house.take(ANIME)
    assert (item.series_type, [file.units for file in item.files]) == ("anime", [("S02E02",)])


def test_adding_a_show_twice_is_no_error_and_changes_nothing(house: House) -> None:
    item = house.take()
    house.arr.add(house.new(tag="mesharr-bob"))
    assert house.item() == item


def test_many_shows_are_added_in_one_request_and_one_that_is_there_fails_them_all(house: House) -> None:
    house.take(OFFICE)
    with pytest.raises(Refused):
        house.arr.add_many([house.new(SEVERANCE), house.new(OFFICE)])
    assert [item.title for item in house.arr.read_all()] == ["The Office"]
    house.arr.add_many([house.new(SEVERANCE), house.new(ANIME)])
    house.sim.run_commands()
    item = {item.title: item for item in house.arr.read_all()}
    assert set(item) == {"The Office", "Severance", "One Piece"}
    assert not any(any(each.monitored.values()) for each in item.values())


def test_a_folder_of_another_show_is_refused_in_sonarrs_words(house: House) -> None:
    house.take()
    with pytest.raises(Refused, match="is already configured for another series"):
        house.arr.add(house.new(SEVERANCE, folder=house.folder(OFFICE)))


def test_a_show_whose_slug_is_taken_is_refused(house: House) -> None:
    house.take()
    british = Show(78107, "The Office", 2001, weekly(78107, {1: 2}))
    house.catalogue[british.tvdb_id] = british
    with pytest.raises(Refused, match="is in use by series"):
        house.arr.add(house.new(british, folder=str(house.root / "The Office (UK)")))


def test_an_add_while_the_metadata_server_is_down_is_for_later(house: House) -> None:
    house.sim.metadata_down = True
    with pytest.raises(Unavailable):
        house.arr.add(house.new())
    house.sim.metadata_down = False
    assert house.take().title == "The Office"


def test_a_show_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="was not found"):
        house.arr.add(house.new(Show(1, "Nothing", 1900)))


def test_unmonitoring_an_episode_changes_its_flag_and_nothing_else(house: House) -> None:
    ref = house.take().ref
    house.sim.set_monitored(OFFICE.tvdb_id, True)
    house.sim.set_monitored(OFFICE.tvdb_id, True, season=1)
    before, seasons = house.item(), house.get(ref)["seasons"]
    house.arr.set_monitored(ref, ("S01E02",), monitored=False)
    after = house.item()
    assert after.monitored == {**before.monitored, "S01E02": False}
    assert after.monitored["S01E01"] is True
    flags = [season["monitored"] for season in seasons]
    assert [season["monitored"] for season in house.get(ref)["seasons"]] == flags


def test_monitoring_an_episode_of_an_unmonitored_show_wants_that_one_only(house: House) -> None:
    ref = house.take().ref
    house.sim.set_monitored(OFFICE.tvdb_id, True, season=1)
    assert not any(house.item().monitored.values())
    house.arr.set_monitored(ref, ("S02E01",), monitored=True)
    wanted = [unit for unit, on in house.item().monitored.items() if on]
    assert wanted == ["S02E01"]


def test_a_rescan_finds_the_file_and_its_command_ends(house: House) -> None:
    item = house.take()
    house.time += 600
    path = house.put_file("Season 02/The Office - S02E01 WEBDL-1080p.mkv")
    command = house.arr.rescan(item.ref, (str(path),))
    assert (house.arr.command_ended(command), house.arr.scans().of(item.ref).running) == (False, True)
    house.sim.run_commands()
    assert house.arr.command_ended(command) is True
    assert house.arr.scans().of(item.ref) == ScanState(running=False, ended=int(house.time) * 1000)
    assert [file.units for file in house.item().files] == [("S02E01",)]


def test_a_file_of_an_episode_that_is_not_known_yet_asks_for_a_refresh(house: House) -> None:
    item = house.take()
    house.catalogue[OFFICE.tvdb_id] = OFFICE.with_episodes(announced(2, 5))
    path = house.put_file("Season 02/The Office - S02E05 WEBDL-1080p.mkv")
    house.arr.rescan(item.ref, (str(path),), ("S02E05",))
    house.sim.run_commands()
    item = house.item()
    assert [file.units for file in item.files] == [("S02E05",)]
    assert item.monitored["S02E05"] is False


def test_an_upgrade_by_a_peer_is_taken_when_the_old_file_is_gone(house: House) -> None:
    old = house.put_file("Season 01/The Office - S01E01 Bluray-1080p.mkv")
    item = house.take()
    new = house.put_file("Season 01/The Office - S01E01 WEBDL-720p.mkv", 99)
    house.arr.rescan(item.ref)
    house.sim.run_commands()
    assert [file.path for file in house.item().files] == [str(old)]
    old.unlink()
    house.arr.rescan(item.ref)
    house.sim.run_commands()
    assert [file.path for file in house.item().files] == [str(new)]


def test_a_removal_leaves_every_file_and_twice_is_once(house: House) -> None:
    path = house.put_file("Season 01/The Office - S01E01.mkv")
    item = house.take()
    house.arr.remove(item.ref)
    house.arr.remove(item.ref)
    house.sim.run_commands()
    assert house.arr.read(f"tvdb:{OFFICE.tvdb_id}") is None
    assert path.exists()


def test_a_move_points_elsewhere_and_touches_no_file_and_no_flag(house: House) -> None:
    path = house.put_file("Season 01/The Office - S01E01.mkv")
    item = house.take()
    house.sim.set_monitored(OFFICE.tvdb_id, True)
    house.sim.set_monitored(OFFICE.tvdb_id, True, season=2)
    before = house.item()
    there = house.root / "Office"
    (there / "Season 01").mkdir(parents=True)
    (there / "Season 01" / "The Office - S01E02.mkv").write_bytes(b"y")
    house.arr.move(item.ref, str(there))
    house.arr.rescan(item.ref)
    house.sim.run_commands()
    moved = house.item()
    assert (moved.folder, moved.monitored, moved.tags) == (str(there), before.monitored, before.tags)
    assert [file.units for file in moved.files] == [("S01E02",)]
    assert path.exists()


def test_imports_are_in_the_history_and_files_found_by_a_scan_are_not(house: House) -> None:
    house.put_file("S01E01.mkv")
    house.take()
    start = int(house.time * 1000)
    house.time += 60
    house.sim.grab(OFFICE.tvdb_id, 1, 2, 3)
    assert house.arr.downloads() == (Download(f"tvdb:{OFFICE.tvdb_id}", ("S01E02", "S01E03")),)
    house.sim.download(OFFICE.tvdb_id, 1, 2, 3, name="Season 01/S01E02E03.mkv")
    assert house.arr.downloads() == ()
    grab, signal = house.arr.history_since(start).signals
    assert (grab.kind, grab.units) == ("grabbed", ("S01E02", "S01E03"))
    assert (signal.kind, signal.id, signal.folder) == ("imported", f"tvdb:{OFFICE.tvdb_id}", house.folder())
    assert signal.paths == (f"{house.folder()}/Season 01/S01E02E03.mkv",)


def test_its_webhooks_report_what_happened(house: House) -> None:
    flags = [name for name in house.sim.definition.triggers if name != "includeHealthWarnings"]
    house.register(house.client, flags)
    house.sim.add(OFFICE.tvdb_id)
    house.sim.run_commands()
    house.sim.grab(OFFICE.tvdb_id, 1, 1)
    old = house.sim.download(OFFICE.tvdb_id, 1, 1, name="S01E01.mkv", quality="SDTV")
    house.sim.download(OFFICE.tvdb_id, 1, 1, name="S01E01 b.mkv")
    house.sim.rename(OFFICE.tvdb_id, 1, 1, "c.mkv")
    house.sim.delete_file(OFFICE.tvdb_id, 1, 1)
    house.sim.delete(OFFICE.tvdb_id)
    signals = [signal for body in house.received for signal in KIND.parse_webhook(_bytes(body))]
    assert {signal.id for signal in signals} == {f"tvdb:{OFFICE.tvdb_id}"}
    assert [(signal.kind, signal.reason) for signal in signals] == [
        ("added", ""),
        ("grabbed", ""),
        ("imported", ""),
        ("imported", ""),
        ("file_deleted", "upgrade"),
        ("imported", ""),
        ("imported", ""),
        ("renamed", ""),
        ("file_deleted", "manual"),
        ("deleted", ""),
    ]
    assert signals[5].replaced == (f"{house.folder()}/{old.relative_path}",)
    assert list(signals[7].renamed.values()) == [f"{house.folder()}/c.mkv"]


def test_its_custom_script_gives_the_signals_of_its_webhook(house: House, tmp_path: Path) -> None:
    script, reported = tmp_path / "hook.sh", tmp_path / "events"
    script.write_text(f'#!/bin/sh\nn=$(ls "{reported}" | wc -l)\nenv -0 > "{reported}/$((n + 100))"\n')
    script.chmod(0o755)
    reported.mkdir()
    flags = house.sim.definition.triggers
    fields = [{"name": "path", "value": str(script)}]
    house.register(house.client, flags, name="script", implementation="CustomScript", fields=fields)
    house.register(house.client, flags)
    house.sim.add(SEVERANCE.tvdb_id)
    house.sim.run_commands()
    house.sim.grab(SEVERANCE.tvdb_id, 1, 1, 2)
    house.sim.download(SEVERANCE.tvdb_id, 1, 1, 2, quality="SDTV")
    house.sim.download_season(SEVERANCE.tvdb_id, 1)
    house.sim.rename(SEVERANCE.tvdb_id, 1, 1, "a.mkv")
    house.sim.delete_file(SEVERANCE.tvdb_id, 1, 1)
    house.sim.delete(SEVERANCE.tvdb_id)
    environments = [
        dict(line.split("=", 1) for line in path.read_text().split("\0") if line)
        for path in sorted(reported.iterdir())
    ]
    assert KIND.parse_script(environments[0]) == ()  # the test that comes with the registration
    by_script = [signal for env in environments for signal in KIND.parse_script(env)]
    by_webhook = [signal for body in house.received for signal in KIND.parse_webhook(_bytes(body))]
    assert by_webhook[1].folder == house.folder(SEVERANCE)
    by_webhook[1] = msgspec.structs.replace(by_webhook[1], folder="")  # a script's grab has no path
    assert by_script == by_webhook
    assert len(by_script) == 11


def test_what_the_household_excluded_is_known(house: House) -> None:
    house.take()
    house.sim.delete(OFFICE.tvdb_id, exclude=True)
    assert house.arr.exclusions() == {f"tvdb:{OFFICE.tvdb_id}"}


def test_lists_that_unmonitor_are_a_finding_and_no_refusal(house: House) -> None:
    page = "/config/importlist"
    settings = house.client.get(page).json()
    assert house.client.put(page, json=settings | {"listSyncLevel": "keepAndUnmonitor"}).status_code == 202
    house.arr.check_settings()
    assert any("listSyncLevel" in finding.what for finding in house.arr.setting_problems())


def test_it_describes_itself(house: House) -> None:
    info = house.arr.library_info()
    assert (info.app, info.version.partition(".")[0]) == ("sonarr", "4")
    assert "Season {season:00}" in info.naming
    assert house.arr.roots() == {str(house.root): True}
    assert house.arr.setting_problems() != ()


def _bytes(body: object) -> bytes:
    return msgspec.json.encode(body)
