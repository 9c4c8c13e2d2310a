"""Every inward action of the adapter, against a Radarr that behaves as the real one does."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mesharr.arr.base import Arr
from mesharr.arr.radarr import KIND
from mesharr.core.arr.model import ArrItem, NewItem, ScanState
from mesharr.core.errors import Refused, Unavailable
from mesharr.demo.radarr.app import Film, SimulatedRadarr

KEY = "0123456789abcdef0123456789abcdef"
DUNE = Film(438631, "Dune", 2021, "tt1160419")
HEAT = Film(949, "Heat", 1995, "tt0113277")
SIZE = 4096


class House:
    """A simulated Radarr with a folder, the adapter on it, and a clock that moves when reported."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "Movies"
        self.root.mkdir()
        (self.root / ".keep").touch()
        self.time = 1_763_150_462.0
        self.received: list[bytes] = []
        self.sim = SimulatedRadarr(
            roots=[str(self.root)],
            api_key=KEY,
            catalogue={film.tmdb_id: film for film in (DUNE, HEAT)},
            now=lambda: self.time,
            post=self.parse,
        )
        transport = httpx.MockTransport(self.sim.handle)
        self.client = httpx.Client(
            base_url="http://radarr:7878", headers={"X-Api-Key": KEY}, transport=transport
        )
        self.arr: Arr = KIND.connect(self.client)

    def parse(self, _url: str, content: bytes, _headers: dict[str, str]) -> int:
        """Receive a webhook."""
        self.received.append(content)
        return 200

    def listen(self) -> None:
        """Register the receiver, with every event on."""
        flags = [name for name in self.sim.definition.triggers if name != "includeHealthWarnings"]
        connection = {
            "name": "mesharr",
            "implementation": "Webhook",
            "configContract": "WebhookSettings",
            "tags": [],
            **dict.fromkeys(flags, True),
            "fields": [{"name": "url", "value": "http://mesharr/hook"}],
        }
        assert self.client.post("/api/v3/notification", json=connection).status_code == 201
        self.received.clear()

    def folder(self, film: Film = DUNE) -> str:
        """Where the film's files lie."""
        return str(self.root / f"{film.title} ({film.year})")

    def put(self, name: str = "Dune (2021) Bluray-1080p.mkv", film: Film = DUNE) -> Path:
        """Put a file there behind Radarr's back, as a peer's upload does."""
        path = Path(self.folder(film)) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * SIZE)
        return path

    def new(self, film: Film = DUNE, folder: str = "", tag: str = "mesharr-alice") -> NewItem:
        """The film as a peer's event asks for it."""
        return NewItem(
            id=f"tmdb:{film.tmdb_id}",
            ids={"tmdb": film.tmdb_id},
            title=film.title,
            year=film.year,
            folder=folder or self.folder(film),
            root=str(self.root),
            profile="HD-1080p",
            default_profile="Any",
            tag=tag,
        )

    def item(self, film: Film = DUNE) -> ArrItem:
        """The film as the adapter reads it; it has to be there."""
        item = self.arr.read(f"tmdb:{film.tmdb_id}")
        assert item is not None
        return item

    def added(self, film: Film = DUNE) -> ArrItem:
        """Add the film through the adapter and let Radarr finish with it."""
        self.arr.add(self.new(film))
        self.sim.run_commands()
        return self.item(film)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    assert house.sim.searches == []
    assert house.sim.deleted_media == []


def test_an_added_movie_lists_the_peers_file_unmonitored_and_tagged(house: House) -> None:
    path = house.put()
    item = house.added()
    assert (item.kind, item.title, item.year, item.folder) == ("movie", "Dune", 2021, house.folder())
    assert item.ids == {"tmdb": 438631, "imdb": "tt1160419"}
    assert (item.monitored, item.tags, item.profile) == ({"movie": False}, ("mesharr-alice",), "HD-1080p")
    assert [(file.path, file.size, file.units) for file in item.files] == [(str(path), SIZE, ("movie",))]
    assert list(house.arr.read_all()) == [item]


def test_adding_a_movie_twice_is_no_error_and_changes_nothing(house: House) -> None:
    item = house.added()
    house.arr.add(house.new(tag="mesharr-bob"))
    assert house.item() == item


def test_a_folder_of_another_movie_is_refused_in_radarrs_words(house: House) -> None:
    house.added()
    with pytest.raises(Refused, match="is already configured for an existing movie"):
        house.arr.add(house.new(HEAT, folder=house.folder(DUNE)))
    assert house.arr.read("tmdb:949") is None


def test_an_add_while_the_metadata_server_is_down_is_for_later(house: House) -> None:
    house.sim.metadata_down = True
    with pytest.raises(Unavailable):
        house.arr.add(house.new())
    house.sim.metadata_down = False
    assert house.added().title == "Dune"


def test_a_film_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="was not found"):
        house.arr.add(house.new(Film(1, "Nothing", 1900)))


def test_an_unknown_profile_is_refused_before_anything_is_made(house: House) -> None:
    item = NewItem(
        id="tmdb:949",
        ids={},
        title="Heat",
        year=1995,
        folder=house.folder(HEAT),
        root=str(house.root),
        profile="Remux",
        default_profile="4K",
        tag="mesharr-alice",
    )
    with pytest.raises(Refused, match="'Remux' or '4K'"):
        house.arr.add(item)
    assert not any(method == "POST" for method, _ in house.sim.requests)


def test_two_movies_share_a_tag_and_housekeeping_may_take_it_away(house: House) -> None:
    dune, heat = house.added(DUNE), house.added(HEAT)
    assert dune.tags == heat.tags == ("mesharr-alice",)
    house.arr.remove(dune.ref)
    house.arr.remove(heat.ref)
    house.client.post("/api/v3/command", json={"name": "Housekeeping"})
    house.sim.run_commands()
    assert house.client.get("/api/v3/tag").json() == []
    assert house.added(HEAT).tags == ("mesharr-alice",)


def test_unmonitoring_changes_the_flag_and_nothing_else(house: House) -> None:
    house.put()
    house.added()
    house.sim.set_monitored(438631, True)
    before = house.item()
    assert before.monitored == {"movie": True}
    house.arr.set_monitored(before.ref, ("movie",), monitored=False)
    after = house.item()
    assert after.monitored == {"movie": False}
    assert (after.tags, after.files, after.profile) == (before.tags, before.files, before.profile)


def test_unmonitoring_what_is_gone_is_nothing_to_do(house: House) -> None:
    ref = house.added().ref
    house.sim.delete(438631)
    house.sim.requests.clear()
    house.arr.set_monitored(ref, ("movie",), monitored=False)
    assert house.sim.requests == [("PUT", "/api/v3/movie/editor"), ("GET", f"/api/v3/movie/{ref}")]


def test_a_rescan_finds_the_file_and_its_command_ends(house: House) -> None:
    item = house.added()
    assert item.files == ()
    house.time += 600
    path = house.put()
    command = house.arr.rescan(item.ref)
    assert house.arr.command_ended(command) is False
    assert house.arr.scans().of(item.ref).running is True
    house.sim.run_commands()
    assert house.arr.command_ended(command) is True
    assert house.arr.scans().of(item.ref) == ScanState(running=False, ended=int(house.time) * 1000)
    assert [file.path for file in house.item().files] == [str(path)]


def test_a_rescan_that_waits_already_is_that_one(house: House) -> None:
    item, other = house.added(), house.added(HEAT)
    first = house.arr.rescan(item.ref)
    assert house.arr.rescan(item.ref) == first
    assert house.arr.rescan(other.ref) != first
    house.sim.run_commands()
    assert house.arr.rescan(item.ref) != first


def test_a_scan_of_one_movie_is_none_of_another(house: House) -> None:
    item, other = house.added(), house.added(HEAT)
    house.time += 3600
    quiet = house.arr.scans().of(other.ref)
    house.arr.rescan(item.ref)
    assert house.arr.scans().of(other.ref) == quiet
    house.client.post("/api/v3/command", json={"name": "RescanMovie"})
    assert house.arr.scans().of(other.ref).running is True


def test_a_command_radarr_has_forgotten_has_ended(house: House) -> None:
    command = house.arr.rescan(house.added().ref)
    house.sim.run_commands()
    house.time += 86_400
    assert house.arr.command_ended(command) is True


def test_a_removal_leaves_every_file_and_twice_is_once(house: House) -> None:
    path = house.put()
    item = house.added()
    house.arr.remove(item.ref)
    house.arr.remove(item.ref)
    house.sim.run_commands()
    assert house.arr.read("tmdb:438631") is None
    assert path.stat().st_size == SIZE


def test_a_move_points_elsewhere_and_touches_no_file(house: House) -> None:
    path = house.put()
    item = house.added()
    there = house.root / "Dune [2021]"
    there.mkdir()
    (there / "Dune 2021 Remux-2160p.mkv").write_bytes(b"y" * 7)
    house.arr.move(item.ref, str(there))
    house.arr.rescan(item.ref)
    house.sim.run_commands()
    moved = house.item()
    assert moved.folder == str(there)
    assert (moved.monitored, moved.tags, moved.profile) == (item.monitored, item.tags, item.profile)
    assert path.exists()
    assert sorted(entry.name for entry in there.iterdir()) == ["Dune 2021 Remux-2160p.mkv"]


def test_a_move_before_the_first_scan_does_not_run_the_add_options_again(house: House) -> None:
    house.sim.add(438631, monitored=False)
    ref = house.item().ref
    house.arr.move(ref, str(house.root / "Dune"))
    assert house.client.get(f"/api/v3/movie/{ref}").json().get("addOptions") is None


def test_imports_are_in_the_history_and_files_found_by_a_scan_are_not(house: House) -> None:
    house.put(film=HEAT, name="Heat 1995 Bluray-1080p.mkv")
    house.added(HEAT)
    house.added(DUNE)
    start = int(house.time * 1000)
    house.time += 60
    house.sim.grab(438631)
    house.sim.download(438631, name="Dune (2021) Bluray-1080p.mkv", size=9)
    grab, signal = house.arr.history_since(start).signals
    assert (grab.kind, grab.units) == ("grabbed", ("movie",))
    assert (signal.kind, signal.id, signal.folder) == ("imported", "tmdb:438631", house.folder())
    assert signal.paths == (f"{house.folder()}/Dune (2021) Bluray-1080p.mkv",)
    assert house.arr.history_since(int(house.time * 1000) + 60_000).signals == ()


def test_its_webhooks_report_what_happened(house: House) -> None:
    house.listen()
    house.sim.add(438631)
    house.sim.run_commands()
    house.sim.grab(438631)
    old = house.sim.download(438631, name="Dune (2021) Bluray-1080p.mkv", size=9)
    house.sim.download(438631, name="Dune (2021) Remux-2160p.mkv", size=99, quality="Remux-2160p")
    house.sim.rename(438631, "Dune.mkv")
    house.sim.delete_file(438631)
    house.sim.delete(438631)
    signals = [signal for body in house.received for signal in KIND.parse_webhook(body)]
    assert {signal.id for signal in signals} == {"tmdb:438631"}
    reported = [(signal.kind, signal.reason) for signal in signals]
    assert reported == [
        ("added", ""),
        ("grabbed", ""),
        ("imported", ""),
        ("file_deleted", "upgrade"),
        ("imported", ""),
        ("renamed", ""),
        ("file_deleted", "manual"),
        ("deleted", ""),
    ]
    upgrade, renamed = signals[4], signals[5]
    assert upgrade.replaced == (f"{house.folder()}/{old.relative_path}",)
    assert list(renamed.renamed.values()) == [f"{house.folder()}/Dune.mkv"]
    assert all("eventType" in json.loads(body) for body in house.received)


def test_its_custom_script_gives_the_signals_of_its_webhook(house: House, tmp_path: Path) -> None:
    house.listen()
    script, reported = tmp_path / "hook.sh", tmp_path / "events"
    script.write_text(f'#!/bin/sh\nn=$(ls "{reported}" | wc -l)\nenv -0 > "{reported}/$((n + 100))"\n')
    script.chmod(0o755)
    reported.mkdir()
    hook = {
        "name": "script",
        "implementation": "CustomScript",
        "configContract": "CustomScriptSettings",
        "tags": [],
        **dict.fromkeys(house.sim.definition.triggers, True),
        "fields": [{"name": "path", "value": str(script)}],
    }
    assert house.client.post("/api/v3/notification", json=hook).status_code == 201
    house.sim.add(438631)
    house.sim.run_commands()
    house.sim.download(438631, name="Dune (2021) Bluray-1080p.mkv", size=9)
    house.sim.download(438631, name="Dune (2021) Remux-2160p.mkv", size=99, quality="Remux-2160p")
    house.sim.rename(438631, "Dune.mkv")
    house.sim.delete(438631)
    environments = [
        dict(line.split("=", 1) for line in path.read_text().split("\0") if line)
        for path in sorted(reported.iterdir())
    ]
    assert KIND.parse_script(environments[0]) == ()  # the test that comes with the registration
    by_script = [signal for env in environments for signal in KIND.parse_script(env)]
    assert len(by_script) == 6
    assert by_script == [signal for body in house.received for signal in KIND.parse_webhook(body)]


def test_lists_that_clean_the_library_are_refused_until_changed(house: House) -> None:
    house.arr.check_settings()
    page = "/api/v3/config/importlist"
    settings = house.client.get(page).json()
    changed = house.client.put(page, json=settings | {"listSyncLevel": "removeAndDelete"})
    assert changed.status_code == 202
    with pytest.raises(Refused, match="Clean Library Level"):
        house.arr.check_settings()


def test_it_describes_itself(house: House) -> None:
    info = house.arr.library_info()
    assert info.app == "radarr"
    assert info.version.startswith("6.")
    assert "{Movie Title}" in info.naming
    assert "HD-1080p" in info.profiles


def test_a_wrong_key_is_refused_without_being_shown(house: House) -> None:
    wrong = "f" * 32
    transport = httpx.MockTransport(house.sim.handle)
    client = httpx.Client(base_url="http://radarr:7878", headers={"X-Api-Key": wrong}, transport=transport)
    with pytest.raises(Refused) as refused:
        KIND.connect(client).read("tmdb:438631")
    assert "Settings > General" in str(refused.value)
    assert wrong not in str(refused.value)
